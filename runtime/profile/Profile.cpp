//===- runtime/profile/Profile.cpp - The first object of the link
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Stands in for compiler-rt's profile runtime, whose profile is lost when the
// program ends by _exit, a signal or exec. Before the program's constructors,
// a file is made, and its pages replace those of the counters.
//
// Nothing but counters may be in these pages: other data in them would be
// shared with forked children. So this object, linked first, begins
// __llvm_prf_cnts with an aligned page, and ProfileEnd.cpp, linked last, starts
// a new page. If the link did not keep that order, the counters stay private.
//
// Between fork and the handler below, a child counts into its parent's file;
// the handler is registered first and hence runs first. A child of vfork shares
// all of its parent's memory, its counters included, which is right.
//
//===----------------------------------------------------------------------===//

#include "runtime/profile/Alone.h"
#include "runtime/profile/Dump.h"
#include "runtime/speciate_abi.h"

using namespace speciate;
using namespace speciate::rt;

#define SPECIATE_HIDDEN __attribute__((visibility("hidden")))

extern "C" {
// Named by the linker. Weak: a section may be missing.
extern SPECIATE_HIDDEN __attribute__((weak))
ProfileRecord __start___llvm_prf_data[];
extern SPECIATE_HIDDEN __attribute__((weak))
ProfileRecord __stop___llvm_prf_data[];
extern SPECIATE_HIDDEN __attribute__((weak)) char __start___llvm_prf_names[];
extern SPECIATE_HIDDEN __attribute__((weak)) char __stop___llvm_prf_names[];
extern SPECIATE_HIDDEN char __start___llvm_prf_cnts[];
extern SPECIATE_HIDDEN char __stop___llvm_prf_cnts[];
extern SPECIATE_HIDDEN __attribute__((weak)) char __ehdr_start[];
extern SPECIATE_HIDDEN __attribute__((weak))
const uint64_t __llvm_profile_raw_version;
extern SPECIATE_HIDDEN uint64_t __speciate_profile_counters_end[1];

// Of the C library, if there is one.
extern __attribute__((weak)) int __register_atfork(void (*)(), void (*)(),
                                                   void (*)(), void *);
extern SPECIATE_HIDDEN __attribute__((weak)) void *__dso_handle;

__attribute__((section("__llvm_prf_cnts"), aligned(4096), used, retain,
               visibility("hidden")))
uint64_t __speciate_profile_counters_begin[1] = {0};
}

static ProfileHeader *Mapped;

static uint64_t pageUp(uint64_t Size) {
  return (Size + ProfilePage - 1) & ~(ProfilePage - 1);
}

static uint64_t countSites() {
  uint64_t Sites = 0;
  for (ProfileRecord *R = __start___llvm_prf_data; R != __stop___llvm_prf_data;
       ++R)
    for (uint16_t N : R->NumValueSites)
      Sites += N;
  return Sites;
}

/// Points the records at their slots, or (null) stops recording values.
static void setSlots(ProfileSlot *Slots) {
  for (ProfileRecord *R = __start___llvm_prf_data; R != __stop___llvm_prf_data;
       ++R) {
    uint64_t Sites = 0;
    for (uint16_t N : R->NumValueSites)
      Sites += N;
    R->Values = Slots && Sites ? Slots : nullptr;
    if (Slots)
      Slots += Sites * ProfileSlots;
  }
}

static char *countersBegin() {
  return reinterpret_cast<char *>(__speciate_profile_counters_begin);
}
static char *countersEnd() {
  return reinterpret_cast<char *>(__speciate_profile_counters_end);
}

