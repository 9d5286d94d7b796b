//===- runtime/detail/Branches.cpp - Branches through a model of a predictor
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/detail/Predictor.h"
#include "runtime/detail/State.h"

using namespace speciate;
using namespace speciate::rt;

int64_t __speciate_branch_skip;
__thread int64_t __speciate_branch_thread_skip;
uint64_t __speciate_call_context;
__thread uint64_t __speciate_call_thread_context;

namespace {
struct RecentBranch {
  uint32_t Index; ///< From 1; 0: none.
  uint32_t Way;
};
/// Of a thread.
struct Stream {
  uint64_t History;
  uint64_t Random;
  uint64_t Events; ///< Of those in bursts.
  uint32_t Left;   ///< In this burst.
  uint32_t Warm;   ///< Of these, not counted.
  uint32_t At;     ///< In Recent.
  RecentBranch Recent[PairReach];
};
} // namespace

static Stream Only;
static __thread Stream OfThread __attribute__((tls_model("initial-exec")));
/// One for all threads, as on a core that they share; who finds it in use
/// passes by.
static Predictor Model;
static uint32_t ModelLock;

static void countPair(const RecentBranch &First, uint32_t Second, uint32_t Way,
                      uint64_t Weight) {
  constexpr unsigned Probes = 8;
  uint64_t Hash =
      (uint64_t(First.Index) << 32 | Second) * 0x9e3779b97f4a7c15ull;
  uint32_t At = Hash >> 40;
  for (unsigned I = 0; I != Probes; ++I) {
    BranchPair &P = Pairs.Table[(At + I) % PairTable];
    if (!P.First) {
      P.First = First.Index;
      P.Second = Second;
    }
    if (P.First == First.Index && P.Second == Second) {
      P.Count[First.Way][Way] += Weight;
      return;
    }
  }
  Pairs.Header->PairsDropped += Weight;
}

/// Of the branches before this one a random one, unless the same ran again in
/// between.
static void pairUp(Stream &S, uint32_t Second, uint32_t Way, uint64_t Weight) {
  const unsigned Back = 1 + nextRandom(S.Random) % PairReach;
  const RecentBranch &First = S.Recent[(S.At - Back) % PairReach];
  if (!First.Index || First.Index == Second)
    return;
  for (unsigned I = 1; I != Back; ++I)
    if (S.Recent[(S.At - I) % PairReach].Index == First.Index)
      return;
  countPair(First, Second, Way, Weight);
}

static void learn(Stream &S, BranchSite *Site, BranchRecord &R,
                  uint32_t Outcome) {
  const uint32_t Index = Site - __start___speciate_brs + 1;
  const bool Counts = !S.Warm;
  const uint64_t Weight = S.Events < BranchesExact ? 1 : BranchWeight;
  bool Right, RightAlone, Changed;
  if (Site->Key.Kind == KindSwitch) {
    RightAlone = R.Last == Outcome;
    Changed = !RightAlone;
    Right = Model.jump(Index, Outcome, R.Last, S.History);
    R.Last = Outcome;
    S.History = S.History << 3 | ((Outcome * 0x9e3779b1u) >> 29);
  } else {
    // The two-bit counter, and above it the outcomes of a select.
    uint32_t Counter = R.Counter & 3;
    const uint32_t Own = R.Counter >> 2;
    RightAlone = (Counter >= 2) == (Outcome != 0);
    if (Outcome ? Counter < 3 : Counter > 0)
      Counter += Outcome ? 1 : -1;
    R.Counter = (Own << 1 | Outcome) << 2 | Counter;
    Changed = R.Last && R.Last != Outcome + 1;
    R.Last = Outcome + 1;
    // As a branch, a select would see itself in the history.
    const uint64_t History = Site->Key.Kind == KindBranch
                                 ? S.History
                                 : S.History << 8 | (Own & 0xff);
    Right = Model.branch(Index, Outcome, History);
    if (Counts && Pairs.Table)
      pairUp(S, Index, Outcome, Weight);
    // A select is not a jump: it is guessed as if it were one, but leaves no
    // trace for others.
    if (Site->Key.Kind == KindBranch) {
      S.History = S.History << 1 | Outcome;
      S.Recent[S.At++ % PairReach] = {Index, Outcome};
    }
  }
  if (!Counts)
    return;
  R.Seen += Weight;
  R.Taken += Site->Key.Kind == KindSwitch ? 0 : Weight * Outcome;
  R.Wrong += Right ? 0 : Weight;
  R.WrongAlone += RightAlone ? 0 : Weight;
  R.Changes += Changed ? Weight : 0;
}

/// Returns the number of branches to pass by.
static int64_t see(Stream &S, BranchSite *Site, uint32_t Outcome) {
  BranchRecord *R = __atomic_load_n(&Site->Record, __ATOMIC_ACQUIRE);
  if (!R)
    return INT64_MAX;
  if (!S.Left) {
    if (!S.Events) {
      S.Random = 0x9e3779b97f4a7c15ull;
      S.Left = BranchesExact;
    } else {
      S.Warm = BranchWarm;
      S.Left = BranchWarm + BranchBurst;
      for (RecentBranch &Each : S.Recent)
        Each.Index = 0;
    }
  }
  // Never waits: a signal handler may have interrupted the owner.
  if (!__atomic_exchange_n(&ModelLock, 1, __ATOMIC_ACQUIRE)) {
    learn(S, Site, *R, Outcome);
    __atomic_store_n(&ModelLock, 0, __ATOMIC_RELEASE);
  }
  ++S.Events;
  if (S.Warm)
    --S.Warm;
  if (--S.Left)
    return 0;
  constexpr uint64_t Mean = BranchPeriod - BranchBurst - BranchWarm;
  return Mean / 2 + nextRandom(S.Random) % Mean;
}

SPECIATE_RARE void __speciate_branch(BranchSite *Site, uint32_t Outcome) {
  __speciate_branch_skip = see(Only, Site, Outcome);
}

SPECIATE_RARE void __speciate_branch_thread(BranchSite *Site,
                                            uint32_t Outcome) {
  __speciate_branch_thread_skip = see(OfThread, Site, Outcome);
}
