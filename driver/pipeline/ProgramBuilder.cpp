//===- driver/pipeline/ProgramBuilder.cpp - Variants of a recorded program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Instrument.h"
#include "driver/pipeline/ProgramBuilder.h"
#include "driver/pipeline/StageRun.h"
#include "gp/engine/SpaceJson.h"
#include "passes/apply/Apply.h"
#include "support/File.h"
#include "support/Hash.h"
#include "support/Parallel.h"
#include "support/Toolchain.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace speciate {

/// One that works on the whole program: SQLite takes a minute on a calm
/// machine.
static constexpr double PlanSeconds = 1800;

/// Of what the plan stage writes for the same inputs.
static constexpr char PlanVersion[] = "5";

Expected<std::unique_ptr<ProgramBuilder>>
ProgramBuilder::create(BuildContext C, std::string Profile, LtoBuild Baseline,
                       Trainer Train) {
  Expected<std::string> Bytes = readFile(Profile);
  if (!Bytes)
    return Bytes.takeError();
  std::unique_ptr<ProgramBuilder> B(new ProgramBuilder(
      std::move(C), std::move(Profile), std::move(Baseline), std::move(Train)));
  B->ProfileHash = contentHash(*Bytes);
  if (Error E = B->readPlanSites())
    return std::move(E);
  return std::move(B);
}

Error ProgramBuilder::once(const std::string &Key, function_ref<Error()> Make) {
  std::promise<std::string> Promise;
  std::shared_future<std::string> Future;
  bool Mine = false;
  {
    std::lock_guard<std::mutex> Guard(Lock);
    auto Found = Done.find(Key);
    if (Found != Done.end()) {
      Future = Found->second;
    } else {
      Mine = true;
      Future = Promise.get_future().share();
      Done[Key] = Future;
    }
  }
  if (Mine)
    Promise.set_value(toString(Make()));
  const std::string &Failure = Future.get();
  return Failure.empty() ? Error::success()
                         : createStringError("%s", Failure.c_str());
}

Expected<std::string> ProgramBuilder::planUnit(size_t Unit,
                                               const Genome &Genes) {
  std::vector<std::string> Key = {ProfileHash, C.R.Units[Unit].Bitcode,
                                  std::to_string(Unit), Genes.str()};
  if (!C.Facts.empty())
    Key.push_back(C.Facts);
  Expected<std::string> Path = C.cached("plan-unit", Key);
  if (!Path)
    return Path;
  const std::string Object = *Path + ".o", Report = *Path + ".noops",
                    FactsReport = *Path + ".facts";
  Error E = once(Object, [&]() -> Error {
    if (sys::fs::exists(Object) && sys::fs::exists(Report) &&
        (C.Facts.empty() || sys::fs::exists(FactsReport)))
      return Error::success();
    std::vector<std::string> Flags = {"-flto=full", "-fprofile-use=" + Profile,
                                      "-fpass-plugin=" + pluginPath(), "-mllvm",
                                      "-speciate-plan-report=" + Report};
    std::string GenomeFile = *Path + ".genome", FactsFile = *Path + ".toml";
    if (Error Failure = writeFileAtomically(GenomeFile, Genes.str()))
      return Failure;
    Flags.insert(Flags.end(), {"-mllvm", "-speciate-plan=" + GenomeFile});
    if (!C.Facts.empty()) {
      if (Error Failure = writeFileAtomically(FactsFile, C.Facts))
        return Failure;
      Flags.insert(Flags.end(),
                   {"-mllvm", "-speciate-facts=" + FactsFile, "-mllvm",
                    "-speciate-facts-report=" + FactsReport});
    }
    return compileUnit(C, Unit, Flags, Object);
  });
  if (E)
    return std::move(E);
  return Path;
}

