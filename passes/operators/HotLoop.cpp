//===- passes/operators/HotLoop.cpp - The frequent way round a loop, by itself
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/HotLoop.h"
#include "passes/operators/LoopForm.h"
#include "passes/operators/Versioning.h"
#include "passes/sites/Cost.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/AliasAnalysis.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/BranchProbabilityInfo.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Transforms/Utils/Local.h"
#include "llvm/Transforms/Utils/SSAUpdater.h"

using namespace llvm;

namespace speciate {

static constexpr size_t MaxHot = 400; ///< Instructions; there are two copies.
/// A hot loop that more iterations leave does not pay.
static constexpr double MinClean = 0.5;
static constexpr unsigned MaxKept = 8; ///< Values in registers.

namespace {

class HotLoop final : public Operator {
public:
  StringRef name() const override { return "hot-loop"; }
  bool worksAt(Level L) const override { return L == Level::Region; }
  VerdictKind evidence(const Parameters &) const override {
    return VerdictKind::Checked;
  }
  std::vector<Choice> match(const SiteRef &S,
                            OperatorContext &Context) const override;
  Error apply(const SiteRef &S, const Parameters &P,
              OperatorContext &Context) const override;
};

/// A place in memory whose value is kept in a register, and all that reads or
/// writes it there.
struct Kept {
  Value *Base = nullptr; ///< Outside of the loop.
  int64_t Offset = 0;
  SmallVector<Instruction *, 8> Accesses;
  bool Stored = false; ///< In every iteration.
};

/// What is hot of a loop.
struct Hot {
  SmallSetVector<BasicBlock *, 16> Blocks; ///< The header is the first.
  SmallDenseSet<std::pair<const BasicBlock *, const BasicBlock *>, 32> Edges;
  BasicBlock *Latch = nullptr;
  size_t Size = 0;
  double Clean = 1; ///< The share of iterations that do not leave it.
  SmallVector<Kept, MaxKept> Places;