/// Makes this process's file and maps it. \p Keep: the counts so far are this
/// process's own (those of its constructors that ran before us).
static const char *openProfile(bool Keep, uint32_t Parent) {
  const uint64_t DataSize =
      sys::addr(__stop___llvm_prf_data) - sys::addr(__start___llvm_prf_data);
  const uint64_t NamesSize =
      sys::addr(__stop___llvm_prf_names) - sys::addr(__start___llvm_prf_names);
  const uint64_t CountersSize = countersEnd() - countersBegin();
  const uint64_t ValuesSize = countSites() * ProfileSlots * sizeof(ProfileSlot);
  const uint64_t Pid = sys::call(sys::SysGetpid);
  const uint64_t CountersOffset = pageUp(ProfilePage + DataSize + NamesSize);
  const uint64_t ValuesOffset = CountersOffset + CountersSize;
  const uint64_t FileSize = pageUp(ValuesOffset + ValuesSize);

  long Fd = createFile(FileSize, Pid, ProfileSuffix);
  if (sys::failed(Fd))
    return "no profile: cannot create a file in the profile folder";
  long Base = sys::call(sys::SysMmap, 0, FileSize,
                        sys::ProtRead | sys::ProtWrite, sys::MapShared, Fd, 0);
  if (sys::failed(Base)) {
    sys::call(sys::SysClose, Fd);
    return "no profile: cannot map the profile";
  }
  char *File = reinterpret_cast<char *>(Base);
  auto *Header = reinterpret_cast<ProfileHeader *>(File);
  if (Keep)
    sys::copy(File + CountersOffset, countersBegin(), CountersSize);
  long Counters = sys::call(sys::SysMmap, sys::addr(countersBegin()),
                            CountersSize, sys::ProtRead | sys::ProtWrite,
                            sys::MapShared | sys::MapFixed, Fd, CountersOffset);
  sys::call(sys::SysClose, Fd);
  if (sys::failed(Counters)) {
    sys::call(sys::SysMunmap, Base, FileSize);
    return "no profile: cannot map the counters";
  }
  setSlots(reinterpret_cast<ProfileSlot *>(File + ValuesOffset));

  sys::copy(File + ProfilePage, __start___llvm_prf_data, DataSize);
  sys::copy(File + ProfilePage + DataSize, __start___llvm_prf_names, NamesSize);
  Header->Version = ProfileVersion;
  Header->HeaderSize = sizeof(ProfileHeader);
  Header->FileSize = FileSize;
  Header->RawVersion =
      &__llvm_profile_raw_version ? __llvm_profile_raw_version : 0;
  Header->DataOffset = ProfilePage;
  Header->DataSize = DataSize;
  Header->NamesOffset = ProfilePage + DataSize;
  Header->NamesSize = NamesSize;
  Header->CountersOffset = CountersOffset;
  Header->CountersSize = CountersSize;
  Header->ValuesOffset = ValuesOffset;
  Header->ValuesSize = ValuesSize;
  Header->DataAddress = sys::addr(__start___llvm_prf_data);
  Header->CountersAddress = sys::addr(countersBegin());
  Header->LoadBias = sys::addr(__ehdr_start);
  Header->SlotsPerSite = ProfileSlots;
  Header->Pid = Pid;
  Header->Parent = Parent;
  Header->Run = randomBits();
  sys::copy(Header->Program, Program, ProfileNameMax);
  __atomic_store_n(&Header->Magic, ProfileMagic, __ATOMIC_RELEASE);
  Mapped = Header;
  setDumped(File, FileSize, offsetof(ProfileHeader, Dump), ProfileSuffix);
  return nullptr;
}

/// In the child: a file of its own with zeroed counters; if there is none to be
/// had, private counters, so that the child's counts do not go to its parent.
static void afterFork() {
  if (!Mapped)
    return;
  ProfileHeader *Inherited = Mapped;
  Mapped = nullptr;
  dropDumped();
  uint64_t Size = Inherited->FileSize;
  if (const char *Why = openProfile(/*Keep=*/false, Inherited->Pid)) {
    setSlots(nullptr);
    sys::call(sys::SysMmap, sys::addr(countersBegin()),
              countersEnd() - countersBegin(), sys::ProtRead | sys::ProtWrite,
              sys::MapPrivate | sys::MapFixed | sys::MapAnonymous, -1, 0);
    say(Why);
  } else {
    restartDumps();
  }
  sys::call(sys::SysMunmap, sys::addr(Inherited), Size);
}

