//===- passes/instrument/DetailText.h - Sites and paths in terms of the source
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_INSTRUMENT_DETAILTEXT_H
#define SPECIATE_PASSES_INSTRUMENT_DETAILTEXT_H

#include "passes/instrument/PathNumbering.h"
#include "passes/instrument/ValueProfile.h"

namespace speciate {

/// "/path/file.c:12" of where \p I stands in the source, or "".
std::string placeOf(const llvm::Instruction &I);

/// One line of JSON, which a profile carries along (profiles/detail/Text.h
/// reads it):
///   guid, cfg   hexadecimal
///   name, at    of the function; at: "/path/file.c:12", or ""
///   share       of the program's time, or 0
///   entries     by the first profile
///   sites       [{kind, n, p, at, what, early, pointer}], p as in
///               DetailParameter; callee: what is called there;
///               early of a branch: the first place at which its condition can
///               be computed, "entry" or as at
///               of a load that passes/instrument/Writes.h knows: place, all,
///               writers as there
///   blocks      [{at, kind, n, to}] with the conditional jump at the end:
///               kind branch or switch, the site's number, and the successors
///               (first: taken)
///   paths       PathNumbering::json, or null
std::string detailText(llvm::Function &F, const SiteMap &Sites,
                       const std::vector<AskedValue> &Values,
                       const PathNumbering *Paths, double Share,
                       llvm::FunctionAnalysisManager &FAM);

} // namespace speciate

#endif
