//===- passes/facts/ApplyFacts.cpp - Facts in place of what is read
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/facts/Facts.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace speciate {

namespace {

class Applier {
public:
  Applier(Module &M, const Fact &F) : M(M), F(F) {}
  /// Returns the number of places.
  unsigned run();

private:
  /// The value as a constant of type \p Ty; null if it has none.
  Constant *valueAs(Type *Ty);
  /// From \p Where on, \p V is what the fact says.
  bool hold(Value &V, Instruction &Where);
  void trapUnless(Value &Holds, Instruction &Where);
  unsigned runGlobal();
  unsigned runField();
  unsigned runArgument();
  unsigned runCalls();
  std::optional<uint64_t> offsetOfMember() const;

  Module &M;
  const Fact &F;
  Constant *Text = nullptr;
};

} // namespace

Constant *Applier::valueAs(Type *Ty) {
  if (F.Text) {
    if (!Ty->isPointerTy())
      return nullptr;
    if (!Text) {
      Constant *Init = ConstantDataArray::getString(M.getContext(), *F.Text);
      auto *Object =
          new GlobalVariable(M, Init->getType(), /*isConstant=*/true,
                             GlobalValue::PrivateLinkage, Init, "fact");
      Object->setAlignment(Align(1));
      Text = Object;
    }
    return Text;
  }
  if (!F.Value)
    return nullptr;
  if (Ty->isPointerTy())
    return *F.Value ? nullptr : ConstantPointerNull::get(cast<PointerType>(Ty));
  if (!Ty->isIntegerTy() || Ty->getIntegerBitWidth() > 64)
    return nullptr;
  const unsigned Bits = Ty->getIntegerBitWidth();
  if (!isIntN(Bits, *F.Value) && !isUIntN(Bits, *F.Value))
    return nullptr;
  return ConstantInt::get(Ty, *F.Value, /*IsSigned=*/true,
                          /*ImplicitTrunc=*/true);
}

void Applier::trapUnless(Value &Holds, Instruction &Where) {
  IRBuilder<> B(&Where);
  MDNode *Never = MDBuilder(M.getContext()).createUnlikelyBranchWeights();
  Instruction *Then = SplitBlockAndInsertIfThen(
      B.CreateNot(&Holds), Where.getIterator(), /*Unreachable=*/true, Never);
  IRBuilder<> Stop(Then);
  Stop.CreateIntrinsic(Intrinsic::trap, {});
}

bool Applier::hold(Value &V, Instruction &Where) {
  IRBuilder<> B(&Where);
  if (F.Range) {
    auto *Ty = dyn_cast<IntegerType>(V.getType());
    if (!Ty || Ty->getBitWidth() > 64 ||
        !isIntN(Ty->getBitWidth(), F.Range->first) ||
        !isIntN(Ty->getBitWidth(), F.Range->second))
      return false;
    Value *Holds = B.CreateAnd(
        B.CreateICmpSGE(&V, ConstantInt::getSigned(Ty, F.Range->first)),
        B.CreateICmpSLE(&V, ConstantInt::getSigned(Ty, F.Range->second)));
    if (F.Trap)
      trapUnless(*Holds, Where);
    else
      B.CreateAssumption(Holds);
    return true;
  }
  Constant *C = valueAs(V.getType());
  if (!C)
    return false;
  if (F.Trap) {
    Value *Holds = B.CreateICmpEQ(&V, C, "fact");
    V.replaceUsesWithIf(C, [&](Use &U) { return U.getUser() != Holds; });
    trapUnless(*Holds, Where);
  } else {
    V.replaceAllUsesWith(C);
  }
  return true;
}

/// Loads that \p Fits names.
static SmallVector<LoadInst *> loadsOf(Module &M,
                                       function_ref<bool(LoadInst &)> Fits) {
  SmallVector<LoadInst *> Loads;
  for (Function &Fn : M)
    for (Instruction &I : instructions(Fn))
      if (auto *Load = dyn_cast<LoadInst>(&I); Load && Fits(*Load))
        Loads.push_back(Load);
  return Loads;
}

unsigned Applier::runGlobal() {
  const GlobalVariable *GV = M.getGlobalVariable(F.Name, true);
  if (!GV)
    return 0;
  const DataLayout &DL = M.getDataLayout();
  unsigned Places = 0;
  for (LoadInst *Load : loadsOf(M, [&](LoadInst &L) {
         APInt Offset(DL.getIndexTypeSizeInBits(L.getPointerOperandType()), 0);
         return L.getPointerOperand()->stripAndAccumulateConstantOffsets(
                    DL, Offset, true) == GV &&
                Offset == F.Offset;
       }))
    Places += hold(*Load, *Load->getNextNode());
  return Places;
}

std::optional<uint64_t> Applier::offsetOfMember() const {
  if (F.Member.empty())
    return F.Offset;
  DebugInfoFinder Finder;
  Finder.processModule(M);
  for (const DIType *Type : Finder.types()) {
    const auto *Struct = dyn_cast<DICompositeType>(Type);
    if (!Struct || Struct->getName() != F.Name)
      continue;
    for (const DINode *Element : Struct->getElements())
      if (const auto *Member = dyn_cast<DIDerivedType>(Element))
        if (Member->getTag() == dwarf::DW_TAG_member &&
            Member->getName() == F.Member && !Member->isBitField())
          return Member->getOffsetInBits() / 8;
  }
  return std::nullopt;
}

/// Whether the access \p Tag (TBAA, struct-path aware) reads the byte \p Offset
/// of a \p Struct, be that part of a larger one.
static bool readsField(const MDNode *Tag, StringRef Struct, uint64_t Offset) {
  if (!Tag || Tag->getNumOperands() < 3)
    return false;
  const auto *Type = dyn_cast_or_null<MDNode>(Tag->getOperand(0));
  const auto *At = mdconst::dyn_extract<ConstantInt>(Tag->getOperand(2));
  if (!Type || !At)
    return false;
  uint64_t Rest = At->getZExtValue();
  const std::string Mangled = ("_ZTS" + Twine(Struct.size()) + Struct).str();
  while (Type && Type->getNumOperands() >= 3) {
    const auto *Name = dyn_cast_or_null<MDString>(Type->getOperand(0));
    if (!Name)
      return false;
    if ((Name->getString() == Struct || Name->getString() == Mangled) &&
        Rest == Offset)
      return true;
    // Into the member that holds the byte.
    const MDNode *Next = nullptr;
    uint64_t Base = 0;
    for (unsigned I = 1; I + 1 < Type->getNumOperands(); I += 2) {
      const auto *Member = dyn_cast_or_null<MDNode>(Type->getOperand(I));
      const auto *Begin =
          mdconst::dyn_extract_or_null<ConstantInt>(Type->getOperand(I + 1));
      if (!Member || !Begin || Begin->getZExtValue() > Rest)
        break;
      Next = Member;
      Base = Begin->getZExtValue();
    }
    Type = Next == Type ? nullptr : Next;
    Rest -= Base;
  }
  return false;
}

unsigned Applier::runField() {
  std::optional<uint64_t> Offset = offsetOfMember();
  if (!Offset)
    return 0;
  unsigned Places = 0;
  for (LoadInst *Load : loadsOf(M, [&](LoadInst &L) {
         return readsField(L.getMetadata(LLVMContext::MD_tbaa), F.Name,
                           *Offset);
       }))
    Places += hold(*Load, *Load->getNextNode());
  return Places;
}

unsigned Applier::runArgument() {
  Function *Fn = M.getFunction(F.Name);
  if (!Fn || Fn->isDeclaration() || F.Argument >= Fn->arg_size())
    return 0;
  return hold(*Fn->getArg(F.Argument),
              *Fn->getEntryBlock().getFirstNonPHIOrDbgOrAlloca());
}

unsigned Applier::runCalls() {
  const Function *Callee = M.getFunction(F.Name);
  if (!Callee)
    return 0;
  SmallVector<CallInst *> Calls;
  for (Function &Fn : M)
    for (Instruction &I : instructions(Fn))
      if (auto *Call = dyn_cast<CallInst>(&I);
          Call && Call->getCalledFunction() == Callee &&
          !Call->isMustTailCall()) {
        StringRef With;
        if (F.With && (Call->arg_empty() ||
                       !getConstantStringInfo(Call->getArgOperand(0), With) ||
                       With != *F.With))
          continue;
        Calls.push_back(Call);
      }
  unsigned Places = 0;
  for (CallInst *Call : Calls) {
    if (!hold(*Call, *Call->getNextNode()))
      continue;
    ++Places;
    // It was asserted that nothing but the result is needed.
    if (!F.Trap && !F.Range)
      Call->eraseFromParent();
  }
  return Places;
}

unsigned Applier::run() {
  switch (F.What) {
  case Fact::Kind::Global:
    return runGlobal();
  case Fact::Kind::Field:
    return runField();
  case Fact::Kind::Argument:
    return runArgument();
  case Fact::Kind::Call:
    return runCalls();
  }
  llvm_unreachable("covered switch");
}

std::vector<unsigned> applyFacts(Module &M, const std::vector<Fact> &Facts) {
  std::vector<unsigned> Places;
  for (const Fact &F : Facts)
    Places.push_back(Applier(M, F).run());
  return Places;
}

} // namespace speciate
