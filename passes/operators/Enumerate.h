//===- passes/operators/Enumerate.h - Code run at compile time for every input
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An interpreter of IR for code without effects whose control flow depends on a
// few values of small domain, the keys. It runs the code once for each
// combination of keys, with LLVM's constant folder, so that what it says of a
// result is proved by exhaustion.
//
// Values that are neither constants nor computed from keys are opaque. A result
// may be an opaque value plus a constant (a counter that some inputs increment,
// a pointer that some advance); nothing else may be computed from one, and no
// branch may look at it.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_ENUMERATE_H
#define SPECIATE_PASSES_OPERATORS_ENUMERATE_H

#include "llvm/ADT/APInt.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/ConstantRange.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Support/Error.h"
#include <optional>

namespace llvm {
class BasicBlock;
class Constant;
class DataLayout;
class Instruction;
class PHINode;
class Value;
} // namespace llvm

namespace speciate {

/// Code with one way in and one way out: what lies between the terminator of
/// Head and Join. Loops are allowed.
struct PureRegion {
  llvm::BasicBlock *Head = nullptr;
  llvm::BasicBlock *Join = nullptr;
  llvm::SmallSetVector<llvm::BasicBlock *, 16> Blocks; ///< Neither of the two.
  unsigned Instructions = 0;
};

/// The regions that the terminator of \p Head opens, by where they end, nearest
/// first, at most \p Max: those without effects of which nothing but phis of
/// Join uses what they compute.
llvm::SmallVector<PureRegion, 4>
findPureRegions(llvm::BasicBlock &Head, llvm::FunctionAnalysisManager &FAM,
                unsigned Max);

/// The region between the terminator of \p Head and \p Join.
llvm::Expected<PureRegion> pureRegionBetween(llvm::BasicBlock &Head,
                                             llvm::BasicBlock &Join);

/// True if the interpreter can compute \p I from constants, and computing it is
/// neither an effect nor needed for one.
bool isPure(const llvm::Instruction &I);

/// What a value is for one combination of keys.
struct Outcome {
  enum class Kind {
    Unknown, ///< Depends on an opaque value in another way.
    Any,     ///< Poison: the code is undefined or does not look at it.
    Known,   ///< C.
    Moved,   ///< Base + Offset.
  };
  Kind What = Kind::Unknown;
  llvm::Constant *C = nullptr;
  llvm::Value *Base = nullptr;
  llvm::APInt Offset{1, 0};

  static Outcome known(llvm::Constant *C);
  static Outcome moved(llvm::Value *Base, llvm::APInt Offset);
};

/// A value of small domain: Low, Low + 1, ... (in its own type, wrapping).
struct Key {
  llvm::Value *V = nullptr;
  llvm::APInt Low{1, 0};
  uint64_t Size = 0;
};

/// The range of \p V in front of \p Where, from known bits, conditions and the
/// constants that meet in its phis. Full if nothing is known.
llvm::ConstantRange rangeOf(llvm::Value &V, llvm::Instruction &Where,
                            llvm::FunctionAnalysisManager &FAM);

class Interpreter {
public:
  /// \p Steps: instructions that may be run, over all combinations.
  Interpreter(const llvm::DataLayout &DL, uint64_t Steps)
      : DL(DL), StepsLeft(Steps) {}

  /// Forgets what was computed, and begins with this combination.
  void begin(llvm::ArrayRef<Key> Keys, llvm::ArrayRef<uint64_t> Index);

  /// A value that is computed outside of every region, or in one that was run.
  Outcome value(llvm::Value &V);

  /// Runs \p R and appends the values of the phis of its Join, in their order.
  /// All of them are Any if the run is undefined.
  llvm::Error run(const PureRegion &R, llvm::SmallVectorImpl<Outcome> &Results);

private:
  Outcome compute(llvm::Instruction &I);
  Outcome add(llvm::Instruction &I, const Outcome &A, const Outcome &B,
              bool Negative);
  Outcome address(llvm::Instruction &I);

  const llvm::DataLayout &DL;
  uint64_t StepsLeft;
  llvm::DenseMap<const llvm::Value *, Outcome> Known;
  const PureRegion *Running = nullptr;
  unsigned Depth = 0;
};

} // namespace speciate

#endif
