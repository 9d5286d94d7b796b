//===- driver/pipeline/BuilderSpace.cpp - What a program could be changed in
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The part of ProgramBuilder that makes search spaces: the run of the planned
// program with regions that report in detail, and what operators offer then.
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Instrument.h"
#include "driver/pipeline/ProgramBuilder.h"
#include "driver/pipeline/StageRun.h"
#include "gp/engine/SpaceJson.h"
#include "passes/apply/Apply.h"
#include "profiles/detail/Detail.h"
#include "profiles/perf/PerfImport.h"
#include "support/File.h"
#include "support/Hash.h"
#include "support/Parallel.h"
#include "support/Toolchain.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace speciate {

/// Sites that govern less of the program's time cannot show in any score.
static constexpr double MinSiteWeight = 0.001;

static std::string detailRuntime() {
  return executableDir() + "/../lib/speciate_detail_rt.o";
}

namespace {
/// A unit's file from the plan hook (passes/apply/PlanHook.h).
struct UnitSites {
  std::vector<uint64_t> Functions; ///< GUIDs.
  double Cost = 0;                 ///< Of all functions, absolute.
  std::vector<Site> Sites;         ///< Weights absolute, benefits relative.
};
} // namespace

static Expected<UnitSites> parsePlanSites(StringRef Text) {
  Expected<json::Value> V = json::parse(Text);
  if (!V)
    return V.takeError();
  const json::Object *O = V->getAsObject();
  if (!O || !O->getArray("functions") || !O->getArray("sites"))
    return createStringError("bad plan sites");
  UnitSites Result;
  for (const json::Value &Item : *O->getArray("functions")) {
    const json::Object *F = Item.getAsObject();
    uint64_t Guid;
    if (!F || F->getString("guid").value_or("").getAsInteger(16, Guid))
      return createStringError("bad function in plan sites");
    Result.Functions.push_back(Guid);
    Result.Cost += F->getNumber("cost").value_or(0);
  }
  for (const json::Value &Item : *O->getArray("sites")) {
    Expected<Site> S = siteFromJson(Item);
    if (!S)
      return S.takeError();
    Result.Sites.push_back(std::move(*S));
  }
  return std::move(Result);
}

/// Asks every unit, at the point where plan genes act, what could be done
/// where, and turns absolute costs into shares of the program's.
Error ProgramBuilder::readPlanSites() {
  std::vector<std::string> Texts(C.Units.size());
  Error E = parallelFor(C.Jobs, C.Units.size(), [&](size_t I) -> Error {
    Expected<std::string> Path =
        C.cached("plan-sites", {ProfileHash, C.R.Units[I].Bitcode});
    if (!Path)
      return Path.takeError();
    std::string Sites = *Path + ".json";
    if (!sys::fs::exists(Sites)) {
      Expected<TempDir> Temp = TempDir::create("speciate-sites");
      if (!Temp)
        return Temp.takeError();
      if (Error Failure =
              compileUnit(C, I,
                          {"-flto=full", "-fprofile-use=" + Profile,
                           "-fpass-plugin=" + pluginPath(), "-mllvm",
                           "-speciate-plan-sites=" + Temp->file("sites.json")},
                          Temp->file("unit.o")))
        return Failure;
      if (Error Failure = copyFileAtomically(Temp->file("sites.json"), Sites))
        return Failure;
    }
    Expected<std::string> Text = readFile(Sites);
    if (!Text)
      return Text.takeError();
    Texts[I] = std::move(*Text);
    return Error::success();
  });
  if (E)
    return E;
  double Total = 0;
  for (auto [Unit, Text] : enumerate(Texts)) {
    Expected<UnitSites> Parsed = parsePlanSites(Text);
    if (!Parsed)
      return createStringError("%s: %s", C.R.Units[Unit].Source.c_str(),
                               toString(Parsed.takeError()).c_str());
    for (uint64_t Guid : Parsed->Functions)
      UnitOfFunction.try_emplace(Guid, Unit);
    Total += Parsed->Cost;
    PlanSites.insert(PlanSites.end(), Parsed->Sites.begin(),
                     Parsed->Sites.end());
  }
  for (Site &S : PlanSites) {
    S.Weight = Total > 0 ? S.Weight / Total : 0;
    for (Choice &Option : S.Choices)
      Option.Benefit *= S.Weight;
  }
  llvm::erase_if(PlanSites,
                 [](const Site &S) { return S.Weight < MinSiteWeight; });
  llvm::sort(PlanSites,
             [](const Site &A, const Site &B) { return A.Id < B.Id; });
  return Error::success();
}

