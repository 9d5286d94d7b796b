//===- profiles/perf/PerfFile.cpp - Reader of perf.data
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/perf/PerfFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include <set>

using namespace llvm;
using namespace llvm::support::endian;

namespace speciate {

static constexpr StringLiteral Magic = "PERFILE2";
static constexpr StringLiteral SwappedMagic = "2ELIFREP";

bool isPerfFile(StringRef Bytes) {
  return Bytes.starts_with(Magic) || Bytes.starts_with(SwappedMagic);
}

namespace {
enum RecordType : uint32_t {
  RecordMmap = 1,
  RecordLost = 2,
  RecordFork = 7,
  RecordSample = 9,
  RecordMmap2 = 10,
  RecordLostSamples = 13,
  RecordAuxtrace = 71,
  RecordCompressed = 81,
  RecordCompressed2 = 83,
};
enum SampleBits : uint64_t {
  SampleIp = 1 << 0,
  SampleTid = 1 << 1,
  SampleTime = 1 << 2,
  SampleAddr = 1 << 3,
  SampleRead = 1 << 4,
  SampleCallchain = 1 << 5,
  SampleId = 1 << 6,
  SampleCpu = 1 << 7,
  SamplePeriod = 1 << 8,
  SampleStreamId = 1 << 9,
  SampleRaw = 1 << 10,
  SampleBranchStack = 1 << 11,
  SampleIdentifier = 1 << 16,
};
constexpr uint16_t MiscMmapBuildId = 1 << 14;
constexpr uint64_t BranchHwIndex = 1 << 17;
constexpr size_t MaxBranches = 1024; ///< Of a sample; processors have 32.

/// Takes fields one after the other; not good once one was missing.
class Fields {
public:
  explicit Fields(StringRef Rest) : Rest(Rest) {}
  uint64_t u64() { return take<uint64_t>(); }
  uint32_t u32() { return take<uint32_t>(); }
  void skip(uint64_t Size) {
    if (Size > Rest.size())
      fail();
    else
      Rest = Rest.drop_front(Size);
  }
  StringRef rest() const { return Rest; }
  void fail() {
    Good = false;
    Rest = "";
  }
  bool good() const { return Good; }

private:
  template <typename T>
  T take() {
    if (Rest.size() < sizeof(T)) {
      fail();
      return 0;
    }
    T Value = read<T, endianness::native>(Rest.data());
    Rest = Rest.drop_front(sizeof(T));
    return Value;
  }

