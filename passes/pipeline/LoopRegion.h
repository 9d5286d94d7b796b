//===- passes/pipeline/LoopRegion.h - Hot loops as functions of their own
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A hot function that is entered rarely and runs for long is a bad region: a
// window cannot begin in its middle, and its state at an entry says nothing of
// what comes a second later (bzip2 sorts a block of 900 kB in one call). Its
// hot loops, entered often, are good ones, once they are functions.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_PIPELINE_LOOPREGION_H
#define SPECIATE_PASSES_PIPELINE_LOOPREGION_H

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>
#include <vector>

namespace speciate {

/// Costs are in the units of staticCost, roughly cycles.
struct LoopRegionParams {
  /// Of the program: functions and loops below are left alone.
  double MinFunctionShare = 0.05;
  double MinLoopShare = 0.02;
  /// Functions whose entries cost less are windowed from their entries.
  double MinEntryCost = 2e7;
  /// A loop whose entry costs less pays too much for the call (some 20
  /// instructions, with arguments and results); one that costs more is not
  /// better than its function, but inner loops may be.
  double MinLoopCost = 1e4;
  double MaxLoopCost = 2e6;
  /// Of the new function. Results and exits cost stores, loads and a switch.
  unsigned MaxArguments = 16;
  unsigned MaxResults = 4;
  unsigned MaxExits = 4;
};

struct ExtractedLoop {
  llvm::Function *Loop = nullptr;
  /// Why, for reports: "f.loop3: file.c:12, 20000 entries of 40000".
  std::string Note;
};

/// A function whose loops were extracted.
struct CutFunction {
  llvm::Function *F = nullptr;
  std::vector<ExtractedLoop> Loops;
  /// The slice of the function as it was: what is compiled when neither the
  /// function nor a loop has genes, so that nothing is paid for the cuts.
  std::unique_ptr<llvm::Module> Whole;
};

/// Extracts, from functions of \p M that take long, the outermost loops within
/// the limits, with all that is in them, and the innermost loops that take
/// longer and have none of the former in them, if there is more than one loop
/// to extract (a window at the function's entry sees only one of them), into
/// functions "PARENT.loopN" that are never inlined. N is the number of the loop
/// among all loops of the parent, as site numbers count them; the GUID follows
/// from it and the parent's. Loops that cannot be cut out (exceptions,
/// addresses of blocks, dynamic allocas, too many results) are left, and
/// functions that cannot be slices. Entry counts and branch weights are kept.
///
/// To be called after promoteLocals: the functions are hidden, as promoted ones
/// are. An Error is a bug of ours.
llvm::Expected<std::vector<CutFunction>>
extractLoopRegions(llvm::Module &M, llvm::TargetMachine &TM,
                   const LoopRegionParams &Params);

} // namespace speciate

#endif
