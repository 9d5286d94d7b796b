//===- driver/speciate/CommandExplain.cpp - speciate explain
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/relink/Recipe.h"
#include "driver/report/Json.h"
#include "driver/speciate/Commands.h"
#include "passes/facts/Facts.h"
#include "support/File.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>

using namespace llvm;

namespace speciate {

/// A recipe, or a program beside which optimize wrote one.
static int runExplain(const std::string &Path) {
  std::string File = Path;
  if (sys::fs::exists(Path + ".recipe"))
    File = Path + ".recipe";
  Expected<Recipe> R = Recipe::read(File);
  if (!R)
    return reportError(createStringError(
        "%s (give a recipe, or a program with its .recipe beside it)",
        toString(R.takeError()).c_str()));
  outs() << R->Program << ": ships " << shipsName(R->What) << ", "
         << R->Toolchain << ", record " << R->RecordId << "\n";
  if (R->Genes.empty() && R->Facts.empty())
    outs() << "nothing was changed over this baseline\n";
  if (!R->Facts.empty()) {
    Expected<std::vector<Fact>> Facts = parseFacts(R->Facts);
    if (!Facts)
      return reportError(Facts.takeError());
    for (const Fact &F : *Facts)
      outs() << "\nfact: " << F.str()
             << "\n  asserted by the user: no guard, and no evidence\n";
  }
  for (const ShippedGene &G : R->Genes) {
    outs() << "\n" << G.TheGene.Operator << " " << G.TheGene.Parameters << "\n";
    outs() << "  where:    " << siteKindName(G.TheGene.Site.Kind);
    if (!G.Function.empty())
      outs() << " in " << G.Function;
    if (!G.Location.empty())
      outs() << " at " << G.Location;
    outs() << " (" << G.TheGene.Site.str() << ")\n";
    outs() << "  evidence: " << verdictName(G.Evidence)
           << (G.Evidence == VerdictKind::Construction
                   ? " (only metadata, attributes, inlining or back-end "
                     "options of LLVM's own passes changed)"
                   : "")
           << "; outputs of all train, check and holdout commands equal the "
              "original's\n";
    if (G.Gain.Pairs)
      outs() << formatv("  gain:     {0} over the same program without it, {1} "
                        "pairs\n",
                        intervalText(G.Gain), G.Gain.Pairs);
    else
      outs() << "  gain:     not measured alone\n";
  }
  return ExitOk;
}

void addExplainCommand(CLI::App &App, int &Exit) {
  auto Path = std::make_shared<std::string>();
  CLI::App *Sub = App.add_subcommand(
      "explain", "What was changed, where, on what evidence, for what gain");
  Sub->add_option("RECIPE", *Path, "A recipe, or a program with one beside it")
      ->required();
  Sub->callback([Path, &Exit] { Exit = runExplain(*Path); });
}

} // namespace speciate
