//===- passes/instrument/Detail.cpp - A hot function that reports in detail
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/instrument/Detail.h"
#include "passes/instrument/DetailText.h"
#include "passes/instrument/Emit.h"
#include "passes/instrument/PathNumbering.h"
#include "passes/instrument/ValueProfile.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/Utils/PromoteMemToReg.h"

using namespace llvm;

namespace speciate {

static_assert(rt::KindFunction == uint32_t(SiteKind::Function) &&
              rt::KindCall == uint32_t(SiteKind::Call) &&
              rt::KindLoop == uint32_t(SiteKind::Loop) &&
              rt::KindBranch == uint32_t(SiteKind::Branch) &&
              rt::KindSelect == uint32_t(SiteKind::Select) &&
              rt::KindSwitch == uint32_t(SiteKind::Switch) &&
              rt::KindLoad == uint32_t(SiteKind::Load));

namespace {

/// The edges on which a loop is left.
struct CountedLoop {
  rt::ValueKey Key;
  BasicBlock *Header;
  std::vector<Instruction *> Exits;
};

class Instrumenter {
public:
  Instrumenter(Function &F, const DetailParams &Params,
               FunctionAnalysisManager &FAM)
      : F(F), Params(Params), FAM(FAM), E(F, Params.Threads),
        Guid(functionGuid(F)), Hash(cfgHash(F)) {}
  void run();

private:
  void takePoints(const std::vector<AskedValue> &Values, const LoopInfo &LI);
  void emitPaths();
  void emitTripCounts();
  void emitValue(const AskedValue &A);
  void emitBranches(const SiteMap &Sites);
  void emitContexts(const SiteMap &Sites);
  /// In front of what leaves the function, or of a computed jump.
  static Instruction *endPoint(BasicBlock &BB);
  void endPath(GlobalVariable *Site, Value *Index, Instruction *Where);

  struct EdgePoint {
    Instruction *Where;
    uint64_t Value;
    bool Ends;
  };

