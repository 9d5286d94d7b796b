//===- driver/report/DetailReport.cpp - What a program does, for its developer
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/report/DetailReport.h"
#include "support/File.h"
#include "support/Hash.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include <set>

using namespace llvm;

namespace speciate {

/// What fits a page.
static constexpr size_t ShownPaths = 3;
static constexpr size_t ShownConditions = 12;
static constexpr size_t ShownValues = 10;
static constexpr size_t ShownBranches = 12;
static constexpr size_t ShownPairs = 12;

namespace {
/// Lines of source files, each file read once.
class Sources {
public:
  /// "file.c:12", and the line, if it can be read.
  std::string quote(StringRef At) {
    if (At.empty())
      return "(no debug information)";
    auto [Path, Number] = At.rsplit(':');
    size_t Line;
    std::string Short = (sys::path::filename(Path) + ":" + Number).str();
    if (Number.getAsInteger(10, Line))
      return Short;
    auto [File, New] = Files.try_emplace(Path.str());
    if (New) {
      Expected<std::string> Bytes = readFile(Path);
      if (Bytes)
        for (StringRef Each : split(*Bytes, '\n'))
          File->second.push_back(Each.trim().take_front(70).str());
      else
        consumeError(Bytes.takeError()); // The source is elsewhere.
    }
    if (Line && Line <= File->second.size() && !File->second[Line - 1].empty())
      Short += "  | " + File->second[Line - 1];
    return Short;
  }

private:
  std::map<std::string, std::vector<std::string>> Files;
};
} // namespace

static std::string shortPlace(StringRef At) {
  auto [Path, Number] = At.rsplit(':');
  return At.empty() ? "" : (sys::path::filename(Path) + ":" + Number).str();
}

static std::string percent(double Share) {
  return formatv("{0:f1} %", Share * 100).str();
}

static void writePaths(const FunctionFindings &F, Sources &S,
                       std::string &Out) {
  Out += formatv("\n{0}: {1} of {2} paths ran; {3} of them cover 90 %, {4} "
                 "cover 99 %\n",
                 F.Name, F.PathsSeen, F.PathsNumbered, F.Cover90, F.Cover99);
  for (const PrincipalPath &P : ArrayRef(F.Paths).take_front(ShownPaths)) {
    Out += formatv("  {0,7}  path {1}, {2} times", percent(P.Share), P.Number,
                   P.Count);
    Out += P.Conditions.empty() ? ", without a condition\n" : ", where\n";
    for (const PathCondition &C :
         ArrayRef(P.Conditions).take_front(ShownConditions)) {
      Out += formatv(
          "             {0}{1}{2}\n", C.What.empty() ? "" : "(" + C.What + ") ",
          C.Way == "true" || C.Way == "false" ? C.Way
                                              : "to " + shortPlace(C.Way),
          ", " + S.quote(C.At));
      if (C.Early == "entry")
        Out += "               known at the function's entry\n";
      else if (!C.Early.empty() && C.Early != C.At && C.Early != "inside")
        Out += "               known after " + shortPlace(C.Early) + "\n";
    }
    if (P.Conditions.size() > ShownConditions)
      Out += formatv("             and {0} more\n",
                     P.Conditions.size() - ShownConditions);
  }
}

static void writeValues(const FunctionFindings &F, Sources &S,
                        std::string &Out) {
  if (F.Values.empty())
    return;
  Out += "\n" + F.Name + "\n";
  std::set<std::string> Said;
  for (const ValueFinding &V : F.Values) {
    if (Said.size() == ShownValues)
      break;
    std::string Line = formatv("  {0}: {1}{2}, {3} events; {4}\n",
                               V.What.empty() ? "value" : V.What, V.Says,
                               V.Share < 1 ? " (" + percent(V.Share) + ")" : "",
                               V.Seen, S.quote(V.At));
    if (Said.insert(Line).second)
      Out += Line;
  }
}

static void writeSettled(const FunctionFindings &F, Sources &S,
                         std::string &Out) {
  std::set<std::string> Said;
  for (const SettledFinding &V : F.Settled) {
    if (Said.size() == ShownValues)
      break;
    if (!Said.insert(V.Place).second)
      continue;
    if (Said.size() == 1)
      Out += "\n" + F.Name + "\n";
    std::string Value =
        V.Pointer ? (V.Value ? "one address" : "null")
                  : formatv("{0}", V.Bits ? SignExtend64(V.Value, V.Bits)
                                          : int64_t(V.Value))
                        .str();
    Out += formatv("  {0}: {1}{2}, read {3} times; {4}\n", V.Place, Value,
                   V.After ? formatv(" after event {0}", V.After).str() : "",
                   V.Seen, S.quote(V.At));
    for (const FunctionText::Site::Writer &W :
         ArrayRef(V.Writers).take_front(3))
      Out += formatv("    {0} by {1}, {2}\n",
                     W.Count ? formatv("written {0} times", W.Count).str()
                             : "could be written",
                     W.Function, S.quote(W.At));
    if (V.Writers.size() > 3)
      Out += formatv("    and at {0} more places\n", V.Writers.size() - 3);
    if (V.AllWriters)
      Out += V.Writers.empty() ? "    nothing writes to it\n"
                               : "    nothing else can\n";
  }
}

/// What perf recorded.
static void writeHardware(const Findings &F, Sources &S, std::string &Out) {
  if (F.Hardware.empty())
    return;
  Out += "\nwrong guesses (as the processor recorded them, taken branches "
         "only):\n";
  for (const auto &[B, C] : ArrayRef(F.Hardware).take_front(ShownBranches)) {
    if (!C.Wrong)
      break;
    const uint64_t Ran = C.Taken + C.NotTaken;
    Out += formatv(
        "  {0,7} wrong of {1} sampled, {2}; {3}{4}{5}\n",
        percent(double(C.Wrong) / double(Ran)), Ran,
        B.Conditional ? percent(double(C.Taken) / double(Ran)) + " taken"
                      : "indirect",
        B.Function.empty() ? B.File : B.Function, formatv("+{0:x}", B.Offset),
        B.At.empty() ? "" : ", " + S.quote(B.At));
  }
}

std::string detailReport(const Findings &F, unsigned Functions) {
  Sources S;
  std::string Recorded;
  writeHardware(F, S, Recorded);
  if (F.Functions.empty() && !Recorded.empty())
    return Recorded;
  std::string Out = "hot functions:\n";
  auto Hot = ArrayRef(F.Functions).take_front(Functions);
  for (const FunctionFindings &Each : Hot) {
    Out += formatv("  {0,7}  {1}  {2}\n", percent(Each.Share), Each.Name,
                   shortPlace(Each.At));
    uint64_t Calls = 0;
    for (const auto &[Caller, Count] : Each.Callers)
      Calls += Count;
    for (const auto &[Caller, Count] : ArrayRef(Each.Callers).take_front(2))
      Out += formatv("             {0} of its calls from {1}\n",
                     percent(double(Count) / double(Calls)), Caller);
  }
  Out += "\nprincipal paths:\n";
  for (const FunctionFindings &Each : Hot)
    if (Each.PathExecutions)
      writePaths(Each, S, Out);
  Out += "\nvalues:\n";
  for (const FunctionFindings &Each : Hot)
    writeValues(Each, S, Out);
  Out += "\nsettled after start-up:\n";
  for (const FunctionFindings &Each : Hot)
    writeSettled(Each, S, Out);
  Out += "\nbranches that agree:\n";
  std::set<std::string> Said;
  for (const PairFinding &P : F.Pairs) {
    if (Said.size() == ShownPairs)
      break;
    // Of copies of one branch the first is enough.
    if (!Said.insert(P.FirstAt + " " + P.SecondAt).second)
      continue;
    Out +=
        formatv("  if {0}{1}\n    is {2}, then in {3} ({4} otherwise) {5}{6}\n"
                "    is {7}\n",
                P.FirstWhat.empty() ? "" : "(" + P.FirstWhat + ") ",
                S.quote(P.FirstAt), P.FirstWay ? "true" : "false",
                percent(P.Share), percent(P.Unconditional),
                P.SecondWhat.empty() ? "" : "(" + P.SecondWhat + ") ",
                S.quote(P.SecondAt), P.SecondWay ? "true" : "false");
  }
  Out += "\nwrong guesses (by a model of a predictor):\n";
  for (const BranchFinding &B :
       ArrayRef(F.Branches).take_front(ShownBranches)) {
    if (!B.Counts.Wrong)
      break;
    Out += formatv("  {0,7} wrong of {1}, {2} taken, {3}; {4}{5}\n",
                   percent(B.Counts.wrongRate()), B.Counts.Seen,
                   percent(B.Counts.takenRate()), branchClassName(B.Class),
                   B.What.empty() ? "" : "(" + B.What + ") ", S.quote(B.At));
  }
  return Out + Recorded;
}

static json::Object place(const rt::ValueKey &K, StringRef At, StringRef What) {
  return json::Object{{"function_guid", hex64(K.Function)},
                      {"cfg", hex64(K.CfgHash)},
                      {"kind", int64_t(K.Kind)},
                      {"n", int64_t(K.Ordinal)},
                      {"p", int64_t(K.Parameter)},
                      {"at", json::fixUTF8(At)},
                      {"what", json::fixUTF8(What)}};
}

/// 64 bits of which JSON numbers have only 53.
static std::string hexOf(uint64_t Bits) { return formatv("{0:x}", Bits); }

static json::Array countsOf(const SketchSum &Sketch) {
  json::Array Result;
  for (const ValueCount &C : Sketch.values())
    Result.push_back(json::Object{
        {"value", int64_t(C.Value)}, {"lower", C.Lower}, {"upper", C.Upper}});
  return Result;
}

static json::Object factsOf(const SiteFacts &F) {
  const SiteValues &V = F.Values;
  const uint64_t Width = V.Bits ? maskTrailingOnes<uint64_t>(V.Bits) : ~0ull;
  json::Object O = place(F.Site, F.At, F.What);
  O["bits"] = int64_t(V.Bits);
  O["seen"] = V.Seen;
  O["looked_at"] = V.Looked;
  if (!V.Looked)
    return O;
  O["min"] = V.Min;
  O["max"] = V.Max;
  O["signed_min"] = V.signedMin();
  O["signed_max"] = V.signedMax();
  O["always_set"] = hexOf(V.Ones & Width);
  O["never_set"] = hexOf(~V.Any & Width);
  O["alignment"] = V.alignment();
  if (F.Pointer)
    O["null"] = !V.Max ? "always" : V.Min ? "never" : "sometimes";
  O["compared_to_previous"] = V.Neighbours;
  O["equal_to_previous"] = V.Equal;
  O["last_change"] = V.LastChange;
  O["values"] = countsOf(V.Values);
  O["steps"] = countsOf(V.Steps);
  return O;
}

json::Object detailJson(const Findings &F) {
  json::Array Functions, Branches, Pairs;
  for (const FunctionFindings &Each : F.Functions) {
    json::Array Paths, Values, Callers, Settled, Sites;
    for (const SiteFacts &S : Each.Sites)
      Sites.push_back(factsOf(S));
    for (const SettledFinding &V : Each.Settled) {
      json::Object O = place(V.Site, V.At, V.What);
      O["place"] = json::fixUTF8(V.Place);
      O["value"] = V.Value;
      O["seen"] = V.Seen;
      O["after"] = V.After;
      O["all_writers"] = V.AllWriters;
      json::Array Writers;
      for (const FunctionText::Site::Writer &W : V.Writers)
        Writers.push_back(json::Object{{"function", json::fixUTF8(W.Function)},
                                       {"at", json::fixUTF8(W.At)},
                                       {"count", W.Count}});
      O["writers"] = std::move(Writers);
      Settled.push_back(std::move(O));
    }
    for (const PrincipalPath &P : Each.Paths) {
      json::Array Conditions;
      for (const PathCondition &C : P.Conditions) {
        json::Object O = place(C.Site, C.At, C.What);
        O["way"] = json::fixUTF8(C.Way);
        O["early"] = json::fixUTF8(C.Early);
        Conditions.push_back(std::move(O));
      }
      Paths.push_back(json::Object{{"number", P.Number},
                                   {"count", P.Count},
                                   {"share", P.Share},
                                   {"conditions", std::move(Conditions)}});
    }
    for (const ValueFinding &V : Each.Values) {
      json::Object O = place(V.Site, V.At, V.What);
      O["says"] = V.Says;
      O["seen"] = V.Seen;
      O["share"] = V.Share;
      Values.push_back(std::move(O));
    }
    for (const auto &[Caller, Count] : Each.Callers)
      Callers.push_back(
          json::Object{{"from", json::fixUTF8(Caller)}, {"count", Count}});
    Functions.push_back(json::Object{{"name", json::fixUTF8(Each.Name)},
                                     {"at", json::fixUTF8(Each.At)},
                                     {"share", Each.Share},
                                     {"path_executions", Each.PathExecutions},
                                     {"paths_seen", Each.PathsSeen},
                                     {"paths_numbered", Each.PathsNumbered},
                                     {"cover90", Each.Cover90},
                                     {"cover99", Each.Cover99},
                                     {"paths", std::move(Paths)},
                                     {"values", std::move(Values)},
                                     {"settled", std::move(Settled)},
                                     {"sites", std::move(Sites)},
                                     {"callers", std::move(Callers)}});
  }
  for (const BranchFinding &B : F.Branches) {
    json::Object O = place(B.Site, B.At, B.What);
    O["seen"] = B.Counts.Seen;
    O["taken"] = B.Counts.Taken;
    O["wrong"] = B.Counts.Wrong;
    O["wrong_alone"] = B.Counts.WrongAlone;
    O["changes"] = B.Counts.Changes;
    O["class"] = branchClassName(B.Class);
    Branches.push_back(std::move(O));
  }
  for (const PairFinding &P : F.Pairs)
    Pairs.push_back(
        json::Object{{"first", place(P.First, P.FirstAt, P.FirstWhat)},
                     {"second", place(P.Second, P.SecondAt, P.SecondWhat)},
                     {"first_function", json::fixUTF8(P.FirstFunction)},
                     {"second_function", json::fixUTF8(P.SecondFunction)},
                     {"first_way", P.FirstWay},
                     {"second_way", P.SecondWay},
                     {"count", P.Count},
                     {"share", P.Share},
                     {"unconditional", P.Unconditional}});
  json::Array Hardware;
  for (const auto &[B, C] : F.Hardware)
    Hardware.push_back(json::Object{{"file", json::fixUTF8(B.File)},
                                    {"function", json::fixUTF8(B.Function)},
                                    {"offset", B.Offset},
                                    {"at", json::fixUTF8(B.At)},
                                    {"conditional", B.Conditional},
                                    {"taken", C.Taken},
                                    {"wrong", C.Wrong},
                                    {"not_taken", C.NotTaken}});
  return json::Object{{"functions", std::move(Functions)},
                      {"branches", std::move(Branches)},
                      {"pairs", std::move(Pairs)},
                      {"hardware", std::move(Hardware)}};
}

std::string collapsedStacks(const Findings &F) {
  std::map<std::string, uint64_t> Lines;
  for (const FunctionFindings &Each : F.Functions) {
    const double Samples = Each.Share * 1e6;
    uint64_t Calls = 0;
    for (const auto &[Caller, Count] : Each.Callers)
      Calls += Count;
    if (!Calls)
      Lines[Each.Name] += uint64_t(Samples);
    for (const auto &[Caller, Count] : Each.Callers)
      Lines[StringRef(Caller).split(" at ").first.str() + ";" + Each.Name] +=
          uint64_t(Samples * double(Count) / double(Calls));
  }
  std::string Out;
  for (const auto &[Stack, Samples] : Lines)
    if (Samples)
      Out += formatv("{0} {1}\n", Stack, Samples);
  return Out;
}

} // namespace speciate
