//===- gp/engine/SpaceJson.cpp - Search spaces as JSON
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/engine/SpaceJson.h"
#include "support/Hash.h"

using namespace llvm;

namespace speciate {

template <typename T>
static json::Array listToJson(const std::vector<T> &Items) {
  json::Array Result;
  for (const T &Item : Items)
    Result.push_back(toJson(Item));
  return Result;
}

json::Value toJson(const Site &S) {
  json::Array Choices;
  for (const Choice &C : S.Choices)
    Choices.push_back(json::Object{{"operator", C.Operator},
                                   {"parameters", C.Parameters},
                                   {"benefit", C.Benefit}});
  json::Object O{{"id", S.Id.str()},
                 {"function", S.Function},
                 {"location", S.Location},
                 {"weight", S.Weight},
                 {"choices", std::move(Choices)}};
  if (!S.MadeBy.empty())
    O["made_by"] = S.MadeBy;
  return O;
}

json::Value toJson(const Region &R) {
  json::Object O{{"guid", hex64(R.Guid)},
                 {"function", R.Function},
                 {"share", R.Share},
                 {"sites", listToJson(R.Sites)}};
  if (R.Windowed)
    O["windowed"] = true;
  if (!R.ArenaRefusal.empty())
    O["arena_refusal"] = R.ArenaRefusal;
  return O;
}

json::Value toJson(const SearchSpace &S) {
  return json::Object{{"plan", listToJson(S.PlanSites)},
                      {"regions", listToJson(S.Regions)},
                      {"program", listToJson(S.ProgramSites)}};
}

json::Value sitesToJson(const std::vector<Site> &Sites) {
  return json::Object{{"sites", listToJson(Sites)}};
}

template <typename T>
static Expected<std::vector<T>>
listFromJson(const json::Object &O, StringRef Key,
             Expected<T> (*Parse)(const json::Value &)) {
  const json::Array *Items = O.getArray(Key);
  if (!Items)
    return createStringError("search space: no list \"%s\"", Key.str().c_str());
  std::vector<T> Result;
  for (const json::Value &Item : *Items) {
    Expected<T> Parsed = Parse(Item);
    if (!Parsed)
      return Parsed.takeError();
    Result.push_back(std::move(*Parsed));
  }
  return std::move(Result);
}

static Error missing(StringRef What) {
  return createStringError("search space: bad or missing \"%s\"",
                           What.str().c_str());
}

static Expected<Choice> choiceFromJson(const json::Value &V) {
  const json::Object *O = V.getAsObject();
  if (!O)
    return missing("choice");
  auto Operator = O->getString("operator");
  auto Parameters = O->getString("parameters");
  auto Benefit = O->getNumber("benefit");
  if (!Operator || !Parameters || !Benefit)
    return missing("choice");
  return Choice{Operator->str(), Parameters->str(), *Benefit};
}

Expected<Site> siteFromJson(const json::Value &V) {
  const json::Object *O = V.getAsObject();
  if (!O)
    return missing("site");
  auto Id = O->getString("id");
  auto Function = O->getString("function");
  auto Weight = O->getNumber("weight");
  if (!Id || !Function || !Weight)
    return missing("site");
  Site S;
  Expected<SiteId> Parsed = SiteId::parse(*Id);
  if (!Parsed)
    return Parsed.takeError();
  S.Id = *Parsed;
  S.Function = Function->str();
  S.Location = O->getString("location").value_or("").str();
  S.Weight = *Weight;
  S.MadeBy = O->getString("made_by").value_or("").str();
  Expected<std::vector<Choice>> Choices =
      listFromJson<Choice>(*O, "choices", choiceFromJson);
  if (!Choices)
    return Choices.takeError();
  S.Choices = std::move(*Choices);
  return std::move(S);
}

Expected<std::vector<Site>> sitesFromJson(const json::Value &V) {
  const json::Object *O = V.getAsObject();
  if (!O)
    return missing("sites");
  return listFromJson<Site>(*O, "sites", siteFromJson);
}

Expected<Region> regionFromJson(const json::Value &V) {
  const json::Object *O = V.getAsObject();
  if (!O)
    return missing("region");
  auto Guid = O->getString("guid");
  auto Function = O->getString("function");
  auto Share = O->getNumber("share");
  Region R;
  if (!Guid || Guid->getAsInteger(16, R.Guid) || !Function || !Share)
    return missing("region");
  R.Function = Function->str();
  R.Share = *Share;
  Expected<std::vector<Site>> Sites =
      listFromJson<Site>(*O, "sites", siteFromJson);
  if (!Sites)
    return Sites.takeError();
  R.Sites = std::move(*Sites);
  R.Windowed = O->getBoolean("windowed").value_or(false);
  R.ArenaRefusal = O->getString("arena_refusal").value_or("").str();
  return std::move(R);
}

Expected<SearchSpace> spaceFromJson(const json::Value &V) {
  const json::Object *O = V.getAsObject();
  if (!O)
    return missing("space");
  SearchSpace S;
  Expected<std::vector<Site>> Plan =
      listFromJson<Site>(*O, "plan", siteFromJson);
  if (!Plan)
    return Plan.takeError();
  Expected<std::vector<Region>> Regions =
      listFromJson<Region>(*O, "regions", regionFromJson);
  if (!Regions)
    return Regions.takeError();
  Expected<std::vector<Site>> Program =
      listFromJson<Site>(*O, "program", siteFromJson);
  if (!Program)
    return Program.takeError();
  S.PlanSites = std::move(*Plan);
  S.Regions = std::move(*Regions);
  S.ProgramSites = std::move(*Program);
  return std::move(S);
}

} // namespace speciate
