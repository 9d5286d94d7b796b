//===- test/unit/gp/GenomeTests.cpp - The text of sites, genes and genomes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/genome/Genome.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace speciate;

namespace {

const char Text[] =
    "plan/call/00112233445566aa/8899aabbccddeeff/3 inline-form form=force\n"
    "region/loop/00112233445566aa/8899aabbccddeeff/0 loop-form unroll=4\n"
    "region/loop/00112233445566aa/8899aabbccddeeff/10 loop-form "
    "peel=1;unroll=2\n"
    "program/program/0000000000000000/0000000000000000/0 layout-form "
    "bolt=ext-tsp\n";

Genome parsed(StringRef T) {
  Expected<Genome> G = Genome::parse(T);
  if (!G) {
    ADD_FAILURE() << toString(G.takeError());
    return {};
  }
  return *G;
}

std::string errorOf(StringRef T) {
  Expected<Genome> G = Genome::parse(T);
  if (G)
    return "no error";
  return toString(G.takeError());
}

const char Site[] = "region/loop/00112233445566aa/8899aabbccddeeff/0";

TEST(GenomeTest, TextSurvivesTheRoundTrip) {
  Genome G = parsed(Text);
  EXPECT_EQ(G.size(), 4u);
  EXPECT_EQ(G.str(), Text);
  EXPECT_EQ(parsed(G.str()), G);
  EXPECT_EQ(G.hash().size(), 32u);
}

TEST(GenomeTest, TextIsSortedWhateverTheOrderOfGenes) {
  Genome Forward = parsed(Text), Backward;
  for (size_t I = Forward.size(); I-- > 0;)
    Backward.set(Forward.genes()[I]);
  EXPECT_EQ(Backward.str(), Text);
  EXPECT_EQ(Backward.hash(), Forward.hash());
}

TEST(GenomeTest, SkipsCommentsAndBlankLines) {
  EXPECT_EQ(parsed("# a comment\n\n  \n" + std::string(Text)).str(), Text);
  EXPECT_TRUE(parsed("").empty());
  EXPECT_EQ(parsed("").str(), "");
}

TEST(GenomeTest, SetReplacesTheGeneOfOneSiteAndOperator) {
  Genome G = parsed(Text);
  Gene Changed = G.genes()[1];
  Changed.Parameters = "unroll=8";
  G.set(Changed);
  EXPECT_EQ(G.size(), 4u);
  ASSERT_NE(G.find(Changed.Site, "loop-form"), nullptr);
  EXPECT_EQ(G.find(Changed.Site, "loop-form")->Parameters, "unroll=8");
  EXPECT_EQ(G.find(Changed.Site, "branch-form"), nullptr);
  EXPECT_TRUE(G.erase(Changed.Site, "loop-form"));
  EXPECT_FALSE(G.erase(Changed.Site, "loop-form"));
  EXPECT_EQ(G.size(), 3u);
}

TEST(GenomeTest, TakesPartsByLevelAndFunction) {
  Genome G = parsed(Text);
  EXPECT_EQ(G.atLevel(Level::Plan).size(), 1u);
  EXPECT_EQ(G.atLevel(Level::Region).size(), 2u);
  EXPECT_EQ(G.ofFunction(Level::Region, 0x00112233445566aa).size(), 2u);
  EXPECT_TRUE(G.ofFunction(Level::Region, 1).empty());
  EXPECT_EQ(G.atLevel(Level::Plan)
                .mergedWith(G.atLevel(Level::Region))
                .mergedWith(G.atLevel(Level::Program)),
            G);
}

TEST(GenomeTest, MergeLetsTheOtherWin) {
  Genome A = parsed(std::string(Site) + " loop-form unroll=2\n");
  Genome B = parsed(std::string(Site) + " loop-form unroll=4\n");
  EXPECT_EQ(A.mergedWith(B), B);
  EXPECT_EQ(B.mergedWith(A), A);
}

TEST(GenomeTest, EveryGuidIsKept) {
  SiteId Id{Level::Plan, SiteKind::Switch, UINT64_MAX, UINT64_MAX - 1,
            UINT32_MAX};
  Expected<SiteId> Back = SiteId::parse(Id.str());
  ASSERT_TRUE(bool(Back)) << toString(Back.takeError());
  EXPECT_EQ(*Back, Id);
}

TEST(GenomeTest, RejectsMalformedGenes) {
  std::string S(Site);
  EXPECT_EQ(errorOf("\n\n" + S + "\n"), "line 3: no operator");
  EXPECT_EQ(errorOf(S + " loop-form a=1 b"),
            "line 1: unexpected 'b' after the parameters");
  EXPECT_EQ(errorOf(S + " loop/form a=1"),
            "line 1: bad operator name 'loop/form'");
  EXPECT_EQ(errorOf("region/loop/1 loop-form"),
            "line 1: bad site 'region/loop/1': "
            "level/kind/function/cfg-hash/ordinal expected");
  EXPECT_EQ(errorOf("planet/loop/00112233445566aa/8899aabbccddeeff/0 o"),
            "line 1: unknown level 'planet': plan, region or program "
            "expected");
  EXPECT_EQ(errorOf("plan/lop/00112233445566aa/8899aabbccddeeff/0 o"),
            "line 1: unknown site kind 'lop'");
  EXPECT_EQ(errorOf("plan/loop/00112233445566AA/8899aabbccddeeff/0 o"),
            "line 1: bad function '00112233445566AA': "
            "16 lower-case hex digits expected");
  EXPECT_EQ(errorOf("plan/loop/00112233445566aa/+899aabbccddeeff/0 o"),
            "line 1: bad cfg hash '+899aabbccddeeff': "
            "16 lower-case hex digits expected");
  EXPECT_EQ(errorOf("plan/loop/00112233445566aa/8899aabbccddeeff/01 o"),
            "line 1: bad ordinal '01': a decimal number expected");
  EXPECT_EQ(errorOf("plan/loop/00112233445566aa/8899aabbccddeeff/4294967296 o"),
            "line 1: bad ordinal '4294967296': a decimal number expected");
  EXPECT_EQ(errorOf(S + " o a=1\n" + S + " o a=2\n"),
            "line 2: a second gene of o at " + S);
}

TEST(GenomeTest, AGeneMayHaveNoParameters) {
  std::string T = std::string(Site) + " cold-form\n";
  EXPECT_EQ(parsed(T).str(), T);
}

} // namespace
