//===- runtime/detail/Detail.cpp - The file of a detailed profile
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linked into a program whose hot functions report values, branches and paths.
// All records are of fixed size, in a file that is mapped shared, so that it is
// right whatever ends the process. A forked child gets a file of its own; a
// child of vfork shares its parent's memory, records included.
//
// The folder is a constant of the instrumented program
// (__speciate_detail_folder) when a campaign builds, runs and throws it away
// while others run; without it, that of the counters ($SPECIATE_PROFILE_DIR).
//
//===----------------------------------------------------------------------===//

#include "runtime/detail/State.h"
#include "runtime/profile/Alone.h"
#include "runtime/profile/Dump.h"

using namespace speciate;
using namespace speciate::rt;

extern "C" {
extern SPECIATE_HIDDEN __attribute__((weak))
const char __speciate_detail_folder[];
extern __attribute__((weak)) int __register_atfork(void (*)(), void (*)(),
                                                   void (*)(), void *);
extern SPECIATE_HIDDEN __attribute__((weak)) void *__dso_handle;
extern SPECIATE_HIDDEN __attribute__((weak)) char __ehdr_start[];
}

namespace speciate {
namespace rt {
PairsState Pairs;
} // namespace rt
} // namespace speciate

static DetailHeader *Mapped;

/// Points every site at its record, or (null) stops recording.
static void setRecords(char *File) {
  auto *Header = reinterpret_cast<DetailHeader *>(File);
  auto *Sketches = reinterpret_cast<ValueSketch *>(
      File ? File + Header->Values.Offset : nullptr);
  for (ValueSite *S = __start___speciate_vals; S != __stop___speciate_vals;
       ++S) {
    __atomic_store_n(&S->Sketch, File ? Sketches++ : nullptr, __ATOMIC_RELEASE);
    __atomic_store_n(S->Skip, 0, __ATOMIC_RELAXED);
  }
  auto *Branches = reinterpret_cast<BranchRecord *>(
      File ? File + Header->Branches.Offset : nullptr);
  for (BranchSite *S = __start___speciate_brs; S != __stop___speciate_brs; ++S)
    __atomic_store_n(&S->Record, File ? Branches++ : nullptr, __ATOMIC_RELEASE);
  auto *Counters = reinterpret_cast<uint64_t *>(
      File ? File + Header->Counters.Offset : nullptr);
  for (PathSite *S = __start___speciate_paths; S != __stop___speciate_paths;
       ++S) {
    __atomic_store_n(&S->Counters, Counters, __ATOMIC_RELEASE);
    if (File)
      Counters += S->Paths;
  }
  Pairs = File ? PairsState{Header, reinterpret_cast<BranchPair *>(
                                        File + Header->Pairs.Offset)}
               : PairsState{nullptr, nullptr};
}

