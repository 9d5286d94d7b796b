//===- gp/verify/Verdict.cpp - What is known about a variant's equivalence
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/verify/Verdict.h"
#include "llvm/Support/ErrorHandling.h"

using namespace llvm;

namespace speciate {

bool Verdict::accepted() const {
  switch (Kind) {
  case VerdictKind::Proved:
  case VerdictKind::Bounded:
  case VerdictKind::Exhaustive:
  case VerdictKind::Replayed:
  case VerdictKind::Checked:
  case VerdictKind::Construction:
  case VerdictKind::SyntacticallyEqual:
    return true;
  case VerdictKind::Unsound:
  case VerdictKind::Crashed:
  case VerdictKind::TimedOut:
  case VerdictKind::Unsupported:
    return false;
  }
  llvm_unreachable("covered switch");
}

StringRef verdictName(VerdictKind Kind) {
  switch (Kind) {
  case VerdictKind::Proved:
    return "proved";
  case VerdictKind::Bounded:
    return "bounded";
  case VerdictKind::Exhaustive:
    return "exhaustive";
  case VerdictKind::Replayed:
    return "replayed";
  case VerdictKind::Checked:
    return "checked";
  case VerdictKind::Construction:
    return "construction";
  case VerdictKind::SyntacticallyEqual:
    return "syntactically-equal";
  case VerdictKind::Unsound:
    return "unsound";
  case VerdictKind::Crashed:
    return "crashed";
  case VerdictKind::TimedOut:
    return "timed-out";
  case VerdictKind::Unsupported:
    return "unsupported";
  }
  llvm_unreachable("covered switch");
}

std::optional<VerdictKind> parseVerdict(StringRef Name) {
  for (int Value = 0; Value <= static_cast<int>(VerdictKind::Unsupported);
       ++Value)
    if (verdictName(static_cast<VerdictKind>(Value)) == Name)
      return static_cast<VerdictKind>(Value);
  return std::nullopt;
}

} // namespace speciate
