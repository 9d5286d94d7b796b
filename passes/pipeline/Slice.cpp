//===- passes/pipeline/Slice.cpp - One hot function cut out of the planned
// program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/pipeline/Slice.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/ProfileData/InstrProf.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace speciate {

void promoteLocals(Module &M) {
  LLVMContext &Context = M.getContext();
  for (Function &F : M) {
    if (F.isDeclaration())
      continue;
    uint64_t Guid = GlobalValue::getGUIDAssumingExternalLinkage(
        getPGOFuncName(F, /*InLTO=*/true));
    F.setMetadata("speciate.guid",
                  MDNode::get(Context, ConstantAsMetadata::get(ConstantInt::get(
                                           Type::getInt64Ty(Context), Guid))));
  }
  unsigned Number = 0;
  for (GlobalValue &V : M.global_values()) {
    if (!V.hasLocalLinkage() || V.getName().starts_with("llvm."))
      continue;
    // Two local symbols of one name have been told apart by the merge, but a
    // native object may define a global one.
    std::string Name = V.hasName() ? V.getName().str() : "anon";
    if (StringRef(Name).starts_with("\1"))
      Name.erase(0, 1);
    // BOLT takes "f.cold" for a part that was split off f, and gives up when it
    // does not find f.
    for (size_t At; (At = Name.find(".cold")) != std::string::npos;)
      Name[At] = '_';
    V.setName(Name + ".speciate." + Twine(Number++));
    V.setLinkage(GlobalValue::ExternalLinkage);
    V.setVisibility(GlobalValue::HiddenVisibility);
    V.setDSOLocal(true);
  }
}

/// The variables whose initializers hold addresses of blocks of \p F.
static void blockTables(const Function &F,
                        SmallSetVector<const GlobalVariable *, 4> &Tables) {
  SmallVector<const Value *, 8> Work;
  SmallPtrSet<const Value *, 8> Seen;
  for (const BasicBlock &BB : F)
    if (BB.hasAddressTaken())
      if (const BlockAddress *BA = BlockAddress::lookup(&BB))
        Work.push_back(BA);
  while (!Work.empty()) {
    const Value *V = Work.pop_back_val();
    if (!Seen.insert(V).second)
      continue;
    for (const User *U : V->users()) {
      if (const auto *GV = dyn_cast<GlobalVariable>(U))
        Tables.insert(GV);
      else if (isa<Constant>(U))
        Work.push_back(U);
    }
  }
}

std::string whyNotSliceable(const Function &F) {
  if (F.hasComdat())
    return "it is in a COMDAT group";
  if (F.hasAvailableExternallyLinkage() || F.isInterposable())
    return "its definition may be replaced";
  if (F.isPresplitCoroutine())
    return "it is a coroutine";
  // A block address in another function's code would need both in one object.
  SmallVector<const User *, 8> Work;
  SmallSetVector<const GlobalVariable *, 4> Tables;
  blockTables(F, Tables);
  for (const BasicBlock &BB : F) {
    if (!BB.hasAddressTaken())
      continue;
    const BlockAddress *BA = BlockAddress::lookup(&BB);
    if (!BA)
      continue;
    Work.append(BA->user_begin(), BA->user_end());
  }
  SmallPtrSet<const User *, 8> Seen;
  while (!Work.empty()) {
    const User *U = Work.pop_back_val();
    if (!Seen.insert(U).second)
      continue;
    if (const auto *I = dyn_cast<Instruction>(U)) {
      if (I->getFunction() != &F)
        return "the address of one of its blocks is used in another function";
      continue;
    }
    if (!isa<GlobalValue>(U))
      Work.append(U->user_begin(), U->user_end());
  }
  for (const GlobalVariable *T : Tables) {
    if (T->hasComdat() || T->isInterposable() || T->isThreadLocal())
      return "its jump table cannot be moved";
    SmallVector<const Value *, 8> Parts(T->operand_values());
    while (!Parts.empty()) {
      const Value *V = Parts.pop_back_val();
      if (const auto *BA = dyn_cast<BlockAddress>(V)) {
        if (BA->getFunction() != &F)
          return "its jump table holds blocks of another function";
      } else if (const auto *U = dyn_cast<Constant>(V);
                 U && !isa<GlobalValue>(U)) {
        Parts.append(U->value_op_begin(), U->value_op_end());
      }
    }
  }
  return "";
}

/// Keeps in llvm.dbg.cu the compile units that the body of \p F names: every
/// other would be emitted once for each slice.
static void keepOwnCompileUnits(Module &M, Function &F) {
  NamedMDNode *Units = M.getNamedMetadata("llvm.dbg.cu");
  if (!Units)
    return;
  SmallSetVector<DICompileUnit *, 4> Used;
  auto Add = [&](const DISubprogram *SP) {
    if (SP && SP->getUnit())
      Used.insert(SP->getUnit());
  };
  Add(F.getSubprogram());
  for (Instruction &I : instructions(F))
    for (const DILocation *Loc = I.getDebugLoc(); Loc;
         Loc = Loc->getInlinedAt())
      Add(Loc->getScope()->getSubprogram());
  Units->clearOperands();
  for (DICompileUnit *CU : Used)
    Units->addOperand(CU);
  if (Used.empty())
    Units->eraseFromParent();
}