  bool isHotEdge(const BasicBlock *From, const BasicBlock *To) const {
    return Edges.contains({From, To});
  }
  bool isOnEveryWay(const BasicBlock *BB) const;
  void findPlaces(const Loop &L, AAResults &AA);
};

} // namespace

/// Every complete iteration comes through \p BB.
bool Hot::isOnEveryWay(const BasicBlock *BB) const {
  SmallSetVector<const BasicBlock *, 16> Reached;
  if (BB != Blocks.front())
    Reached.insert(Blocks.front());
  for (size_t I = 0; I != Reached.size(); ++I)
    for (const BasicBlock *To : successors(Reached[I]))
      if (To != BB && Blocks.contains(const_cast<BasicBlock *>(To)) &&
          isHotEdge(Reached[I], To))
        Reached.insert(To);
  return !Reached.contains(Latch);
}

void Hot::findPlaces(const Loop &L, AAResults &AA) {
  using Place = std::tuple<const Value *, int64_t, Type *>;
  MapVector<Place, Kept> Found;
  SmallVector<Instruction *, 32> All;
  for (BasicBlock *BB : Blocks)
    for (Instruction &I : *BB) {
      // Who catches an exception, or runs at the end, looks at memory.
      if (!isGuaranteedToTransferExecutionToSuccessor(&I))
        return;
      if (!I.mayReadOrWriteMemory())
        continue;
      All.push_back(&I);
      const auto *Load = dyn_cast<LoadInst>(&I);
      const auto *Store = dyn_cast<StoreInst>(&I);
      if (!(Load && Load->isSimple()) && !(Store && Store->isSimple()))
        continue;
      Value *Address = getLoadStorePointerOperand(&I);
      int64_t Offset;
      Value *Base =
          GetPointerBaseWithConstantOffset(Address, Offset, I.getDataLayout());
      if (Base->getType() != Address->getType() || !L.isLoopInvariant(Base))
        continue;
      Kept &K = Found[{Base, Offset, getLoadStoreType(&I)}];
      K.Base = Base;
      K.Offset = Offset;
      K.Accesses.push_back(&I);
      K.Stored |= Store && isOnEveryWay(BB);
    }
  BatchAAResults Batch(AA);
  // The place is the same in all iterations, so what is elsewhere in its own
  // iteration is elsewhere in all. A place may change its type, so that all of
  // its accesses are asked.
  auto IsElsewhere = [&](Instruction *Other, const Kept &K) {
    return all_of(K.Accesses, [&](Instruction *Mine) {
      return !isModOrRefSet(
          Batch.getModRefInfo(Other, MemoryLocation::get(Mine)));
    });
  };
  for (auto &[Where, K] : Found)
    if (K.Stored && Places.size() < MaxKept &&
        all_of(All, [&](Instruction *I) {
          return is_contained(K.Accesses, I) || IsElsewhere(I, K);
        }))
      Places.push_back(std::move(K));
}

/// What is hot of \p L if an edge that is taken once in \p Rare times is not.
/// An error says why there is nothing to be had.
static Expected<Hot> findHot(const Loop &L, uint64_t Rare,
                             OperatorContext &Context) {
  if (!L.isInnermost())
    return createStringError("the loop has loops in it");
  Hot H;
  H.Latch = L.getLoopLatch();
  if (!H.Latch)
    return createStringError("the loop has no single latch");
  auto &BPI = Context.FAM->getResult<BranchProbabilityAnalysis>(*Context.F);
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(*Context.F);
  const double Entries = blockCount(*L.getHeader(), BFI);
  double Left = 0;
  H.Blocks.insert(L.getHeader());
  for (size_t I = 0; I != H.Blocks.size(); ++I) {
    BasicBlock *BB = H.Blocks[I];
    if (!isa<BranchInst, SwitchInst>(BB->getTerminator()))
      return createStringError("a block ends in what cannot be copied");
    for (BasicBlock *To : SmallSetVector<BasicBlock *, 4>(succ_begin(BB),
                                                          succ_end(BB))) {
      const BranchProbability P = BPI.getEdgeProbability(BB, To);
      if (P.getNumerator() * Rare <= BranchProbability::getDenominator()) {
        if (L.contains(To))
          Left += blockCount(*BB, BFI) * P.getNumerator() /
                  BranchProbability::getDenominator();
        continue;
      }
      H.Edges.insert({BB, To});
      if (L.contains(To))
        H.Blocks.insert(To);
    }
  }
  if (!H.Blocks.contains(H.Latch) || !H.isHotEdge(H.Latch, L.getHeader()))
    return createStringError("no iteration is hot to its end");
  if (H.Blocks.size() == L.getNumBlocks())
    return createStringError("no block of the loop is that rare");
  if (Error E = canCopyAll(H.Blocks.getArrayRef(), H.Size, MaxHot))
    return std::move(E);
  H.Clean = Entries > 0 ? std::max(0.0, 1 - Left / Entries) : 0;
  H.findPlaces(L, Context.FAM->getResult<AAManager>(*Context.F));
  return H;
}

namespace {

/// A copy of the hot blocks.
struct Copy {
  DenseMap<BasicBlock *, BasicBlock *> BlockOf;
  SmallVector<BasicBlock *, 16> Blocks; ///< In the order of Hot::Blocks.
  ValueToValueMapTy Map;

  Value *at(Value *V) const {
    auto It = Map.find(V);
    return It == Map.end() ? V : static_cast<Value *>(It->second);
  }
};

/// Makes the copies.
class Maker {
public:
  Maker(Loop &L, const Hot &H, Function &F)
      : H(H), F(F), Header(L.getHeader()), Preheader(L.getLoopPreheader()) {}
  void run();

private:
  void clone(Copy &C, const Twine &Suffix);
  void connect(Copy &C, BasicBlock *Next);
  void repair();
  void leaveBy(SmallVectorImpl<BasicBlock *> &Exits);
  void keep(const Kept &K, ArrayRef<BasicBlock *> Exits);

