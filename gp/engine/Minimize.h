//===- gp/engine/Minimize.h - Keeping only the genes that pay
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A winner of the search carries genes that came along: groups, unions and
// lucky measurements. They make the program larger and the report longer, and a
// gene that does nothing today may hurt on other inputs. Delta debugging
// (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input",
// IEEE TSE 2002), with "as fast as before" in the place of "still fails":
// chunks of the genes are left out, halves first, then ever smaller ones, and
// stay out if the program neither loses more than a tolerance nor clearly gains
// (something that hurts may hide something that pays); then single genes.
//
// What a gene gains is the ratio of two scores against the same reference, with
// and without it; its interval takes the two as independent. Genes without
// which the code is the same are dropped without a measurement.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_ENGINE_MINIMIZE_H
#define SPECIATE_GP_ENGINE_MINIMIZE_H

#include "gp/engine/Interfaces.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace speciate {

struct GeneGain {
  Gene G;
  bool Kept = true;
  /// With the gene / without it, above 1: it pays. Of the program as it was
  /// when the gene was decided. Pairs is 0 if it was not measured; Note says
  /// why.
  Score Gain;
  std::string Note; ///< "same code without it", "out of budget", "does not
                    ///< build without it: ...", or "".
};

struct MinimizeResult {
  Genome Kept;
  Score KeptScore; ///< Against the reference. Pairs is 0 if never measured.
  std::vector<GeneGain> Gains; ///< Every gene of the winner, in its order.
  unsigned Evaluations = 0;
  bool Complete = false; ///< False if the budget ended it; what was not decided
                         ///< is kept.
};

struct MinimizeLimits {
  double BudgetSeconds = 0;
  /// A loss of less than this share does not save a gene.
  double Tolerance = 0.002;
  /// Before every evaluation, with what is tried.
  llvm::function_ref<void(llvm::StringRef)> Progress;
};

/// An Error means that the winner itself cannot be measured.
llvm::Expected<MinimizeResult> minimize(const Genome &Winner,
                                        VariantBuilder &Builder,
                                        Verifier &Check, Scorer &Timer,
                                        const MinimizeLimits &Limits);

} // namespace speciate

#endif
