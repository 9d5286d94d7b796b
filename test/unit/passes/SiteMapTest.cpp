//===- test/unit/passes/SiteMapTest.cpp - Numbers of sites
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/apply/Apply.h"
#include "passes/sites/Sites.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SourceMgr.h"
#include <gtest/gtest.h>

using namespace llvm;
using namespace speciate;

static const char *const Text = R"(
source_filename = "a.c"
define internal i32 @f(ptr %a, i32 %n) {
entry:
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %i2, %latch ]
  %p = getelementptr i32, ptr %a, i32 %i
  %v = load i32, ptr %p
  %c = icmp slt i32 %v, 7
  br i1 %c, label %then, label %latch
then:
  %w = call i32 @g(i32 %v)
  br label %latch
latch:
  %x = phi i32 [ %v, %loop ], [ %w, %then ]
  %s = select i1 %c, i32 %x, i32 1
  store i32 %s, ptr %p
  %i2 = add i32 %i, 1
  %more = icmp slt i32 %i2, %n
  br i1 %more, label %loop, label %exit
exit:
  ret i32 0
}
define i32 @g(i32 %x) {
  %r = call i32 @f(ptr null, i32 %x)
  ret i32 %r
}
)";

namespace {

class SiteMapTest : public ::testing::Test {
protected:
  std::unique_ptr<Module> parse(StringRef IR) {
    SMDiagnostic Diagnostic;
    std::unique_ptr<Module> M = parseAssemblyString(IR, Diagnostic, Context);
    EXPECT_TRUE(M) << Diagnostic.getMessage().str();
    return M;
  }

  static std::vector<std::string> ids(Function &F) {
    DominatorTree DT(F);
    LoopInfo LI(DT);
    std::vector<std::string> Ids;
    SiteMap Map(F, Level::Region, LI);
    for (const SiteRef &S : Map.sites())
      Ids.push_back(S.Id.str());
    return Ids;
  }

  LLVMContext Context;
};

} // namespace

TEST_F(SiteMapTest, NumbersEverySiteOnce) {
  std::unique_ptr<Module> M = parse(Text);
  std::vector<std::string> Kinds;
  for (const std::string &Id : ids(*M->getFunction("f"))) {
    SiteId Parsed = cantFail(SiteId::parse(Id));
    Kinds.push_back(siteKindName(Parsed.Kind).str() + "/" +
                    std::to_string(Parsed.Ordinal));
  }
  EXPECT_EQ(Kinds, (std::vector<std::string>{"function/0", "loop/0", "load/0",
                                             "branch/0", "call/0", "select/0",
                                             "branch/1"}));
}

TEST_F(SiteMapTest, ChangesElsewhereMoveNothing) {
  std::unique_ptr<Module> M = parse(Text);
  std::vector<std::string> Before = ids(*M->getFunction("f"));
  Function *G = M->getFunction("g");
  ReturnInst *Ret = cast<ReturnInst>(G->getEntryBlock().getTerminator());
  BinaryOperator::CreateAdd(Ret->getReturnValue(), Ret->getReturnValue(), "",
                            Ret->getIterator());
  std::vector<std::string> Other = ids(*G);
  EXPECT_EQ(ids(*M->getFunction("f")), Before);

  // Another parse, with other names of values.
  std::string Renamed = Text;
  for (size_t At = 0; (At = Renamed.find("%w", At)) != std::string::npos; ++At)
    Renamed.replace(At, 2, "%other");
  std::unique_ptr<Module> Again = parse(Renamed);
  EXPECT_EQ(ids(*Again->getFunction("f")), Before);
  EXPECT_NE(ids(*Again->getFunction("g")), Other);
}

TEST_F(SiteMapTest, FindsOnlyTheSameControlFlow) {
  std::unique_ptr<Module> M = parse(Text);
  Function &F = *M->getFunction("f");
  DominatorTree DT(F);
  LoopInfo LI(DT);
  SiteMap Map(F, Level::Region, LI);
  for (const SiteRef &S : Map.sites()) {
    const SiteRef *Found = Map.find(cantFail(SiteId::parse(S.Id.str())));
    ASSERT_TRUE(Found);
    EXPECT_EQ(static_cast<Value *>(Found->Where),
              static_cast<Value *>(S.Where));
    SiteId Other = S.Id;
    ++Other.CfgHash;
    EXPECT_FALSE(Map.find(Other));
    Other = S.Id;
    Other.At = Level::Plan;
    EXPECT_FALSE(Map.find(Other));
  }
  uint64_t Hash = cfgHash(F);
  EXPECT_NE(Hash, 0u);
  cast<BranchInst>(F.getEntryBlock().getNextNode()->getTerminator())
      ->swapSuccessors();
  EXPECT_NE(cfgHash(F), Hash);
}

TEST_F(SiteMapTest, GuidSurvivesPromotion) {
  std::unique_ptr<Module> M = parse(Text);
  Function &F = *M->getFunction("f");
  uint64_t Guid = functionGuid(F);
  EXPECT_EQ(Guid, GlobalValue::getGUIDAssumingExternalLinkage("a.c;f"));
  setFunctionGuid(F, Guid);
  F.setName("f.llvm.17");
  F.setLinkage(GlobalValue::ExternalLinkage);
  EXPECT_EQ(functionGuid(F), Guid);
  F.setMetadata("speciate.guid", nullptr);
  EXPECT_NE(functionGuid(F), Guid);
}

TEST_F(SiteMapTest, AGeneWithoutASiteIsAReportedNoOp) {
  std::unique_ptr<Module> M = parse(Text);
  Function &F = *M->getFunction("f");
  LoopAnalysisManager LAM;
  FunctionAnalysisManager FAM;
  CGSCCAnalysisManager CGAM;
  ModuleAnalysisManager MAM;
  PassBuilder PB;
  PB.registerModuleAnalyses(MAM);
  PB.registerCGSCCAnalyses(CGAM);
  PB.registerFunctionAnalyses(FAM);
  PB.registerLoopAnalyses(LAM);
  PB.crossRegisterProxies(LAM, FAM, CGAM, MAM);
  OperatorContext Op;
  Op.F = &F;
  Op.FAM = &FAM;
  Op.Share = 1;

  DominatorTree DT(F);
  LoopInfo LI(DT);
  SiteMap Map(F, Level::Region, LI);
  Genome G;
  for (const SiteRef &S : Map.sites())
    if (S.Id.Kind == SiteKind::Select) {
      G.set({S.Id, "branch-form", "unpredictable=on"});
      SiteId Gone = S.Id;
      Gone.Ordinal = 9;
      G.set({Gone, "branch-form", "unpredictable=on"});
    }
  ASSERT_EQ(G.size(), 2u);
  ApplyResult Result = cantFail(applyGenome(G, Level::Region, Op));
  EXPECT_EQ(Result.Applied.size(), 1u);
  ASSERT_EQ(Result.NoOps.size(), 1u);
  EXPECT_TRUE(StringRef(Result.NoOps[0])
                  .ends_with("/9 branch-form unpredictable=on: there is no "
                             "such site in 'f' (its control flow has changed)"))
      << Result.NoOps[0];
}
