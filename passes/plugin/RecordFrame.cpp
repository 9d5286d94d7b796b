//===- passes/plugin/RecordFrame.cpp - How bitcode travels in an object
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/plugin/RecordFrame.h"
#include "support/Compress.h"
#include "support/Hash.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Path.h"
#include <map>

using namespace llvm;

namespace speciate {

static constexpr char Magic[8] = {'S', 'P', 'C', 'T', 'B', 'C', 0, 1};
static constexpr size_t HashSize = 32;
static constexpr size_t HeaderSize = sizeof(Magic) + 3 * 8 + HashSize;
/// More than any bitcode; keeps a damaged length from being allocated.
static constexpr uint64_t SizeLimit = uint64_t(1) << 36;

std::string encodeFrame(StringRef Bitcode, ArrayRef<std::string> Cc1Args) {
  std::string Args;
  for (const std::string &Arg : Cc1Args) {
    Args += Arg;
    Args += '\0';
  }
  std::string Compressed = zstdCompress(Bitcode);
  std::string Frame(Magic, sizeof(Magic));
  for (uint64_t Size : {Args.size(), Bitcode.size(), Compressed.size()}) {
    char Bytes[8];
    support::endian::write64le(Bytes, Size);
    Frame.append(Bytes, sizeof(Bytes));
  }
  Frame += contentHash({StringRef(Args), StringRef(Compressed)});
  Frame += Args;
  Frame += Compressed;
  return Frame;
}

Expected<std::vector<RecordFrame>> decodeFrames(StringRef Section) {
  std::vector<RecordFrame> Frames;
  while (true) {
    Section = Section.ltrim('\0');
    if (Section.empty())
      return Frames;
    StringRef Expected(Magic, sizeof(Magic));
    if (!Section.starts_with(Expected.drop_back()))
      return createStringError("%s: no frame where one is due",
                               RecordSection.data());
    if (!Section.starts_with(Expected))
      return createStringError("%s: a frame of another version of speciate",
                               RecordSection.data());
    if (Section.size() < HeaderSize)
      return createStringError("%s: a frame is cut short",
                               RecordSection.data());
    const char *P = Section.data() + sizeof(Magic);
    uint64_t ArgsSize = support::endian::read64le(P);
    uint64_t RawSize = support::endian::read64le(P + 8);
    uint64_t Size = support::endian::read64le(P + 16);
    StringRef Hash(P + 24, HashSize);
    Section = Section.drop_front(HeaderSize);
    if (ArgsSize > SizeLimit || Size > SizeLimit || RawSize > SizeLimit ||
        Section.size() < ArgsSize + Size)
      return createStringError("%s: a frame is cut short",
                               RecordSection.data());
    StringRef Args = Section.take_front(ArgsSize);
    StringRef Compressed = Section.substr(ArgsSize, Size);
    Section = Section.drop_front(ArgsSize + Size);
    if (contentHash({Args, Compressed}) != Hash)
      return createStringError("%s: a frame is damaged", RecordSection.data());
    RecordFrame Frame;
    llvm::Expected<std::string> Bitcode = zstdDecompress(Compressed, RawSize);
    if (!Bitcode)
      return Bitcode.takeError();
    Frame.Bitcode = std::move(*Bitcode);
    SmallVector<StringRef, 16> Words;
    Args.split(Words, '\0', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
    for (StringRef Word : Words)
      Frame.Cc1Args.push_back(Word.str());
    Frames.push_back(std::move(Frame));
  }
}

/// Code of sanitizers, coverage and profiling is partly made by passes that run
/// before or beside the pipeline, and its runtime is linked by flags: IR taken
/// from such a unit does not stand for its object.
static bool keepsUnitNative(StringRef Arg) {
  for (StringRef Prefix :
       {"-fsanitize=", "-fprofile-instrument", "-fprofile-instr",
        "-fprofile-sample", "-fprofile-use", "-fprofile-generate",
        "-fcoverage-mapping", "-fxray-instrument", "-fmemory-profile",
        "-finstrument-function", "-fpseudo-probe-for-profiling",
        "-coverage-notes-file", "-coverage-data-file", "-fprofile-arcs",
        "-ftest-coverage", "-fcs-profile"})
    if (Arg.starts_with(Prefix))
      return Arg != "-fprofile-instrument=none";
  return Arg == "-pg" || Arg == "-mfentry";
}

namespace {
enum class ArgForm { Flag, Joined, Separate };
struct KeptArg {
  StringLiteral Name;
  ArgForm Form;
};
} // namespace

static constexpr KeptArg KeptArgs[] = {
#define CC1_FLAG(CC1, DRIVER) {CC1, ArgForm::Flag},
#define CC1_JOINED(CC1, DRIVER) {CC1, ArgForm::Joined},
#define CC1_SEPARATE(CC1, DRIVER) {CC1, ArgForm::Separate},
#include "passes/plugin/Cc1Args.def"
};

/// How many words of \p Args, at its front, are kept.
static size_t keptWords(ArrayRef<StringRef> Args) {
  for (const KeptArg &Kept : KeptArgs) {
    if (Kept.Form == ArgForm::Joined ? Args[0].starts_with(Kept.Name)
                                     : Args[0] == Kept.Name)
      return Kept.Form == ArgForm::Separate && Args.size() > 1 ? 2 : 1;
  }
  return 0;
}

Cc1Summary summarizeCc1(ArrayRef<StringRef> Argv) {
  Cc1Summary Summary;
  bool Bitcode = false, Assembler = false, Lto = false;
  StringRef Output = "-";
  for (size_t I = 0; I < Argv.size(); ++I) {
    StringRef Arg = Argv[I];
    if (keepsUnitNative(Arg) && Summary.Native.empty())
      Summary.Native = Arg.split('=').first.str();
    if (Arg == "-emit-obj")
      Summary.EmitsCode = true;
    else if (Arg == "-S")
      Assembler = true;
    else if (Arg == "-emit-llvm-bc")
      Bitcode = true;
    else if (Arg.starts_with("-flto"))
      Lto = true;
    else if (Arg == "-o" && I + 1 < Argv.size())
      Output = Argv[++I];
    size_t Words = keptWords(Argv.drop_front(I));
    for (size_t K = 0; K < Words; ++K)
      Summary.Kept.push_back(Argv[I + K].str());
    if (Words > 1)
      I += Words - 1;
  }
  // Text on standard output is for people.
  Summary.EmitsCode |= (Assembler && Output != "-") || (Bitcode && Lto);
  return Summary;
}

std::string mappedSource(ArrayRef<StringRef> Argv, StringRef Source) {
  // clang tries the maps in this order, and the first that fits is the only
  // one.
  std::map<StringRef, StringRef, std::greater<>> Maps;
  for (StringRef Arg : Argv)
    if (Arg.consume_front("-fmacro-prefix-map=")) {
      auto [From, To] = Arg.split('=');
      Maps[From] = To;
    }
  SmallString<256> Path(Source);
  for (const auto &[From, To] : Maps)
    if (sys::path::replace_path_prefix(Path, From, To))
      break;
  return std::string(Path);
}

} // namespace speciate
