//===- passes/instrument/Detail.h - A hot function that reports in detail
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_INSTRUMENT_DETAIL_H
#define SPECIATE_PASSES_INSTRUMENT_DETAIL_H

#include "llvm/ADT/StringRef.h"
#include "llvm/IR/PassManager.h"
#include <string>

namespace speciate {

struct DetailParams {
  /// Absolute. Empty: where the environment says.
  std::string Folder;
  /// The program may start threads.
  bool Threads = false;
  /// The function's share of the program's time, for reports.
  double Share = 0;
  /// What to report.
  bool Values = true;
  bool Branches = true;
  bool Paths = true;
};

/// Makes \p F report its values, branches and paths to runtime/detail. What it
/// computes stays the same.
void instrumentDetail(llvm::Function &F, const DetailParams &Params,
                      llvm::FunctionAnalysisManager &FAM);

} // namespace speciate

#endif
