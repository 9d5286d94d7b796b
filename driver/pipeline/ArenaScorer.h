//===- driver/pipeline/ArenaScorer.h - Scores of regions from the arena
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ties the arena together for the search: the arena program of a plan
// (ArenaProgram), a session on it (gp/score/arena), images of variants placed
// into it (ArenaImage), the race (gp/score/arena/ArenaRace).
//
// One plan at a time: asking for another one ends the session of the last. A
// session costs a link and two runs of every training command.
//
// Where code goes. The originals of all regions are placed first and stay. Room
// for variants is handed out in order; when half of the range is used up, all
// of it is used again. Every image is placed at the start offsets 0, 16, 32 and
// 48 modulo 64.
//
// Verification runs a variant in every window of its region, at one offset
// after the other, so that all four images take part.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_PIPELINE_ARENASCORER_H
#define SPECIATE_DRIVER_PIPELINE_ARENASCORER_H

#include "driver/pipeline/ProgramBuilder.h"
#include "gp/engine/Interfaces.h"
#include "gp/score/arena/ArenaRace.h"
#include "support/TimedRun.h"
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace speciate {

struct ArenaScorerParams {
  std::vector<std::string> Commands; ///< Training, as in Workload.
  std::string Files;                 ///< The user's directory.
  double CommandSeconds = 300;       ///< Limit of one run of one command.
  /// Each costs every variant a fork and a comparison, and every sweep of a
  /// race four rounds.
  unsigned WindowsPerRegion = 8;
  /// Of one race; see ArenaRaceParams.
  double RaceSeconds = 20;
  double Worthwhile = 0.01;
  unsigned Finalists = 2;
  /// If not 0, no race but so many rounds for all, or fewer if the intervals
  /// are as narrow as Width (ArenaRaceParams) before.
  unsigned Rounds = 0;
  double Width = 0;
  int Cpu = measuringCpu();
  uint64_t Seed = 1;
  /// If set, sees every round of every race: the region's name, the index of
  /// the window among the region's, that of the offset, and who ran, in that
  /// order (0: the original), with their cycles.
  std::function<void(llvm::StringRef Region, size_t Window, size_t Offset,
                     llvm::ArrayRef<size_t> Order,
                     llvm::ArrayRef<double> Cycles)>
      OnRound;
};

class ArenaScorer : public RegionScorer {
public:
  /// \p Builder must outlive it.
  ArenaScorer(ProgramBuilder &Builder, ArenaScorerParams Params);
  ~ArenaScorer() override;

  std::string admit(const Genome &Plan, const Region &R) override;
  Variant build(const Genome &Plan, uint64_t Guid,
                const Genome &Genes) override;
  Verdict verify(const Genome &Plan, uint64_t Guid, const Variant &V) override;
  llvm::Expected<std::vector<RegionScore>>
  race(const Genome &Plan, uint64_t Guid, llvm::ArrayRef<Variant> Variants,
       double Incumbent) override;

  /// As verify(), but against \p Reference in place of the original, if it is
  /// not null: for what has to behave like it. \p Everything: as in ArenaFrame.
  Verdict verifyAgainst(const Genome &Plan, uint64_t Guid,
                        const Variant *Reference, const Variant &V,
                        bool Everything = false);

  /// As race, but with \p Rounds in the place of those of the parameters.
  llvm::Expected<std::vector<RegionScore>>
  race(const Genome &Plan, uint64_t Guid, llvm::ArrayRef<Variant> Variants,
       double Incumbent, unsigned Rounds);

  /// How well a region's windows stand for the runs of the commands.
  struct Coverage {
    std::string Function, Refusal;
    size_t Windows = 0;
    double RunSeconds = 0;    ///< As the runs had them, from entry to entry.
    double WindowSeconds = 0; ///< As the windows' times and weights have them.
    std::map<std::string, unsigned> Dropped; ///< Windows, by reason.
  };
  llvm::Expected<std::vector<Coverage>> coverage(const Genome &Plan);

  /// Windows of the region's session that are open; 0 without one.
  size_t windowCount(const Genome &Plan, uint64_t Guid);

private:
  struct Host;

  /// The session of \p Plan, begun if there is none. Its Failure says why it
  /// cannot be used.
  Host &host(const Genome &Plan);
  llvm::Error open(Host &H, const Genome &Plan);
  llvm::Expected<size_t> regionIndex(const Genome &Plan, uint64_t Guid);

  ProgramBuilder &Builder;
  const ArenaScorerParams Params;
  std::unique_ptr<Host> Current;

  std::mutex Lock; ///< Of Regions.
  /// Text of a plan -> GUIDs of its regions, by index.
  std::map<std::string, std::vector<uint64_t>> Regions;
};

} // namespace speciate

#endif
