//===- driver/speciate/CommandBench.cpp - Paired comparison of two programs
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/speciate/Commands.h"
#include "gp/score/PairedComparison.h"
#include "gp/score/Workload.h"
#include "support/File.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>

using namespace llvm;

namespace speciate {

namespace {

struct BenchOptions {
  std::string A, B;
  std::vector<std::string> Commands;
  unsigned Pairs = 192;
  double SameWithin = 0.5;
  double TimeLimit = 300;
  uint64_t Seed = 1;
  std::string Json;
};

struct Bench {
  ProgramUnderTest Programs[2];
  WorkloadList Workloads;
  std::vector<TimingPlan> Plans;
};

} // namespace

static Error checkProgram(const std::string &Path) {
  sys::fs::file_status Status;
  if (std::error_code EC = sys::fs::status(Path, Status))
    return createFileError(Path, EC);
  if (Status.type() != sys::fs::file_type::regular_file)
    return createStringError("%s: not a file", Path.c_str());
  if (!sys::fs::can_execute(Path))
    return createStringError("%s: not an executable program", Path.c_str());
  return Error::success();
}

/// Both programs under A's name, each command run on both.
static Expected<Bench> prepare(const BenchOptions &Options) {
  Bench B;
  for (const std::string *Path : {&Options.A, &Options.B})
    if (Error E = checkProgram(*Path))
      return std::move(E);
  std::string Name = sys::path::filename(Options.A).str();
  B.Programs[0] = ProgramUnderTest(Options.A, false, Name);
  B.Programs[1] = ProgramUnderTest(Options.B, false, Name);
  Expected<WorkloadList> List = createWorkloads(Options.Commands, ".");
  if (!List)
    return List.takeError();
  B.Workloads = std::move(*List);
  for (auto &W : B.Workloads) {
    Expected<TimingPlan> Plan =
        W->plan(B.Programs[0], measuringCpu(), Options.TimeLimit);
    if (!Plan)
      return Plan.takeError();
    if (Error E = W->checkRunsProgram(B.Programs[0], Options.TimeLimit))
      return std::move(E);
    B.Plans.push_back(*Plan);
    // B must work too, or failing fast would look fast.
    Expected<TimingPlan> Other =
        W->plan(B.Programs[1], measuringCpu(), Options.TimeLimit);
    if (!Other)
      return Other.takeError();
  }
  return std::move(B);
}

static Expected<PairedResult> measure(Bench &B, const BenchOptions &Options) {
  PairedParams Params;
  Params.MaxPairs = Options.Pairs;
  Params.SameWithin = Options.SameWithin / 100;
  Params.Seed = Options.Seed;
  Params.Workloads = B.Workloads.size();
  return comparePaired(
      [&](Side S, unsigned W) -> Expected<double> {
        const ProgramUnderTest &P = B.Programs[static_cast<int>(S)];
        Expected<TimedResult> Run = B.Workloads[W]->time(P, B.Plans[W]);
        if (!Run)
          return Run.takeError();
        if (!Run->ok())
          return createStringError("the command '%s' fails on %s: %s",
                                   B.Workloads[W]->command().c_str(),
                                   P.Path.c_str(), Run->describe().c_str());
        return Workload::seconds(*Run, B.Plans[W]);
      },
      Params);
}

/// JSON has no infinity: an end that the sample does not reach is null.
static json::Value finite(double Value) {
  return std::isfinite(Value) ? json::Value(Value) : json::Value(nullptr);
}

static json::Object toJson(const RatioInterval &I) {
  return json::Object{{"ratio", I.Ratio},
                      {"ci95", json::Array{finite(I.Low), finite(I.High)}},
                      {"pairs", static_cast<int64_t>(I.Pairs)}};
}

static Error writeJson(const Bench &B, const PairedResult &R,
                       ArrayRef<RatioInterval> PerCommand,
                       const BenchOptions &Options) {
  json::Object Report = toJson(R);
  Report["schema"] = "speciate.bench/1";
  Report["a"] = Options.A;
  Report["b"] = Options.B;
  Report["outcome"] = outcomeName(R.Verdict);
  Report["seed"] = static_cast<int64_t>(Options.Seed);
  json::Array Commands;
  for (size_t I = 0; I < PerCommand.size(); ++I) {
    json::Object Entry = toJson(PerCommand[I]);
    Entry["command"] = B.Workloads[I]->command();
    Entry["seconds"] = B.Plans[I].Seconds;
    Entry["clock"] = B.Plans[I].CpuTime ? "processor" : "wall";
    Commands.push_back(std::move(Entry));
  }
  Report["commands"] = std::move(Commands);
  std::string Text;
  raw_string_ostream(Text) << formatv("{0:2}\n",
                                      json::Value(std::move(Report)));
  return writeFileAtomically(Options.Json, Text);
}

static void printRatio(const RatioInterval &I) {
  outs() << format("%.4f  [%.4f, %.4f]", I.Ratio, I.Low, I.High);
}

static void print(const Bench &B, const PairedResult &R,
                  ArrayRef<RatioInterval> PerCommand,
                  const BenchOptions &Options) {
  outs() << "A: " << Options.A << "\nB: " << Options.B << "\n\n";
  for (size_t I = 0; I < PerCommand.size(); ++I) {
    outs() << B.Workloads[I]->command() << "\n  A takes "
           << format("%.3f s, timed by ", B.Plans[I].Seconds)
           << (B.Plans[I].CpuTime ? "processor" : "wall") << " time";
    if (B.Plans[I].Cpu >= 0)
      outs() << " on cpu " << B.Plans[I].Cpu;
    if (PerCommand.size() > 1) {
      outs() << "\n  ratio ";
      printRatio(PerCommand[I]);
    }
    outs() << "\n";
  }
  outs() << "\nratio A/B (above 1: B is faster), 95 % interval, pairs\n  ";
  printRatio(R);
  outs() << "  " << R.Pairs << "\n";
  switch (R.Verdict) {
  case PairedOutcome::Faster:
  case PairedOutcome::Slower:
    outs() << "B is " << outcomeName(R.Verdict) << "\n";
    break;
  case PairedOutcome::Same:
    outs() << format("the same within %g %%\n", Options.SameWithin);
    break;
  case PairedOutcome::Undecided:
    outs() << "undecided: more pairs (--pairs) or a longer run may tell\n";
    break;
  }
}

static Error runBench(const BenchOptions &Options) {
  // Not only after minutes of measuring.
  std::string Folder = sys::path::parent_path(absolutePath(Options.Json)).str();
  if (!Options.Json.empty() && sys::fs::exists(Folder) &&
      (!sys::fs::is_directory(Folder) ||
       sys::fs::access(Folder, sys::fs::AccessMode::Write)))
    return createStringError("%s: cannot write into %s", Options.Json.c_str(),
                             Folder.c_str());
  Expected<Bench> B = prepare(Options);
  if (!B)
    return B.takeError();
  Expected<PairedResult> R = measure(*B, Options);
  if (!R)
    return R.takeError();
  std::vector<RatioInterval> PerCommand;
  double Alpha = nominalLevel(lookSchedule(Options.Pairs).size());
  for (const std::vector<double> &Logs : R->LogRatios)
    PerCommand.push_back(medianInterval(Logs, Alpha));
  if (!Options.Json.empty())
    if (Error E = writeJson(*B, *R, PerCommand, Options))
      return E;
  print(*B, *R, PerCommand, Options);
  return Error::success();
}

void addBenchCommand(CLI::App &App, int &Exit) {
  auto *Bench = App.add_subcommand(
      "bench", "Compare two programs by pairs of runs, ratio with interval");
  auto Options = std::make_shared<BenchOptions>();
  Bench->add_option("A", Options->A, "The program to compare with")->required();
  Bench->add_option("B", Options->B, "The program that may be faster")
      ->required();
  Bench
      ->add_option("--run", Options->Commands,
                   "A command with {} for the program; several are combined "
                   "by their geometric mean")
      ->required()
      ->expected(1)
      ->take_all()
      ->type_name("CMD");
  Bench->add_option("--pairs", Options->Pairs, "At most this many pairs")
      ->check(CLI::Range(6, 100000))
      ->capture_default_str();
  Bench
      ->add_option("--same-within", Options->SameWithin,
                   "Percent within which two programs are the same")
      ->check(CLI::Range(0.0, 50.0))
      ->capture_default_str();
  Bench->add_option("--time-limit", Options->TimeLimit, "Seconds for one run")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  Bench->add_option("--seed", Options->Seed, "For the order of the runs")
      ->capture_default_str();
  Bench->add_option("--json", Options->Json, "Write the result there");
  Bench->callback([Options, &Exit] {
    Error E = runBench(*Options);
    Exit = E ? reportError(std::move(E)) : ExitOk;
  });
}

} // namespace speciate
