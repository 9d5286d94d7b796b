//===- passes/operators/InlineForm.cpp - Which calls are inlined
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/InlineForm.h"
#include "passes/sites/Cost.h"
#include "llvm/ADT/DepthFirstIterator.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/BranchProbabilityInfo.h"
#include "llvm/Analysis/InlineCost.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/InstrTypes.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Transforms/Utils/CodeExtractor.h"

using namespace llvm;

namespace speciate {

/// What a call costs beside the callee's own work: transfer, saved registers,
/// and what the optimizer cannot see across it.
static constexpr double CallOverhead = 8;
/// A call whose overhead is a smaller share of its function decides nothing.
static constexpr double MinCallShare = 1e-3;
/// Constants that meet a body fold parts of it away: the share of its time that
/// a constant object (a table of options) may save, and a number.
static constexpr double GainOfObject = 0.15;
static constexpr double GainOfNumber = 0.03;
/// What a body costs that is in another unit. One that takes a table of options
/// is worth the calls of this unit; the others are mostly small.
static constexpr double UnknownBody = 100, UnknownBodyWithObject = 4000;
/// A callee of more instructions than this is a candidate for form=forbid.
static constexpr unsigned BigCallee = 120;
/// A part is cold if it runs less than once in this many entries.
static constexpr double ColdRatio = 100;
/// Smaller cold parts are not worth the call.
static constexpr unsigned MinOutlined = 6;
static constexpr unsigned MaxOutlinedParts = 16;
static constexpr unsigned MaxOutlinedInputs = 8;

/// The share of the callee's time that its constant arguments may save.
static double gainOfConstants(const CallBase &CB) {
  double Gain = 0;
  for (const Value *Argument : CB.args()) {
    const auto *Object =
        dyn_cast<GlobalVariable>(Argument->stripInBoundsConstantOffsets());
    // Nothing folds on the text of a message.
    if (Object && Object->isConstant() && Object->hasDefinitiveInitializer() &&
        !isa<ConstantDataSequential>(Object->getInitializer()))
      Gain += GainOfObject;
    else if (isa<Function, ConstantInt>(Argument))
      Gain += isa<Function>(Argument) ? GainOfObject : GainOfNumber;
  }
  return std::min(Gain, 0.3);
}

/// What one run of the callee costs.
static double bodyCost(Function &Callee, double Gain,
                       OperatorContext &Context) {
  if (Callee.isDeclaration())
    return Gain >= GainOfObject ? UnknownBodyWithObject : UnknownBody;
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(Callee);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(Callee);
  double Entries = blockCount(Callee.getEntryBlock(), BFI);
  return Entries > 0 ? staticCost(Callee, BFI, TTI) / Entries : 0;
}

/// Why the call cannot be inlined whoever decides, or "".
static std::string whyNotInlinable(const CallBase &CB) {
  const Function *Callee = CB.getCalledFunction();
  if (!Callee)
    return "the call has no known callee";
  if (Callee == CB.getFunction())
    return "the call is recursive";
  if (Callee->hasFnAttribute(Attribute::NoInline))
    return "'" + Callee->getName().str() + "' is marked noinline";
  if (Callee->hasFnAttribute(Attribute::OptimizeNone) ||
      CB.getFunction()->hasFnAttribute(Attribute::OptimizeNone))
    return "optnone is set";
  if (isa<CallBrInst>(CB) || CB.isMustTailCall())
    return "the call is of a form that is never inlined";
  if (Callee->isDeclaration())
    return "";
  if (Callee->isInterposable())
    return "'" + Callee->getName().str() + "' may be replaced at the link";
  InlineResult Viable = isInlineViable(*const_cast<Function *>(Callee));
  if (!Viable.isSuccess())
    return std::string("it is not viable: ") + Viable.getFailureReason();
  // A callee that calls itself only grows when it is inlined.
  for (const Instruction &I : instructions(*Callee))
    if (const auto *Inner = dyn_cast<CallBase>(&I))
      if (Inner->getCalledFunction() == Callee)
        return "'" + Callee->getName().str() + "' is recursive";
  return "";
}

/// How often control comes to \p BB from blocks that it does not dominate.
static double entriesFromOutside(BasicBlock &BB, FunctionAnalysisManager &FAM) {
  Function &F = *BB.getParent();
  auto &BFI = FAM.getResult<BlockFrequencyAnalysis>(F);
  auto &BPI = FAM.getResult<BranchProbabilityAnalysis>(F);
  auto &DT = FAM.getResult<DominatorTreeAnalysis>(F);
  double Entries = 0;
  for (BasicBlock *From : SmallSetVector<BasicBlock *, 4>(pred_begin(&BB),
                                                          pred_end(&BB)))
    if (!DT.dominates(&BB, From)) {
      const BranchProbability P = BPI.getEdgeProbability(From, &BB);
      Entries += blockCount(*From, BFI) * P.getNumerator() /
                 BranchProbability::getDenominator();
    }
  return Entries;
}

/// A part of \p F that can be moved out: a block that control comes to rarely,
/// the first such on its way, and all that it dominates. A loop in it may still
/// run often.
static SmallVector<BasicBlock *>
outlinePart(Function &F, FunctionAnalysisManager &FAM, unsigned &Instructions) {
  if (!F.hasProfileData() || F.hasFnAttribute(Attribute::Cold) ||
      F.hasFnAttribute(Attribute::OptimizeNone) || F.hasPersonalityFn())
    return {};
  auto &BFI = FAM.getResult<BlockFrequencyAnalysis>(F);
  auto &DT = FAM.getResult<DominatorTreeAnalysis>(F);
  double Entry = blockCount(F.getEntryBlock(), BFI);
  if (Entry < 1)
    return {};
  SmallPtrSet<const DomTreeNode *, 8> Rare;
  for (const DomTreeNode *Node : depth_first(DT.getRootNode())) {
    BasicBlock &BB = *Node->getBlock();
    if (BB.isEntryBlock())
      continue;
    if (Rare.contains(Node->getIDom())) {
      Rare.insert(Node);
      continue;
    }
    if (entriesFromOutside(BB, FAM) * ColdRatio >= Entry)
      continue;
    Rare.insert(Node);
    SmallVector<BasicBlock *> Part;
    DT.getDescendants(&BB, Part);
    Instructions = 0;
    bool Legal = true;
    for (BasicBlock *Member : Part) {
      Instructions += Member->sizeWithoutDebug();
      Legal &= !Member->hasAddressTaken() && !Member->isEHPad();
      for (Instruction &I : *Member)
        if (const auto *CB = dyn_cast<CallBase>(&I))
          Legal &=
              !CB->isMustTailCall() && !CB->hasFnAttr(Attribute::ReturnsTwice);
    }
    if (!Legal || Instructions < MinOutlined)
      continue;
    CodeExtractor Extractor(Part, &DT);
    if (!Extractor.isEligible())
      continue;
    SetVector<Value *> Inputs, Outputs, Allocas;
    Extractor.findInputsOutputs(Inputs, Outputs, Allocas);
    // A value computed in a cold part and used after it travels through
    // memory, which costs the hot path its register.
    if (Inputs.size() > MaxOutlinedInputs || !Outputs.empty())
      continue;
    return Part;
  }
  return {};
}

namespace {

class InlineForm final : public Operator {
public:
  StringRef name() const override { return "inline-form"; }
  bool worksAt(Level L) const override { return L == Level::Plan; }
  VerdictKind evidence(const Parameters &P) const override {
    // Outlining is LLVM's code extractor driven by us: shown, not assumed.
    return P.get("form") == "outline-cold" ? VerdictKind::Checked
                                           : VerdictKind::Construction;
  }