Error ProgramBuilder::linkDetail(const Planned &P, StringRef Folder,
                                 StringRef Output) {
  Expected<TempDir> Temp = TempDir::create("speciate-detail");
  if (!Temp)
    return Temp.takeError();
  Expected<bool> Threads = mayStartThreads(C.TheStore, C.R);
  if (!Threads)
    return Threads.takeError();
  LinkInputs Inputs;
  Inputs.UnitObjects.resize(C.Units.size());
  Inputs.ExtraObjects = {P.Dir + "/rest.o"};
  for (size_t I = 0; I < P.Regions.size(); ++I)
    Inputs.ExtraObjects.push_back(Temp->file(formatv("region-{0}.o", I).str()));
  Inputs.ExtraObjects.push_back(detailRuntime());
  if (Error E = parallelFor(C.Jobs, P.Regions.size(), [&](size_t I) -> Error {
        return runStage(
            {"detail", "--in", slicePath(P.Dir, I), "--folder",
             Folder.str(), "--threads", *Threads ? "1" : "0", "--share",
             formatv("{0:f8}", P.Regions[I].Share).str(), "--pic",
             Baseline.Pic ? "1" : "0", "--out", Inputs.ExtraObjects[I + 1]});
      }))
    return E;
  return linkProgram(C, Inputs, Output);
}

Error ProgramBuilder::linkDetail(StringRef Output) {
  Expected<Planned> P = plan(Genome());
  if (!P)
    return P.takeError();
  return linkDetail(*P, /*Folder=*/"", Output);
}

/// Trains the program of \p P with regions that report in detail, and writes
/// what the operators make of that to \p Output:
/// {"regions": [{"sites": [site, ...]}, ...]}.
Error ProgramBuilder::makeDetailChoices(const Planned &P, StringRef Output) {
  Expected<TempDir> Temp = TempDir::create("speciate-detail");
  if (!Temp)
    return Temp.takeError();
  const std::string Folder = Temp->file("detail");
  const std::string Program = Temp->file("program");
  if (Error E = linkDetail(P, Folder, Program))
    return E;
  if (Error E = Train(Program))
    return E;
  Expected<DetailRead> Read = readDetails(Folder);
  if (!Read)
    return Read.takeError();
  if (!Read->Files && !Read->Skipped.empty())
    return createStringError("%s", Read->Skipped.front().c_str());
  Read->Profile.add(BranchRecords);
  useHardwareGuesses(Read->Profile);
  const std::string Detail = Temp->file("detail.bin");
  if (Error E = writeFileAtomically(Detail, Read->Profile.binary()))
    return E;
  std::vector<json::Value> Offers(P.Regions.size(), nullptr);
  if (Error E = parallelFor(C.Jobs, P.Regions.size(), [&](size_t I) -> Error {
        std::string Path = Temp->file(formatv("offers-{0}.json", I).str());
        if (Error Failure = runStage(
                {"offers", "--in", slicePath(P.Dir, I), "--detail",
                 Detail, "--share", formatv("{0:e8}", P.Regions[I].Share).str(),
                 "--out", Path}))
          return Failure;
        Expected<json::Value> Made = readJson(Path);
        if (!Made)
          return Made.takeError();
        Offers[I] = std::move(*Made);
        return Error::success();
      }))
    return E;
  json::Value Result = json::Object{{"regions", json::Array(Offers)}};
  return writeFileAtomically(Output, formatv("{0:2}\n", Result).str());
}

