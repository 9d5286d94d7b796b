//===- gp/engine/SearchParams.h - What decides a search, apart from its results
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_ENGINE_SEARCHPARAMS_H
#define SPECIATE_GP_ENGINE_SEARCHPARAMS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>

namespace speciate {

enum class Strategy : uint8_t {
  Genetic,
  Random, ///< The control: genomes drawn without guidance.
};

/// Everything that the sequence of proposals depends on, apart from the space
/// and the recorded outcomes. Stored with the campaign.
struct SearchParams {
  uint64_t Seed = 1;
  Strategy How = Strategy::Genetic;
  /// Proposals of the first generation (which also has the reference), and of
  /// every later one. Evaluations cost seconds each, so generations are small:
  /// what is learned is used early.
  unsigned FirstGeneration = 14;
  unsigned Generation = 8;
  unsigned MaxGenerations = 1000;
  /// Individuals of a population that may breed, at most; a population is never
  /// larger than the number of its choices.
  unsigned Population = 12;
  /// Of those, how many are the best ever, whatever their age; the others are
  /// the youngest.
  unsigned Elites = 6;
  unsigned TournamentSize = 3;
  /// Probability that a child is a mutation rather than a recombination.
  double MutationRate = 0.6;
  /// Regions below this share of the run time wait until all other populations
  /// have nothing left to propose in a generation.
  double TinyShare = 0.02;
  /// Regions with windows are scored in the arena, if there is one.
  bool Arena = true;
  /// Proposals of a generation in the arena, all regions together. They cost a
  /// fraction of a second each.
  unsigned ArenaGeneration = 24;
  /// Of so many generations one is of whole programs, the second first; the
  /// others are in the arena.
  unsigned ArenaCycle = 4;
  /// Such a generation has combinations and, beside them, so many proposals,
  /// each of which costs as much as dozens in the arena; twice as many, but
  /// not more than Generation, after one in which any gained, and half of
  /// them, but 2, after one in which none did.
  unsigned BesideArena = 5;
  /// How many programs of distinct code are handed to the gate.
  unsigned Finalists = 3;

  bool operator==(const SearchParams &) const = default;

  /// Canonical JSON, for the catalog.
  std::string str() const;
  static llvm::Expected<SearchParams> parse(llvm::StringRef Text);
};

} // namespace speciate

#endif
