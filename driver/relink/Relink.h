//===- driver/relink/Relink.h - A program from its recipe, without search
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RELINK_RELINK_H
#define SPECIATE_DRIVER_RELINK_RELINK_H

#include "driver/pipeline/ProgramBuilder.h"
#include "driver/relink/Recipe.h"

namespace speciate {

struct RelinkReport {
  /// Genes that found no site in the program at hand, or were refused.
  std::vector<std::string> NoOps;
  /// The code is that of the campaign. False after a change of the program.
  bool SameCode = false;
};

/// Variants of \p Program with the profile and the processor of \p R. BOLT only
/// with the profile of \p R.
llvm::Expected<std::unique_ptr<ProgramBuilder>>
builderFromRecipe(llvm::StringRef Program, const Recipe &R, unsigned Jobs);

/// Builds \p R for \p Program (any program with a record, usually the one of
/// the campaign) into \p Output. Two links of one recipe are equal bytes,
/// wherever they are made. \p Placement: see driver/pipeline/Build.h.
llvm::Expected<RelinkReport>
relinkFromRecipe(llvm::StringRef Program, const Recipe &R,
                 llvm::StringRef Output, unsigned Jobs, unsigned Placement = 0);

/// Writes to the folder \p Dir what the genome of \p R does to the regions:
/// FUNCTION.before.ll and FUNCTION.after.ll for each that it changes, one of
/// them for a function that exists only before or after.
llvm::Error writeRegionTexts(llvm::StringRef Program, const Recipe &R,
                             llvm::StringRef Dir, unsigned Jobs);

} // namespace speciate

#endif
