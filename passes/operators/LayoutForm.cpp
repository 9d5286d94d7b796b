//===- passes/operators/LayoutForm.cpp - BOLT and linker choices
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/LayoutForm.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace llvm;

namespace speciate {

namespace {

/// One value of one key: what BOLT is given for it.
struct BoltChoice {
  StringLiteral Key, Value;
  StringLiteral Options; ///< Separated by blanks; "" for the absence of any.
};

class LayoutForm final : public Operator {
public:
  StringRef name() const override { return "layout-form"; }
  bool worksAt(Level L) const override { return L == Level::Program; }
  VerdictKind evidence(const Parameters &) const override {
    return VerdictKind::Construction;
  }
  std::vector<Choice> match(const SiteRef &S,
                            OperatorContext &Context) const override;
  Error apply(const SiteRef &S, const Parameters &P,
              OperatorContext &Context) const override;
};

} // namespace

static constexpr BoltChoice BoltTable[] = {
    {"blocks", "ext-tsp", "-reorder-blocks=ext-tsp"},
    {"blocks", "cache", "-reorder-blocks=cache"},
    {"blocks", "none", ""},
    {"functions", "cdsort", "-reorder-functions=cdsort"},
    {"functions", "hfsort", "-reorder-functions=hfsort"},
    {"functions", "none", ""},
    {"split", "on", "-split-functions -split-all-cold -split-eh"},
    {"split", "off", ""},
    {"peepholes", "all", "-peepholes=all"},
    {"peepholes", "none", ""},
    {"align", "16", "-align-functions=16 -align-functions-max-bytes=15"},
    {"align", "32", "-align-functions=32 -align-functions-max-bytes=31"},
    {"align", "64", "-align-functions=64 -align-functions-max-bytes=63"},
};

/// What bolt=on alone means: BOLT's usual options.
static StringRef usualValue(StringRef Key) {
  return StringSwitch<StringRef>(Key)
      .Case("blocks", "ext-tsp")
      .Case("functions", "cdsort")
      .Case("split", "on")
      .Case("peepholes", "none")
      .Default("");
}

std::vector<Choice> LayoutForm::match(const SiteRef &S,
                                      OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Program)
    return {};
  auto Make = [&](StringRef Text, double Benefit) {
    return Choice{name().str(), Text.str(), Benefit};
  };
  return {
      Make("bolt=on", 0.02),
      Make("bolt=on;split=off", 0.015),
      Make("bolt=on;functions=hfsort", 0.012),
      Make("bolt=on;peepholes=all", 0.012),
      Make("align=64;bolt=on", 0.01),
      Make("align=32;bolt=on", 0.01),
      Make("blocks=cache;bolt=on", 0.01),
      Make("bolt=on;functions=none", 0.008),
      Make("blocks=none;bolt=on", 0.004),
      Make("bolt=off;link-sort=hfsort", 0.002),
      Make("bolt=off;link-sort=none", 0.001),
  };
}

Error LayoutForm::apply(const SiteRef &S, const Parameters &P,
                        OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Program || !Context.Layout)
    return createStringError("layout-form fits the program only");
  if (Error E = P.onlyKeys({"align", "blocks", "bolt", "functions", "link-sort",
                            "peepholes", "split"}))
    return E;
  StringRef Bolt = P.get("bolt");
  if (!Bolt.empty() && Bolt != "on" && Bolt != "off")
    return createStringError("parameter 'bolt=" + Bolt +
                             "' is neither on nor off");
  SmallVector<StringRef> Options;
  for (StringRef Key : {"blocks", "functions", "split", "peepholes", "align"}) {
    StringRef Value = P.get(Key);
    if (!Value.empty() && Bolt != "on")
      return createStringError("parameter '" + Key + "' needs bolt=on");
    if (Value.empty())
      Value = usualValue(Key);
    if (Value.empty())
      continue;
    const auto *It = find_if(BoltTable, [&](const BoltChoice &C) {
      return C.Key == Key && C.Value == Value;
    });
    if (It == std::end(BoltTable))
      return createStringError("parameter '" + Key + "=" + Value +
                               "' has an unknown value");
    It->Options.split(Options, ' ', -1, /*KeepEmpty=*/false);
  }
  StringRef Sort = P.get("link-sort");
  if (!Sort.empty() && Sort != "none" && Sort != "hfsort" && Sort != "cdsort")
    return createStringError("parameter 'link-sort=" + Sort +
                             "' is not none, hfsort or cdsort");

  if (!Bolt.empty())
    Context.Layout->Bolt = Bolt == "on";
  if (Bolt == "on") {
    Context.Layout->BoltOptions.clear();
    for (StringRef Option : Options)
      Context.Layout->BoltOptions.push_back(Option.str());
  }
  if (!Sort.empty())
    Context.Layout->LinkArgs.push_back(
        ("-Wl,--call-graph-profile-sort=" + Sort).str());
  return Error::success();
}

std::unique_ptr<Operator> createLayoutForm() {
  return std::make_unique<LayoutForm>();
}

} // namespace speciate
