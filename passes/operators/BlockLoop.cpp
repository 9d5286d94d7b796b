//===- passes/operators/BlockLoop.cpp - Loops in blocks of iterations
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/BlockLoop.h"
#include "passes/operators/LoopForm.h"
#include "passes/operators/Places.h"
#include "passes/sites/Cost.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/ProfDataUtils.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Transforms/Utils/PromoteMemToReg.h"
#include "llvm/Transforms/Utils/SSAUpdater.h"
#include "llvm/Transforms/Utils/ScalarEvolutionExpander.h"

using namespace llvm;

namespace speciate {

/// So many iterations of the original come before the first block; the first of
/// them stand before the loop, where they cost no counting, if so many copies
/// of the body are no more than so many instructions.
static constexpr unsigned LeadIn = 16;
static constexpr unsigned LeastPeeled = 4, MostPeeled = 8, MaxPeeled = 256;
/// An edge that blocks are assumed not to take, taken in the original: so many
/// more iterations of the original come before the next block.
static constexpr unsigned QuietIterations = 8;
/// After failures in a row the pause grows by the factor, up to so many blocks.
static constexpr unsigned PauseGrowth = 8, LongestPause = 64;

namespace {

class Builder {
public:
  Builder(Loop &L, const BlockPlan &Plan, unsigned LeadIn,
          OperatorContext &Context);
  void run();

private:
  /// A loop of K iterations.
  struct Copy {
    ValueToValueMapTy Map;
    BasicBlock *Enter, *Leave; ///< No phis in Leave.
    PHINode *Number;           ///< Of the iteration, from 0.
  };

  void expandStarts();
  void makeFrame();
  void pauseAfterFailure(IRBuilder<> &B);
  void addGuards();
  Value *addressOf(Value *First, int64_t Step, int64_t Offset, IRBuilder<> &B);
  void copyKept(Copy &C, const Twine &Suffix);
  void enterCopy(Copy &C);
  void cutPhis(Copy &C);
  void runAhead(Copy &C);
  Value *leaves(const AssumedBranch &A, const Copy &C, IRBuilder<> &B);
  void dropSelects(Copy &C);
  Value *failed(const Copy &C, AllocaInst *Taken, IRBuilder<> &B);
  void dropUnscanned(Copy &C);
  void waitForQuiet();
  void setWeights();
  void setLoopHints(BasicBlock *Latch, bool Fast);

