//===- profiles/values/Values.cpp - What values a program worked on
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/values/Values.h"
#include "support/File.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include <cstring>
#include <tuple>

using namespace llvm;

namespace speciate {

void SiteValues::add(const rt::ValueSketch &Sketch) {
  Seen += Sketch.Seen;
  Counted += Sketch.Counted;
  uint64_t Least = UINT64_MAX;
  for (const rt::ValueSlot &Slot : Sketch.Slots)
    Least = std::min(Least, Slot.Count); // 0 while a slot is free.
  Floor += Least;
  for (const rt::ValueSlot &Slot : Sketch.Slots) {
    if (!Slot.Count)
      continue;
    Bounds &B = Known[Slot.Value];
    B.Lower += Slot.Count - Slot.Excess;
    B.Above += int64_t(Slot.Count) - int64_t(Least);
  }
}

void SiteValues::add(const SiteValues &Other) {
  Seen += Other.Seen;
  Counted += Other.Counted;
  Floor += Other.Floor;
  for (const auto &[Value, Theirs] : Other.Known) {
    Bounds &B = Known[Value];
    B.Lower += Theirs.Lower;
    B.Above += Theirs.Above;
  }
}

std::vector<ValueCount> SiteValues::values() const {
  std::vector<ValueCount> Result;
  for (const auto &[Value, B] : Known)
    Result.push_back({Value, B.Lower, Floor + uint64_t(B.Above)});
  llvm::sort(Result, [](const ValueCount &A, const ValueCount &B) {
    return std::tie(B.Lower, A.Value) < std::tie(A.Lower, B.Value);
  });
  return Result;
}

bool ValueProfile::Order::operator()(const rt::ValueKey &A,
                                     const rt::ValueKey &B) const {
  return std::tie(A.Function, A.CfgHash, A.Kind, A.Ordinal, A.Parameter) <
         std::tie(B.Function, B.CfgHash, B.Kind, B.Ordinal, B.Parameter);
}

Error ValueProfile::addFile(StringRef Bytes) {
  rt::ValuesHeader H;
  if (Bytes.size() < rt::ProfilePage)
    return createStringError("not a value profile: too short");
  memcpy(&H, Bytes.data(), sizeof(H));
  if (H.Magic != rt::ValuesMagic)
    return createStringError("not a value profile, or not finished");
  if (H.Version != rt::ValuesVersion || H.HeaderSize != sizeof(H) ||
      H.SketchSize != sizeof(rt::ValueSketch) ||
      H.SlotsPerSite != rt::ValueSlots)
    return createStringError("a value profile of another version");
  if (H.FileSize != Bytes.size() ||
      H.Sites > (Bytes.size() - rt::ProfilePage) / sizeof(rt::ValueSketch))
    return createStringError("the value profile is truncated");
  std::vector<rt::ValueSketch> Sketches(H.Sites);
  if (H.Sites)
    memcpy(Sketches.data(), Bytes.data() + rt::ProfilePage,
           H.Sites * sizeof(rt::ValueSketch));
  for (const rt::ValueSketch &Sketch : Sketches) {
    uint64_t Sum = 0;
    for (const rt::ValueSlot &Slot : Sketch.Slots) {
      // Of a process that was killed while it wrote, one event may be missing
      // on one side.
      if (Slot.Excess > Slot.Count || Slot.Count > (uint64_t(1) << 60))
        return createStringError("the value profile is damaged");
      Sum += Slot.Count;
    }
    if (Sum > Sketch.Counted + rt::ValuesStride)
      return createStringError("the value profile is damaged");
  }
  for (const rt::ValueSketch &Sketch : Sketches)
    if (Sketch.Seen)
      Sites[Sketch.Key].add(Sketch);
  return Error::success();
}

void ValueProfile::add(const ValueProfile &Other) {
  for (const auto &[Key, Values] : Other.Sites)
    Sites[Key].add(Values);
}

const SiteValues *ValueProfile::find(const rt::ValueKey &Key) const {
  auto It = Sites.find(Key);
  return It == Sites.end() ? nullptr : &It->second;
}

std::string ValueProfile::str() const {
  std::string Text;
  for (const auto &[Key, Values] : Sites) {
    Text += formatv("{0:x-16} {1:x-16} {2} {3} {4} {5} {6} {7}", Key.Function,
                    Key.CfgHash, Key.Kind, Key.Ordinal, Key.Parameter,
                    Values.Seen, Values.Counted, Values.Floor);
    for (const auto &[Value, B] : Values.Known)
      Text += formatv(" {0}:{1}:{2}", Value, B.Lower, B.Above);
    Text += "\n";
  }
  return Text;
}

Expected<ValueProfile> ValueProfile::parse(StringRef Text) {
  ValueProfile Result;
  SmallVector<StringRef> Lines;
  Text.split(Lines, '\n', -1, /*KeepEmpty=*/false);
  for (auto [Number, Line] : enumerate(Lines)) {
    auto Bad = [&, N = Number + 1] {
      return createStringError("line %zu of the values is damaged", N);
    };
    SmallVector<StringRef> Words;
    Line.split(Words, ' ');
    rt::ValueKey Key = {};
    SiteValues Values;
    if (Words.size() < 8 || Words[0].getAsInteger(16, Key.Function) ||
        Words[1].getAsInteger(16, Key.CfgHash) ||
        Words[2].getAsInteger(10, Key.Kind) ||
        Words[3].getAsInteger(10, Key.Ordinal) ||
        Words[4].getAsInteger(10, Key.Parameter) ||
        Words[5].getAsInteger(10, Values.Seen) ||
        Words[6].getAsInteger(10, Values.Counted) ||
        Words[7].getAsInteger(10, Values.Floor))
      return Bad();
    for (StringRef Word : ArrayRef(Words).drop_front(8)) {
      auto [Value, Rest] = Word.split(':');
      auto [Lower, Above] = Rest.split(':');
      uint64_t V;
      SiteValues::Bounds B;
      if (Value.getAsInteger(10, V) || Lower.getAsInteger(10, B.Lower) ||
          Above.getAsInteger(10, B.Above))
        return Bad();
      Values.Known[V] = B;
    }
    if (!Result.Sites.try_emplace(Key, std::move(Values)).second)
      return Bad();
  }
  return std::move(Result);
}

Expected<ValuesRead> readValues(StringRef Folder) {
  ValuesRead Result;
  std::error_code EC;
  std::vector<std::string> Paths;
  for (sys::fs::directory_iterator I(Folder, EC), E; !EC && I != E;
       I.increment(EC))
    if (sys::path::extension(I->path()) == rt::ValuesSuffix)
      Paths.push_back(I->path());
  if (EC)
    return createFileError(Folder, EC);
  llvm::sort(Paths);
  for (const std::string &Path : Paths) {
    Expected<std::string> Bytes = readFile(Path);
    if (!Bytes)
      return Bytes.takeError();
    if (Error E = Result.Profile.addFile(*Bytes))
      Result.Skipped.push_back(Path + ": " + toString(std::move(E)));
    else
      ++Result.Processes;
  }
  return std::move(Result);
}

} // namespace speciate
