//===- runtime/values/Values.cpp - Which values a program works on
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linked into a program some of whose hot functions report values. Every site
// has a sketch of fixed size in a file that is mapped shared, so that the file
// is right whatever ends the process. A forked child gets a file of its own; a
// child of vfork shares its parent's memory, sketches included.
//
// The folder is a constant of the instrumented program
// (__speciate_values_folder), and not of the environment: such a program is
// built, run and thrown away by one campaign while others run.
//
//===----------------------------------------------------------------------===//

#include "runtime/profile/Output.h"

using namespace speciate;
using namespace speciate::rt;

#define SPECIATE_HIDDEN __attribute__((visibility("hidden")))

extern "C" {
// Named by the linker.
extern SPECIATE_HIDDEN __attribute__((weak))
ValueSite __start___speciate_vals[];
extern SPECIATE_HIDDEN __attribute__((weak)) ValueSite __stop___speciate_vals[];
extern SPECIATE_HIDDEN __attribute__((weak))
const char __speciate_values_folder[];
extern __attribute__((weak)) int __register_atfork(void (*)(), void (*)(),
                                                   void (*)(), void *);
extern SPECIATE_HIDDEN __attribute__((weak)) void *__dso_handle;
}

static ValuesHeader *Mapped;

/// Points every site at its sketch, or (null) stops recording.
static void setSketches(ValueSketch *Sketches) {
  for (ValueSite *S = __start___speciate_vals; S != __stop___speciate_vals; ++S)
    __atomic_store_n(&S->Sketch, Sketches ? Sketches++ : nullptr,
                     __ATOMIC_RELEASE);
}

/// Makes this process's file, maps it, and starts recording.
static const char *openValues(uint32_t Parent) {
  const uint64_t Sites = __stop___speciate_vals - __start___speciate_vals;
  const uint64_t Pid = sys::call(sys::SysGetpid);
  const uint64_t Size =
      (ProfilePage + Sites * sizeof(ValueSketch) + ProfilePage - 1) &
      ~(ProfilePage - 1);
  long Fd = createFile(Size, Pid, ValuesSuffix);
  if (sys::failed(Fd))
    return "no values: cannot create a file in the folder";
  long Base = sys::call(sys::SysMmap, 0, Size, sys::ProtRead | sys::ProtWrite,
                        sys::MapShared, Fd, 0);
  sys::call(sys::SysClose, Fd);
  if (sys::failed(Base))
    return "no values: cannot map the file";
  auto *Header = reinterpret_cast<ValuesHeader *>(Base);
  auto *Sketches = reinterpret_cast<ValueSketch *>(Base + ProfilePage);
  for (uint64_t I = 0; I != Sites; ++I) {
    Sketches[I].Key = __start___speciate_vals[I].Key;
    // Of the site's place alone: the same program counts the same events.
    Sketches[I].Random = (I + 1) * 0x9e3779b97f4a7c15ull;
  }
  Header->Version = ValuesVersion;
  Header->HeaderSize = sizeof(ValuesHeader);
  Header->FileSize = Size;
  Header->Sites = Sites;
  Header->SketchSize = sizeof(ValueSketch);
  Header->SlotsPerSite = ValueSlots;
  Header->Pid = Pid;
  Header->Parent = Parent;
  sys::copy(Header->Program, Program, ProfileNameMax);
  __atomic_store_n(&Header->Magic, ValuesMagic, __ATOMIC_RELEASE);
  Mapped = Header;
  setSketches(Sketches);
  return nullptr;
}

static void afterFork() {
  if (!Mapped)
    return;
  ValuesHeader *Inherited = Mapped;
  Mapped = nullptr;
  const uint64_t Size = Inherited->FileSize;
  if (const char *Why = openValues(Inherited->Pid)) {
    setSketches(nullptr);
    say(Why);
  }
  sys::call(sys::SysMunmap, sys::addr(Inherited), Size);
}

static void initialize() {
  Verbose = environment("SPECIATE_VERBOSE") != nullptr;
  if (!&__speciate_values_folder)
    return say("no values: the program names no folder for them");
  // The environment of a set-user-ID program is not to be trusted.
  if (isPrivileged())
    return say("no values: the program runs with another user's rights");
  if (!findFolder(&__speciate_values_folder[0]))
    return say("no values: the path of the folder is too long");
  findProgram();
  if (const char *Why = openValues(0))
    return say(Why);
  if (&__register_atfork)
    __register_atfork(nullptr, nullptr, afterFork,
                      &__dso_handle ? &__dso_handle : nullptr);
}

// Before every constructor of the program.
__attribute__((section(".init_array.00000"), used,
               retain)) static void (*const InitEntry)() = initialize;

/// Space-Saving. The caller holds the lock.
static void count(ValueSlot *Slots, uint64_t Value, uint64_t Weight) {
  ValueSlot *Least = Slots;
  for (ValueSlot *S = Slots; S != Slots + ValueSlots; ++S) {
    if (S->Count && S->Value == Value) {
      S->Count += Weight;
      // Frequent values come to the front.
      if (S != Slots && S->Count > S[-1].Count) {
        ValueSlot Moved = *S;
        *S = S[-1];
        S[-1] = Moved;
      }
      return;
    }
    if (!S->Count) {
      S->Value = Value;
      S->Count = Weight;
      return;
    }
    if (S->Count < Least->Count)
      Least = S;
  }
  Least->Value = Value;
  Least->Excess = Least->Count;
  Least->Count += Weight;
}

extern "C" SPECIATE_HIDDEN void __speciate_value(ValueSite *Site,
                                                 uint64_t Value) {
  ValueSketch *K = __atomic_load_n(&Site->Sketch, __ATOMIC_ACQUIRE);
  if (!K)
    return;
  // Threads may lose an event to each other.
  const uint64_t Seen = __atomic_load_n(&K->Seen, __ATOMIC_RELAXED) + 1;
  __atomic_store_n(&K->Seen, Seen, __ATOMIC_RELAXED);
  uint64_t Weight = 1;
  if (Seen > ValuesExact) {
    uint32_t Skip = __atomic_load_n(&K->Skip, __ATOMIC_RELAXED);
    if (Skip) {
      __atomic_store_n(&K->Skip, Skip - 1, __ATOMIC_RELAXED);
      return;
    }
    Weight = ValuesStride;
  }
  // Never waits: a signal handler may have interrupted the owner.
  if (__atomic_exchange_n(&K->Lock, 1, __ATOMIC_ACQUIRE))
    return;
  if (Weight != 1) {
    K->Random ^= K->Random << 13;
    K->Random ^= K->Random >> 7;
    K->Random ^= K->Random << 17;
    __atomic_store_n(&K->Skip,
                     uint32_t((K->Random >> 33) % (2 * ValuesStride - 1)),
                     __ATOMIC_RELAXED);
  }
  K->Counted += Weight;
  count(K->Slots, Value, Weight);
  __atomic_store_n(&K->Lock, 0, __ATOMIC_RELEASE);
}
