//===- profiles/detail/Text.cpp - Detailed profiles as text and in binary
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/detail/Detail.h"
#include "support/Compress.h"
#include "support/Hash.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace speciate {

static constexpr StringLiteral TextMagic = "speciate-detail 1\n";
/// Then, little endian: the size of the text (8 bytes), its hash (8 bytes), and
/// the text, compressed by zstd.
static constexpr StringLiteral BinaryMagic = "SPECDET\1";
/// Of a text: more is no profile but an attack on the memory.
static constexpr uint64_t MaxText = uint64_t(1) << 30;

static std::string keyText(const rt::ValueKey &K) {
  return formatv("{0:x-16} {1:x-16} {2} {3} {4}", K.Function, K.CfgHash, K.Kind,
                 K.Ordinal, K.Parameter);
}

std::string DetailProfile::str() const {
  std::string Text = TextMagic.str();
  Text +=
      formatv("processes {0} {1} {2}\n", Processes, PairsDropped, SitesDropped);
  for (const auto &[Key, Line] : Functions)
    Text += formatv("function {0:x-16} {1:x-16} {2}\n", Key.Function,
                    Key.CfgHash, Line);
  for (const auto &[Key, V] : Values)
    Text +=
        formatv("value {0} {1} {2} {3} {4} {5} {6} {7} {8} {9} {10} {11} "
                "{12} {13} {14} {15}\n",
                keyText(Key), V.Bits, V.Seen, V.Counted, V.Looked, V.Min, V.Max,
                V.SignedMin, V.SignedMax, V.Ones, V.Any, V.Neighbours, V.Equal,
                V.LastChange, V.Values.str(), V.Steps.str());
  for (const auto &[Key, B] : Branches)
    Text += formatv("branch {0} {1} {2} {3} {4} {5}\n", keyText(Key), B.Seen,
                    B.Taken, B.Wrong, B.WrongAlone, B.Changes);
  for (const auto &[Key, P] : Paths) {
    Text += formatv("paths {0:x-16} {1:x-16} {2}", Key.Function, Key.CfgHash,
                    P.Paths);
    for (auto [Path, Count] : P.Counts)
      Text += formatv(" {0}:{1}", Path, Count);
    Text += "\n";
  }
  for (const auto &[Key, C] : Pairs)
    Text += formatv("pair {0} {1} {2} {3} {4} {5}\n", keyText(Key.first),
                    keyText(Key.second), C[0][0], C[0][1], C[1][0], C[1][1]);
  for (const auto &[Key, H] : Hardware)
    Text += formatv("hardware {0} {1} {2} {3} {4} {5}\t{6}\t{7}\n",
                    Key.Conditional ? "jump" : "indirect", H.Taken, H.Wrong,
                    H.NotTaken, Key.Offset, Key.File, Key.Function, Key.At);
  return Text;
}

namespace {
/// Words of a line, one after the other; false once one was missing or wrong.
class Words {
public:
  explicit Words(StringRef Line) : Rest(Line) {}
  StringRef word() {
    if (Rest.empty())
      Good = false;
    StringRef Word;
    std::tie(Word, Rest) = Rest.split(' ');
    return Word;
  }
  template <typename T>
  T number(unsigned Base = 10) {
    T Value = 0;
    if (word().getAsInteger(Base, Value))
      Good = false;
    return Value;
  }
  rt::ValueKey key() {
    rt::ValueKey K = {};
    K.Function = number<uint64_t>(16);
    K.CfgHash = number<uint64_t>(16);
    K.Kind = number<uint32_t>();
    K.Ordinal = number<uint32_t>();
    K.Parameter = number<uint32_t>();
    return K;
  }
  StringRef rest() const { return Rest; }
  bool more() const { return !Rest.empty(); }
  void fail() { Good = false; }
  bool good() const { return Good; }
  /// Good and at the end.
  bool done() const { return Good && Rest.empty(); }

private:
  StringRef Rest;
  bool Good = true;
};
} // namespace

static bool parseValue(Words &W, DetailProfile &Into) {
  rt::ValueKey Key = W.key();
  SiteValues V;
  V.Bits = W.number<uint32_t>();
  Key.Bits = V.Bits;
  for (uint64_t *Field :
       {&V.Seen, &V.Counted, &V.Looked, &V.Min, &V.Max, &V.SignedMin,
        &V.SignedMax, &V.Ones, &V.Any, &V.Neighbours, &V.Equal, &V.LastChange})
    *Field = W.number<uint64_t>();
  if (!V.Values.parse(W.word()) || !V.Steps.parse(W.word()) || V.Bits > 64)
    return false;
  return W.done() && Into.Values.try_emplace(Key, std::move(V)).second;
}

static bool parsePaths(Words &W, DetailProfile &Into) {
  FunctionKey Key;
  Key.Function = W.number<uint64_t>(16);
  Key.CfgHash = W.number<uint64_t>(16);
  PathCounts P;
  P.Paths = W.number<uint64_t>();
  while (W.good() && W.more()) {
    auto [Path, Count] = W.word().split(':');
    uint64_t N, C;
    if (Path.getAsInteger(10, N) || Count.getAsInteger(10, C) || N >= P.Paths ||
        !P.Counts.try_emplace(N, C).second)
      W.fail();
  }
  return W.done() && Into.Paths.try_emplace(Key, std::move(P)).second;
}

