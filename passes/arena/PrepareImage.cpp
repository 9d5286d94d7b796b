//===- passes/arena/PrepareImage.cpp - A region's slice made fit for the arena
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/arena/PrepareImage.h"
#include "passes/sites/Sites.h"
#include "runtime/speciate_arena_abi.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/ReplaceConstant.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace speciate {

std::string arenaImageName(StringRef Function) {
  return (Function + ".image").str();
}

std::string arenaTlsAccessorName(StringRef Variable) {
  return ("__speciate_arena_tls." + Variable).str();
}

Function *declareTlsAccessor(Module &M, const GlobalVariable &Variable) {
  std::string Name = arenaTlsAccessorName(Variable.getName());
  if (Function *Known = M.getFunction(Name))
    return Known;
  LLVMContext &Context = M.getContext();
  auto *Type = FunctionType::get(
      PointerType::get(Context, Variable.getAddressSpace()), false);
  Function *F = Function::Create(Type, GlobalValue::ExternalLinkage, Name, &M);
  F->setVisibility(GlobalValue::HiddenVisibility);
  F->setDSOLocal(true);
  // As few registers as possible may change: the code around the access shall
  // look as it does when it reaches the variable directly.
  F->setCallingConv(CallingConv::PreserveAll);
  // What llvm.threadlocal.address promises.
  F->setDoesNotThrow();
  F->setDoesNotAccessMemory();
  F->setWillReturn();
  F->addFnAttr(Attribute::NoSync);
  F->addFnAttr(Attribute::NoFree);
  F->addFnAttr(Attribute::Speculatable);
  F->addRetAttr(Attribute::NonNull);
  F->addRetAttr(Attribute::NoUndef);
  F->addRetAttr(Attribute::getWithAlignment(
      Context, Variable.getPointerAlignment(M.getDataLayout())));
  return F;
}

/// Of all loops, in program order.
static const Loop *loopToMark(const LoopInfo &LI, const BlockFrequencyInfo &BFI,
                              const Function &F, double MinPasses,
                              double &Passes) {
  const auto Entry = static_cast<double>(BFI.getEntryFreq().getFrequency());
  const Loop *Best = nullptr;
  for (const BasicBlock &BB : F) {
    const Loop *L = LI.getLoopFor(&BB);
    if (!L || L->getHeader() != &BB)
      continue;
    double P = static_cast<double>(BFI.getBlockFreq(&BB).getFrequency()) /
               std::max(Entry, 1.0);
    bool Better = !Best || P > Passes;
    if (Best && P >= MinPasses) {
      unsigned Depth = L->getLoopDepth(), BestDepth = Best->getLoopDepth();
      Better = Passes < MinPasses || Depth < BestDepth ||
               (Depth == BestDepth && P > Passes);
    } else if (Best && Passes >= MinPasses) {
      Better = false;
    }
    if (Better) {
      Best = L;
      Passes = P;
    }
  }
  return Best;
}

std::optional<MarkedLoop> markLoop(Function &F, FunctionAnalysisManager &FAM,
                                   uint64_t MinPasses) {
  const LoopInfo &LI = FAM.getResult<LoopAnalysis>(F);
  const BlockFrequencyInfo &BFI = FAM.getResult<BlockFrequencyAnalysis>(F);
  MarkedLoop Result;
  const Loop *L =
      loopToMark(LI, BFI, F, static_cast<double>(MinPasses), Result.Passes);
  if (!L)
    return std::nullopt;
  Result.Depth = L->getLoopDepth();
  BasicBlock *Header = L->getHeader();
  if (DebugLoc Loc = L->getStartLoc())
    Result.Where = (Loc->getFilename() + ":" + Twine(Loc.getLine())).str();
  else
    Result.Where = Header->hasName() ? Header->getName().str() : "a loop";

  auto *Type = FunctionType::get(llvm::Type::getVoidTy(F.getContext()), false);
  InlineAsm *Marker =
      InlineAsm::get(Type,
                     formatv("decq {0}(%rip)\n\tjz 1f\n2:\n\t.subsection 1\n"
                             "1:\tmovq %rax, {0}+8(%rip)\n"
                             "\tleaq 2b(%rip), %rax\n"
                             "\tmovq %rax, {0}+16(%rip)\n"
                             "\tmovq {0}+8(%rip), %rax\n"
                             "\tjmp {1}\n\t.previous",
                             rt::ArenaMarkerSymbol, rt::ArenaMarkerEndSymbol)
                         .str(),
                     "~{memory},~{dirflag},~{fpsr},~{flags}",
                     /*hasSideEffects=*/true);
  IRBuilder<> B(Header, Header->getFirstInsertionPt());
  B.CreateCall(Marker)->setDoesNotThrow();
  PreservedAnalyses Kept;
  Kept.preserveSet<CFGAnalyses>();
  FAM.invalidate(F, Kept);
  return Result;
}

