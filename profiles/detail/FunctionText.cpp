//===- profiles/detail/FunctionText.cpp - Sites and paths in source terms
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/detail/FunctionText.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"

using namespace llvm;

namespace speciate {

static std::optional<uint32_t> kindOf(StringRef Name) {
  static constexpr StringLiteral Names[] = {
      "function", "call", "loop", "branch", "select", "switch", "load"};
  for (auto [Kind, Each] : enumerate(Names))
    if (Each == Name)
      return Kind;
  return std::nullopt;
}

static uint64_t numberAt(const json::Array &A, size_t I) {
  return I < A.size() ? uint64_t(A[I].getAsInteger().value_or(0)) : 0;
}

Expected<FunctionText> FunctionText::parse(FunctionKey Key, StringRef Line) {
  Expected<json::Value> V = json::parse(Line);
  if (!V)
    return V.takeError();
  const json::Object *O = V->getAsObject();
  const json::Array *Sites = O ? O->getArray("sites") : nullptr;
  const json::Array *Blocks = O ? O->getArray("blocks") : nullptr;
  if (!Sites || !Blocks)
    return createStringError("the description of a function is damaged");
  FunctionText Result;
  Result.Name = O->getString("name").value_or("").str();
  Result.At = O->getString("at").value_or("").str();
  to_float(O->getString("share").value_or("0"), Result.Share);
  Result.Entries = O->getInteger("entries").value_or(0);
  for (const json::Value &Each : *Sites) {
    const json::Object *S = Each.getAsObject();
    std::optional<uint32_t> Kind =
        S ? kindOf(S->getString("kind").value_or("")) : std::nullopt;
    if (!Kind)
      return createStringError("the description of a site is damaged");
    Site Described{S->getString("at").value_or("").str(),
                   S->getString("what").value_or("").str(),
                   S->getString("early").value_or("").str(),
                   S->getBoolean("pointer").value_or(false),
                   S->getString("place").value_or("").str(),
                   {},
                   S->getBoolean("all").value_or(false)};
    if (const json::Array *Writers = S->getArray("writers"))
      for (const json::Value &Writer : *Writers)
        if (const json::Object *W = Writer.getAsObject())
          Described.Writers.push_back(
              {W->getString("function").value_or("").str(),
               W->getString("at").value_or("").str(),
               uint64_t(W->getInteger("count").value_or(0))});
    uint32_t Ordinal = S->getInteger("n").value_or(0);
    if (S->getBoolean("callee").value_or(false)) {
      Result.Calls[Ordinal] = std::move(Described);
      continue;
    }
    rt::ValueKey At = {};
    At.Function = Key.Function;
    At.CfgHash = Key.CfgHash;
    At.Kind = *Kind;
    At.Ordinal = Ordinal;
    At.Parameter = S->getInteger("p").value_or(0);
    // A switch is both a value and a jump: what both say is kept.
    Site &Own = Result.Sites[At];
    if (Own.Early.empty())
      Own = std::move(Described);
  }
  for (const json::Value &Each : *Blocks) {
    const json::Object *B = Each.getAsObject();
    if (!B)
      return createStringError("the description of a block is damaged");
    Block &Added = Result.Blocks.emplace_back();
    Added.At = B->getString("at").value_or("").str();
    Added.Kind = B->getString("kind").value_or("").str();
    Added.Ordinal = B->getInteger("n").value_or(0);
    if (const json::Array *To = B->getArray("to"))
      for (size_t I = 0; I != To->size(); ++I)
        Added.To.push_back(numberAt(*To, I));
  }
  Result.Edges.resize(Result.Blocks.size());
  const json::Object *Paths = O->getObject("paths");
  if (!Paths)
    return std::move(Result);
  Result.Paths = Paths->getInteger("count").value_or(0);
  if (const json::Array *Starts = Paths->getArray("starts"))
    for (const json::Value &Each : *Starts)
      if (const json::Array *S = Each.getAsArray())
        Result.Starts.push_back({numberAt(*S, 1), unsigned(numberAt(*S, 0))});
  llvm::sort(Result.Starts);
  if (const json::Array *Edges = Paths->getArray("edges"))
    for (const json::Value &Each : *Edges)
      if (const json::Array *E = Each.getAsArray()) {
        uint64_t From = numberAt(*E, 0), To = numberAt(*E, 1);
        if (std::max(From, To) >= Result.Blocks.size())
          return createStringError("the description of a path is damaged");
        Result.Edges[From].push_back(
            {unsigned(To), numberAt(*E, 2), numberAt(*E, 3) != 0});
      }
  for (auto [Sum, Block] : Result.Starts)
    if (Block >= Result.Blocks.size())
      return createStringError("the description of a path is damaged");
  return std::move(Result);
}

const FunctionText::Site *FunctionText::site(const rt::ValueKey &Key) const {
  auto It = Sites.find(Key);
  return It == Sites.end() ? nullptr : &It->second;
}

DecodedPath decodePath(uint64_t Number,
                       ArrayRef<std::pair<uint64_t, unsigned>> Starts,
                       ArrayRef<std::vector<PathEdge>> EdgesOf) {
  auto Next = llvm::upper_bound(
      Starts, Number, [](uint64_t N, const auto &S) { return N < S.first; });
  if (Next == Starts.begin())
    return {};
  DecodedPath Result;
  uint64_t Rest = Number - std::prev(Next)->first;
  unsigned Block = std::prev(Next)->second;
  Result.Blocks.push_back(Block);
  // No path is longer than the graph; a damaged one could be.
  while (!Result.Continues && !EdgesOf[Block].empty() &&
         Result.Blocks.size() <= EdgesOf.size()) {
    const PathEdge *Taken = nullptr;
    for (const PathEdge &E : EdgesOf[Block])
      if (E.Value <= Rest)
        Taken = &E;
    if (!Taken)
      return {};
    Rest -= Taken->Value;
    Block = Taken->To;
    Result.Blocks.push_back(Block);
    Result.Continues = Taken->Ends;
  }
  return Rest ? DecodedPath() : Result;
}

std::vector<unsigned> FunctionText::path(uint64_t Number) const {
  if (Number >= Paths)
    return {};
  return decodePath(Number, Starts, Edges).Blocks;
}

} // namespace speciate
