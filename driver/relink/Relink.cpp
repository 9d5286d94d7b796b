//===- driver/relink/Relink.cpp - A program from its recipe, without search
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/relink/Relink.h"
#include "driver/pipeline/ProgramBuilder.h"
#include "support/File.h"
#include "support/Hash.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include <map>

using namespace llvm;

namespace speciate {

static Expected<std::string> makeBolted(const BuildContext &C,
                                        const LtoBuild &Lto, const Recipe &R,
                                        unsigned Placement) {
  Expected<std::string> Base = C.cached(
      "recipe-bolt", {contentHash(R.Profile), contentHash(R.BoltProfile),
                      std::to_string(Placement)});
  if (!Base)
    return Base;
  std::string Fdata = *Base + ".fdata";
  if (Error E = writeFileAtomically(Fdata, R.BoltProfile))
    return std::move(E);
  if (Error E = runBolt(Lto.WithRelocations, Fdata, usualBoltOptions(), *Base,
                        Placement))
    return std::move(E);
  return Base;
}

/// Where the profile of \p R is, as a file.
static Expected<std::string> profileOf(const BuildContext &C, const Recipe &R) {
  Expected<std::string> Base = C.cached("profile", {contentHash(R.Profile)});
  if (!Base)
    return Base;
  std::string Profile = *Base + ".profdata";
  if (!sys::fs::exists(Profile))
    if (Error E = writeFileAtomically(Profile, R.Profile))
      return std::move(E);
  return Profile;
}

static Expected<std::unique_ptr<ProgramBuilder>>
makeBuilder(const BuildContext &C, const std::string &Profile,
            const LtoBuild &Lto, const Recipe &R) {
  auto NoTraining = [](const std::string &) -> Error {
    return createStringError("the recipe has no BOLT profile");
  };
  Expected<std::unique_ptr<ProgramBuilder>> Builder =
      ProgramBuilder::create(C, Profile, Lto, NoTraining);
  if (Builder)
    (*Builder)->provideBoltProfile(R.BoltProfile);
  return Builder;
}

Expected<std::unique_ptr<ProgramBuilder>>
builderFromRecipe(StringRef Program, const Recipe &R, unsigned Jobs) {
  Expected<BuildContext> C = openProgram(Program, R.Cpu, Jobs);
  if (!C)
    return C.takeError();
  C->Facts = R.Facts;
  Expected<std::string> Profile = profileOf(*C, R);
  if (!Profile)
    return Profile.takeError();
  Expected<LtoBuild> Lto = buildPgoLto(*C, *Profile);
  if (!Lto)
    return Lto.takeError();
  return makeBuilder(*C, *Profile, *Lto, R);
}

static Expected<std::string> makeWinner(const BuildContext &C,
                                        const std::string &Profile,
                                        const LtoBuild &Lto, const Recipe &R,
                                        unsigned Placement,
                                        RelinkReport &Report) {
  Expected<std::unique_ptr<ProgramBuilder>> Builder =
      makeBuilder(C, Profile, Lto, R);
  if (!Builder)
    return Builder.takeError();
  Variant V = (*Builder)->build(R.TheGenome);
  Report.NoOps = V.NoOps;
  if (V.Program.empty())
    return createStringError("%s", V.Failure.c_str());
  return Placement ? (*Builder)->buildAt(R.TheGenome, Placement) : V.Program;
}

Expected<RelinkReport> relinkFromRecipe(StringRef Program, const Recipe &R,
                                        StringRef Output, unsigned Jobs,
                                        unsigned Placement) {
  if (R.Toolchain != "LLVM " LLVM_VERSION_STRING)
    return createStringError("the recipe was made with %s, and this is "
                             "LLVM " LLVM_VERSION_STRING,
                             R.Toolchain.c_str());
  Expected<BuildContext> C = openProgram(Program, R.Cpu, Jobs);
  if (!C)
    return C.takeError();
  C->Facts = R.Facts;
  Expected<std::string> Profile = profileOf(*C, R);
  if (!Profile)
    return Profile.takeError();

  RelinkReport Report;
  std::string Made;
  if (R.What == Ships::O3) {
    Expected<std::string> O3 = buildO3(*C, Placement);
    if (!O3)
      return O3.takeError();
    Made = *O3;
  } else {
    Expected<LtoBuild> Lto = buildPgoLto(*C, *Profile);
    if (!Lto)
      return Lto.takeError();
    Expected<std::string> Path =
        R.What == Ships::PgoLto ? buildPgoLtoAt(*C, *Lto, Placement)
        : R.What == Ships::PgoLtoBolt
            ? makeBolted(*C, *Lto, R, Placement)
            : makeWinner(*C, *Profile, *Lto, R, Placement, Report);
    if (!Path)
      return Path.takeError();
    Made = *Path;
  }
  Expected<std::string> Hash = codeHash(Made);
  if (!Hash)
    return Hash.takeError();
  Report.SameCode = *Hash == R.CodeHash;
  if (Error E = shipProgram(*C, Made, Output))
    return std::move(E);
  return std::move(Report);
}

Error writeRegionTexts(StringRef Program, const Recipe &R, StringRef Dir,
                       unsigned Jobs) {
  Expected<std::unique_ptr<ProgramBuilder>> Builder =
      builderFromRecipe(Program, R, Jobs);
  if (!Builder)
    return Builder.takeError();
  if (std::error_code EC = sys::fs::create_directories(Dir))
    return createFileError(Dir, EC);
  std::map<std::string, std::string> Texts[2];
  const Genome Genomes[] = {Genome(), R.TheGenome};
  for (auto [Into, G] : zip(Texts, Genomes)) {
    auto Made = (*Builder)->regionTexts(G);
    if (!Made)
      return Made.takeError();
    for (ProgramBuilder::RegionText &T : *Made)
      Into[T.Function] = std::move(T.Ir);
  }
  for (size_t Side : {0, 1})
    for (const auto &[Function, Ir] : Texts[Side]) {
      auto Other = Texts[1 - Side].find(Function);
      if (Other != Texts[1 - Side].end() && Other->second == Ir)
        continue;
      if (Error E = writeFileAtomically(
              (Dir + "/" + Function + (Side ? ".after.ll" : ".before.ll"))
                  .str(),
              Ir))
        return E;
    }
  return Error::success();
}

} // namespace speciate
