//===- test/unit/passes/LoopRegionTest.cpp - Hot loops become functions
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/pipeline/LoopRegion.h"
#include "passes/pipeline/Optimize.h"
#include "passes/pipeline/Slice.h"
#include "passes/sites/Sites.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace speciate;

namespace {

/// Entered once: 1,000 passes of the outer loop, 50,000 of the inner one in
/// each. \p InLoop is put into the inner loop, \p Results are used behind it.
std::string nest(const std::string &InLoop = "", unsigned Results = 1) {
  std::string Phis, Adds, Sum = "%i";
  for (unsigned I = 0; I < Results; ++I) {
    std::string N = std::to_string(I);
    Phis += "  %r" + N + " = phi i64 [ " + N + ", %outer ], [ %n" + N +
            ", %inner ]\n";
    Adds += "  %n" + N + " = mul i64 %r" + N + ", " +
            std::to_string(2 * I + 3) + "\n";
  }
  std::string Uses;
  for (unsigned I = 0; I < Results; ++I) {
    std::string N = std::to_string(I);
    Uses += "  %s" + N + " = add i64 " + Sum + ", %n" + N + "\n";
    Sum = "%s" + N;
  }
  return R"(
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-unknown-linux-gnu"
declare void @g(ptr)
declare i32 @personality(...)
define void @f(ptr %p, i64 %n) personality ptr @personality !prof !0 {
entry:
  br label %outer
outer:
  %i = phi i64 [ 0, %entry ], [ %i1, %latch ]
  br label %inner
inner:
  %j = phi i64 [ 0, %outer ], [ %j1, %inner ]
)" + Phis +
         Adds + InLoop + R"(
  %at = getelementptr i64, ptr %p, i64 %j
  store i64 %j, ptr %at
  %j1 = add i64 %j, 1
  %cj = icmp eq i64 %j1, %n
  br i1 %cj, label %latch, label %inner, !prof !1
latch:
)" + Uses +
         "  store i64 " + Sum + R"(, ptr %p
  %i1 = add i64 %i, 1
  %ci = icmp eq i64 %i1, 1000
  br i1 %ci, label %done, label %outer, !prof !2
done:
  ret void
}
!0 = !{!"function_entry_count", i64 1}
!1 = !{!"branch_weights", i32 1, i32 49999}
!2 = !{!"branch_weights", i32 1, i32 999}
)";
}

class LoopRegionTest : public testing::Test {
protected:
  LoopRegionTest() {
    InitializeAllTargetInfos();
    InitializeAllTargets();
    InitializeAllTargetMCs();
  }

  std::unique_ptr<Module> parse(const std::string &Text) {
    SMDiagnostic Diagnostic;
    auto M = parseAssemblyString(Text, Diagnostic, Context);
    EXPECT_TRUE(M) << Diagnostic.getMessage().str() << " line "
                   << Diagnostic.getLineNo();
    TM = cantFail(createTargetMachine(*M, /*Pic=*/true));
    promoteLocals(*M);
    return M;
  }

  std::vector<CutFunction> cut(Module &M, const LoopRegionParams &Params = {}) {
    auto Result = cantFail(extractLoopRegions(M, *TM, Params));
    std::string Message;
    raw_string_ostream OS(Message);
    EXPECT_FALSE(verifyModule(M, &OS)) << Message;
    return Result;
  }

  std::vector<ExtractedLoop> extract(Module &M,
                                     const LoopRegionParams &Params = {}) {
    std::vector<ExtractedLoop> Loops;
    for (CutFunction &C : cut(M, Params))
      Loops.insert(Loops.end(), C.Loops.begin(), C.Loops.end());
    return Loops;
  }

  static std::string print(const Module &M) {
    std::string Text;
    raw_string_ostream OS(Text);
    M.print(OS, nullptr);
    return Text;
  }

  LLVMContext Context;
  std::unique_ptr<TargetMachine> TM;
};

TEST_F(LoopRegionTest, TakesTheOutermostLoopThatIsShortEnough) {
  auto M = parse(nest());
  auto Loops = extract(*M);
  ASSERT_EQ(Loops.size(), 1u);
  Function &New = *Loops[0].Loop;
  // Loop 0 is the outer one, whose single entry takes far too long.
  EXPECT_EQ(New.getName(), "f.loop1");
  EXPECT_TRUE(New.hasFnAttribute(Attribute::NoInline));
  EXPECT_TRUE(New.hasHiddenVisibility() && New.isDSOLocal());
  EXPECT_EQ(New.getEntryCount()->getCount(), 1000u);
  EXPECT_EQ(whyNotSliceable(New), "");
  EXPECT_NE(Loops[0].Note.find("f.loop1: "), std::string::npos);
  // The weights still say how often the body runs.
  uint64_t Most = 0;
  withAnalyses(
      *M, *TM, [&](ModuleAnalysisManager &, FunctionAnalysisManager &FAM) {
        auto &BFI = FAM.getResult<BlockFrequencyAnalysis>(New);
        for (BasicBlock &BB : New)
          Most = std::max(Most, BFI.getBlockProfileCount(&BB).value_or(0));
      });
  EXPECT_NEAR(Most, 5e7, 5e5);
}

