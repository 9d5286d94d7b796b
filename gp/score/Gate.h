//===- gp/score/Gate.h - The last word: all programs, one fixed fresh sample
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The search selected its winner on one sample; the largest of many noisy
// scores is too large. So what ships is decided on a sample that nothing was
// selected on, of a size that was fixed before, without looks.
//
// A round runs every program once on every workload, in random order, close
// together: all ratios come from the same rounds. In each round and workload
// the environment has another random size, equal for all programs, so that no
// single stack placement decides; address space randomization stays on.
// Programs may come at several placements of the same code, which the rounds go
// through together, so that no single alignment of a hot loop decides either.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_GATE_H
#define SPECIATE_GP_SCORE_GATE_H

#include "gp/score/PairedComparison.h"
#include "gp/score/Workload.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <cstdint>
#include <string>
#include <vector>

namespace speciate {

struct GateProgram {
  std::string Name; ///< "pgo_lto_bolt", for messages.
  ProgramUnderTest Program;
  /// The same code at other addresses. As many for each program.
  std::vector<ProgramUnderTest> Elsewhere = {};
};

struct GateParams {
  unsigned Rounds = 48;
  /// Rounds stop early, after an even number for each placement and not before
  /// MinRounds, when this time is over. Time, not results, ends them, so the
  /// sample stays fair. 0: no limit.
  double MaxSeconds = 0;
  unsigned MinRounds = 12;
  /// The environment grows by 0 to this many bytes.
  unsigned EnvPadBytes = 4096;
  double TimeLimit = 300; ///< Of one run.
  int Cpu = measuringCpu();
  uint64_t Seed = 1;
};

/// The times of a gate, and the comparisons that they give.
class GateResult {
public:
  /// Reference / candidate on one workload, with a 95 % interval. Programs and
  /// workloads are named by their index in runGate's arguments. Without pairs
  /// if either failed.
  RatioInterval compare(size_t Reference, size_t Candidate,
                        size_t Workload) const;
  /// The geometric mean over \p Workloads, round by round.
  RatioInterval compare(size_t Reference, size_t Candidate,
                        llvm::ArrayRef<size_t> Workloads) const;
  /// Why a program was taken out of the gate: "'CMD': signal 11", or "".
  const std::string &failure(size_t Program) const { return Failures[Program]; }
  unsigned rounds() const { return Rounds; }
  double seconds() const { return Seconds; }

private:
  friend llvm::Expected<GateResult> runGate(llvm::ArrayRef<GateProgram>,
                                            const std::vector<std::string> &,
                                            llvm::StringRef, const GateParams &,
                                            llvm::function_ref<void(unsigned)>);
  /// [program][workload][round], logarithms of seconds.
  std::vector<std::vector<std::vector<double>>> Logs;
  std::vector<std::string> Failures;
  unsigned Rounds = 0;
  double Seconds = 0;
};

/// Runs \p Programs, the first of which must work, on \p Commands in copies of
/// the folder \p Files. \p Progress is told the number of finished rounds.
llvm::Expected<GateResult> runGate(
    llvm::ArrayRef<GateProgram> Programs,
    const std::vector<std::string> &Commands, llvm::StringRef Files,
    const GateParams &Params,
    llvm::function_ref<void(unsigned)> Progress = [](unsigned) {});

} // namespace speciate

#endif