  Function &F;
  const DetailParams &Params;
  FunctionAnalysisManager &FAM;
  Emitter E;
  const uint64_t Guid, Hash; ///< Of the function as it was.
  EdgePoints Points;
  std::optional<PathNumbering> Paths;
  std::vector<EdgePoint> PathEdges;
  std::vector<Instruction *> PathEnds;
  std::vector<std::pair<Instruction *, uint64_t>> PathStarts;
  std::vector<CountedLoop> Loops;
  std::vector<AllocaInst *> Variables;
};

} // namespace

Instruction *Instrumenter::endPoint(BasicBlock &BB) {
  Instruction *End = BB.getTerminator();
  if (auto *Call = BB.getTerminatingMustTailCall())
    return const_cast<CallInst *>(Call);
  if (!isa<UnreachableInst>(End))
    return End;
  // What comes before it does not return.
  for (Instruction &I : reverse(BB))
    if (auto *Call = dyn_cast<CallInst>(&I); Call && Call->doesNotReturn())
      return Call;
  return End;
}

/// A loop with more exits is not counted.
static constexpr unsigned MaxLoopExits = 8;

void Instrumenter::takePoints(const std::vector<AskedValue> &Values,
                              const LoopInfo &LI) {
  // Loops first: splitting changes their edges.
  std::vector<std::vector<std::pair<BasicBlock *, BasicBlock *>>> Exits;
  for (const AskedValue &A : Values) {
    if (A.Kind != AskedValue::What::TripCount)
      continue;
    auto *Header = cast<BasicBlock>(A.V);
    SmallVector<Loop::Edge> Edges;
    LI.getLoopFor(Header)->getExitEdges(Edges);
    if (Header->isEHPad() || Edges.size() > MaxLoopExits ||
        any_of(Edges, [](const Loop::Edge &Edge) {
          return Edge.second->isEHPad() ||
                 isa<IndirectBrInst, CallBrInst>(Edge.first->getTerminator());
        }))
      continue;
    Loops.push_back({A.Key, Header, {}});
    Exits.emplace_back();
    for (auto [From, To] : Edges)
      if (std::pair<BasicBlock *, BasicBlock *> Edge{From, To};
          !is_contained(Exits.back(), Edge))
        Exits.back().push_back(Edge);
  }
  for (auto [L, Edges] : zip_equal(Loops, Exits))
    for (auto [From, To] : Edges)
      L.Exits.push_back(Points.at(From, To));
  if (!Paths)
    return;
  for (const PathNumbering::Block &B : Paths->Blocks) {
    if (!B.Reachable)
      continue;
    auto &BB = *const_cast<BasicBlock *>(B.BB);
    if (B.Edges.empty())
      PathEnds.push_back(endPoint(BB));
    for (const PathEdge &Edge : B.Edges)
      if (Edge.Ends || Edge.Value)
        PathEdges.push_back({Points.at(&BB, const_cast<BasicBlock *>(
                                                Paths->Blocks[Edge.To].BB)),
                             Edge.Value, Edge.Ends});
  }
  for (const PathNumbering::Block &B : Paths->Blocks)
    if (B.Start) {
      auto &BB = *const_cast<BasicBlock *>(B.BB);
      PathStarts.push_back({BB.isEntryBlock()
                                ? &*BB.getFirstNonPHIOrDbgOrAlloca()
                                : &*BB.getFirstInsertionPt(),
                            *B.Start});
    }
}

void Instrumenter::endPath(GlobalVariable *Site, Value *Index,
                           Instruction *Where) {
  E.path(Site, Index, Where);
  if (Params.Branches)
    E.tick(Where);
}

void Instrumenter::emitPaths() {
  if (!Paths)
    return;
  AllocaInst *Sum = E.counter("path");
  Variables.push_back(Sum);
  GlobalVariable *Site = E.pathSite(Guid, Hash, Paths->Paths);
  auto Load = [&](Builder &B) { return B.CreateLoad(B.getInt64Ty(), Sum); };
  for (const EdgePoint &P : PathEdges) {
    Builder B = E.before(P.Where);
    Value *Next = B.CreateAdd(Load(B), B.getInt64(P.Value));
    if (P.Ends)
      endPath(Site, Next, P.Where);
    else
      B.CreateStore(Next, Sum);
  }
  for (Instruction *Where : PathEnds) {
    Builder B = E.before(Where);
    endPath(Site, Load(B), Where);
  }
  // Behind what is on the edges that lead there.
  for (auto [Where, Value] : PathStarts) {
    Builder B = E.before(Where);
    B.CreateStore(B.getInt64(Value), Sum);
  }
}

void Instrumenter::emitTripCounts() {
  for (const CountedLoop &L : Loops) {
    AllocaInst *Count = E.counter("iterations");
    Variables.push_back(Count);
    Builder Entry = E.before(Count->getNextNode());
    Entry.CreateStore(Entry.getInt64(0), Count);
    Builder B = E.before(&*L.Header->getFirstInsertionPt());
    B.CreateStore(
        B.CreateAdd(B.CreateLoad(B.getInt64Ty(), Count), B.getInt64(1)), Count);
    for (Instruction *Where : L.Exits) {
      Builder B = E.before(Where);
      Value *V = B.CreateLoad(B.getInt64Ty(), Count);
      B.CreateStore(B.getInt64(0), Count);
      E.value(L.Key, V, Where);
    }
  }
}

void Instrumenter::emitValue(const AskedValue &A) {
  if (A.Kind == AskedValue::What::TripCount)
    return;
  Builder B = E.before(A.Where);
  switch (A.Kind) {
  case AskedValue::What::Value:
    return E.value(A.Key, A.V, A.Where);
  case AskedValue::What::Distance: {
    Type *I64 = B.getInt64Ty();
    Value *Distance =
        B.CreateSub(B.CreatePtrToInt(A.Other, I64), B.CreatePtrToInt(A.V, I64));
    return E.value(A.Key, Distance, A.Where);
  }
  case AskedValue::What::Context: {
    GlobalVariable *From = E.callContext();
    Value *At = Params.Threads ? B.CreateThreadLocalAddress(From)
                               : static_cast<Value *>(From);
    return E.value(A.Key, B.CreateLoad(B.getInt64Ty(), At), A.Where);
  }
  case AskedValue::What::TripCount:
    return;
  }
}

/// So that a region that is called knows from where. Cleared behind the call,
/// because what is not a region calls regions, too.
void Instrumenter::emitContexts(const SiteMap &Sites) {
  GlobalVariable *From = E.callContext();
  auto Store = [&](Instruction *Where, uint64_t Context) {
    Builder B = E.before(Where);
    Value *At = Params.Threads ? B.CreateThreadLocalAddress(From)
                               : static_cast<Value *>(From);
    B.CreateStore(B.getInt64(Context), At);
  };
  for (const SiteRef &S : Sites.sites()) {
    Value *V = S.Where;
    auto *Call = dyn_cast<CallInst>(V);
    if (S.Id.Kind != SiteKind::Call || !Call || Call->isInlineAsm() ||
        Call->isMustTailCall() || Call->doesNotReturn())
      continue;
    Store(Call,
          (S.Id.FunctionGuid & ~uint64_t(0xffff)) | (S.Id.Ordinal & 0xffff));
    Store(Call->getNextNode(), 0);
  }
}

void Instrumenter::emitBranches(const SiteMap &Sites) {
  for (const SiteRef &S : Sites.sites()) {
    Value *V = S.Where;
    auto *I = dyn_cast<Instruction>(V);
    if (!I)
      continue;
    Builder B = E.before(I);
    Value *Outcome;
    if (S.Id.Kind == SiteKind::Branch)
      Outcome =
          B.CreateZExt(cast<BranchInst>(I)->getCondition(), B.getInt32Ty());
    else if (S.Id.Kind == SiteKind::Select &&
             I->getOperand(0)->getType()->isIntegerTy(1))
      Outcome = B.CreateZExt(I->getOperand(0), B.getInt32Ty());
    else if (S.Id.Kind == SiteKind::Switch)
      Outcome = B.CreateZExtOrTrunc(cast<SwitchInst>(I)->getCondition(),
                                    B.getInt32Ty());
    else
      continue;
    rt::ValueKey Key = valueKey(S.Id, 0);
    Key.Bits = 1;
    E.branch(Key, Outcome, I);
    if (!Paths)
      E.tick(I);
  }
}

void Instrumenter::run() {
  const auto &LI = FAM.getResult<LoopAnalysis>(F);
  SiteMap Sites(F, Level::Region, LI);
  std::vector<AskedValue> Values;
  if (Params.Values)
    Values = valuesToAskFor(F, Sites, FAM);
  if (Params.Paths)
    Paths = PathNumbering::of(F);
  // All of it before the first change.
  const std::string Text = detailText(
      F, Sites, Values, Paths ? &*Paths : nullptr, Params.Share, FAM);
  takePoints(Values, LI);
  emitPaths();
  emitTripCounts();
  for (const AskedValue &A : Values)
    emitValue(A);
  if (Params.Values)
    emitContexts(Sites);
  if (Params.Branches)
    emitBranches(Sites);
  FAM.invalidate(F, PreservedAnalyses::none());
  if (!Variables.empty()) {
    DominatorTree DT(F);
    PromoteMemToReg(Variables, DT);
  }
  E.text(Text);
  E.folder(Params.Folder);
}

void instrumentDetail(Function &F, const DetailParams &Params,
                      FunctionAnalysisManager &FAM) {
  Instrumenter(F, Params, FAM).run();
}

} // namespace speciate
