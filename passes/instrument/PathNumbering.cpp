//===- passes/instrument/PathNumbering.cpp - Every path a number
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/instrument/PathNumbering.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace speciate {

/// No code can be put on an edge of it: the path ends before.
static bool endsPaths(const Instruction &Terminator) {
  return isa<IndirectBrInst, CallBrInst, CleanupReturnInst>(Terminator);
}

namespace {
class Numberer {
public:
  explicit Numberer(const Function &F);
  /// Post-order without back edges: successors first.
  std::vector<unsigned> Order;
  std::vector<bool> IsStart; ///< Whatever the limits.
  std::vector<std::vector<unsigned>> Successors;
  PathNumbering number(uint64_t FromBlock) const;

private:
  std::vector<const BasicBlock *> Blocks;
};
} // namespace

Numberer::Numberer(const Function &F) {
  DenseMap<const BasicBlock *, unsigned> Number;
  for (const BasicBlock &BB : F) {
    Number[&BB] = Blocks.size();
    Blocks.push_back(&BB);
  }
  Successors.resize(Blocks.size());
  IsStart.resize(Blocks.size());
  IsStart[0] = true;
  for (auto [From, BB] : enumerate(Blocks))
    for (const BasicBlock *To : successors(BB)) {
      unsigned T = Number[To];
      if (endsPaths(*BB->getTerminator()) || To->isEHPad())
        IsStart[T] = true;
      if (!is_contained(Successors[From], T))
        Successors[From].push_back(T);
    }
  // Depth first, without recursion: functions can have very many blocks.
  enum State : char { New, Open, Closed };
  std::vector<State> States(Blocks.size(), New);
  std::vector<std::pair<unsigned, unsigned>> Stack = {{0, 0}};
  States[0] = Open;
  while (!Stack.empty()) {
    auto &[Block, Next] = Stack.back();
    if (Next == Successors[Block].size()) {
      States[Block] = Closed;
      Order.push_back(Block);
      Stack.pop_back();
      continue;
    }
    unsigned To = Successors[Block][Next++];
    if (States[To] == Open) {
      IsStart[To] = true;
    } else if (States[To] == New) {
      States[To] = Open;
      Stack.push_back({To, 0});
    }
  }
}

PathNumbering Numberer::number(uint64_t FromBlock) const {
  PathNumbering Result;
  std::vector<bool> Starts = IsStart;
  std::vector<uint64_t> Count(Blocks.size());
  for (const BasicBlock *BB : Blocks) {
    Result.Blocks.emplace_back();
    Result.Blocks.back().BB = BB;
  }
  for (unsigned V : Order) {
    PathNumbering::Block &B = Result.Blocks[V];
    B.Reachable = true;
    if (!endsPaths(*B.BB->getTerminator()))
      for (unsigned W : Successors[V]) {
        if (Blocks[W]->isEHPad())
          continue;
        B.Edges.push_back({W, Count[V], bool(Starts[W])});
        Count[V] += Starts[W] ? 1 : Count[W];
      }
    if (B.Edges.empty())
      Count[V] = 1;
    if (Count[V] > FromBlock)
      Starts[V] = true;
  }
  for (unsigned V = 0; V != Blocks.size(); ++V)
    if (Starts[V] && Result.Blocks[V].Reachable) {
      Result.Blocks[V].Start = Result.Paths;
      Result.Paths += Count[V];
    }
  return Result;
}

std::optional<PathNumbering> PathNumbering::of(const Function &F,
                                               const PathLimits &Limits) {
  for (const BasicBlock &BB : F)
    if (isa<CatchSwitchInst>(BB.getTerminator()))
      return std::nullopt;
  Numberer N(F);
  uint64_t FromBlock = Limits.FromBlock;
  PathNumbering Result = N.number(FromBlock);
  while (Result.Paths > Limits.All && FromBlock > 1)
    Result = N.number(FromBlock /= 2);
  return Result;
}

DecodedPath PathNumbering::path(uint64_t Number) const {
  std::vector<std::pair<uint64_t, unsigned>> Starts;
  std::vector<std::vector<PathEdge>> Edges;
  for (auto [I, B] : enumerate(Blocks)) {
    if (B.Start)
      Starts.push_back({*B.Start, I});
    Edges.push_back(B.Edges);
  }
  llvm::sort(Starts);
  return decodePath(Number, Starts, Edges);
}

json::Object PathNumbering::json() const {
  json::Array Starts, Edges;
  for (auto [Number, B] : enumerate(Blocks)) {
    if (B.Start)
      Starts.push_back(json::Array{int64_t(Number), int64_t(*B.Start)});
    for (const PathEdge &E : B.Edges)
      Edges.push_back(json::Array{int64_t(Number), int64_t(E.To),
                                  int64_t(E.Value), int64_t(E.Ends)});
  }
  return json::Object{{"count", int64_t(Paths)},
                      {"starts", std::move(Starts)},
                      {"edges", std::move(Edges)}};
}

} // namespace speciate
