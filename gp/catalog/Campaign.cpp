//===- gp/catalog/Campaign.cpp - What a campaign proposes and learns
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/catalog/Campaign.h"
#include <iterator>

using namespace llvm;

namespace speciate {

static constexpr StringLiteral OutcomeNames[] = {
    "measured", "reused", "reference", "build-failed", "rejected", "unscored"};

StringRef outcomeName(Outcome::Kind K) {
  return OutcomeNames[static_cast<size_t>(K)];
}

std::optional<Outcome::Kind> parseOutcome(StringRef Name) {
  for (size_t I = 0; I < std::size(OutcomeNames); ++I)
    if (OutcomeNames[I] == Name)
      return static_cast<Outcome::Kind>(I);
  return std::nullopt;
}

std::optional<uint64_t> Proposal::arenaRegion() const {
  StringRef Name = Population;
  uint64_t Guid = 0;
  if (Name.consume_front("arena:") && !Name.getAsInteger(16, Guid))
    return Guid;
  return std::nullopt;
}

std::string Outcome::rejection() const {
  if (hasScore())
    return "";
  if (K == Kind::Rejected)
    return verdictName(V.Kind).str();
  return outcomeName(K).str();
}

} // namespace speciate