static void dropProgramWideMetadata(Module &M) {
  for (StringRef Name : {"llvm.used", "llvm.compiler.used", "llvm.global_ctors",
                         "llvm.global_dtors"})
    if (GlobalVariable *GV = M.getGlobalVariable(Name)) {
      if (GV->use_empty())
        GV->eraseFromParent();
    }
  M.setModuleInlineAsm("");
  for (StringRef Name :
       {"llvm.linker.options", "llvm.dependent-libraries", "llvm.commandline"})
    if (NamedMDNode *Node = M.getNamedMetadata(Name))
      Node->eraseFromParent();
  // The rest of the program carries the call graph for all functions.
  SmallVector<Module::ModuleFlagEntry, 8> Flags;
  M.getModuleFlagsMetadata(Flags);
  if (NamedMDNode *Node = M.getModuleFlagsMetadata()) {
    Node->clearOperands();
    for (const Module::ModuleFlagEntry &Flag : Flags)
      if (Flag.Key->getString() != "CG Profile")
        M.addModuleFlag(Flag.Behavior, Flag.Key->getString(), Flag.Val);
  }
}

/// Drops declarations and constants that nothing uses, in rounds, as one
/// constant may have been the last user of the next.
static void dropUnused(Module &M, const Function *Keep,
                       const SmallPtrSetImpl<const GlobalValue *> &KeepTables) {
  bool Changed = true;
  auto Unused = [&](GlobalValue &V) {
    V.removeDeadConstantUsers();
    return &V != Keep && !KeepTables.contains(&V) && V.use_empty();
  };
  while (Changed) {
    Changed = false;
    for (Function &F : make_early_inc_range(M))
      if (Unused(F)) {
        F.eraseFromParent();
        Changed = true;
      }
    for (GlobalVariable &V : make_early_inc_range(M.globals()))
      if (Unused(V)) {
        V.eraseFromParent();
        Changed = true;
      }
  }
}

std::unique_ptr<Module> sliceOut(const Function &F) {
  SmallSetVector<const GlobalVariable *, 4> Tables;
  blockTables(F, Tables);
  ValueToValueMapTy Map;
  std::unique_ptr<Module> Slice =
      CloneModule(*F.getParent(), Map, [&](const GlobalValue *V) {
        if (V == &F)
          return true;
        const auto *GV = dyn_cast<GlobalVariable>(V);
        if (!GV)
          return false;
        if (Tables.contains(GV))
          return true;
        // A constant with addresses of another function's blocks cannot exist
        // without that function.
        if (!GV->isConstant() || !GV->hasDefinitiveInitializer() ||
            GV->isThreadLocal())
          return false;
        SmallVector<const Value *, 8> Parts(GV->operand_values());
        while (!Parts.empty()) {
          const Value *Part = Parts.pop_back_val();
          if (isa<BlockAddress>(Part))
            return false;
          if (const auto *C = dyn_cast<Constant>(Part);
              C && !isa<GlobalValue>(C))
            Parts.append(C->value_op_begin(), C->value_op_end());
        }
        return true;
      });
  Function *Body = cast<Function>(Map[&F]);
  SmallPtrSet<const GlobalValue *, 4> Own;
  for (const GlobalVariable *T : Tables)
    Own.insert(cast<GlobalVariable>(Map[T]));
  for (GlobalVariable &GV : Slice->globals()) {
    if (GV.isDeclaration() || Own.contains(&GV) ||
        GV.getName().starts_with("llvm."))
      continue;
    GV.setComdat(nullptr);
    GV.setLinkage(GlobalValue::AvailableExternallyLinkage);
  }
  for (Function &Other : *Slice)
    if (Other.isDeclaration())
      Other.setComdat(nullptr);
  dropProgramWideMetadata(*Slice);
  dropUnused(*Slice, Body, Own);
  keepOwnCompileUnits(*Slice, *Body);
  Slice->setSourceFileName(F.getName());
  Slice->setModuleIdentifier(F.getName());
  return Slice;
}

void removeSlices(Module &M, ArrayRef<Function *> Regions) {
  for (Function *F : Regions) {
    SmallSetVector<const GlobalVariable *, 4> Tables;
    blockTables(*F, Tables);
    for (const GlobalVariable *T : Tables) {
      auto *Table = const_cast<GlobalVariable *>(T);
      Table->setInitializer(nullptr);
      Table->setLinkage(GlobalValue::ExternalLinkage);
    }
    GlobalValue::VisibilityTypes Visibility = F->getVisibility();
    bool Local = F->isDSOLocal();
    F->deleteBody();
    F->setVisibility(Visibility);
    F->setDSOLocal(Local);
    // Attachments of a definition.
    F->clearMetadata();
  }
}

} // namespace speciate
