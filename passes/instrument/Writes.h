//===- passes/instrument/Writes.h - Who writes what a region reads
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A detailed profile sees that a value did not change any more. Whether it can
// change, and who did it, only the whole program knows: this looks through it
// once, before the regions are cut out, and leaves in each slice what writes to
// the places that its loads read.
//
// A place is a part of a global variable, or a field of a structure, as the
// types of the accesses name it (struct-path TBAA). Of a variable whose address
// goes nowhere else all writers are known; a field may also be written in other
// ways (as another type, by memcpy), so that its list never is complete.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_INSTRUMENT_WRITES_H
#define SPECIATE_PASSES_INSTRUMENT_WRITES_H

#include "llvm/IR/PassManager.h"
#include "llvm/Support/JSON.h"
#include <map>
#include <memory>

namespace speciate {

/// The writes of a program, whose functions are annotated with a profile.
class ProgramWrites {
public:
  ProgramWrites(llvm::Module &M, llvm::FunctionAnalysisManager &FAM);
  ~ProgramWrites();

  /// What writes to the places that \p F loads from, for writesOf: an element
  /// for each load that is from such a place, by its number among \p F's loads.
  llvm::json::Array of(llvm::Function &F) const;

private:
  struct Impl;
  std::unique_ptr<Impl> I;
};

/// Leaves \p Writes in \p Slice; they change no code.
void noteWrites(llvm::Module &Slice, llvm::json::Array Writes);

/// What noteWrites left, by the number of the load:
///   place    "limit", "limit + 8" or "struct lua_State + 24"
///   all      no other writers are possible
///   writers  [{function, at, count}]; count: how often it wrote, by the
///            profile; unknown addresses of the same variable included
std::map<uint32_t, llvm::json::Object> writesOf(const llvm::Module &Slice);

} // namespace speciate

#endif