Error ProgramBuilder::addDetailChoices(Planned &P) {
  if (P.Regions.empty())
    return Error::success();
  std::vector<std::string> Key = {ProfileHash, Baseline.Pic ? "pic" : ""};
  if (!BranchRecords.empty())
    Key.push_back(contentHash(BranchRecords.str()));
  for (size_t I = 0; I < P.Regions.size(); ++I) {
    Expected<std::string> Bytes = readFile(slicePath(P.Dir, I));
    if (!Bytes)
      return Bytes.takeError();
    Key.push_back(contentHash(*Bytes));
  }
  Expected<std::string> Base = C.cached("detail-choices", Key);
  if (!Base)
    return Base.takeError();
  const std::string Path = *Base + ".json";
  Error E = once(Path, [&]() -> Error {
    if (sys::fs::exists(Path))
      return Error::success();
    Error Failure = makeDetailChoices(P, Path);
    if (!Failure)
      return Error::success();
    // Kept as well: a resumed campaign must see the same space.
    json::Value Note = json::Object{{"failed", toString(std::move(Failure))},
                                    {"regions", json::Array()}};
    return writeFileAtomically(Path, formatv("{0:2}\n", Note).str());
  });
  if (E)
    return E;
  Expected<json::Value> Value = readJson(Path);
  if (!Value)
    return Value.takeError();
  const json::Object *Root = Value->getAsObject();
  const json::Array *All = Root ? Root->getArray("regions") : nullptr;
  if (!All)
    return createStringError("%s: no regions", Path.c_str());
  if (auto Failed = Root->getString("failed")) {
    std::lock_guard<std::mutex> Guard(Lock);
    DetailNote = "no detailed profile: " + Failed->take_front(300).str();
  }
  for (size_t I = 0; I < std::min(All->size(), P.Regions.size()); ++I) {
    // They take the place of what counts alone offered.
    Expected<std::vector<Site>> Sites = sitesFromJson((*All)[I]);
    if (!Sites)
      return createFileError(Path, Sites.takeError());
    P.Regions[I].Sites = std::move(*Sites);
  }
  return Error::success();
}

std::string ProgramBuilder::detailNote() {
  std::lock_guard<std::mutex> Guard(Lock);
  return DetailNote;
}

Expected<SearchSpace> ProgramBuilder::space(const Genome &Plan) {
  Expected<Planned> P = plan(Plan.atLevel(Level::Plan));
  if (!P)
    return P.takeError();
  if (Error E = addDetailChoices(*P))
    return std::move(E);
  SearchSpace S;
  S.PlanSites = PlanSites;
  S.Regions = P->Regions;
  LayoutChoices Choices;
  OperatorContext Context;
  Context.Layout = &Choices;
  Context.Share = 1;
  S.ProgramSites = collectSites(Level::Program, Context);
  return std::move(S);
}

Expected<std::vector<Site>> ProgramBuilder::madeSites(const Genome &Plan,
                                                      uint64_t Guid,
                                                      const Genome &Genes) {
  Expected<Planned> P = plan(Plan.atLevel(Level::Plan));
  if (!P)
    return P.takeError();
  auto R = find_if(P->Regions, [&](const Region &R) { return R.Guid == Guid; });
  if (R == P->Regions.end())
    return createStringError("no region " + hex64(Guid));
  Expected<TempDir> Temp = TempDir::create("speciate-sites");
  if (!Temp)
    return Temp.takeError();
  if (Error E = writeFileAtomically(Temp->file("genome"), Genes.str()))
    return std::move(E);
  if (Error E = runStage(
          {"offers", "--in",
           slicePath(P->Dir, static_cast<size_t>(R - P->Regions.begin())),
           "--genome", Temp->file("genome"), "--share",
           formatv("{0:e8}", R->Share).str(), "--out", Temp->file("sites")}))
    return std::move(E);
  Expected<json::Value> Value = readJson(Temp->file("sites"));
  if (!Value)
    return Value.takeError();
  return sitesFromJson(*Value);
}

} // namespace speciate
