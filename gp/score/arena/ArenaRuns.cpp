//===- gp/score/arena/ArenaRuns.cpp - Runs of the arena program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaRuns.h"
#include "support/Subprocess.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <x86intrin.h>

using namespace llvm;

namespace speciate {

using namespace rt;

/// A command is counted so often, unless that takes long.
static constexpr unsigned CountingRuns = 3;
static constexpr std::chrono::milliseconds CountingTime(500);

namespace {

Error lastError(const Twine &What) {
  int Code = errno;
  return createStringError(std::error_code(Code, std::generic_category()),
                           "%s: %s", What.str().c_str(), ::strerror(Code));
}

/// A new file of \p Size zero bytes, mapped shared.
class MappedFile {
public:
  static Expected<MappedFile> create(const std::string &Path, size_t Size) {
    int Fd = ::open(Path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (Fd < 0)
      return lastError(Path);
    MappedFile F;
    F.Size = Size;
    bool Ok = ::ftruncate(Fd, off_t(Size)) == 0;
    if (Ok)
      F.Base = ::mmap(nullptr, Size, PROT_READ | PROT_WRITE, MAP_SHARED, Fd, 0);
    Error E = !Ok || F.Base == MAP_FAILED ? lastError(Path) : Error::success();
    ::close(Fd);
    if (E)
      return std::move(E);
    return std::move(F);
  }
  MappedFile(MappedFile &&O)
      : Base(std::exchange(O.Base, MAP_FAILED)), Size(O.Size) {}
  MappedFile &operator=(MappedFile &&O) {
    std::swap(Base, O.Base);
    std::swap(Size, O.Size);
    return *this;
  }
  ~MappedFile() {
    if (Base != MAP_FAILED)
      ::munmap(Base, Size);
  }
  void *data() const { return Base; }

private:
  MappedFile() = default;
  void *Base = MAP_FAILED;
  size_t Size = 0;
};

/// Free memory of the machine, in bytes; a lot if that is not known.
uint64_t availableMemory() {
  auto Text = MemoryBuffer::getFileAsStream("/proc/meminfo");
  if (!Text)
    return UINT64_MAX;
  StringRef After = (*Text)->getBuffer().split("MemAvailable:").second.ltrim();
  uint64_t Kilobytes;
  if (After.consumeInteger(10, Kilobytes))
    return UINT64_MAX;
  return Kilobytes * 1024;
}

/// Accepts servers while a command runs. Stops forking more when memory gets
/// scarce.
class Acceptor {
public:
  explicit Acceptor(ArenaListener &Listener)
      : Thread([this, &Listener] { loop(Listener); }) {}
  /// All servers that have connected.
  std::vector<ArenaServer> finish() {
    Stop = true;
    Thread.join();
    return std::move(Servers);
  }
  unsigned refused() const { return Refused; }

private:
  void loop(ArenaListener &Listener) {
    // Connections that are there when we are told to stop are taken too.
    for (;;) {
      bool Last = Stop;
      constexpr double Wait = 0.01;
      while (auto Peer = Listener.accept(Last ? 0 : Wait)) {
        if (availableMemory() < MemoryReserve) {
          ++Refused; // closing the connection ends the server
          continue;
        }
        Servers.emplace_back(std::move(Peer->first), Peer->second);
      }
      if (Last)
        return;
    }
  }

  static constexpr uint64_t MemoryReserve = uint64_t(1) << 30;
  std::atomic<bool> Stop = false;
  std::atomic<unsigned> Refused = 0;
  std::vector<ArenaServer> Servers;
  std::thread Thread;
};

std::string describeState(ArenaWindowState State) {
  switch (State) {
  case ArenaWindowState::Pending:
    return "the capturing run did not come to the entry";
  case ArenaWindowState::Forking:
  case ArenaWindowState::Ready:
    return "the server ended";
  case ArenaWindowState::Threads:
    return "several threads";
  case ArenaWindowState::SharedMapping:
    return "shared memory that cannot be copied";
  case ArenaWindowState::Failed:
    return "the server could not be forked";
  }
  llvm_unreachable("covered switch");
}

} // namespace

struct ArenaRuns::Impl {
  Impl(TempDir Dir, MappedFile Control, MappedFile Image,
       ArenaListener Listener)
      : Dir(std::move(Dir)), ControlFile(std::move(Control)),
        ImageFile(std::move(Image)), Listener(std::move(Listener)) {}

  TempDir Dir;
  MappedFile ControlFile, ImageFile;
  ArenaListener Listener;
  ProgramUnderTest Program;
  WorkloadList Commands;
  double CommandSeconds = 0;
  ArenaCounter Counter = ArenaCounter::None;

  ArenaControl &control() const {
    return *static_cast<ArenaControl *>(ControlFile.data());
  }