  StringRef Rest;
  bool Good = true;
};
} // namespace

static StringRef part(StringRef Bytes, uint64_t Offset, uint64_t Size) {
  return Offset <= Bytes.size() ? Bytes.substr(Offset, Size) : StringRef();
}

Error PerfFile::readEvents(StringRef Bytes, uint64_t Offset, uint64_t Size,
                           uint64_t EntrySize) {
  // perf_event_attr of the first version, and the section of its ids.
  constexpr uint64_t SmallestAttr = 64, Section = 16;
  constexpr uint64_t BranchTypeAt = 72;
  if (EntrySize < SmallestAttr + Section || Size < EntrySize)
    return createStringError("damaged: no events");
  for (uint64_t At = 0; Size - At >= EntrySize; At += EntrySize) {
    StringRef Entry = part(Bytes, Offset + At, EntrySize);
    if (Entry.size() != EntrySize)
      return createStringError("damaged: events lie outside of the file");
    auto Field = [&](uint64_t Where) {
      return Where + 8 + Section <= EntrySize
                 ? read<uint64_t, endianness::native>(Entry.data() + Where)
                 : 0;
    };
    Event E;
    E.SampleType = Field(24);
    E.ReadFormat = Field(32);
    E.BranchType = Field(BranchTypeAt);
    Fields IdSection(Entry.take_back(Section));
    const uint64_t IdsAt = IdSection.u64();
    Fields Ids(part(Bytes, IdsAt, IdSection.u64()));
    while (Ids.rest().size() >= 8)
      E.Ids.push_back(Ids.u64());
    Events.push_back(std::move(E));
  }
  // Which event a sample is of stands at its beginning, or all are alike.
  for (const Event &E : Events)
    if (Events.size() > 1 && !(E.SampleType & SampleIdentifier) &&
        (E.SampleType != Events[0].SampleType ||
         E.ReadFormat != Events[0].ReadFormat ||
         E.BranchType != Events[0].BranchType))
      return createStringError("events of different layouts without ids");
  if (none_of(Events,
              [](const Event &E) { return E.SampleType & SampleBranchStack; }))
    return createStringError("no branches were recorded (perf record -b, on a "
                             "processor that has a record of them)");
  return Error::success();
}

Expected<PerfFile> PerfFile::open(StringRef Bytes) {
  if (Bytes.starts_with(SwappedMagic))
    return createStringError("written on a machine of another byte order");
  if (!Bytes.starts_with(Magic))
    return createStringError("not a perf.data file");
  constexpr uint64_t PipeHeader = 16, Header = 104;
  Fields F(Bytes.drop_front(Magic.size()));
  const uint64_t HeaderSize = F.u64();
  if (HeaderSize == PipeHeader)
    return createStringError("written to a pipe: use perf record -o FILE");
  const uint64_t EntrySize = F.u64();
  const uint64_t EventsAt = F.u64(), EventsSize = F.u64();
  const uint64_t DataAt = F.u64(), DataSize = F.u64();
  F.skip(16);
  const uint64_t Features = F.u64();
  if (!F.good() || HeaderSize < Header)
    return createStringError("truncated: no header");
  PerfFile Result;
  if (Error E = Result.readEvents(Bytes, EventsAt, EventsSize, EntrySize))
    return std::move(E);
  // perf writes the size last: 0 if it was killed.
  Result.Records = part(Bytes, DataAt, DataSize ? DataSize : Bytes.size());
  Result.RecordsCut = !DataSize || Result.Records.size() != DataSize;
  bool Compressed = false;
  Result.forEachRecord([&](uint32_t Type, uint16_t, StringRef) {
    Compressed |= Type == RecordCompressed || Type == RecordCompressed2;
    return true;
  });
  if (Compressed)
    return createStringError("compressed: record without -z, or use perf "
                             "inject");
  if (!Result.RecordsCut)
    Result.readBuildIds(Bytes, DataAt + DataSize, Features);
  Result.readMappings();
  return std::move(Result);
}

PerfSummary PerfFile::forEachRecord(
    function_ref<bool(uint32_t, uint16_t, StringRef)> See) const {
  PerfSummary Summary;
  Summary.Truncated = RecordsCut;
  StringRef Rest = Records;
  while (!Rest.empty()) {
    Fields F(Rest);
    const uint32_t Type = F.u32();
    const uint32_t MiscAndSize = F.u32();
    const uint16_t Misc = MiscAndSize & 0xffff;
    uint64_t Size = MiscAndSize >> 16;
    if (!F.good() || Size < 8 || Size > Rest.size()) {
      // Where the next record begins is not known either.
      Summary.Truncated = true;
      break;
    }
    if (!See(Type, Misc, Rest.substr(8, Size - 8)))
      ++Summary.Damaged;
    // The trace behind it is not part of the record.
    if (Type == RecordAuxtrace)
      Size += Fields(Rest.substr(8, 8)).u64();
    if (Size > Rest.size()) {
      Summary.Truncated = true;
      break;
    }
    Rest = Rest.drop_front(Size);
  }
  return Summary;
}

void PerfFile::readBuildIds(StringRef Bytes, uint64_t TableAt,
                            uint64_t Features) {
  constexpr uint64_t Tracing = 1 << 1, BuildId = 1 << 2;
  if (!(Features & BuildId))
    return;
  // One section for each feature, by rising bit; bit 0 is none.
  Fields Table(part(Bytes, TableAt + (Features & Tracing ? 16 : 0), 16));
  const uint64_t Offset = Table.u64();
  StringRef Rest = part(Bytes, Offset, Table.u64());
  constexpr size_t IdAt = 12, IdMost = 20, SizeAt = 32, NameAt = 36;
  constexpr uint16_t MiscHasSize = 1 << 15;
  while (Rest.size() >= NameAt) {
    Fields F(Rest);
    F.u32();
    const uint32_t MiscAndSize = F.u32();
    const uint64_t Size = MiscAndSize >> 16;
    if (Size < NameAt || Size > Rest.size())
      return;
    const size_t IdSize = MiscAndSize & MiscHasSize
                              ? static_cast<unsigned char>(Rest[SizeAt])
                              : IdMost;
    StringRef Path = Rest.slice(NameAt, Size);
    BuildIds[Path.take_until([](char C) { return !C; }).str()] =
        Rest.substr(IdAt, std::min(IdSize, IdMost)).str();
    Rest = Rest.drop_front(Size);
  }
}

void PerfFile::readMappings() {
  forEachRecord([&](uint32_t Type, uint16_t Misc, StringRef Body) {
    Fields F(Body);
    const uint32_t Process = F.u32();
    if (Type == RecordFork) {
      const uint32_t Parent = F.u32();
      if (F.good() && Process != Parent)
        Parents.try_emplace(Process, Parent);
      return true;
    }
    if (Type != RecordMmap && Type != RecordMmap2)
      return true;
    PerfMapping M;
    F.skip(4);
    M.Start = F.u64();
    M.Size = F.u64();
    M.Offset = F.u64();
    if (Type == RecordMmap2) {
      StringRef Id = F.rest().take_front(24);
      constexpr size_t Most = 20;
      if (Misc & MiscMmapBuildId && Id.size() == 24)
        M.BuildId =
            Id.substr(4, std::min<size_t>(static_cast<uint8_t>(Id[0]), Most))
                .str();
      F.skip(32);
    }
    M.Path = F.rest().take_until([](char C) { return !C; }).str();
    if (!F.good() || M.Path.empty() || M.Start + M.Size < M.Start)
      return false;
    if (M.BuildId.empty())
      if (auto Known = BuildIds.find(M.Path); Known != BuildIds.end())
        M.BuildId = Known->second;
    Mappings[Process].push_back(std::move(M));
    return true;
  });
}

const PerfMapping *PerfFile::at(uint32_t Process, uint64_t Address) const {
  std::set<uint32_t> Asked;
  while (Asked.insert(Process).second) {
    const PerfMapping *Found = nullptr;
    if (auto Own = Mappings.find(Process); Own != Mappings.end())
      for (const PerfMapping &M : Own->second) {
        if (Address < M.Start || Address - M.Start >= M.Size)
          continue;
        if (Found && (Found->Path != M.Path ||
                      Found->Start - Found->Offset != M.Start - M.Offset))
          return nullptr;
        Found = &M;
      }
    if (Found)
      return Found;
    // A forked child has what its parent had.
    auto Parent = Parents.find(Process);
    if (Parent == Parents.end())
      return nullptr;
    Process = Parent->second;
  }
  return nullptr;
}

const PerfFile::Event *PerfFile::eventOf(StringRef Sample) const {
  if (Events.size() == 1 || !(Events[0].SampleType & SampleIdentifier))
    return &Events[0];
  const uint64_t Id = Fields(Sample).u64();
  for (const Event &E : Events)
    if (is_contained(E.Ids, Id))
      return &E;
  return nullptr;
}

static void skipCounts(Fields &F, uint64_t Format) {
  enum : uint64_t { Enabled = 1, Running = 2, Id = 4, Group = 8, Lost = 16 };
  uint64_t Each = 1 + !!(Format & Id) + !!(Format & Lost), Count = 1;
  if (Format & Group)
    Count = F.u64();
  F.skip(8 * (!!(Format & Enabled) + !!(Format & Running)));
  if (Count > F.rest().size())
    F.fail();
  else
    F.skip(8 * Count * Each);
}

bool PerfFile::readSample(StringRef Sample, uint32_t &Process,
                          std::vector<TakenBranch> &Branches) const {
  Branches.clear();
  const Event *E = eventOf(Sample);
  if (!E)
    return false;
  Fields F(Sample);
  const uint64_t Type = E->SampleType;
  auto Skip = [&](uint64_t Bit) { F.skip(Type & Bit ? 8 : 0); };
  Skip(SampleIdentifier);
  Skip(SampleIp);
  Process = Type & SampleTid ? F.u32() : 0;
  F.skip(Type & SampleTid ? 4 : 0);
  for (uint64_t Bit : {SampleTime, SampleAddr, SampleId, SampleStreamId,
                       SampleCpu, SamplePeriod})
    Skip(Bit);
  if (Type & SampleRead)
    skipCounts(F, E->ReadFormat);
  if (Type & SampleCallchain) {
    const uint64_t Depth = F.u64();
    if (Depth > F.rest().size())
      F.fail();
    F.skip(8 * Depth);
  }
  if (Type & SampleRaw)
    F.skip(F.u32());
  if (!(Type & SampleBranchStack))
    return F.good();
  const uint64_t Count = F.u64();
  if (E->BranchType & BranchHwIndex)
    F.skip(8);
  if (!F.good() || Count > MaxBranches || F.rest().size() < 24 * Count)
    return false;
  for (uint64_t I = 0; I != Count; ++I) {
    TakenBranch B;
    B.From = F.u64();
    B.To = F.u64();
    B.Wrong = F.u64() & 1;
    Branches.push_back(B);
  }
  return true;
}

PerfSummary PerfFile::forEachSample(
    function_ref<void(uint32_t, ArrayRef<TakenBranch>)> See) const {
  uint64_t Samples = 0, Without = 0, Lost = 0;
  std::vector<TakenBranch> Branches;
  PerfSummary Summary =
      forEachRecord([&](uint32_t Type, uint16_t, StringRef Body) {
        if (Type == RecordLost || Type == RecordLostSamples) {
          Fields F(Body);
          F.skip(Type == RecordLost ? 8 : 0);
          Lost += F.u64();
          return F.good();
        }
        if (Type != RecordSample)
          return true;
        uint32_t Process;
        if (!readSample(Body, Process, Branches))
          return false;
        ++Samples;
        if (Branches.empty())
          ++Without;
        else
          See(Process, Branches);
        return true;
      });
  Summary.Samples = Samples;
  Summary.WithoutBranches = Without;
  Summary.Lost = Lost;
  return Summary;
}

} // namespace speciate
