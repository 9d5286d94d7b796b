//===- passes/instrument/Writes.cpp - Who writes what a region reads
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/instrument/Writes.h"
#include "passes/instrument/DetailText.h"
#include "passes/sites/Cost.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Operator.h"
#include "llvm/Support/FormatVariadic.h"
#include <optional>
#include <set>
#include <tuple>

using namespace llvm;

namespace speciate {

static constexpr StringLiteral WritesMetadata = "speciate.writes";
/// Of a place; who comes later is left out.
static constexpr size_t MaxWriters = 16;

namespace {

struct Write {
  Instruction *I;
  std::optional<int64_t> Offset; ///< Where in the variable.
  uint64_t Size = 0;             ///< 0: not known.
};

struct VariableWrites {
  std::vector<Write> Writes;
  bool All = true; ///< Nothing else has the variable's address.
};

/// The type of the structure, and the offset in it.
using Field = std::pair<const MDNode *, uint64_t>;

/// Follows the address of one variable.
class AddressWalk {
public:
  AddressWalk(const DataLayout &DL, VariableWrites &Into)
      : DL(DL), Into(Into) {}
  void follow(Value &Address, std::optional<int64_t> Offset);

private:
  void use(const Use &U, std::optional<int64_t> Offset);
  void call(CallBase &Call, const Use &U, std::optional<int64_t> Offset);

