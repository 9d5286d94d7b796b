//===- driver/speciate/CommandLink.cpp - speciate link
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Build.h"
#include "driver/relink/Relink.h"
#include "driver/speciate/Commands.h"
#include "support/File.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>
#include <thread>

using namespace llvm;

namespace speciate {

static int runLink(const std::string &Program, const std::string &RecipeFile,
                   const std::string &Output, const std::string &IrDir,
                   unsigned Jobs, unsigned Placement) {
  Expected<Recipe> R = Recipe::read(RecipeFile);
  if (!R)
    return reportError(R.takeError());
  Expected<RelinkReport> Report =
      relinkFromRecipe(Program, *R, absolutePath(Output), Jobs, Placement);
  if (!Report)
    return reportError(Report.takeError());
  for (const std::string &Line : Report->NoOps)
    errs() << "speciate: no-op: " << Line << "\n";
  if (!Report->SameCode && !Placement)
    errs() << "speciate: warning: the code differs from the campaign's; was "
              "the program changed?\n";
  if (!IrDir.empty())
    if (Error E = writeRegionTexts(Program, *R, absolutePath(IrDir), Jobs))
      return reportError(std::move(E));
  outs() << "wrote " << Output << " (" << shipsName(R->What) << ", "
         << R->TheGenome.size() << " genes)\n";
  return ExitOk;
}

void addLinkCommand(CLI::App &App, int &Exit) {
  struct Words {
    std::string Program, Recipe, Output, IrDir;
    unsigned Jobs = std::max(1u, std::thread::hardware_concurrency());
    unsigned Placement = 0;
  };
  auto W = std::make_shared<Words>();
  CLI::App *Sub =
      App.add_subcommand("link", "Build a program from a recipe, no search");
  Sub->add_option("PROGRAM", W->Program, "A program linked by speciate-cc")
      ->required();
  Sub->add_option("--recipe", W->Recipe, "Written by optimize")->required();
  Sub->add_option("-o", W->Output, "The program to write")->required();
  Sub->add_option("--ir", W->IrDir,
                  "A folder for the IR of hot functions that the recipe "
                  "changes: FUNCTION.before.ll and FUNCTION.after.ll")
      ->type_name("DIR");
  Sub->add_option("-j", W->Jobs, "Compile jobs")->check(CLI::PositiveNumber);
  Sub->add_option("--placement", W->Placement,
                  "The same code at other addresses, as the gate runs it; 0 is "
                  "what ships")
      ->check(CLI::Range(0u, PlacementCount - 1));
  Sub->callback([W, &Exit] {
    Exit = runLink(W->Program, W->Recipe, W->Output, W->IrDir, W->Jobs,
                   W->Placement);
  });
}

} // namespace speciate