  void reset(ArenaMode Mode) {
    ArenaControl &C = control();
    std::memset(static_cast<void *>(&C), 0, sizeof(C));
    C.Version = ArenaVersion;
    C.Mode = Mode;
    C.Counter = Counter;
    C.Magic = ArenaMagic;
  }

  RunSetting setting() const {
    RunSetting S;
    S.Env = {{ArenaDirVariable, Dir.path()}};
    S.FixedAddresses = true;
    return S;
  }

  Error checkRuntime() const {
    const ArenaControl &C = control();
    if (C.FailedCall || C.FailedError)
      return createStringError(
          "the arena runtime could not start: system call %u: %s", C.FailedCall,
          ::strerror(int(C.FailedError)));
    return Error::success();
  }

  Expected<std::vector<std::vector<EntrySeries>>>
  count(unsigned C, size_t Regions, uint64_t &Ticks);

  Error run(Workload &Command) {
    Expected<Observation> Seen =
        Command.observe(Program, CommandSeconds, setting());
    if (!Seen)
      return Seen.takeError();
    if (Error E = checkRuntime())
      return E;
    if (!Seen->ok())
      return createStringError(
          "the command '%s' fails on the arena program: "
          "%s%s%s",
          Command.command().c_str(), Seen->describe().c_str(),
          Seen->StderrTail.empty() ? "" : ":\n", Seen->StderrTail.c_str());
    return Error::success();
  }
};

ArenaRuns::ArenaRuns(std::unique_ptr<Impl> I) : I(std::move(I)) {}
ArenaRuns::ArenaRuns(ArenaRuns &&) = default;
ArenaRuns &ArenaRuns::operator=(ArenaRuns &&) = default;
ArenaRuns::~ArenaRuns() = default;

Expected<ArenaRuns> ArenaRuns::create(const std::string &Program,
                                      const std::vector<std::string> &Commands,
                                      const std::string &Files,
                                      double CommandSeconds,
                                      ArenaCounter Counter) {
  Expected<TempDir> Dir = TempDir::create("speciate-arena");
  if (!Dir)
    return Dir.takeError();
  Expected<MappedFile> Control =
      MappedFile::create(Dir->file("control"), sizeof(ArenaControl));
  if (!Control)
    return Control.takeError();
  Expected<MappedFile> Image =
      MappedFile::create(Dir->file("image"), ArenaRangeSize);
  if (!Image)
    return Image.takeError();
  Expected<ArenaListener> Listener = ArenaListener::create(Dir->file("socket"));
  if (!Listener)
    return Listener.takeError();
  Expected<WorkloadList> Workloads = createWorkloads(Commands, Files);
  if (!Workloads)
    return Workloads.takeError();
  auto I = std::make_unique<Impl>(std::move(*Dir), std::move(*Control),
                                  std::move(*Image), std::move(*Listener));
  I->Program = ProgramUnderTest(absolutePath(Program));
  I->Commands = std::move(*Workloads);
  I->CommandSeconds = CommandSeconds;
  I->Counter = Counter;
  return ArenaRuns(std::move(I));
}

ArenaListener &ArenaRuns::listener() { return I->Listener; }

Expected<ArenaFacts> ArenaRuns::describe() {
  I->reset(ArenaMode::Describe);
  std::string Path = I->Dir.file("describe");
  ::unlink(Path.c_str());
  ProcessSpec Spec;
  Spec.Argv = {I->Program.Path};
  for (const auto &[Name, Value] : I->setting().Env)
    Spec.Env.push_back({Name, Value});
  Spec.FixedAddresses = true;
  // The runtime ends the program before its main function.
  Spec.TimeoutSeconds = 30;
  Expected<ProcessResult> Run = runProcess(Spec);
  if (!Run)
    return Run.takeError();
  if (Error E = I->checkRuntime())
    return std::move(E);
  if (::access(Path.c_str(), R_OK) != 0)
    return createStringError("%s is not an arena program (%s)",
                             I->Program.Path.c_str(), Run->describe().c_str());
  Expected<std::string> Text = readFile(Path);
  if (!Text)
    return Text.takeError();
  return parseArenaFacts(*Text);
}

/// Of one run of command \p C, by region; \p Ticks: what it took.
Expected<std::vector<std::vector<EntrySeries>>>
ArenaRuns::Impl::count(unsigned C, size_t Regions, uint64_t &Ticks) {
  std::vector<std::vector<EntrySeries>> Series(Regions);
  reset(ArenaMode::Count);
  const uint64_t Began = __rdtsc();
  if (Error E = run(*Commands[C]))
    return std::move(E);
  const uint64_t Ended = __rdtsc();
  Ticks = Ended - Began;
  for (unsigned P = 0; P < control().NextProcess; ++P) {
    std::string Path = Dir.file("count." + Twine(P));
    Expected<std::string> Bytes = readFile(Path);
    ::unlink(Path.c_str());
    if (!Bytes) { // the process did not live long enough to make it
      consumeError(Bytes.takeError());
      continue;
    }
    auto *Counts = reinterpret_cast<const ArenaCounts *>(Bytes->data());
    if (Bytes->size() != sizeof(ArenaCounts) || Counts->Magic != ArenaMagic)
      continue;
    for (size_t R = 0; R < Regions && R < Counts->RegionCount; ++R) {
      const ArenaRegionCount &Count = Counts->Regions[R];
      EntrySeries S;
      S.Command = C;
      S.Process = P;
      if (control().NextProcess == 1)
        S.End = Ended - Counts->Counting;
      int64_t Since = int64_t(Count.Stride) - Counts->Counters[R];
      S.Entries = Count.Counted + uint64_t(std::max<int64_t>(Since, 0));
      size_t Points = std::min<size_t>(Count.PointCount, ArenaPoints);
      for (size_t K = 0; K < Points; ++K)
        S.Points.push_back({Count.Points[K].Entry, Count.Points[K].Tsc,
                            Count.Points[K].Class});
      if (S.Entries)
        Series[R].push_back(std::move(S));
    }
  }
  return std::move(Series);
}

Expected<std::vector<std::vector<EntrySeries>>>
ArenaRuns::count(size_t Regions) {
  std::vector<std::vector<EntrySeries>> Series(Regions);
  for (unsigned C = 0; C < I->Commands.size(); ++C) {
    // The fastest of some runs is the one that least else was done beside.
    std::vector<std::vector<EntrySeries>> Best;
    uint64_t BestTicks = UINT64_MAX;
    using Clock = std::chrono::steady_clock;
    const Clock::time_point Began = Clock::now();
    for (unsigned Run = 0; Run < CountingRuns; ++Run) {
      uint64_t Ticks;
      Expected<std::vector<std::vector<EntrySeries>>> One =
          I->count(C, Regions, Ticks);
      if (!One)
        return One.takeError();
      if (Ticks < BestTicks) {
        BestTicks = Ticks;
        Best = std::move(*One);
      }
      if (Clock::now() - Began > CountingTime)
        break;
    }
    for (auto [All, Of] : zip(Series, Best))
      llvm::append_range(All, std::move(Of));
  }
  return std::move(Series);
}

Expected<std::vector<Captured>>
ArenaRuns::capture(ArrayRef<CaptureSpec> Windows) {
  if (Windows.size() > ArenaWindowsMax)
    return createStringError("more than %u windows", ArenaWindowsMax);
  std::vector<Captured> Result(Windows.size());
  for (unsigned C = 0; C < I->Commands.size(); ++C) {
    if (none_of(Windows, [&](const CaptureSpec &W) { return W.Command == C; }))
      continue;
    I->reset(ArenaMode::Capture);
    ArenaControl &Control = I->control();
    Control.WindowCount = uint32_t(Windows.size());
    for (size_t W = 0; W < Windows.size(); ++W) {
      ArenaWindowSpec &Spec = Control.Windows[W];
      Spec.Region = Windows[W].Region;
      Spec.Process = Windows[W].Command == C ? Windows[W].Process : UINT32_MAX;
      Spec.Entry = Windows[W].Entry;
    }
    Acceptor A(I->Listener);
    Error E = I->run(*I->Commands[C]);
    std::vector<ArenaServer> Servers = A.finish();
    if (E)
      return std::move(E);
    for (ArenaServer &S : Servers)
      if (S.hello().Role == ArenaRole::Server &&
          S.hello().Window < Result.size())
        Result[S.hello().Window].Server.emplace(std::move(S));
    for (size_t W = 0; W < Windows.size(); ++W)
      if (Windows[W].Command == C && !Result[W].Server)
        Result[W].Why =
            Control.Windows[W].State == ArenaWindowState::Ready && A.refused()
                ? "not enough memory"
                : describeState(Control.Windows[W].State);
  }
  return std::move(Result);
}

Error ArenaRuns::writeImage(uint64_t Offset, ArrayRef<uint8_t> Bytes) {
  assert(Offset <= ArenaRangeSize && Bytes.size() <= ArenaRangeSize - Offset);
  std::memcpy(static_cast<uint8_t *>(I->ImageFile.data()) + Offset,
              Bytes.data(), Bytes.size());
  return Error::success();
}

Error ArenaRuns::writePages(uint32_t Window, ArrayRef<uint64_t> Pages) {
  return writeFileAtomically(
      I->Dir.file("pages." + Twine(Window)),
      StringRef(reinterpret_cast<const char *>(Pages.data()),
                Pages.size() * sizeof(uint64_t)));
}

} // namespace speciate