  std::vector<Choice> match(const SiteRef &S,
                            OperatorContext &Context) const override;
  Error apply(const SiteRef &S, const Parameters &P,
              OperatorContext &Context) const override;

private:
  std::vector<Choice> matchCall(const CallBase &CB,
                                OperatorContext &Context) const;
  Error applyToCall(CallBase &CB, StringRef Form) const;
  Error outlineCold(OperatorContext &Context) const;
};

} // namespace

std::vector<Choice> InlineForm::matchCall(const CallBase &CB,
                                          OperatorContext &Context) const {
  std::vector<Choice> Result;
  Function *Callee = CB.getCalledFunction();
  LibFunc Library;
  if (!Callee || CB.isInlineAsm() ||
      Context.FAM->getResult<TargetLibraryAnalysis>(*Context.F)
          .getLibFunc(*Callee, Library) ||
      CB.hasFnAttr(Attribute::AlwaysInline) ||
      CB.hasFnAttr(Attribute::NoInline))
    return Result;
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(*Context.F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(*Context.F);
  double Cost = staticCost(*Context.F, BFI, TTI);
  double Count = blockCount(*CB.getParent(), BFI);
  if (Cost <= 0)
    return Result;
  const double Gain = gainOfConstants(CB);
  double Folded = Count * Gain * bodyCost(*Callee, Gain, Context);
  if (Count * CallOverhead + Folded < MinCallShare * Cost)
    return Result;
  double Overhead = Context.Share * Count * CallOverhead / Cost;
  Folded *= Context.Share / Cost;
  unsigned Size = Callee->getInstructionCount();
  if (whyNotInlinable(CB).empty()) {
    // Half of the overhead is a fair guess; bodies that are big or unknown pay
    // less surely, and tiny ones are inlined anyway.
    double Likely = Callee->isDeclaration() ? 0.3
                    : Size > BigCallee      ? 0.2
                                            : 0.5;
    Result.push_back(
        {name().str(), "form=force", Overhead * Likely + Folded * 0.5});
    if (!Callee->isDeclaration() && Size > BigCallee)
      Result.push_back({name().str(), "form=forbid", Overhead * 0.1});
  }
  return Result;
}

std::vector<Choice> InlineForm::match(const SiteRef &S,
                                      OperatorContext &Context) const {
  Value *V = S.Where;
  if (S.Id.Kind == SiteKind::Call)
    return matchCall(*cast<CallBase>(V), Context);
  if (S.Id.Kind != SiteKind::Function)
    return {};
  unsigned Instructions = 0;
  if (outlinePart(*Context.F, *Context.FAM, Instructions).empty())
    return {};
  double Part = double(Instructions) / Context.F->getInstructionCount();
  return {{name().str(), "form=outline-cold", Context.Share * 0.05 * Part}};
}

Error InlineForm::applyToCall(CallBase &CB, StringRef Form) const {
  if (Form == "force") {
    std::string Why = whyNotInlinable(CB);
    if (!Why.empty())
      return createStringError("cannot inline: " + Why);
    CB.removeFnAttr(Attribute::NoInline);
    CB.addFnAttr(Attribute::AlwaysInline);
    return Error::success();
  }
  if (Form == "forbid") {
    const Function *Callee = CB.getCalledFunction();
    if (Callee && Callee->hasFnAttribute(Attribute::AlwaysInline))
      return createStringError("'" + Callee->getName() +
                               "' is marked alwaysinline");
    CB.removeFnAttr(Attribute::AlwaysInline);
    CB.addFnAttr(Attribute::NoInline);
    return Error::success();
  }
  return createStringError("parameter 'form=" + Form +
                           "' does not fit a call, expected force or forbid");
}

Error InlineForm::outlineCold(OperatorContext &Context) const {
  Function &F = *Context.F;
  FunctionAnalysisManager &FAM = *Context.FAM;
  unsigned Parts = 0;
  for (; Parts != MaxOutlinedParts; ++Parts) {
    unsigned Instructions;
    SmallVector<BasicBlock *> Part = outlinePart(F, FAM, Instructions);
    if (Part.empty())
      break;
    auto &BFI = FAM.getResult<BlockFrequencyAnalysis>(F);
    auto &BPI = FAM.getResult<BranchProbabilityAnalysis>(F);
    auto &DT = FAM.getResult<DominatorTreeAnalysis>(F);
    auto &AC = FAM.getResult<AssumptionAnalysis>(F);
    double Count = blockCount(*Part.front(), BFI);
    // Cold code is optimized for size: not where a loop runs.
    const double Entries = blockCount(F.getEntryBlock(), BFI);
    const bool AllCold = all_of(Part, [&](const BasicBlock *BB) {
      return blockCount(*BB, BFI) * ColdRatio < Entries;
    });
    CodeExtractorAnalysisCache Cache(F);
    CodeExtractor Extractor(Part, &DT, /*AggregateArgs=*/false, &BFI, &BPI, &AC,
                            /*AllowVarArgs=*/false, /*AllowAlloca=*/false,
                            /*AllocationBlock=*/nullptr,
                            "cold." + std::to_string(Parts));
    Function *Outlined = Extractor.extractCodeRegion(Cache);
    FAM.invalidate(F, PreservedAnalyses::none());
    if (!Outlined)
      break;
    if (AllCold)
      Outlined->addFnAttr(Attribute::Cold);
    else
      Outlined->setSectionPrefix("unlikely");
    Outlined->addFnAttr(Attribute::NoInline);
    Outlined->setEntryCount(static_cast<uint64_t>(Count));
    Outlined->setLinkage(GlobalValue::InternalLinkage);
    for (User *U : Outlined->users())
      if (auto *CB = dyn_cast<CallBase>(U))
        CB->addFnAttr(Attribute::Cold);
    std::string Message;
    raw_string_ostream OS(Message);
    if (verifyFunction(*Outlined, &OS))
      return createStringError("outlining broke '" + Outlined->getName() +
                               "': " + Message);
  }
  if (!Parts)
    return createStringError("the function has no cold part to move out");
  return Error::success();
}

Error InlineForm::apply(const SiteRef &S, const Parameters &P,
                        OperatorContext &Context) const {
  if (Error E = P.onlyKeys({"form"}))
    return E;
  Value *V = S.Where;
  if (S.Id.Kind == SiteKind::Call)
    return applyToCall(*cast<CallBase>(V), P.get("form"));
  if (S.Id.Kind != SiteKind::Function)
    return createStringError("inline-form fits calls and functions only");
  if (P.get("form") != "outline-cold")
    return createStringError(
        "parameter 'form=" + P.get("form") +
        "' does not fit a function, expected outline-cold");
  return outlineCold(Context);
}

std::unique_ptr<Operator> createInlineForm() {
  return std::make_unique<InlineForm>();
}

} // namespace speciate
