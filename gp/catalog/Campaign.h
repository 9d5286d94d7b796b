//===- gp/catalog/Campaign.h - What a campaign proposes and learns
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_CATALOG_CAMPAIGN_H
#define SPECIATE_GP_CATALOG_CAMPAIGN_H

#include "gp/engine/Interfaces.h"
#include "gp/genome/Genome.h"
#include "gp/verify/Verdict.h"
#include <optional>
#include <string>
#include <vector>

namespace speciate {

/// One genome that the search wants to know about.
struct Proposal {
  unsigned Generation = 0;
  unsigned Index = 0; ///< Within the generation; results come in this order.
  /// "reference", "whole", "plan", "program", "region:<guid>", or, for a region
  /// that is scored in the arena, "arena:<guid>".
  std::string Population;
  Genome G;
  /// How it was made: "seed all loop-form #<hash>", "mutate 2.5",
  /// "cross 2.5 1.3", "combine".
  std::string Lineage;

  /// The region that is scored in the arena; its genes are those of G at level
  /// Region. Nothing for what is scored as a whole program.
  std::optional<uint64_t> arenaRegion() const;

  bool operator==(const Proposal &) const = default;
};

/// What became of a proposal.
struct Outcome {
  enum class Kind {
    Measured,    ///< Verified and timed.
    Reused,      ///< Its code equals an earlier proposal's, whose score it has.
    Reference,   ///< Its code equals the reference's: ratio 1, not timed.
    BuildFailed, ///< There is no program; Failure says why.
    Rejected,    ///< The verdict does not allow timing it.
    Unscored,    ///< The measurement failed; Failure says why.
  };
  Kind K = Kind::BuildFailed;
  Verdict V;
  /// Valid if hasScore(). In the arena, of the region's own time, and Seconds
  /// is the proposal's part of its batch, verification included.
  Score S;
  std::vector<WindowScore> Windows; ///< In the arena.
  std::string CodeHash;
  std::vector<std::string> NoOps;
  std::string Failure;

  bool hasScore() const { return K <= Kind::Reference; }
  /// The key under which a refused variant is counted: "build-failed",
  /// "unscored", or the verdict's name. "" for one with a score.
  std::string rejection() const;
};

llvm::StringRef outcomeName(Outcome::Kind K);
std::optional<Outcome::Kind> parseOutcome(llvm::StringRef Name);

} // namespace speciate

#endif
