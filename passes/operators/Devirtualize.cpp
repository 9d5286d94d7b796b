//===- passes/operators/Devirtualize.cpp - Calls through pointers become direct
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/Devirtualize.h"
#include "passes/operators/LoopForm.h"
#include "passes/operators/Versioning.h"
#include "passes/sites/Cost.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/InlineCost.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/ProfileData/InstrProf.h"
#include "llvm/Transforms/Utils/CallPromotionUtils.h"

using namespace llvm;

namespace speciate {

static constexpr unsigned MaxTargets = 8;
/// At most this many are tested at one call.
static constexpr unsigned MaxTested = 3;
/// A guard in front of a copy pays if it mostly holds.
static constexpr double MinShare = 0.6;
/// What an indirect call costs more than a direct one, and what inlining saves
/// beside that, in cycles.
static constexpr double IndirectCycles = 4, CallCycles = 8;

namespace {

class Devirtualize final : public Operator {
public:
  StringRef name() const override { return "devirtualize"; }
  bool worksAt(Level L) const override { return L == Level::Plan; }
  VerdictKind evidence(const Parameters &) const override {
    return VerdictKind::Checked;
  }
  std::vector<Choice> match(const SiteRef &S,
                            OperatorContext &Context) const override;
  Error apply(const SiteRef &S, const Parameters &P,
              OperatorContext &Context) const override;
};

struct Target {
  Function *F = nullptr;
  uint64_t Count = 0;
};

} // namespace

/// What the profile saw called at \p CB, of this module, most often first.
static SmallVector<Target, 4> targetsOf(const CallBase &CB, uint64_t &Total) {
  SmallVector<Target, 4> Result;
  Total = 0;
  SmallVector<InstrProfValueData, 4> Seen =
      getValueProfDataFromInst(CB, IPVK_IndirectCallTarget, MaxTargets, Total);
  for (const InstrProfValueData &Data : Seen)
    for (Function &F : const_cast<Module &>(*CB.getModule()))
      if (functionGuid(F) == Data.Value && !F.isIntrinsic()) {
        Result.push_back({&F, Data.Count});
        break;
      }
  return Result;
}

static Error canPromote(const CallBase &CB, Function &F) {
  const char *Reason = nullptr;
  if (CB.isMustTailCall())
    return createStringError("the call must be a tail call");
  if (!isLegalToPromote(CB, &F, &Reason))
    return createStringError("'" + F.getName() + "' cannot be called there: " +
                             (Reason ? Reason : "types do not fit"));
  return Error::success();
}

/// The outermost loop in which the target of \p CB does not change; null if
/// there is none.
static Loop *loopOf(const CallBase &CB, const LoopInfo &LI) {
  Loop *Outermost = nullptr;
  for (Loop *L = LI.getLoopFor(CB.getParent());
       L && L->isLoopInvariant(CB.getCalledOperand()); L = L->getParentLoop())
    Outermost = L;
  return Outermost;
}

/// The calls through \p Pointer, of the function or of a loop.
static SmallVector<CallBase *, 4> callsThrough(Value &Pointer, const Loop *L) {
  SmallVector<CallBase *, 4> Result;
  for (User *U : Pointer.users())
    if (auto *CB = dyn_cast<CallBase>(U))
      if (CB->getCalledOperand() == &Pointer &&
          (!L || L->contains(CB->getParent())))
        Result.push_back(CB);
  return Result;
}

static Error canPromoteAll(Value &Pointer, const Loop *L, Function &F) {
  for (const CallBase *CB : callsThrough(Pointer, L))
    if (Error E = canPromote(*CB, F))
      return E;
  return Error::success();
}

static bool canForceInline(Function &F, const Function &Caller) {
  return !F.isDeclaration() && !F.isInterposable() && &F != &Caller &&
         !F.hasFnAttribute(Attribute::NoInline) &&
         !F.hasFnAttribute(Attribute::OptimizeNone) &&
         isInlineViable(F).isSuccess();
}

//===----------------------------------------------------------------------===//
// Transformation
//===----------------------------------------------------------------------===//

/// Tells later promotion what is left at \p CB: all but \p Taken.
static void forgetTargets(CallBase &CB, ArrayRef<Function *> Taken) {
  uint64_t Total = 0;
  SmallVector<InstrProfValueData, 4> Left =
      getValueProfDataFromInst(CB, IPVK_IndirectCallTarget, MaxTargets, Total);
  if (Left.empty())
    return;
  llvm::erase_if(Left, [&](const InstrProfValueData &Data) {
    bool Known = any_of(
        Taken, [&](Function *F) { return functionGuid(*F) == Data.Value; });
    if (Known)
      Total -= std::min(Total, Data.Count);
    return Known;
  });
  CB.setMetadata(LLVMContext::MD_prof, nullptr);
  if (!Left.empty() && Total)
    annotateValueSite(*CB.getModule(), CB, Left, Total, IPVK_IndirectCallTarget,
                      MaxTargets);
}

static void force(CallBase &CB, bool Inline) {
  CB.setMetadata(LLVMContext::MD_prof, nullptr);
  if (!Inline)
    return;
  CB.removeFnAttr(Attribute::NoInline);
  CB.addFnAttr(Attribute::AlwaysInline);
}

static void testAtCall(CallBase &CB, ArrayRef<Function *> Targets,
                       unsigned Percent, bool Inline) {
  uint64_t Total = 0;
  SmallVector<Target, 4> Seen = targetsOf(CB, Total);
  auto CountOf = [&](Function *F) -> uint64_t {
    for (const Target &T : Seen)
      if (T.F == F)
        return T.Count;
    return 0;
  };
  const bool HasCounts = Total && CountOf(Targets.front());
  forgetTargets(CB, Targets);
  for (Function *F : Targets) {
    uint64_t Count = HasCounts ? std::min(Total, CountOf(F)) : Percent;
    uint64_t Rest = HasCounts ? Total - Count : 100 - Percent;
    Total -= HasCounts ? Count : 0;
    const unsigned Shift = std::max(0, int(Log2_64(Count | Rest | 1)) - 30);
    MDNode *Weights = MDBuilder(CB.getContext())
                          .createBranchWeights(uint32_t(Count >> Shift),
                                               uint32_t(Rest >> Shift));
    MDNode *Left = CB.getMetadata(LLVMContext::MD_prof);
    CallBase &Direct = promoteCallWithIfThenElse(CB, F, Weights);
    CB.setMetadata(LLVMContext::MD_prof, Left);
    force(Direct, Inline && canForceInline(*F, *CB.getFunction()));
  }
}

/// In a copy, the pointer has become the function already.
static void promoteCopies(ArrayRef<CallBase *> Originals, Function &F,
                          bool Inline, const ValueToValueMapTy &Map) {
  for (CallBase *CB : Originals) {
    auto Found = Map.find(CB);
    auto *Copy = Found == Map.end() ? nullptr
                                    : dyn_cast_or_null<CallBase>(Found->second);
    if (!Copy)
      continue;
    CallBase &Direct = promoteCall(*Copy, &F);
    force(Direct, Inline && canForceInline(F, *CB->getFunction()));
    forgetTargets(*CB, {&F});
  }
}

//===----------------------------------------------------------------------===//
// The operator
//===----------------------------------------------------------------------===//

std::vector<Choice> Devirtualize::match(const SiteRef &S,
                                        OperatorContext &Context) const {
  std::vector<Choice> Result;
  if (S.Id.Kind != SiteKind::Call)
    return Result;
  Value *V = S.Where;
  auto &CB = *cast<CallBase>(V);
  if (!CB.isIndirectCall())
    return Result;
  uint64_t Total;
  SmallVector<Target, 4> Targets = targetsOf(CB, Total);
  llvm::erase_if(Targets, [&](const Target &T) {
    Error E = canPromote(CB, *T.F);
    const bool Refused = bool(E);
    consumeError(std::move(E));
    return Refused || !T.Count;
  });
  if (Targets.empty() || !Total)
    return Result;
  Function &F = *Context.F;
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(F);
  auto &LI = Context.FAM->getResult<LoopAnalysis>(F);
  const double Cost = staticCost(F, BFI, TTI);
  const double Runs = blockCount(*CB.getParent(), BFI);
  if (Cost <= 0)
    return Result;
  const Function *Top = Targets.front().F;
  const double Share =
      std::min(1.0, double(Targets.front().Count) / double(Total));
  const unsigned Percent = std::clamp(unsigned(Share * 100), 1u, 99u);
  auto Offer = [&](StringRef Callee, StringRef Scope, double Cycles) {
    const double Benefit = Context.Share * std::min(0.6, Runs * Cycles / Cost);
    if (Benefit <= Context.Share * 1e-3)
      return;
    const bool Inlines = canForceInline(*Targets.front().F, F);
    auto Push = [&](StringRef Inline, double Factor) {
      Result.push_back({name().str(),
                        ("callee=" + Callee + Inline + ";scope=" + Scope +
                         ";share=" + Twine(Percent))
                            .str(),
                        Benefit * Factor});
    };
    if (Inlines)
      Push(";inline=force", 1.2);
    Push("", 1);
  };
  std::string Several = Top->getName().str();
  double Tested = Share;
  for (const Target &T : drop_begin(Targets)) {
    double Next = double(T.Count) / double(Total);
    if (Next < 0.05 || count(Several, '+') + 1 == MaxTested)
      break;
    Several += "+" + T.F->getName().str();
    Tested += Next;
  }
  // LLVM promotes the likeliest targets itself: little is left.
  Offer(Several, "call", IndirectCycles * std::min(1.0, Tested) * 0.1);
  if (Share < MinShare)
    return Result;
  const double Whole = (IndirectCycles + CallCycles) * Share * 0.5;
  size_t Size = 0;
  if (Loop *L = loopOf(CB, LI)) {
    Error E = canCopyAll(L->getBlocks(), Size);
    if (!E)
      E = canSimplifyLoop(*L);
    if (!E)
      E = canPromoteAll(*CB.getCalledOperand(), L, *Targets.front().F);
    if (!E)
      Offer(Top->getName(), "loop", Whole * 0.7);
    consumeError(std::move(E));
  }
  Size = 0;
  if (isa<Argument>(CB.getCalledOperand())) {
    Error E = canCopyAll(blocksOf(F), Size);
    if (!E)
      E = canPromoteAll(*CB.getCalledOperand(), nullptr, *Targets.front().F);
    if (!E)
      Offer(Top->getName(), "body", Whole);
    consumeError(std::move(E));
  }
  return Result;
}

static Error applyToLoop(CallBase &CB, Function &F, unsigned Percent,
                         bool Inline, OperatorContext &Context) {
  Value *Pointer = CB.getCalledOperand();
  Loop *L = loopOf(CB, Context.FAM->getResult<LoopAnalysis>(*Context.F));
  if (!L)
    return createStringError("the target changes in every loop around the "
                             "call");
  size_t Size = 0;
  if (Error E = canCopyAll(L->getBlocks(), Size))
    return E;
  if (Error E = canSimplifyLoop(*L))
    return E;
  if (Error E = canPromoteAll(*Pointer, L, F))
    return E;
  SmallVector<CallBase *, 4> Calls = callsThrough(*Pointer, L);
  simplifyLoopShape(*L, Context);
  ValueToValueMapTy Map;
  Map[Pointer] = &F;
  auto Is = [&](IRBuilderBase &B) {
    return B.CreateICmpEQ(B.CreateFreeze(Pointer), &F, "is.special");
  };
  versionLoop(*L, Guard{Is, Percent}, Map);
  promoteCopies(Calls, F, Inline, Map);
  return Error::success();
}

static Error applyToBody(CallBase &CB, Function &F, unsigned Percent,
                         bool Inline, OperatorContext &Context) {
  Value *Pointer = CB.getCalledOperand();
  if (!isa<Argument>(Pointer))
    return createStringError("the target is not an argument");
  size_t Size = 0;
  if (Error E = canCopyAll(blocksOf(*Context.F), Size))
    return E;
  if (Error E = canPromoteAll(*Pointer, nullptr, F))
    return E;
  SmallVector<CallBase *, 4> Calls = callsThrough(*Pointer, nullptr);
  ValueToValueMapTy Map;
  Map[Pointer] = &F;
  auto Is = [&](IRBuilderBase &B) {
    return B.CreateICmpEQ(B.CreateFreeze(Pointer), &F, "is.special");
  };
  versionBody(*Context.F, Guard{Is, Percent}, Map);
  promoteCopies(Calls, F, Inline, Map);
  return Error::success();
}

Error Devirtualize::apply(const SiteRef &S, const Parameters &P,
                          OperatorContext &Context) const {
  Value *V = S.Where;
  auto *CB = S.Id.Kind == SiteKind::Call ? cast<CallBase>(V) : nullptr;
  if (!CB || !CB->isIndirectCall())
    return createStringError("devirtualize fits indirect calls only");
  if (Error E = P.onlyKeys({"callee", "inline", "scope", "share"}))
    return E;
  Expected<uint64_t> Share = P.number("share", 1, 99);
  if (!Share)
    return Share.takeError();
  if (StringRef Inline = P.get("inline"); !Inline.empty() && Inline != "force")
    return createStringError("parameter 'inline=" + Inline + "' is not force");
  const bool Inline = !P.get("inline").empty();
  SmallVector<StringRef, 4> Names;
  P.get("callee").split(Names, '+');
  SmallVector<Function *, 4> Targets;
  for (StringRef Name : Names) {
    Function *F = Context.F->getParent()->getFunction(Name);
    if (!F || F->isIntrinsic())
      return createStringError("parameter 'callee': there is no function '" +
                               Name + "' in this unit");
    if (is_contained(Targets, F))
      return createStringError("parameter 'callee' names '" + Name + "' twice");
    if (Error E = canPromote(*CB, *F))
      return E;
    Targets.push_back(F);
  }
  StringRef Scope = P.get("scope");
  if (Scope == "call") {
    testAtCall(*CB, Targets, *Share, Inline);
    return Error::success();
  }
  if (Scope != "loop" && Scope != "body")
    return createStringError("parameter 'scope=" + Scope +
                             "' is none of body, call, loop");
  if (Targets.size() != 1)
    return createStringError("a copy is for one callee");
  return Scope == "loop"
             ? applyToLoop(*CB, *Targets[0], *Share, Inline, Context)
             : applyToBody(*CB, *Targets[0], *Share, Inline, Context);
}

std::unique_ptr<Operator> createDevirtualize() {
  return std::make_unique<Devirtualize>();
}

} // namespace speciate
