//===- passes/operators/WideSum.cpp - Sums that are reduced at every step
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/WideSum.h"
#include "passes/operators/BlockLoop.h"
#include "passes/operators/LoopForm.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace speciate {

/// More sums are not tried one by one.
static constexpr uint64_t MaxEvaluated = 1 << 18;
/// A loop that LLVM has unrolled has as many additions.
static constexpr unsigned MaxAdditions = 32;

namespace {

class WideSum final : public Operator {
public:
  StringRef name() const override { return "wide-sum"; }
  bool worksAt(Level L) const override {
    return L == Level::Plan || L == Level::Region;
  }
  VerdictKind evidence(const Parameters &) const override {
    // The reduction is tried on all sums.
    return VerdictKind::Exhaustive;
  }
  std::vector<Choice> match(const SiteRef &S,
                            OperatorContext &Context) const override;
  Error apply(const SiteRef &S, const Parameters &P,
              OperatorContext &Context) const override;
};

/// A pure function of one value, as a list of operations.
class Evaluator {
public:
  /// \p V computed from \p Input; nothing if anything else is needed.
  static std::optional<Evaluator> of(Value *V, Value *Input);
  std::optional<uint64_t> operator()(uint64_t In);

private:
  struct Operation {
    const Instruction *I;
    SmallVector<unsigned, 3> Operands; ///< Slots.
  };
  std::optional<unsigned> slotOf(Value *V, Value *Input, unsigned Depth);
  std::optional<uint64_t> compute(const Operation &O) const;

  MapVector<Value *, unsigned> Slots;
  SmallVector<uint64_t> Values;
  SmallVector<std::pair<unsigned, Operation>> Operations;
  unsigned Result = 0;
};

/// One sum of a loop that is reduced at each step.
struct ReducedSum {
  PHINode *Phi = nullptr;
  Value *Last = nullptr; ///< What the latch carries back.
  SmallVector<BinaryOperator *, 4> Additions;
  SmallVector<Value *, 4> Added;
  uint64_t Modulus = 0;
  bool ZeroApart = false;  ///< The class 0 .. M of the header.
  uint64_t MaxPerPass = 0; ///< Of all that is added in one iteration.
  uint64_t maxSum() const { return ZeroApart ? Modulus : Modulus - 1; }
};

} // namespace

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

static bool isWord(const Type *Ty) {
  return Ty->isIntegerTy() && Ty->getIntegerBitWidth() <= 64;
}

static unsigned bitsOf(const Value *V) {
  return V->getType()->getIntegerBitWidth();
}

std::optional<unsigned> Evaluator::slotOf(Value *V, Value *Input,
                                          unsigned Depth) {
  if (auto Known = Slots.find(V); Known != Slots.end())
    return Known->second;
  if (!isWord(V->getType()) || Depth > 16)
    return std::nullopt;
  Operation O{nullptr, {}};
  uint64_t Value = 0;
  if (auto *C = dyn_cast<ConstantInt>(V)) {
    Value = C->getZExtValue();
  } else if (V != Input) {
    O.I = dyn_cast<Instruction>(V);
    if (!O.I ||
        !isa<BinaryOperator, CastInst, ICmpInst, SelectInst, FreezeInst>(O.I))
      return std::nullopt;
    for (const Use &Operand : O.I->operands()) {
      std::optional<unsigned> Slot = slotOf(Operand.get(), Input, Depth + 1);
      if (!Slot)
        return std::nullopt;
      O.Operands.push_back(*Slot);
    }
  }
  const unsigned Slot = Values.size();
  Slots[V] = Slot;
  Values.push_back(Value);
  if (O.I)
    Operations.push_back({Slot, std::move(O)});
  return Slot;
}

std::optional<Evaluator> Evaluator::of(Value *V, Value *Input) {
  Evaluator E;
  // The input has slot 0.
  E.slotOf(Input, Input, 0);
  std::optional<unsigned> Slot = E.slotOf(V, Input, 0);
  if (!Slot)
    return std::nullopt;
  E.Result = *Slot;
  return E;
}

