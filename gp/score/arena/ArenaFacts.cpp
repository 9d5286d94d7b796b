//===- gp/score/arena/ArenaFacts.cpp - What an arena program says of itself
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaFacts.h"
#include "llvm/ADT/SmallVector.h"

using namespace llvm;

namespace speciate {

namespace {

/// Takes one word after the other from a line.
class Words {
public:
  explicit Words(StringRef Line) : Rest(Line) {}
  StringRef word() {
    auto [Word, Tail] = Rest.split(' ');
    Rest = Tail;
    return Word;
  }
  uint64_t hex() {
    uint64_t Value = 0;
    Ok &= !word().getAsInteger(16, Value);
    return Value;
  }
  void bytes(uint8_t *Into, unsigned Count) {
    StringRef Word = word();
    Ok &= Word.size() == 2 * Count;
    for (unsigned I = 0; I < Count && Ok; ++I)
      Ok &= !Word.substr(2 * I, 2).getAsInteger(16, Into[I]);
  }
  StringRef rest() { return Rest; }
  bool Ok = true;

private:
  StringRef Rest;
};

} // namespace

Expected<ArenaFacts> parseArenaFacts(StringRef Text) {
  ArenaFacts F;
  SmallVector<StringRef> Lines;
  Text.split(Lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef Line : Lines) {
    Words W(Line);
    StringRef Kind = W.word();
    if (Kind == "load-base") {
      F.LoadBase = W.hex();
    } else if (Kind == "range") {
      F.RangeBegin = W.hex();
      F.RangeSize = W.hex();
    } else if (Kind == "runtime") {
      F.RuntimeBegin = W.hex();
      F.RuntimeEnd = W.hex();
    } else if (Kind == "marker") {
      F.Marker = W.hex();
    } else if (Kind == "marker-end") {
      F.MarkerEnd = W.hex();
    } else if (Kind == "unwinder") {
      F.HasUnwinder = W.hex() != 0;
    } else if (Kind == "region") {
      ArenaRegionFacts R;
      W.Ok &= W.hex() == F.Regions.size();
      R.Entry = W.hex();
      R.Pad = W.hex();
      W.bytes(R.IntBytes, rt::ArenaIntArgs);
      W.bytes(R.FpBytes, rt::ArenaFpArgs);
      R.HasMarker = W.hex() & rt::ArenaHasMarker;
      R.Name = W.rest().str();
      F.Regions.push_back(std::move(R));
    } else if (Kind == "external") {
      uint64_t Address = W.hex();
      F.Symbols[W.rest().str()] = Address;
    } else {
      W.Ok = false;
    }
    if (!W.Ok)
      return createStringError(
          "the arena program describes itself by a line that is not known: %s",
          Line.str().c_str());
  }
  if (!F.RangeBegin || !F.Marker || !F.MarkerEnd || !F.RuntimeBegin)
    return createStringError("the arena program does not describe itself");
  F.Symbols[rt::ArenaRangeSymbol] = F.RangeBegin;
  F.Symbols[rt::ArenaMarkerSymbol] = F.Marker;
  F.Symbols[rt::ArenaMarkerEndSymbol] = F.MarkerEnd;
  return std::move(F);
}

} // namespace speciate