void addPad(Function &F) {
  F.addFnAttr("patchable-function-entry", utostr(rt::ArenaPadSize));
}

/// Replaces every address of \p Variable in \p F by a call of its accessor.
static void useAccessor(GlobalVariable &Variable, Function &F) {
  Function *Accessor = declareTlsAccessor(*F.getParent(), Variable);
  auto MakeCall = [&](Instruction *Before) {
    IRBuilder<> B(Before);
    CallInst *Call = B.CreateCall(Accessor);
    Call->setCallingConv(Accessor->getCallingConv());
    Call->setAttributes(Accessor->getAttributes());
    return Call;
  };
  convertUsersOfConstantsToInstructions({&Variable}, &F);
  SmallVector<Use *, 8> Uses(make_pointer_range(Variable.uses()));
  for (Use *U : Uses) {
    auto *I = dyn_cast<Instruction>(U->getUser());
    if (!I)
      continue;
    if (auto *II = dyn_cast<IntrinsicInst>(I);
        II && II->getIntrinsicID() == Intrinsic::threadlocal_address) {
      II->replaceAllUsesWith(MakeCall(II));
      II->eraseFromParent();
    } else if (auto *Phi = dyn_cast<PHINode>(I)) {
      // One value for all edges from one block, as the verifier demands.
      BasicBlock *From = Phi->getIncomingBlock(*U);
      if (U->get() == &Variable)
        Phi->setIncomingValueForBlock(From, MakeCall(From->getTerminator()));
    } else {
      U->set(MakeCall(I));
    }
  }
}

Error makeImage(Function &F) {
  Module &M = *F.getParent();
  for (const Function &Other : M)
    if (&Other != &F && !Other.isDeclaration())
      return createStringError("the slice defines a second function, %s",
                               Other.getName().str().c_str());
  if (F.hasFnAttribute(Attribute::Naked))
    return createStringError("it is naked");

  std::string Name = F.getName().str();
  F.setName(arenaImageName(Name));
  Function *Host = Function::Create(F.getFunctionType(), F.getLinkage(),
                                    F.getAddressSpace(), Name, &M);
  Host->setCallingConv(F.getCallingConv());
  Host->setAttributes(F.getAttributes());
  Host->setVisibility(F.getVisibility());
  Host->setDSOLocal(F.isDSOLocal());
  Host->setUnnamedAddr(F.getUnnamedAddr());
  // Addresses of blocks stay those of the image: they are only good inside it.
  F.replaceUsesWithIf(Host,
                      [](Use &U) { return !isa<BlockAddress>(U.getUser()); });
  if (Host->use_empty())
    Host->eraseFromParent();

  for (GlobalVariable &V : make_early_inc_range(M.globals())) {
    if (!V.isThreadLocal())
      continue;
    useAccessor(V, F);
    V.removeDeadConstantUsers();
    if (!V.use_empty())
      return createStringError(
          "the thread-local variable %s is used by a constant",
          V.getName().str().c_str());
    if (V.isDeclaration())
      V.eraseFromParent();
  }
  std::string Why = whyNotImage(M);
  return Why.empty() ? Error::success() : createStringError("%s", Why.c_str());
}

std::string whyNotImage(const Module &M) {
  for (const GlobalVariable &V : M.globals()) {
    // Without a section of their own (llvm.used) or in another object.
    if (V.isDeclaration() || V.hasAvailableExternallyLinkage())
      continue;
    StringRef Name = V.getName();
    if (Name == "llvm.global_ctors" || Name == "llvm.global_dtors")
      return "it has constructors or destructors";
    if (Name.starts_with("llvm."))
      continue;
    if (V.isThreadLocal())
      return ("it defines the thread-local variable " + Name).str();
    if (!V.isConstant())
      return ("it defines the variable " + Name + ", which can be written")
          .str();
  }
  return "";
}

} // namespace speciate
