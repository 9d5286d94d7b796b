//===- profiles/read/RawProfile.cpp - Reader of the runtime's files
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/read/RawProfile.h"
#include "runtime/speciate_abi.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ProfileData/InstrProf.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;

namespace speciate {

using rt::ProfileHeader;
using rt::ProfileRecord;
using rt::ProfileSlot;
using RawRecord = RawInstrProf::ProfileData<uint64_t>;

static_assert(sizeof(RawRecord) == sizeof(ProfileRecord));
static_assert(offsetof(RawRecord, CounterPtr) ==
              offsetof(ProfileRecord, CounterPtr));
static_assert(offsetof(RawRecord, Values) == offsetof(ProfileRecord, Values));
static_assert(offsetof(RawRecord, NumValueSites) ==
              offsetof(ProfileRecord, NumValueSites));
static_assert(IPVK_Last + 1 == std::size(ProfileRecord().NumValueSites));

bool isRawProfile(StringRef Bytes) {
  // A process that was killed while it made its file leaves zeros.
  if (Bytes.size() < sizeof(uint64_t))
    return false;
  uint64_t Magic;
  memcpy(&Magic, Bytes.data(), sizeof(Magic));
  return Magic == rt::ProfileMagic || Magic == 0;
}

static Error check(const ProfileHeader &H, size_t Size) {
  if (H.Magic != rt::ProfileMagic)
    return createStringError("the process ended while it made the file");
  if (H.Version != rt::ProfileVersion || H.HeaderSize != sizeof(ProfileHeader))
    return createStringError("written by another version of the runtime");
  if (H.FileSize != Size)
    return createStringError("wrong size: %zu of %llu bytes", Size,
                             (unsigned long long)H.FileSize);
  if (GET_VERSION(H.RawVersion) != INSTR_PROF_RAW_VERSION)
    return createStringError("instrumented by another version of LLVM");
  if (!(H.RawVersion & VARIANT_MASK_IR_PROF))
    return createStringError("not an IR-level profile");
  auto Inside = [&](uint64_t Offset, uint64_t Length) {
    return Offset <= Size && Length <= Size - Offset && Offset % 8 == 0;
  };
  if (!Inside(H.DataOffset, H.DataSize) ||
      !Inside(H.NamesOffset, H.NamesSize) ||
      !Inside(H.CountersOffset, H.CountersSize) ||
      !Inside(H.ValuesOffset, H.ValuesSize) || H.CountersSize % 8 != 0 ||
      H.DataSize % sizeof(ProfileRecord) != 0 ||
      H.SlotsPerSite != rt::ProfileSlots)
    return createStringError("damaged: sections lie outside of the file");
  return Error::success();
}

namespace {
/// Takes the slots of one site after the other.
class SlotReader {
public:
  SlotReader(StringRef Values) : Values(Values) {}