/// Makes this process's file, maps it, and starts recording.
static const char *openDetail(uint32_t Parent) {
  uint64_t End = ProfilePage, Counters = 0;
  for (PathSite *S = __start___speciate_paths; S != __stop___speciate_paths;
       ++S)
    Counters += S->Paths;
  auto Table = [&End](uint64_t Count, uint64_t Size) {
    DetailTable T = {End, Count};
    End = (End + Count * Size + 7) & ~uint64_t(7);
    return T;
  };
  const uint64_t Branches = __stop___speciate_brs - __start___speciate_brs;
  DetailHeader New = {};
  New.Values = Table(__stop___speciate_vals - __start___speciate_vals,
                     sizeof(ValueSketch));
  New.Branches = Table(Branches, sizeof(BranchRecord));
  New.Paths = Table(__stop___speciate_paths - __start___speciate_paths,
                    sizeof(PathSite));
  New.Counters = Table(Counters, sizeof(uint64_t));
  New.Pairs = Table(Branches ? PairTable : 0, sizeof(BranchPair));
  New.Text = Table(__stop___speciate_text - __start___speciate_text, 1);
  New.FileSize = (End + ProfilePage - 1) & ~(ProfilePage - 1);
  New.Version = DetailVersion;
  New.HeaderSize = sizeof(DetailHeader);
  New.Pid = sys::call(sys::SysGetpid);
  New.Parent = Parent;
  New.Run = randomBits();
  sys::copy(New.Program, Program, ProfileNameMax);

  long Fd = createFile(New.FileSize, New.Pid, DetailSuffix);
  if (sys::failed(Fd))
    return "no detailed profile: cannot create a file in the folder";
  long Base = sys::call(sys::SysMmap, 0, New.FileSize,
                        sys::ProtRead | sys::ProtWrite, sys::MapShared, Fd, 0);
  sys::call(sys::SysClose, Fd);
  if (sys::failed(Base))
    return "no detailed profile: cannot map the file";
  char *File = reinterpret_cast<char *>(Base);
  auto *Sketches = reinterpret_cast<ValueSketch *>(File + New.Values.Offset);
  for (uint64_t I = 0; I != New.Values.Count; ++I) {
    Sketches[I].Key = __start___speciate_vals[I].Key;
    // Of the site's place alone: the same program counts the same events.
    Sketches[I].Random = (I + 1) * 0x9e3779b97f4a7c15ull;
  }
  auto *Records = reinterpret_cast<BranchRecord *>(File + New.Branches.Offset);
  for (uint64_t I = 0; I != Branches; ++I)
    Records[I].Key = __start___speciate_brs[I].Key;
  auto *Paths = reinterpret_cast<PathSite *>(File + New.Paths.Offset);
  uint64_t First = 0;
  for (uint64_t I = 0; I != New.Paths.Count; ++I) {
    Paths[I] = __start___speciate_paths[I];
    Paths[I].First = First;
    First += Paths[I].Paths;
  }
  sys::copy(File + New.Text.Offset, __start___speciate_text, New.Text.Count);
  auto *Header = reinterpret_cast<DetailHeader *>(File);
  sys::copy(Header, &New, sizeof(New));
  __atomic_store_n(&Header->Magic, DetailMagic, __ATOMIC_RELEASE);
  Mapped = Header;
  setRecords(File);
  setDumped(File, New.FileSize, offsetof(DetailHeader, Dump), DetailSuffix);
  return nullptr;
}

static void afterFork() {
  if (!Mapped)
    return;
  DetailHeader *Inherited = Mapped;
  Mapped = nullptr;
  dropDumped();
  const uint64_t Size = Inherited->FileSize;
  if (const char *Why = openDetail(Inherited->Pid)) {
    setRecords(nullptr);
    say(Why);
  } else {
    restartDumps();
  }
  sys::call(sys::SysMunmap, sys::addr(Inherited), Size);
}

static void initialize() {
  if (&__start___speciate_text[0] == &__stop___speciate_text[0])
    return; // No function reports anything.
  findThreads();
  Verbose = sys::environment("SPECIATE_VERBOSE") != nullptr;
  // The environment of a set-user-ID program is not to be trusted.
  if (isPrivileged())
    return say("no detailed profile: the program runs with another user's "
               "rights");
  if (!findFolder(&__speciate_detail_folder ? &__speciate_detail_folder[0]
                                            : nullptr))
    return say("no detailed profile: the path of the folder is too long");
  findProgram();
  if (const char *Why = openDetail(0))
    return say(Why);
  if (&__register_atfork)
    __register_atfork(nullptr, nullptr, afterFork,
                      &__dso_handle ? &__dso_handle : nullptr);
  startDumps();
}

static void finish() {
  if (Mapped)
    endDumps(&__ehdr_start[0]);
}

// Before every constructor of the program.
__attribute__((section(".init_array.00000"), used,
               retain)) static void (*const InitEntry)() = initialize;
// After all of its destructors.
__attribute__((section(".fini_array.00000"), used,
               retain)) static void (*const FiniEntry)() = finish;
