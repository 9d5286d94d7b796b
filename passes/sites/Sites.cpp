//===- passes/sites/Sites.cpp - Numbering the places with a choice
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/sites/Sites.h"
#include "runtime/speciate_arena_abi.h"
#include "support/Hash.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstrTypes.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Metadata.h"
#include "llvm/IR/Module.h"
#include "llvm/ProfileData/InstrProf.h"

using namespace llvm;

namespace speciate {

static constexpr StringLiteral GuidMetadata = "speciate.guid";

static void append32(SmallVectorImpl<char> &Bytes, uint32_t Value) {
  for (unsigned Shift = 0; Shift != 32; Shift += 8)
    Bytes.push_back(static_cast<char>(Value >> Shift));
}

bool isArenaMarker(const Instruction &I) {
  const auto *Call = dyn_cast<CallBase>(&I);
  const auto *Asm =
      Call ? dyn_cast<InlineAsm>(Call->getCalledOperand()) : nullptr;
  return Asm &&
         StringRef(Asm->getAsmString()).contains(rt::ArenaMarkerEndSymbol);
}

uint64_t cfgHash(const Function &F) {
  DenseMap<const BasicBlock *, uint32_t> Number;
  for (const BasicBlock &BB : F)
    Number[&BB] = Number.size();
  SmallString<1024> Bytes;
  append32(Bytes, F.arg_size());
  for (const BasicBlock &BB : F) {
    append32(Bytes, 0xb10c0000u);
    for (const Instruction &I : BB) {
      if (I.isDebugOrPseudoInst() || isArenaMarker(I))
        continue;
      append32(Bytes, I.getOpcode());
      append32(Bytes, I.getNumOperands());
      append32(Bytes, I.getType()->getTypeID());
      if (const auto *Cmp = dyn_cast<CmpInst>(&I))
        append32(Bytes, Cmp->getPredicate());
      if (const auto *II = dyn_cast<IntrinsicInst>(&I))
        append32(Bytes, II->getIntrinsicID());
    }
    for (const BasicBlock *Successor : successors(&BB))
      append32(Bytes, Number.lookup(Successor));
  }
  uint64_t Hash = stableHash64(Bytes);
  return Hash ? Hash : 1;
}

/// F.getMetadata(Name). That call would add an unknown name to the context, and
/// so to the bitcode.
static const MDNode *metadataOf(const Function &F, StringRef Name) {
  if (!F.hasMetadata())
    return nullptr;
  SmallVector<StringRef> Kinds;
  F.getContext().getMDKindNames(Kinds);
  const auto *It = find(Kinds, Name);
  return It == Kinds.end() ? nullptr : F.getMetadata(It - Kinds.begin());
}

uint64_t functionGuid(const Function &F) {
  if (const MDNode *Node = metadataOf(F, GuidMetadata))
    if (Node->getNumOperands() == 1)
      if (auto *C =
              mdconst::dyn_extract_or_null<ConstantInt>(Node->getOperand(0)))
        return C->getZExtValue();
  // What PGO calls it: kept through LTO, which renames internal functions.
  if (const MDNode *Node = metadataOf(F, getPGOFuncNameMetadataName()))
    return GlobalValue::getGUIDAssumingExternalLinkage(
        cast<MDString>(Node->getOperand(0))->getString());
  return F.getGUID();
}

void setFunctionGuid(Function &F, uint64_t Guid) {
  LLVMContext &Ctx = F.getContext();
  F.setMetadata(GuidMetadata,
                MDNode::get(Ctx, ConstantAsMetadata::get(ConstantInt::get(
                                     Type::getInt64Ty(Ctx), Guid))));
}

/// Outer loops before inner ones, siblings in the order of their headers.
static void collectLoops(SmallVector<Loop *> Siblings,
                         const DenseMap<const BasicBlock *, uint32_t> &Number,
                         SmallVectorImpl<Loop *> &Out) {
  llvm::sort(Siblings, [&](const Loop *A, const Loop *B) {
    return Number.lookup(A->getHeader()) < Number.lookup(B->getHeader());
  });
  for (Loop *L : Siblings) {
    Out.push_back(L);
    collectLoops(SmallVector<Loop *>(L->begin(), L->end()), Number, Out);
  }
}

SiteMap::SiteMap(Function &F, Level At, const LoopInfo &LI) {
  const uint64_t Guid = functionGuid(F), Hash = cfgHash(F);
  uint32_t Next[static_cast<unsigned>(SiteKind::Program) + 1] = {};
  auto Add = [&](SiteKind Kind, Value *V) {
    SiteId Id{At, Kind, Guid, Hash, Next[static_cast<unsigned>(Kind)]++};
    Index[Id] = Sites.size();
    Sites.push_back({Id, V});
  };

  Add(SiteKind::Function, &F);
  DenseMap<const BasicBlock *, uint32_t> Number;
  for (const BasicBlock &BB : F)
    Number[&BB] = Number.size();
  SmallVector<Loop *> Loops;
  collectLoops(SmallVector<Loop *>(LI.begin(), LI.end()), Number, Loops);
  for (Loop *L : Loops)
    Add(SiteKind::Loop, L->getHeader());

  for (BasicBlock &BB : F)
    for (Instruction &I : BB) {
      if (isArenaMarker(I))
        continue;
      if (auto *Br = dyn_cast<BranchInst>(&I)) {
        if (Br->isConditional())
          Add(SiteKind::Branch, &I);
      } else if (isa<SelectInst>(I)) {
        Add(SiteKind::Select, &I);
      } else if (isa<SwitchInst>(I)) {
        Add(SiteKind::Switch, &I);
      } else if (isa<CallBase>(I) && !isa<IntrinsicInst>(I)) {
        Add(SiteKind::Call, &I);
      } else if (isa<LoadInst>(I)) {
        Add(SiteKind::Load, &I);
      }
    }
}

const SiteRef *SiteMap::find(const SiteId &Id) const {
  auto It = Index.find(Id);
  return It == Index.end() ? nullptr : &Sites[It->second];
}

} // namespace speciate
