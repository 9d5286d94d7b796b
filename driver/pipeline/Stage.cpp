//===- driver/pipeline/Stage.cpp - The stages of a campaign
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Stage.h"
#include "llvm/Support/ErrorHandling.h"

using namespace llvm;

namespace speciate {

StringRef stageName(Stage S) {
  switch (S) {
  case Stage::Record:
    return "record";
  case Stage::Instrument:
    return "instrument";
  case Stage::Train:
    return "train";
  case Stage::Baselines:
    return "baselines";
  case Stage::Plan:
    return "plan";
  case Stage::Search:
    return "search";
  case Stage::Minimize:
    return "minimize";
  case Stage::Gate:
    return "gate";
  case Stage::Relink:
    return "relink";
  }
  llvm_unreachable("covered switch");
}

std::optional<Stage> parseStage(StringRef Name) {
  for (Stage S : AllStages)
    if (stageName(S) == Name)
      return S;
  return std::nullopt;
}

} // namespace speciate