std::optional<uint64_t> Evaluator::compute(const Operation &O) const {
  auto In = [&](unsigned N) { return Values[O.Operands[N]]; };
  auto Signed = [&](unsigned N) {
    return SignExtend64(In(N), bitsOf(O.I->getOperand(N)));
  };
  const unsigned Bits = bitsOf(O.I);
  switch (O.I->getOpcode()) {
  case Instruction::Add:
    return In(0) + In(1);
  case Instruction::Sub:
    return In(0) - In(1);
  case Instruction::Mul:
    return In(0) * In(1);
  case Instruction::And:
    return In(0) & In(1);
  case Instruction::Or:
    return In(0) | In(1);
  case Instruction::Xor:
    return In(0) ^ In(1);
  case Instruction::UDiv:
    return In(1) ? std::optional(In(0) / In(1)) : std::nullopt;
  case Instruction::URem:
    return In(1) ? std::optional(In(0) % In(1)) : std::nullopt;
  case Instruction::SDiv:
  case Instruction::SRem:
    // With both at least 0, the same.
    if (Signed(0) < 0 || Signed(1) <= 0)
      return std::nullopt;
    return O.I->getOpcode() == Instruction::SDiv ? In(0) / In(1)
                                                 : In(0) % In(1);
  case Instruction::Shl:
    return In(1) < Bits ? std::optional(In(0) << In(1)) : std::nullopt;
  case Instruction::LShr:
    return In(1) < Bits ? std::optional(In(0) >> In(1)) : std::nullopt;
  case Instruction::AShr:
    return In(1) < Bits ? std::optional<uint64_t>(Signed(0) >> In(1))
                        : std::nullopt;
  case Instruction::ZExt:
  case Instruction::Trunc:
  case Instruction::Freeze:
    return In(0);
  case Instruction::SExt:
    return static_cast<uint64_t>(Signed(0));
  case Instruction::Select:
    return In(0) ? In(1) : In(2);
  case Instruction::ICmp: {
    const unsigned Wide = bitsOf(O.I->getOperand(0));
    return ICmpInst::compare(APInt(Wide, In(0)), APInt(Wide, In(1)),
                             cast<ICmpInst>(O.I)->getPredicate());
  }
  default:
    return std::nullopt;
  }
}

std::optional<uint64_t> Evaluator::operator()(uint64_t In) {
  Values[0] = In;
  for (const auto &[Slot, O] : Operations) {
    std::optional<uint64_t> V = compute(O);
    if (!V)
      return std::nullopt;
    Values[Slot] = *V & maskTrailingOnes<uint64_t>(bitsOf(O.I));
  }
  return Values[Result];
}

//===----------------------------------------------------------------------===//
// Legality
//===----------------------------------------------------------------------===//

/// The canonical sum of the header comment.
static uint64_t canonical(uint64_t Sum, const ReducedSum &S) {
  if (!S.ZeroApart)
    return Sum % S.Modulus;
  return Sum ? (Sum - 1) % S.Modulus + 1 : 0;
}

/// Reads the modulus off \p H.
static bool findModulus(Evaluator &H, ReducedSum &S) {
  for (uint64_t T = 0; T != MaxEvaluated; ++T) {
    std::optional<uint64_t> Reduced = H(T);
    if (!Reduced || *Reduced > T)
      return false;
    if (*Reduced == T)
      continue;
    S.Modulus = T - *Reduced;
    S.ZeroApart = T == S.Modulus + 1;
    return S.Modulus >= 2 && (S.ZeroApart || T == S.Modulus);
  }
  return false;
}

static bool isReduction(Evaluator &H, uint64_t Max, const ReducedSum &S) {
  if (Max >= MaxEvaluated)
    return false;
  for (uint64_t T = 0; T <= Max; ++T)
    if (H(T) != canonical(T, S))
      return false;
  return true;
}

static bool isIdentity(Evaluator &G, uint64_t Max) {
  for (uint64_t T = 0; T <= Max; ++T)
    if (G(T) != T)
      return false;
  return true;
}

/// What depends on \p Phi in the loop, in program order; empty if something
/// else than the sum does.
static SmallVector<Instruction *> dependentsOf(PHINode &Phi, const Loop &L,
                                               Value *Last) {
  SmallSetVector<Instruction *, 16> Found;
  SmallVector<Value *> Work{&Phi};
  while (!Work.empty()) {
    Value *V = Work.pop_back_val();
    for (User *U : V->users()) {
      auto *I = cast<Instruction>(U);
      if (I == &Phi)
        continue;
      if (!L.contains(I)) {
        if (V != &Phi && V != Last)
          return {};
        continue;
      }
      if (!isa<BinaryOperator, CastInst, ICmpInst, SelectInst, FreezeInst>(I) ||
          !isWord(I->getType()))
        return {};
      if (Found.insert(I))
        Work.push_back(I);
    }
  }
  SmallVector<Instruction *> Ordered;
  for (BasicBlock *BB : L.blocks())
    for (Instruction &I : *BB)
      if (Found.contains(&I))
        Ordered.push_back(&I);
  return Ordered;
}

