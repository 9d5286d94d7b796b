//===- passes/operators/FirstDifference.h - What exits make of it
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The tests of a chain of elements that become one word, and what the exits of
// these tests make of the number of the first element that differs.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_FIRSTDIFFERENCE_H
#define SPECIATE_PASSES_OPERATORS_FIRSTDIFFERENCE_H

#include "passes/operators/ElementChain.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/IR/IRBuilder.h"

namespace speciate {

/// The first tests of a chain that become one word.
struct Word {
  llvm::SmallVector<Link, 8> Links;
  bool OneExit = false; ///< All exits are one block; else copies of each other.

  /// Of an element.
  unsigned bits() const {
    return Links[0].A->getType()->getIntegerBitWidth();
  }
  /// Of the word, the last of which may be of no element.
  unsigned bytes() const {
    return unsigned(llvm::PowerOf2Ceil(bits() / 8 * Links.size()));
  }
  llvm::BasicBlock *rest() const { return Links.back().next(); }
  /// In the blocks of the second and later tests, or of the exits.
  bool contains(const llvm::BasicBlock *BB) const;
};

/// Finds, and makes, one value for what exit k has as its k-th.
class AtDifference {
public:
  /// Only asks whether it can be done: get() returns something, or null.
  explicit AtDifference(const Word &W) : W(W) {}
  /// \p X, \p Y: the words; \p Number: of the first difference, as wide.
  AtDifference(const Word &W, llvm::IRBuilder<> &Builder, llvm::Value *X,
               llvm::Value *Y, llvm::Value *Number)
      : W(W), B(&Builder), X(X), Y(Y), Number(Number) {}

  /// \p Each: by exit. Null if there is no such value.
  llvm::Value *get(llvm::ArrayRef<llvm::Value *> Each, unsigned Depth = 0);
  /// What all exits do, when they are copies of each other, at the builder's
  /// place; false if they are not.
  bool copyExits();
  /// The phis of \p To get what they have from the exits, \p From by number.
  bool meetIn(llvm::BasicBlock &To,
              llvm::function_ref<llvm::BasicBlock *(unsigned)> From);

private:
  using Values = llvm::SmallVector<llvm::Value *, 8>;
  Values operands(llvm::ArrayRef<llvm::Value *> Each, unsigned Operand) const;
  llvm::Value *element(llvm::Value *Of) const;
  llvm::Value *rising(llvm::ArrayRef<llvm::Value *> Each);
  llvm::Value *operation(llvm::ArrayRef<llvm::Value *> Each, unsigned Depth);
  llvm::Value *larger(llvm::ArrayRef<llvm::Value *> Each);
  llvm::Value *copy(llvm::ArrayRef<llvm::Value *> Each, unsigned Depth);

  const Word &W;
  llvm::IRBuilder<> *B = nullptr;
  llvm::Value *X = nullptr, *Y = nullptr, *Number = nullptr;
  /// By the first exit's value: of instructions of exits that are copies.
  llvm::SmallDenseMap<llvm::Value *, std::pair<Values, llvm::Value *>> Copied;
};

/// The longest word of at most \p Bytes bytes that \p Chain begins with, of two
/// elements or more.
llvm::Expected<Word> wordOf(llvm::ArrayRef<Link> Chain, unsigned Bytes);

} // namespace speciate

#endif
