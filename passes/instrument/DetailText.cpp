//===- passes/instrument/DetailText.cpp - Sites and paths in terms of the source
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/instrument/DetailText.h"
#include "passes/instrument/Writes.h"
#include "support/Hash.h"
#include "llvm/Analysis/MemorySSA.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/DebugProgramInstruction.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Operator.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace speciate {

static std::string placeOf(const DIFile *File, unsigned Line) {
  if (!File || !Line)
    return "";
  SmallString<128> Path(File->getFilename());
  if (!sys::path::is_absolute(Path)) {
    Path = File->getDirectory();
    sys::path::append(Path, File->getFilename());
  }
  sys::path::remove_dots(Path, /*remove_dot_dot=*/true);
  return (Path + ":" + Twine(Line)).str();
}

static std::string placeOf(const DebugLoc &Loc) {
  return Loc ? placeOf(Loc->getFile(), Loc.getLine()) : "";
}

std::string placeOf(const Instruction &I) { return placeOf(I.getDebugLoc()); }

/// The source's name of a value, or "".
static std::string nameOf(const Value &V, unsigned Depth = 0) {
  if (const auto *C = dyn_cast<ConstantInt>(&V))
    return C->getBitWidth() <= 64 ? std::to_string(C->getSExtValue()) : "";
  if (isa<ConstantPointerNull>(V))
    return "null";
  if (const auto *G = dyn_cast<GlobalValue>(&V))
    return G->getName().str();
  SmallVector<DbgVariableRecord *> Records;
  findDbgValues(const_cast<Value *>(&V), Records);
  for (const DbgVariableRecord *R : Records)
    if (R->getExpression()->getNumElements() == 0 && !R->hasArgList())
      return R->getVariable()->getName().str();
  if (Depth == 3)
    return "";
  auto Part = [&](const Value *P) { return nameOf(*P, Depth + 1); };
  if (const auto *L = dyn_cast<LoadInst>(&V)) {
    std::string Of = Part(L->getPointerOperand());
    return Of.empty() ? "" : "*" + Of;
  }
  if (isa<CastInst>(V))
    return Part(cast<CastInst>(V).getOperand(0));
  if (const auto *Gep = dyn_cast<GEPOperator>(&V)) {
    std::string Of = Part(Gep->getPointerOperand());
    return Of.empty() ? "" : "(" + Of + " + ...)";
  }
  if (const auto *Call = dyn_cast<CallBase>(&V))
    if (const Function *Callee = Call->getCalledFunction())
      return Callee->getName().str() + "()";
  if (isa<Argument>(V) || isa<Instruction>(V))
    if (V.hasName())
      return V.getName().str();
  return "";
}

/// "Size == 0", or "".
static std::string conditionOf(const Value &V) {
  const auto *Cmp = dyn_cast<CmpInst>(&V);
  if (!Cmp)
    return nameOf(V);
  std::string A = nameOf(*Cmp->getOperand(0)), B = nameOf(*Cmp->getOperand(1));
  if (A.empty() && B.empty())
    return "";
  StringRef Sign;
  switch (Cmp->getPredicate()) {
  case CmpInst::ICMP_EQ:
    Sign = "==";
    break;
  case CmpInst::ICMP_NE:
    Sign = "!=";
    break;
  case CmpInst::ICMP_ULT:
  case CmpInst::ICMP_SLT:
    Sign = "<";
    break;
  case CmpInst::ICMP_ULE:
  case CmpInst::ICMP_SLE:
    Sign = "<=";
    break;
  case CmpInst::ICMP_UGT:
  case CmpInst::ICMP_SGT:
    Sign = ">";
    break;
  case CmpInst::ICMP_UGE:
  case CmpInst::ICMP_SGE:
    Sign = ">=";
    break;
  default:
    Sign = CmpInst::getPredicateName(Cmp->getPredicate());
  }
  auto Or = [](const std::string &Name) { return Name.empty() ? "..." : Name; };
  return formatv("{0} {1} {2}", Or(A), Sign, Or(B)).str();
}

namespace {
/// The first place at which a value could be known.
class Earliest {
public:
  Earliest(const DominatorTree &DT, MemorySSA &MSSA) : DT(DT), MSSA(MSSA) {}

