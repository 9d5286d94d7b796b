//===- test/damage/Damage.cpp - Miscompiles a function on purpose
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pass plugin for tests of the verification: each kind is one mistake that an
// operator on IR could make. It is no operator, and no part of what is
// installed. The pass
//
//   speciate-damage<KIND;SITE>
//
// damages the SITE-th place (from 0) where KIND is possible, the most often
// executed first by the function's profile, so that whoever runs the function
// runs the damage. It says on standard error "damaged: INSTRUCTION" or "no
// site". speciate-damage<list> prints the kinds.
//
// Some damage is none on the data at hand: an index that is never negative may
// be extended either way. speciate-trace makes the effects of a function part
// of the state (Trace.h), so that one can tell: of the function before and
// after the damage, both traced, the states are equal only if all effects are.
//
//===----------------------------------------------------------------------===//

#include "Trace.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Plugins/PassPlugin.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

using namespace llvm;

namespace {

/// Whether the kind is possible at \p I; with \p Do, does it. \p I may be gone
/// then.
using Damage = bool (*)(Instruction &I, DominatorTree &DT, bool Do);

ConstantInt *nextConstant(Value *V) {
  auto *C = dyn_cast<ConstantInt>(V);
  return C ? ConstantInt::get(C->getContext(), C->getValue() + 1) : nullptr;
}

bool constantOffByOne(Instruction &I, DominatorTree &, bool Do) {
  if (!isa<BinaryOperator>(I) || I.isShift() || I.isIntDivRem())
    return false;
  ConstantInt *C = nextConstant(I.getOperand(1));
  if (C && Do)
    I.setOperand(1, C);
  return C;
}

bool boundOffByOne(Instruction &I, DominatorTree &, bool Do) {
  auto *Compare = dyn_cast<ICmpInst>(&I);
  ConstantInt *C = Compare ? nextConstant(I.getOperand(1)) : nullptr;
  if (C && Do)
    I.setOperand(1, C);
  return C;
}

void swapOperands(Instruction &I) {
  Value *First = I.getOperand(0);
  I.setOperand(0, I.getOperand(1));
  I.setOperand(1, First);
}

bool swapSub(Instruction &I, DominatorTree &, bool Do) {
  if (I.getOpcode() != Instruction::Sub)
    return false;
  if (Do)
    swapOperands(I);
  return true;
}

bool swapDivision(Instruction &I, DominatorTree &, bool Do) {
  if (!I.isIntDivRem() && I.getOpcode() != Instruction::FDiv)
    return false;
  if (Do)
    swapOperands(I);
  return true;
}

bool swapCompare(Instruction &I, DominatorTree &, bool Do) {
  auto *Compare = dyn_cast<ICmpInst>(&I);
  if (!Compare || Compare->isEquality())
    return false;
  if (Do)
    swapOperands(I);
  return true;
}

bool shiftByOther(Instruction &I, DominatorTree &, bool Do) {
  auto *Amount = I.isShift() ? dyn_cast<ConstantInt>(I.getOperand(1)) : nullptr;
  if (!Amount)
    return false;
  if (Do)
    I.setOperand(1, ConstantInt::get(I.getContext(), Amount->getValue() ^ 1));
  return true;
}

bool shiftOtherWay(Instruction &I, DominatorTree &, bool Do) {
  if (!I.isShift())
    return false;
  if (Do) {
    auto Opcode = I.getOpcode() == Instruction::Shl ? Instruction::LShr
                                                    : Instruction::Shl;
    I.replaceAllUsesWith(BinaryOperator::Create(
        Opcode, I.getOperand(0), I.getOperand(1), "", I.getIterator()));
    I.eraseFromParent();
  }
  return true;
}

bool invertPredicate(Instruction &I, DominatorTree &, bool Do) {
  auto *Compare = dyn_cast<CmpInst>(&I);
  if (Compare && Do)
    Compare->setPredicate(Compare->getInversePredicate());
  return Compare;
}

bool otherStrictness(Instruction &I, DominatorTree &, bool Do) {
  auto *Compare = dyn_cast<ICmpInst>(&I);
  if (!Compare || Compare->isEquality())
    return false;
  if (Do)
    Compare->setPredicate(
        CmpInst::isStrictPredicate(Compare->getPredicate())
            ? CmpInst::getNonStrictPredicate(Compare->getPredicate())
            : CmpInst::getStrictPredicate(Compare->getPredicate()));
  return true;
}

bool dropStore(Instruction &I, DominatorTree &, bool Do) {
  if (!isa<StoreInst>(I))
    return false;
  if (Do)
    I.eraseFromParent();
  return true;
}

bool storeOther(Instruction &I, DominatorTree &, bool Do) {
  auto *Store = dyn_cast<StoreInst>(&I);
  if (!Store || !Store->getValueOperand()->getType()->isIntegerTy())
    return false;
  if (Do) {
    IRBuilder<> B(&I);
    Value *V = Store->getValueOperand();
    Store->setOperand(0, B.CreateXor(V, ConstantInt::get(V->getType(), 1)));
  }
  return true;
}

/// Executes a store whether its guard holds or not.
bool storePastGuard(Instruction &I, DominatorTree &DT, bool Do) {
  auto *Store = dyn_cast<StoreInst>(&I);
  BasicBlock *Guard = I.getParent()->getSinglePredecessor();
  if (!Store || !Guard || Guard->getSingleSuccessor())
    return false;
  Instruction *End = Guard->getTerminator();
  for (Value *V : Store->operands())
    if (!DT.dominates(V, End))
      return false;
  // A local variable that does not live yet takes anything: nobody can tell.
  const Value *Object = getUnderlyingObject(Store->getPointerOperand());
  if (isa<AllocaInst>(Object))
    for (const User *U : Object->users())
      if (const auto *II = dyn_cast<IntrinsicInst>(U))
        if (II->getIntrinsicID() == Intrinsic::lifetime_start &&
            !DT.dominates(II, End))
          return false;
  if (Do)
    I.moveBefore(End->getIterator());
  return true;
}

bool otherExtension(Instruction &I, DominatorTree &, bool Do) {
  if (!isa<SExtInst>(I) && !isa<ZExtInst>(I))
    return false;
  if (Do) {
    auto Opcode = isa<SExtInst>(I) ? Instruction::ZExt : Instruction::SExt;
    I.replaceAllUsesWith(CastInst::Create(Opcode, I.getOperand(0), I.getType(),
                                          "", I.getIterator()));
    I.eraseFromParent();
  }
  return true;
}

bool loseHighBits(Instruction &I, DominatorTree &, bool Do) {
  auto *Type = dyn_cast<IntegerType>(I.getType());
  if (I.getOpcode() != Instruction::Add || !Type || Type->getBitWidth() < 32)
    return false;
  if (Do) {
    IRBuilder<> B(I.getParent(), std::next(I.getIterator()));
    Value *Narrow = B.CreateTrunc(&I, B.getInt8Ty());
    Value *Wide = B.CreateSExt(Narrow, Type);
    I.replaceUsesWithIf(Wide, [&](Use &U) { return U.getUser() != Narrow; });
  }
  return true;
}

bool otherIndex(Instruction &I, DominatorTree &, bool Do) {
  auto *Gep = dyn_cast<GetElementPtrInst>(&I);
  if (!Gep || Gep->getNumIndices() != 1)
    return false;
  if (Do) {
    IRBuilder<> B(&I);
    Value *Index = Gep->getOperand(1);
    Gep->setOperand(1,
                    B.CreateAdd(Index, ConstantInt::get(Index->getType(), 1)));
  }
  return true;
}

bool loadNeighbour(Instruction &I, DominatorTree &, bool Do) {
  auto *Load = dyn_cast<LoadInst>(&I);
  if (!Load || !Load->getType()->isIntegerTy())
    return false;
  if (Do) {
    IRBuilder<> B(&I);
    Load->setOperand(
        0, B.CreateConstGEP1_64(Load->getType(), Load->getPointerOperand(), 1));
  }
  return true;
}

bool dropCall(Instruction &I, DominatorTree &, bool Do) {
  auto *Call = dyn_cast<CallInst>(&I);
  if (!Call || isa<DbgInfoIntrinsic>(I) || !Call->mayWriteToMemory() ||
      Call->isMustTailCall() || Call->getIntrinsicID() == Intrinsic::assume ||
      Call->isLifetimeStartOrEnd())
    return false;
  if (Do) {
    if (!Call->getType()->isVoidTy())
      Call->replaceAllUsesWith(Constant::getNullValue(Call->getType()));
    Call->eraseFromParent();
  }
  return true;
}

bool swapSelect(Instruction &I, DominatorTree &, bool Do) {
  auto *Select = dyn_cast<SelectInst>(&I);
  if (Select && Do)
    Select->swapValues();
  return Select;
}

bool swapBranch(Instruction &I, DominatorTree &, bool Do) {
  auto *Branch = dyn_cast<BranchInst>(&I);
  if (!Branch || !Branch->isConditional())
    return false;
  if (Do)
    Branch->swapSuccessors();
  return true;
}

bool otherLogic(Instruction &I, DominatorTree &, bool Do) {
  if (I.getOpcode() != Instruction::And && I.getOpcode() != Instruction::Or &&
      I.getOpcode() != Instruction::Xor)
    return false;
  if (Do) {
    auto Opcode =
        I.getOpcode() == Instruction::And ? Instruction::Or : Instruction::And;
    I.replaceAllUsesWith(BinaryOperator::Create(
        Opcode, I.getOperand(0), I.getOperand(1), "", I.getIterator()));
    I.eraseFromParent();
  }
  return true;
}

bool swapIncoming(Instruction &I, DominatorTree &DT, bool Do) {
  auto *Phi = dyn_cast<PHINode>(&I);
  if (!Phi || Phi->getNumIncomingValues() < 2)
    return false;
  Value *A = Phi->getIncomingValue(0), *B = Phi->getIncomingValue(1);
  if (A == B || !DT.dominates(A, Phi->getIncomingBlock(1)->getTerminator()) ||
      !DT.dominates(B, Phi->getIncomingBlock(0)->getTerminator()))
    return false;
  if (Do) {
    Phi->setIncomingValue(0, B);
    Phi->setIncomingValue(1, A);
  }
  return true;
}

constexpr struct {
  StringLiteral Name;
  Damage Apply;
} Kinds[] = {
    {"constant-off-by-one", constantOffByOne},
    {"bound-off-by-one", boundOffByOne},
    {"swap-sub", swapSub},
    {"swap-division", swapDivision},
    {"swap-compare", swapCompare},
    {"shift-by-other", shiftByOther},
    {"shift-other-way", shiftOtherWay},
    {"invert-predicate", invertPredicate},
    {"other-strictness", otherStrictness},
    {"drop-store", dropStore},
    {"store-other", storeOther},
    {"store-past-guard", storePastGuard},
    {"other-extension", otherExtension},
    {"lose-high-bits", loseHighBits},
    {"other-index", otherIndex},
    {"load-neighbour", loadNeighbour},
    {"drop-call", dropCall},
    {"swap-select", swapSelect},
    {"swap-branch", swapBranch},
    {"other-logic", otherLogic},
    {"swap-incoming", swapIncoming},
};

class DamagePass : public PassInfoMixin<DamagePass> {
public:
  DamagePass(Damage Kind, unsigned Site) : Kind(Kind), Site(Site) {}
  static bool isRequired() { return true; }

