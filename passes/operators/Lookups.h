//===- passes/operators/Lookups.h - Tables and words instead of code
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_LOOKUPS_H
#define SPECIATE_PASSES_OPERATORS_LOOKUPS_H

#include "passes/operators/TableKeys.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

namespace speciate {

/// Bytes of tables that \p Columns need; none if they do not fit: into 64 kB
/// of tables, or, packed, each into a word.
std::optional<uint64_t> lookupBytes(llvm::ArrayRef<Column> Columns, bool Packed,
                                    uint64_t Entries,
                                    const llvm::DataLayout &DL);

/// Makes the lookups of one candidate, for which lookupBytes() has a value.
/// Equal columns share their table.
class Lookups {
public:
  Lookups(llvm::Module &M, bool Packed, uint64_t Entries)
      : M(M), DL(M.getDataLayout()), Packed(Packed), Entries(Entries) {}

  /// Where the index is computed. \p Index: i64 values below the size of their
  /// key.
  void setIndex(llvm::IRBuilderBase &B, llvm::ArrayRef<llvm::Value *> Index,
                llvm::ArrayRef<Key> Keys);

  llvm::Value *result(llvm::IRBuilderBase &B, const Column &Col);

private:
  llvm::Value *integer(llvm::IRBuilderBase &B,
                       const std::vector<llvm::APInt> &Numbers, llvm::Type *Ty);
  llvm::Value *fromWord(llvm::IRBuilderBase &B,
                        const std::vector<llvm::APInt> &Numbers, unsigned Bits,
                        bool Signed, llvm::Type *Ty);
  llvm::Value *floating(llvm::IRBuilderBase &B, const Column &Col);
  llvm::Value *load(llvm::IRBuilderBase &B,
                    llvm::ArrayRef<llvm::Constant *> Constants, llvm::Type *Ty);

  llvm::Module &M;
  const llvm::DataLayout &DL;
  const bool Packed;
  const uint64_t Entries;
  llvm::Value *Last = nullptr, *Before = nullptr;
  llvm::DenseMap<llvm::Constant *, llvm::GlobalVariable *> Objects;
};

} // namespace speciate

#endif