static const char *start() {
  // The environment of a set-user-ID program is not to be trusted.
  if (isPrivileged())
    return "no profile: the program runs with another user's rights";
  if (countersBegin() != __start___llvm_prf_cnts ||
      countersEnd() + sizeof(__speciate_profile_counters_end) !=
          __stop___llvm_prf_cnts)
    return "no profile: the linker did not keep the order of the counters";
  if (!findFolder(nullptr))
    return "no profile: the path of the profile folder is too long";
  findProgram();
  return openProfile(/*Keep=*/true, 0);
}

static void initialize() {
  findThreads();
  Verbose = sys::environment("SPECIATE_VERBOSE") != nullptr;
  // A program that was linked with value slots of its own must not use them as
  // ours.
  setSlots(nullptr);
  if (const char *Why = start()) {
    say(Why);
    return;
  }
  if (&__register_atfork)
    __register_atfork(nullptr, nullptr, afterFork,
                      &__dso_handle ? &__dso_handle : nullptr);
  startDumps();
}

static void finish() {
  if (Mapped)
    endDumps(__ehdr_start);
}

// Before every constructor of the program and of the libraries linked into it.
__attribute__((section(".init_array.00000"), used,
               retain)) static void (*const InitEntry)() = initialize;
// After all of its destructors.
__attribute__((section(".fini_array.00000"), used,
               retain)) static void (*const FiniEntry)() = finish;

//===----------------------------------------------------------------------===//
// What instrumented code calls
//===----------------------------------------------------------------------===//

extern "C" {

/// Some front ends force a reference to it.
SPECIATE_HIDDEN int __llvm_profile_runtime = 0;

SPECIATE_HIDDEN void
__llvm_profile_instrument_target(uint64_t Value, void *Data, uint32_t Site) {
  auto *Record = static_cast<ProfileRecord *>(Data);
  if (!Record || !Record->Values)
    return;
  ProfileSlot *Slots = Record->Values + uint64_t(Site) * ProfileSlots;
  ProfileSlot *Least = Slots;
  uint64_t LeastCount = UINT64_MAX;
  // Threads may race for a slot and lose a count. Relaxed atomics keep each
  // word whole.
  for (ProfileSlot *S = Slots; S != Slots + ProfileSlots; ++S) {
    uint64_t Count = __atomic_load_n(&S->Count, __ATOMIC_RELAXED);
    if (!Count) {
      __atomic_store_n(&S->Value, Value, __ATOMIC_RELAXED);
      __atomic_store_n(&S->Count, 1, __ATOMIC_RELAXED);
      return;
    }
    if (__atomic_load_n(&S->Value, __ATOMIC_RELAXED) == Value) {
      __atomic_store_n(&S->Count, Count + 1, __ATOMIC_RELAXED);
      return;
    }
    if (Count < LeastCount) {
      LeastCount = Count;
      Least = S;
    }
  }
  // compiler-rt's policy: the least count pays for a new value, and gives up
  // its slot when it is used up.
  if (LeastCount <= 1) {
    __atomic_store_n(&Least->Value, Value, __ATOMIC_RELAXED);
    __atomic_store_n(&Least->Count, 1, __ATOMIC_RELAXED);
  } else {
    __atomic_store_n(&Least->Count, LeastCount - 1, __ATOMIC_RELAXED);
  }
}

/// Sizes are recorded as the lowest of their range: 0 to 8, powers of two up to
/// 512, the sizes between two of these, and all above 512.
SPECIATE_HIDDEN void __llvm_profile_instrument_memop(uint64_t Size, void *Data,
                                                     uint32_t Site) {
  uint64_t Range = Size;
  if (Size > 512)
    Range = 513;
  else if (Size > 8 && (Size & (Size - 1)))
    Range = (uint64_t(1) << (63 - __builtin_clzll(Size))) + 1;
  __llvm_profile_instrument_target(Range, Data, Site);
}

} // extern "C"