Expected<std::vector<std::string>>
ProgramBuilder::planUnits(const Genome &PlanGenes,
                          std::vector<std::string> &NoOps) {
  std::vector<Genome> OfUnit(C.Units.size());
  for (const Gene &G : PlanGenes.genes()) {
    auto Unit = UnitOfFunction.find(G.Site.FunctionGuid);
    if (Unit == UnitOfFunction.end())
      NoOps.push_back(G.str() + ": no such function in this program");
    else
      OfUnit[Unit->second].set(G);
  }
  std::vector<std::string> Result = Baseline.UnitObjects;
  std::vector<std::vector<std::string>> Refused(C.Units.size());
  Error E = parallelFor(C.Jobs, Result.size(), [&](size_t I) -> Error {
    if (OfUnit[I].empty() && C.Facts.empty())
      return Error::success();
    Expected<std::string> Path = planUnit(I, OfUnit[I]);
    if (!Path)
      return Path.takeError();
    Result[I] = *Path + ".o";
    std::string Report = *Path + ".noops";
    Expected<std::string> Lines = readFile(Report);
    if (!Lines)
      return Lines.takeError();
    for (StringRef Line : split(*Lines, '\n'))
      if (!Line.empty())
        Refused[I].push_back(Line.str());
    return Error::success();
  });
  if (E)
    return std::move(E);
  for (auto &Lines : Refused)
    NoOps.insert(NoOps.end(), Lines.begin(), Lines.end());
  return std::move(Result);
}

Expected<ProgramBuilder::Planned>
ProgramBuilder::plan(const Genome &PlanGenes) {
  Planned P;
  Expected<std::vector<std::string>> Units = planUnits(PlanGenes, P.NoOps);
  if (!Units)
    return Units.takeError();
  Expected<std::string> Dir =
      C.cached("plan", {PlanVersion, ProfileHash, PlanGenes.str(),
                        Baseline.Pic ? "pic" : "", C.Facts});
  if (!Dir)
    return Dir.takeError();
  P.Dir = *Dir;
  std::string Summary = P.Dir + "/regions.json"; // written last
  Error E = once(P.Dir, [&]() -> Error {
    if (sys::fs::exists(Summary))
      return Error::success();
    std::string List;
    for (const std::string &U : *Units)
      List += U + "\n";
    if (Error Failure = writeFileAtomically(P.Dir + "/units", List))
      return Failure;
    return runStage({"plan", "--units", P.Dir + "/units", "--resolution",
                     Baseline.Resolution, "--pic", Baseline.Pic ? "1" : "0",
                     "--out", P.Dir},
                    PlanSeconds);
  });
  if (E)
    return std::move(E);
  Expected<json::Value> Value = readJson(Summary);
  if (!Value)
    return Value.takeError();
  const json::Object *Root = Value->getAsObject();
  if (!Root || !Root->getArray("regions"))
    return createStringError("%s: no regions", Summary.c_str());
  for (const json::Value &V : *Root->getArray("regions")) {
    Expected<Region> R = regionFromJson(V);
    if (!R)
      return R.takeError();
    P.Regions.push_back(std::move(*R));
  }
  if (const json::Array *Cuts = Root->getArray("cuts"))
    for (const json::Value &V : *Cuts) {
      const json::Object *Cut = V.getAsObject();
      const json::Array *Loops = Cut ? Cut->getArray("loops") : nullptr;
      if (!Loops)
        return createStringError("%s: bad cut", Summary.c_str());
      for (const json::Value &Loop : *Loops) {
        int64_t Of = Cut->getInteger("region").value_or(-1);
        int64_t Index = Loop.getAsInteger().value_or(-1);
        if (std::max(Of, Index) >= static_cast<int64_t>(P.Regions.size()) ||
            std::min(Of, Index) < 0)
          return createStringError("%s: bad cut", Summary.c_str());
        P.Cuts[Of].push_back(Index);
      }
    }
  // Written before the summary.
  Expected<json::Value> Arena = readJson(P.Dir + "/arena.json");
  if (!Arena)
    return Arena.takeError();
  const json::Object *ArenaRoot = Arena->getAsObject();
  if (const json::Array *Notes =
          ArenaRoot ? ArenaRoot->getArray("regions") : nullptr)
    for (const json::Value &V : *Notes)
      if (const json::Object *Note = V.getAsObject())
        P.MarkerMinPasses.push_back(Note->getInteger("marker").value_or(0));
  if (P.MarkerMinPasses.size() != P.Regions.size())
    return createStringError("%s: not the plan's regions",
                             (P.Dir + "/arena.json").c_str());
  if (const json::Array *Refused = Root->getArray("refused"))
    for (const json::Value &V : *Refused)
      P.Refused.push_back(V.getAsString().value_or("").str());
  if (const json::Array *Functions = Root->getArray("functions"))
    for (const json::Value &V : *Functions)
      P.Functions.push_back(V.getAsString().value_or("").str());
  P.Blocks = Root->getInteger("blocks").value_or(0);
  return std::move(P);
}

