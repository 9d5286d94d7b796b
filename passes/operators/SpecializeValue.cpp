//===- passes/operators/SpecializeValue.cpp - Clones for a dominant value
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/SpecializeValue.h"
#include "passes/instrument/ValueProfile.h"
#include "passes/operators/LoopForm.h"
#include "passes/operators/Versioning.h"
#include "passes/sites/Cost.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/ConstantFolding.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace speciate {

/// A value that is rarer does not pay for the guard; of a division, which costs
/// as much as many guards, less is enough.
static constexpr double MinShare = 0.6;
static constexpr double MinDivisorShare = 0.4;
/// Of fewer events nothing can be said.
static constexpr uint64_t MinEvents = 64;
static constexpr double DivisionCycles = 20;
/// Longer loops are not unrolled whole.
static constexpr uint64_t MaxTrips = 64;

namespace {

class SpecializeValue final : public Operator {
public:
  StringRef name() const override { return "specialize-value"; }
  bool worksAt(Level L) const override { return L == Level::Region; }
  VerdictKind evidence(const Parameters &) const override {
    return VerdictKind::Checked;
  }
  bool actsLast() const override { return true; }
  std::vector<Choice> match(const SiteRef &S,
                            OperatorContext &Context) const override;
  Error apply(const SiteRef &S, const Parameters &P,
              OperatorContext &Context) const override;

private:
  void offerTogether(const SiteId &Id, OperatorContext &Context,
                     std::vector<Choice> &Result) const;
  void offerTrips(const SiteRef &S, OperatorContext &Context,
                  std::vector<Choice> &Result) const;
  void offer(Value &V, const rt::ValueKey &Key, StringRef Prefix,
             OperatorContext &Context, std::vector<Choice> &Result) const;
};

/// What becomes the constant, and how often it is.
struct Specialized {
  Value *V;
  Constant *C;
  unsigned Percent;
  /// Other values that become constants with it.
  SmallVector<std::pair<Value *, Constant *>, 4> Also;
};

} // namespace

//===----------------------------------------------------------------------===//
// Transformation
//===----------------------------------------------------------------------===//

/// Versions by \p Make(guard, map), where the value is the constant.
template <typename MakeVersions>
static void versionForConstant(const Specialized &S, MakeVersions Make) {
  ValueToValueMapTy Map;
  Map[S.V] = S.C;
  for (auto [V, C] : S.Also)
    Map[V] = C;
  auto Is = [&](IRBuilderBase &B) {
    Value *All = B.CreateICmpEQ(B.CreateFreeze(S.V), S.C, "is.special");
    for (auto [V, C] : S.Also)
      All =
          B.CreateAnd(All, B.CreateICmpEQ(B.CreateFreeze(V), C), "are.special");
    return All;
  };
  Make(Guard{Is, S.Percent}, Map);
}

static Error specializeBody(const Specialized &S, OperatorContext &Context) {
  size_t Total = 0;
  if (Error E = canCopyAll(blocksOf(*Context.F), Total))
    return E;
  versionForConstant(S, [&](const Guard &G, ValueToValueMapTy &Map) {
    versionBody(*Context.F, G, Map);
  });
  return Error::success();
}

static Error specializeLoops(const Specialized &S, OperatorContext &Context) {
  Function &F = *Context.F;
  FunctionAnalysisManager &FAM = *Context.FAM;
  SmallVector<BasicBlock *, 2> Headers =
      loopsThatUse(*S.V, FAM.getResult<LoopAnalysis>(F));
  if (Headers.empty())
    return createStringError("no loop uses the value without computing it");
  size_t Total = 0;
  for (BasicBlock *Header : Headers) {
    Loop *L = FAM.getResult<LoopAnalysis>(F).getLoopFor(Header);
    if (Error E = canCopyAll(L->getBlocks(), Total))
      return E;
    if (Error E = canSimplifyLoop(*L))
      return E;
  }
  for (BasicBlock *Header : Headers) {
    Loop *L = FAM.getResult<LoopAnalysis>(F).getLoopFor(Header);
    simplifyLoopShape(*L, Context);
    versionForConstant(S, [&](const Guard &G, ValueToValueMapTy &Map) {
      versionLoop(*L, G, Map);
    });
    FAM.invalidate(F, PreservedAnalyses::none());
  }
  return Error::success();
}