  const Hot &H;
  Function &F;
  BasicBlock *Header, *Preheader;
  BasicBlock *Again = nullptr; ///< Where iterations begin but those of
  BasicBlock *Begin = nullptr; ///< the hot loop, which this one precedes.
  Copy First, Round;
  MapVector<PHINode *, PHINode *> Phis; ///< Of the header, and in Again.
};

/// Loads and stores of one place become values.
class Keeper : public LoadAndStorePromoter {
public:
  Keeper(ArrayRef<const Instruction *> Accesses, SSAUpdater &Updater,
         Value *Address, Align Alignment, AAMDNodes Tags,
         ArrayRef<BasicBlock *> Exits)
      : LoadAndStorePromoter(Accesses, Updater, "kept"), Updater(Updater),
        Address(Address), Alignment(Alignment), Tags(Tags), Exits(Exits) {}

  void doExtraRewritesBeforeFinalDeletion() override {
    for (BasicBlock *Exit : Exits) {
      IRBuilder<> B(Exit->getTerminator());
      B.CreateAlignedStore(Updater.GetValueInMiddleOfBlock(Exit), Address,
                           Alignment)
          ->setAAMetadata(Tags);
    }
  }

private:
  SSAUpdater &Updater;
  Value *Address;
  Align Alignment;
  AAMDNodes Tags;
  ArrayRef<BasicBlock *> Exits;
};

} // namespace

void Maker::clone(Copy &C, const Twine &Suffix) {
  for (BasicBlock *BB : H.Blocks) {
    BasicBlock *New = CloneBasicBlock(BB, C.Map, Suffix, &F);
    New->moveBefore(Header);
    C.BlockOf[BB] = New;
    C.Blocks.push_back(New);
  }
}

/// Hot edges of \p C stay in it, the one back goes to \p Next, and all others
/// lead to the original.
void Maker::connect(Copy &C, BasicBlock *Next) {
  for (auto [BB, New] : zip_equal(H.Blocks, C.Blocks)) {
    if (BB != Header)
      for (PHINode &Phi : New->phis())
        for (unsigned N = Phi.getNumIncomingValues(); N-- != 0;) {
          BasicBlock *From = Phi.getIncomingBlock(N);
          if (H.isHotEdge(From, BB))
            Phi.setIncomingBlock(N, C.BlockOf.lookup(From));
          else
            Phi.removeIncomingValue(N, /*DeletePHIIfEmpty=*/false);
        }
    Instruction *End = New->getTerminator();
    for (unsigned N = 0; N != End->getNumSuccessors(); ++N) {
      BasicBlock *To = End->getSuccessor(N);
      const bool IsHot = H.isHotEdge(BB, To);
      if (To == Header) {
        End->setSuccessor(N, IsHot ? Next : Again);
        if (!IsHot) // As any other iteration.
          for (auto [Phi, There] : Phis)
            There->addIncoming(C.at(Phi->getIncomingValueForBlock(BB)), New);
      } else if (IsHot && C.BlockOf.count(To)) {
        End->setSuccessor(N, C.BlockOf.lookup(To));
      } else {
        for (PHINode &Phi : To->phis())
          Phi.addIncoming(C.at(Phi.getIncomingValueForBlock(BB)), New);
      }
    }
  }
  remapInstructionsInBlocks(C.Blocks, C.Map);
}

/// What is computed in the original and in the copies and used in the rest of
/// the original or behind it meets there.
void Maker::repair() {
  SmallPtrSet<BasicBlock *, 32> Copies(First.Blocks.begin(),
                                       First.Blocks.end());
  Copies.insert(Round.Blocks.begin(), Round.Blocks.end());
  Copies.insert(Begin);
  for (BasicBlock *BB : H.Blocks)
    for (Instruction &I : *BB) {
      auto *Early = cast<Instruction>(First.at(&I));
      meetElsewhere(I,
                    {{Early->getParent(), Early},
                     {Round.BlockOf.lookup(BB), Round.at(&I)}},
                    [&](BasicBlock *Where) {
                      return Where == BB || Copies.contains(Where);
                    });
    }
}

/// Gives every way out of the hot loop a block of its own.
void Maker::leaveBy(SmallVectorImpl<BasicBlock *> &Exits) {
  SmallPtrSet<BasicBlock *, 16> Inside(Round.Blocks.begin(),
                                       Round.Blocks.end());
  for (BasicBlock *BB : Round.Blocks) {
    Instruction *End = BB->getTerminator();
    for (unsigned N = 0; N != End->getNumSuccessors(); ++N) {
      BasicBlock *To = End->getSuccessor(N);
      if (Inside.contains(To))
        continue;
      BasicBlock *Exit =
          BasicBlock::Create(F.getContext(), BB->getName() + ".out", &F, To);
      BranchInst::Create(To, Exit)->setDebugLoc(End->getDebugLoc());
      End->setSuccessor(N, Exit);
      for (PHINode &Phi : To->phis())
        Phi.setIncomingBlock(Phi.getBasicBlockIndex(BB), Exit);
      Exits.push_back(Exit);
    }
  }
}

void Maker::keep(const Kept &K, ArrayRef<BasicBlock *> Exits) {
  SmallVector<Instruction *, 8> Accesses;
  Align Alignment = getLoadStoreAlignment(K.Accesses.front());
  AAMDNodes Tags = K.Accesses.front()->getAAMetadata();
  for (Instruction *I : K.Accesses) {
    Accesses.push_back(cast<Instruction>(Round.at(I)));
    Alignment = std::min(Alignment, getLoadStoreAlignment(I));
    Tags = Tags.merge(I->getAAMetadata());
  }
  IRBuilder<> B(Begin->getTerminator());
  Value *Address =
      K.Offset ? B.CreatePtrAdd(K.Base, B.getInt64(uint64_t(K.Offset)))
               : K.Base;
  LoadInst *Before = B.CreateAlignedLoad(getLoadStoreType(K.Accesses.front()),
                                         Address, Alignment, "kept");
  Before->setAAMetadata(Tags);
  SSAUpdater Updater;
  Keeper Promoter(ArrayRef<Instruction *>(Accesses), Updater, Address,
                  Alignment, Tags, Exits);
  Updater.AddAvailableValue(Begin, Before);
  Promoter.run(Accesses);
}

void Maker::run() {
  Again = BasicBlock::Create(F.getContext(), Header->getName() + ".again", &F,
                             Header);
  clone(First, ".first");
  Begin = BasicBlock::Create(F.getContext(), Header->getName() + ".begin", &F,
                             Header);
  clone(Round, ".hot");
  const DebugLoc Loc = Header->getTerminator()->getDebugLoc();
  BranchInst::Create(First.BlockOf[Header], Again)->setDebugLoc(Loc);
  BranchInst::Create(Round.BlockOf[Header], Begin)->setDebugLoc(Loc);
  for (PHINode &Phi : Header->phis()) {
    auto *There = PHINode::Create(Phi.getType(), 4, Phi.getName() + ".again");
    There->insertBefore(Again->getTerminator()->getIterator());
    There->setDebugLoc(Phi.getDebugLoc());
    There->addIncoming(Phi.getIncomingValueForBlock(Preheader), Preheader);
    There->addIncoming(Phi.getIncomingValueForBlock(H.Latch), H.Latch);
    Phis[&Phi] = There;
    // There is one way to the first copy.
    auto *Single = cast<PHINode>(First.Map[&Phi]);
    Single->eraseFromParent();
    First.Map[&Phi] = There;
  }
  for (auto [Phi, There] : Phis) {
    auto *Mine = cast<PHINode>(Round.Map[Phi]);
    Value *Next = Phi->getIncomingValueForBlock(H.Latch);
    while (Mine->getNumIncomingValues())
      Mine->removeIncomingValue(0u, /*DeletePHIIfEmpty=*/false);
    Mine->addIncoming(First.at(Next), Begin);
    Mine->addIncoming(Round.at(Next), Round.BlockOf[H.Latch]);
  }
  connect(First, Begin);
  connect(Round, Round.BlockOf[Header]);
  // Only the hot loop is still a loop of its own.
  First.BlockOf[H.Latch]->getTerminator()->setMetadata(LLVMContext::MD_loop,
                                                       nullptr);
  H.Latch->getTerminator()->setMetadata(LLVMContext::MD_loop, nullptr);
  Preheader->getTerminator()->replaceSuccessorWith(Header, Again);
  H.Latch->getTerminator()->replaceSuccessorWith(Header, Again);
  repair();
  if (!H.Places.empty()) {
    SmallVector<BasicBlock *, 16> Exits;
    leaveBy(Exits);
    for (const Kept &K : H.Places)
      keep(K, Exits);
  }
  // Nothing comes to the header any more. What else is to be done with the loop
  // is for the hot one.
  changeToUnreachable(Header->getTerminator());
  Header->replaceAllUsesWith(Round.BlockOf[Header]);
  EliminateUnreachableBlocks(F);
}

std::vector<Choice> HotLoop::match(const SiteRef &S,
                                   OperatorContext &Context) const {
  std::vector<Choice> Result;
  if (S.Id.Kind != SiteKind::Loop)
    return Result;
  const Loop *L = loopOf(S, Context);
  const LoopCost Cost = costOf(*L, Context);
  if (Cost.Share <= Context.Share * 1e-3)
    return Result;
  if (Error E = canSimplifyLoop(*L)) {
    consumeError(std::move(E));
    return Result;
  }
  size_t Blocks = 0;
  for (unsigned Rare : {10u, 50u, 500u}) {
    Expected<Hot> H = findHot(*L, Rare, Context);
    if (!H) {
      consumeError(H.takeError());
      continue;
    }
    if (H->Clean < MinClean || H->Blocks.size() == Blocks)
      continue;
    Blocks = H->Blocks.size();
    const double Gain = 0.05 + 0.05 * std::min<size_t>(H->Places.size(), 4);
    Result.push_back({name().str(), ("rare=" + Twine(Rare)).str(),
                      Cost.Share * (2 * H->Clean - 1) * Gain});
  }
  return Result;
}

Error HotLoop::apply(const SiteRef &S, const Parameters &P,
                     OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Loop)
    return createStringError("hot-loop fits loops only");
  if (Error E = P.onlyKeys({"rare"}))
    return E;
  Expected<uint64_t> Rare = P.number("rare", 2, 1000000);
  if (!Rare)
    return Rare.takeError();
  Loop *L = loopOf(S, Context);
  if (!L)
    return createStringError("the loop is gone");
  if (Error E = canSimplifyLoop(*L))
    return E;
  if (Expected<Hot> H = findHot(*L, *Rare, Context); !H)
    return H.takeError();
  // What follows changes the function.
  simplifyLoopShape(*L, Context);
  Context.FAM->invalidate(*Context.F, PreservedAnalyses::none());
  L = loopOf(S, Context);
  Expected<Hot> H = findHot(*L, *Rare, Context);
  if (!H)
    return H.takeError();
  Maker(*L, *H, *Context.F).run();
  Context.FAM->invalidate(*Context.F, PreservedAnalyses::none());
  if (Context.Codegen)
    Context.Codegen->Simplify = true;
  return Error::success();
}

std::unique_ptr<Operator> createHotLoop() {
  return std::make_unique<HotLoop>();
}

} // namespace speciate
