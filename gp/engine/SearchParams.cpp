//===- gp/engine/SearchParams.cpp - What decides a search, apart from its
// results
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/engine/SearchParams.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace speciate {

std::string SearchParams::str() const {
  json::Object O{
      {"seed", std::to_string(Seed)},
      {"strategy", How == Strategy::Random ? "random" : "genetic"},
      {"first_generation", FirstGeneration},
      {"generation", Generation},
      {"max_generations", MaxGenerations},
      {"population", Population},
      {"elites", Elites},
      {"tournament_size", TournamentSize},
      {"mutation_rate", MutationRate},
      {"tiny_share", TinyShare},
      {"finalists", Finalists},
      {"arena", Arena},
      {"arena_generation", ArenaGeneration},
      {"arena_cycle", ArenaCycle},
      {"beside_arena", BesideArena},
  };
  std::string Text;
  raw_string_ostream(Text) << json::Value(std::move(O));
  return Text;
}

Expected<SearchParams> SearchParams::parse(StringRef Text) {
  Expected<json::Value> V = json::parse(Text);
  if (!V)
    return createStringError("search parameters: " + toString(V.takeError()));
  SearchParams P;
  json::Path::Root Root("search parameters");
  json::ObjectMapper Map(*V, Root);
  std::string SeedText, StrategyText;
  if (!Map || !Map.map("seed", SeedText) ||
      !Map.map("strategy", StrategyText) ||
      !Map.map("first_generation", P.FirstGeneration) ||
      !Map.map("generation", P.Generation) ||
      !Map.map("max_generations", P.MaxGenerations) ||
      !Map.map("population", P.Population) || !Map.map("elites", P.Elites) ||
      !Map.map("tournament_size", P.TournamentSize) ||
      !Map.map("mutation_rate", P.MutationRate) ||
      !Map.map("tiny_share", P.TinyShare) ||
      !Map.map("finalists", P.Finalists) || !Map.map("arena", P.Arena) ||
      !Map.map("arena_generation", P.ArenaGeneration) ||
      !Map.map("arena_cycle", P.ArenaCycle) || P.ArenaCycle == 0 ||
      !Map.map("beside_arena", P.BesideArena))
    return Root.getError();
  if (StringRef(SeedText).getAsInteger(10, P.Seed))
    return createStringError("search parameters: bad seed '" + SeedText + "'");
  if (StrategyText != "random" && StrategyText != "genetic")
    return createStringError("search parameters: unknown strategy '" +
                             StrategyText + "'");
  P.How = StrategyText == "random" ? Strategy::Random : Strategy::Genetic;
  return P;
}

} // namespace speciate