Expected<ProgramBuilder::RegionObject>
ProgramBuilder::region(const Planned &P, size_t Index, const Genome &Genes,
                       const std::vector<std::string> &Arena,
                       std::vector<std::string> &NoOps, StringRef OtherSlice) {
  std::string Slice =
      OtherSlice.empty() ? slicePath(P.Dir, Index) : OtherSlice.str();
  Expected<std::string> Bytes = readFile(Slice);
  if (!Bytes)
    return Bytes.takeError();
  std::vector<std::string> Key = {contentHash(*Bytes), Genes.str(),
                                  Baseline.Pic ? "pic" : ""};
  append_range(Key, Arena);
  Expected<std::string> Path = C.cached("region", Key);
  if (!Path)
    return Path.takeError();
  std::string Object = *Path + ".o", Report = *Path + ".json";
  Error E = once(Object, [&]() -> Error {
    if (sys::fs::exists(Object) && sys::fs::exists(Report))
      return Error::success();
    std::string GenomeFile = *Path + ".genome";
    if (Error Failure = writeFileAtomically(GenomeFile, Genes.str()))
      return Failure;
    std::vector<std::string> Words = {
        "region", "--in",   Slice,
        "--pic",  Baseline.Pic ? "1" : "0",
        "--out",  Object,   "--genome", GenomeFile, "--report", Report};
    append_range(Words, Arena);
    return runStage(std::move(Words));
  });
  if (E)
    return createStringError("region %s: %s", P.Regions[Index].Function.c_str(),
                             toString(std::move(E)).c_str());
  Expected<json::Value> Value = readJson(Report);
  if (!Value)
    return Value.takeError();
  if (const json::Object *Root = Value->getAsObject())
    if (const json::Array *Lines = Root->getArray("no_ops"))
      for (const json::Value &Line : *Lines)
        NoOps.push_back(Line.getAsString().value_or("").str());
  return RegionObject{std::move(Object), std::move(*Value)};
}

Expected<ProgramBuilder::Objects> ProgramBuilder::objects(const Genome &G) {
  Objects Result;
  Expected<Planned> P = plan(G.atLevel(Level::Plan));
  if (!P)
    return P.takeError();
  Result.NoOps = P->NoOps;
  Result.Paths.push_back(P->Dir + "/rest.o");
  size_t Placed = 0;
  std::vector<Genome> Genes;
  for (const Region &R : P->Regions) {
    Genes.push_back(G.ofFunction(Level::Region, R.Guid));
    Placed += Genes.back().size();
  }
  // Cuts serve genes; without any the function is compiled in one piece.
  std::vector<std::string> Whole(Genes.size());
  std::vector<bool> InWhole(Genes.size());
  for (const auto &[Of, Loops] : P->Cuts) {
    auto Untouched = [&](size_t I) { return Genes[I].empty(); };
    if (!Untouched(Of) || !all_of(Loops, Untouched))
      continue;
    Whole[Of] = formatv("{0}/region-{1}.whole.bc", P->Dir, Of).str();
    for (size_t Loop : Loops)
      InWhole[Loop] = true;
  }
  for (size_t I = 0; I < P->Regions.size(); ++I) {
    if (InWhole[I])
      continue;
    Expected<RegionObject> Object =
        region(*P, I, Genes[I], {}, Result.NoOps, Whole[I]);
    if (!Object)
      return Object.takeError();
    Result.Paths.push_back(std::move(Object->Path));
  }
  Genome AtRegions = G.atLevel(Level::Region);
  if (Placed != AtRegions.size())
    for (const Gene &Each : AtRegions.genes())
      if (none_of(P->Regions, [&](const Region &R) {
            return R.Guid == Each.Site.FunctionGuid;
          }))
        Result.NoOps.push_back(Each.str() + ": no such region in this plan");
  return std::move(Result);
}

