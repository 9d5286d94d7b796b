//===- test/unit/passes/ParametersTest.cpp - Text of gene parameters
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/Operator.h"
#include <gtest/gtest.h>

using namespace llvm;
using namespace speciate;

static std::string errorOf(StringRef Text) {
  Expected<Parameters> P = Parameters::parse(Text);
  return P ? "" : toString(P.takeError());
}

TEST(ParametersTest, SortsKeysIntoCanonicalText) {
  Parameters P = cantFail(Parameters::parse("vectorize=off;unroll=4"));
  EXPECT_EQ(P.str(), "unroll=4;vectorize=off");
  EXPECT_EQ(P.get("unroll"), "4");
  EXPECT_EQ(P.get("peel"), "");
  P.set("align", "32");
  P.set("unroll", "8");
  EXPECT_EQ(P.str(), "align=32;unroll=8;vectorize=off");
  EXPECT_EQ(cantFail(Parameters::parse(P.str())).str(), P.str());
}

TEST(ParametersTest, NamesTheBadToken) {
  EXPECT_EQ(errorOf("unroll"),
            "parameter 'unroll' is not of the form key=value");
  EXPECT_EQ(errorOf("a=1;;b=2"), "parameter '' is not of the form key=value");
  EXPECT_EQ(errorOf("=4"), "parameter '=4' has a bad key");
  EXPECT_EQ(errorOf("unroll="), "parameter 'unroll=' has a bad value");
  EXPECT_EQ(errorOf("unroll=4 x"), "parameter 'unroll=4 x' has a bad value");
  EXPECT_EQ(errorOf("a=1;a=2"), "parameter 'a' is given twice");
  EXPECT_EQ(errorOf(""), "");
}

TEST(ParametersTest, ChecksNumbersAndKeys) {
  Parameters P = cantFail(Parameters::parse("unroll=4;width=x"));
  EXPECT_EQ(cantFail(P.number("unroll", 2, 64)), 4u);
  EXPECT_EQ(toString(P.number("unroll", 5, 64).takeError()),
            "parameter 'unroll=4' is not a number from 5 to 64");
  EXPECT_EQ(toString(P.number("width", 1, 8).takeError()),
            "parameter 'width=x' is not a number from 1 to 8");
  EXPECT_EQ(toString(P.number("peel", 1, 8).takeError()),
            "no parameter 'peel'");
  EXPECT_FALSE(errorToBool(P.onlyKeys({"unroll", "width"})));
  EXPECT_EQ(toString(P.onlyKeys({"unroll", "peel"})),
            "unknown parameter 'width', expected one of: unroll, peel");
}

TEST(OperatorTest, TableFindsEveryOperatorByName) {
  ASSERT_FALSE(allOperators().empty());
  for (const Operator *Op : allOperators())
    EXPECT_EQ(findOperator(Op->name()), Op);
  EXPECT_EQ(findOperator("no-such-form"), nullptr);
}