static Expected<ReducedSum> analyze(PHINode &Phi, Loop &L,
                                    OperatorContext &Context) {
  Function &F = *Context.F;
  const DataLayout &DL = F.getParent()->getDataLayout();
  auto &DT = Context.FAM->getResult<DominatorTreeAnalysis>(F);
  auto &AC = Context.FAM->getResult<AssumptionAnalysis>(F);
  auto Refuse = [](const char *Why) { return createStringError(Why); };
  ReducedSum S;
  S.Phi = &Phi;
  S.Last = Phi.getIncomingValueForBlock(L.getLoopLatch());
  SmallVector<Instruction *> Dependents = dependentsOf(Phi, L, S.Last);
  if (Dependents.empty() || S.Last == &Phi)
    return Refuse("the loop uses the sum for something else");
  llvm::sort(Dependents, [&](const Instruction *A, const Instruction *B) {
    return A != B && DT.dominates(A, B);
  });
  auto IsDependent = [&](const Value *V) {
    return V == &Phi || is_contained(Dependents, V);
  };
  for (Instruction *I : Dependents) {
    SmallVector<Value *, 2> Others;
    for (Value *Operand : I->operand_values())
      if (!isa<ConstantInt>(Operand) && !IsDependent(Operand))
        Others.push_back(Operand);
    if (Others.empty())
      continue;
    auto *Add = dyn_cast<BinaryOperator>(I);
    if (!Add || Add->getOpcode() != Instruction::Add || Others.size() != 1 ||
        !DT.dominates(Add->getParent(), L.getLoopLatch()))
      return Refuse("the loop combines the sum with something in another way "
                    "than by adding");
    S.Additions.push_back(Add);
    S.Added.push_back(Others.front());
  }
  if (S.Additions.empty() || S.Additions.size() > MaxAdditions)
    return Refuse("nothing is added to the sum, or too much");
  auto Summand = [&](unsigned N) {
    BinaryOperator *Add = S.Additions[N];
    return Add->getOperand(Add->getOperand(0) == S.Added[N] ? 1 : 0);
  };
  for (unsigned N = 0; N != S.Additions.size(); ++N) {
    BinaryOperator *Add = S.Additions[N];
    const uint64_t Max =
        computeKnownBits(S.Added[N], SimplifyQuery(DL, &DT, &AC, Add))
            .getMaxValue()
            .getZExtValue();
    Value *After = N + 1 == S.Additions.size() ? S.Last : Summand(N + 1);
    std::optional<Evaluator> H = Evaluator::of(After, Add);
    if (!H)
      return Refuse("the next sum does not depend on this one alone");
    if (N == 0) {
      if (!findModulus(*H, S))
        return Refuse("the sum is not reduced by a modulus");
      std::optional<Evaluator> G = Evaluator::of(Summand(0), &Phi);
      if (!G || bitsOf(&Phi) < Log2_64_Ceil(S.maxSum() + 1) ||
          !isIdentity(*G, S.maxSum()))
        return Refuse("something is done to the sum before the addition");
    }
    if (Max >= MaxEvaluated || S.maxSum() + Max >= MaxEvaluated ||
        S.maxSum() + Max > maskTrailingOnes<uint64_t>(bitsOf(Add)))
      return Refuse("what is added may be too large");
    if (!isReduction(*H, S.maxSum() + Max, S))
      return Refuse("the sum is not reduced by a modulus");
    S.MaxPerPass += Max;
  }
  // Where the loop is entered.
  for (BasicBlock *Pred : predecessors(L.getHeader())) {
    if (L.contains(Pred))
      continue;
    ConstantRange First = computeConstantRange(
        Phi.getIncomingValueForBlock(Pred), /*ForSigned=*/false, true, &AC,
        Pred->getTerminator(), &DT);
    KnownBits Bits =
        computeKnownBits(Phi.getIncomingValueForBlock(Pred),
                         SimplifyQuery(DL, &DT, &AC, Pred->getTerminator()));
    if (First.getUnsignedMax().ugt(S.maxSum()) &&
        Bits.getMaxValue().ugt(S.maxSum()))
      return Refuse("the sum may begin out of its range");
  }
  return S;
}

