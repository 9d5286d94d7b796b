//===- passes/operators/BackendForm.cpp - Code generation of one region
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/BackendForm.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace speciate {

/// What one value of one key adds to the options of the region's code
/// generation.
struct BackendChoice {
  StringLiteral Key, Value;
  /// Separated by blanks.
  StringLiteral Options;
};

static constexpr BackendChoice Table[] = {
    {"tail-dup", "off",
     "-disable-tail-duplicate -disable-early-taildup "
     "-tail-dup-placement=false"},
    {"tail-dup", "4",
     // Block placement has a threshold of 4 by itself.
     "-tail-dup-size=4 -tail-dup-indirect-size=32"},
    {"tail-dup", "8",
     "-tail-dup-size=8 -tail-dup-placement-threshold=8 "
     "-tail-dup-indirect-size=64"},
    {"tail-dup", "16",
     "-tail-dup-size=16 -tail-dup-placement-threshold=16 "
     // A block is too entangled if it has too many predecessors and too many
     // successors; one of the two limits is enough to lift.
     "-tail-dup-indirect-size=128 -tail-dup-pred-size=256"},
    {"align", "32", "-align-loops=32"},
    {"align", "64", "-align-loops=32"},
    {"sched", "ilp", "-misched=ilpmax"},
    {"sched", "off", "-enable-misched=false"},
    {"layout", "ext-tsp", "-enable-ext-tsp-block-placement=true"},
    {"layout", "natural", "-disable-block-placement"},
    {"ifcvt", "on", "-x86-early-ifcvt"},
    {"shrink-wrap", "off", "-enable-shrink-wrap=false"},
};

static constexpr StringLiteral VectorWidth = "vector-width";

namespace {

class BackendForm final : public Operator {
public:
  StringRef name() const override { return "backend-form"; }
  bool worksAt(Level L) const override { return L == Level::Region; }
  VerdictKind evidence(const Parameters &) const override {
    return VerdictKind::Construction;
  }
  std::vector<Choice> match(const SiteRef &S,
                            OperatorContext &Context) const override;
  Error apply(const SiteRef &S, const Parameters &P,
              OperatorContext &Context) const override;
};

} // namespace

/// The widths of vectors that the function's processor has and does not use by
/// itself. Without AVX there is one only.
static SmallVector<StringRef> otherVectorWidths(OperatorContext &Context) {
  const auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(*Context.F);
  uint64_t Now =
      TTI.getRegisterBitWidth(TargetTransformInfo::RGK_FixedWidthVector)
          .getFixedValue();
  SmallVector<StringRef> Result;
  if (Now < 256)
    return Result;
  // AVX-512 doubled the number of registers, too.
  bool Has512 = TTI.getNumberOfRegisters(
                    TTI.getRegisterClassForType(/*Vector=*/true)) >= 32;
  if (Now != 256)
    Result.push_back("256");
  Result.push_back("128");
  if (Now != 512 && Has512)
    Result.push_back("512");
  return Result;
}

std::vector<Choice> BackendForm::match(const SiteRef &S,
                                       OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Function || Context.Share <= 0)
    return {};
  const Function &F = *Context.F;
  bool Indirect = false, Vectors = false;
  for (const BasicBlock &BB : F) {
    const auto *Switch = dyn_cast<SwitchInst>(BB.getTerminator());
    Indirect |= isa<IndirectBrInst>(BB.getTerminator()) ||
                (Switch && Switch->getNumCases() >= 8);
    for (const Instruction &I : BB)
      Vectors |= I.getType()->isVectorTy();
  }
  bool Loops = !Context.FAM->getResult<LoopAnalysis>(*Context.F).empty();
  unsigned Blocks = F.size();

  std::vector<Choice> Result;
  auto Offer = [&](StringRef Text, double Gain) {
    Result.push_back({name().str(), Text.str(), Context.Share * Gain});
  };
  // An interpreter's dispatch, copied to the end of every handler, gives the
  // branch predictor a history for each.
  Offer("tail-dup=16", Indirect ? 0.03 : 0.003);
  Offer("tail-dup=8", Indirect ? 0.02 : 0.004);
  Offer("tail-dup=4", 0.003);
  if (Blocks > 3)
    Offer("tail-dup=off", 0.002);
  Offer("align=64", Loops ? 0.004 : 0.002);
  Offer("align=32", Loops ? 0.005 : 0.002);
  if (Loops || Vectors)
    for (StringRef Width : otherVectorWidths(Context))
      Offer((VectorWidth + "=" + Width).str(), Width == "256" ? 0.004 : 0.002);
  Offer("sched=ilp", 0.003);
  Offer("sched=off", 0.003);
  if (Blocks > 3) {
    Offer("layout=ext-tsp", 0.004);
    Offer("layout=natural", 0.001);
    Offer("ifcvt=on", 0.004);
    Offer("shrink-wrap=off", 0.001);
  }
  return Result;
}

Error BackendForm::apply(const SiteRef &S, const Parameters &P,
                         OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Function)
    return createStringError("backend-form fits functions only");
  if (Error E = P.onlyKeys({"align", "ifcvt", "layout", "sched", "shrink-wrap",
                            "tail-dup", VectorWidth}))
    return E;
  if (!Context.Codegen)
    return createStringError(
        "back-end options need a code generation of the region");
  SmallVector<StringRef> Options;
  for (StringRef Key :
       {"align", "ifcvt", "layout", "sched", "shrink-wrap", "tail-dup"}) {
    StringRef Value = P.get(Key);
    if (Value.empty())
      continue;
    const auto *It = find_if(Table, [&](const BackendChoice &C) {
      return C.Key == Key && C.Value == Value;
    });
    if (It == std::end(Table))
      return createStringError("parameter '" + Key + "=" + Value +
                               "' has an unknown value");
    It->Options.split(Options, ' ');
  }
  StringRef Width = P.get(VectorWidth);
  if (!Width.empty() && Width != "128" && Width != "256" && Width != "512")
    return createStringError("parameter 'vector-width=" + Width +
                             "' is not 128, 256 or 512");

  // Nothing is refused from here on.
  if (!Width.empty())
    Context.F->addFnAttr("prefer-vector-width", Width);
  if (!P.get("align").empty()) {
    uint64_t Bytes = cantFail(P.number("align", 32, 64));
    if (!Context.F->getAlign() || *Context.F->getAlign() < Align(Bytes))
      Context.F->setAlignment(Align(Bytes));
  }
  for (StringRef Option : Options)
    Context.Codegen->add(Option);
  return Error::success();
}

std::unique_ptr<Operator> createBackendForm() {
  return std::make_unique<BackendForm>();
}

} // namespace speciate
