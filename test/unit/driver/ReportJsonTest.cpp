//===- test/unit/driver/ReportJsonTest.cpp - Genes as JSON
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/report/Json.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace speciate;

namespace {

ShippedGene measured(Score Gain) {
  ShippedGene G;
  G.TheGene.Operator = "branch-form";
  G.Evidence = VerdictKind::Checked;
  G.Gain = Gain;
  return G;
}

TEST(ReportJsonTest, KeepsAnInterval) {
  Score S{1.25, 1.125, 1.5, 24, 3};
  EXPECT_EQ(intervalText(S), "1.250  [1.125, 1.500]");
  ShippedGene Read = cantFail(geneFromJson(geneToJson(measured(S))));
  EXPECT_EQ(Read.Gain.Low, 1.125);
  EXPECT_EQ(Read.Gain.High, 1.5);
  EXPECT_EQ(Read.Gain.Pairs, 24u);
}

TEST(ReportJsonTest, InventsNoIntervalForFewPairs) {
  Score S{1.25, 0, 0, 4, 1};
  EXPECT_EQ(intervalText(S), "1.250  [4 pairs: too few]");
  json::Value V = geneToJson(measured(S));
  EXPECT_EQ(*V.getAsObject()->getArray("ci95"),
            json::Array({nullptr, nullptr}));
  ShippedGene Read = cantFail(geneFromJson(V));
  EXPECT_EQ(Read.Gain.Ratio, 1.25);
  EXPECT_FALSE(Read.Gain.hasInterval());
}

} // namespace
