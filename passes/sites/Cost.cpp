//===- passes/sites/Cost.cpp - A static estimate of where time goes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/sites/Cost.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace speciate {

double blockCount(const BasicBlock &BB, const BlockFrequencyInfo &BFI) {
  if (auto Count = BFI.getBlockProfileCount(&BB))
    return static_cast<double>(*Count);
  // A function of which the profile says nothing has no count at all; one
  // compiled without any profile runs "once".
  return static_cast<double>(BFI.getBlockFreq(&BB).getFrequency()) /
         static_cast<double>(BFI.getEntryFreq().getFrequency());
}

double blockCost(const BasicBlock &BB, const TargetTransformInfo &TTI) {
  // Out-of-order processors hide most latency; the mean of latency and
  // throughput orders blocks better than either.
  double Cost = 0;
  for (const Instruction &I : BB) {
    if (I.isDebugOrPseudoInst() || isa<PHINode>(I))
      continue;
    InstructionCost Latency =
        TTI.getInstructionCost(&I, TargetTransformInfo::TCK_Latency);
    InstructionCost Throughput =
        TTI.getInstructionCost(&I, TargetTransformInfo::TCK_RecipThroughput);
    double L =
        Latency.isValid() ? std::min<int64_t>(Latency.getValue(), 100) : 1;
    double T = Throughput.isValid()
                   ? std::min<int64_t>(Throughput.getValue(), 100)
                   : 1;
    // The callee's own time is counted in the callee.
    if (isa<CallBase>(I) && !isa<IntrinsicInst>(I))
      L = T = 4;
    Cost += (L + T) / 2;
  }
  return Cost;
}

double staticCost(const Function &F, const BlockFrequencyInfo &BFI,
                  const TargetTransformInfo &TTI) {
  double Sum = 0;
  for (const BasicBlock &BB : F)
    Sum += blockCount(BB, BFI) * blockCost(BB, TTI);
  return Sum;
}

double staticCost(const Loop &L, const BlockFrequencyInfo &BFI,
                  const TargetTransformInfo &TTI) {
  double Sum = 0;
  for (const BasicBlock *BB : L.blocks())
    Sum += blockCount(*BB, BFI) * blockCost(*BB, TTI);
  return Sum;
}

} // namespace speciate