  bool has(uint64_t Sites) const { return Values.size() / SiteBytes >= Sites; }
  SmallVector<InstrProfValueData, rt::ProfileSlots> next() {
    ProfileSlot Slots[rt::ProfileSlots];
    memcpy(Slots, Values.data(), SiteBytes);
    Values = Values.drop_front(SiteBytes);
    SmallVector<InstrProfValueData, rt::ProfileSlots> Result;
    for (const ProfileSlot &S : Slots) {
      if (!S.Count)
        continue;
      // Threads that raced for a slot may have stored a value twice.
      auto *Same = find_if(Result, [&](const InstrProfValueData &D) {
        return D.Value == S.Value;
      });
      if (Same != Result.end())
        Same->Count = SaturatingAdd(Same->Count, S.Count);
      else
        Result.push_back({S.Value, S.Count});
    }
    return Result;
  }

private:
  static constexpr size_t SiteBytes = rt::ProfileSlots * sizeof(ProfileSlot);
  StringRef Values;
};
} // namespace

template <typename T>
static void put(std::string &To, const T &Value) {
  To.append(reinterpret_cast<const char *>(&Value), sizeof(T));
}

static void padTo8(std::string &To) { To.resize(alignTo(To.size(), 8)); }

/// Appends the value data of \p R as InstrProfData.inc lays it out; nothing for
/// a function without value sites.
static Error putValues(std::string &To, const ProfileRecord &R,
                       SlotReader &Slots) {
  std::string Kinds;
  uint32_t NumKinds = 0;
  for (uint32_t Kind = IPVK_First; Kind <= IPVK_Last; ++Kind) {
    uint32_t Sites = R.NumValueSites[Kind];
    if (!Sites)
      continue;
    if (!Slots.has(Sites))
      return createStringError("damaged: more value sites than slots");
    ++NumKinds;
    put(Kinds, Kind);
    put(Kinds, Sites);
    std::string Values;
    for (uint32_t Site = 0; Site != Sites; ++Site) {
      auto Data = Slots.next();
      put(Kinds, uint8_t(Data.size()));
      for (const InstrProfValueData &D : Data)
        put(Values, D);
    }
    padTo8(Kinds);
    Kinds += Values;
  }
  if (!NumKinds)
    return Error::success();
  put(To, uint32_t(Kinds.size() + 2 * sizeof(uint32_t)));
  put(To, NumKinds);
  To += Kinds;
  return Error::success();
}

Expected<std::string> convertRawProfile(StringRef Bytes) {
  ProfileHeader H;
  if (Bytes.size() < sizeof(H))
    return createStringError("truncated: %zu bytes", Bytes.size());
  memcpy(&H, Bytes.data(), sizeof(H));
  if (Error E = check(H, Bytes.size()))
    return std::move(E);

  const uint64_t NumData = H.DataSize / sizeof(ProfileRecord);
  std::string Raw;
  Raw.reserve(Bytes.size());
  const RawInstrProf::Header Out = {
      .Magic = INSTR_PROF_RAW_MAGIC_64,
      .Version = H.RawVersion,
      .BinaryIdsSize = 0,
      .NumData = NumData,
      .PaddingBytesBeforeCounters = 0,
      .NumCounters = H.CountersSize / 8,
      .PaddingBytesAfterCounters = 0,
      .NumBitmapBytes = 0,
      .PaddingBytesAfterBitmapBytes = 0,
      .NamesSize = H.NamesSize,
      .CountersDelta = H.CountersAddress - H.DataAddress,
      .BitmapDelta = 0,
      .NamesDelta = 0,
      .NumVTables = 0,
      .VNamesSize = 0,
      .ValueKindLast = IPVK_Last,
  };
  put(Raw, Out);
  Raw += Bytes.substr(H.DataOffset, H.DataSize);
  Raw += Bytes.substr(H.CountersOffset, H.CountersSize);
  Raw += Bytes.substr(H.NamesOffset, H.NamesSize);
  padTo8(Raw);
  SlotReader Slots(Bytes.substr(H.ValuesOffset, H.ValuesSize));
  for (uint64_t I = 0; I != NumData; ++I) {
    ProfileRecord R;
    memcpy(&R, Bytes.data() + H.DataOffset + I * sizeof(R), sizeof(R));
    // LLVM's reader checks the counters of each record against this section.
    if (R.NumBitmapBytes)
      return createStringError("damaged: bitmaps in an IR-level profile");
    if (Error E = putValues(Raw, R, Slots))
      return std::move(E);
  }
  return Raw;
}

static Expected<LoadedProfile> readAll(std::unique_ptr<MemoryBuffer> Buffer) {
  LoadedProfile Result;
  Expected<std::unique_ptr<InstrProfReader>> Reader =
      InstrProfReader::create(std::move(Buffer));
  if (!Reader)
    return Reader.takeError();
  Result.Reader = std::move(*Reader);
  if (!Result.Reader->isIRLevelProfile())
    return createStringError("not an IR-level profile");
  for (NamedInstrProfRecord &Record : *Result.Reader) {
    if (Record.Name.empty() || Record.Counts.empty())
      return createStringError("damaged: a record without name or counters");
    Result.Records.push_back(std::move(Record));
  }
  if (Result.Reader->hasError())
    return Result.Reader->getError();
  return std::move(Result);
}

/// LLVM trusts its own files: of a damaged one its reader may crash, so a child
/// goes first.
static Error tryInChild(StringRef Bytes) {
  constexpr unsigned Seconds = 60;
  const pid_t Child = ::fork();
  if (Child < 0)
    return createStringError("cannot fork to read the profile");
  if (!Child) {
    const rlimit NoCore = {0, 0};
    ::setrlimit(RLIMIT_CORE, &NoCore);
    for (int Signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM})
      ::signal(Signal, SIG_DFL);
    // What the C++ library says when there is no memory is no news.
    ::close(STDERR_FILENO);
    ::alarm(Seconds);
    consumeError(readAll(MemoryBuffer::getMemBuffer(
                             Bytes, "", /*RequiresNullTerminator=*/false))
                     .takeError());
    ::_exit(0);
  }
  int Status = 0;
  while (::waitpid(Child, &Status, 0) < 0)
    if (errno != EINTR)
      return createStringError("cannot wait for the reader of the profile");
  if (!WIFEXITED(Status))
    return createStringError("damaged: LLVM's reader does not survive it");
  return Error::success();
}

Expected<LoadedProfile> loadProfile(StringRef Bytes) {
  if (isRawProfile(Bytes)) {
    Expected<std::string> Raw = convertRawProfile(Bytes);
    if (!Raw)
      return Raw.takeError();
    Expected<LoadedProfile> Result =
        readAll(MemoryBuffer::getMemBufferCopy(*Raw));
    if (Result)
      Result->IsProcess = true;
    return Result;
  }
  auto Buffer = MemoryBuffer::getMemBufferCopy(Bytes);
  const bool IsRaw = RawInstrProfReader64::hasFormat(*Buffer);
  if (!IsRaw && !IndexedInstrProfReader::hasFormat(*Buffer))
    return createStringError("not a profile");
  if (Error E = tryInChild(Bytes))
    return std::move(E);
  Expected<LoadedProfile> Result = readAll(std::move(Buffer));
  if (Result)
    Result->IsProcess = IsRaw;
  return Result;
}

} // namespace speciate