  PreservedAnalyses run(Function &F, FunctionAnalysisManager &AM) {
    if (F.isDeclaration() || F.hasAvailableExternallyLinkage())
      return PreservedAnalyses::all();
    auto &DT = AM.getResult<DominatorTreeAnalysis>(F);
    auto &BFI = AM.getResult<BlockFrequencyAnalysis>(F);
    // By falling frequency, then in order.
    std::map<std::pair<uint64_t, size_t>, Instruction *> Sites;
    for (Instruction &I : instructions(F))
      if (Kind(I, DT, /*Do=*/false))
        Sites[{~BFI.getBlockFreq(I.getParent()).getFrequency(), Sites.size()}] =
            &I;
    if (Site >= Sites.size()) {
      errs() << "no site\n";
      return PreservedAnalyses::all();
    }
    Instruction &I = *std::next(Sites.begin(), Site)->second;
    errs() << "damaged:" << I << "\n";
    // What was true of it may not be any more.
    I.dropPoisonGeneratingFlags();
    I.dropPoisonGeneratingMetadata();
    Kind(I, DT, /*Do=*/true);
    return PreservedAnalyses::none();
  }

private:
  Damage Kind;
  unsigned Site;
};

bool parse(StringRef Name, FunctionPassManager &FPM,
           ArrayRef<PassBuilder::PipelineElement>) {
  if (Name.consume_front("speciate-trace")) {
    int Only = -1;
    if (!Name.empty() && (!Name.consume_front("<") || !Name.consume_back(">") ||
                          Name.getAsInteger(10, Only)))
      return false;
    FPM.addPass(speciate::TracePass(Only));
    return true;
  }
  if (!Name.consume_front("speciate-damage<") || !Name.consume_back(">"))
    return false;
  auto [Kind, SiteText] = Name.split(';');
  unsigned Site = 0;
  if (Kind == "list") {
    for (const auto &K : Kinds)
      outs() << K.Name << "\n";
    outs().flush();
    return true;
  }
  if (!SiteText.empty() && SiteText.getAsInteger(10, Site))
    return false;
  for (const auto &K : Kinds)
    if (K.Name == Kind) {
      FPM.addPass(DamagePass(K.Apply, Site));
      return true;
    }
  return false;
}

} // namespace

extern "C" ::llvm::PassPluginLibraryInfo LLVM_ATTRIBUTE_WEAK
llvmGetPassPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "SpeciateDamage", "1",
          [](PassBuilder &PB) { PB.registerPipelineParsingCallback(parse); }};
}
