//===- passes/operators/BranchForm.cpp - Branches, selects or masks
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/BranchForm.h"
#include "passes/operators/Flatten.h"
#include "passes/operators/LateForms.h"
#include "passes/sites/Cost.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/ProfDataUtils.h"

using namespace llvm;

namespace speciate {

/// Cycles that what depends on a select waits for its condition.
static constexpr double SelectLatency = 1.5;
/// Arms of more instructions than this are not computed in vain.
static constexpr unsigned MaxArm = 10;
/// likely= makes one side this many times as frequent as the other.
static constexpr uint64_t LikelyRatio = 2000;

/// The share of the rarer side, from the weights; 1/4 (an even guess between
/// certain and random) if there are none.
static double rarerSide(const Instruction &I) {
  uint64_t True, False;
  if (!extractBranchWeights(I, True, False) || True + False == 0)
    return 0.25;
  return double(std::min(True, False)) / double(True + False);
}

static bool isMixed(const Instruction &I) { return rarerSide(I) >= 0.1; }

/// Of fewer events nothing can be said.
static constexpr uint64_t MinGuesses = 256;
/// A guess that is wrong more often is one that a form without a branch could
/// save.
static constexpr double UncertainRate = 0.05;

/// What a model of a predictor made of \p I; null: nobody looked.
static const BranchCounts *guessesAt(const Instruction &I,
                                     const OperatorContext &Context) {
  auto It = Context.Guesses.find(&I);
  return It == Context.Guesses.end() || It->second.Seen < MinGuesses
             ? nullptr
             : &It->second;
}

/// The share of wrong guesses at \p I, for the benefits below. These hope for a
/// third of it, because counts only tell the most that it could be; what a
/// model has seen is counted twice.
static double wrongGuesses(const Instruction &I,
                           const OperatorContext &Context) {
  const BranchCounts *Seen = guessesAt(I, Context);
  return Seen ? std::min(1.0, 2 * Seen->wrongRate()) : rarerSide(I);
}

static bool isUncertain(const Instruction &I, const OperatorContext &Context) {
  const BranchCounts *Seen = guessesAt(I, Context);
  return Seen ? Seen->wrongRate() >= UncertainRate : isMixed(I);
}

/// An arm that can be computed whatever the condition is: a short block
/// without side effects between \p From and its single successor.
static bool isCheapArm(const BasicBlock *Arm, const BasicBlock *From) {
  if (Arm->getSinglePredecessor() != From || !Arm->getSingleSuccessor())
    return false;
  unsigned Size = 0;
  for (const Instruction &I : *Arm) {
    if (I.isTerminator() || I.isDebugOrPseudoInst())
      continue;
    if (I.mayHaveSideEffects() || I.mayReadFromMemory() || ++Size > MaxArm)
      return false;
  }
  return true;
}

/// A triangle or a diamond.
static bool isHammock(const BranchInst &Br) {
  const BasicBlock *BB = Br.getParent(), *A = Br.getSuccessor(0),
                   *B = Br.getSuccessor(1);
  bool CheapA = isCheapArm(A, BB), CheapB = isCheapArm(B, BB);
  if (CheapA && CheapB)
    return A->getSingleSuccessor() == B->getSingleSuccessor();
  return (CheapA && A->getSingleSuccessor() == B) ||
         (CheapB && B->getSingleSuccessor() == A);
}

/// Selects on vectors never become branches.
static bool isScalarSelect(const Instruction &I) {
  return isa<SelectInst>(I) && I.getOperand(0)->getType()->isIntegerTy(1);
}

namespace {

class BranchForm final : public Operator {
public:
  StringRef name() const override { return "branch-form"; }
  bool worksAt(Level L) const override {
    return L == Level::Plan || L == Level::Region;
  }
  VerdictKind evidence(const Parameters &P) const override {
    return P.get("form").empty() ? VerdictKind::Construction
                                 : VerdictKind::Checked;
  }
  std::vector<Choice> match(const SiteRef &S,
                            OperatorContext &Context) const override;
  Error apply(const SiteRef &S, const Parameters &P,
              OperatorContext &Context) const override;

private:
  /// What wrong guesses at \p I cost at most, as a share of the program.
  double lossAt(const Instruction &I, OperatorContext &Context) const;
  std::vector<Choice> matchFunction(OperatorContext &Context, Level At) const;
  /// What a branch in place of the select \p I gains, if its condition is known
  /// to be guessed right nearly always.
  double branchGain(const Instruction &I, OperatorContext &Context) const;
  void matchForms(Instruction &I, double Loss, OperatorContext &Context,
                  std::vector<Choice> &Result) const;
  Error applyToFunction(const Parameters &P, OperatorContext &Context) const;
  Error applyForm(Instruction &I, StringRef Form, Level At,
                  OperatorContext &Context) const;
};

} // namespace

double BranchForm::lossAt(const Instruction &I,
                          OperatorContext &Context) const {
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(*Context.F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(*Context.F);
  double Lost = blockCount(*I.getParent(), BFI) * wrongGuesses(I, Context) *
                MispredictPenalty;
  // The static cost knows no mispredictions: add them to the total as well.
  double Cost = staticCost(*Context.F, BFI, TTI) + Lost;
  return Cost > 0 ? Context.Share * Lost / Cost : 0;
}

double BranchForm::branchGain(const Instruction &I,
                              OperatorContext &Context) const {
  const BranchCounts *Seen = guessesAt(I, Context);
  if (!isa<SelectInst>(I) || !Seen || !fitsLateForm(I, LateForm::Branch))
    return 0;
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(*Context.F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(*Context.F);
  double Cost = staticCost(*Context.F, BFI, TTI);
  double Saved = blockCount(*I.getParent(), BFI) *
                 (SelectLatency - Seen->wrongRate() * MispredictPenalty);
  // Most selects are not what others wait for.
  return Cost > 0 ? Context.Share * 0.2 * Saved / Cost : 0;
}

std::vector<Choice> BranchForm::matchFunction(OperatorContext &Context,
                                              Level At) const {
  double Branches = 0, Selects = 0;
  for (const Instruction &I : instructions(*Context.F)) {
    if (const auto *Br = dyn_cast<BranchInst>(&I)) {
      if (Br->isConditional() && isMixed(I) && isHammock(*Br))
        Branches += lossAt(I, Context);
    } else if (isScalarSelect(I)) {
      Selects += lossAt(I, Context);
    }
  }
  Branches = std::min(Branches, 0.5 * Context.Share);
  Selects = std::min(Selects, 0.5 * Context.Share);
  std::vector<Choice> Result;
  auto Offer = [&](StringRef Text, double Benefit) {
    Result.push_back({name().str(), Text.str(), Benefit});
  };
  // Nobody knows from counts whether a guess is wrong: a third is a prior. All
  // at once comes first, because each alone is often undone by the next pass.
  if (Branches > 0) {
    if (At == Level::Plan) {
      Offer("unpredictable=all", (Branches + Selects) * 0.3);
      return Result;
    }
    Offer("cmov-conversion=off;selects=keep;unpredictable=all",
          (Branches + Selects) * 0.35);
    Offer("unpredictable=all", Branches * 0.3);
  }
  if (Selects > 0 && At == Level::Region) {
    Offer("cmov-conversion=off", Selects * (Branches > 0 ? 0.25 : 0.35));
    Offer("cmov-conversion=off;selects=keep", Selects * 0.28);
  }
  return Result;
}

/// The cost of one execution of all that is computed in vain or twice.
static double extraCost(const Hammock &H, OperatorContext &Context) {
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(*Context.F);
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(*Context.F);
  const double Head = blockCount(*H.Head, BFI);
  double Extra = 0;
  for (const BasicBlock *BB : H.Blocks)
    Extra += std::max(0.0, Head - blockCount(*BB, BFI)) * blockCost(*BB, TTI);
  // A selected address is one more instruction on every path.
  Extra += Head * (H.Loads + H.Stores);
  double Cost = staticCost(*Context.F, BFI, TTI);
  return Cost > 0 ? Context.Share * Extra / Cost : 0;
}

void BranchForm::matchForms(Instruction &I, double Loss,
                            OperatorContext &Context,
                            std::vector<Choice> &Result) const {
  auto Offer = [&](StringRef Text, double Benefit) {
    Result.push_back({name().str(), Text.str(), Benefit});
  };
  auto *Br = dyn_cast<BranchInst>(&I);
  if (!Br) {
    const bool Even = isUncertain(I, Context);
    if (fitsLateForm(I, LateForm::Mask))
      Offer("form=mask", Loss * (Even ? 0.15 : 0.01));
    if (!guessesAt(I, Context) && fitsLateForm(I, LateForm::Branch))
      Offer("form=branch", Loss * (Even ? 0.005 : 0.05));
    return;
  }
  Expected<Hammock> H = findHammock(*Br, *Context.FAM);
  if (!H) {
    consumeError(H.takeError());
    return;
  }
  double Gain = Loss * 0.35;
  for (BasicBlock *BB : H->Blocks)
    if (const auto *Inner = dyn_cast<BranchInst>(BB->getTerminator()))
      if (Inner->isConditional())
        Gain += lossAt(*Inner, Context) * 0.35;
  // Most of what is computed in vain runs beside the rest and costs nothing. It
  // is offered even if it seems a loss, with little hope: the estimate does not
  // know what is guessed right.
  Gain = std::max(Gain - 0.15 * extraCost(*H, Context), Loss * 0.03);
  Offer("form=select", Gain);
  if (H->HasIntegers)
    Offer("form=mask", Gain * 0.8);
}

std::vector<Choice> BranchForm::match(const SiteRef &S,
                                      OperatorContext &Context) const {
  if (S.Id.Kind == SiteKind::Function)
    return matchFunction(Context, S.Id.At);
  if (S.Id.Kind != SiteKind::Branch && S.Id.Kind != SiteKind::Select)
    return {};
  Value *V = S.Where;
  auto &I = *cast<Instruction>(V);
  std::vector<Choice> Result;
  auto Offer = [&](StringRef Text, double Benefit) {
    Result.push_back({name().str(), Text.str(), Benefit});
  };
  double Loss = lossAt(I, Context);
  if (S.Id.At == Level::Region)
    if (double Gain = branchGain(I, Context); Gain > Context.Share * 1e-3)
      Offer("form=branch", Gain);
  // What is not a thousandth of its function cannot be measured.
  if (Loss <= Context.Share * 1e-3)
    return Result;
  bool Marked = I.hasMetadata(LLVMContext::MD_unpredictable);
  if (const auto *Br = dyn_cast<BranchInst>(&I)) {
    if (!Marked && isHammock(*Br))
      Offer("unpredictable=on", Loss * (isUncertain(I, Context) ? 0.3 : 0.02));
    // Layout: pays only where neither side is rare already.
    if (isMixed(I)) {
      uint64_t True = 1, False = 1;
      extractBranchWeights(I, True, False);
      Offer("likely=then", Loss * (True >= False ? 0.03 : 0.01));
      Offer("likely=else", Loss * (True >= False ? 0.01 : 0.03));
    }
  } else if (!Marked && isScalarSelect(I)) {
    Offer("unpredictable=on", Loss * (isUncertain(I, Context) ? 0.25 : 0.02));
  }
  if (S.Id.At == Level::Region)
    matchForms(I, Loss, Context, Result);
  return Result;
}

static void markUnpredictable(Instruction &I) {
  I.setMetadata(LLVMContext::MD_unpredictable, MDNode::get(I.getContext(), {}));
}

/// Makes one side likely and keeps the sum of the weights.
static void setLikely(BranchInst &Br, bool Then) {
  uint64_t True, False;
  uint64_t Total = LikelyRatio + 1;
  if (extractBranchWeights(Br, True, False))
    Total = std::max(True + False, Total);
  uint64_t Rare = std::max<uint64_t>(Total / (LikelyRatio + 1), 1);
  uint64_t Often = Total - Rare;
  setFittedBranchWeights(Br, {Then ? Often : Rare, Then ? Rare : Often},
                         /*IsExpected=*/false);
}

Error BranchForm::applyToFunction(const Parameters &P,
                                  OperatorContext &Context) const {
  if (Error E = P.onlyKeys({"cmov-conversion", "selects", "unpredictable"}))
    return E;
  auto Check = [&](StringRef Key, StringRef Only) -> Error {
    StringRef Value = P.get(Key);
    if (Value.empty() || Value == Only)
      return Error::success();
    return createStringError("parameter '" + Key + "=" + Value +
                             "' does not fit a function, expected " + Only);
  };
  if (Error E = joinErrors(
          Check("cmov-conversion", "off"),
          joinErrors(Check("selects", "keep"), Check("unpredictable", "all"))))
    return E;
  bool Options = !P.get("cmov-conversion").empty() || !P.get("selects").empty();
  if (Options && !Context.Codegen)
    return createStringError("back-end options need a code generation of the "
                             "region");
  unsigned Marked = 0;
  if (!P.get("unpredictable").empty()) {
    for (Instruction &I : instructions(*Context.F)) {
      const auto *Br = dyn_cast<BranchInst>(&I);
      if (((Br && Br->isConditional() && isHammock(*Br)) ||
           isScalarSelect(I)) &&
          isMixed(I)) {
        markUnpredictable(I);
        ++Marked;
      }
    }
    if (!Marked && !Options)
      return createStringError("no branch or select has a profile between 10 "
                               "and 90 percent");
  }
  if (!P.get("cmov-conversion").empty())
    Context.Codegen->add("-x86-cmov-converter=false");
  if (!P.get("selects").empty()) {
    Context.Codegen->add("-disable-cgp-select2branch");
    Context.Codegen->add("-disable-select-optimize");
  }
  return Error::success();
}

Error BranchForm::applyForm(Instruction &I, StringRef Form, Level At,
                            OperatorContext &Context) const {
  if (At != Level::Region || !Context.Codegen)
    return createStringError("form works at region level only");
  auto *Br = dyn_cast<BranchInst>(&I);
  if (Form != "mask" && Form != (Br ? "select" : "branch"))
    return createStringError("parameter 'form=" + Form + "' does not fit a " +
                             (Br ? "branch, expected select or mask"
                                 : "select, expected mask or branch"));
  if (Form == "branch" || !Br) {
    LateForm Late = Form == "mask" ? LateForm::Mask : LateForm::Branch;
    if (!fitsLateForm(I, Late))
      return createStringError(Late == LateForm::Mask
                                   ? "masks are for scalar integers"
                                   : "the select is on vectors, or a condition "
                                     "itself");
    markLateForm(I, Late);
    return Error::success();
  }
  Expected<Hammock> H = findHammock(*Br, *Context.FAM);
  if (!H)
    return H.takeError();
  if (Form == "mask" && !H->HasIntegers)
    return createStringError("no integer depends on the branch");
  flatten(*H, Form == "mask" ? SelectForm::Mask : SelectForm::Select,
          *Context.FAM);
  // Of conditional moves that come from elsewhere than marked selects, such as
  // minima, the back end makes branches.
  Context.Codegen->add("-x86-cmov-converter=false");
  return Error::success();
}

Error BranchForm::apply(const SiteRef &S, const Parameters &P,
                        OperatorContext &Context) const {
  if (S.Id.Kind == SiteKind::Function)
    return applyToFunction(P, Context);
  if (S.Id.Kind != SiteKind::Branch && S.Id.Kind != SiteKind::Select)
    return createStringError(
        "branch-form fits functions, branches and selects only");
  Value *V = S.Where;
  auto &I = *cast<Instruction>(V);
  if (Error E = P.onlyKeys({"form", "likely", "unpredictable"}))
    return E;
  StringRef Likely = P.get("likely"), Unpredictable = P.get("unpredictable"),
            Form = P.get("form");
  if (Likely.empty() + Unpredictable.empty() + Form.empty() != 2)
    return createStringError("form, likely and unpredictable exclude each "
                             "other");
  if (!Form.empty())
    return applyForm(I, Form, S.Id.At, Context);
  if (!Unpredictable.empty()) {
    if (Unpredictable != "on")
      return createStringError("parameter 'unpredictable=" + Unpredictable +
                               "' does not fit a branch, expected on");
    markUnpredictable(I);
    return Error::success();
  }
  if (Likely != "then" && Likely != "else")
    return createStringError("parameter 'likely=" + Likely +
                             "' is neither then nor else");
  auto *Br = dyn_cast<BranchInst>(&I);
  if (!Br)
    return createStringError("likely fits branches only");
  setLikely(*Br, Likely == "then");
  return Error::success();
}

std::unique_ptr<Operator> createBranchForm() {
  return std::make_unique<BranchForm>();
}

} // namespace speciate