TEST_F(LoopRegionTest, IsDeterministic) {
  auto A = parse(nest()), B = parse(nest());
  auto LoopsA = extract(*A), LoopsB = extract(*B);
  ASSERT_EQ(LoopsA.size(), 1u);
  ASSERT_EQ(LoopsB.size(), 1u);
  EXPECT_EQ(print(*A), print(*B));
  EXPECT_EQ(functionGuid(*LoopsA[0].Loop), functionGuid(*LoopsB[0].Loop));
  EXPECT_NE(functionGuid(*LoopsA[0].Loop), functionGuid(*A->getFunction("f")));
}

TEST_F(LoopRegionTest, KeepsTheFunctionAsItWas) {
  auto M = parse(nest()), Untouched = parse(nest());
  auto Cut = cut(*M);
  ASSERT_EQ(Cut.size(), 1u);
  EXPECT_EQ(Cut[0].F, M->getFunction("f"));
  ASSERT_TRUE(Cut[0].Whole);
  EXPECT_EQ(print(*Cut[0].Whole),
            print(*sliceOut(*Untouched->getFunction("f"))));
  EXPECT_NE(print(*Cut[0].Whole), print(*sliceOut(*Cut[0].F)));
}

TEST_F(LoopRegionTest, LimitsHold) {
  auto Count = [&](const LoopRegionParams &Params) {
    auto M = parse(nest());
    return extract(*M, Params).size();
  };
  EXPECT_EQ(Count({}), 1u);
  EXPECT_EQ(Count({.MinEntryCost = 1e12}), 0u);
  EXPECT_EQ(Count({.MinLoopCost = 1e7, .MaxLoopCost = 1e8}), 0u);
  EXPECT_EQ(Count({.MinFunctionShare = 1.1}), 0u);
  EXPECT_EQ(Count({.MinLoopShare = 1.1}), 0u);
  EXPECT_EQ(Count({.MaxResults = 0}), 0u);
  EXPECT_EQ(Count({.MaxArguments = 1}), 0u);
  // The whole nest, if it may take that long.
  auto M = parse(nest());
  auto Loops = extract(*M, {.MaxLoopCost = 1e12});
  ASSERT_EQ(Loops.size(), 1u);
  EXPECT_EQ(Loops[0].Loop->getName(), "f.loop0");
}

TEST_F(LoopRegionTest, TakesLongLoopsWhereThereAreSeveral) {
  // Two nests one after the other, whose inner loops are too short.
  std::string Text = nest();
  std::string Second = Text.substr(Text.find("outer:"));
  Second = Second.substr(0, Second.find("done:"));
  for (const char *Name : {"outer", "inner", "latch", "%i", "%j", "%r0", "%n0",
                           "%s0", "%at", "%cj", "%ci"}) {
    std::string To = Name;
    To.insert(To[0] == '%' ? 1 : 0, "again.");
    for (size_t At = 0; (At = Second.find(Name, At)) != std::string::npos;
         At += To.size())
      if (At == 0 || Second[At - 1] != '.')
        Second.replace(At, std::string(Name).size(), To);
      else
        At += 1;
  }
  for (size_t At; (At = Second.find("%entry")) != std::string::npos;)
    Second.replace(At, 6, "%latch");
  size_t Exit = Text.find("label %done");
  Text.replace(Exit, 11, "label %again.outer");
  Text.insert(Text.find("done:"), Second);
  auto M = parse(Text);
  LoopRegionParams Params = {.MinLoopCost = 1e6, .MaxLoopCost = 2e6};
  auto Loops = extract(*M, Params);
  ASSERT_EQ(Loops.size(), 2u) << Text;
  EXPECT_EQ(Loops[0].Loop->getName(), "f.loop0");
  EXPECT_EQ(Loops[0].Loop->getEntryCount()->getCount(), 1u);
  // A single one is not better than its function.
  auto One = parse(nest());
  EXPECT_EQ(extract(*One, Params).size(), 0u);
}

TEST_F(LoopRegionTest, LeavesLoopsThatCannotBeCutOut) {
  auto Count = [&](const std::string &InLoop, unsigned Results = 1) {
    auto M = parse(nest(InLoop, Results));
    return extract(*M).size();
  };
  EXPECT_EQ(Count("  call void @g(ptr %p)\n"), 1u);
  EXPECT_EQ(Count("  %a = alloca i8, i64 %j\n  call void @g(ptr %a)\n"), 0u);
  EXPECT_EQ(Count("", 4), 1u);
  EXPECT_EQ(Count("", 5), 0u);
}

TEST_F(LoopRegionTest, LeavesLoopsWithExceptions) {
  std::string Text = nest();
  size_t At = Text.find("  %at = ");
  Text.insert(At, "  invoke void @g(ptr %p) to label %go unwind label %pad\n"
                  "go:\n");
  // The loop now has two blocks.
  for (const char *Phi : {"[ %j1, %inner ]", "[ %n0, %inner ]"})
    Text.replace(Text.find(Phi) + std::string(Phi).find("%inner"), 6, "%go");
  Text.insert(Text.find("done:"),
              "pad:\n  %l = landingpad { ptr, i32 } cleanup\n"
              "  resume { ptr, i32 } %l\n");
  auto M = parse(Text);
  EXPECT_EQ(extract(*M).size(), 0u);
}

} // namespace
