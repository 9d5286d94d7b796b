//===- test/unit/driver/WrapperTest.cpp - Frames, link lines, reapplied flags
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/Extraction.h"
#include "driver/record/LinkLine.h"
#include "driver/record/NoteObject.h"
#include "driver/record/ObjectFacts.h"
#include "driver/record/ReapplyArgs.h"
#include "passes/plugin/RecordFrame.h"
#include "support/File.h"
#include "support/Subprocess.h"
#include "support/Toolchain.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace speciate;

namespace {

std::string decodeError(StringRef Section) {
  auto Frames = decodeFrames(Section);
  return Frames ? "" : toString(Frames.takeError());
}

TEST(RecordFrameTest, SourcesAreNamedThroughThePrefixMaps) {
  StringRef Argv[] = {"-cc1", "-fmacro-prefix-map=/a=.",
                      "-fmacro-prefix-map=/a/b=/x=y", "-fmacro-prefix-map=/c="};
  EXPECT_EQ(mappedSource(Argv, "/a/f.c"), "./f.c");
  EXPECT_EQ(mappedSource(Argv, "/a/b/f.c"), "/x=y/f.c");
  EXPECT_EQ(mappedSource(Argv, "/c/f.c"), "/f.c");
  EXPECT_EQ(mappedSource(Argv, "a/f.c"), "a/f.c");
  EXPECT_EQ(mappedSource({}, "/a/f.c"), "/a/f.c");
}

TEST(RecordFrameTest, ConcatenatedAndPaddedFramesAreFound) {
  std::string A = encodeFrame("first bitcode", {"-O2", "-mllvm", "x"});
  std::string B = encodeFrame("second", {});
  auto Frames = cantFail(decodeFrames(A + std::string(5, '\0') + B));
  ASSERT_EQ(Frames.size(), 2u);
  EXPECT_EQ(Frames[0].Bitcode, "first bitcode");
  EXPECT_EQ(Frames[0].Cc1Args,
            (std::vector<std::string>{"-O2", "-mllvm", "x"}));
  EXPECT_EQ(Frames[1].Bitcode, "second");
  EXPECT_TRUE(Frames[1].Cc1Args.empty());
  EXPECT_EQ(encodeFrame("second", {}), B);
}

TEST(RecordFrameTest, EveryChangedByteIsNoticed) {
  std::string Frame = encodeFrame("some bitcode of a unit", {"-O2"});
  for (size_t I = 0; I < Frame.size(); ++I) {
    std::string Bad = Frame;
    Bad[I] ^= 0x40;
    EXPECT_NE(decodeError(Bad), "") << "byte " << I;
  }
  for (size_t Size = 1; Size < Frame.size(); ++Size)
    EXPECT_NE(decodeError(StringRef(Frame).take_front(Size)), "");
}

TEST(RecordFrameTest, OtherVersionsAreNamed) {
  std::string Frame = encodeFrame("x", {});
  Frame[7] = 2;
  EXPECT_NE(decodeError(Frame).find("another version"), std::string::npos);
}

TEST(Cc1Test, KeepsNoPathsAndNoNames) {
  Cc1Summary S = summarizeCc1({"-cc1",
                               "-triple",
                               "x86_64",
                               "-O2",
                               "-emit-obj",
                               "-main-file-name",
                               "a.c",
                               "-mrelocation-model",
                               "pic",
                               "-pic-level",
                               "2",
                               "-ffp-contract=on",
                               "-fdebug-compilation-dir=/home/me",
                               "-fcoverage-compilation-dir=/home/me",
                               "-ffunction-sections",
                               "-mllvm",
                               "-x86-asm-syntax=intel",
                               "-o",
                               "/tmp/a.o",
                               "-x",
                               "c",
                               "a.c"});
  EXPECT_TRUE(S.EmitsCode);
  EXPECT_EQ(S.Native, "");
  EXPECT_EQ(S.Kept, (std::vector<std::string>{
                        "-O2", "-mrelocation-model", "pic", "-pic-level", "2",
                        "-ffp-contract=on", "-ffunction-sections", "-mllvm",
                        "-x86-asm-syntax=intel"}));
}

TEST(Cc1Test, KnowsWhatStaysNativeOrEmitsNothing) {
  EXPECT_EQ(summarizeCc1({"-cc1", "-emit-obj", "-fsanitize=address"}).Native,
            "-fsanitize");
  EXPECT_EQ(summarizeCc1({"-cc1", "-emit-obj", "-pg"}).Native, "-pg");
  EXPECT_EQ(
      summarizeCc1({"-cc1", "-emit-obj", "-fprofile-instrument=llvm"}).Native,
      "-fprofile-instrument");
  EXPECT_EQ(
      summarizeCc1({"-cc1", "-emit-obj", "-fprofile-instrument=none"}).Native,
      "");
  EXPECT_FALSE(summarizeCc1({"-cc1", "-emit-llvm-bc", "-o", "x"}).EmitsCode);
  EXPECT_TRUE(summarizeCc1({"-cc1", "-emit-llvm-bc", "-flto=full"}).EmitsCode);
  EXPECT_FALSE(summarizeCc1({"-cc1", "-S", "-o", "-"}).EmitsCode);
  EXPECT_TRUE(summarizeCc1({"-cc1", "-S", "-o", "a.s"}).EmitsCode);
}

TEST(LinkLineTest, SortsOptionsFilesAndInputs) {
  LinkLine L = parseLinkLine({"-pie",
                              "-m",
                              "elf_x86_64",
                              "-o",
                              "prog",
                              "-L/nowhere",
                              "main.o",
                              "--whole-archive",
                              "liba.a",
                              "--no-whole-archive",
                              "--start-lib",
                              "l.o",
                              "--end-lib",
                              "--version-script",
                              "v.map",
                              "-T",
                              "s.ld",
                              "-lnosuch",
                              "--export-dynamic",
                              "-Map=x.map",
                              "-z",
                              "now",
                              "-s"});
  EXPECT_TRUE(L.Pie);
  EXPECT_TRUE(L.StripAll);
  EXPECT_EQ(L.Output, "prog");
  EXPECT_EQ(L.Emulation, "elf_x86_64");
  EXPECT_EQ(L.Map, "x.map");
  std::vector<std::string> Inputs, Files, Options;
  for (const LinkWord &W : L.Words) {
    if (W.K == LinkWord::Kind::Input)
      Inputs.push_back(W.Path + (W.WholeArchive ? " whole" : "") +
                       (W.Lazy ? " lazy" : ""));
    else if (W.K == LinkWord::Kind::File)
      Files.push_back(W.Option + W.Path);
    else if (W.K == LinkWord::Kind::Option)
      Options.push_back(join(W.Words, " "));
    else if (W.K == LinkWord::Kind::Library)
      EXPECT_EQ(W.Path, "");
  }
  EXPECT_EQ(Inputs,
            (std::vector<std::string>{"main.o", "liba.a whole", "l.o lazy"}));
  EXPECT_EQ(Files, (std::vector<std::string>{"--version-script=v.map",
                                             "--script=s.ld"}));
  EXPECT_EQ(Options,
            (std::vector<std::string>{"-pie", "--export-dynamic", "-z now"}));
}

TEST(LinkLineTest, LaterStaticWordsChooseArchives) {
  TempDir Dir = cantFail(TempDir::create("speciate-link-line"));
  cantFail(writeFileAtomically(Dir.file("libx.a"), "a"));
  cantFail(writeFileAtomically(Dir.file("libx.so"), "so"));
  LinkLine L = parseLinkLine({"-lx", "-Bstatic", "-lx", "--push-state",
                              "-Bdynamic", "-lx", "--pop-state", "-lx",
                              "-l:libx.so", "-L", Dir.path()});
  std::vector<std::string> Paths;
  for (const LinkWord &W : L.Words)
    if (W.K == LinkWord::Kind::Library)
      Paths.push_back(StringRef(W.Path).rsplit('.').second.str());
  EXPECT_EQ(Paths, (std::vector<std::string>{"so", "a", "so", "a", "so"}));
}

TEST(ExtractionTest, ReadsMapsOfBothFormsOfLines) {
  auto E = parseMap("Archive member included to satisfy reference by file "
                    "(symbol)\n\n"
                    "libx.a(used.o)                main.o (used)\n"
                    "a/very/long/path/to/libyyyyyyyyyyyyy.a(b c.o)\n"
                    "                              libx.a(used.o) (deep)\n"
                    "libz.a(u.o)                   (undef)\n"
                    "\nDiscarded input sections\n\nother.a(no.o)  x\n");
  ASSERT_EQ(E.size(), 3u);
  EXPECT_EQ(E[0].File, "libx.a(used.o)");
  EXPECT_EQ(E[0].Symbol, "used");
  EXPECT_EQ(E[1].File, "a/very/long/path/to/libyyyyyyyyyyyyy.a(b c.o)");
  EXPECT_EQ(E[1].Symbol, "deep");
  EXPECT_EQ(E[2].Symbol, "undef");
  EXPECT_TRUE(parseMap("\nMemory Configuration\n").empty());
}

TEST(ExtractionTest, ReadsWhyExtract) {
  auto E = parseWhyExtract("reference\textracted\tsymbol\n"
                           "main.o\tlibx.a(used.o)\tused\n");
  ASSERT_EQ(E.size(), 1u);
  EXPECT_EQ(E[0].File, "libx.a(used.o)");
  EXPECT_EQ(E[0].Symbol, "used");
}

TEST(NoteObjectTest, TheIdIsFound) {
  std::string Id(32, 'a');
  for (bool Is64 : {true, false}) {
    std::string Bytes = makeNoteObject(Is64 ? 62 : 3, Is64, Id, {"dead"});
    uint64_t At = cantFail(noteOffset(Bytes));
    EXPECT_EQ(StringRef(Bytes).substr(At, 32), Id);
    EXPECT_EQ(fileKind(Bytes), FileKind::Object);
  }
}

/// The unit as speciate-cc would record it, given the driver's flags.
std::vector<std::string> reapplied(std::vector<std::string> Flags) {
  ProcessSpec Spec;
  Spec.Argv = {llvmTool("clang"), "-###", "-c", "-x", "c", "/dev/null"};
  append_range(Spec.Argv, Flags);
  ProcessResult Result = cantFail(runTool(Spec));
  SmallVector<StringRef, 0> Lines, Words, Argv;
  StringRef(Result.Stderr).rtrim().split(Lines, '\n');
  Lines.back().split(Words, ' ');
  for (StringRef Word : drop_begin(Words, 2))
    Argv.push_back(Word.trim('"'));
  RecordUnit Unit;
  Unit.Cc1Args = summarizeCc1(Argv).Kept;
  return reapplyArgs(Unit);
}

TEST(ReapplyArgsTest, RelocationModel) {
  EXPECT_EQ(reapplied({"-O2", "-fPIC"})[0], "-fPIC");
  EXPECT_EQ(reapplied({"-O2", "-fpic"})[0], "-fpic");
  EXPECT_EQ(reapplied({"-O2", "-fPIE"})[0], "-fPIE");
  EXPECT_EQ(reapplied({"-O2", "-fno-pic"})[0], "-fno-pic");
}

TEST(ReapplyArgsTest, FlagsRoundTrip) {
  EXPECT_TRUE(is_contained(reapplied({"-O2", "-fno-builtin-memcpy"}),
                           "-fno-builtin-memcpy"));
  // What is reapplied must be accepted for bitcode, and give itself again.
  std::vector<std::string> Flags = {"-O2",
                                    "-fPIE",
                                    "-ffunction-sections",
                                    "-fdata-sections",
                                    "-fno-unique-section-names",
                                    "-ffp-contract=off",
                                    "-fveclib=libmvec",
                                    "-mcmodel=medium",
                                    "-fno-vectorize",
                                    "-fno-slp-vectorize",
                                    "-funroll-loops",
                                    "-fno-builtin",
                                    "-ffreestanding",
                                    "-femulated-tls",
                                    "-fno-inline-functions",
                                    "-fno-use-init-array",
                                    "-fstack-size-section",
                                    "-mllvm",
                                    "-enable-load-pre"};
  std::vector<std::string> Once = reapplied(Flags);
  for (const std::string &Flag : drop_begin(Flags))
    EXPECT_TRUE(is_contained(Once, Flag)) << Flag;
  for (const std::string &Word : Once)
    EXPECT_FALSE(StringRef(Word).starts_with("-O"));
  TempDir Dir = cantFail(TempDir::create("speciate-reapply"));
  cantFail(writeFileAtomically(Dir.file("a.ll"),
                               "target triple = \"x86_64-pc-linux-gnu\"\n"
                               "define void @f() {\n  ret void\n}\n"));
  ProcessSpec Spec;
  Spec.Argv = {llvmTool("clang"), "-O3", "-c",           "-x", "ir",
               Dir.file("a.ll"),  "-o",  Dir.file("a.o")};
  append_range(Spec.Argv, Once);
  Spec.Argv.push_back("-Werror");
  Spec.Argv.push_back("-Wno-unused-command-line-argument");
  auto Result = runTool(Spec);
  EXPECT_TRUE(bool(Result)) << toString(Result.takeError());
  std::vector<std::string> WithLevel = Once;
  WithLevel.insert(WithLevel.begin(), "-O2");
  std::vector<std::string> Twice = reapplied(WithLevel);
  llvm::sort(Once);
  llvm::sort(Twice);
  EXPECT_EQ(Once, Twice);
}

} // namespace
