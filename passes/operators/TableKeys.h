//===- passes/operators/TableKeys.h - Which code can be a table, and by what
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_TABLEKEYS_H
#define SPECIATE_PASSES_OPERATORS_TABLEKEYS_H

#include "passes/operators/Enumerate.h"
#include "passes/sites/Sites.h"
#include <optional>
#include <vector>

namespace speciate {

inline constexpr uint64_t MaxTableEntries = 65536;

/// What becomes lookups, and by which values.
struct TableCandidate {
  std::optional<PureRegion> Region; ///< Else the computation of Root.
  llvm::Instruction *Root = nullptr;
  /// The last one is the fastest to index by.
  std::vector<Key> Keys;
  /// The first key is in its domain only if a guard says so.
  bool Guarded = false;

  /// In front of this, the keys are looked at.
  llvm::Instruction &where() const;
  uint64_t entries() const;
};

/// One result, for every combination of keys, the last one changing fastest.
struct Column {
  llvm::Type *Ty = nullptr;
  llvm::Value *Base = nullptr; ///< Null: entries are the values themselves.
  std::vector<Outcome> Entries;
};

/// The code at a site, without keys: what a branch, a switch or a loop begins,
/// or what a select is computed from. Several if the code can be taken to end
/// at several places, the nearest first. The error says why there is none.
llvm::Expected<std::vector<TableCandidate>>
tableCandidatesAt(const SiteRef &S, llvm::FunctionAnalysisManager &FAM);

/// Gives \p C keys with which all combinations of a sample work, and returns
/// the columns of the sample. The error says why there are none.
llvm::Expected<std::vector<Column>>
chooseTableKeys(TableCandidate &C, llvm::FunctionAnalysisManager &FAM);

/// The columns of all combinations.
llvm::Expected<std::vector<Column>> enumerateTable(const TableCandidate &C);

} // namespace speciate

#endif
