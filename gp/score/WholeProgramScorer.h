//===- gp/score/WholeProgramScorer.h - Whole runs, paired, with racing
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_WHOLEPROGRAMSCORER_H
#define SPECIATE_GP_SCORE_WHOLEPROGRAMSCORER_H

#include "gp/engine/Interfaces.h"
#include "gp/score/Workload.h"
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace speciate {

struct ScoreParams {
  /// The sample of a candidate that is not dropped, in pairs (rounds, with
  /// several commands). Even, so that orders balance.
  unsigned MaxPairs = 24;
  /// The first chance to drop a candidate; then at twice as many, and so on.
  unsigned FirstLook = 4;
  /// A candidate is dropped when the interval of this error probability lies
  /// below the incumbent: at 4 pairs, when all of them do.
  double DropAlpha = 0.125;
  /// MaxPairs is lowered, to FirstLook at the least, so that a candidate takes
  /// about this long. 0: no limit.
  double MaxSeconds = 20;
  /// A run may take this many times as long as the reference's, and never less
  /// than MinTimeLimit.
  double SlowdownLimit = 10;
  double MinTimeLimit = 2;
  /// For the first run of the reference.
  double TimeLimit = 300;
  int Cpu = measuringCpu();
  uint64_t Seed = 1;
};

/// Scores by the geometric mean over the commands. A round runs each command
/// once on either side, adjacent, in random order. The final interval has the
/// level 95 %; the looks only drop.
class WholeProgramScorer : public Scorer {
public:
  /// \p Commands run in copies of the folder \p Files. An Error means that the
  /// reference does not run; it names the command.
  static llvm::Expected<std::unique_ptr<WholeProgramScorer>>
  create(const ProgramUnderTest &Reference,
         const std::vector<std::string> &Commands, llvm::StringRef Files,
         const ScoreParams &Params);

  /// Incumbent 0: nothing is dropped. A candidate that fails while it is timed
  /// scores 0 with the interval [0, 0].
  llvm::Expected<Score> score(const std::string &Program,
                              double Incumbent) override;

  /// Pairs of a full sample, after MaxSeconds.
  unsigned fullSample() const { return FullSample; }
  /// Wall time of one run of all commands on the reference.
  double roundSeconds() const { return RoundSeconds; }
  /// Says how each command is timed: "processor time on cpu 1".
  std::string describe() const;

private:
  WholeProgramScorer(ProgramUnderTest Reference, ScoreParams Params)
      : Reference(std::move(Reference)), Params(Params) {}
  struct Round {
    bool CandidateFailed = false;
    double LogRatio = 0;
  };
  llvm::Expected<Round> runRound(const ProgramUnderTest &Candidate,
                                 uint64_t OrderSeed, unsigned Index);

  ProgramUnderTest Reference;
  ScoreParams Params;
  WorkloadList Workloads;
  std::vector<TimingPlan> Plans;
  double RoundSeconds = 0;
  unsigned FullSample = 0;
  uint64_t Scored = 0;
};

} // namespace speciate

#endif
