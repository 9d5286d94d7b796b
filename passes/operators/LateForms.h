//===- passes/operators/LateForms.h - Forms that are made last
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// InstCombine turns arithmetic on masks into selects, and SimplifyCFG turns
// short branches into selects: made before the late half of the pipeline, the
// forms of a gene would not survive it. So genes only mark selects, and this
// runs between that half and the code generator, where nothing turns them back.
//
// The mark is the operand of !unpredictable, which means the same with and
// without it, and which LLVM copies whenever it makes one select from another.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_LATEFORMS_H
#define SPECIATE_PASSES_OPERATORS_LATEFORMS_H

#include "llvm/IR/PassManager.h"

namespace llvm {
class Function;
class Instruction;
} // namespace llvm

namespace speciate {

enum class LateForm { Mask, Branch };

/// A select that can take \p Form: scalar, on a scalar condition; integers of
/// more than one bit for masks, no conditions (i1) for branches.
bool fitsLateForm(const llvm::Instruction &I, LateForm Form);

/// \p I is a select for which fitsLateForm() holds.
void markLateForm(llvm::Instruction &I, LateForm Form);

/// Gives every marked select of \p F its form; returns how many.
///   mask:   a if c else b == b ^ ((a ^ b) & -c), shorter for constants 0 and
///           -1; operands are frozen, as both are now always looked at.
///   branch: a triangle or diamond with the select's weights; what only one
///           side needs, and what nothing in between forbids to move, is
///           computed on that side only. Neighbours on the same condition share
///           one branch.
/// Marked switches: passes/operators/TestOrder.h.
unsigned lowerLateForms(llvm::Function &F);

class LateFormsPass : public llvm::PassInfoMixin<LateFormsPass> {
public:
  llvm::PreservedAnalyses run(llvm::Function &F,
                              llvm::FunctionAnalysisManager &FAM);
  static bool isRequired() { return true; }
};

} // namespace speciate

#endif
