//===- test/unit/passes/ArenaTablesTest.cpp - Argument registers, tables
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/arena/ArenaTables.h"
#include "passes/arena/PrepareImage.h"
#include "passes/pipeline/Optimize.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/CodeGen/CommandFlags.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace speciate;

// createTargetMachine reads LLVM's options; once for all tests of this binary.
static codegen::RegisterCodeGenFlags CodeGenFlags;

namespace {

class ArenaTablesTest : public testing::Test {
protected:
  ArenaTablesTest() {
    InitializeAllTargetInfos();
    InitializeAllTargets();
    InitializeAllTargetMCs();
    InitializeAllAsmPrinters();
  }

  std::unique_ptr<Module> parse(const std::string &Body) {
    SMDiagnostic Diagnostic;
    auto M = parseAssemblyString(
        "target datalayout = \"e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-"
        "i128:128-f80:128-n8:16:32:64-S128\"\n"
        "target triple = \"x86_64-unknown-linux-gnu\"\n" +
            Body,
        Diagnostic, Context);
    EXPECT_TRUE(M) << Diagnostic.getMessage().str();
    TM = cantFail(createTargetMachine(*M, /*Pic=*/true));
    return M;
  }

  /// As "rdi rsi ... / xmm0 ...", without trailing zeros.
  std::string bytesOf(const std::string &Signature, const std::string &Uses) {
    auto M = parse("declare void @use(...)\ndefine " + Signature + " {\n" +
                   Uses + "ret void\n}\n");
    ArgumentBytes Bytes = argumentBytes(*M->getFunction("f"), *TM);
    auto Print = [](ArrayRef<uint8_t> List) {
      while (!List.empty() && !List.back())
        List = List.drop_back();
      std::string Text;
      for (uint8_t B : List)
        Text += std::to_string(B) + " ";
      return Text;
    };
    return Print(Bytes.Int) + "/ " + Print(Bytes.Fp);
  }

  LLVMContext Context;
  std::unique_ptr<TargetMachine> TM;
};

std::string use(const std::string &Values) {
  return "call void (...) @use(" + Values + ")\n";
}

TEST_F(ArenaTablesTest, CountsTheBytesThatMatter) {
  EXPECT_EQ(bytesOf("void @f(ptr %a, i32 %b, i8 %c, i1 zeroext %d)",
                    use("ptr %a, i32 %b, i8 %c, i1 %d")),
            "8 4 1 4 / ");
  EXPECT_EQ(bytesOf("void @f(double %a, float %b, i64 %c, <4 x float> %d)",
                    use("double %a, float %b, i64 %c, <4 x float> %d")),
            "8 / 8 4 16 ");
  EXPECT_EQ(bytesOf("fastcc void @f(<2 x i32> %a)", use("<2 x i32> %a")),
            "/ 8 ");
}

TEST_F(ArenaTablesTest, UnusedArgumentsHoldAnything) {
  EXPECT_EQ(bytesOf("void @f(i64 %a, i64 %b, double %c, i16 %d)",
                    use("i64 %b, i16 %d")),
            "0 8 2 / ");
}

TEST_F(ArenaTablesTest, ArgumentsInMemoryTakeNoRegister) {
  EXPECT_EQ(bytesOf("void @f(ptr sret([4 x i64]) %r, ptr byval([4 x i64]) %a, "
                    "x86_fp80 %b, i32 %c)",
                    use("ptr %r, ptr %a, x86_fp80 %b, i32 %c")),
            "8 4 / ");
}

TEST_F(ArenaTablesTest, PairsOfRegistersAreNotSplit) {
  EXPECT_EQ(bytesOf("void @f(i128 %a, i64 %b)", use("i128 %a, i64 %b")),
            "8 8 8 / ");
  EXPECT_EQ(bytesOf("void @f(i64 %a, i64 %b, i64 %c, i64 %d, i64 %e, i128 %g, "
                    "i64 %h)",
                    use("i64 %a, i64 %b, i64 %c, i64 %d, i64 %e, i128 %g, "
                        "i64 %h")),
            "8 8 8 8 8 / ");
}

TEST_F(ArenaTablesTest, MoreArgumentsThanRegisters) {
  EXPECT_EQ(bytesOf("void @f(i8 %a, i8 %b, i8 %c, i8 %d, i8 %e, i8 %g, i8 %h)",
                    use("i8 %a, i8 %b, i8 %c, i8 %d, i8 %e, i8 %g, i8 %h")),
            "1 1 1 1 1 1 / ");
}

TEST_F(ArenaTablesTest, OtherConventionsSayNothing) {
  EXPECT_EQ(bytesOf("preserve_nonecc void @f(i64 %a)", use("i64 %a")), "/ ");
}

TEST_F(ArenaTablesTest, TablesNameEverythingOfASlice) {
  auto M = parse("@t = external hidden thread_local global i32\n"
                 "@v = external global i32\n"
                 "@s = available_externally hidden constant i32 7\n"
                 "declare ptr @llvm.threadlocal.address.p0(ptr)\n"
                 "declare i32 @puts(ptr)\n"
                 "define hidden i32 @f(ptr %p) {\n"
                 "  %a = call ptr @llvm.threadlocal.address.p0(ptr @t)\n"
                 "  %r = call i32 @puts(ptr @v)\n"
                 "  store ptr @s, ptr %p\n"
                 "  %x = load i32, ptr %a\n"
                 "  ret i32 %x\n"
                 "}\n");
  TabledRegion R;
  R.Slice = M.get();
  R.Function = "f";
  R.Guid = 7;
  R.MarkerMinPasses = 3;
  ArenaTables Tables = makeArenaTables(*M, R, *TM);
  std::string Message;
  raw_string_ostream OS(Message);
  EXPECT_FALSE(verifyModule(*Tables.Object, &OS)) << Message;
  const json::Object &Root = *Tables.Summary.getAsObject();
  std::vector<std::string> Names;
  for (const json::Value &V : *Root.getArray("externals"))
    Names.push_back(V.getAsString()->str());
  for (const char *Name :
       {"f", "v", "s", "puts", "memcpy", "__speciate_arena_tls.t",
        "__speciate_arena_marker", "__speciate_arena_marker_end"})
    EXPECT_TRUE(is_contained(Names, Name)) << Name;
  EXPECT_FALSE(is_contained(Names, "t"));
  EXPECT_TRUE(llvm::is_sorted(Names));
  const auto *Region = (*Root.getArray("regions"))[0].getAsObject();
  EXPECT_EQ(Region->getInteger("marker"), 3);
  const Function *Accessor =
      Tables.Object->getFunction(arenaTlsAccessorName("t"));
  ASSERT_TRUE(Accessor);
  EXPECT_FALSE(Accessor->isDeclaration());
  EXPECT_EQ(Accessor->getCallingConv(), CallingConv::PreserveAll);
  // Both sections come out of code generation, the loader may write to them,
  // and the linker keeps them.
  std::string Object = cantFail(generateCode(*Tables.Object, *TM));
  EXPECT_NE(Object.find(rt::ArenaRegionsSection), std::string::npos);
  EXPECT_NE(Object.find(rt::ArenaExternalsSection), std::string::npos);
}

} // namespace
