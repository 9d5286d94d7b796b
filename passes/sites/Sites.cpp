//===- passes/sites/Sites.cpp - Numbering the places with a choice
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/sites/Sites.h"
#include "runtime/speciate_arena_abi.h"
#include "support/Hash.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
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

/// The sites of \p F but the function itself, in program order; loops first.
static void
forEachSite(Function &F, const LoopInfo &LI,
            function_ref<void(SiteKind, Value &, const Instruction &)> Visit) {
  DenseMap<const BasicBlock *, uint32_t> Number;
  for (const BasicBlock &BB : F)
    Number[&BB] = Number.size();
  SmallVector<Loop *> Loops;
  collectLoops(SmallVector<Loop *>(LI.begin(), LI.end()), Number, Loops);
  for (Loop *L : Loops)
    Visit(SiteKind::Loop, *L->getHeader(), L->getHeader()->front());

  for (BasicBlock &BB : F)
    for (Instruction &I : BB) {
      if (isArenaMarker(I))
        continue;
      if (auto *Br = dyn_cast<BranchInst>(&I)) {
        if (Br->isConditional())
          Visit(SiteKind::Branch, I, I);
      } else if (isa<SelectInst>(I)) {
        Visit(SiteKind::Select, I, I);
      } else if (isa<SwitchInst>(I)) {
        Visit(SiteKind::Switch, I, I);
      } else if (isa<CallBase>(I) && !isa<IntrinsicInst>(I)) {
        Visit(SiteKind::Call, I, I);
      } else if (isa<LoadInst>(I)) {
        Visit(SiteKind::Load, I, I);
      }
    }
}

SiteMap::SiteMap(Function &F, Level At, const LoopInfo &LI) : F(F), At(At) {
  const uint64_t Guid = functionGuid(F), Hash = cfgHash(F);
  uint32_t Next[static_cast<unsigned>(SiteKind::Program) + 1] = {};
  auto Add = [&](SiteKind Kind, Value &V) {
    SiteId Id{At, Kind, Guid, Hash, Next[static_cast<unsigned>(Kind)]++};
    Index[Id] = Sites.size();
    Sites.push_back({Id, &V});
  };
  Add(SiteKind::Function, F);
  forEachSite(F, LI, [&](SiteKind Kind, Value &V, const Instruction &) {
    Add(Kind, V);
  });
}

size_t SiteMap::addMadeBy(const Gene &Maker, const LoopInfo &LI) {
  DenseSet<std::pair<unsigned, const Value *>> Known;
  for (const SiteRef &S : Sites)
    Known.insert({static_cast<unsigned>(S.Id.Kind), S.Where});
  SmallVector<std::pair<SiteKind, Value *>> Made;
  SmallString<256> Bytes(Maker.str());
  forEachSite(F, LI, [&](SiteKind Kind, Value &V, const Instruction &I) {
    if (Known.contains({static_cast<unsigned>(Kind), &V}))
      return;
    Made.push_back({Kind, &V});
    append32(Bytes, static_cast<uint32_t>(Kind));
    append32(Bytes, I.getOpcode());
    append32(Bytes, I.getNumOperands());
    append32(Bytes, I.getType()->getTypeID());
  });
  const uint64_t Hash = stableHash64(Bytes);
  uint32_t Next[static_cast<unsigned>(SiteKind::Program) + 1] = {};
  for (auto [Kind, V] : Made) {
    SiteId Id{At, Kind, Maker.Site.FunctionGuid, Hash ? Hash : 1,
              Next[static_cast<unsigned>(Kind)]++};
    Index[Id] = Sites.size();
    Sites.push_back({Id, V});
  }
  return Made.size();
}

const SiteRef *SiteMap::find(const SiteId &Id) const {
  auto It = Index.find(Id);
  return It == Index.end() ? nullptr : &Sites[It->second];
}

} // namespace speciate