static Expected<ReducedSum> findSum(Loop &L, OperatorContext &Context) {
  if (!L.isInnermost() || !L.getLoopLatch() ||
      count(successors(L.getLoopLatch()), L.getHeader()) != 1)
    return createStringError("the loop is not an innermost one with one latch");
  if (Error E = canSimplifyLoop(L))
    return std::move(E);
  for (BasicBlock *BB : L.blocks())
    for (Instruction &I : *BB)
      if (isArenaMarker(I))
        return createStringError("the arena counts this loop's passes");
  std::string Why = "the loop carries no sum";
  for (PHINode &Phi : L.getHeader()->phis()) {
    if (!isWord(Phi.getType()) || bitsOf(&Phi) < 8)
      continue;
    Expected<ReducedSum> S = analyze(Phi, L, Context);
    if (S)
      return S;
    Why = toString(S.takeError());
  }
  return createStringError(Why);
}

//===----------------------------------------------------------------------===//
// Transformation
//===----------------------------------------------------------------------===//

/// The canonical sum, in the type of the original.
static Value *reduce(Value *Sum, const ReducedSum &S, IRBuilder<> &B) {
  Type *Ty = Sum->getType();
  Value *M = ConstantInt::get(Ty, S.Modulus);
  if (!S.ZeroApart)
    return B.CreateURem(Sum, M);
  Value *One = ConstantInt::get(Ty, 1);
  Value *Reduced = B.CreateAdd(B.CreateURem(B.CreateSub(Sum, One), M), One);
  Value *IsZero = B.CreateICmpEQ(Sum, ConstantInt::get(Ty, 0));
  return B.CreateSelect(IsZero, ConstantInt::get(Ty, 0), Reduced);
}

/// One block on all edges between the two.
static BasicBlock *splitAllEdges(BasicBlock *From, BasicBlock *To) {
  BasicBlock *Edge = BasicBlock::Create(From->getContext(), "wide.exit",
                                        From->getParent(), To);
  const size_t Edges = count(successors(From), To);
  for (PHINode &Phi : To->phis())
    for (size_t I = 1; I < Edges; ++I)
      Phi.removeIncomingValue(From, /*DeletePHIIfEmpty=*/false);
  From->getTerminator()->replaceSuccessorWith(To, Edge);
  To->replacePhiUsesWith(From, Edge);
  BranchInst::Create(To, Edge)->setDebugLoc(
      From->getTerminator()->getDebugLoc());
  return Edge;
}

static void widen(Loop &L, const ReducedSum &S, unsigned Bits, unsigned Chunk,
                  OperatorContext &Context) {
  Function &F = *Context.F;
  Type *Wide = IntegerType::get(F.getContext(), Bits);
  BasicBlock *Preheader = L.getLoopPreheader(), *Latch = L.getLoopLatch();
  IRBuilder<> B(Preheader->getTerminator());
  Value *Start = B.CreateZExtOrTrunc(S.Phi->getIncomingValueForBlock(Preheader),
                                     Wide, "wide.start");
  PHINode *Sum = PHINode::Create(Wide, 2, "wide");
  Sum->insertBefore(S.Phi->getIterator());
  Sum->setDebugLoc(S.Phi->getDebugLoc());
  Value *Now = Sum;
  for (auto [Add, W] : zip(S.Additions, S.Added)) {
    B.SetInsertPoint(Add);
    Now = B.CreateAdd(Now, B.CreateZExtOrTrunc(W, Wide), "wide.sum",
                      /*HasNUW=*/true);
  }
  Sum->addIncoming(Start, Preheader);
  Sum->addIncoming(Now, Latch);

  // After LCSSA only phis of exits use the sum outside.
  SmallVector<std::pair<BasicBlock *, BasicBlock *>> Edges;
  L.getExitEdges(Edges);
  for (auto [From, To] :
       SmallSetVector<std::pair<BasicBlock *, BasicBlock *>, 4>(Edges.begin(),
                                                                Edges.end())) {
    SmallVector<std::pair<PHINode *, Value *>> Uses;
    for (PHINode &Phi : To->phis()) {
      Value *V = Phi.getIncomingValueForBlock(From);
      if (V == S.Phi || V == S.Last)
        Uses.push_back({&Phi, V});
    }
    if (Uses.empty())
      continue;
    BasicBlock *Edge = splitAllEdges(From, To);
    for (auto [Phi, V] : Uses) {
      B.SetInsertPoint(Edge->getTerminator());
      B.SetCurrentDebugLocation(Phi->getDebugLoc());
      Value *Result = reduce(V == S.Phi ? Sum : Now, S, B);
      Phi->setIncomingValueForBlock(Edge,
                                    B.CreateZExtOrTrunc(Result, V->getType()));
    }
  }
  // What is left of the old sum is dead but for itself.
  S.Phi->replaceAllUsesWith(PoisonValue::get(S.Phi->getType()));
  S.Phi->eraseFromParent();

  if (!Chunk)
    return;
  MDNode *Id = L.getLoopID();
  LoopFrame Frame = frameLoop(L, Chunk);
  for (auto [Old, AtBlock] : Frame.Phis)
    if (Old == Sum) {
      B.SetInsertPoint(Frame.Block);
      Value *Reduced = reduce(AtBlock, S, B);
      Sum->setIncomingValueForBlock(Frame.Enter, Reduced);
    }
  B.SetInsertPoint(Frame.Block);
  B.SetCurrentDebugLocation(Latch->getTerminator()->getDebugLoc());
  B.CreateBr(Frame.Enter);
  Latch->getTerminator()->setMetadata(LLVMContext::MD_loop, nullptr);
  Frame.Count->setMetadata(LLVMContext::MD_loop, Id);
}

