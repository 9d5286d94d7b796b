//===- driver/report/Report.cpp - What a campaign says at its end
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/report/Report.h"
#include "driver/report/Json.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace speciate {

json::Value Report::toJson() const {
  json::Object BuildObject;
  for (const BuildSummary &B : Builds)
    BuildObject[B.Name] = json::Object{{"path", B.Path},
                                       {"bytes", int64_t(B.Bytes)},
                                       {"text_bytes", int64_t(B.TextBytes)}};
  json::Array ComparisonList;
  for (const Comparison &C : Comparisons)
    ComparisonList.push_back(
        json::Object{{"workload", C.Workload},
                     {"kind", C.Kind},
                     {"baseline", C.Baseline},
                     {"ratio", C.Result.Ratio},
                     {"ci95", intervalJson(C.Result)},
                     {"pairs", int64_t(C.Result.Pairs)}});
  json::Array GeneList;
  for (const ShippedGene &G : Genes)
    GeneList.push_back(geneToJson(G));
  json::Object RejectedObject;
  for (const auto &[Reason, Count] : Rejected)
    RejectedObject[Reason] = int64_t(Count);
  json::Object Search{{"evaluations", int64_t(Evaluations)},
                      {"evaluations_per_second", EvaluationsPerSecond},
                      {"rejected", std::move(RejectedObject)},
                      {"aa_ratio", AA.Ratio},
                      {"aa_ci95", intervalJson(AA)}};
  Search["random_ratio"] =
      RandomRatio ? json::Value(*RandomRatio) : json::Value(nullptr);
  Search["arena_share"] =
      Arena ? json::Value(Arena->Share) : json::Value(nullptr);
  if (Arena) {
    Search["arena_evaluations"] = int64_t(Arena->Evaluations);
    Search["arena_evaluations_per_second"] = Arena->perSecond();
    json::Array Refused;
    for (const ArenaSummary::Refusal &Each : Arena->Refused)
      Refused.push_back(json::Object{{"function", Each.Function},
                                     {"share", Each.Share},
                                     {"reason", Each.Reason}});
    Search["arena_refused"] = std::move(Refused);
  }
  json::Array StageList;
  for (const StageTime &S : Stages)
    StageList.push_back(json::Object{{"name", S.Name}, {"seconds", S.Seconds}});
  json::Object CoverObject{
      {"text_bytes", int64_t(Cover.TextBytes)},
      {"text_bytes_with_ir", int64_t(Cover.TextBytesWithIR)},
      {"missing", json::Array(Cover.Missing)}};
  json::Object Result{{"schema", "speciate.report/1"},
                      {"program", Program},
                      {"seed", int64_t(Seed)},
                      {"budget_s", BudgetSeconds},
                      {"machine", Machine},
                      {"builds", std::move(BuildObject)},
                      {"comparisons", std::move(ComparisonList)},
                      {"verdict", Improved ? "improved" : "unchanged"},
                      {"ships", shipsName(Shipped)},
                      {"grade", Grade},
                      {"genes", std::move(GeneList)},
                      {"search", std::move(Search)},
                      {"stages", std::move(StageList)},
                      {"coverage", std::move(CoverObject)},
                      {"units_from_o0", int64_t(UnitsFromO0)},
                      {"notes", json::Array(Notes)}};
  if (!Facts.empty()) {
    json::Array FactList;
    for (const UsedFact &F : Facts)
      FactList.push_back(
          json::Object{{"fact", F.Text}, {"places", int64_t(F.Places)}});
    Result["facts"] = std::move(FactList);
    Result["facts_removed"] =
        json::Object{{"functions", json::Array(RemovedFunctions)},
                     {"blocks", RemovedBlocks},
                     {"bytes", RemovedBytes}};
  }
  return std::move(Result);
}

std::string Report::toText() const {
  std::string Text;
  raw_string_ostream OS(Text);
  OS << Program << ": " << (Improved ? "improved" : "unchanged") << " (ships "
     << shipsName(Shipped) << ", " << Grade << ")\n";
  OS << formatv(
      "IR for {0:f1} % of .text",
      Cover.TextBytes ? 100.0 * Cover.TextBytesWithIR / Cover.TextBytes : 0.0);
  if (!Cover.Missing.empty())
    OS << "; missing: " << join(Cover.Missing, ", ");
  OS << "\n\n";
  if (!Comparisons.empty())
    OS << formatv("  {0,-8} {1,-14} {2,-24} {3}\n", "kind", "over",
                  "ratio  95 % interval", "workload");
  for (const Comparison &C : Comparisons)
    OS << formatv("  {0,-8} {1,-14} {2,-24} {3}\n", C.Kind, C.Baseline,
                  intervalText(C.Result), C.Workload);
  if (!Genes.empty())
    OS << "\n  genes (ratio with the gene over without it)\n";
  for (const ShippedGene &G : Genes)
    OS << formatv("  {0}  {1} {2}{3}  {4}  {5}\n",
                  G.Gain.Pairs ? intervalText(G.Gain) : "not measured alone",
                  G.TheGene.Operator, G.TheGene.Parameters,
                  G.Function.empty()
                      ? std::string()
                      : " in " + G.Function +
                            (G.Location.empty() ? "" : " (" + G.Location + ")"),
                  siteKindName(G.TheGene.Site.Kind), verdictName(G.Evidence));
  if (!Facts.empty())
    OS << "\n  facts (asserted, not verified)\n";
  for (const UsedFact &F : Facts)
    OS << formatv("  {0}: {1} places\n", F.Text, F.Places);
  if (!Facts.empty())
    OS << formatv(
        "  removed: {0} functions, {1} blocks, {2} bytes of code{3}\n",
        RemovedFunctions.size(), RemovedBlocks, RemovedBytes,
        RemovedFunctions.empty()
            ? std::string()
            : ": " + join(ArrayRef(RemovedFunctions).take_front(8), ", "));
  OS << formatv("\n  search: {0} evaluations, {1:f2} a second; A/A {2}\n",
                Evaluations, EvaluationsPerSecond, intervalText(AA));
  if (Arena) {
    OS << formatv("  arena: {0:f1} % of the time in scored regions; {1} of the "
                  "evaluations, {2:f2} a second\n",
                  Arena->Share * 100, Arena->Evaluations, Arena->perSecond());
    // One screen: the largest say enough.
    constexpr size_t Shown = 6;
    for (auto [Index, Each] : enumerate(Arena->Refused)) {
      if (Index == Shown) {
        OS << formatv("  not in the arena: {0} smaller regions\n",
                      Arena->Refused.size() - Shown);
        break;
      }
      OS << formatv("  not in the arena: {0} ({1:f1} %): {2}\n", Each.Function,
                    Each.Share * 100, Each.Reason);
    }
  }
  for (const auto &[Reason, Count] : Rejected)
    OS << formatv("  rejected: {0} {1}\n", Count, Reason);
  OS << "  time:";
  for (const StageTime &S : Stages)
    OS << formatv(" {0} {1:f1} s,", S.Name, S.Seconds);
  if (!Stages.empty())
    Text.pop_back();
  OS << "\n";
  for (const std::string &Note : Notes)
    OS << "  note: " << Note << "\n";
  if (!Output.empty())
    OS << "  wrote " << Output << "\n";
  return Text;
}

} // namespace speciate
