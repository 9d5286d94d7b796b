//===- passes/operators/HotPath.h - A copy of a path behind one combined test
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Given branches that lie on one path, and the way that each goes on it:
//
//     head; if (all of them go that way) hot copy else original; rest
//
// The original is all that lies between the head and the last of the branches.
// The hot copy is the part of it that can still be reached, with the branches
// decided; it leaves to where the original leaves to, so that everything behind
// the last branch exists once. When the test fails, the original code runs from
// the head on as if nothing had happened: no effect is moved, repeated, or left
// out.
//
// Why the test is right. Let an execution follow the decisions up to some
// branch and break the decision there. Up to that branch it has taken edges of
// the hot copy only. The condition of this branch is computed in the head under
// the assumption that only such edges are taken: a phi with one hot
// predecessor is what comes from there, and a load reads what it would have
// read if nothing on a hot edge from the head to it writes to the place
// (MemorySSA). So it was computed as the execution finds it, the test fails,
// and the copy does not run. In the other case all conditions hold each time
// that their branches are reached, and the copy is what would have run.
//
// What is computed in the head may be computed in vain there, so it must not
// trap: arithmetic that can be speculated; loads that are readable in the head
// (passes/operators/Places.h), or that are certain to run if the decisions
// before them hold: these read from select(these decisions, address, constant
// zeros). Poison and undef are frozen before they are tested.
//
// Tests of bits of one word, (x & M) == V, become one test of the union.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_HOTPATH_H
#define SPECIATE_PASSES_OPERATORS_HOTPATH_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Support/Error.h"
#include <string>

namespace llvm {
class BasicBlock;
class BranchInst;
class Instruction;
class LoadInst;
class MemoryAccess;
class Value;
} // namespace llvm

namespace speciate {

class SiteMap;

/// A conditional branch, and whether it goes to its first successor.
struct Decision {
  llvm::BranchInst *Branch = nullptr;
  bool Taken = false;

  llvm::BasicBlock *hotSuccessor() const;
};
using Decisions = llvm::SmallVector<Decision, 8>;

/// "3t.7f": branch 3 goes to its first successor, then branch 7 to its second.
/// Numbers are ordinals of branch sites.
llvm::Expected<Decisions> parseDecisions(llvm::StringRef Text,
                                         const SiteMap &Sites);
std::string printDecisions(llvm::ArrayRef<Decision> Path, const SiteMap &Sites);

/// The share with which \p Br goes to its first successor; nothing without
/// weights.
std::optional<double> takenShare(const llvm::BranchInst &Br);

/// The conditional branches that follow \p First on the way that most
/// executions take, up to the end of the innermost loop around it or to an
/// exit. Where a branch goes either way, those behind the block where its sides
/// meet.
llvm::SmallVector<llvm::BranchInst *, 16>
branchesAhead(const Decision &First, llvm::FunctionAnalysisManager &FAM);

/// Where the test is made.
enum class TestPlace {
  Branch, ///< In place of the first branch.
  Loop,   ///< In front of the innermost loop around the first branch.
  Entry,  ///< At the end of the entry block.
};
llvm::Expected<TestPlace> parseTestPlace(llvm::StringRef Text);

class HotPath {
public:
  /// Checks all that is needed for apply(); the Error says why not. Changes
  /// nothing. \p Head: where the original begins that another path has left
  /// for this one.
  static llvm::Expected<HotPath> find(llvm::ArrayRef<Decision> Path,
                                      TestPlace Place,
                                      llvm::FunctionAnalysisManager &FAM,
                                      llvm::BasicBlock *Head = nullptr);

  /// The product of the shares of the decisions; 1/2 for those unknown.
  double share() const { return Share; }
  /// How many instructions the copy has.
  size_t size() const { return Size; }
  /// The block at whose end the test will be.
  llvm::BasicBlock *head() const { return Head; }

  /// Right after find(), on the same function. \p Percent: how often the test
  /// holds. Returns the branch with which the original begins now. Analyses
  /// are not kept.
  llvm::Instruction *apply(unsigned Percent);

private:
  friend class PathFinder;
  friend class PathCopier;
  explicit HotPath(llvm::ArrayRef<Decision> Path) : Path(Path) {}

  Decisions Path;
  llvm::BasicBlock *Head = nullptr;
  double Share = 1;
  size_t Size = 0;
  /// All between the head and the last branch, and what of it the copy has.
  llvm::SmallSetVector<llvm::BasicBlock *, 16> Between, Hot;
  /// What is computed in the head, operands first; for phis, the value that
  /// comes from the hot predecessor. Loads with a number are certain to run
  /// only if so many of the first decisions hold.
  llvm::MapVector<llvm::Instruction *, llvm::Value *> Early;
  llvm::DenseMap<llvm::LoadInst *, unsigned> Guarded;
};

} // namespace speciate

#endif