  /// Right behind this instruction; null: at the function's entry.
  const Instruction *of(const Value &V, unsigned Depth = 0) {
    const auto *I = dyn_cast<Instruction>(&V);
    if (!I)
      return nullptr;
    if (Depth == MaxDepth)
      return I;
    if (const auto *Load = dyn_cast<LoadInst>(I)) {
      if (!Load->isSimple())
        return I;
      return later(ofMemory(*Load), of(*Load->getPointerOperand(), Depth + 1));
    }
    if (isa<PHINode>(I) || I->mayHaveSideEffects() || I->mayReadFromMemory() ||
        isa<AllocaInst>(I))
      return I;
    const Instruction *Result = nullptr;
    for (const Value *Operand : I->operands())
      Result = later(Result, of(*Operand, Depth + 1));
    return Result;
  }

private:
  static constexpr unsigned MaxDepth = 12;

  /// The last write before \p Load that may be to its place.
  const Instruction *ofMemory(const LoadInst &Load) {
    MemoryAccess *Write = MSSA.getWalker()->getClobberingMemoryAccess(
        const_cast<LoadInst *>(&Load));
    if (MSSA.isLiveOnEntryDef(Write))
      return nullptr;
    if (const auto *Def = dyn_cast<MemoryDef>(Write))
      return Def->getMemoryInst();
    return &Write->getBlock()->front();
  }
  /// Both dominate the place that is asked for, so one dominates the other.
  const Instruction *later(const Instruction *A, const Instruction *B) const {
    if (!A || !B)
      return A ? A : B;
    return DT.dominates(A, B) ? B : A;
  }

  const DominatorTree &DT;
  MemorySSA &MSSA;
};
} // namespace

static std::string describe(const AskedValue &A) {
  using What = AskedValue::What;
  auto Or = [](const Value *V, StringRef Default) {
    std::string Name = nameOf(*V);
    return Name.empty() ? Default.str() : Name;
  };
  switch (A.Kind) {
  case What::Context:
    return "caller";
  case What::TripCount:
    return "iterations";
  case What::Distance:
    return formatv("{0} - {1}", Or(A.Other, "pointer"), Or(A.V, "pointer"));
  case What::Value:
    break;
  }
  if (A.Key.Kind == rt::KindFunction && A.Key.Parameter >= rt::FirstDivisor)
    return "divisor " + Or(A.V, "");
  if (A.Key.Kind == rt::KindFunction)
    return formatv("argument {0} {1}", A.Key.Parameter, Or(A.V, ""));
  if (A.Key.Kind == rt::KindLoad && A.Key.Parameter == rt::LoadAddress)
    return "address of load";
  if (A.Key.Kind == rt::KindSwitch)
    return "switch on " + Or(A.V, "...");
  return Or(A.V, "");
}

/// A report is no place for what JSON cannot say.
static json::Object site(StringRef Kind, const rt::ValueKey &Key,
                         const std::string &At, const std::string &What) {
  return json::Object{{"kind", Kind},
                      {"n", int64_t(Key.Ordinal)},
                      {"p", int64_t(Key.Parameter)},
                      {"at", json::fixUTF8(At)},
                      {"what", json::fixUTF8(StringRef(What).trim())}};
}

