//===- test/unit/gp/CatalogTests.cpp - What the catalog keeps and refuses
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/unit/gp/FakeProgram.h"
#include <sqlite3.h>
#include <sys/stat.h>

using namespace llvm;
using namespace speciate;

namespace {

struct Fixture {
  TempDir Dir = orFail(TempDir::create("catalog-test"));
  Catalog C = orFail(Catalog::open(Dir.path()));
  CampaignInfo Info;
  Proposal P;

  Fixture() {
    CampaignInfo I;
    I.Key = "00112233445566778899aabbccddeeff";
    I.Program = "bzip2";
    I.RecordId = "ab";
    I.Seed = UINT64_MAX;
    I.Params = "{}";
    Info = orFail(C.beginCampaign(I));
    P.Population = "plan";
    P.Lineage = "seed single";
    P.G.set(orFail(
        Gene::parse("plan/call/00112233445566aa/8899aabbccddeeff/3 o a=1")));
  }
};

TEST(CatalogTest, GivesBackWhatWasRecorded) {
  Fixture F;
  EXPECT_EQ(F.Info.Seed, UINT64_MAX);
  EXPECT_EQ(F.Info.State, CampaignState::Open);
  EXPECT_EQ(errorText(F.C.recordProposals(F.Info.Id, {F.P})), "no error");
  Outcome O;
  O.K = Outcome::Kind::Measured;
  O.V = {VerdictKind::Checked, "all of it"};
  O.S = Score{1.0 / 3, 0.1, 0.7, 24, 2.5};
  O.CodeHash = "cafe";
  O.NoOps = {"one: gone", "two: refused"};
  EXPECT_EQ(errorText(F.C.recordOutcome(F.Info.Id, F.P, O, 12.5)), "no error");
  // Another connection sees it.
  Catalog Other = orFail(Catalog::open(F.Dir.path()));
  EXPECT_EQ(orFail(Other.generations(F.Info.Id)), 1u);
  std::vector<Proposal> Ps = orFail(Other.proposals(F.Info.Id, 0));
  ASSERT_EQ(Ps.size(), 1u);
  EXPECT_EQ(Ps[0], F.P);
  Outcome Back = orFail(Other.outcomes(F.Info.Id, 0)).at(0);
  EXPECT_EQ(Back.K, O.K);
  EXPECT_EQ(Back.V.Kind, O.V.Kind);
  EXPECT_EQ(Back.V.Detail, O.V.Detail);
  EXPECT_EQ(Back.S.Ratio, O.S.Ratio);
  EXPECT_EQ(Back.S.Pairs, O.S.Pairs);
  EXPECT_EQ(Back.CodeHash, O.CodeHash);
  EXPECT_EQ(Back.NoOps, O.NoOps);
  EXPECT_EQ(orFail(Other.campaign(F.Info.Id)).SpentSeconds, 12.5);
}

TEST(CatalogTest, AKnownKeyResumes) {
  Fixture F;
  CampaignInfo Again = orFail(F.C.beginCampaign(F.Info));
  EXPECT_EQ(Again.Id, F.Info.Id);
  EXPECT_EQ(orFail(F.C.campaigns()).size(), 1u);
  for (CampaignState S : {CampaignState::Searched, CampaignState::Finished,
                          CampaignState::Open}) {
    EXPECT_EQ(errorText(F.C.setState(F.Info.Id, S, 3)), "no error");
    EXPECT_EQ(orFail(F.C.campaign(F.Info.Id)).State, S);
  }
}

TEST(CatalogTest, FindsByNumberAndKey) {
  Fixture F;
  EXPECT_EQ(orFail(F.C.findCampaign("1")).Key, F.Info.Key);
  EXPECT_EQ(orFail(F.C.findCampaign("001122")).Id, 1);
  EXPECT_NE(errorText(F.C.findCampaign("zzzz")).find("no campaign 'zzzz'"),
            std::string::npos);
  CampaignInfo I = F.Info;
  I.Key = "0011ff";
  orFail(F.C.beginCampaign(I));
  EXPECT_NE(errorText(F.C.findCampaign("0011")).find("several"),
            std::string::npos);
}

TEST(CatalogTest, ArtefactsAreKeptByContent) {
  Fixture F;
  EXPECT_FALSE(orFail(F.C.artefact(F.Info.Id, "profile")).has_value());
  std::string Bytes("a\0b", 3);
  EXPECT_EQ(errorText(F.C.setArtefact(F.Info.Id, "profile", Bytes)),
            "no error");
  EXPECT_EQ(orFail(F.C.artefact(F.Info.Id, "profile")).value(), Bytes);
  std::string Hash = orFail(F.C.artefactHash(F.Info.Id, "profile"));
  std::string Path =
      F.Dir.path() + "/objects/" + Hash.substr(0, 2) + "/" + Hash.substr(2);
  EXPECT_EQ(orFail(readFile(Path)), Bytes);
  EXPECT_EQ(errorText(writeFileAtomically(Path, "other")), "no error");
  EXPECT_NE(errorText(F.C.artefact(F.Info.Id, "profile")).find("damaged"),
            std::string::npos);
}

TEST(CatalogTest, ProposalsAreRecordedOnceAndWhole) {
  Fixture F;
  Proposal Second = F.P;
  Second.Index = 1;
  // The third clashes with the first: none is written.
  EXPECT_NE(errorText(F.C.recordProposals(F.Info.Id, {F.P, Second, F.P})),
            "no error");
  EXPECT_TRUE(orFail(F.C.proposals(F.Info.Id, 0)).empty());
  EXPECT_EQ(errorText(F.C.recordProposals(F.Info.Id, {F.P, Second})),
            "no error");
  EXPECT_EQ(orFail(F.C.proposals(F.Info.Id, 0)).size(), 2u);
}

TEST(CatalogTest, DamagedFilesAreNamed) {
  TempDir Dir = orFail(TempDir::create("catalog-test"));
  std::string Path = Dir.file("catalog.db");
  EXPECT_EQ(errorText(writeFileAtomically(Path, std::string(8192, 'x'))),
            "no error");
  std::string Message = errorText(Catalog::open(Dir.path()));
  EXPECT_EQ(Message,
            Path + ": not a catalog or damaged; move it away to start a new "
                   "one");
}

TEST(CatalogTest, OtherVersionsAreRefused) {
  TempDir Dir = orFail(TempDir::create("catalog-test"));
  {
    auto DB = orFail(Database::open(Dir.file("catalog.db")));
    EXPECT_EQ(errorText(DB->exec("PRAGMA user_version = 99")), "no error");
  }
  EXPECT_NE(errorText(Catalog::open(Dir.path())).find("another version (99"),
            std::string::npos);
}

TEST(CatalogTest, ALockIsNamed) {
  Fixture F;
  auto Holder = orFail(Database::open(F.Dir.file("catalog.db")));
  EXPECT_EQ(errorText(Holder->exec("BEGIN IMMEDIATE")), "no error");
  auto DB = orFail(Database::open(F.Dir.file("catalog.db"), 0.05));
  EXPECT_NE(errorText(DB->exec("UPDATE campaigns SET spent = 1"))
                .find("locked by another process"),
            std::string::npos);
}

TEST(CatalogTest, AFolderThatCannotBeMadeIsAnError) {
  TempDir Dir = orFail(TempDir::create("catalog-test"));
  EXPECT_EQ(errorText(writeFileAtomically(Dir.file("f"), "x")), "no error");
  EXPECT_NE(errorText(Catalog::open(Dir.file("f"))).find(Dir.file("f")),
            std::string::npos);
}

} // namespace
