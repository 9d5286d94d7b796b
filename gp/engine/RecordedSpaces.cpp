//===- gp/engine/RecordedSpaces.cpp - Search spaces kept in the catalog
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/engine/RecordedSpaces.h"
#include "gp/engine/SpaceJson.h"
#include "support/Hash.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace speciate {

/// A plan without a space is recorded as such: replay must meet the same
/// failure. No space begins with this.
static constexpr StringLiteral NoSpace = "no space: ";

static std::string spaceName(const Genome &Plan) {
  return "space:" + Plan.hash();
}

static Expected<SearchSpace> parseSpace(StringRef Text) {
  Expected<json::Value> V = json::parse(Text);
  if (!V)
    return createStringError("search space: " + toString(V.takeError()));
  return spaceFromJson(*V);
}

Expected<std::optional<SearchSpace>> recordedSpace(Catalog &C, int64_t Campaign,
                                                   const Genome &Plan) {
  Expected<std::optional<std::string>> Text =
      C.artefact(Campaign, spaceName(Plan));
  if (!Text)
    return Text.takeError();
  if (!*Text)
    return std::optional<SearchSpace>();
  StringRef T = **Text;
  if (T.consume_front(NoSpace))
    return createStringError(T);
  Expected<SearchSpace> Space = parseSpace(**Text);
  if (!Space)
    return Space.takeError();
  return std::optional<SearchSpace>(std::move(*Space));
}

/// Asks the arena which regions of the space it can score.
static void admitRegions(RegionScorer &Arena, const Genome &Plan,
                         SearchSpace &Space) {
  for (Region &R : Space.Regions) {
    R.ArenaRefusal =
        R.Sites.empty() ? "nothing to choose" : Arena.admit(Plan, R);
    R.Windowed = R.ArenaRefusal.empty();
  }
}

Expected<SearchSpace> spaceFor(Catalog &C, int64_t Campaign,
                               VariantBuilder &Builder, RegionScorer *Arena,
                               const Genome &Plan) {
  Expected<std::optional<SearchSpace>> Known = recordedSpace(C, Campaign, Plan);
  if (!Known)
    return Known.takeError();
  if (*Known)
    return std::move(**Known);
  Expected<SearchSpace> Space = Builder.space(Plan);
  if (!Space) {
    std::string Reason = toString(Space.takeError());
    // Without any space there is no campaign to record it for.
    if (!Plan.empty())
      if (Error E =
              C.setArtefact(Campaign, spaceName(Plan), NoSpace.str() + Reason))
        return std::move(E);
    return createStringError(Reason);
  }
  if (Arena)
    admitRegions(*Arena, Plan, *Space);
  std::string Text;
  raw_string_ostream(Text) << toJson(*Space);
  if (Error E = C.setArtefact(Campaign, spaceName(Plan), Text))
    return std::move(E);
  if (Plan.empty()) {
    Expected<std::string> Hash = C.artefactHash(Campaign, spaceName(Plan));
    if (!Hash)
      return Hash.takeError();
    if (Error E = C.setSpaceHash(Campaign, *Hash))
      return std::move(E);
  }
  // As a resumed run will read it.
  return parseSpace(Text);
}

Error requireSpace(Catalog &C, int64_t Campaign, const Genome &Plan) {
  Expected<std::string> Hash = C.artefactHash(Campaign, spaceName(Plan));
  if (!Hash)
    return Hash.takeError();
  if (Hash->empty())
    return createStringError("campaign " + Twine(Campaign) +
                             ": a space is missing in the catalog");
  return Error::success();
}

static std::string madeSitesName(const Genome &Plan, uint64_t Guid,
                                 const Genome &Genes) {
  return "made:" + contentHash(Plan.hash() + hex64(Guid) + Genes.hash());
}

Expected<std::optional<std::vector<Site>>>
recordedMadeSites(Catalog &C, int64_t Campaign, const Genome &Plan,
                  uint64_t Guid, const Genome &Genes) {
  Expected<std::optional<std::string>> Text =
      C.artefact(Campaign, madeSitesName(Plan, Guid, Genes));
  if (!Text)
    return Text.takeError();
  if (!*Text)
    return std::optional<std::vector<Site>>();
  Expected<json::Value> V = json::parse(**Text);
  if (!V)
    return createStringError("made sites: " + toString(V.takeError()));
  Expected<std::vector<Site>> Sites = sitesFromJson(*V);
  if (!Sites)
    return Sites.takeError();
  return std::optional<std::vector<Site>>(std::move(*Sites));
}

Expected<std::vector<Site>> madeSitesFor(Catalog &C, int64_t Campaign,
                                         VariantBuilder &Builder,
                                         const Genome &Plan, uint64_t Guid,
                                         const Genome &Genes) {
  Expected<std::optional<std::vector<Site>>> Known =
      recordedMadeSites(C, Campaign, Plan, Guid, Genes);
  if (!Known)
    return Known.takeError();
  if (*Known)
    return std::move(**Known);
  Expected<std::vector<Site>> Sites = Builder.madeSites(Plan, Guid, Genes);
  if (!Sites) {
    consumeError(Sites.takeError());
    Sites = std::vector<Site>();
  }
  std::string Text;
  raw_string_ostream(Text) << sitesToJson(*Sites);
  if (Error E = C.setArtefact(Campaign, madeSitesName(Plan, Guid, Genes), Text))
    return std::move(E);
  // As a resumed run will read it.
  Expected<json::Value> V = json::parse(Text);
  if (!V)
    return V.takeError();
  return sitesFromJson(*V);
}

} // namespace speciate
