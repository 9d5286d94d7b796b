//===- driver/report/DetailReport.h - What a program does, for its developer
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_REPORT_DETAILREPORT_H
#define SPECIATE_DRIVER_REPORT_DETAILREPORT_H

#include "profiles/detail/Findings.h"
#include "llvm/Support/JSON.h"

namespace speciate {

/// Hot functions, principal paths, values that never change, branches that
/// agree, branches that are guessed wrong; each with its place and, if the
/// source is where it was, its line. \p Functions: how many of them.
std::string detailReport(const Findings &F, unsigned Functions);

/// All findings: functions, branches, pairs.
llvm::json::Object detailJson(const Findings &F);

/// A line "caller;function samples" for each way into a hot function, as
/// flamegraph.pl and speedscope read it; a million samples are the program's
/// time.
std::string collapsedStacks(const Findings &F);

} // namespace speciate

#endif
