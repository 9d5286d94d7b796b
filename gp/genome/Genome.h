//===- gp/genome/Genome.h - Sites, genes, genomes and their text
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A genome is a set of decisions, never IR. Its canonical text is one gene a
// line, sorted; two genomes are equal if and only if their texts are.
//
//   plan/call/00112233445566aa/8899aabbccddeeff/3 inline-form form=force
//   region/loop/00112233445566aa/8899aabbccddeeff/0 loop-form unroll=4
//   program/program/0000000000000000/0000000000000000/0 layout-form
//   bolt=ext-tsp
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_GENOME_GENOME_H
#define SPECIATE_GP_GENOME_GENOME_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace speciate {

/// Where in the pipeline a choice is made: before inlining (plan), inside one
/// function of the planned IR (region), or at the link (program).
enum class Level : uint8_t { Plan, Region, Program };

enum class SiteKind : uint8_t {
  Function,
  Call,
  Loop,
  Branch,
  Select,
  Switch,
  Load,
  Program,
};

/// A place with a choice. Numbered once per level, before any change: the
/// Ordinal-th site of its kind in the function with this GUID and this hash of
/// its control-flow graph.
struct SiteId {
  Level At = Level::Region;
  SiteKind Kind = SiteKind::Function;
  uint64_t FunctionGuid = 0;
  uint64_t CfgHash = 0;
  uint32_t Ordinal = 0;

  bool operator==(const SiteId &) const = default;
  bool operator<(const SiteId &Other) const;

  /// "region/loop/0011223344556677/8899aabbccddeeff/0"
  std::string str() const;
  /// The error names the offending part.
  static llvm::Expected<SiteId> parse(llvm::StringRef Text);
};

llvm::StringRef levelName(Level L);
llvm::StringRef siteKindName(SiteKind K);

/// One decision: what Operator does at Site, with Parameters in the operator's
/// own canonical text ("unroll=4", "form=force", keys sorted, joined by ';').
struct Gene {
  SiteId Site;
  std::string Operator;
  std::string Parameters;

  bool operator==(const Gene &) const = default;
  bool operator<(const Gene &Other) const;

  std::string str() const;
  static llvm::Expected<Gene> parse(llvm::StringRef Line);
};

/// An ordered set of genes with at most one gene per (site, operator).
class Genome {
public:
  Genome() = default;

  /// Replaces a gene of the same site and operator.
  void set(Gene G);
  /// True if there was one.
  bool erase(const SiteId &Site, llvm::StringRef Operator);
  const Gene *find(const SiteId &Site, llvm::StringRef Operator) const;

  /// Sorted by (site, operator).
  const std::vector<Gene> &genes() const { return Genes; }
  bool empty() const { return Genes.empty(); }
  size_t size() const { return Genes.size(); }

  /// The genes of one level; with a GUID, of one function.
  Genome atLevel(Level L) const;
  Genome ofFunction(Level L, uint64_t FunctionGuid) const;
  /// All genes of both; \p Other wins where both have one.
  Genome mergedWith(const Genome &Other) const;

  bool operator==(const Genome &) const = default;

  /// One gene a line, each ended by a newline; the empty genome is "".
  std::string str() const;
  /// Blank lines and lines that start with '#' are skipped. Errors have the
  /// form "line 3: no operator".
  static llvm::Expected<Genome> parse(llvm::StringRef Text);
  /// contentHash of str().
  std::string hash() const;

private:
  std::vector<Gene> Genes;
};

} // namespace speciate

#endif
