//===- runtime/detail/Branches.cpp - Branches through a model of a predictor
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/detail/Predictor.h"
#include "runtime/detail/State.h"

using namespace speciate;
using namespace speciate::rt;

/// No path's end comes so late.
static constexpr int64_t Never = INT64_MAX;
uint8_t __speciate_branch_on = 1;
__thread uint8_t __speciate_branch_thread_on = 1;
int64_t __speciate_path_skip = Never;
__thread int64_t __speciate_path_thread_skip = Never;
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
  uint32_t Events; ///< Up to BranchesExact.
  bool Warm;       ///< Nothing counts yet.
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

static int64_t pathsToPassBy(Stream &S) {
  constexpr uint64_t Mean = BranchPeriod - BranchBurst - BranchWarm;
  return Mean / 2 + nextRandom(S.Random) % Mean;
}

static void see(Stream &S, uint8_t &On, int64_t &Skip, BranchSite *Site,
                uint32_t Outcome) {
  BranchRecord *R = __atomic_load_n(&Site->Record, __ATOMIC_ACQUIRE);
  if (!R) {
    On = 0;
    Skip = Never;
    return;
  }
  if (!S.Random)
    S.Random = 0x9e3779b97f4a7c15ull;
  // Never waits: a signal handler may have interrupted the owner.
  if (!__atomic_exchange_n(&ModelLock, 1, __ATOMIC_ACQUIRE)) {
    learn(S, Site, *R, Outcome);
    __atomic_store_n(&ModelLock, 0, __ATOMIC_RELEASE);
  }
  if (S.Events != BranchesExact && ++S.Events == BranchesExact) {
    On = 0;
    Skip = pathsToPassBy(S);
  }
}

/// The next part of the period: a pause, what only fills the history, a burst.
static void tick(Stream &S, uint8_t &On, int64_t &Skip) {
  if (!On) {
    On = 1;
    S.Warm = true;
    Skip = BranchWarm;
    for (RecentBranch &Each : S.Recent)
      Each.Index = 0;
  } else if (S.Warm) {
    S.Warm = false;
    Skip = BranchBurst;
  } else {
    On = 0;
    Skip = pathsToPassBy(S);
  }
}

SPECIATE_RARE void __speciate_branch(BranchSite *Site, uint32_t Outcome) {
  see(Only, __speciate_branch_on, __speciate_path_skip, Site, Outcome);
}

SPECIATE_RARE void __speciate_branch_thread(BranchSite *Site,
                                            uint32_t Outcome) {
  see(OfThread, __speciate_branch_thread_on, __speciate_path_thread_skip, Site,
      Outcome);
}

SPECIATE_RARE void __speciate_tick(void) {
  tick(Only, __speciate_branch_on, __speciate_path_skip);
}

SPECIATE_RARE void __speciate_tick_thread(void) {
  tick(OfThread, __speciate_branch_thread_on, __speciate_path_thread_skip);
}