Expected<LayoutChoices>
ProgramBuilder::layout(const Genome &G, std::vector<std::string> &NoOps) {
  LayoutChoices Choices;
  OperatorContext Context;
  Context.Layout = &Choices;
  Expected<ApplyResult> Applied =
      applyGenome(G.atLevel(Level::Program), Level::Program, Context);
  if (!Applied)
    return Applied.takeError();
  NoOps.insert(NoOps.end(), Applied->NoOps.begin(), Applied->NoOps.end());
  return Choices;
}

Expected<std::string>
ProgramBuilder::linkObjects(const std::vector<std::string> &Paths,
                            const LayoutChoices &Layout, unsigned Placement) {
  LinkInputs Inputs;
  Inputs.UnitObjects.resize(C.Units.size());
  Inputs.ExtraObjects = Paths;
  Inputs.Args = Layout.LinkArgs;
  if (Layout.Bolt)
    Inputs.Args.push_back("-Wl,--emit-relocs");
  else
    Inputs.Placement = Placement; // Otherwise BOLT's matter.
  std::vector<std::string> Parts = Paths;
  Parts.push_back("|");
  Parts.insert(Parts.end(), Inputs.Args.begin(), Inputs.Args.end());
  if (Inputs.Placement)
    Parts.push_back("placement " + std::to_string(Inputs.Placement));
  Expected<std::string> Program = C.cached("program", Parts);
  if (!Program)
    return Program;
  Error E = once(*Program, [&]() -> Error {
    if (sys::fs::exists(*Program))
      return Error::success();
    return linkProgram(C, Inputs, *Program);
  });
  if (E)
    return std::move(E);
  return Program;
}

Expected<std::string> ProgramBuilder::fdataFor(const std::string &Linked) {
  Expected<std::string> Hash = codeHash(Linked);
  if (!Hash)
    return Hash;
  if (!Provided.empty()) {
    Expected<std::string> Path =
        C.cached("fdata-given", {*Hash, contentHash(Provided)});
    if (!Path)
      return Path;
    if (Error E = writeFileAtomically(*Path, Provided))
      return std::move(E);
    return Path;
  }
  Expected<std::string> Path = C.cached("fdata", {ProfileHash, *Hash});
  if (!Path)
    return Path;
  Error E = once(*Path, [&]() -> Error {
    if (sys::fs::exists(*Path))
      return Error::success();
    return collectBoltProfile(C, Linked, Train, *Path);
  });
  if (E)
    return std::move(E);
  return Path;
}

Expected<Variant> ProgramBuilder::tryBuild(const Genome &G,
                                           unsigned Placement) {
  Variant V;
  Expected<Objects> Parts = objects(G);
  if (!Parts)
    return Parts.takeError();
  V.NoOps = Parts->NoOps;
  Expected<LayoutChoices> Layout = layout(G, V.NoOps);
  if (!Layout)
    return Layout.takeError();
  Expected<std::string> Linked = linkObjects(Parts->Paths, *Layout, Placement);
  if (!Linked)
    return Linked.takeError();
  V.Program = *Linked;
  if (Layout->Bolt) {
    Expected<std::string> Fdata = fdataFor(*Linked);
    if (!Fdata)
      return Fdata.takeError();
    Expected<std::string> FdataBytes = readFile(*Fdata);
    if (!FdataBytes)
      return FdataBytes.takeError();
    std::vector<std::string> Key = Layout->BoltOptions;
    Key.push_back(*Linked);
    Key.push_back(contentHash(*FdataBytes));
    if (Placement)
      Key.push_back("placement " + std::to_string(Placement));
    Expected<std::string> Bolted = C.cached("bolted", Key);
    if (!Bolted)
      return Bolted.takeError();
    Error E = once(*Bolted, [&]() -> Error {
      if (sys::fs::exists(*Bolted))
        return Error::success();
      return runBolt(*Linked, *Fdata, Layout->BoltOptions, *Bolted, Placement);
    });
    if (E)
      return std::move(E);
    V.Program = *Bolted;
  }
  Expected<std::string> Hash = codeHash(V.Program);
  if (!Hash)
    return Hash.takeError();
  V.CodeHash = *Hash;
  return std::move(V);
}

Variant ProgramBuilder::build(const Genome &G) {
  Expected<Variant> V = tryBuild(G);
  if (V)
    return std::move(*V);
  Variant Failed;
  Failed.Failure = toString(V.takeError());
  return Failed;
}

