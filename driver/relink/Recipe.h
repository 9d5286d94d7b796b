//===- driver/relink/Recipe.h - All that a link needs besides the record
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RELINK_RECIPE_H
#define SPECIATE_DRIVER_RELINK_RECIPE_H

#include "gp/engine/Interfaces.h"
#include "gp/genome/Genome.h"
#include "gp/verify/Verdict.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace speciate {

/// A gene as it ships: what it did, on what evidence, what it gained.
struct ShippedGene {
  Gene TheGene;
  std::string Function;
  std::string Location;
  VerdictKind Evidence = VerdictKind::Checked;
  /// With the gene over without it, everything else equal.
  Score Gain;
};

/// Which program the recipe gives.
enum class Ships { O3, PgoLto, PgoLtoBolt, Winner };
llvm::StringRef shipsName(Ships S); ///< "pgo_lto_bolt", as in reports.

/// The file format is JSON, "schema": "speciate.recipe/1". Profiles are zstd,
/// base64. Deterministic: equal recipes are equal bytes.
struct Recipe {
  std::string Program; ///< Base name.
  std::string RecordId;
  std::string Toolchain; ///< "LLVM 22.1.8"
  std::string Cpu;       ///< As given by --cpu, "" for the user's own flags.
  Ships What = Ships::PgoLto;
  Genome TheGenome;
  std::string Facts; ///< As the user wrote them, "" if none.
  std::vector<ShippedGene> Genes;
  std::string Profile;     ///< Indexed IR profile, uncompressed.
  std::string BoltProfile; ///< fdata, or "".
  /// Hash of the code that the link gave when the recipe was made.
  std::string CodeHash;

  std::string str() const;
  /// Errors name \p Path and the field.
  static llvm::Expected<Recipe> read(llvm::StringRef Path);
};

} // namespace speciate

#endif
