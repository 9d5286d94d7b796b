//===- gp/engine/Interfaces.h - What the search needs from the rest
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// gp knows nothing of IR, compilers or links. It sees them through the
// interfaces below, which driver/ implements, and which tests replace by fakes.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_ENGINE_INTERFACES_H
#define SPECIATE_GP_ENGINE_INTERFACES_H

#include "gp/genome/Genome.h"
#include "gp/verify/Verdict.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace speciate {

/// One way to set a gene at a site.
struct Choice {
  std::string Operator;
  std::string Parameters;
  /// The operator's estimate of the gain, as a share of the run time of the
  /// whole program (0.02: two percent). Only orders what is tried first.
  double Benefit = 0;
};

struct Site {
  SiteId Id;
  std::string Function; ///< Linkage name, for reports.
  std::string Location; ///< "file.c:12" from debug info, or "".
  /// Share of the program's time spent in what this site governs, in [0, 1].
  double Weight = 0;
  std::vector<Choice> Choices;
  /// The text of the gene that makes the site, or "" if it is in the code.
  std::string MadeBy;
};

/// A hot function of the planned IR.
struct Region {
  uint64_t Guid = 0;
  std::string Function;
  double Share = 0; ///< Of the program's time.
  std::vector<Site> Sites;
  /// The arena scores it. Else ArenaRefusal says why not, or is empty if there
  /// is no arena.
  bool Windowed = false;
  std::string ArenaRefusal;
};

/// All that can be chosen, in a defined order. The regions are those of one
/// plan; the plan and program sites do not depend on it.
struct SearchSpace {
  std::vector<Site> PlanSites;
  std::vector<Region> Regions;
  std::vector<Site> ProgramSites;
};

/// A program built from a genome, or why there is none.
struct Variant {
  std::string Program; ///< Path, or "" if it could not be built.
  /// Equal for variants whose loaded code and constants are equal, which are
  /// then neither verified nor timed twice.
  std::string CodeHash;
  /// Genes that named a missing site or were refused by their operator's
  /// legality check: "<gene>: <reason>".
  std::vector<std::string> NoOps;
  std::string Failure; ///< "codegen crashed: signal 11", or "".
};

/// Builds programs. Called from several threads at once.
class VariantBuilder {
public:
  virtual ~VariantBuilder() = default;
  virtual Variant build(const Genome &G) = 0;
  /// The space under \p Plan (plan genes only). Deterministic.
  virtual llvm::Expected<SearchSpace> space(const Genome &Plan) = 0;
  /// The sites, with Site::MadeBy, that \p Genes make in region \p Guid of
  /// \p Plan. Deterministic.
  virtual llvm::Expected<std::vector<Site>>
  madeSites(const Genome &Plan, uint64_t Guid, const Genome &Genes) {
    return std::vector<Site>();
  }
};

/// Decides whether a program may be timed. Called from one thread.
class Verifier {
public:
  virtual ~Verifier() = default;
  virtual Verdict verify(const std::string &Program) = 0;
};

/// What paired runs said. All ratios are reference time / candidate time:
/// above 1 the candidate is faster.
struct Score {
  double Ratio = 1;
  /// 95 % interval, all looks included. Both 0: too few pairs for one.
  double Low = 0;
  double High = 0;
  unsigned Pairs = 0;
  double Seconds = 0; ///< Wall time that the measurement took.

  bool hasInterval() const { return High > 0; }
};

/// What one window of the arena said.
struct WindowScore {
  std::string Window; ///< "process 0, entry 5120, 40 entries"
  double Weight = 0;  ///< Share of the region's time that it stands for.
  double OriginalCycles = 0;
  double Cycles = 0;

  bool operator==(const WindowScore &) const = default;
};

/// What the arena said of one variant of a region.
struct RegionScore {
  /// Accepted, unless the variant failed in a timed trial.
  Verdict V;
  /// Of the region's own time: original / variant. Pairs counts trials.
  Score S;
  std::vector<WindowScore> Windows;
};

/// Verifies and times variants of a region in windows of the running program
/// (docs/Arena.md). All genomes are region genes of one region; \p Plan has the
/// plan genes under which the region exists.
class RegionScorer {
public:
  virtual ~RegionScorer() = default;
  /// Whether the region can be scored under \p Plan: "" or why not ("entered
  /// once", "reads files in every window"). May run the program. Called from
  /// the thread that owns the measuring processor, as verify and race.
  virtual std::string admit(const Genome &Plan, const Region &R) = 0;
  /// Called from several threads at once. Variant::Program is whatever the
  /// implementation knows the variant by; CodeHash covers the region's code.
  virtual Variant build(const Genome &Plan, uint64_t Guid,
                        const Genome &Genes) = 0;
  /// Compares the variant with the original in every window, before anything is
  /// timed.
  virtual Verdict verify(const Genome &Plan, uint64_t Guid,
                         const Variant &V) = 0;
  /// Races accepted variants of distinct code against the original. Those that
  /// are clearly not faster than \p Incumbent (a ratio to the original) may be
  /// given up early. An Error means that the arena itself is broken.
  virtual llvm::Expected<std::vector<RegionScore>>
  race(const Genome &Plan, uint64_t Guid, llvm::ArrayRef<Variant> Variants,
       double Incumbent) = 0;
};

/// Times candidates against a reference that stays the same for a campaign.
/// Called from one thread, which owns the measuring processor.
class Scorer {
public:
  virtual ~Scorer() = default;
  /// Races \p Program: gives up after few pairs when it is clearly not faster
  /// than \p Incumbent (a ratio over the same reference), takes the full sample
  /// when it may be. An Error means that the measurement itself is broken
  /// (the workload does not run at all).
  virtual llvm::Expected<Score> score(const std::string &Program,
                                      double Incumbent) = 0;
};

} // namespace speciate

#endif
