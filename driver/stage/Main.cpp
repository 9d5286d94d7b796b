//===- driver/stage/Main.cpp - One stage of the compiler in a process of its own
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// speciate-stage plan --units LIST --resolution FILE --pic 0|1 --out DIR
//   writes to DIR: region-N.bc (slices; region-N.whole.bc where the loops of
//   a function are regions of their own, passes/pipeline/Plan.h), rest.o,
//   arena.o and arena.json (passes/arena/ArenaTables.h), and regions.json,
//   last.
// speciate-stage region --in SLICE --genome FILE --pic 0|1 --out OBJECT
//                       --report FILE [--arena none|host|image]
//                       [--marker MINPASSES] [--ir TEXT]
// speciate-stage detail --in SLICE --pic 0|1 --out OBJECT [--folder DIR]
//                       [--threads 0|1] [--share S] [--what vbp]
//   (what: v values, b branches, p paths)
// speciate-stage offers --in SLICE --share S --out SITES [--detail FILE]
//                       [--genome FILE]
// speciate-stage merge-detail --in DIR --out TEXT
// speciate-stage cpu --in BITCODE --cpu NAME --out BITCODE
//
// A process of its own, because a candidate may crash LLVM or make it hang, and
// because LLVM's back-end options are global: each region has its own.
//
//===----------------------------------------------------------------------===//

#include "gp/engine/SpaceJson.h"
#include "passes/apply/Apply.h"
#include "passes/arena/ArenaPass.h"
#include "passes/arena/ArenaTables.h"
#include "passes/arena/PrepareImage.h"
#include "passes/instrument/Detail.h"
#include "passes/operators/LateForms.h"
#include "passes/pipeline/Merge.h"
#include "passes/pipeline/Optimize.h"
#include "passes/pipeline/Plan.h"
#include "profiles/detail/Detail.h"
#include "support/File.h"
#include "llvm/Analysis/ProfileSummaryInfo.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/CodeGen/CommandFlags.h"
#include "llvm/IR/Verifier.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace llvm;
using namespace speciate;

static codegen::RegisterCodeGenFlags CodeGenFlags;

