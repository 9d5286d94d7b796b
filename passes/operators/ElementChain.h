//===- passes/operators/ElementChain.h - Tests of one element after another
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Chains of tests `a[0] == b[0]`, `a[1] == b[1]`, ... that only load and
// compute: what wide-compare makes words of.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_ELEMENTCHAIN_H
#define SPECIATE_PASSES_OPERATORS_ELEMENTCHAIN_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/Error.h"
#include <optional>

namespace speciate {

/// Where an element is: Base + Bytes + Scale * extended(Index + Steps).
struct ElementPlace {
  llvm::Value *Base = nullptr;
  int64_t Bytes = 0;
  llvm::Value *Index = nullptr; ///< Of fewer bits than a pointer; null: none.
  bool Signed = false;    ///< How it is extended.
  int64_t Scale = 0, Steps = 0;
  bool Wraps = false; ///< Index + Steps may; no flag says otherwise.

  static ElementPlace of(llvm::Value *Pointer, const llvm::DataLayout &DL);
  /// Bytes from \p First to here; nothing if that is no constant.
  std::optional<int64_t> from(const ElementPlace &First) const;
};

/// One test of a chain.
struct Link {
  llvm::BranchInst *Br = nullptr;
  unsigned Equal = 0; ///< The successor where the elements are equal.
  llvm::LoadInst *A = nullptr;
  llvm::Value *B = nullptr; ///< A load or a constant.

  llvm::BasicBlock *block() const { return Br->getParent(); }
  llvm::BasicBlock *next() const { return Br->getSuccessor(Equal); }
  llvm::BasicBlock *exit() const { return Br->getSuccessor(1 - Equal); }
  llvm::LoadInst *loadB() const { return llvm::dyn_cast<llvm::LoadInst>(B); }
  /// How often the elements are equal, of all times.
  double equalShare() const;
};

/// A test of two elements of 8, 16 or 32 bits, or of one and a constant, for
/// equality.
std::optional<Link> linkAt(llvm::BranchInst &Br);

/// Marks branches whose elements a word compares already, in front of them.
inline constexpr llvm::StringLiteral InWordMetadata = "speciate.word";

/// The chain that begins at \p First, of at least that test, none of which is
/// in a word. Each block behind
/// the first has one predecessor, and addresses rise by an element from test to
/// test. Nothing is written from the first test's loads to the last test.
llvm::Expected<llvm::SmallVector<Link, 8>> chainAt(llvm::BranchInst &First);

} // namespace speciate

#endif
