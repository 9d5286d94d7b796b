//===- passes/arena/ArenaTables.cpp - What the arena program says of itself
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/arena/ArenaTables.h"
#include "passes/arena/PrepareImage.h"
#include "support/Hash.h"
#include "llvm/CodeGen/Analysis.h"
#include "llvm/CodeGen/TargetLowering.h"
#include "llvm/CodeGen/TargetSubtargetInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"
#include <map>
#include <set>

using namespace llvm;

namespace speciate {

static bool hasUsualConvention(const Function &F) {
  switch (F.getCallingConv()) {
  case CallingConv::C:
  case CallingConv::Fast:
  case CallingConv::Cold:
  case CallingConv::Tail:
  case CallingConv::PreserveMost:
  case CallingConv::PreserveAll:
  case CallingConv::X86_64_SysV:
    return true;
  default:
    return false;
  }
}

ArgumentBytes argumentBytes(const Function &F, const TargetMachine &TM) {
  ArgumentBytes Result;
  if (!hasUsualConvention(F))
    return Result;
  const TargetLowering &TLI = *TM.getSubtargetImpl(F)->getTargetLowering();
  const DataLayout &DL = F.getParent()->getDataLayout();
  unsigned Int = 0, Fp = 0;
  for (const Argument &A : F.args()) {
    // On the stack, or in a register of its own kind.
    if (A.hasByValAttr() || A.hasNestAttr())
      continue;
    if (A.hasInAllocaAttr() || A.hasPreallocatedAttr() ||
        A.hasSwiftSelfAttr() || A.hasSwiftErrorAttr() || A.hasInRegAttr() ||
        A.hasAttribute(Attribute::SwiftAsync))
      return Result;
    SmallVector<EVT, 4> Parts;
    ComputeValueVTs(TLI, DL, A.getType(), Parts);
    for (EVT Part : Parts) {
      MVT Register = TLI.getRegisterTypeForCallingConv(
          F.getContext(), F.getCallingConv(), Part);
      unsigned Count = TLI.getNumRegistersForCallingConv(
          F.getContext(), F.getCallingConv(), Part);
      uint64_t Bytes = Part.getStoreSize().getKnownMinValue();
      if (Register == MVT::f80)
        continue; // On the stack.
      if (Register.isVector() || Register.isFloatingPoint()) {
        // A vector of bits has been widened, to what is not said.
        uint64_t Each = std::min<uint64_t>(Bytes / Count, 16);
        if (Part.isVector() && Part.getScalarSizeInBits() < 8)
          Each = 0;
        for (unsigned I = 0; I < Count && Fp < rt::ArenaFpArgs; ++I)
          Result.Fp[Fp++] = A.use_empty() ? 0 : Each;
        continue;
      }
      if (Count > rt::ArenaIntArgs - Int) {
        // All of it is on the stack. Whether a later argument gets what is left
        // is not sure.
        if (Int < rt::ArenaIntArgs && Count > 1)
          return Result;
        continue;
      }
      // The caller has extended it to 32 bits; otherwise the rest is garbage.
      if (Bytes < 4 && (A.hasZExtAttr() || A.hasSExtAttr()))
        Bytes = 4;
      for (unsigned I = 0; I < Count; ++I)
        Result.Int[Int++] = A.use_empty() ? 0 : std::min<uint64_t>(Bytes, 8);
    }
  }
  return Result;
}

/// What the late half and code generation may call although no slice names it.
/// Calls of other functions of the math library are made only out of calls of
/// their own kind.
static constexpr StringLiteral MadeUp[] = {"memcpy",
                                           "memset",
                                           "memmove",
                                           "memcmp",
                                           "bcmp",
                                           "memchr",
                                           "memrchr",
                                           "strlen",
                                           "strnlen",
                                           "strcpy",
                                           "stpcpy",
                                           "strchr",
                                           "strcmp",
                                           "strncmp",
                                           "puts",
                                           "putchar",
                                           "fputc",
                                           "fputs",
                                           "fwrite",
                                           "fmod",
                                           "fmodf",
                                           "floor",
                                           "floorf",
                                           "ceil",
                                           "ceilf",
                                           "trunc",
                                           "truncf",
                                           "rint",
                                           "rintf",
                                           "nearbyint",
                                           "round",
                                           "roundf",
                                           "sqrt",
                                           "sqrtf",
                                           "fmin",
                                           "fmax",
                                           "fminf",
                                           "fmaxf",
                                           "exp2",
                                           "exp2f",
                                           "ldexp",
                                           "ldexpf",
                                           "sincos",
                                           "sincosf",
                                           "fma",
                                           "fmaf",
                                           "__udivti3",
                                           "__divti3",
                                           "_Unwind_Resume",
                                           "__stack_chk_fail",
                                           "__umodti3",
                                           "__modti3",
                                           "__multi3",
                                           "__gxx_personality_v0"};

namespace {

class TableBuilder {
public:
  TableBuilder(const Module &Program, const TargetMachine &TM)
      : TM(TM), Context(Program.getContext()),
        M(std::make_unique<Module>("speciate-arena-tables", Context)) {
    M->setTargetTriple(Program.getTargetTriple());
    M->setDataLayout(Program.getDataLayout());
    SmallVector<Module::ModuleFlagEntry, 8> Flags;
    Program.getModuleFlagsMetadata(Flags);
    for (const Module::ModuleFlagEntry &Flag : Flags)
      if (is_contained({"PIC Level", "PIE Level", "Code Model",
                        "Large Data Threshold", "direct-access-external-data",
                        "RtLibUseGOT"},
                       Flag.Key->getString()))
        M->addModuleFlag(Flag.Behavior, Flag.Key->getString(), Flag.Val);
    Pointer = PointerType::get(Context, 0);
  }