std::string detailText(Function &F, const SiteMap &Sites,
                       const std::vector<AskedValue> &Values,
                       const PathNumbering *Paths, double Share,
                       FunctionAnalysisManager &FAM) {
  const auto &LI = FAM.getResult<LoopAnalysis>(F);
  Earliest Early(FAM.getResult<DominatorTreeAnalysis>(F),
                 FAM.getResult<MemorySSAAnalysis>(F).getMSSA());
  std::string Own;
  if (const DISubprogram *SP = F.getSubprogram())
    Own = placeOf(SP->getFile(), SP->getLine());
  json::Array Described;
  const std::map<uint32_t, json::Object> Writes = writesOf(*F.getParent());
  for (const AskedValue &A : Values) {
    std::string At = Own;
    if (A.Kind == AskedValue::What::TripCount)
      At = placeOf(LI.getLoopFor(cast<BasicBlock>(A.V))->getStartLoc());
    else if (A.Key.Kind == rt::KindLoad || A.Key.Kind == rt::KindCall)
      At = placeOf(A.Kind == AskedValue::What::Value && isa<Instruction>(A.V) &&
                           A.Key.Parameter == 0
                       ? *cast<Instruction>(A.V)
                       : *A.Where);
    else if (A.Key.Kind != rt::KindFunction ||
             A.Key.Parameter >= rt::FirstDivisor)
      At = placeOf(*A.Where);
    json::Object O = site(siteKindName(static_cast<SiteKind>(A.Key.Kind)),
                          A.Key, At, describe(A));
    if (A.Kind == AskedValue::What::Value && A.V->getType()->isPointerTy())
      O["pointer"] = true;
    if (A.Key.Kind == rt::KindLoad && A.Key.Parameter == 0)
      if (auto W = Writes.find(A.Key.Ordinal); W != Writes.end())
        for (StringRef Field : {"place", "all", "writers"})
          if (const json::Value *V = W->second.get(Field))
            O[Field] = *V;
    Described.push_back(std::move(O));
  }
  DenseMap<const Value *, const SiteId *> Ends;
  for (const SiteRef &S : Sites.sites()) {
    const Value *V = S.Where;
    if (S.Id.Kind == SiteKind::Call) {
      // What callers are named by.
      const auto &Call = *cast<CallBase>(V);
      const Function *Callee = Call.getCalledFunction();
      json::Object O = site("call", valueKey(S.Id, 0), placeOf(Call),
                            Callee ? Callee->getName().str() : "");
      O["callee"] = true;
      Described.push_back(std::move(O));
      continue;
    }
    const Value *Condition;
    if (S.Id.Kind == SiteKind::Branch)
      Condition = cast<BranchInst>(V)->getCondition();
    else if (S.Id.Kind == SiteKind::Select)
      Condition = cast<SelectInst>(V)->getCondition();
    else if (S.Id.Kind == SiteKind::Switch)
      Condition = cast<SwitchInst>(V)->getCondition();
    else
      continue;
    const auto &I = *cast<Instruction>(V);
    if (I.isTerminator())
      Ends[&I] = &S.Id;
    const Instruction *From = Early.of(*Condition);
    json::Object O = site(siteKindName(S.Id.Kind), valueKey(S.Id, 0),
                          placeOf(I), conditionOf(*Condition));
    std::string Place = From ? placeOf(*From) : "";
    O["early"] = !From           ? "entry"
                 : Place.empty() ? "inside"
                                 : json::fixUTF8(Place);
    O["branch"] = true;
    Described.push_back(std::move(O));
  }
  DenseMap<const BasicBlock *, int64_t> Number;
  for (const BasicBlock &BB : F)
    Number[&BB] = Number.size();
  json::Array Blocks;
  for (const BasicBlock &BB : F) {
    const Instruction &End = *BB.getTerminator();
    std::string At;
    for (const Instruction &I : BB)
      if (At.empty())
        At = placeOf(I);
    json::Object Block{{"at", json::fixUTF8(At)}};
    if (const SiteId *Id = Ends.lookup(&End)) {
      Block["kind"] = siteKindName(Id->Kind);
      Block["n"] = int64_t(Id->Ordinal);
      json::Array To;
      for (const BasicBlock *Successor : successors(&BB))
        To.push_back(Number[Successor]);
      Block["to"] = std::move(To);
    }
    Blocks.push_back(std::move(Block));
  }
  uint64_t Entries = F.getEntryCount() ? F.getEntryCount()->getCount() : 0;
  json::Object Result{
      {"guid", hex64(functionGuid(F))},
      {"cfg", hex64(cfgHash(F))},
      {"name", json::fixUTF8(F.getName())},
      {"at", json::fixUTF8(Own)},
      {"share", formatv("{0:f6}", Share).str()},
      {"entries", int64_t(Entries)},
      {"sites", std::move(Described)},
      {"blocks", std::move(Blocks)},
      {"paths", Paths ? json::Value(Paths->json()) : json::Value(nullptr)}};
  return formatv("{0}\n", json::Value(std::move(Result))).str();
}

} // namespace speciate
