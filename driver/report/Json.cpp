//===- driver/report/Json.cpp - Parts that recipes and reports share, as JSON
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/report/Json.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace speciate {

std::string intervalText(const Score &S) {
  if (!S.hasInterval())
    return formatv("{0:f3}  [{1} pairs: too few]", S.Ratio, S.Pairs).str();
  return formatv("{0:f3}  [{1:f3}, {2:f3}]", S.Ratio, S.Low, S.High).str();
}

json::Array intervalJson(const Score &S) {
  if (!S.hasInterval())
    return json::Array{nullptr, nullptr};
  return json::Array{S.Low, S.High};
}

json::Value geneToJson(const ShippedGene &G) {
  return json::Object{{"function", G.Function},
                      {"location", G.Location},
                      {"site", G.TheGene.Site.str()},
                      {"operator", G.TheGene.Operator},
                      {"parameters", G.TheGene.Parameters},
                      {"evidence", verdictName(G.Evidence)},
                      {"ratio", G.Gain.Ratio},
                      {"ci95", intervalJson(G.Gain)},
                      {"pairs", int64_t(G.Gain.Pairs)}};
}

Expected<ShippedGene> geneFromJson(const json::Value &V) {
  const json::Object *O = V.getAsObject();
  if (!O)
    return createStringError("bad gene");
  ShippedGene G;
  Expected<SiteId> Site = SiteId::parse(O->getString("site").value_or(""));
  if (!Site)
    return Site.takeError();
  G.TheGene.Site = *Site;
  G.TheGene.Operator = O->getString("operator").value_or("").str();
  G.TheGene.Parameters = O->getString("parameters").value_or("").str();
  G.Function = O->getString("function").value_or("").str();
  G.Location = O->getString("location").value_or("").str();
  std::optional<VerdictKind> Evidence =
      parseVerdict(O->getString("evidence").value_or(""));
  const json::Array *Ci = O->getArray("ci95");
  if (!Evidence || !Ci || Ci->size() != 2)
    return createStringError("bad gene");
  G.Evidence = *Evidence;
  G.Gain.Ratio = O->getNumber("ratio").value_or(1);
  G.Gain.Low = (*Ci)[0].getAsNumber().value_or(0);
  G.Gain.High = (*Ci)[1].getAsNumber().value_or(0);
  G.Gain.Pairs = O->getInteger("pairs").value_or(0);
  return std::move(G);
}

} // namespace speciate
