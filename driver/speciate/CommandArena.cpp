//===- driver/speciate/CommandArena.cpp - speciate arena: its program, images
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a campaign does with the arena, in single steps, for tests and for
// looking at.
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/ArenaImage.h"
#include "driver/relink/Relink.h"
#include "driver/speciate/Commands.h"
#include "support/File.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>
#include <chrono>
#include <thread>

using namespace llvm;

namespace speciate {

namespace {
struct ArenaWords {
  std::string Program, Recipe, Output;
  std::string Runtime;
  std::string Describe, Function, GenomeFile;
  std::string Start;
  unsigned Offset = 0;
};
} // namespace

static Expected<std::unique_ptr<ProgramBuilder>>
openBuilder(const ArenaWords &W, Genome &G) {
  Expected<Recipe> R = Recipe::read(W.Recipe);
  if (!R)
    return R.takeError();
  if (!W.GenomeFile.empty()) {
    Expected<std::string> Text = readFile(W.GenomeFile);
    if (!Text)
      return Text.takeError();
    Expected<Genome> Genes = Genome::parse(*Text);
    if (!Genes)
      return createFileError(W.GenomeFile, Genes.takeError());
    G = std::move(*Genes);
  }
  return builderFromRecipe(W.Program, *R,
                           std::max(1u, std::thread::hardware_concurrency()));
}

/// The link runs in a folder of its own.
static std::string runtimeOf(const ArenaWords &W) {
  return W.Runtime.empty() ? "" : absolutePath(W.Runtime);
}

static Error makeProgram(const ArenaWords &W) {
  Genome G;
  auto Builder = openBuilder(W, G);
  if (!Builder)
    return Builder.takeError();
  Expected<ArenaProgram> Made = (*Builder)->arenaProgram(G, runtimeOf(W));
  if (!Made)
    return Made.takeError();
  for (auto [Index, R] : enumerate(Made->Regions))
    outs() << formatv("region {0} {1} {2:f1} % marker {3}\n", Index,
                      R.Space.Function, R.Space.Share * 100, R.MarkerMinPasses);
  for (const std::string &Line : Made->Refused)
    outs() << "refused " << Line << "\n";
  return copyFileAtomically(Made->Path, absolutePath(W.Output));
}

static Error makePlaced(const ArenaWords &W) {
  Genome G;
  auto Builder = openBuilder(W, G);
  if (!Builder)
    return Builder.takeError();
  Expected<ArenaProgram> Host = (*Builder)->arenaProgram(G, runtimeOf(W));
  if (!Host)
    return Host.takeError();
  auto At = find_if(Host->Regions, [&](const ArenaProgramRegion &R) {
    return R.Space.Function == W.Function;
  });
  if (At == Host->Regions.end())
    return createStringError("the plan has no region %s", W.Function.c_str());
  Expected<ArenaImageObject> Image =
      (*Builder)->arenaImage(G, At - Host->Regions.begin());
  if (!Image)
    return Image.takeError();
  for (const std::string &Line : Image->NoOps)
    errs() << "speciate: no-op: " << Line << "\n";
  Expected<std::string> Text = readFile(W.Describe);
  if (!Text)
    return Text.takeError();
  Expected<ArenaFacts> Facts = parseArenaFacts(*Text);
  if (!Facts)
    return createFileError(W.Describe, Facts.takeError());
  Expected<ArenaAddresses> Symbols = ArenaAddresses::read(Host->Path, *Facts);
  if (!Symbols)
    return Symbols.takeError();
  uint64_t Start = Facts->RangeBegin;
  if (!W.Start.empty() && StringRef(W.Start).getAsInteger(16, Start))
    return createStringError("--start %s: not a hexadecimal number",
                             W.Start.c_str());
  auto Before = std::chrono::steady_clock::now();
  Expected<PlacedImage> Placed =
      placeImage(Image->Object, W.Function, *Symbols, Start, W.Offset);
  std::chrono::duration<double, std::milli> Took =
      std::chrono::steady_clock::now() - Before;
  if (!Placed)
    return Placed.takeError();
  outs() << formatv("base {0:x-} bytes {1} entry {2:x-} text {3} eh-frame "
                    "{4:x-} {5}\n",
                    Placed->Base, Placed->Bytes.size(), Placed->Entry,
                    Placed->TextSize, Placed->EhFrame, Placed->EhFrameSize);
  if (!Image->Marker.empty())
    outs() << "marker " << Image->Marker << "\n";
  errs() << formatv("placed in {0:f2} ms\n", Took.count());
  return writeFileAtomically(absolutePath(W.Output), Placed->Bytes);
}

void addArenaCommand(CLI::App &App, int &Exit) {
  auto W = std::make_shared<ArenaWords>();
  CLI::App *Command = App.add_subcommand(
      "arena", "Compare variants of a region in windows of the running "
               "program; the arena's program and images, step by step");
  Command->require_subcommand(0, 1);
  addArenaComparison(*Command, Exit);
  addArenaRank(*Command, Exit);
  auto Common = [W](CLI::App *Sub) {
    Sub->add_option("PROGRAM", W->Program, "A program linked by speciate-cc")
        ->required();
    Sub->add_option("--recipe", W->Recipe, "Whose profile to use")->required();
    Sub->add_option("-o", W->Output, "The file to write")->required();
    Sub->add_option("--genome", W->GenomeFile, "Plan and region genes");
    Sub->add_option("--runtime", W->Runtime,
                    "An object to link in place of the arena's runtime");
  };
  CLI::App *Program = Command->add_subcommand(
      "program", "Link the arena program; prints its regions");
  Common(Program);
  Program->callback([W, &Exit] {
    Error E = makeProgram(*W);
    Exit = E ? reportError(std::move(E)) : ExitOk;
  });
  CLI::App *Image = Command->add_subcommand(
      "image", "Place a region's image; prints where its parts are");
  Common(Image);
  Image->add_option("--function", W->Function, "The region")->required();
  Image
      ->add_option("--describe", W->Describe,
                   "What the runtime wrote in the mode Describe")
      ->required();
  Image->add_option("--start", W->Start,
                    "The address from which on to place it, hexadecimal");
  Image->add_option("--offset", W->Offset, "Of its entry, modulo 64");
  Image->callback([W, &Exit] {
    Error E = makePlaced(*W);
    Exit = E ? reportError(std::move(E)) : ExitOk;
  });
}

} // namespace speciate
