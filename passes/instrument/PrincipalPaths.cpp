//===- passes/instrument/PrincipalPaths.cpp - The paths that matter
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/instrument/PrincipalPaths.h"
#include "passes/instrument/PathNumbering.h"
#include "passes/sites/Sites.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace speciate {

/// As SiteMap numbers them.
static DenseMap<const Instruction *, uint32_t> jumpsOf(Function &F) {
  DenseMap<const Instruction *, uint32_t> Result;
  uint32_t Branches = 0, Switches = 0;
  for (BasicBlock &BB : F) {
    Instruction *End = BB.getTerminator();
    if (auto *Br = dyn_cast<BranchInst>(End); Br && Br->isConditional())
      Result[End] = Branches++;
    else if (isa<SwitchInst>(End))
      Result[End] = Switches++;
  }
  return Result;
}

std::vector<ProfiledPath> principalPaths(Function &F, const DetailProfile &P,
                                         double Coverage, unsigned Max) {
  auto Known = P.Paths.find({functionGuid(F), cfgHash(F)});
  if (Known == P.Paths.end())
    return {};
  std::optional<PathNumbering> Paths = PathNumbering::of(F);
  if (!Paths || Paths->Paths != Known->second.Paths)
    return {};
  const DenseMap<const Instruction *, uint32_t> Jumps = jumpsOf(F);
  const double Total = double(Known->second.total());
  std::vector<ProfiledPath> Result;
  for (auto [Number, Count] : Known->second.principal(Coverage)) {
    if (Result.size() == Max)
      break;
    const DecodedPath Decoded = Paths->path(Number);
    if (Number >= Paths->Paths || Decoded.Blocks.empty())
      return {}; // Damaged.
    ProfiledPath Path;
    Path.Number = Number;
    Path.Count = Count;
    Path.Share = double(Count) / Total;
    for (unsigned B : Decoded.Blocks)
      Path.Blocks.push_back(const_cast<BasicBlock *>(Paths->Blocks[B].BB));
    Path.Continues = Decoded.Continues;
    for (size_t I = 0; I + 1 < Path.Blocks.size(); ++I) {
      Instruction *End = Path.Blocks[I]->getTerminator();
      auto Jump = Jumps.find(End);
      if (Jump == Jumps.end() || Path.Blocks[I]->getUniqueSuccessor())
        continue;
      PathStep Step{End, 0,
                    static_cast<uint32_t>(isa<SwitchInst>(End)
                                              ? SiteKind::Switch
                                              : SiteKind::Branch),
                    Jump->second};
      while (End->getSuccessor(Step.Successor) != Path.Blocks[I + 1])
        ++Step.Successor;
      Path.Steps.push_back(Step);
    }
    Result.push_back(std::move(Path));
  }
  return Result;
}

} // namespace speciate