static bool parseHardware(Words &W, DetailProfile &Into) {
  HardwareBranch Key;
  HardwareCounts H;
  StringRef Kind = W.word();
  Key.Conditional = Kind == "jump";
  for (uint64_t *Field : {&H.Taken, &H.Wrong, &H.NotTaken, &Key.Offset})
    *Field = W.number<uint64_t>();
  SmallVector<StringRef> Names;
  W.rest().split(Names, '\t');
  if (!W.good() || Names.size() != 3 || H.Wrong > H.Taken ||
      (!Key.Conditional && Kind != "indirect"))
    return false;
  Key.File = Names[0].str();
  Key.Function = Names[1].str();
  Key.At = Names[2].str();
  return Into.Hardware.try_emplace(std::move(Key), H).second;
}

static bool parseLine(StringRef Line, DetailProfile &Into) {
  Words W(Line);
  StringRef Kind = W.word();
  if (Kind == "value")
    return parseValue(W, Into);
  if (Kind == "paths")
    return parsePaths(W, Into);
  if (Kind == "branch") {
    rt::ValueKey Key = W.key();
    BranchCounts B;
    for (uint64_t *Field :
         {&B.Seen, &B.Taken, &B.Wrong, &B.WrongAlone, &B.Changes})
      *Field = W.number<uint64_t>();
    return W.done() && Into.Branches.try_emplace(Key, B).second;
  }
  if (Kind == "pair") {
    rt::ValueKey First = W.key(), Second = W.key();
    PairCounts C;
    for (auto &Row : C)
      for (uint64_t &Field : Row)
        Field = W.number<uint64_t>();
    return W.done() && Into.Pairs.try_emplace({First, Second}, C).second;
  }
  if (Kind == "function") {
    FunctionKey Key;
    Key.Function = W.number<uint64_t>(16);
    Key.CfgHash = W.number<uint64_t>(16);
    return W.good() && W.more() &&
           Into.Functions.try_emplace(Key, W.rest().str()).second;
  }
  if (Kind == "hardware")
    return parseHardware(W, Into);
  if (Kind == "processes") {
    Into.Processes = W.number<uint64_t>();
    Into.PairsDropped = W.number<uint64_t>();
    // The first writers did not have it.
    Into.SitesDropped = W.more() ? W.number<uint64_t>() : 0;
    return W.done();
  }
  return false;
}

Expected<DetailProfile> DetailProfile::parse(StringRef Text) {
  if (!Text.consume_front(TextMagic))
    return createStringError("not a detailed profile of version 1");
  DetailProfile Result;
  SmallVector<StringRef> Lines;
  Text.split(Lines, '\n', -1, /*KeepEmpty=*/false);
  for (auto [Number, Line] : enumerate(Lines))
    if (!parseLine(Line, Result))
      return createStringError("line %zu of the detailed profile is damaged",
                               Number + 2);
  return std::move(Result);
}

std::string DetailProfile::binary() const {
  const std::string Text = str();
  std::string Bytes = BinaryMagic.str();
  char Number[8];
  for (uint64_t Field : {uint64_t(Text.size()), stableHash64(Text)}) {
    support::endian::write64le(Number, Field);
    Bytes.append(Number, sizeof(Number));
  }
  return Bytes + zstdCompress(Text);
}

Expected<DetailProfile> DetailProfile::fromBinary(StringRef Bytes) {
  if (!Bytes.consume_front(BinaryMagic))
    return createStringError("not a detailed profile of version 1");
  if (Bytes.size() < 16)
    return createStringError("the detailed profile is truncated");
  uint64_t Size = support::endian::read64le(Bytes.data());
  uint64_t Hash = support::endian::read64le(Bytes.data() + 8);
  if (Size > MaxText)
    return createStringError("the detailed profile is damaged");
  Expected<std::string> Text = zstdDecompress(Bytes.drop_front(16), Size);
  if (!Text)
    return createStringError("the detailed profile is damaged: %s",
                             toString(Text.takeError()).c_str());
  if (stableHash64(*Text) != Hash)
    return createStringError("the detailed profile is damaged: wrong hash");
  return parse(*Text);
}

/// "SPECDETL", as rt::DetailMagic lies in memory.
static bool isProcessFile(StringRef Bytes) {
  return Bytes.size() >= 8 &&
         support::endian::read64le(Bytes.data()) == rt::DetailMagic;
}

bool isDetailProfile(StringRef Bytes) {
  return isProcessFile(Bytes) || Bytes.starts_with(BinaryMagic) ||
         Bytes.starts_with(TextMagic);
}

Expected<DetailProfile> DetailProfile::read(StringRef Bytes) {
  if (Bytes.starts_with(BinaryMagic))
    return fromBinary(Bytes);
  if (Bytes.starts_with(TextMagic))
    return parse(Bytes);
  DetailProfile Result;
  if (Error E = Result.addProcess(Bytes))
    return std::move(E);
  return std::move(Result);
}

} // namespace speciate