  const unsigned K;
  const unsigned Leading; ///< The original's iterations before the first block.
  const BlockPlan &Plan;
  OperatorContext &Context;
  Function &F;
  LLVMContext &Ctx;
  Loop &L;
  BasicBlock *Preheader, *Header, *Latch;
  BasicBlock *Block = nullptr, *Careful = nullptr, *Next = nullptr;
  BasicBlock *Fast = nullptr;  ///< The guards hold.
  BasicBlock *Again = nullptr; ///< The fast loop's last block.
  PHINode *Done = nullptr, *Left = nullptr;
  PHINode *Pause = nullptr; ///< Iterations without blocks after a failed one.
  /// Of the original, and the pause after them.
  PHINode *CarefulCount = nullptr, *PauseAfter = nullptr;
  Value *IsFirst = nullptr;
  BranchInst *Guard = nullptr, *Verdict = nullptr;
  SmallVector<std::pair<PHINode *, PHINode *>> Phis; ///< Header's and Block's.
  SmallVector<Value *> Limits, Bases;
  SmallVector<std::pair<Value *, Value *>> Apart;
  DenseMap<const LoadInst *, std::pair<Value *, int64_t>> ReadFrom;
  DenseMap<const LoadInst *, int64_t> StepOf;
  double Entries = 0, Passes = 0;
};

} // namespace

Builder::Builder(Loop &L, const BlockPlan &Plan, unsigned LeadIn,
                 OperatorContext &Context)
    : K(Plan.Params.Iterations), Leading(std::min(K, LeadIn)), Plan(Plan),
      Context(Context), F(*Context.F), Ctx(F.getContext()), L(L),
      Preheader(L.getLoopPreheader()), Header(L.getHeader()),
      Latch(L.getLoopLatch()) {
  const auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(F);
  Entries = blockCount(*Preheader, BFI);
  Passes = blockCount(*Header, BFI);
}

/// What the guards need, computed once before the loop. First of all, as other
/// changes make what scalar evolution knows stale.
void Builder::expandStarts() {
  auto &SE = Context.FAM->getResult<ScalarEvolutionAnalysis>(F);
  SCEVExpander Expander(SE, "block");
  Instruction *At = Preheader->getTerminator();
  IRBuilder<> B(At);
  auto Expand = [&](const SCEV *S) -> Value * {
    Value *V = Expander.expandCodeFor(S, S->getType(), At->getIterator());
    return B.CreateFreeze(V);
  };
  for (const AssumedBranch &A : Plan.Assumed)
    if (A.Limit)
      Limits.push_back(Expand(A.Limit));
  for (const LoadStream &S : Plan.Streams)
    Bases.push_back(Expand(S.Lowest));
  for (const auto &[Read, Written] : Plan.Apart) {
    Value *R = Expand(Read.First);
    Apart.push_back({R, Expand(Written.First)});
  }
}

LoopFrame frameLoop(Loop &L, unsigned K) {
  BasicBlock *Preheader = L.getLoopPreheader(), *Header = L.getHeader();
  BasicBlock *Latch = L.getLoopLatch();
  LLVMContext &Ctx = Header->getContext();
  LoopFrame Frame;
  auto Add = [&](const Twine &Name) {
    return BasicBlock::Create(Ctx, Name, Header->getParent(), Header);
  };
  Frame.Block = Add("block");
  Frame.Enter = Add("block.careful");
  Frame.Next = Add("block.next");
  Frame.Next->moveAfter(Latch);
  BasicBlock *Next = Frame.Next;

  IRBuilder<> B(Frame.Block);
  B.SetCurrentDebugLocation(Latch->getTerminator()->getDebugLoc());
  for (PHINode &Phi : Header->phis()) {
    PHINode *New = B.CreatePHI(Phi.getType(), 3, Phi.getName() + ".block");
    New->setDebugLoc(Phi.getDebugLoc());
    New->addIncoming(Phi.getIncomingValueForBlock(Preheader), Preheader);
    New->addIncoming(Phi.getIncomingValueForBlock(Latch), Next);
    Phi.setIncomingValueForBlock(Preheader, New);
    Frame.Phis.push_back({&Phi, New});
  }
  Header->replacePhiUsesWith(Preheader, Frame.Enter);
  Header->replacePhiUsesWith(Latch, Next);
  Preheader->getTerminator()->replaceSuccessorWith(Header, Frame.Block);
  Latch->getTerminator()->replaceSuccessorWith(Header, Next);

  B.SetInsertPoint(Frame.Enter);
  B.CreateBr(Header);
  B.SetInsertPoint(Header, Header->begin());
  PHINode *Left = B.CreatePHI(B.getInt32Ty(), 2, "left");
  Frame.Left = Left;
  B.SetInsertPoint(Next);
  Value *LeftNext = B.CreateSub(Left, B.getInt32(1), "left.next", true, true);
  Frame.Count = B.CreateCondBr(B.CreateICmpEQ(LeftNext, B.getInt32(0)),
                               Frame.Block, Header);
  setFittedBranchWeights(*Frame.Count, {1, K - 1}, /*IsExpected=*/false);
  Left->addIncoming(B.getInt32(K), Frame.Enter);
  Left->addIncoming(LeftNext, Next);
  return Frame;
}

void Builder::makeFrame() {
  LoopFrame Frame = frameLoop(L, K);
  Block = Frame.Block;
  Careful = Frame.Enter;
  Next = Frame.Next;
  Left = Frame.Left;
  Phis = std::move(Frame.Phis);
  Fast = BasicBlock::Create(Ctx, "block.fast", &F, Careful);
  Again = BasicBlock::Create(Ctx, "block.again", &F, Careful);
  IRBuilder<> B(Block, Block->begin());
  Done = B.CreatePHI(B.getInt64Ty(), 3, "done");
  B.SetInsertPoint(Block);
  // The first iterations are the original's: a loop that ends at once is not
  // computed past its end.
  IsFirst = B.CreateICmpEQ(Done, B.getInt64(0), "first");
  Value *Count = B.CreateSelect(IsFirst, B.getInt64(Leading), B.getInt64(K),
                                "count");
  Done->addIncoming(B.getInt64(0), Preheader);
  Done->addIncoming(B.CreateAdd(Done, B.getInt64(K), "done.next", true, true),
                    Again);
  B.SetInsertPoint(Block, Block->begin());
  Pause = B.CreatePHI(B.getInt64Ty(), 3, "pause");
  B.SetInsertPoint(Careful, Careful->begin());
  CarefulCount = B.CreatePHI(B.getInt64Ty(), 2, "careful");
  PauseAfter = B.CreatePHI(B.getInt64Ty(), 2, "pause.after");
  CarefulCount->addIncoming(Count, Block);
  PauseAfter->addIncoming(Pause, Block);
  Left->setIncomingValueForBlock(
      Careful, B.CreateTrunc(CarefulCount, B.getInt32Ty()));
  Done->addIncoming(B.CreateAdd(Done, CarefulCount, "done.careful", true, true),
                    Next);
  Pause->addIncoming(B.getInt64(K), Preheader);
  Pause->addIncoming(B.getInt64(K), Again);
  Pause->addIncoming(PauseAfter, Next);
}

/// Blocks that fail in a row are not tried again for longer and longer: where
/// the assumption does not hold, it soon costs next to nothing.
void Builder::pauseAfterFailure(IRBuilder<> &B) {
  CarefulCount->addIncoming(Pause, B.GetInsertBlock());
  PauseAfter->addIncoming(
      B.CreateBinaryIntrinsic(
          Intrinsic::umin,
          B.CreateMul(Pause, B.getInt64(PauseGrowth), "", true, true),
          B.getInt64(uint64_t(K) * LongestPause)),
      B.GetInsertBlock());
}

/// \p First + Done * \p Step + \p Offset, as an integer.
Value *Builder::addressOf(Value *First, int64_t Step, int64_t Offset,
                          IRBuilder<> &B) {
  Value *Number = B.CreatePtrToInt(First, B.getInt64Ty());
  if (Step)
    Number = B.CreateAdd(Number, B.CreateMul(Done, B.getInt64(Step)));
  return Offset ? B.CreateAdd(Number, B.getInt64(Offset)) : Number;
}

void Builder::addGuards() {
  IRBuilder<> B(Block);
  B.SetCurrentDebugLocation(Latch->getTerminator()->getDebugLoc());
  Value *All = nullptr;
  auto Require = [&](Value *Condition) {
    All = All ? B.CreateAnd(All, Condition) : Condition;
  };
  Require(B.CreateNot(IsFirst));
  for (Value *Limit : Limits)
    // Done is never above a limit while the loop runs.
    Require(B.CreateICmpUGE(
        B.CreateSub(Limit, B.CreateTrunc(Done, Limit->getType())),
        ConstantInt::get(Limit->getType(), K)));
  for (const EndTest &Test : Plan.Ends)
    for (auto [Old, AtBlock] : Phis)
      if (Old == Test.Phi)
        Require(
            B.CreateICmpULE(B.CreateFreeze(AtBlock),
                            ConstantInt::get(AtBlock->getType(), Test.Bound)));
  for (auto [S, Base] : zip(Plan.Streams, Bases)) {
    const int64_t Others = int64_t(K - 1) * S.Step;
    const uint64_t Span = std::abs(Others) + S.Bytes;
    Value *Low = addressOf(Base, S.Step, std::min<int64_t>(Others, 0), B);
    Require(B.CreateICmpULE(B.CreateAnd(Low, B.getInt64(PageBytes - 1)),
                            B.getInt64(PageBytes - Span)));
  }
  for (auto [Ranges, Firsts] : zip(Plan.Apart, Apart)) {
    auto Ends = [&](const AccessRange &R, Value *First) {
      const int64_t Others = int64_t(K - 1) * R.Step;
      Value *Low = addressOf(First, R.Step, std::min<int64_t>(Others, 0), B);
      return std::pair(
          Low, B.CreateAdd(Low, B.getInt64(std::abs(Others) + R.Bytes)));
    };
    auto [ReadLow, ReadEnd] = Ends(Ranges.first, Firsts.first);
    auto [WriteLow, WriteEnd] = Ends(Ranges.second, Firsts.second);
    Require(B.CreateOr(B.CreateICmpULE(ReadEnd, WriteLow),
                       B.CreateICmpULE(WriteEnd, ReadLow)));
  }
  Guard = B.CreateCondBr(All, Fast, Careful);

  B.SetInsertPoint(Fast);
  for (auto [S, Base] : zip(Plan.Streams, Bases)) {
    Value *At = B.CreatePtrAdd(Base, B.CreateMul(Done, B.getInt64(S.Step)));
    At = hideObject(B, At);
    for (auto [Load, Offset] : S.Loads) {
      ReadFrom[Load] = {At, Offset};
      StepOf[Load] = S.Step;
    }
  }
}

/// Copies the kept blocks with the assumed branches gone; phis still have the
/// original's incoming blocks and values where these were not copied.
void Builder::copyKept(Copy &C, const Twine &Suffix) {
  SmallVector<BasicBlock *> Copies;
  for (BasicBlock *BB : Plan.Kept) {
    BasicBlock *New = CloneBasicBlock(BB, C.Map, Suffix, &F);
    New->moveBefore(Again);
    C.Map[BB] = New;
    Copies.push_back(New);
  }
  remapInstructionsInBlocks(Copies, C.Map);
  Value *CopiedLeft = C.Map.lookup(Left);
  C.Map.erase(Left);
  cast<PHINode>(CopiedLeft)->eraseFromParent();
}

/// Gives the copy's phis the predecessors that the copy has.
void Builder::cutPhis(Copy &C) {
  for (BasicBlock *BB : Plan.Kept) {
    if (BB == Header)
      continue;
    auto *New = cast<BasicBlock>(C.Map[BB]);
    SmallVector<BasicBlock *> Preds(predecessors(New));
    for (PHINode &Phi : New->phis()) {
      // As often as there are edges.
      SmallVector<BasicBlock *> Missing(Preds);
      for (unsigned I = Phi.getNumIncomingValues(); I-- != 0;) {
        auto *Found = find(Missing, Phi.getIncomingBlock(I));
        if (Found == Missing.end())
          Phi.removeIncomingValue(I, /*DeletePHIIfEmpty=*/false);
        else
          Missing.erase(Found);
      }
      assert(Missing.empty());
    }
  }
}

/// The copy as a loop of K iterations from C.Enter to C.Leave, on the state at
/// the head of the block.
void Builder::enterCopy(Copy &C) {
  for (const AssumedBranch &A : Plan.Assumed) {
    auto *End =
        cast<BasicBlock>(C.Map[A.Terminator->getParent()])->getTerminator();
    BranchInst *Br =
        BranchInst::Create(cast<BasicBlock>(C.Map[A.Kept]), End->getIterator());
    Br->setDebugLoc(End->getDebugLoc());
    End->eraseFromParent();
  }
  auto *NewHeader = cast<BasicBlock>(C.Map[Header]);
  auto *NewLatch = cast<BasicBlock>(C.Map[Latch]);
  // The latch's own branch has become one to the header.
  Instruction *End = NewLatch->getTerminator();
  IRBuilder<> B(End);
  Type *I64 = B.getInt64Ty();
  C.Number = PHINode::Create(I64, 2, "number");
  C.Number->insertBefore(NewHeader->begin());
  Value *NumberNext = B.CreateAdd(C.Number, B.getInt64(1), "", true, true);
  BranchInst *Back = B.CreateCondBr(B.CreateICmpEQ(NumberNext, B.getInt64(K)),
                                    C.Leave, NewHeader);
  setFittedBranchWeights(*Back, {1, K - 1}, /*IsExpected=*/false);
  End->eraseFromParent();
  C.Number->addIncoming(B.getInt64(0), C.Enter);
  C.Number->addIncoming(NumberNext, NewLatch);
  for (auto [Old, AtBlock] : Phis) {
    auto *New = cast<PHINode>(C.Map[Old]);
    Value *Then = Old->getIncomingValueForBlock(Next);
    if (Value *Mapped = C.Map.lookup(Then))
      Then = Mapped;
    while (New->getNumIncomingValues())
      New->removeIncomingValue(0u, /*DeletePHIIfEmpty=*/false);
    New->addIncoming(AtBlock, C.Enter);
    New->addIncoming(Then, NewLatch);
  }
  cutPhis(C);
  IRBuilder<>(C.Enter).CreateBr(NewHeader);
  setLoopHints(NewLatch, /*Fast=*/true);
}

/// Whether the copy of \p A would have taken an assumed edge.
Value *Builder::leaves(const AssumedBranch &A, const Copy &C, IRBuilder<> &B) {
  auto MappedOf = [&](Value *V) {
    Value *Mapped = C.Map.lookup(V);
    return Mapped ? Mapped : V;
  };
  Value *Condition = B.CreateFreeze(MappedOf(A.Terminator->getOperand(0)));
  if (auto *Br = dyn_cast<BranchInst>(A.Terminator))
    return Br->getSuccessor(0) == A.Kept ? B.CreateNot(Condition) : Condition;
  auto *Switch = cast<SwitchInst>(A.Terminator);
  const bool KeptByDefault = Switch->getDefaultDest() == A.Kept;
  Value *Any = B.getFalse();
  for (const auto &Case : Switch->cases())
    if ((Case.getCaseSuccessor() == A.Kept) != KeptByDefault)
      Any = B.CreateOr(Any, B.CreateICmpEQ(Condition, Case.getCaseValue()));
  return KeptByDefault ? Any : B.CreateNot(Any);
}

void Builder::dropSelects(Copy &C) {
  for (const AssumedSelect &S : Plan.Selects) {
    Value *Mapped = C.Map.lookup(S.Select);
    auto *New = cast<SelectInst>(Mapped);
    New->replaceAllUsesWith(S.KeptIsTrue ? New->getTrueValue()
                                         : New->getFalseValue());
    New->eraseFromParent();
  }
}

/// What is known after the last iteration: an i1.
Value *Builder::failed(const Copy &C, AllocaInst *Taken, IRBuilder<> &B) {
  Value *Any = B.CreateLoad(B.getInt1Ty(), Taken);
  for (const EndTest &Test : Plan.Ends) {
    Value *Last = C.Map.lookup(Test.Last);
    Any = B.CreateOr(
        Any, B.CreateICmpUGT(B.CreateFreeze(Last),
                             ConstantInt::get(Last->getType(), Test.Bound)));
  }
  return Any;
}

/// Makes a copy fit to run beyond the end: see (3) and (4) in the header.
void Builder::runAhead(Copy &C) {
  for (BasicBlock *BB : Plan.Kept) {
    auto *New = cast<BasicBlock>(C.Map[BB]);
    for (Instruction &I : make_early_inc_range(*New)) {
      if (isa<AssumeInst, NoAliasScopeDeclInst, PseudoProbeInst>(I)) {
        I.eraseFromParent();
        continue;
      }
      if (!isa<BranchInst, SwitchInst>(I))
        I.dropUBImplyingAttrsAndMetadata();
      if (!Plan.Ends.empty() && I.getOpcode() == Instruction::Add)
        I.dropPoisonGeneratingFlags();
    }
    Instruction *End = New->getTerminator();
    if (BB == Latch || End->getNumSuccessors() == 1 ||
        isa<Constant>(End->getOperand(0)))
      continue;
    IRBuilder<> B(End);
    End->setOperand(0, B.CreateFreeze(End->getOperand(0)));
  }
  for (const LoadStream &S : Plan.Streams)
    for (auto [Load, Offset] : S.Loads) {
      Value *Mapped = C.Map.lookup(Load);
      auto *New = dyn_cast_or_null<LoadInst>(Mapped);
      if (!New)
        continue;
      IRBuilder<> B(New);
      const int64_t Step = StepOf.lookup(Load);
      Value *Distance =
          B.CreateAdd(B.CreateMul(C.Number, B.getInt64(Step), "",
                                  /*HasNUW=*/Step >= 0, /*HasNSW=*/true),
                      B.getInt64(Offset), "", /*HasNUW=*/Step >= 0,
                      /*HasNSW=*/true);
      New->setOperand(0, B.CreatePtrAdd(ReadFrom.lookup(Load).first, Distance));
    }
}

/// Leaves of a copy only what the scan computes, and no effects.
void Builder::dropUnscanned(Copy &C) {
  for (BasicBlock *BB : Plan.Kept)
    for (Instruction &I : *BB) {
      Value *Mapped = C.Map.lookup(&I);
      auto *New = dyn_cast_or_null<Instruction>(Mapped);
      if (!New || any_of(Plan.Selects, [&](const AssumedSelect &S) {
            return S.Select == &I;
          }))
        continue;
      New->dropDbgRecords();
      if (New->isTerminator() || Plan.Scan.contains(&I))
        continue;
      if (!New->getType()->isVoidTy())
        New->replaceAllUsesWith(PoisonValue::get(New->getType()));
      New->eraseFromParent();
    }
}

void Builder::setLoopHints(BasicBlock *End, bool IsFast) {
  SmallVector<Metadata *, 4> Operands{nullptr};
  auto Add = [&](StringRef Name, Type *Ty, uint64_t Value) {
    SmallVector<Metadata *, 2> Parts{MDString::get(Ctx, Name)};
    if (Ty)
      Parts.push_back(ConstantAsMetadata::get(ConstantInt::get(Ty, Value)));
    Operands.push_back(MDNode::get(Ctx, Parts));
  };
  Type *I1 = Type::getInt1Ty(Ctx), *I32 = Type::getInt32Ty(Ctx);
  if (!IsFast) {
    // It runs for less than a block.
    Add("llvm.loop.unroll.disable", nullptr, 0);
    Add("llvm.loop.vectorize.enable", I1, 0);
  } else if (Plan.Params.Width == 1) {
    Add("llvm.loop.vectorize.enable", I1, 0);
  } else if (Plan.Params.Width) {
    Add("llvm.loop.vectorize.enable", I1, 1);
    Add("llvm.loop.vectorize.width", I32, Plan.Params.Width);
  } else {
    End->getTerminator()->setMetadata(LLVMContext::MD_loop, nullptr);
    return;
  }
  MDNode *Id = MDNode::getDistinct(Ctx, Operands);
  Id->replaceOperandWith(0, Id);
  End->getTerminator()->setMetadata(LLVMContext::MD_loop, Id);
}

/// Where assumed edges are taken again and again, no block is tried at all: on
/// each, what is left until the next block is raised, and so is the number of
/// iterations that Done is told of.
void Builder::waitForQuiet() {
  auto *LeftNext = cast<Instruction>(Left->getIncomingValueForBlock(Next));
  auto *DoneNext = cast<Instruction>(Done->getIncomingValueForBlock(Next));
  DoneNext->moveBefore(Next->getTerminator()->getIterator());
  SSAUpdater NowLeft, Ran;
  NowLeft.Initialize(Left->getType(), "left");
  NowLeft.AddAvailableValue(Header, Left);
  Ran.Initialize(CarefulCount->getType(), "ran");
  Ran.AddAvailableValue(Careful, CarefulCount);
  SmallVector<Use *> LeftUses{&LeftNext->getOperandUse(0)};
  SmallVector<Use *> RanUses{&DoneNext->getOperandUse(1)};
  SmallPtrSet<BasicBlock *, 8> Known;
  for (const AssumedBranch &A : Plan.Assumed) {
    if (A.Limit)
      continue;
    for (unsigned I = 0; I < A.Terminator->getNumSuccessors(); ++I) {
      BasicBlock *To = A.Terminator->getSuccessor(I);
      if (To == A.Kept || !L.contains(To) || To == Header)
        continue;
      if (!To->getUniquePredecessor())
        To = SplitCriticalEdge(
            A.Terminator, I,
            CriticalEdgeSplittingOptions().setMergeIdenticalEdges());
      if (!To || !Known.insert(To).second)
        continue;
      IRBuilder<> B(To, To->getFirstInsertionPt());
      B.SetCurrentDebugLocation(A.Terminator->getDebugLoc());
      auto *Raised = cast<Instruction>(B.CreateBinaryIntrinsic(
          Intrinsic::umax, Left, B.getInt32(QuietIterations + 1)));
      auto *More = cast<Instruction>(B.CreateSub(Raised, Left));
      auto *Sum = cast<Instruction>(
          B.CreateAdd(CarefulCount, B.CreateZExt(More, B.getInt64Ty())));
      NowLeft.AddAvailableValue(To, Raised);
      Ran.AddAvailableValue(To, Sum);
      LeftUses.push_back(&Raised->getOperandUse(0));
      LeftUses.push_back(&More->getOperandUse(1));
      RanUses.push_back(&Sum->getOperandUse(0));
    }
  }
  // Of edges one behind the other the later ones begin with what the earlier
  // ones left.
  for (Use *U : LeftUses)
    NowLeft.RewriteUse(*U);
  for (Use *U : RanUses)
    Ran.RewriteUse(*U);
}

/// From the profile of the loop: a block is given up once an entry, for an
/// exit, and as often as the rare edges say.
void Builder::setWeights() {
  const double Blocks = std::max(1.0, Passes / K),
               Ends = std::max(1.0, Entries);
  const double Clean = std::clamp(Plan.cleanShare(), 0.01, 0.999);
  double Crossing = 0;
  for (const LoadStream &S : Plan.Streams)
    Crossing += double((K - 1) * std::abs(S.Step) + S.Bytes) / PageBytes;
  Crossing = std::min(Crossing, 0.5);
  auto Set = [](BranchInst *Br, double Yes, double No) {
    if (Br && Br->isConditional())
      setFittedBranchWeights(
          *Br, {uint64_t(Yes * 1000) + 1, uint64_t(No * 1000) + 1},
          /*IsExpected=*/false);
  };
  Set(Guard, Blocks * (1 - Crossing),
      Blocks * Crossing + (Limits.empty() ? 1 : 2) * Ends);
  Set(Verdict, Blocks * (1 - Clean), Blocks * Clean);
}

void Builder::run() {
  expandStarts();
  makeFrame();
  addGuards();
  // Whether an assumed edge was taken.
  IRBuilder<> Slots(&F.getEntryBlock(), F.getEntryBlock().begin());
  AllocaInst *Taken = Slots.CreateAlloca(Slots.getInt1Ty(), nullptr, "taken");
  IRBuilder<> B(Fast);
  B.SetCurrentDebugLocation(Latch->getTerminator()->getDebugLoc());
  B.CreateStore(B.getFalse(), Taken);
  const bool First = Plan.Params.Check == BlockCheck::First;

  Copy Watching;
  Watching.Enter = Fast;
  Watching.Leave =
      First ? BasicBlock::Create(Ctx, "block.clean", &F, Again) : Again;
  copyKept(Watching, First ? ".scan" : ".fast");
  if (First)
    Watching.Leave->moveBefore(Again);
  for (const AssumedBranch &A : Plan.Assumed) {
    if (A.Limit || A.AtEnd)
      continue;
    IRBuilder<> At(cast<BasicBlock>(Watching.Map[A.Terminator->getParent()])
                       ->getTerminator());
    Value *Now = leaves(A, Watching, At);
    At.CreateStore(At.CreateOr(At.CreateLoad(At.getInt1Ty(), Taken), Now),
                   Taken);
  }
  for (const AssumedSelect &S : Plan.Selects) {
    if (S.AtEnd)
      continue;
    Value *Mapped = Watching.Map.lookup(S.Select);
    auto *New = cast<SelectInst>(Mapped);
    IRBuilder<> At(New);
    Value *Condition = At.CreateFreeze(New->getCondition());
    Value *Now = S.KeptIsTrue ? At.CreateNot(Condition) : Condition;
    At.CreateStore(At.CreateOr(At.CreateLoad(At.getInt1Ty(), Taken), Now),
                   Taken);
  }
  dropSelects(Watching);
  enterCopy(Watching);
  runAhead(Watching);
  Copy Acting;
  if (First) {
    dropUnscanned(Watching);
    BasicBlock *Run = BasicBlock::Create(Ctx, "block.run", &F, Again);
    IRBuilder<> Judge(Watching.Leave);
    Judge.SetCurrentDebugLocation(Latch->getTerminator()->getDebugLoc());
    pauseAfterFailure(Judge);
    Verdict = Judge.CreateCondBr(failed(Watching, Taken, Judge), Careful, Run);
    Acting.Enter = Run;
    Acting.Leave = Again;
    copyKept(Acting, ".fast");
    dropSelects(Acting);
    enterCopy(Acting);
  }
  IRBuilder<> Judge(Again);
  Judge.SetCurrentDebugLocation(Latch->getTerminator()->getDebugLoc());
  if (First) {
    Judge.CreateBr(Block);
  } else {
    pauseAfterFailure(Judge);
    Verdict =
        Judge.CreateCondBr(failed(Watching, Taken, Judge), Careful, Block);
  }
  ValueToValueMapTy &Final = First ? Acting.Map : Watching.Map;
  for (auto [Old, AtBlock] : Phis) {
    Value *Then = Old->getIncomingValueForBlock(Next);
    Value *Mapped = Final.lookup(Then);
    AtBlock->addIncoming(Mapped ? Mapped : Then, Again);
  }
  waitForQuiet();
  setLoopHints(Next, /*Fast=*/false);
  Latch->getTerminator()->setMetadata(LLVMContext::MD_loop, nullptr);
  setWeights();
  DominatorTree DT(F);
  PromoteMemToReg({Taken}, DT);
}

Error applyBlocks(Loop &L, const BlockParams &Params,
                  OperatorContext &Context) {
  if (Expected<BlockPlan> Plan = planBlocks(L, Params, Context); !Plan)
    return Plan.takeError();
  BasicBlock *Header = L.getHeader();
  unsigned Peeled = std::min(MostPeeled, MaxPeeled / bodySize(L));
  if (Peeled < LeastPeeled || !L.isLoopExiting(L.getLoopLatch()) ||
      !L.isSafeToClone())
    Peeled = 0;
  if (Peeled) {
    if (Error E = peelIterations(L, Peeled, Context))
      return E;
  } else {
    simplifyLoopShape(L, Context);
  }
  Context.FAM->invalidate(*Context.F, PreservedAnalyses::none());
  Loop *Simple =
      Context.FAM->getResult<LoopAnalysis>(*Context.F).getLoopFor(Header);
  Expected<BlockPlan> Plan = planBlocks(*Simple, Params, Context);
  if (!Plan)
    return Plan.takeError();
  Builder(*Simple, *Plan, LeadIn - Peeled, Context).run();
  if (Context.Codegen)
    Context.Codegen->Simplify = true;
  return Error::success();
}

} // namespace speciate