/// What \p Division divides by when the value is the constant.
static Constant *divisorOf(const BinaryOperator &Division,
                           const Specialized &S) {
  const Value *Divisor = Division.getOperand(1);
  if (Divisor == S.V)
    return S.C;
  return ConstantFoldCastOperand(cast<CastInst>(Divisor)->getOpcode(), S.C,
                                 Divisor->getType(),
                                 Division.getFunction()->getDataLayout());
}

static Error specializeDivisions(const Specialized &S) {
  SmallVector<BinaryOperator *, 2> Divisions = divisionsBy(*S.V);
  if (Divisions.empty())
    return createStringError("nothing is divided by the value");
  for (const BinaryOperator *Division : Divisions)
    if (divisorOf(*Division, S)->isNullValue())
      return createStringError("a division by zero is not specialized");
  for (BinaryOperator *Division : Divisions) {
    IRBuilder<> B(Division);
    Constant *C = divisorOf(*Division, S);
    Value *Is = B.CreateICmpEQ(B.CreateFreeze(Division->getOperand(1)), C,
                               "is.special");
    MDNode *Weights = MDBuilder(B.getContext())
                          .createBranchWeights(S.Percent, 100 - S.Percent);
    Instruction *Then, *Else;
    SplitBlockAndInsertIfThenElse(Is, Division->getIterator(), &Then, &Else,
                                  Weights);
    BasicBlock *Tail = Division->getParent();
    Instruction *Copy = Division->clone();
    Copy->setOperand(1, C);
    Copy->insertBefore(Then->getIterator());
    PHINode *Phi = PHINode::Create(Division->getType(), 2);
    Phi->insertBefore(Tail->begin());
    Phi->setDebugLoc(Division->getDebugLoc());
    Phi->takeName(Division);
    Division->replaceAllUsesWith(Phi);
    Division->moveBefore(Else->getIterator());
    Phi->addIncoming(Copy, Then->getParent());
    Phi->addIncoming(Division, Else->getParent());
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// The operator
//===----------------------------------------------------------------------===//

void SpecializeValue::offer(Value &V, const rt::ValueKey &Key, StringRef Prefix,
                            OperatorContext &Context,
                            std::vector<Choice> &Result) const {
  const SiteValues *Seen = Context.Detail->values(Key);
  if (!Seen || Seen->Counted < MinEvents)
    return;
  std::vector<ValueCount> Values = Seen->values();
  if (Values.empty())
    return;
  const ValueCount &Top = Values.front();
  if (V.getType()->isPointerTy() && Top.Value != 0)
    return;
  const double Share = double(Top.Lower) / double(Seen->Counted);
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(*Context.F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(*Context.F);
  auto &LI = Context.FAM->getResult<LoopAnalysis>(*Context.F);
  const double Cost = staticCost(*Context.F, BFI, TTI);
  if (Cost <= 0)
    return;
  const unsigned Percent = std::min(99u, unsigned(Share * 100));
  auto Offer = [&](StringRef Scope, double Benefit) {
    // What is not a thousandth of its function cannot be measured.
    if (Benefit <= Context.Share * 1e-3)
      return;
    Result.push_back({name().str(),
                      (Prefix + Scope + "share=" + Twine(Percent) +
                       ";value=" + Twine(Top.Value))
                          .str(),
                      Benefit});
  };
  if (Share >= MinDivisorShare && Top.Value != 0) {
    double Saved = 0;
    for (const BinaryOperator *Division : divisionsBy(V))
      Saved += blockCount(*Division->getParent(), BFI) * DivisionCycles * Share;
    // The static cost of a division is about the same.
    Offer("scope=division;", Context.Share * std::min(0.9, Saved / Cost) * 0.7);
  }
  if (Share < MinShare)
    return;
  size_t Total = 0;
  if (isa<Argument>(V)) {
    if (!isWorthSpecializing(cast<Argument>(V)))
      return;
    if (Error E = canCopyAll(blocksOf(*Context.F), Total))
      return consumeError(std::move(E));
    // In a loop what becomes constant is worth more than once a call.
    const bool Loops = !loopsThatUse(V, LI).empty();
    Offer("", Context.Share * Share * (Loops ? 0.08 : 0.02));
    if (!Loops)
      return;
    Total = 0;
  }
  double Covered = 0;
  for (BasicBlock *Header : loopsThatUse(V, LI)) {
    Loop *L = LI.getLoopFor(Header);
    Error E = canCopyAll(L->getBlocks(), Total);
    if (!E)
      E = canSimplifyLoop(*L);
    if (E)
      return consumeError(std::move(E));
    Covered += staticCost(*L, BFI, TTI);
  }
  Offer("scope=loop;", Context.Share * Share * Covered / Cost * 0.06);
}

/// All arguments that have a value of their own, if there are several. How
/// often all of them have it at once is at least what their shares leave.
void SpecializeValue::offerTogether(const SiteId &Id, OperatorContext &Context,
                                    std::vector<Choice> &Result) const {
  Parameters P;
  std::string Also;
  double Missing = 0;
  unsigned Found = 0;
  for (Argument &A : Context.F->args()) {
    const SiteValues *Seen = Context.Detail->values(valueKey(Id, A.getArgNo()));
    if (!Seen || Seen->Counted < MinEvents || !isWorthSpecializing(A))
      continue;
    std::vector<ValueCount> Values = Seen->values();
    if (Values.empty() || (A.getType()->isPointerTy() && Values[0].Value != 0))
      continue;
    const double Rest = 1 - double(Values[0].Lower) / double(Seen->Counted);
    if (1 - Rest < MinShare || 1 - Missing - Rest < MinShare)
      continue;
    Missing += Rest;
    const std::string Value = std::to_string(Values[0].Value);
    if (!Found++) {
      P.set("arg", std::to_string(A.getArgNo()));
      P.set("value", Value);
      continue;
    }
    Also +=
        (Also.empty() ? "" : "+") + std::to_string(A.getArgNo()) + "." + Value;
  }
  size_t Total = 0;
  if (Found < 2)
    return;
  if (Error E = canCopyAll(blocksOf(*Context.F), Total))
    return consumeError(std::move(E));
  P.set("also", Also);
  P.set("share", std::to_string(std::clamp(int((1 - Missing) * 100), 1, 99)));
  Result.push_back(
      {name().str(), P.str(), Context.Share * (1 - Missing) * 0.05 * Found});
}

void SpecializeValue::offerTrips(const SiteRef &S, OperatorContext &Context,
                                 std::vector<Choice> &Result) const {
  const SiteValues *Seen = Context.Detail->values(valueKey(S.Id, 0));
  Loop *L = loopOf(S, Context);
  if (!L || !Seen || Seen->Counted < MinEvents)
    return;
  std::vector<ValueCount> Values = Seen->values();
  if (Values.empty() || Values[0].Value == 0 || Values[0].Value > MaxTrips)
    return;
  const double Share = double(Values[0].Lower) / double(Seen->Counted);
  const LoopCost Cost = costOf(*L, Context);
  // Tests and counting of all passes, and what unrolling makes simpler.
  const double Benefit =
      Cost.Share * Share * (Values[0].Value <= 8 ? 0.12 : 0.06);
  if (Share < MinShare || Benefit <= Context.Share * 1e-3)
    return;
  if (Error E = canSpecializeTrips(*L, Context))
    return consumeError(std::move(E));
  Result.push_back({name().str(),
                    ("share=" + Twine(std::min(99u, unsigned(Share * 100))) +
                     ";trips=" + Twine(Values[0].Value))
                        .str(),
                    Benefit});
}

std::vector<Choice> SpecializeValue::match(const SiteRef &S,
                                           OperatorContext &Context) const {
  std::vector<Choice> Result;
  if (!Context.Detail)
    return Result;
  Value *V = S.Where;
  if (S.Id.Kind == SiteKind::Function) {
    for (Argument &A : Context.F->args())
      offer(A, valueKey(S.Id, A.getArgNo()),
            ("arg=" + Twine(A.getArgNo()) + ";").str(), Context, Result);
    offerTogether(S.Id, Context, Result);
  } else if (S.Id.Kind == SiteKind::Load || S.Id.Kind == SiteKind::Call) {
    offer(*V, valueKey(S.Id, 0), "", Context, Result);
  } else if (S.Id.Kind == SiteKind::Loop) {
    offerTrips(S, Context, Result);
  }
  return Result;
}

/// The constant \p Value as an object of type \p Ty; null if it has none.
static Constant *constantOf(Type *Ty, uint64_t Value) {
  if (Ty->isPointerTy())
    return Value ? nullptr : ConstantPointerNull::get(cast<PointerType>(Ty));
  if (!Ty->isIntegerTy() || Ty->getIntegerBitWidth() > 64 ||
      !isUIntN(Ty->getIntegerBitWidth(), Value))
    return nullptr;
  return ConstantInt::get(Ty, Value);
}

/// "also=2.8+3.0": argument 2 is 8, and argument 3 is 0.
static Error addAlso(const Parameters &P, Function &F, Specialized &Wanted) {
  SmallVector<StringRef, 4> Parts;
  P.get("also").split(Parts, '+', -1, /*KeepEmpty=*/false);
  if (!Parts.empty() && !P.get("scope").empty())
    return createStringError("'also' is for the whole body");
  for (StringRef Part : Parts) {
    auto [Number, Text] = Part.split('.');
    unsigned Arg;
    uint64_t Value;
    if (Number.getAsInteger(10, Arg) || Text.getAsInteger(10, Value) ||
        Arg >= F.arg_size())
      return createStringError("parameter 'also=" + P.get("also") + "': '" +
                               Part + "' is not ARGUMENT.VALUE");
    Constant *C = constantOf(F.getArg(Arg)->getType(), Value);
    if (!C || F.getArg(Arg) == Wanted.V)
      return createStringError("parameter 'also': argument " + Twine(Arg) +
                               " cannot be " + Text + " there");
    Wanted.Also.push_back({F.getArg(Arg), C});
  }
  return Error::success();
}

static Error applyTrips(const SiteRef &S, const Parameters &P,
                        OperatorContext &Context) {
  if (Error E = P.onlyKeys({"share", "trips"}))
    return E;
  Expected<uint64_t> Share = P.number("share", 1, 99);
  if (!Share)
    return Share.takeError();
  Expected<uint64_t> Trips = P.number("trips", 1, MaxTrips);
  if (!Trips)
    return Trips.takeError();
  Loop *L = loopOf(S, Context);
  if (!L)
    return createStringError("the loop is gone");
  if (Error E =
          specializeTrips(*L, unsigned(*Trips), unsigned(*Share), Context))
    return E;
  if (Context.Codegen)
    Context.Codegen->Simplify = true;
  return Error::success();
}

Error SpecializeValue::apply(const SiteRef &S, const Parameters &P,
                             OperatorContext &Context) const {
  if (S.Id.Kind == SiteKind::Loop)
    return applyTrips(S, P, Context);
  const bool AtFunction = S.Id.Kind == SiteKind::Function;
  if (!AtFunction && S.Id.Kind != SiteKind::Load && S.Id.Kind != SiteKind::Call)
    return createStringError(
        "specialize-value fits functions, loads, calls and loops only");
  if (Error E = AtFunction
                    ? P.onlyKeys({"also", "arg", "scope", "share", "value"})
                    : P.onlyKeys({"scope", "share", "value"}))
    return E;
  Expected<uint64_t> Share = P.number("share", 1, 99);
  if (!Share)
    return Share.takeError();
  Expected<uint64_t> Number = P.number("value", 0, UINT64_MAX);
  if (!Number)
    return Number.takeError();
  Value *V = S.Where;
  if (AtFunction) {
    Expected<uint64_t> Arg = P.number("arg", 0, UINT32_MAX);
    if (!Arg)
      return Arg.takeError();
    if (*Arg >= Context.F->arg_size())
      return createStringError("the function has no argument " + Twine(*Arg));
    V = Context.F->getArg(*Arg);
  }
  Constant *C = constantOf(V->getType(), *Number);
  if (!C)
    return createStringError("the value's type has no constant " +
                             Twine(*Number));
  if (isa<InvokeInst>(V))
    return createStringError("the call may throw");
  Specialized Wanted{V, C, unsigned(*Share), {}};
  if (Error E = addAlso(P, *Context.F, Wanted))
    return E;
  StringRef Scope = P.get("scope");
  Error Failure = Error::success();
  if (Scope == "division")
    Failure = joinErrors(std::move(Failure), specializeDivisions(Wanted));
  else if (AtFunction && Scope.empty())
    Failure = joinErrors(std::move(Failure), specializeBody(Wanted, Context));
  else if (Scope == "loop")
    Failure = joinErrors(std::move(Failure), specializeLoops(Wanted, Context));
  else
    Failure = joinErrors(
        std::move(Failure),
        createStringError("parameter 'scope=" + Scope + "' does not fit, " +
                          (AtFunction ? "expected division, loop or none"
                                      : "expected division or loop")));
  if (!Failure && Context.Codegen)
    Context.Codegen->Simplify = true;
  return Failure;
}

std::unique_ptr<Operator> createSpecializeValue() {
  return std::make_unique<SpecializeValue>();
}

} // namespace speciate
