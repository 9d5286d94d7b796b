//===- passes/arena/ArenaTables.h - What the arena program says of itself
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_ARENA_ARENATABLES_H
#define SPECIATE_PASSES_ARENA_ARENATABLES_H

#include "runtime/speciate_arena_abi.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/JSON.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>
#include <vector>

namespace speciate {

/// How many low bytes of each argument register matter at an entry of a
/// function (rt::ArenaRegion).
struct ArgumentBytes {
  uint8_t Int[rt::ArenaIntArgs] = {};
  uint8_t Fp[rt::ArenaFpArgs] = {};
};

/// By the x86-64 System V convention, as LLVM lowers the types of \p F. A
/// register of an argument that \p F does not use counts as 0 bytes, and so do
/// all after one that is not sure, and all of a function with a convention of
/// its own.
ArgumentBytes argumentBytes(const llvm::Function &F,
                            const llvm::TargetMachine &TM);

/// One region for the tables. \p Slice is its slice.
struct TabledRegion {
  const llvm::Module *Slice = nullptr;
  std::string Function;
  uint64_t Guid = 0;
  /// The images of this region shall be made with this argument of markLoop; 0:
  /// its entries are frequent enough for windows.
  uint64_t MarkerMinPasses = 0;
};

struct ArenaTables {
  /// The sections speciate_arena_regions, in the order of the facts, and
  /// speciate_arena_externals, sorted by name, and the accessors of
  /// thread-local variables (PrepareImage.h).
  ///
  /// The externals are all symbols that a slice names, whether the program
  /// defines them or a library, the region functions, the accessors, the
  /// marker, and what code generation may make up. All references are weak:
  /// the address of what the link does not have is 0.
  std::unique_ptr<llvm::Module> Object;
  /// The same in words, for tools and reports: {"version": 1, "regions":
  /// [{"function", "guid", "marker", "int_bytes", "fp_bytes"}], "externals":
  /// [NAME], "thread_locals": [NAME]}.
  llvm::json::Value Summary = nullptr;
};

/// \p Program: the module that the slices were cut from; its target and its
/// flags (PIC level, code model) are taken over.
ArenaTables makeArenaTables(const llvm::Module &Program,
                            llvm::ArrayRef<TabledRegion> Regions,
                            const llvm::TargetMachine &TM);

} // namespace speciate

#endif
