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
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/ProfileData/InstrProf.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace speciate {

/// A function with this attribute stays in the rest of the program. Its value
/// says why.
static constexpr StringLiteral StayAttribute = "speciate-stay";

/// All words of assembly that may be names of symbols.
static void addAssemblyWords(StringRef Text, StringSet<> &Words) {
  auto IsWord = [](char C) {
    return isAlnum(C) || C == '_' || C == '.' || C == '$';
  };
  while (true) {
    Text = Text.drop_until(IsWord);
    if (Text.empty())
      return;
    StringRef Word = Text.take_while(IsWord);
    Words.insert(Word);
    Text = Text.drop_front(Word.size());
  }
}

static StringSet<> wordsOfInlineAssembly(const Function &F) {
  StringSet<> Words;
  for (const Instruction &I : instructions(F))
    if (const auto *Call = dyn_cast<CallBase>(&I); Call && Call->isInlineAsm())
      addAssemblyWords(
          cast<InlineAsm>(Call->getCalledOperand())->getAsmString(), Words);
  return Words;
}

/// The functions that have \p V in their code, directly or within constants.
static void addUsingFunctions(const Value &V,
                              SmallSetVector<Function *, 4> &Functions) {
  SmallVector<const User *, 8> Work(V.user_begin(), V.user_end());
  SmallPtrSet<const User *, 8> Seen;
  while (!Work.empty()) {
    const User *U = Work.pop_back_val();
    if (!Seen.insert(U).second)
      continue;
    if (const auto *I = dyn_cast<Instruction>(U))
      Functions.insert(const_cast<Function *>(I->getFunction()));
    else if (!isa<GlobalValue>(U))
      Work.append(U->user_begin(), U->user_end());
  }
}

/// Marks the functions that cannot leave the object in which assembly is: it
/// finds local symbols by their names, and names symbols for the linker that
/// must be defined beside it (.symver). Returns all names that assembly may
/// use.
static StringSet<> markAssemblysFunctions(Module &M) {
  StringSet<> Named;
  addAssemblyWords(M.getModuleInlineAsm(), Named);
  for (GlobalValue &V : M.global_values()) {
    // It may be local to the assembly.
    SmallSetVector<Function *, 4> Users;
    if (V.isDeclaration() && Named.contains(V.getName()))
      addUsingFunctions(V, Users);
    for (Function *F : Users)
      F->addFnAttr(StayAttribute, "it uses a symbol of assembly");
  }
  StringSet<> Inline;
  for (Function &F : M)
    for (const auto &Word : wordsOfInlineAssembly(F)) {
      const GlobalValue *V = M.getNamedValue(Word.getKey());
      if (!V && !Named.contains(Word.getKey()))
        continue;
      Inline.insert(Word.getKey());
      if (!V || V->hasLocalLinkage())
        F.addFnAttr(StayAttribute, "its assembly uses a local symbol");
    }
  for (const auto &Word : Inline)
    Named.insert(Word.getKey());
  for (Function &F : M)
    if (!F.isDeclaration() && Named.contains(F.getName()))
      F.addFnAttr(StayAttribute, "assembly refers to it");
  return Named;
}

/// \p V keeps its name, by which assembly refers to it; everything else refers
/// to it by \p Name.
static void promoteByAlias(GlobalValue &V, const Twine &Name) {
  Module &M = *V.getParent();
  auto *Alias = GlobalAlias::create(V.getValueType(), V.getAddressSpace(),
                                    GlobalValue::ExternalLinkage, Name, &V, &M);
  Alias->setVisibility(GlobalValue::HiddenVisibility);
  Alias->setDSOLocal(true);
  Alias->setThreadLocalMode(V.getThreadLocalMode());
  SmallPtrSet<const User *, 2> Used;
  for (StringRef List : {"llvm.used", "llvm.compiler.used"})
    if (const GlobalVariable *GV = M.getGlobalVariable(List);
        GV && GV->hasInitializer())
      Used.insert(GV->getInitializer());
  V.replaceUsesWithIf(Alias, [&](Use &U) {
    return U.getUser() != Alias && !isa<BlockAddress>(U.getUser()) &&
           !isa<GlobalIFunc>(U.getUser()) && !Used.contains(U.getUser());
  });
}

void promoteLocals(Module &M) {
  LLVMContext &Context = M.getContext();
  StringSet<> InAssembly = markAssemblysFunctions(M);
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
  SmallVector<GlobalValue *, 32> Locals;
  for (GlobalValue &V : M.global_values())
    if (V.hasLocalLinkage() && !V.getName().starts_with("llvm."))
      Locals.push_back(&V);
  for (GlobalValue *Local : Locals) {
    GlobalValue &V = *Local;
    if (InAssembly.contains(V.getName()) && !isa<GlobalIFunc>(V)) {
      promoteByAlias(V, V.getName() + ".speciate." + Twine(Number++));
      continue;
    }
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

/// Whether an alias or an ifunc is made of \p F.
static bool standsBehindAnother(const Function &F) {
  SmallVector<const User *, 8> Work(F.user_begin(), F.user_end());
  SmallPtrSet<const User *, 8> Seen;
  while (!Work.empty()) {
    const User *U = Work.pop_back_val();
    if (!Seen.insert(U).second)
      continue;
    if (isa<GlobalAlias, GlobalIFunc>(U))
      return true;
    if (isa<Constant>(U) && !isa<GlobalValue>(U))
      Work.append(U->user_begin(), U->user_end());
  }
  return false;
}

std::string whyNotSliceable(const Function &F) {
  if (F.hasComdat())
    return "it is in a COMDAT group";
  if (F.hasAvailableExternallyLinkage() || F.isInterposable())
    return "its definition may be replaced";
  if (F.isPresplitCoroutine())
    return "it is a coroutine";
  if (F.hasFnAttribute(StayAttribute))
    return F.getFnAttribute(StayAttribute).getValueAsString().str();
  // Both must be defined where what they stand for is.
  if (standsBehindAnother(F))
    return "it has an alias, or resolves an indirect function";
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
  // CloneModule leaves out no definition of an indirect function; one without
  // its resolver would be the resolver itself.
  for (GlobalIFunc &I : make_early_inc_range(Slice->ifuncs())) {
    auto *Declared = Function::Create(cast<FunctionType>(I.getValueType()),
                                      GlobalValue::ExternalLinkage,
                                      I.getAddressSpace(), "", Slice.get());
    Declared->takeName(&I);
    Declared->setVisibility(I.getVisibility());
    Declared->setDSOLocal(I.isDSOLocal());
    I.replaceAllUsesWith(Declared);
    I.eraseFromParent();
  }
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