Expected<std::string> ProgramBuilder::buildAt(const Genome &G,
                                              unsigned Placement) {
  Expected<Variant> V = tryBuild(G, Placement);
  if (!V)
    return V.takeError();
  return V->Program;
}

Expected<std::string> ProgramBuilder::boltProfile(const Genome &G) {
  Expected<Objects> Parts = objects(G);
  if (!Parts)
    return Parts.takeError();
  Expected<LayoutChoices> Layout = layout(G, Parts->NoOps);
  if (!Layout)
    return Layout.takeError();
  if (!Layout->Bolt)
    return std::string();
  Expected<std::string> Linked = linkObjects(Parts->Paths, *Layout);
  if (!Linked)
    return Linked.takeError();
  Expected<std::string> Fdata = fdataFor(*Linked);
  if (!Fdata)
    return Fdata.takeError();
  return readFile(*Fdata);
}

Expected<std::string> ProgramBuilder::regionSlice(const Genome &G,
                                                  size_t Index) {
  Expected<Planned> P = plan(G.atLevel(Level::Plan));
  if (!P)
    return P.takeError();
  return slicePath(P->Dir, Index);
}

Expected<std::vector<ProgramBuilder::RegionText>>
ProgramBuilder::regionTexts(const Genome &G) {
  Expected<Planned> P = plan(G.atLevel(Level::Plan));
  if (!P)
    return P.takeError();
  Expected<TempDir> Temp = TempDir::create("speciate-ir");
  if (!Temp)
    return Temp.takeError();
  std::vector<RegionText> Result(P->Regions.size());
  Error E = parallelFor(C.Jobs, Result.size(), [&](size_t I) -> Error {
    Result[I].Function = P->Regions[I].Function;
    auto File = [&](const char *Suffix) {
      return Temp->file(formatv("{0}.{1}", I, Suffix).str());
    };
    Genome Genes = G.ofFunction(Level::Region, P->Regions[I].Guid);
    if (Error Failure = writeFileAtomically(File("genome"), Genes.str()))
      return Failure;
    if (Error Failure = runStage(
            {"region", "--in", slicePath(P->Dir, I), "--genome",
             File("genome"), "--pic", Baseline.Pic ? "1" : "0", "--out",
             File("o"), "--report", File("json"), "--ir", File("ll")}))
      return Failure;
    Expected<std::string> Text = readFile(File("ll"));
    if (!Text)
      return Text.takeError();
    Result[I].Ir = std::move(*Text);
    return Error::success();
  });
  if (E)
    return std::move(E);
  return std::move(Result);
}

Expected<ProgramBuilder::FactsEffect> ProgramBuilder::factsEffect() {
  FactsEffect Result;
  if (C.Facts.empty())
    return Result;
  Expected<Planned> With = plan(Genome());
  if (!With)
    return With.takeError();
  ProgramBuilder Plain(C, Profile, Baseline, Train);
  Plain.C.Facts.clear();
  Plain.ProfileHash = ProfileHash;
  Expected<Planned> Without = Plain.plan(Genome());
  if (!Without)
    return Without.takeError();
  for (const std::string &Name : Without->Functions)
    if (!is_contained(With->Functions, Name))
      Result.RemovedFunctions.push_back(Name);
  Result.RemovedBlocks = Without->Blocks - With->Blocks;
  for (size_t I = 0; I < C.Units.size(); ++I) {
    Expected<std::string> Path = planUnit(I, Genome());
    if (!Path)
      return Path.takeError();
    Expected<std::string> Lines = readFile(*Path + ".facts");
    if (!Lines)
      return Lines.takeError();
    size_t Index = 0;
    for (StringRef Line : split(StringRef(*Lines).trim(), '\n')) {
      unsigned Places = 0;
      if (Line.getAsInteger(10, Places))
        return createStringError("%s.facts: bad line", Path->c_str());
      Result.Places.resize(std::max(Result.Places.size(), Index + 1));
      Result.Places[Index++] += Places;
    }
  }
  return std::move(Result);
}

Expected<std::vector<std::string>> ProgramBuilder::refusedRegions() {
  Expected<Planned> P = plan(Genome());
  if (!P)
    return P.takeError();
  return P->Refused;
}

} // namespace speciate
