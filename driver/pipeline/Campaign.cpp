//===- driver/pipeline/Campaign.cpp - optimize: from a record to the plan
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Campaign.h"
#include "passes/facts/Facts.h"
#include "profiles/merge/Merge.h"
#include "profiles/read/Inputs.h"
#include "support/File.h"
#include "support/Hash.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;

namespace speciate {

Expected<Report> Campaign::run() {
  R.Seed = O.Seed;
  R.BudgetSeconds = O.BudgetSeconds;
  R.Machine = sys::getHostCPUName().str();
  for (Stage S : AllStages) {
    P.stage(S);
    auto Start = std::chrono::steady_clock::now();
    if (Error E = runStage(S))
      return std::move(E);
    R.Stages.push_back(
        {stageName(S).str(),
         std::chrono::duration<double>(std::chrono::steady_clock::now() - Start)
             .count()});
    if (S == O.StopAfter)
      break;
  }
  return std::move(R);
}

Error Campaign::runStage(Stage S) {
  switch (S) {
  case Stage::Record:
    return record();
  case Stage::Instrument:
    return instrument();
  case Stage::Train:
    return train();
  case Stage::Baselines:
    return baselines();
  case Stage::Plan:
    return plan();
  case Stage::Search:
    return search();
  case Stage::Minimize:
    return minimize();
  case Stage::Gate:
    return gate();
  case Stage::Relink:
    return relink();
  }
  llvm_unreachable("covered switch");
}

Trainer Campaign::trainer() const {
  return [this](const std::string &Program) -> Error {
    // Workloads of its own: training may run beside a measurement.
    Expected<WorkloadList> Runs = createWorkloads(O.Train, O.Files);
    if (!Runs)
      return Runs.takeError();
    for (const std::unique_ptr<Workload> &W : *Runs) {
      Expected<Observation> Seen = W->observe(under(Program), O.TimeLimit);
      if (!Seen)
        return Seen.takeError();
      if (!Seen->ok())
        return createStringError("training command '%s': %s",
                                 W->command().c_str(),
                                 Seen->describe().c_str());
    }
    return Error::success();
  };
}

/// Finds out now, and not after minutes, that results cannot be written.
Error Campaign::checkOutputs() {
  for (const std::string &Path : {O.Output, O.RecipeFile}) {
    if (Path.empty())
      continue;
    if (sys::fs::is_directory(Path))
      return createStringError("cannot write %s: it is a folder", Path.c_str());
    int Fd;
    SmallString<256> Probe;
    if (std::error_code EC =
            sys::fs::createUniqueFile(Path + ".probe-%%%%%%%%", Fd, Probe))
      return createStringError("cannot write %s: %s", Path.c_str(),
                               EC.message().c_str());
    ::close(Fd);
    sys::fs::remove(Probe);
  }
  return Error::success();
}

Error Campaign::readGivenProfiles() {
  if (O.Profiles.empty())
    return Error::success();
  Expected<ProfileInputs> In = readProfileInputs(O.Profiles);
  if (!In)
    return In.takeError();
  Expected<MergeResult> Counts = mergeProfiles(In->Counts);
  if (!Counts)
    return Counts.takeError();
  for (const SkippedProfile &S : Counts->Skipped)
    R.Notes.push_back("skipped profile " + S.Path + ": " + S.Reason);
  for (const std::string &Skipped : In->Detail.Skipped)
    R.Notes.push_back("skipped profile " + Skipped);
  append_range(R.Notes, In->Notes);
  GivenCounts = std::move(Counts->Profile);
  // What else is in a detailed profile is of another plan's program.
  GivenRecords.Hardware = std::move(In->Detail.Profile.Hardware);
  if (GivenCounts.empty() && GivenRecords.empty())
    return createStringError("--profile %s: no counts and no branch records",
                             O.Profiles.front().c_str());
  return Error::success();
}

Error Campaign::record() {
  if (O.Train.empty())
    return createStringError("no training command: give --train 'CMD', with {} "
                             "for the program");
  if (Error E = checkOutputs())
    return E;
  if (Error E = readGivenProfiles())
    return E;
  Expected<BuildContext> Opened = openProgram(O.Program, O.Cpu, O.Jobs);
  if (!Opened)
    return Opened.takeError();
  C = std::move(*Opened);
  C.Facts = O.Facts;
  R.Program = C.R.Name;
  R.Cover = C.R.Cover;
  for (const RecordUnit &U : C.R.Units)
    R.UnitsFromO0 += U.FromO0;
  if (R.UnitsFromO0)
    R.Notes.push_back(
        formatv("{0} units were compiled at -O0: optnone and its noinline were "
                "removed from their IR",
                R.UnitsFromO0));
  // A single training command is all there is; of several one is kept back.
  if (O.Holdout.empty() && O.Train.size() > 1) {
    O.Holdout.push_back(O.Train.back());
    O.Train.pop_back();
    R.Notes.push_back("no --holdout: the last training command was kept back "
                      "as one");
  }
  R.Grade = O.Holdout.empty() ? "train-only" : "holdout";
  if (O.Holdout.empty())
    R.Notes.push_back("no holdout: the result is graded train-only");

  VerifyParams Limits;
  Limits.TimeLimit = O.TimeLimit;
  Expected<std::unique_ptr<OutputVerifier>> Verifier = OutputVerifier::create(
      under(O.Program), O.Train, O.Check, O.Files, Limits);
  if (!Verifier)
    return Verifier.takeError();
  Check = std::move(*Verifier);
  std::vector<std::string> NotSearched = O.Holdout;
  append_range(NotSearched, O.Hostile);
  if (!NotSearched.empty()) {
    Expected<std::unique_ptr<OutputVerifier>> Unseen = OutputVerifier::create(
        under(O.Program), NotSearched, {}, O.Files, Limits);
    if (!Unseen)
      return Unseen.takeError();
    UnseenCheck = std::move(*Unseen);
  }
  for (const std::string &What : Check->notCompared())
    R.Notes.push_back("not compared, as it differs between two runs of the "
                      "original: " +
                      What);

  Expected<Catalog> Opened2 = Catalog::open(C.TheStore.dir());
  if (!Opened2)
    return Opened2.takeError();
  TheCatalog.emplace(std::move(*Opened2));
  // A campaign that was cut off, or whose search alone has ended, goes on;
  // after a finished one a new one begins.
  for (unsigned Attempt = 0;; ++Attempt) {
    CampaignInfo Wanted;
    Wanted.Key = campaignKey(Attempt);
    Wanted.Program = C.R.Name;
    Wanted.RecordId = C.R.Id;
    Wanted.Seed = O.Seed;
    Wanted.Params = searchParams(O.How).str();
    Expected<CampaignInfo> Begun = TheCatalog->beginCampaign(Wanted);
    if (!Begun)
      return Begun.takeError();
    Info = std::move(*Begun);
    if (Info.State != CampaignState::Finished)
      break;
  }
  P.update(formatv("campaign {0}, {1} units", Info.Id, C.Units.size()), true);
  return Error::success();
}

std::string Campaign::campaignKey(unsigned Attempt) const {
  std::vector<std::string> Parts = {C.R.Id,
                                    O.Cpu,
                                    C.Maker,
                                    std::to_string(Attempt),
                                    searchParams(O.How).str(),
                                    O.Files,
                                    LLVM_VERSION_STRING};
  if (!O.Facts.empty())
    Parts.push_back(O.Facts);
  if (!O.Profiles.empty())
    Parts.push_back(contentHash(GivenCounts + GivenRecords.str()));
  for (const auto *List : {&O.Train, &O.Check, &O.Holdout, &O.Hostile}) {
    Parts.push_back(std::to_string(List->size()));
    Parts.insert(Parts.end(), List->begin(), List->end());
  }
  std::vector<StringRef> Refs(Parts.begin(), Parts.end());
  return contentHash(Refs);
}

SearchParams Campaign::searchParams(Strategy How) const {
  SearchParams Params;
  Params.Seed = O.Seed;
  Params.How = How;
  Params.Arena = O.Arena;
  return Params;
}

Error Campaign::instrument() {
  Expected<std::string> Path = buildInstrumented(C);
  if (!Path)
    return Path.takeError();
  Instrumented = *Path;
  return Error::success();
}

Error Campaign::train() {
  Expected<std::optional<std::string>> Known =
      TheCatalog->artefact(Info.Id, "profile");
  if (!Known)
    return Known.takeError();
  if (*Known) {
    ProfileBytes = std::move(**Known);
  } else {
    Expected<TempDir> Dir = TempDir::create("speciate-profile");
    if (!Dir)
      return Dir.takeError();
    ::setenv("SPECIATE_PROFILE_DIR", Dir->path().c_str(), 1);
    Error Failure = trainer()(Instrumented);
    ::unsetenv("SPECIATE_PROFILE_DIR");
    if (Failure)
      return Failure;
    std::vector<std::string> Inputs = {Dir->path()};
    if (!GivenCounts.empty()) {
      Inputs.push_back(Dir->file("given.profdata"));
      if (Error E = writeFileAtomically(Inputs.back(), GivenCounts))
        return E;
    }
    Expected<MergeResult> Merged = mergeProfiles(Inputs);
    if (!Merged)
      return Merged.takeError();
    if (Merged->Processes == 0)
      return createStringError(
          "the training commands wrote no profile: does '%s' run the program?",
          O.Train.front().c_str());
    for (const SkippedProfile &S : Merged->Skipped)
      R.Notes.push_back("skipped profile " + S.Path + ": " + S.Reason);
    ProfileBytes = std::move(Merged->Profile);
    if (Error E = TheCatalog->setArtefact(Info.Id, "profile", ProfileBytes))
      return E;
  }
  Expected<std::string> Path = C.cached("profile", {contentHash(ProfileBytes)});
  if (!Path)
    return Path.takeError();
  Profile = *Path + ".profdata";
  if (sys::fs::exists(Profile))
    return Error::success();
  return writeFileAtomically(Profile, ProfileBytes);
}

void Campaign::addBuild(StringRef Name, const std::string &Path) {
  BuildSummary B;
  B.Name = Name.str();
  B.Path = Path;
  if (sys::fs::file_size(Path, B.Bytes))
    B.Bytes = 0;
  if (Expected<uint64_t> Text = textBytes(Path))
    B.TextBytes = *Text;
  else
    consumeError(Text.takeError());
  R.Builds.push_back(std::move(B));
}

/// BOLT is a baseline of good will: where it fails, the note says so, and the
/// other two remain.
Error Campaign::buildBolt() {
  auto FallBack = [&](Error E) {
    std::string Why = toString(std::move(E));
    R.Notes.push_back("BOLT fell back, no pgo_lto_bolt: " +
                      StringRef(Why).take_front(300).str());
    Bolted.clear();
    return Error::success();
  };
  Expected<std::string> Hash = codeHash(Lto.WithRelocations);
  if (!Hash)
    return Hash.takeError();
  Expected<std::optional<std::string>> Known =
      TheCatalog->artefact(Info.Id, "bolt-profile");
  if (!Known)
    return Known.takeError();
  Expected<std::string> Fdata =
      C.cached("baseline-fdata",
               {contentHash(ProfileBytes), *Hash, std::to_string(Info.Id)});
  if (!Fdata)
    return Fdata.takeError();
  if (*Known) {
    if (Error E = writeFileAtomically(*Fdata, **Known))
      return E;
  } else {
    if (Error E = collectBoltProfile(C, Lto.WithRelocations, trainer(), *Fdata))
      return FallBack(std::move(E));
  }
  Expected<std::string> Bytes = readFile(*Fdata);
  if (!Bytes)
    return Bytes.takeError();
  BoltFdata = std::move(*Bytes);
  if (Error E = TheCatalog->setArtefact(Info.Id, "bolt-profile", BoltFdata))
    return E;
  Expected<std::string> Path =
      C.cached("baseline-bolt", {*Hash, contentHash(BoltFdata)});
  if (!Path)
    return Path.takeError();
  Bolted = *Path;
  BoltFdataPath = *Fdata;
  if (sys::fs::exists(Bolted))
    return Error::success();
  if (Error E =
          runBolt(Lto.WithRelocations, *Fdata, usualBoltOptions(), Bolted))
    return FallBack(std::move(E));
  return Error::success();
}

Expected<std::string> Campaign::boltedAt(unsigned Placement) {
  Expected<std::string> Path =
      C.cached("baseline-bolt-placed", {Bolted, std::to_string(Placement)});
  if (!Path || sys::fs::exists(*Path))
    return Path;
  if (Error E = runBolt(Lto.WithRelocations, BoltFdataPath, usualBoltOptions(),
                        *Path, Placement))
    return std::move(E);
  return Path;
}

Error Campaign::baselines() {
  Expected<std::string> Plain = buildO3(C);
  if (!Plain)
    return Plain.takeError();
  O3 = *Plain;
  Expected<LtoBuild> Built = buildPgoLto(C, Profile);
  if (!Built)
    return Built.takeError();
  Lto = std::move(*Built);
  P.update("BOLT", true);
  if (Error E = buildBolt())
    return E;
  for (const std::string &Program : {O3, Lto.Program}) {
    Verdict V = Check->verify(Program);
    if (!V.accepted())
      return createStringError(
          "the baseline %s does not behave as the original: %s; is the "
          "program's behaviour defined?",
          Program == O3 ? "o3" : "pgo_lto", V.Detail.c_str());
  }
  if (!Bolted.empty()) {
    Verdict V = Check->verify(Bolted);
    if (!V.accepted()) {
      R.Notes.push_back("BOLT fell back, its program is wrong: " + V.Detail);
      Bolted.clear();
    }
  }
  addBuild("o3", O3);
  addBuild("pgo_lto", Lto.Program);
  if (!Bolted.empty())
    addBuild("pgo_lto_bolt", Bolted);
  return Error::success();
}

/// What the user asserted, where it fitted, and what is gone for it.
Error Campaign::reportFacts() {
  if (C.Facts.empty())
    return Error::success();
  Expected<std::vector<Fact>> Facts = parseFacts(C.Facts);
  if (!Facts)
    return Facts.takeError();
  Expected<ProgramBuilder::FactsEffect> Effect = Builder->factsEffect();
  if (!Effect)
    return Effect.takeError();
  Effect->Places.resize(Facts->size());
  for (auto [F, Places] : zip_equal(*Facts, Effect->Places)) {
    R.Facts.push_back({F.str(), Places});
    if (!Places) {
      std::string Note = "a fact fits nowhere: " + F.str();
      if (F.What == Fact::Kind::Field && !F.Member.empty())
        Note += "; the names of fields come from debug information (-g), field "
                "= \"" +
                F.Name + "@OFFSET\" (in bytes) needs none";
      R.Notes.push_back(std::move(Note));
    }
  }
  R.RemovedFunctions = std::move(Effect->RemovedFunctions);
  R.RemovedBlocks = Effect->RemovedBlocks;
  Expected<uint64_t> Before = textBytes(Lto.Program);
  Expected<uint64_t> After = textBytes(Reference.Program);
  if (Before && After)
    R.RemovedBytes = int64_t(*Before) - int64_t(*After);
  else
    return joinErrors(Before.takeError(), After.takeError());
  return Error::success();
}

Error Campaign::plan() {
  // Baselines have no use for it.
  if (O.BudgetSeconds <= 0 && O.StopAfter != Stage::Plan && C.Facts.empty())
    return Error::success();
  Expected<std::unique_ptr<ProgramBuilder>> B =
      ProgramBuilder::create(C, Profile, Lto, trainer());
  if (!B)
    return B.takeError();
  Builder = std::move(*B);
  Builder->useBranchRecords(std::move(GivenRecords));
  Reference = Builder->build(Genome());
  if (Reference.Program.empty())
    return createStringError("the program of the empty genome cannot be "
                             "built: %s",
                             Reference.Failure.c_str());
  Expected<SearchSpace> S = Builder->space(Genome());
  if (!S)
    return S.takeError();
  Space = std::move(*S);
  Expected<std::vector<std::string>> Refused = Builder->refusedRegions();
  if (!Refused)
    return Refused.takeError();
  for (const std::string &Line : *Refused)
    R.Notes.push_back("not a region: " + Line);
  if (std::string Note = Builder->detailNote(); !Note.empty())
    R.Notes.push_back(Note);
  if (Error E = reportFacts())
    return E;
  size_t Sites = Space.PlanSites.size() + Space.ProgramSites.size();
  double Share = 0;
  for (const Region &Each : Space.Regions) {
    Sites += Each.Sites.size();
    Share += Each.Share;
  }
  P.update(formatv("{0} regions with {1:f1} % of the time (estimated), {2} "
                   "sites",
                   Space.Regions.size(), Share * 100, Sites),
           true);
  return Error::success();
}

} // namespace speciate
