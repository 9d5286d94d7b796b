//===- test/unit/gp/OutputVerifierTests.cpp - Rule 1
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/verify/OutputVerifier.h"
#include "test/unit/gp/ScriptFixture.h"

using namespace llvm;
using namespace speciate;
using testing::HasSubstr;

namespace {

TEST(VerdictTests, NamesAndAcceptance) {
  unsigned Accepted = 0;
  for (int I = 0; I <= static_cast<int>(VerdictKind::Unsupported); ++I) {
    auto Kind = static_cast<VerdictKind>(I);
    EXPECT_EQ(parseVerdict(verdictName(Kind)), Kind);
    Accepted += Verdict{Kind, ""}.accepted();
  }
  EXPECT_EQ(Accepted, 7u);
  EXPECT_EQ(verdictName(VerdictKind::SyntacticallyEqual),
            "syntactically-equal");
  EXPECT_EQ(parseVerdict("fine"), std::nullopt);
  for (StringRef Refused : {"unsound", "crashed", "timed-out", "unsupported"})
    EXPECT_FALSE((Verdict{*parseVerdict(Refused), ""}).accepted())
        << Refused.str();
  EXPECT_FALSE(Verdict().accepted());
}

class OutputVerifierTests : public ScriptFixture {
protected:
  Expected<std::unique_ptr<OutputVerifier>>
  make(const std::string &Original, std::vector<std::string> Train,
       std::vector<std::string> Check = {}, double Limit = 10) {
    VerifyParams Params;
    Params.TimeLimit = Limit;
    Params.MinTimeLimit = 1;
    return OutputVerifier::create(Original, Train, Check, dir(), Params);
  }
};

TEST_F(OutputVerifierTests, AcceptsOnlyEqualOutputs) {
  std::string Original =
      script("prog", "echo one; echo two $1; echo made > f; exit 0");
  auto V = make(Original, {"{} x"}, {"{} y | tail -1"});
  ASSERT_THAT_EXPECTED(V, Succeeded());
  EXPECT_TRUE((*V)->notCompared().empty());
  auto Verify = [&](StringRef Body) {
    return (*V)->verify(script("variant", Body));
  };
  Verdict Same = (*V)->verify(Original);
  EXPECT_EQ(Same.Kind, VerdictKind::Checked) << Same.Detail;
  Verdict Equal = Verify("printf 'one\\ntwo %s\\n' $1; echo made > f");
  EXPECT_EQ(Equal.Kind, VerdictKind::Checked) << Equal.Detail;

  Verdict Stdout = Verify("echo one; echo twX $1; echo made > f");
  EXPECT_EQ(Stdout.Kind, VerdictKind::Unsound);
  EXPECT_EQ(Stdout.Detail, "'{} x': standard output differs from byte 6");
  Verdict Short = Verify("echo one; echo made > f");
  EXPECT_EQ(Short.Detail, "'{} x': standard output differs from byte 4");
  Verdict File = Verify("echo one; echo two $1; echo mode > f");
  EXPECT_EQ(File.Detail, "'{} x': file 'f' differs");
  Verdict NoFile = Verify("echo one; echo two $1");
  EXPECT_EQ(NoFile.Detail, "'{} x': file 'f' is not written");
  Verdict More = Verify("echo one; echo two $1; echo made > f; echo > g");
  EXPECT_EQ(More.Detail, "'{} x': file 'g' is not expected");
  Verdict Exit = Verify("echo one; echo two $1; echo made > f; exit 1");
  EXPECT_EQ(Exit.Kind, VerdictKind::Unsound);
  EXPECT_EQ(Exit.Detail, "'{} x': exit code 1 instead of 0");
  // Right on train, wrong on the check.
  Verdict Check = Verify("echo one; echo two x; echo made > f");
  EXPECT_EQ(Check.Kind, VerdictKind::Unsound);
  EXPECT_THAT(Check.Detail, HasSubstr("'{} y | tail -1'"));

  Verdict Crash = Verify("kill -SEGV $$");
  EXPECT_EQ(Crash.Kind, VerdictKind::Crashed);
  EXPECT_THAT(Crash.Detail, HasSubstr("signal 11"));
  Verdict Hang = Verify("sleep 60");
  EXPECT_EQ(Hang.Kind, VerdictKind::TimedOut) << Hang.Detail;
  // Stalls once, then does what it should.
  Verdict Stalled =
      Verify("[ -e " + dir() + "/stalled ] || { touch " + dir() +
             "/stalled; sleep 60; }; echo one; echo two $1; echo made > f");
  EXPECT_EQ(Stalled.Kind, VerdictKind::Checked) << Stalled.Detail;
  EXPECT_FALSE((*V)->verify(dir() + "/missing").accepted());
}

TEST_F(OutputVerifierTests, WhatChangesBetweenRecordingsIsNamed) {
  std::string Original =
      script("prog", "echo head; date +%s; date +%s%N > stamp; echo fixed > f");
  auto V = make(Original, {"{}"});
  ASSERT_THAT_EXPECTED(V, Succeeded());
  ASSERT_EQ((*V)->notCompared().size(), 2u);
  EXPECT_THAT((*V)->notCompared()[0],
              HasSubstr("standard output of '{}' from byte "));
  EXPECT_EQ((*V)->notCompared()[1], "file 'stamp' of '{}'");
  EXPECT_TRUE((*V)->verify(Original).accepted());
  // The rest still counts.
  Verdict Wrong =
      (*V)->verify(script("variant", "date; date > stamp; echo wrong > f"));
  EXPECT_EQ(Wrong.Kind, VerdictKind::Unsound);
}

TEST_F(OutputVerifierTests, BadCommandsAreNamed) {
  std::string P = script("prog", "echo broken >&2; exit $1");
  EXPECT_THAT_EXPECTED(
      make(P, {"{} 0", "{} 3"}),
      FailedWithMessage(HasSubstr(
          "'{} 3' fails on the original program: exit code 3:\nbroken")));
  EXPECT_THAT_EXPECTED(make(P, {"{} 0"}, {"{} 9"}),
                       FailedWithMessage(HasSubstr("'{} 9' fails")));
  EXPECT_THAT_EXPECTED(make(P, {"sleep 20; {} 0"}, {}, 0.2),
                       FailedWithMessage(HasSubstr("does not end within")));
  EXPECT_THAT_EXPECTED(make(P, {"true || {}"}),
                       FailedWithMessage(HasSubstr("never runs")));
  EXPECT_THAT_EXPECTED(make(P, {"./prog"}),
                       FailedWithMessage(HasSubstr("write {}")));
}

} // namespace
