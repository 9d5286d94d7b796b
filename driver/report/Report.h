//===- driver/report/Report.h - What a campaign says at its end
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_REPORT_REPORT_H
#define SPECIATE_DRIVER_REPORT_REPORT_H

#include "driver/record/Record.h"
#include "driver/relink/Recipe.h"
#include "gp/engine/Engine.h"
#include "llvm/Support/JSON.h"
#include <map>
#include <string>
#include <vector>

namespace speciate {

struct BuildSummary {
  std::string Name; ///< "o3", "pgo_lto", "pgo_lto_bolt", "winner"
  std::string Path;
  uint64_t Bytes = 0;
  uint64_t TextBytes = 0;
};

/// What ships against one baseline on one workload. Above 1: what ships is
/// faster.
struct Comparison {
  std::string Workload;
  std::string Kind; ///< train | holdout | hostile
  std::string Baseline;
  Score Result;
};

struct StageTime {
  std::string Name;
  double Seconds = 0;
};

/// Everything in text and JSON (schema "speciate.report/1", a contract:
/// design). Fields beside those of the contract are additions.
struct Report {
  std::string Program;
  uint64_t Seed = 0;
  double BudgetSeconds = 0;
  std::string Machine;
  std::vector<BuildSummary> Builds;
  std::vector<Comparison> Comparisons;
  bool Improved = false;
  Ships Shipped = Ships::PgoLto;
  std::string Grade; ///< "holdout" or "train-only"
  std::vector<ShippedGene> Genes;
  /// What the user asserted, and at how many places it was used.
  struct UsedFact {
    std::string Text;
    unsigned Places = 0;
  };
  std::vector<UsedFact> Facts;
  /// Less than without the facts: of the planned program, and code of the
  /// program without genes.
  std::vector<std::string> RemovedFunctions;
  int64_t RemovedBlocks = 0;
  int64_t RemovedBytes = 0;
  unsigned Evaluations = 0;
  double EvaluationsPerSecond = 0;
  /// What the arena did; nothing if it was not used.
  std::optional<ArenaSummary> Arena;
  std::map<std::string, unsigned> Rejected;
  Score AA;
  std::optional<double> RandomRatio;
  std::vector<StageTime> Stages;
  Coverage Cover;
  unsigned UnitsFromO0 = 0;
  /// Lines for the reader: BOLT fell back, regions refused, no holdout, ...
  std::vector<std::string> Notes;
  std::string Output;

  llvm::json::Value toJson() const;
  /// One screen.
  std::string toText() const;
};

} // namespace speciate

#endif
