//===- gp/verify/Verdict.h - What is known about a variant's equivalence
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_VERIFY_VERDICT_H
#define SPECIATE_GP_VERIFY_VERDICT_H

#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace speciate {

/// Never a bool: a timeout is not a pass, and "replayed" is not "proved".
enum class VerdictKind {
  Proved,
  Bounded,
  Exhaustive,
  Replayed,
  /// The whole program gave the recorded outputs on train and check commands.
  Checked,
  /// Nothing but metadata, attributes, inlining or back-end options of LLVM's
  /// own passes was changed. Counted apart.
  Construction,
  SyntacticallyEqual,
  Unsound,
  Crashed,
  TimedOut,
  Unsupported,
};

struct Verdict {
  VerdictKind Kind = VerdictKind::Unsupported;
  /// For what was refused: the first difference, the signal, the reason.
  std::string Detail;

  /// May be timed and shipped.
  bool accepted() const;
};

/// "timed-out", as in reports, recipes and the catalog.
llvm::StringRef verdictName(VerdictKind Kind);
std::optional<VerdictKind> parseVerdict(llvm::StringRef Name);

} // namespace speciate

#endif
