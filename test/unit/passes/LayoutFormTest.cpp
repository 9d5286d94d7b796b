//===- test/unit/passes/LayoutFormTest.cpp - Program genes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/apply/Apply.h"
#include "llvm/ADT/STLExtras.h"
#include <gtest/gtest.h>

using namespace llvm;
using namespace speciate;

static const char *const ProgramSite =
    "program/program/0000000000000000/0000000000000000/0 layout-form ";

static ApplyResult applyLayout(StringRef Parameters, LayoutChoices &Layout) {
  Genome G = cantFail(Genome::parse((ProgramSite + Parameters).str()));
  OperatorContext Context;
  Context.Layout = &Layout;
  return cantFail(applyGenome(G, Level::Program, Context));
}

TEST(LayoutFormTest, EveryChoiceThatIsOfferedApplies) {
  LayoutChoices Ignored;
  OperatorContext Context;
  Context.Layout = &Ignored;
  std::vector<Site> Sites = collectSites(Level::Program, Context);
  ASSERT_EQ(Sites.size(), 1u);
  ASSERT_FALSE(Sites[0].Choices.empty());
  for (const Choice &C : Sites[0].Choices) {
    LayoutChoices Layout;
    ApplyResult Result = applyLayout(C.Parameters, Layout);
    EXPECT_EQ(Result.Applied.size(), 1u) << C.Parameters;
    // Canonical: the search compares texts.
    EXPECT_EQ(cantFail(Parameters::parse(C.Parameters)).str(), C.Parameters);
  }
}

TEST(LayoutFormTest, GivesBoltItsUsualOptionsLessTheOnesThatAGeneChanges) {
  LayoutChoices Layout;
  EXPECT_TRUE(
      applyLayout("bolt=on;functions=hfsort;split=off", Layout).NoOps.empty());
  EXPECT_TRUE(Layout.Bolt);
  EXPECT_EQ(Layout.BoltOptions,
            (std::vector<std::string>{"-reorder-blocks=ext-tsp",
                                      "-reorder-functions=hfsort"}));
  EXPECT_TRUE(Layout.LinkArgs.empty());
}

TEST(LayoutFormTest, TurnsBoltOffAndSortsAtTheLink) {
  LayoutChoices Layout;
  Layout.Bolt = true;
  EXPECT_TRUE(applyLayout("bolt=off;link-sort=hfsort", Layout).NoOps.empty());
  EXPECT_FALSE(Layout.Bolt);
  EXPECT_EQ(Layout.LinkArgs,
            std::vector<std::string>{"-Wl,--call-graph-profile-sort=hfsort"});
}

TEST(LayoutFormTest, RefusesWhatItDoesNotKnowAndChangesNothing) {
  for (const auto &[Text, Reason] :
       {std::pair<StringRef, StringRef>{"blocks=ext-tsp",
                                        "parameter 'blocks' needs bolt=on"},
        {"bolt=maybe", "parameter 'bolt=maybe' is neither on nor off"},
        {"bolt=on;split=half", "parameter 'split=half' has an unknown value"},
        {"link-sort=random", "is not none, hfsort or cdsort"},
        {"speed=11", "unknown parameter 'speed'"}}) {
    LayoutChoices Layout;
    ApplyResult Result = applyLayout(Text, Layout);
    EXPECT_TRUE(Result.Applied.empty());
    ASSERT_EQ(Result.NoOps.size(), 1u);
    EXPECT_TRUE(StringRef(Result.NoOps[0]).contains(Reason)) << Result.NoOps[0];
    EXPECT_FALSE(Layout.Bolt);
    EXPECT_TRUE(Layout.BoltOptions.empty());
    EXPECT_TRUE(Layout.LinkArgs.empty());
  }
}
