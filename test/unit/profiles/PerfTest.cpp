//===- test/unit/profiles/PerfTest.cpp - Branches as the processor guessed them
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/perf/PerfImport.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace speciate;

namespace {

/// A function with a branch on each of lines 1 and 2, and two on line 3.
DetailProfile modelled() {
  DetailProfile P;
  P.Processes = 1;
  std::string Sites;
  const unsigned Lines[] = {1, 2, 3, 3};
  for (unsigned N = 0; N != 4; ++N) {
    Sites += (Twine(N ? "," : "") + R"({"kind":"branch","n":)" + Twine(N) +
              R"(,"p":0,"at":"/src/a.c:)" + Twine(Lines[N]) + R"("})")
                 .str();
    rt::ValueKey Key = {};
    Key.Function = 7;
    Key.Kind = rt::KindBranch;
    Key.Ordinal = N;
    P.Branches[Key] = {1000, 400, 300, 350, 500};
  }
  P.Functions[{7, 0}] =
      R"({"name":"f","sites":[)" + Sites + R"(],"blocks":[]})";
  return P;
}

std::vector<uint64_t> wrong(const DetailProfile &P) {
  std::vector<uint64_t> Result;
  for (const auto &[Key, B] : P.Branches)
    Result.push_back(B.Wrong);
  return Result;
}

HardwareBranch at(unsigned Line, uint64_t Offset, bool Conditional = true) {
  return {"a", "f", "/src/a.c:" + std::to_string(Line), Offset, Conditional};
}

} // namespace

TEST(PerfTest, TheProcessorsGuessesReplaceTheModels) {
  DetailProfile P = modelled();
  P.Hardware[at(1, 8)] = {60, 5, 40};
  EXPECT_EQ(useHardwareGuesses(P), 1u);
  // 5 % of the executions that the program counted itself.
  EXPECT_EQ(wrong(P), (std::vector<uint64_t>{50, 300, 300, 300}));
}

TEST(PerfTest, WhatIsNotTheSameBranchForSureIsLeft) {
  DetailProfile P = modelled();
  P.Hardware[at(2, 8)] = {60, 5, 40}; // Two of the machine's, one of ours.
  P.Hardware[at(2, 20)] = {60, 5, 40};
  P.Hardware[at(3, 30)] = {60, 5, 40}; // One of the machine's, two of ours.
  P.Hardware[at(1, 40, false)] = {60, 5, 0}; // Not a conditional branch.
  P.Hardware[at(9, 50)] = {60, 5, 40};       // Elsewhere.
  EXPECT_EQ(useHardwareGuesses(P), 0u);
  EXPECT_EQ(wrong(P), (std::vector<uint64_t>{300, 300, 300, 300}));
}

TEST(PerfTest, RecordsAddUpInAnyOrderAndSurviveEveryForm) {
  DetailProfile A, B, AB, BA;
  A.Hardware[at(1, 8)] = {60, 5, 40};
  A.Hardware[at(2, 8)] = {1, 1, 0};
  B.Hardware[at(1, 8)] = {6, 0, 4};
  B.Hardware[at(1, 8, false)] = {7, 2, 0};
  AB.add(A, 2);
  AB.add(B);
  BA.add(B);
  BA.add(A);
  BA.add(A);
  EXPECT_EQ(AB.str(), BA.str());
  EXPECT_EQ(AB.Hardware[at(1, 8)].Taken, 126u);
  for (const std::string &Form : {AB.str(), AB.binary()}) {
    Expected<DetailProfile> Read = DetailProfile::read(Form);
    ASSERT_TRUE(bool(Read)) << toString(Read.takeError());
    EXPECT_EQ(Read->str(), AB.str());
  }
  for (const char *Bad : {"hardware jump 1 2 0 0 a\tf\tx", // More than taken.
                          "hardware what 1 1 0 0 a\tf\tx",
                          "hardware jump 1 1 0 0 a\tf", "hardware jump 1 1"}) {
    Expected<DetailProfile> Read =
        DetailProfile::read(std::string("speciate-detail 1\n") + Bad);
    EXPECT_FALSE(bool(Read)) << Bad;
    consumeError(Read.takeError());
  }
}