  void collect(const Module &Slice) {
    for (const GlobalValue &V : Slice.global_values()) {
      if (!V.hasName() || V.getName().starts_with("llvm."))
        continue;
      if (V.isThreadLocal())
        addAccessor(cast<GlobalVariable>(V));
      else
        Externals.insert(V.getName().str());
    }
  }

  void addAccessor(const GlobalVariable &V) {
    if (!ThreadLocals.insert(V.getName().str()).second)
      return;
    auto *Here = new GlobalVariable(
        *M, V.getValueType(), V.isConstant(), GlobalValue::ExternalLinkage,
        nullptr, V.getName(), nullptr, V.getThreadLocalMode(),
        V.getAddressSpace());
    Here->setAlignment(V.getAlign());
    Here->setVisibility(V.getVisibility());
    Here->setDSOLocal(V.isDSOLocal());
    Function *F = declareTlsAccessor(*M, *Here);
    IRBuilder<> B(BasicBlock::Create(Context, "", F));
    B.CreateRet(B.CreateThreadLocalAddress(Here));
    Externals.insert(F->getName().str());
  }

  /// A weak reference; functions are no different from variables here.
  Constant *reference(StringRef Name) {
    if (GlobalValue *Known = M->getNamedValue(Name))
      return Known;
    return new GlobalVariable(*M, Type::getInt8Ty(Context), false,
                              GlobalValue::ExternalWeakLinkage, nullptr, Name);
  }

  Constant *text(StringRef Text) {
    Constant *Bytes = ConstantDataArray::getString(Context, Text);
    auto *V = new GlobalVariable(*M, Bytes->getType(), true,
                                 GlobalValue::PrivateLinkage, Bytes, "name");
    V->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    V->setAlignment(Align(1));
    return V;
  }

  Constant *bytes(ArrayRef<uint8_t> Bytes) {
    return ConstantDataArray::get(Context, Bytes);
  }

  void addSection(StringRef Section, ArrayRef<Constant *> Entries) {
    if (Entries.empty())
      return;
    auto *Type = ArrayType::get(Entries[0]->getType(), Entries.size());
    // Not constant: the loader relocates it.
    auto *V = new GlobalVariable(*M, Type, false, GlobalValue::InternalLinkage,
                                 ConstantArray::get(Type, Entries),
                                 Section + ".entries");
    V->setSection(Section);
    V->setAlignment(Align(8));
    // The linker shall keep it, though only __start_ and __stop_ are named.
    appendToUsed(*M, {V});
  }

  ArenaTables finish(ArrayRef<TabledRegion> Regions);

private:
  const TargetMachine &TM;
  LLVMContext &Context;
  std::unique_ptr<Module> M;
  PointerType *Pointer;
  std::set<std::string> Externals, ThreadLocals;
};

ArenaTables TableBuilder::finish(ArrayRef<TabledRegion> Regions) {
  for (StringRef Name : MadeUp)
    Externals.insert(Name.str());
  Externals.insert(rt::ArenaMarkerSymbol);
  Externals.insert(rt::ArenaMarkerEndSymbol);

  std::vector<Constant *> Entries;
  json::Array RegionList;
  Type *Int16 = Type::getInt16Ty(Context);
  for (const TabledRegion &R : Regions) {
    Externals.insert(R.Function);
    const Function &F = *R.Slice->getFunction(R.Function);
    ArgumentBytes Arguments = argumentBytes(F, TM);
    uint16_t Flags = R.MarkerMinPasses ? rt::ArenaHasMarker : 0;
    // The layout of rt::ArenaRegion.
    Entries.push_back(ConstantStruct::getAnon(
        {reference(R.Function), text(R.Function), bytes(Arguments.Int),
         bytes(Arguments.Fp), ConstantInt::get(Int16, Flags)}));
    RegionList.push_back(
        json::Object{{"function", R.Function},
                     {"guid", hex64(R.Guid)},
                     {"marker", static_cast<int64_t>(R.MarkerMinPasses)},
                     {"int_bytes", json::Array(Arguments.Int)},
                     {"fp_bytes", json::Array(Arguments.Fp)}});
  }
  addSection(rt::ArenaRegionsSection, Entries);

  Entries.clear();
  for (const std::string &Name : Externals)
    if (!ThreadLocals.count(Name))
      Entries.push_back(ConstantStruct::getAnon({text(Name), reference(Name)}));
  addSection(rt::ArenaExternalsSection, Entries);

  ArenaTables Result;
  Result.Summary = json::Object{{"version", 1},
                                {"regions", std::move(RegionList)},
                                {"externals", json::Array(Externals)},
                                {"thread_locals", json::Array(ThreadLocals)}};
  Result.Object = std::move(M);
  return Result;
}

} // namespace

ArenaTables makeArenaTables(const Module &Program,
                            ArrayRef<TabledRegion> Regions,
                            const TargetMachine &TM) {
  TableBuilder B(Program, TM);
  for (const TabledRegion &R : Regions)
    B.collect(*R.Slice);
  return B.finish(Regions);
}

} // namespace speciate
