//===- test/unit/passes/PrincipalPathsTest.cpp - Hot paths in the IR
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/instrument/PrincipalPaths.h"
#include "passes/instrument/PathNumbering.h"
#include "passes/sites/Sites.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/SourceMgr.h"
#include "gtest/gtest.h"
#include <map>

using namespace llvm;
using namespace speciate;

namespace {

const char *const Loop = R"(
declare void @g()
define i32 @f(i32 %n, i32 %k) {
entry:
  %c0 = icmp sgt i32 %n, 0
  br i1 %c0, label %head, label %out
head:
  %i = phi i32 [ 0, %entry ], [ %i1, %latch ]
  %c1 = icmp eq i32 %k, %i
  br i1 %c1, label %a, label %b
a:
  call void @g()
  br label %join
b:
  switch i32 %i, label %join [ i32 3, label %three
                               i32 4, label %three ]
three:
  call void @g()
  br label %join
join:
  %i1 = add i32 %i, 1
  br i1 %c1, label %latch, label %latch
latch:
  %c2 = icmp slt i32 %i1, %n
  br i1 %c2, label %head, label %out
out:
  ret i32 0
}
)";

struct Case {
  LLVMContext Context;
  std::unique_ptr<Module> M;
  Function *F;
  PathNumbering Numbering;
  DetailProfile P;

  Case() {
    SMDiagnostic Error;
    M = parseAssemblyString(Loop, Error, Context);
    EXPECT_TRUE(M) << Error.getMessage().str();
    F = M->getFunction("f");
    Numbering = *PathNumbering::of(*F);
    counts().Paths = Numbering.Paths;
  }
  PathCounts &counts() { return P.Paths[{functionGuid(*F), cfgHash(*F)}]; }
  /// The number of the path through the blocks of these names.
  uint64_t number(ArrayRef<StringRef> Names) {
    for (uint64_t N = 0; N != Numbering.Paths; ++N) {
      std::vector<StringRef> Of;
      for (unsigned B : Numbering.path(N).Blocks)
        Of.push_back(Numbering.Blocks[B].BB->getName());
      if (ArrayRef(Of) == Names)
        return N;
    }
    ADD_FAILURE() << "no such path";
    return 0;
  }
};

std::string text(const ProfiledPath &P) {
  std::string Result;
  for (const PathStep &S : P.Steps)
    Result += S.Jump->getParent()->getName().str() + ":" +
              std::to_string(S.Successor) + "/" + std::to_string(S.Kind) + "." +
              std::to_string(S.Ordinal) + " ";
  return Result + (P.Continues ? "on" : "end");
}

TEST(PrincipalPathsTest, EveryPathHasItsOwnBlocks) {
  Case C;
  std::map<std::vector<unsigned>, uint64_t> Seen;
  for (uint64_t N = 0; N != C.Numbering.Paths; ++N) {
    std::vector<unsigned> Blocks = C.Numbering.path(N).Blocks;
    ASSERT_FALSE(Blocks.empty());
    EXPECT_TRUE(Seen.insert({Blocks, N}).second);
    for (size_t I = 0; I + 1 < Blocks.size(); ++I)
      EXPECT_TRUE(is_contained(successors(C.Numbering.Blocks[Blocks[I]].BB),
                               C.Numbering.Blocks[Blocks[I + 1]].BB));
  }
  // Into the loop and past it; in the loop three ways, each on or out.
  EXPECT_EQ(Seen.size(), 8u);
}

TEST(PrincipalPathsTest, TellsJumpsAndWays) {
  Case C;
  const uint64_t Three =
      C.number({"head", "b", "three", "join", "latch", "head"});
  const uint64_t Plain = C.number({"head", "b", "join", "latch", "head"});
  const uint64_t Last = C.number({"head", "a", "join", "latch", "out"});
  C.counts().Counts = {{Three, 20}, {Plain, 70}, {Last, 10}};
  const std::vector<ProfiledPath> Paths = principalPaths(*C.F, C.P, 0.9);
  ASSERT_EQ(Paths.size(), 2u);
  EXPECT_EQ(Paths[0].Number, Plain);
  EXPECT_EQ(Paths[0].Count, 70u);
  EXPECT_DOUBLE_EQ(Paths[0].Share, 0.7);
  // The jump of %join goes one way only: it selects nothing.
  EXPECT_EQ(text(Paths[0]), "head:1/3.1 b:0/5.0 latch:0/3.3 on");
  EXPECT_EQ(text(Paths[1]), "head:1/3.1 b:1/5.0 latch:0/3.3 on");
  const std::vector<ProfiledPath> All = principalPaths(*C.F, C.P, 1);
  ASSERT_EQ(All.size(), 3u);
  EXPECT_EQ(text(All[2]), "head:0/3.1 latch:1/3.3 end");
  EXPECT_EQ(All[2].Blocks.back()->getName(), "out");
  EXPECT_EQ(principalPaths(*C.F, C.P, 1, 2).size(), 2u);
  EXPECT_TRUE(principalPaths(*C.F, C.P, 0).empty());
}

TEST(PrincipalPathsTest, StepsAreSites) {
  Case C;
  C.counts().Counts[C.number({"head", "b", "three", "join", "latch", "head"})] =
      1;
  DominatorTree DT(*C.F);
  LoopInfo LI(DT);
  const SiteMap Sites(*C.F, Level::Region, LI);
  for (const ProfiledPath &P : principalPaths(*C.F, C.P, 1))
    for (const PathStep &S : P.Steps) {
      const SiteRef *Site =
          Sites.find({Level::Region, SiteKind(S.Kind), functionGuid(*C.F),
                      cfgHash(*C.F), S.Ordinal});
      ASSERT_TRUE(Site);
      EXPECT_EQ(static_cast<Value *>(Site->Where), S.Jump);
    }
}

TEST(PrincipalPathsTest, AChangedFunctionHasNone) {
  Case C;
  C.counts().Counts[0] = 1;
  EXPECT_EQ(principalPaths(*C.F, C.P, 1).size(), 1u);
  C.F->getEntryBlock().getTerminator()->swapProfMetadata();
  cast<BranchInst>(C.F->getEntryBlock().getTerminator())->swapSuccessors();
  EXPECT_TRUE(principalPaths(*C.F, C.P, 1).empty());
}

} // namespace
