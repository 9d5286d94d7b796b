//===- passes/arena/ArenaPass.cpp - Marker, pad and image as a pass
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/arena/ArenaPass.h"
#include "passes/arena/PrepareImage.h"
#include "llvm/Analysis/OptimizationRemarkEmitter.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace speciate {

static StringRef roleName(ArenaRole Role) {
  switch (Role) {
  case ArenaRole::None:
    return "none";
  case ArenaRole::Host:
    return "host";
  case ArenaRole::Image:
    return "image";
  }
  llvm_unreachable("covered switch");
}

Expected<ArenaRole> parseArenaRole(StringRef Text) {
  for (ArenaRole Role : {ArenaRole::None, ArenaRole::Host, ArenaRole::Image})
    if (Text == roleName(Role))
      return Role;
  return createStringError("'" + Text + "' is neither none, host nor image");
}

Expected<ArenaPassOptions> parseArenaPassOptions(StringRef Text) {
  ArenaPassOptions Options;
  SmallVector<StringRef, 4> Tokens;
  Text.split(Tokens, ';', -1, /*KeepEmpty=*/false);
  for (StringRef Token : Tokens) {
    auto [Key, Value] = Token.split('=');
    if (Key == "role") {
      Expected<ArenaRole> Role = parseArenaRole(Value);
      if (!Role)
        return createStringError("speciate-arena: role " +
                                 toString(Role.takeError()));
      Options.Role = *Role;
    } else if (Key == "marker") {
      if (Value.getAsInteger(10, Options.MinPasses))
        return createStringError("speciate-arena: marker '" + Value +
                                 "' is not a number");
    } else {
      return createStringError("speciate-arena: unknown parameter '" + Key +
                               "', expected role=none|host|image or marker=N");
    }
  }
  return Options;
}

PreservedAnalyses ArenaPass::run(Function &F, FunctionAnalysisManager &FAM) {
  constexpr const char *Name = "speciate-arena";
  if (Options.MinPasses) {
    std::optional<MarkedLoop> Loop = markLoop(F, FAM, Options.MinPasses);
    OptimizationRemarkEmitter ORE(&F);
    if (Loop)
      ORE.emit([&] {
        return OptimizationRemark(Name, "Marked", F.getSubprogram(),
                                  &F.getEntryBlock())
               << "marked " << ore::NV("Loop", Loop->Where) << " at depth "
               << ore::NV("Depth", Loop->Depth) << ", passes "
               << ore::NV("Passes", formatv("{0:f1}", Loop->Passes).str());
      });
    else
      ORE.emit([&] {
        return OptimizationRemarkMissed(Name, "NoLoop", F.getSubprogram(),
                                        &F.getEntryBlock())
               << "there is no loop to mark";
      });
  }
  if (Options.Role == ArenaRole::Host)
    addPad(F);
  if (Options.Role == ArenaRole::Image)
    if (Error E = makeImage(F))
      F.getContext().emitError("speciate-arena: " + F.getName() + ": " +
                               toString(std::move(E)));
  return PreservedAnalyses::none();
}

void ArenaPass::printPipeline(
    raw_ostream &OS, function_ref<StringRef(StringRef)> MapClassName2PassName) {
  OS << MapClassName2PassName(name()) << "<role=" << roleName(Options.Role)
     << ";marker=" << Options.MinPasses << ">";
}

} // namespace speciate
