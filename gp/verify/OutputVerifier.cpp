//===- gp/verify/OutputVerifier.cpp - Same outputs on train and check commands
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/verify/OutputVerifier.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <chrono>
#include <thread>

using namespace llvm;
using Clock = std::chrono::steady_clock;

namespace speciate {

/// What did not end in time is run again with so many times the limit.
static constexpr double SecondChance = 3;

/// The first byte at which the two differ, which may be the end of one.
static size_t firstDifference(StringRef A, StringRef B) {
  size_t Common = std::min(A.size(), B.size());
  return std::mismatch(A.begin(), A.begin() + Common, B.begin()).first -
         A.begin();
}

static Error failure(StringRef Command, const Observation &Seen,
                     const VerifyParams &Params) {
  if (Seen.TimedOut)
    return createStringError(
        "the command '%s' does not end within %g s on the original program",
        Command.str().c_str(), Params.TimeLimit);
  return createStringError(
      "the command '%s' fails on the original program: %s%s%s",
      Command.str().c_str(), Seen.describe().c_str(),
      Seen.StderrTail.empty() ? "" : ":\n", Seen.StderrTail.c_str());
}

Error OutputVerifier::add(StringRef Command, bool IsCheck, StringRef Files,
                          const VerifyParams &Params) {
  Expectation E;
  auto Run = Workload::create(Command, Files);
  if (!Run)
    return Run.takeError();
  E.Run = std::move(*Run);
  E.CompareFiles = !IsCheck;
  Expected<Observation> Seen = E.Run->observe(Original, Params.TimeLimit);
  if (!Seen)
    return Seen.takeError();
  if (!Seen->ok())
    return failure(Command, *Seen, Params);
  if (Error Never = E.Run->checkRunsProgram(Original, Params.TimeLimit))
    return Never;
  E.Want = std::move(*Seen);
  Expectations.push_back(std::move(E));
  return Error::success();
}

Error OutputVerifier::recordAgain(Expectation &E, const VerifyParams &Params) {
  Expected<Observation> Again = E.Run->observe(Original, Params.TimeLimit);
  if (!Again)
    return Again.takeError();
  const std::string &Command = E.Run->command();
  if (!Again->ok())
    return failure(Command, *Again, Params);
  double Longest = std::max(E.Want.WallSeconds, Again->WallSeconds);
  E.TimeLimit = std::max(Params.MinTimeLimit, Longest * Params.SlowdownLimit);
  if (E.Want.Stdout != Again->Stdout) {
    E.CompareStdout = false;
    Ignored.push_back(formatv("standard output of '{0}' from byte {1}", Command,
                              firstDifference(E.Want.Stdout, Again->Stdout)));
  }
  if (!E.CompareFiles)
    return Error::success();
  for (const auto &[Files, Other] : {std::pair{&E.Want.Files, &Again->Files},
                                     std::pair{&Again->Files, &E.Want.Files}})
    for (const auto &[Name, Hash] : *Files)
      if (auto I = Other->find(Name); I == Other->end() || I->second != Hash)
        if (E.IgnoredFiles.insert(Name).second)
          Ignored.push_back(formatv("file '{0}' of '{1}'", Name, Command));
  return Error::success();
}

Expected<std::unique_ptr<OutputVerifier>>
OutputVerifier::create(const ProgramUnderTest &Original,
                       const std::vector<std::string> &Train,
                       const std::vector<std::string> &Check, StringRef Files,
                       const VerifyParams &Params) {
  ProgramUnderTest Known = Original;
  if (Known.Name.empty())
    Known.Name = sys::path::filename(Known.Path).str();
  std::unique_ptr<OutputVerifier> V(new OutputVerifier(Known));
  auto Start = Clock::now();
  for (const std::string &Command : Train)
    if (Error E = V->add(Command, /*IsCheck=*/false, Files, Params))
      return std::move(E);
  for (const std::string &Command : Check)
    if (Error E = V->add(Command, /*IsCheck=*/true, Files, Params))
      return std::move(E);
  // A date in seconds must have moved on.
  std::this_thread::sleep_until(Start + std::chrono::milliseconds(1100));
  for (Expectation &E : V->Expectations)
    if (Error Bad = V->recordAgain(E, Params))
      return std::move(Bad);
  return std::move(V);
}

Verdict OutputVerifier::compare(const Expectation &E, const Observation &Got) {
  const std::string &Command = E.Run->command();
  if (Got.TimedOut)
    return {
        VerdictKind::TimedOut,
        formatv("'{0}' takes more than {1:f1} s, the original took {2:f1} s",
                Command, SecondChance * E.TimeLimit, E.Want.WallSeconds)};
  if (Got.crashed())
    return {VerdictKind::Crashed,
            formatv("'{0}': {1}", Command, Got.describe())};
  if (Got.ExitCode != E.Want.ExitCode)
    return {VerdictKind::Unsound,
            formatv("'{0}': exit code {1} instead of {2}", Command,
                    Got.ExitCode, E.Want.ExitCode)};
  if (E.CompareStdout && Got.Stdout != E.Want.Stdout)
    return {VerdictKind::Unsound,
            formatv("'{0}': standard output differs from byte {1}", Command,
                    firstDifference(Got.Stdout, E.Want.Stdout))};
  if (!E.CompareFiles)
    return {VerdictKind::Checked, ""};
  for (const auto &[Name, Hash] : E.Want.Files) {
    if (E.IgnoredFiles.count(Name))
      continue;
    auto I = Got.Files.find(Name);
    if (I == Got.Files.end())
      return {VerdictKind::Unsound,
              formatv("'{0}': file '{1}' is not written", Command, Name)};
    if (I->second != Hash)
      return {VerdictKind::Unsound,
              formatv("'{0}': file '{1}' differs", Command, Name)};
  }
  for (const auto &[Name, Hash] : Got.Files)
    if (!E.Want.Files.count(Name) && !E.IgnoredFiles.count(Name))
      return {VerdictKind::Unsound,
              formatv("'{0}': file '{1}' is not expected", Command, Name)};
  return {VerdictKind::Checked, ""};
}

Verdict OutputVerifier::verify(const std::string &Program) {
  ProgramUnderTest Candidate(Program, Original.Shared, Original.Name);
  for (Expectation &E : Expectations) {
    Expected<Observation> Got = E.Run->observe(Candidate, E.TimeLimit);
    // A machine that stalls looks like a program that hangs.
    if (Got && Got->TimedOut)
      Got = E.Run->observe(Candidate, SecondChance * E.TimeLimit);
    if (!Got)
      return {VerdictKind::Unsupported, toString(Got.takeError())};
    if (Verdict V = compare(E, *Got); !V.accepted())
      return V;
  }
  return {VerdictKind::Checked, ""};
}

} // namespace speciate