namespace {

/// "--key value" pairs; every key must be known and given, or have a default.
class Arguments {
public:
  static Expected<Arguments>
  parse(ArrayRef<const char *> Words, ArrayRef<StringRef> Known,
        const std::map<std::string, std::string> &Defaults) {
    Arguments Result;
    Result.Values = Defaults;
    for (size_t I = 0; I < Words.size(); I += 2) {
      StringRef Key(Words[I]);
      if (!Key.consume_front("--") ||
          (!is_contained(Known, Key) && !Defaults.count(Key.str())))
        return createStringError("unknown option %s", Words[I]);
      if (I + 1 == Words.size())
        return createStringError("no value for %s", Words[I]);
      Result.Values[Key.str()] = Words[I + 1];
    }
    for (StringRef Key : Known)
      if (!Result.Values.count(Key.str()))
        return createStringError("--%s is missing", Key.str().c_str());
    return std::move(Result);
  }
  StringRef operator[](StringRef Key) const {
    return Values.find(Key.str())->second;
  }

private:
  std::map<std::string, std::string> Values;
};

std::string bitcode(const Module &M) {
  std::string Bytes;
  raw_string_ostream OS(Bytes);
  WriteBitcodeToFile(M, OS, /*ShouldPreserveUseListOrder=*/true);
  return Bytes;
}

Expected<std::unique_ptr<Module>> readModule(StringRef Path,
                                             LLVMContext &Context) {
  SMDiagnostic Diagnostic;
  std::unique_ptr<Module> M = parseIRFile(Path, Diagnostic, Context);
  if (!M)
    return createStringError("%s: %s", Path.str().c_str(),
                             Diagnostic.getMessage().str().c_str());
  return std::move(M);
}

Expected<Genome> readGenome(StringRef Path) {
  Expected<std::string> Text = readFile(Path);
  if (!Text)
    return Text.takeError();
  Expected<Genome> G = Genome::parse(*Text);
  if (!G)
    return createFileError(Path, G.takeError());
  return G;
}

Error runPlanStage(const Arguments &Args) {
  Expected<std::string> List = readFile(Args["units"]);
  if (!List)
    return List.takeError();
  std::vector<std::string> Units;
  for (StringRef Line : split(*List, '\n'))
    if (!Line.empty())
      Units.push_back(Line.str());
  Expected<std::string> Resolution = readFile(Args["resolution"]);
  if (!Resolution)
    return Resolution.takeError();
  bool Pic = Args["pic"] == "1";
  LLVMContext Context;
  auto M = mergeUnits(Context, Units, *Resolution, Pic);
  if (!M)
    return M.takeError();
  auto TM = createTargetMachine(**M, Pic);
  if (!TM)
    return TM.takeError();
  auto Planned = planProgram(**M, **TM, PlanParams());
  if (!Planned)
    return Planned.takeError();

  std::string Dir = Args["out"].str();
  json::Array Regions, Cuts;
  std::vector<TabledRegion> Facts;
  for (auto [Index, R] : enumerate(Planned->Regions)) {
    Regions.push_back(toJson(R.Space));
    Facts.push_back(
        {R.Slice.get(), R.Space.Function, R.Space.Guid, R.MarkerMinPasses});
    if (Error E = writeFileAtomically(
            formatv("{0}/region-{1}.bc", Dir, Index).str(), bitcode(*R.Slice)))
      return E;
    if (!R.Whole)
      continue;
    Cuts.push_back(json::Object{{"region", static_cast<int64_t>(Index)},
                                {"loops", json::Array(R.Loops)}});
    if (Error E = writeFileAtomically(
            formatv("{0}/region-{1}.whole.bc", Dir, Index).str(),
            bitcode(*R.Whole)))
      return E;
  }
  ArenaTables Tables = makeArenaTables(**M, Facts, **TM);
  auto TablesObject = generateCode(*Tables.Object, **TM);
  if (!TablesObject)
    return TablesObject.takeError();
  if (Error E = writeFileAtomically(Dir + "/arena.o", *TablesObject))
    return E;
  if (Error E = writeFileAtomically(Dir + "/arena.json",
                                    formatv("{0:2}\n", Tables.Summary).str()))
    return E;
  runHalf(Half::Late, **M, **TM);
  auto Object = generateCode(**M, **TM);
  if (!Object)
    return Object.takeError();
  if (Error E = writeFileAtomically(Dir + "/rest.o", *Object))
    return E;
  json::Value Summary =
      json::Object{{"regions", std::move(Regions)},
                   {"refused", json::Array(Planned->Refused)},
                   {"cuts", std::move(Cuts)},
                   {"extracted", json::Array(Planned->Extracted)},
                   {"functions", json::Array(Planned->Functions)},
                   {"blocks", static_cast<int64_t>(Planned->Blocks)}};
  return writeFileAtomically(Dir + "/regions.json",
                             formatv("{0:2}\n", Summary).str());
}

/// Parses back-end options that genes chose as LLVM's own command line does.
Error setBackendOptions(const std::vector<std::string> &Options) {
  std::vector<const char *> Argv = {"speciate-stage"};
  for (const std::string &Option : Options)
    Argv.push_back(Option.c_str());
  std::string Message;
  raw_string_ostream OS(Message);
  cl::ResetAllOptionOccurrences();
  if (!cl::ParseCommandLineOptions(Argv.size(), Argv.data(), "", &OS))
    return createStringError("bad back-end option: %s", Message.c_str());
  return Error::success();
}

/// The one function that a slice defines.
Function *bodyOf(Module &M) {
  Function *Body = nullptr;
  for (Function &F : M)
    if (!F.isDeclaration())
      Body = &F;
  return Body;
}

/// A region that reports in detail.
Error runDetailStage(const Arguments &Args) {
  LLVMContext Context;
  auto M = readModule(Args["in"], Context);
  if (!M)
    return M.takeError();
  auto TM = createTargetMachine(**M, Args["pic"] == "1");
  if (!TM)
    return TM.takeError();
  Function *Body = bodyOf(**M);
  if (!Body)
    return createStringError("%s has no function", Args["in"].str().c_str());
  DetailParams Params;
  Params.Folder = Args["folder"].str();
  Params.Threads = Args["threads"] == "1";
  Params.Values = Args["what"].contains('v');
  Params.Branches = Args["what"].contains('b');
  Params.Paths = Args["what"].contains('p');
  if (!to_float(Args["share"], Params.Share))
    return createStringError("--share: not a number");
  withAnalyses(**M, **TM,
               [&](ModuleAnalysisManager &, FunctionAnalysisManager &FAM) {
                 instrumentDetail(*Body, Params, FAM);
               });
  if (verifyModule(**M, &errs()))
    return createStringError("the instrumented function is broken");
  runHalf(Half::Late, **M, **TM);
  auto Object = generateCode(**M, **TM);
  if (!Object)
    return Object.takeError();
  return writeFileAtomically(Args["out"], *Object);
}

/// The detailed profiles of all processes of a run as one text.
Error runMergeDetailStage(const Arguments &Args) {
  Expected<DetailRead> Read = readDetails(Args["in"]);
  if (!Read)
    return Read.takeError();
  if (!Read->Skipped.empty())
    return createStringError("%s", Read->Skipped.front().c_str());
  return writeFileAtomically(Args["out"], Read->Profile.str());
}

/// The sites of a region with all choices, as they are when one knows the
/// detailed profile; with a genome, the sites that its genes make.
Error runOffersStage(const Arguments &Args) {
  LLVMContext Context;
  auto M = readModule(Args["in"], Context);
  if (!M)
    return M.takeError();
  std::optional<DetailProfile> Detail;
  if (!Args["detail"].empty()) {
    Expected<std::string> Bytes = readFile(Args["detail"]);
    if (!Bytes)
      return Bytes.takeError();
    Expected<DetailProfile> Read = DetailProfile::read(*Bytes);
    if (!Read)
      return createFileError(Args["detail"], Read.takeError());
    Detail = std::move(*Read);
  }
  std::optional<Genome> Makers;
  if (!Args["genome"].empty()) {
    Expected<Genome> G = readGenome(Args["genome"]);
    if (!G)
      return G.takeError();
    Makers = std::move(*G);
  }
  auto TM = createTargetMachine(**M, true);
  if (!TM)
    return TM.takeError();
  Function *Body = bodyOf(**M);
  double Share;
  if (!Body || !to_float(Args["share"], Share))
    return createStringError("bad arguments for offers");
  Expected<std::vector<Site>> Sites = std::vector<Site>();
  withAnalyses(**M, **TM,
               [&](ModuleAnalysisManager &MAM, FunctionAnalysisManager &FAM) {
                 CodegenChoices Codegen;
                 OperatorContext OC;
                 OC.F = Body;
                 OC.FAM = &FAM;
                 OC.PSI = &MAM.getResult<ProfileSummaryAnalysis>(**M);
                 OC.Share = Share;
                 OC.Codegen = &Codegen;
                 OC.Detail = Detail ? &*Detail : nullptr;
                 if (Makers)
                   Sites = collectMadeSites(*Makers, OC);
                 else
                   Sites = collectSites(Level::Region, OC);
               });
  if (!Sites)
    return Sites.takeError();
  const double Least = PlanParams().MinSiteWeight;
  for (Site &S : *Sites)
    // A value may govern more than the block that makes it.
    if (S.Weight < Least)
      llvm::erase_if(S.Choices, [&](const Choice &C) {
        return C.Benefit < Share * Least;
      });
  llvm::erase_if(*Sites, [](const Site &S) { return S.Choices.empty(); });
  return writeFileAtomically(Args["out"],
                             formatv("{0:2}\n", sitesToJson(*Sites)).str());
}

Error runRegionStage(const Arguments &Args) {
  Expected<Genome> G = readGenome(Args["genome"]);
  if (!G)
    return G.takeError();
  LLVMContext Context;
  auto M = readModule(Args["in"], Context);
  if (!M)
    return M.takeError();
  bool Pic = Args["pic"] == "1";
  auto TM = createTargetMachine(**M, Pic);
  if (!TM)
    return TM.takeError();

  Function *Body = bodyOf(**M);
  if (!Body)
    return createStringError("%s has no function", Args["in"].str().c_str());
  Expected<ArenaRole> Role = parseArenaRole(Args["arena"]);
  if (!Role)
    return createStringError("--arena: " + toString(Role.takeError()));
  uint64_t MinPasses;
  if (Args["marker"].getAsInteger(10, MinPasses))
    return createStringError("--marker: not a number");
  CodegenChoices Codegen;
  Error Failure = Error::success();
  ApplyResult Applied;
  std::optional<MarkedLoop> Marked;
  withAnalyses(
      **M, **TM, [&](ModuleAnalysisManager &MAM, FunctionAnalysisManager &FAM) {
        if (MinPasses)
          Marked = markLoop(*Body, FAM, MinPasses);
        OperatorContext OC;
        OC.F = Body;
        OC.FAM = &FAM;
        OC.PSI = &MAM.getResult<ProfileSummaryAnalysis>(**M);
        OC.Share = 1;
        OC.Codegen = &Codegen;
        Expected<ApplyResult> Result = applyGenome(*G, Level::Region, OC);
        if (Result)
          Applied = std::move(*Result);
        else
          Failure = Result.takeError();
      });
  if (Failure)
    return Failure;
  if (Error E = setBackendOptions(Codegen.Options))
    return E;
  // Target options are read when the machine is made.
  TM = createTargetMachine(**M, Pic);
  if (!TM)
    return TM.takeError();
  if (Codegen.Simplify)
    simplifyFunction(*Body, **TM);
  if (*Role == ArenaRole::Host)
    addPad(*Body);
  if (*Role == ArenaRole::Image)
    if (Error E = makeImage(*Body))
      return E;
  runHalf(Half::Late, **M, **TM);
  lowerLateForms(*Body);
  if (*Role == ArenaRole::Image)
    if (std::string Why = whyNotImage(**M); !Why.empty())
      return createStringError("%s", Why.c_str());
  // Before code generation, which changes the IR once more.
  if (!Args["ir"].empty()) {
    std::string Text;
    raw_string_ostream OS(Text);
    (*M)->print(OS, nullptr);
    if (Error E = writeFileAtomically(Args["ir"], Text))
      return E;
  }
  auto Object = generateCode(**M, **TM);
  if (!Object)
    return Object.takeError();
  json::Object Report{{"applied", Applied.Applied.str()},
                      {"no_ops", json::Array(Applied.NoOps)}};
  if (MinPasses)
    Report["marker"] =
        Marked ? json::Value(json::Object{{"loop", Marked->Where},
                                          {"depth", Marked->Depth},
                                          {"passes", Marked->Passes}})
               : json::Value(nullptr);
  if (Error E = writeFileAtomically(
          Args["report"],
          formatv("{0}\n", json::Value(std::move(Report))).str()))
    return E;
  return writeFileAtomically(Args["out"], *Object);
}

/// Gives every function of a unit the processor that -mcpu would have given.
Error runCpuStage(const Arguments &Args) {
  LLVMContext Context;
  auto M = readModule(Args["in"], Context);
  if (!M)
    return M.takeError();
  std::string Cpu = Args["cpu"].str(), Features;
  if (Cpu == "native") {
    Cpu = sys::getHostCPUName().str();
    SubtargetFeatures Native;
    for (const auto &Feature : sys::getHostCPUFeatures())
      Native.AddFeature(Feature.first(), Feature.second);
    Features = Native.getString();
  } else {
    auto TM = createTargetMachine(**M, true);
    if (!TM)
      return TM.takeError();
    if (!(*TM)->getMCSubtargetInfo()->isCPUStringValid(Cpu))
      return createStringError("unknown processor %s", Cpu.c_str());
  }
  for (Function &F : **M) {
    if (F.isDeclaration())
      continue;
    F.addFnAttr("target-cpu", Cpu);
    F.removeFnAttr("tune-cpu");
    F.removeFnAttr("target-features");
    if (!Features.empty())
      F.addFnAttr("target-features", Features);
  }
  return writeFileAtomically(Args["out"], bitcode(**M));
}

struct StageEntry {
  StringRef Name;
  std::vector<StringRef> Keys;
  std::map<std::string, std::string> Defaults;
  Error (*Run)(const Arguments &);
};

Error run(ArrayRef<const char *> Words) {
  const StageEntry Stages[] = {
      {"plan", {"units", "resolution", "pic", "out"}, {}, runPlanStage},
      {"region",
       {"in", "genome", "pic", "out", "report"},
       {{"arena", "none"}, {"marker", "0"}, {"ir", ""}},
       runRegionStage},
      {"detail",
       {"in", "pic", "out"},
       {{"folder", ""}, {"threads", "0"}, {"share", "0"}, {"what", "vbp"}},
       runDetailStage},
      {"merge-detail", {"in", "out"}, {}, runMergeDetailStage},
      {"offers",
       {"in", "share", "out"},
       {{"detail", ""}, {"genome", ""}},
       runOffersStage},
      {"cpu", {"in", "cpu", "out"}, {}, runCpuStage},
  };
  if (Words.empty())
    return createStringError(
        "usage: speciate-stage plan|region|detail|merge-detail|offers|cpu ...");
  for (const StageEntry &S : Stages) {
    if (S.Name != Words[0])
      continue;
    Expected<Arguments> Args =
        Arguments::parse(Words.drop_front(), S.Keys, S.Defaults);
    if (!Args)
      return Args.takeError();
    return S.Run(*Args);
  }
  return createStringError("no stage \"%s\"", Words[0]);
}

} // namespace

int main(int argc, char **argv) {
  InitLLVM Init(argc, argv);
  InitializeAllTargetInfos();
  InitializeAllTargets();
  InitializeAllTargetMCs();
  InitializeAllAsmPrinters();
  InitializeAllAsmParsers();
  if (Error E = run(ArrayRef<const char *>(argv, argc).drop_front())) {
    errs() << "speciate-stage: error: " << toString(std::move(E)) << "\n";
    return 1;
  }
  return 0;
}