  const DataLayout &DL;
  VariableWrites &Into;
  std::set<std::pair<const Value *, std::optional<int64_t>>> Seen;
};

} // namespace

void AddressWalk::follow(Value &Address, std::optional<int64_t> Offset) {
  constexpr size_t Most = 4096;
  if (Seen.size() == Most)
    Into.All = false;
  else if (Seen.insert({&Address, Offset}).second)
    for (const Use &U : Address.uses())
      use(U, Offset);
}

void AddressWalk::use(const Use &U, std::optional<int64_t> Offset) {
  User *By = U.getUser();
  if (isa<LoadInst, ICmpInst>(By))
    return;
  if (auto *Store = dyn_cast<StoreInst>(By)) {
    if (U.getOperandNo() != StoreInst::getPointerOperandIndex())
      Into.All = false;
    else
      Into.Writes.push_back(
          {Store, Offset,
           DL.getTypeStoreSize(Store->getValueOperand()->getType())});
    return;
  }
  if (isa<AtomicRMWInst, AtomicCmpXchgInst>(By)) {
    if (U.getOperandNo() != 0)
      Into.All = false;
    else
      Into.Writes.push_back({cast<Instruction>(By), Offset, 0});
    return;
  }
  if (auto *Gep = dyn_cast<GEPOperator>(By)) {
    if (U.getOperandNo() != 0) {
      Into.All = false;
      return;
    }
    APInt More(DL.getIndexTypeSizeInBits(Gep->getType()), 0);
    if (Offset && Gep->accumulateConstantOffset(DL, More))
      return follow(*Gep, *Offset + More.getSExtValue());
    return follow(*Gep, std::nullopt);
  }
  if (isa<PHINode, SelectInst, FreezeInst>(By))
    return follow(*By, std::nullopt);
  if (auto *Call = dyn_cast<CallBase>(By))
    return call(*Call, U, Offset);
  // llvm.used, initializers, conversions to integers, ...
  Into.All = false;
}

void AddressWalk::call(CallBase &Call, const Use &U,
                       std::optional<int64_t> Offset) {
  if (isa<DbgInfoIntrinsic>(Call) || Call.isLifetimeStartOrEnd())
    return;
  if (!Call.isArgOperand(&U)) {
    Into.All = false;
    return;
  }
  const unsigned Number = Call.getArgOperandNo(&U);
  if (auto *Memory = dyn_cast<MemIntrinsic>(&Call)) {
    if (Number != 0)
      return; // The source.
    const auto *Size = dyn_cast<ConstantInt>(Memory->getLength());
    Into.Writes.push_back({&Call, Offset, Size ? Size->getZExtValue() : 0});
    return;
  }
  if (!Call.doesNotCapture(Number))
    Into.All = false;
  if (!Call.onlyReadsMemory(Number))
    Into.Writes.push_back({&Call, std::nullopt, 0});
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

struct ProgramWrites::Impl {
  Impl(Module &M, FunctionAnalysisManager &FAM) : M(M), FAM(FAM) {}

  Module &M;
  FunctionAnalysisManager &FAM;
  DenseMap<const GlobalVariable *, VariableWrites> Variables;
  std::map<Field, std::vector<Instruction *>> Fields;

  json::Array writers(ArrayRef<Instruction *> Writes) const;
  std::optional<json::Object> describe(const LoadInst &Load) const;
};

/// By struct-path TBAA, if the access is to a field.
static std::optional<Field> fieldOf(const Instruction &I) {
  const MDNode *Tag = I.getMetadata(LLVMContext::MD_tbaa);
  if (!Tag || Tag->getNumOperands() < 3)
    return std::nullopt;
  const auto *Base = dyn_cast_or_null<MDNode>(Tag->getOperand(0));
  const auto *Offset =
      mdconst::dyn_extract_or_null<ConstantInt>(Tag->getOperand(2));
  // A scalar is its own base.
  if (!Base || !Offset || Base == Tag->getOperand(1) ||
      Base->getNumOperands() == 0 || !isa<MDString>(Base->getOperand(0)))
    return std::nullopt;
  return Field(Base, Offset->getZExtValue());
}

/// No other object can name it.
static bool isOwn(const GlobalVariable &V) {
  return V.hasLocalLinkage() ||
         (V.hasHiddenVisibility() && V.getName().contains(".speciate."));
}

ProgramWrites::ProgramWrites(Module &M, FunctionAnalysisManager &FAM)
    : I(std::make_unique<Impl>(M, FAM)) {
  for (GlobalVariable &V : M.globals()) {
    if (V.isConstant() || V.isDeclaration() || V.getName().starts_with("llvm."))
      continue;
    VariableWrites &W = I->Variables[&V];
    W.All = isOwn(V);
    AddressWalk(M.getDataLayout(), W).follow(V, 0);
  }
  for (Function &F : M)
    for (Instruction &Each : instructions(F))
      if (isa<StoreInst>(Each))
        if (std::optional<Field> At = fieldOf(Each))
          I->Fields[*At].push_back(&Each);
}

ProgramWrites::~ProgramWrites() = default;

/// Without what promoteLocals made of it.
static std::string sourceName(StringRef Name) {
  return Name.split(".speciate.").first.str();
}

json::Array ProgramWrites::Impl::writers(ArrayRef<Instruction *> Writes) const {
  struct Writer {
    std::string Function, At;
    double Count;
  };
  std::vector<Writer> Writers;
  for (Instruction *W : Writes) {
    Function &F = *W->getFunction();
    const std::string Name = sourceName(F.getName()), At = placeOf(*W);
    const double Count =
        F.getEntryCount() ? blockCount(*W->getParent(),
                                       FAM.getResult<BlockFrequencyAnalysis>(F))
                          : 0;
    auto Known = find_if(Writers, [&](const Writer &Each) {
      return Each.Function == Name && Each.At == At;
    });
    if (Known == Writers.end())
      Writers.push_back({Name, At, Count});
    else
      Known->Count += Count;
  }
  llvm::sort(Writers, [](const Writer &A, const Writer &B) {
    return std::tie(B.Count, A.Function, A.At) <
           std::tie(A.Count, B.Function, B.At);
  });
  json::Array Result;
  for (const Writer &W : ArrayRef(Writers).take_front(MaxWriters))
    Result.push_back(json::Object{{"function", json::fixUTF8(W.Function)},
                                  {"at", json::fixUTF8(W.At)},
                                  {"count", int64_t(W.Count + 0.5)}});
  return Result;
}

std::optional<json::Object>
ProgramWrites::Impl::describe(const LoadInst &Load) const {
  const DataLayout &DL = M.getDataLayout();
  APInt Offset(DL.getIndexTypeSizeInBits(Load.getPointerOperandType()), 0);
  const Value *Base =
      Load.getPointerOperand()->stripAndAccumulateConstantOffsets(
          DL, Offset, /*AllowNonInbounds=*/true);
  const auto *V = dyn_cast<GlobalVariable>(Base);
  const auto Known = V ? Variables.find(V) : Variables.end();
  if (Known != Variables.end()) {
    const int64_t From = Offset.getSExtValue();
    const int64_t To = From + int64_t(DL.getTypeStoreSize(Load.getType()));
    std::vector<Instruction *> Here;
    for (const Write &W : Known->second.Writes)
      if (!W.Offset ||
          (*W.Offset < To && (!W.Size || *W.Offset + int64_t(W.Size) > From)))
        Here.push_back(W.I);
    std::string Place = sourceName(V->getName());
    if (From)
      Place += formatv(" + {0}", From).str();
    return json::Object{{"place", json::fixUTF8(Place)},
                        {"all", Known->second.All},
                        {"writers", writers(Here)}};
  }
  const std::optional<Field> At = fieldOf(Load);
  if (!At)
    return std::nullopt;
  const auto Stores = Fields.find(*At);
  const StringRef Name = cast<MDString>(At->first->getOperand(0))->getString();
  return json::Object{
      {"place",
       json::fixUTF8(formatv("struct {0} + {1}", Name, At->second).str())},
      {"all", false},
      {"writers",
       Stores == Fields.end() ? json::Array() : writers(Stores->second)}};
}

json::Array ProgramWrites::of(Function &F) const {
  json::Array Result;
  int64_t Number = 0;
  for (const Instruction &Each : instructions(F))
    if (const auto *Load = dyn_cast<LoadInst>(&Each)) {
      if (std::optional<json::Object> O = I->describe(*Load)) {
        (*O)["load"] = Number;
        Result.push_back(std::move(*O));
      }
      ++Number;
    }
  return Result;
}

//===----------------------------------------------------------------------===//
// In the slice
//===----------------------------------------------------------------------===//

void noteWrites(Module &Slice, json::Array Writes) {
  if (Writes.empty())
    return;
  LLVMContext &Context = Slice.getContext();
  const std::string Text = formatv("{0}", json::Value(std::move(Writes))).str();
  Slice.getOrInsertNamedMetadata(WritesMetadata)
      ->addOperand(MDNode::get(Context, MDString::get(Context, Text)));
}

std::map<uint32_t, json::Object> writesOf(const Module &Slice) {
  std::map<uint32_t, json::Object> Result;
  const NamedMDNode *Node = Slice.getNamedMetadata(WritesMetadata);
  if (!Node || Node->getNumOperands() != 1)
    return Result;
  Expected<json::Value> V = json::parse(
      cast<MDString>(Node->getOperand(0)->getOperand(0))->getString());
  if (!V) {
    consumeError(V.takeError()); // Of another version.
    return Result;
  }
  if (const json::Array *All = V->getAsArray())
    for (const json::Value &Each : *All)
      if (const json::Object *O = Each.getAsObject())
        if (std::optional<int64_t> Load = O->getInteger("load"))
          Result[uint32_t(*Load)] = *O;
  return Result;
}

} // namespace speciate
