//===- passes/operators/Places.h - Memory that may be touched in vain
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What operators know of the places of loads and stores that they execute where
// the program would not have.
//
// A load's place is readable for LLVM, or because something shortly before has
// read or written in the same aligned block of memory, and nothing since could
// have freed it: memory is mapped in pages, and an aligned block that is no
// larger than a page lies on one. So `p->kind` is readable where `p->version`,
// aligned to 8, has been read, whatever `version` says. As with the blocks of
// loop-block, the object may end before: not for the processor, but for tools
// that know the bounds of objects. Functions for sanitizers, and objects whose
// size LLVM may know (variables, new memory), are left out.
//
// A load of either kind gives the value that is there, which in a race with
// another thread may be any: it is to be used only where the program would have
// loaded.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_PLACES_H
#define SPECIATE_PASSES_OPERATORS_PLACES_H

#include "llvm/Support/Alignment.h"

namespace llvm {
class AssumptionCache;
class BasicBlock;
class DominatorTree;
class Function;
class GlobalVariable;
class IRBuilderBase;
class Instruction;
class LoadInst;
class Module;
class StoreInst;
class TargetLibraryInfo;
class Value;
} // namespace llvm

namespace speciate {

struct PlaceAnalyses {
  llvm::DominatorTree &DT;
  llvm::AssumptionCache &AC;
  llvm::TargetLibraryInfo &TLI;
};

/// Whether plain \p Load cannot fault when it is executed at \p At, the end of
/// a block in front of it, whatever the branches between them do.
bool isReadableAt(const llvm::LoadInst &Load, const llvm::Instruction &At,
                  const PlaceAnalyses &A);

/// \p Pointer through an empty statement of assembly: LLVM knows neither object
/// nor size of what is returned, and so draws no conclusions from loads that may
/// go beyond the object's end.
llvm::Value *hideObject(llvm::IRBuilderBase &B, llvm::Value *Pointer);

/// The function's memory is watched: it may be read only as the source says.
bool isSanitized(const llvm::Function &F);

/// The largest access that can be sent to a stand-in, and the alignment that a
/// stack has without being aligned anew.
constexpr unsigned StandInBytes = 64;
constexpr llvm::Align StandInAlign = llvm::Align::Constant<16>();

/// Whether \p Load can read constant zeros instead, where it must not read its
/// own place.
bool canReadZeros(const llvm::LoadInst &Load);
/// These zeros.
llvm::GlobalVariable *zerosOf(llvm::Module &M);
/// Whether \p Store can write to StandInBytes of the stack instead.
bool canWriteStandIn(const llvm::StoreInst &Store);

/// The value that the place of \p Store has at the end of \p Head, if an
/// unconditional store there has just put it: nothing between that store and
/// the end writes or synchronizes (the rule of SimplifyCFG).
llvm::Value *justStored(const llvm::StoreInst &Store, llvm::BasicBlock &Head);

/// Nobody else can see the place of \p Store, and it can be written at \p At.
bool isOwnPlace(const llvm::StoreInst &Store, const llvm::Instruction &At,
                const PlaceAnalyses &A);

} // namespace speciate

#endif