/// How many iterations cannot make a sum of \p Bits wrap.
static uint64_t safePasses(const ReducedSum &S, unsigned Bits) {
  return (maskTrailingOnes<uint64_t>(Bits) - S.maxSum()) /
         std::max<uint64_t>(S.MaxPerPass, 1);
}

/// 0: the loop's count is known to be small enough.
static unsigned chunkOf(const Loop &L, const ReducedSum &S, unsigned Bits,
                        OperatorContext &Context) {
  auto &SE = Context.FAM->getResult<ScalarEvolutionAnalysis>(*Context.F);
  const uint64_t Safe = safePasses(S, Bits);
  const auto *Max =
      dyn_cast<SCEVConstant>(SE.getConstantMaxBackedgeTakenCount(&L));
  if (Max && Max->getAPInt().ult(Safe))
    return 0;
  return std::min<uint64_t>(Safe, 1u << 30);
}

//===----------------------------------------------------------------------===//
// The operator
//===----------------------------------------------------------------------===//

std::vector<Choice> WideSum::match(const SiteRef &S,
                                   OperatorContext &Context) const {
  std::vector<Choice> Result;
  if (S.Id.Kind != SiteKind::Loop)
    return Result;
  Loop *L = loopOf(S, Context);
  const LoopCost Cost = costOf(*L, Context);
  if (Cost.Share <= Context.Share * 1e-3)
    return Result;
  Expected<ReducedSum> Sum = findSum(*L, Context);
  if (!Sum) {
    consumeError(Sum.takeError());
    return Result;
  }
  // A division after the loop is paid for by a few steps.
  const double Gain = Cost.Trips > 0 && Cost.Trips < 4 ? 0.02 : 0.5;
  if (safePasses(*Sum, 32) >= 64)
    Result.push_back({name().str(), "width=32", Cost.Share * Gain});
  Result.push_back({name().str(), "width=64", Cost.Share * Gain * 0.9});
  return Result;
}

Error WideSum::apply(const SiteRef &S, const Parameters &P,
                     OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Loop)
    return createStringError("wide-sum fits loops only");
  if (Error E = P.onlyKeys({"width"}))
    return E;
  Expected<uint64_t> Bits = P.number("width", 32, 64);
  if (!Bits)
    return Bits.takeError();
  if (*Bits != 32 && *Bits != 64)
    return createStringError("parameter 'width=" + Twine(*Bits) +
                             "' is neither 32 nor 64");
  Loop *L = loopOf(S, Context);
  if (!L)
    return createStringError("the loop is gone");
  Expected<ReducedSum> Sum = findSum(*L, Context);
  if (!Sum)
    return Sum.takeError();
  if (safePasses(*Sum, *Bits) < 64)
    return createStringError("so narrow a sum would have to be reduced too "
                             "often");
  BasicBlock *Header = L->getHeader();
  simplifyLoopShape(*L, Context);
  Context.FAM->invalidate(*Context.F, PreservedAnalyses::none());
  L = Context.FAM->getResult<LoopAnalysis>(*Context.F).getLoopFor(Header);
  Sum = findSum(*L, Context);
  if (!Sum)
    return Sum.takeError();
  widen(*L, *Sum, *Bits, chunkOf(*L, *Sum, *Bits, Context), Context);
  if (Context.Codegen)
    Context.Codegen->Simplify = true;
  return Error::success();
}

std::unique_ptr<Operator> createWideSum() {
  return std::make_unique<WideSum>();
}

} // namespace speciate
