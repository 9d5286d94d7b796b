//===- gp/genome/Genome.cpp - Sites, genes, genomes and their text
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/genome/Genome.h"
#include "support/Hash.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <optional>
#include <tuple>

using namespace llvm;

namespace speciate {

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

static constexpr StringLiteral LevelNames[] = {"plan", "region", "program"};
static constexpr StringLiteral KindNames[] = {"function", "call",   "loop",
                                              "branch",   "select", "switch",
                                              "load",     "program"};

StringRef levelName(Level L) { return LevelNames[static_cast<size_t>(L)]; }
StringRef siteKindName(SiteKind K) { return KindNames[static_cast<size_t>(K)]; }

template <typename T, size_t N>
static std::optional<T> fromName(const StringLiteral (&Names)[N],
                                 StringRef Name) {
  for (size_t I = 0; I < N; ++I)
    if (Names[I] == Name)
      return static_cast<T>(I);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// SiteId
//===----------------------------------------------------------------------===//

bool SiteId::operator<(const SiteId &Other) const {
  return std::tie(At, Kind, FunctionGuid, CfgHash, Ordinal) <
         std::tie(Other.At, Other.Kind, Other.FunctionGuid, Other.CfgHash,
                  Other.Ordinal);
}

std::string SiteId::str() const {
  return (levelName(At) + "/" + siteKindName(Kind) + "/").str() +
         hex64(FunctionGuid) + "/" + hex64(CfgHash) + "/" +
         std::to_string(Ordinal);
}

/// Exactly the 16 lower-case digits that hex64 writes: a second spelling of one
/// site would make two genomes of one.
static Expected<uint64_t> parseHex64(StringRef Text, StringRef What) {
  uint64_t Value = 0;
  if (Text.size() != 16 || Text.getAsInteger(16, Value) || hex64(Value) != Text)
    return createStringError("bad " + What + " '" + Text +
                             "': 16 lower-case hex digits expected");
  return Value;
}

Expected<SiteId> SiteId::parse(StringRef Text) {
  SmallVector<StringRef, 5> Parts;
  Text.split(Parts, '/');
  if (Parts.size() != 5)
    return createStringError(
        "bad site '" + Text +
        "': level/kind/function/cfg-hash/ordinal expected");
  SiteId Id;
  std::optional<Level> L = fromName<Level>(LevelNames, Parts[0]);
  if (!L)
    return createStringError("unknown level '" + Parts[0] +
                             "': plan, region or program expected");
  std::optional<SiteKind> K = fromName<SiteKind>(KindNames, Parts[1]);
  if (!K)
    return createStringError("unknown site kind '" + Parts[1] + "'");
  Id.At = *L;
  Id.Kind = *K;
  Expected<uint64_t> Guid = parseHex64(Parts[2], "function");
  if (!Guid)
    return Guid.takeError();
  Id.FunctionGuid = *Guid;
  Expected<uint64_t> Cfg = parseHex64(Parts[3], "cfg hash");
  if (!Cfg)
    return Cfg.takeError();
  Id.CfgHash = *Cfg;
  if (Parts[4].getAsInteger(10, Id.Ordinal) ||
      std::to_string(Id.Ordinal) != Parts[4])
    return createStringError("bad ordinal '" + Parts[4] +
                             "': a decimal number expected");
  return Id;
}

//===----------------------------------------------------------------------===//
// Gene
//===----------------------------------------------------------------------===//

bool Gene::operator<(const Gene &Other) const {
  return std::tie(Site, Operator, Parameters) <
         std::tie(Other.Site, Other.Operator, Other.Parameters);
}

std::string Gene::str() const {
  std::string Text = Site.str() + " " + Operator;
  if (!Parameters.empty())
    Text += " " + Parameters;
  return Text;
}

Expected<Gene> Gene::parse(StringRef Line) {
  Line = Line.trim();
  SmallVector<StringRef, 4> Words;
  SplitString(Line, Words, " \t\r");
  if (Words.empty())
    return createStringError("empty gene");
  Expected<SiteId> Site = SiteId::parse(Words[0]);
  if (!Site)
    return Site.takeError();
  if (Words.size() < 2)
    return createStringError("no operator");
  if (Words.size() > 3)
    return createStringError("unexpected '" + Words[3] +
                             "' after the parameters");
  if (!all_of(Words[1], [](char C) { return isAlnum(C) || C == '-'; }))
    return createStringError("bad operator name '" + Words[1] + "'");
  Gene G;
  G.Site = *Site;
  G.Operator = Words[1].str();
  if (Words.size() == 3)
    G.Parameters = Words[2].str();
  return G;
}

//===----------------------------------------------------------------------===//
// Genome
//===----------------------------------------------------------------------===//

/// The first gene that is not before (Site, Operator).
template <typename Genes>
static auto lowerBound(Genes &Sorted, const SiteId &Site, StringRef Operator) {
  return std::lower_bound(
      Sorted.begin(), Sorted.end(), std::tie(Site, Operator),
      [](const Gene &G, const std::tuple<const SiteId &, StringRef &> &Key) {
        if (!(G.Site == std::get<0>(Key)))
          return G.Site < std::get<0>(Key);
        return StringRef(G.Operator) < std::get<1>(Key);
      });
}

void Genome::set(Gene G) {
  auto It = lowerBound(Genes, G.Site, G.Operator);
  if (It != Genes.end() && It->Site == G.Site && It->Operator == G.Operator)
    *It = std::move(G);
  else
    Genes.insert(It, std::move(G));
}

bool Genome::erase(const SiteId &Site, StringRef Operator) {
  auto It = lowerBound(Genes, Site, Operator);
  if (It == Genes.end() || !(It->Site == Site) || It->Operator != Operator)
    return false;
  Genes.erase(It);
  return true;
}

const Gene *Genome::find(const SiteId &Site, StringRef Operator) const {
  auto It = lowerBound(Genes, Site, Operator);
  if (It == Genes.end() || !(It->Site == Site) || It->Operator != Operator)
    return nullptr;
  return &*It;
}

Genome Genome::atLevel(Level L) const {
  Genome Result;
  copy_if(Genes, std::back_inserter(Result.Genes),
          [&](const Gene &G) { return G.Site.At == L; });
  return Result;
}

Genome Genome::ofFunction(Level L, uint64_t FunctionGuid) const {
  Genome Result;
  copy_if(Genes, std::back_inserter(Result.Genes), [&](const Gene &G) {
    return G.Site.At == L && G.Site.FunctionGuid == FunctionGuid;
  });
  return Result;
}

Genome Genome::mergedWith(const Genome &Other) const {
  Genome Result = *this;
  for (const Gene &G : Other.Genes)
    Result.set(G);
  return Result;
}

std::string Genome::str() const {
  std::string Text;
  for (const Gene &G : Genes)
    Text += G.str() + "\n";
  return Text;
}

Expected<Genome> Genome::parse(StringRef Text) {
  Genome Result;
  unsigned Number = 0;
  while (!Text.empty()) {
    auto [Line, Rest] = Text.split('\n');
    Text = Rest;
    ++Number;
    Line = Line.trim();
    if (Line.empty() || Line.starts_with("#"))
      continue;
    Expected<Gene> G = Gene::parse(Line);
    if (!G)
      return createStringError("line " + Twine(Number) + ": " +
                               toString(G.takeError()));
    if (Result.find(G->Site, G->Operator))
      return createStringError("line " + Twine(Number) + ": a second gene of " +
                               G->Operator + " at " + G->Site.str());
    Result.set(std::move(*G));
  }
  return Result;
}

std::string Genome::hash() const { return contentHash(StringRef(str())); }

} // namespace speciate
