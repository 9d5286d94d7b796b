//===- test/unit/driver/ArenaImageTest.cpp - Objects become bytes for an address
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The test is its own arena program: images are placed into it and called.
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/ArenaImage.h"
#include "support/File.h"
#include "support/Subprocess.h"
#include "support/Toolchain.h"
#include "gtest/gtest.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

using namespace llvm;
using namespace speciate;

namespace {

int HostVariable = 40;
extern "C" int hostTwice(int X) { return 2 * X; }

class ArenaImageTest : public testing::Test {
protected:
  ArenaImageTest() : Dir(cantFail(TempDir::create("speciate-image-test"))) {
    // Within 2 GB of nothing in particular: libraries are far.
    Range = mmap(reinterpret_cast<void *>(0x20000000), 1 << 20,
                 PROT_READ | PROT_WRITE | PROT_EXEC,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    Symbols.addExternal("strlen", address(strlen));
    Symbols.addExternal("host_twice", address(hostTwice));
    Symbols.addExternal("host_variable", address(&HostVariable));
    Symbols.addExternal("missing_weak", 0);
  }
  ~ArenaImageTest() override { munmap(Range, 1 << 20); }

  template <typename T>
  static uint64_t address(T *P) {
    return reinterpret_cast<uint64_t>(P);
  }

  /// A file of C with the function F, the body of the image "f.image".
  std::string compile(const std::string &Source,
                      std::vector<std::string> Flags = {"-fPIC"}) {
    cantFail(writeFileAtomically(
        Dir.file("f.c"), "int F(int) __asm__(\"f.image\");\n" + Source));
    ProcessSpec Spec;
    Spec.Argv = {llvmTool("clang"),
                 "--no-default-config",
                 "-O2",
                 "-ffunction-sections",
                 "-fdata-sections",
                 "-c",
                 Dir.file("f.c"),
                 "-o",
                 Dir.file("f.o")};
    Spec.Argv.insert(Spec.Argv.end(), Flags.begin(), Flags.end());
    auto Result = runTool(Spec);
    EXPECT_TRUE(bool(Result));
    if (!Result)
      consumeError(Result.takeError());
    return cantFail(readFile(Dir.file("f.o")));
  }

  Expected<PlacedImage> place(const std::string &Object, unsigned Offset = 0) {
    return placeImage(Object, "f", Symbols, address(Range), Offset);
  }

  int call(const std::string &Object, int X, unsigned Offset = 0) {
    Expected<PlacedImage> Placed = place(Object, Offset);
    if (!Placed) {
      ADD_FAILURE() << toString(Placed.takeError());
      return -1;
    }
    EXPECT_EQ(Placed->Entry % 64, Offset);
    EXPECT_EQ(Placed->Base, address(Range));
    EXPECT_LT(Placed->Bytes.size(), size_t(1) << 20);
    memcpy(Range, Placed->Bytes.data(), Placed->Bytes.size());
    return reinterpret_cast<int (*)(int)>(Placed->Entry)(X);
  }

  std::string whyNot(const std::string &Object, unsigned Offset = 0) {
    Expected<PlacedImage> Placed = place(Object, Offset);
    if (Placed)
      return "";
    return toString(Placed.takeError());
  }

  TempDir Dir;
  void *Range;
  ArenaAddresses Symbols;
};

TEST_F(ArenaImageTest, ReachesTheProgramAndLibraries) {
  ASSERT_NE(Range, MAP_FAILED);
  std::string Object =
      compile("extern int host_variable; int host_twice(int);\n"
              "unsigned long strlen(const char *);\n"
              "int F(int X) { char Text[] = {X + '0', 'x', 0};\n"
              "  return host_twice(X) + host_variable++ - strlen(Text); }");
  HostVariable = 40;
  for (unsigned Offset : {0, 16, 32, 48})
    EXPECT_EQ(call(Object, 1, Offset), 40 + int(Offset) / 16);
}

TEST_F(ArenaImageTest, KeepsItsConstantsAndTables) {
  std::string Object = compile(R"(
    unsigned long strlen(const char *);
    static const double Weights[] = {0.5, 1.5, 2.5, 3.5};
    __attribute__((noinline)) static int table(int X) {
      switch (X) { case 0: return 7; case 1: return strlen("four"); case 2: return 70;
                   case 3: return 1; case 4: __asm__ volatile(""); return X * 9;
                   case 5: __asm__ volatile("nop"); return X - 100; default: return -1; }
    }
    int F(int X) {
      static const void *const To[] = {&&a, &&b, &&c};
      double Sum = 0;
      goto *To[X % 3];
    a: Sum += Weights[X % 4];
    b: Sum += table(X);
    c: return (int)(Sum * 2);
    })");
  auto Expect = [](int X) {
    const double Weights[] = {0.5, 1.5, 2.5, 3.5};
    const int Table[] = {7, 4, 70, 1, 36, -95};
    double Sum = X % 3 == 0 ? Weights[X % 4] : 0;
    if (X % 3 != 2)
      Sum += X < 6 ? Table[X] : -1;
    return int(Sum * 2);
  };
  for (int X = 0; X < 9; ++X)
    EXPECT_EQ(call(Object, X, 16 * (X % 4)), Expect(X)) << X;
}

TEST_F(ArenaImageTest, GivesEqualBytes) {
  std::string Object =
      compile("int host_twice(int); unsigned long strlen(const char *);\n"
              "extern int host_variable;\n"
              "int F(int X) { return host_twice(X) ? strlen(\"abc\") :\n"
              "               (host_variable += X, strlen(\"defg\")); }");
  PlacedImage First = cantFail(place(Object, 16));
  for (int I = 0; I < 20; ++I) {
    PlacedImage Again = cantFail(place(Object, 16));
    EXPECT_EQ(First.Bytes, Again.Bytes);
    EXPECT_EQ(First.EhFrame, Again.EhFrame);
  }
}

TEST_F(ArenaImageTest, UnwindTableEndsInZero) {
  PlacedImage P = cantFail(place(compile(
      "int host_twice(int); int F(int X) { return host_twice(X) + 1; }")));
  ASSERT_NE(P.EhFrame, 0u);
  ASSERT_EQ(P.EhFrame + P.EhFrameSize, P.Base + P.Bytes.size());
  // Records: a length, then as many bytes; the last length is 0.
  const char *At = P.Bytes.data() + (P.EhFrame - P.Base);
  unsigned Records = 0;
  for (uint32_t Length; memcpy(&Length, At, 4), Length; At += 4 + Length)
    ASSERT_LT(++Records, 10u);
  EXPECT_EQ(Records, 2u);
  EXPECT_EQ(At + 4, P.Bytes.data() + P.Bytes.size());
}

TEST_F(ArenaImageTest, CodeComesFirst) {
  PlacedImage P = cantFail(place(compile("int F(int X) { return X; }"), 32));
  EXPECT_EQ(P.Entry, P.Base + 32);
  EXPECT_EQ(P.Base % 64, 0u);
  EXPECT_GE(P.TextSize, 33u);
  EXPECT_EQ(P.Bytes.substr(0, 32), std::string(32, '\xcc'));
}

TEST_F(ArenaImageTest, RefusesWithReasons) {
  EXPECT_EQ(whyNot(compile("int host_missing(int);\n"
                           "int F(int X) { return host_missing(X); }")),
            "the arena program has no host_missing");
  EXPECT_EQ(whyNot(compile("static int N; int F(int X) { return N += X; }")),
            "it has data that can be written (.bss.N)");
  EXPECT_EQ(whyNot(compile("static int N = 3;\n"
                           "int F(int X) { return N += X; }")),
            "it has data that can be written (.data.N)");
  EXPECT_EQ(whyNot(compile("extern __thread int T;\n"
                           "int F(int X) { return T += X; }")),
            "it reaches the thread-local variable T directly");
  EXPECT_EQ(
      whyNot(compile("void host_twice(int);\n"
                     "int F(int X) { return X; }\n"
                     "__attribute__((constructor)) static void c(void) {\n"
                     "  host_twice(1); }")),
      "it has constructors or destructors (.init_array)");
  EXPECT_EQ(whyNot(compile("int g(int X) { return X; }")),
            "it does not define f.image");
  EXPECT_NE(whyNot("nonsense"), "");
}

TEST_F(ArenaImageTest, AlignmentComesBeforeTheOffset) {
  std::string Object =
      compile("__attribute__((aligned(32))) int F(int X) { return X + 1; }");
  EXPECT_EQ(call(Object, 1, 0), 2);
  EXPECT_EQ(call(Object, 1, 32), 2);
  for (unsigned Offset : {16, 48}) {
    PlacedImage P = cantFail(place(Object, Offset));
    EXPECT_EQ(P.Entry, P.Base + Offset + 16);
    EXPECT_GE(P.TextSize, Offset + 17);
  }
  EXPECT_EQ(whyNot(Object, 8), "a start offset of 8");
}

TEST_F(ArenaImageTest, FarDataIsRefusedNotTruncated) {
  std::string Object = compile(
      "extern int host_variable __attribute__((visibility(\"hidden\")));"
      "int F(int X) { return host_variable; }");
  if (address(&HostVariable) - address(Range) < uint64_t(1) << 31)
    GTEST_SKIP() << "the test is loaded close to its range";
  EXPECT_NE(whyNot(Object).find("out of range"), std::string::npos);
}

TEST_F(ArenaImageTest, ReadsSymbolTables) {
  cantFail(writeFileAtomically(
      Dir.file("m.c"),
      "int global = 1; __attribute__((visibility(\"hidden\"))) int hidden = "
      "2;\n"
      "static int local = 3; __thread int tls = 4;\n"
      "int main(void) { return global + hidden + local++ + tls; }\n"));
  ProcessSpec Spec;
  Spec.Argv = {llvmTool("clang"),
               "--no-default-config",
               "-O1",
               Dir.file("m.c"),
               "-fPIE",
               "-pie",
               "-o",
               Dir.file("m")};
  ASSERT_TRUE(!!runTool(Spec));
  ArenaAddresses At0 = cantFail(ArenaAddresses::read(Dir.file("m"), 0));
  ArenaAddresses At = cantFail(ArenaAddresses::read(Dir.file("m"), 0x1000));
  for (const char *Name : {"global", "hidden", "local", "main"}) {
    ASSERT_TRUE(At.find(Name)) << Name;
    EXPECT_EQ(*At.find(Name), *At0.find(Name) + 0x1000);
  }
  EXPECT_FALSE(At.find("tls"));
  EXPECT_FALSE(At.find("printf"));
  At.addExternal("global", 5);
  At.addExternal("hidden", 0);
  EXPECT_EQ(At.find("global"), 5u);
  EXPECT_EQ(*At.find("hidden"), *At0.find("hidden") + 0x1000);
}

} // namespace
