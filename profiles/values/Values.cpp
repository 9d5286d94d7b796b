//===- profiles/values/Values.cpp - What values a program worked on
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/values/Values.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include <tuple>

using namespace llvm;

namespace speciate {

bool KeyOrder::operator()(const rt::ValueKey &A, const rt::ValueKey &B) const {
  return std::tie(A.Function, A.CfgHash, A.Kind, A.Ordinal, A.Parameter) <
         std::tie(B.Function, B.CfgHash, B.Kind, B.Ordinal, B.Parameter);
}

void SketchSum::add(ArrayRef<rt::ValueSlot> Slots) {
  uint64_t Least = UINT64_MAX;
  for (const rt::ValueSlot &Slot : Slots)
    Least = std::min(Least, Slot.Count); // 0 while a slot is free.
  Floor += Least;
  for (const rt::ValueSlot &Slot : Slots) {
    if (!Slot.Count)
      continue;
    Bounds &B = Known[Slot.Value];
    B.Lower += Slot.Count - Slot.Excess;
    B.Above += int64_t(Slot.Count) - int64_t(Least);
  }
}

void SketchSum::add(const SketchSum &Other, uint64_t Weight) {
  Floor += Other.Floor * Weight;
  for (const auto &[Value, Theirs] : Other.Known) {
    Bounds &B = Known[Value];
    B.Lower += Theirs.Lower * Weight;
    B.Above += Theirs.Above * int64_t(Weight);
  }
}

std::vector<ValueCount> SketchSum::values() const {
  std::vector<ValueCount> Result;
  for (const auto &[Value, B] : Known)
    Result.push_back({Value, B.Lower, Floor + uint64_t(B.Above)});
  llvm::sort(Result, [](const ValueCount &A, const ValueCount &B) {
    return std::tie(B.Lower, A.Value) < std::tie(A.Lower, B.Value);
  });
  return Result;
}

std::string SketchSum::str() const {
  std::string Text = std::to_string(Floor);
  for (const auto &[Value, B] : Known)
    Text += formatv(",{0}:{1}:{2}", Value, B.Lower, B.Above);
  return Text;
}

bool SketchSum::parse(StringRef Text) {
  SmallVector<StringRef> Words;
  Text.split(Words, ',');
  if (Words.front().getAsInteger(10, Floor))
    return false;
  for (StringRef Word : ArrayRef(Words).drop_front()) {
    auto [Value, Rest] = Word.split(':');
    auto [Lower, Above] = Rest.split(':');
    uint64_t V;
    Bounds B;
    if (Value.getAsInteger(10, V) || Lower.getAsInteger(10, B.Lower) ||
        Above.getAsInteger(10, B.Above) || !Known.try_emplace(V, B).second)
      return false;
  }
  return true;
}

void SiteValues::add(const rt::ValueSketch &Sketch) {
  SiteValues One;
  One.Bits = Sketch.Key.Bits;
  One.Seen = Sketch.Seen;
  One.Counted = Sketch.Counted;
  One.Looked = Sketch.Looked;
  if (Sketch.Looked) {
    One.Min = Sketch.Min;
    One.Max = Sketch.Max;
    One.SignedMin = Sketch.SignedMin;
    One.SignedMax = Sketch.SignedMax;
    One.Ones = Sketch.Ones;
    One.Any = Sketch.Any;
  }
  One.Neighbours = Sketch.Neighbours;
  One.Equal = Sketch.Equal;
  One.LastChange = Sketch.LastChange;
  One.Values.add(Sketch.Slots);
  One.Steps.add(Sketch.Steps);
  add(One);
}

void SiteValues::add(const SiteValues &Other, uint64_t Weight) {
  Bits = std::max(Bits, Other.Bits);
  Seen += Other.Seen * Weight;
  Counted += Other.Counted * Weight;
  Looked += Other.Looked * Weight;
  Min = std::min(Min, Other.Min);
  Max = std::max(Max, Other.Max);
  SignedMin = std::min(SignedMin, Other.SignedMin);
  SignedMax = std::max(SignedMax, Other.SignedMax);
  Ones &= Other.Ones;
  Any |= Other.Any;
  Neighbours += Other.Neighbours * Weight;
  Equal += Other.Equal * Weight;
  LastChange = std::max(LastChange, Other.LastChange);
  Values.add(Other.Values, Weight);
  Steps.add(Other.Steps, Weight);
}

static int64_t unflip(uint64_t Flipped, uint32_t Bits) {
  if (!Bits)
    return int64_t(Flipped);
  return SignExtend64(Flipped ^ (uint64_t(1) << (Bits - 1)), Bits);
}
int64_t SiteValues::signedMin() const { return unflip(SignedMin, Bits); }
int64_t SiteValues::signedMax() const { return unflip(SignedMax, Bits); }

uint64_t SiteValues::alignment() const {
  return uint64_t(1) << std::min(63, countr_zero(Any));
}

} // namespace speciate
