//===- test/unit/passes/WritesTest.cpp - Who writes what a region reads
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/instrument/Writes.h"
#include "passes/instrument/Settled.h"
#include "passes/sites/Sites.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/SourceMgr.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace speciate;

namespace {

const char *const Program = R"(
@own = internal global i32 0
@other = global i32 0
@parts = internal global [4 x i32] zeroinitializer
@given = internal global i32 0
@kept = internal global i32 0
@holder = internal global ptr null
@const = internal constant i32 7
declare void @fill(ptr captures(none))
declare void @read(ptr readonly captures(none))
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
define void @setup(i32 %v, ptr %s) !prof !10 {
  store i32 %v, ptr @own
  store i32 %v, ptr @other
  store i32 %v, ptr getelementptr (i8, ptr @parts, i64 4)
  call void @fill(ptr @given)
  call void @read(ptr @own)
  store ptr @kept, ptr @holder
  store i32 %v, ptr %s, !tbaa !20
  ret void
}
define void @often(i64 %i, i32 %v, ptr %s) !prof !11 {
  store i32 %v, ptr @own
  %at = getelementptr [4 x i32], ptr @parts, i64 0, i64 %i
  store i32 %v, ptr %at
  %f = getelementptr i8, ptr %s, i64 4
  store i32 %v, ptr %f, !tbaa !21
  ret void
}
define void @never(i32 %v) !prof !12 {
  call void @llvm.memset.p0.i64(ptr @parts, i8 0, i64 4, i1 false)
  ret void
}
define i32 @work(ptr %s, ptr %p) {
  %l0 = load i32, ptr @own
  %l1 = load i32, ptr @other
  %l2 = load i32, ptr @parts
  %l3 = load i32, ptr getelementptr (i8, ptr @parts, i64 4)
  %l4 = load i32, ptr @given
  %l5 = load i32, ptr @kept
  %l6 = load i32, ptr %s, !tbaa !20
  %l7 = load i32, ptr @const
  %l8 = load i32, ptr %p
  ret i32 %l0
}
!10 = !{!"function_entry_count", i64 1}
!11 = !{!"function_entry_count", i64 5000}
!12 = !{!"function_entry_count", i64 0}
!20 = !{!22, !23, i64 0}
!21 = !{!22, !23, i64 4}
!22 = !{!"config", !23, i64 0, !23, i64 4}
!23 = !{!"int", !24, i64 0}
!24 = !{!"omnipotent char", !25, i64 0}
!25 = !{!"Simple C/C++ TBAA"}
)";

std::string text(const json::Object &O) {
  std::string Result = O.getString("place")->str() + ":";
  for (const json::Value &W : *O.getArray("writers"))
    Result += formatv(" {0} {1}", *W.getAsObject()->getString("function"),
                      *W.getAsObject()->getInteger("count"));
  return Result + (*O.getBoolean("all") ? " all" : "");
}

TEST(WritesTest, NamesWhoWrites) {
  LLVMContext Context;
  SMDiagnostic Problem;
  std::unique_ptr<Module> M = parseAssemblyString(Program, Problem, Context);
  ASSERT_TRUE(M) << Problem.getMessage().str();
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
  const ProgramWrites Writes(*M, FAM);
  Function *F = M->getFunction("work");
  noteWrites(*M, Writes.of(*F));
  const std::map<uint32_t, json::Object> Said = writesOf(*M);
  auto Of = [&](uint32_t Load) {
    auto It = Said.find(Load);
    return It == Said.end() ? std::string("unknown") : text(It->second);
  };
  // What only reads is no writer, and gives the address to nobody.
  EXPECT_EQ(Of(0), "own: often 5000 setup 1 all");
  EXPECT_EQ(Of(1), "other: setup 1");
  // By any index; but not where only others are written.
  EXPECT_EQ(Of(2), "parts: often 5000 never 0 all");
  EXPECT_EQ(Of(3), "parts + 4: often 5000 setup 1 all");
  EXPECT_EQ(Of(4), "given: setup 1 all");
  EXPECT_EQ(Of(5), "kept:");
  EXPECT_EQ(Of(6), "struct config + 0: setup 1");
  EXPECT_EQ(Of(7), "unknown"); // A constant.
  EXPECT_EQ(Of(8), "unknown"); // Anything.
}

TEST(WritesTest, SettledLoadsAreFound) {
  LLVMContext Context;
  SMDiagnostic Problem;
  std::unique_ptr<Module> M = parseAssemblyString(Program, Problem, Context);
  ASSERT_TRUE(M) << Problem.getMessage().str();
  Function *F = M->getFunction("work");
  const FunctionKey Key = {functionGuid(*F), cfgHash(*F)};
  DetailProfile P;
  P.Processes = 1;
  P.Functions[Key] =
      R"({"sites": [
        {"kind": "load", "n": 0, "p": 0, "place": "own", "all": true,
         "writers": [{"function": "setup", "at": "", "count": 1}]},
        {"kind": "load", "n": 1, "p": 0, "place": "other", "all": false,
         "writers": [{"function": "often", "at": "", "count": 5000}]},
        {"kind": "load", "n": 2, "p": 0, "place": "parts", "all": true,
         "writers": []},
        {"kind": "load", "n": 6, "p": 0, "place": "struct config + 0",
         "all": false, "writers": []},
        {"kind": "load", "n": 8, "p": 0}], "blocks": []})";
  for (uint32_t Load : {0, 1, 2, 6, 8}) {
    rt::ValueKey Site = {};
    Site.Function = Key.Function;
    Site.CfgHash = Key.CfgHash;
    Site.Kind = rt::KindLoad;
    Site.Ordinal = Load;
    SiteValues &V = P.Values[Site];
    V.Bits = 32;
    V.Seen = V.Counted = V.Looked = 10000 + Load;
    V.Min = 3;
    V.Max = 9;
    // The third changed near the end.
    V.LastChange = Load == 2 ? 9000 : 20;
    ASSERT_TRUE(V.Values.parse("0,9:9990:9990,3:10:10"));
  }
  const std::vector<SettledLoad> Found = settledLoads(*F, P);
  ASSERT_EQ(Found.size(), 2u);
  EXPECT_EQ(Found[0].Place, "struct config + 0");
  EXPECT_FALSE(Found[0].AllWriters);
  EXPECT_EQ(Found[1].Place, "own");
  EXPECT_TRUE(Found[1].AllWriters);
  EXPECT_EQ(Found[1].Load->getPointerOperand(), M->getNamedGlobal("own"));
  EXPECT_EQ(Found[1].Value, 9u);
  // Of a changed function nothing is known.
  new UnreachableInst(Context, BasicBlock::Create(Context, "", F));
  EXPECT_TRUE(settledLoads(*F, P).empty());
}

} // namespace
