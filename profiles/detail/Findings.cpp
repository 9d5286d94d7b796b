//===- profiles/detail/Findings.cpp - What a detailed profile says
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/detail/Findings.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include <set>

using namespace llvm;

namespace speciate {

using Texts = std::map<FunctionKey, FunctionText>;

static const FunctionText::Site *siteOf(const Texts &T,
                                        const rt::ValueKey &Key) {
  auto It = T.find({Key.Function, Key.CfgHash});
  return It == T.end() ? nullptr : It->second.site(Key);
}

//===----------------------------------------------------------------------===//
// Paths
//===----------------------------------------------------------------------===//

static std::vector<PathCondition>
conditionsOf(FunctionKey Key, const FunctionText &T, uint64_t Number) {
  std::vector<PathCondition> Result;
  std::vector<unsigned> Blocks = T.path(Number);
  for (size_t I = 0; I + 1 < Blocks.size(); ++I) {
    const FunctionText::Block &B = T.Blocks[Blocks[I]];
    if (B.Kind.empty())
      continue;
    PathCondition C;
    C.Site.Function = Key.Function;
    C.Site.CfgHash = Key.CfgHash;
    C.Site.Kind = B.Kind == "branch" ? rt::KindBranch : rt::KindSwitch;
    C.Site.Ordinal = B.Ordinal;
    if (const FunctionText::Site *S = T.site(C.Site)) {
      C.At = S->At;
      C.What = S->What;
      C.Early = S->Early;
    }
    unsigned To = Blocks[I + 1];
    if (C.Site.Kind == rt::KindBranch)
      C.Way = !B.To.empty() && B.To[0] == To ? "true" : "false";
    else
      C.Way = T.Blocks[To].At.empty() ? formatv("block {0}", To).str()
                                      : T.Blocks[To].At;
    Result.push_back(std::move(C));
  }
  return Result;
}

static void findPaths(const PathCounts &P, const FunctionText &T,
                      const FindingsParams &Params, FunctionFindings &Into) {
  Into.PathExecutions = P.total();
  Into.PathsSeen = P.Counts.size();
  Into.PathsNumbered = P.Paths;
  const std::vector<std::pair<uint64_t, uint64_t>> Of90 = P.principal(0.9);
  Into.Cover90 = Of90.size();
  Into.Cover99 = P.principal(0.99).size();
  for (auto [Number, Count] : Of90)
    if (Into.Paths.size() < Params.MaxPaths)
      Into.Paths.push_back({Number, Count,
                            double(Count) / double(Into.PathExecutions),
                            conditionsOf(Into.Key, T, Number)});
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

static std::string valueText(uint64_t Value, uint32_t Bits) {
  return std::to_string(Bits ? SignExtend64(Value, Bits) : int64_t(Value));
}

/// What is most worth saying about a value, or nothing.
static void findValue(const rt::ValueKey &Key, const SiteValues &V,
                      const FunctionText::Site &S, const FindingsParams &Params,
                      std::vector<ValueFinding> &Into) {
  if (V.Looked < Params.MinEvents)
    return;
  auto Say = [&](std::string Says, double Share = 1) {
    Into.push_back({Key, S.At, S.What, std::move(Says), V.Seen, Share});
  };
  const bool Address =
      Key.Kind == rt::KindLoad && Key.Parameter == rt::LoadAddress;
  const bool Distance = Key.Kind == rt::KindFunction &&
                        Key.Parameter >= rt::FirstPair &&
                        Key.Parameter < rt::Context;
  const std::vector<ValueCount> Values = V.values();
  const double Top = Values.empty() || !V.Counted
                         ? 0
                         : double(Values[0].Lower) / double(V.Counted);
  if (Address || Distance) {
    std::vector<ValueCount> Steps = V.Steps.values();
    uint64_t All = 0;
    for (const ValueCount &C : Steps)
      All += C.Upper;
    if (Address && !Steps.empty() && Steps[0].Value &&
        double(Steps[0].Lower) >= Params.MinShare * double(All))
      Say(formatv("moves by {0} bytes", int64_t(Steps[0].Value)),
          double(Steps[0].Lower) / double(All));
    if (Distance && V.isConstant())
      Say(V.Min ? formatv("always {0} bytes apart", int64_t(V.Min)).str()
                : "always the same pointer");
    else if (Distance &&
             !is_contained(
                 map_range(Values, [](const ValueCount &C) { return C.Value; }),
                 uint64_t(0)) &&
             !V.Values.floor())
      Say(formatv("never equal, {0} to {1} bytes apart", V.signedMin(),
                  V.signedMax()));
    return;
  }
  if (S.Pointer) {
    if (V.isConstant())
      return Say(V.Min ? "always the same address" : "always null");
    if (V.Min)
      Say(V.alignment() >= 16 ? formatv("never null, aligned to {0}",
                                        std::min<uint64_t>(V.alignment(), 4096))
                                    .str()
                              : "never null");
    else if (!Values.empty() && !Values[0].Value && Top >= Params.MinShare)
      Say("nearly always null", Top);
    return;
  }
  if (V.isConstant())
    return Say("always " + valueText(V.Min, V.Bits));
  if (V.LastChange && V.LastChange * 100 < V.Seen && V.Neighbours &&
      V.LastChange < V.Seen)
    return Say(formatv("settled at {0} after event {1}",
                       valueText(Values[0].Value, V.Bits), V.LastChange),
               1 - double(V.LastChange) / double(V.Seen));
  if (Top >= Params.MinShare)
    return Say("nearly always " + valueText(Values[0].Value, V.Bits), Top);
  if (V.Neighbours && double(V.Equal) >= 0.99 * double(V.Neighbours))
    return Say("mostly the same as the time before",
               double(V.Equal) / double(V.Neighbours));
  const int64_t Low = V.signedMin(), High = V.signedMax();
  if (V.Bits >= 32 && Low >= -128 && High <= 255)
    return Say(formatv("from {0} to {1}", Low, High));
  if (V.alignment() >= 4 && V.Bits >= 32)
    return Say(formatv("a multiple of {0}", V.alignment()));
  // Flags: few bits, with holes between them.
  constexpr int FewBits = 8;
  if (V.Bits >= 8 && V.Any && popcount(V.Any) <= FewBits && !isMask_64(V.Any))
    return Say(formatv("only the bits {0:x} are ever set", V.Any));
  if (V.Bits >= 8 && V.Ones)
    Say(formatv("the bits {0:x} are always set", V.Ones));
}

std::vector<SettledFinding> findSettled(const DetailProfile &P,
                                        const FunctionText &T,
                                        const FindingsParams &Params) {
  std::vector<SettledFinding> Result;
  for (const auto &[Key, S] : T.Sites) {
    const SiteValues *V = P.values(Key);
    if (S.Place.empty() || !V || V->Looked < Params.MinEvents)
      continue;
    const double Few = Params.Settling * double(V->Seen);
    // Written all the time, if always with the same value, is not settled.
    if (double(V->LastChange) > Few || double(S.written()) > Few)
      continue;
    // What no count knows: without a change it may have one value for each
    // process.
    const std::vector<ValueCount> Values = V->values();
    if (Values.empty() || (!V->LastChange && !V->isConstant()))
      continue;
    Result.push_back({Key, S.At, S.What, S.Place, Values[0].Value, V->Bits,
                      S.Pointer, V->Seen, V->LastChange, S.Writers,
                      S.AllWriters});
  }
  llvm::sort(Result, [](const SettledFinding &A, const SettledFinding &B) {
    return A.Seen != B.Seen ? A.Seen > B.Seen : KeyOrder()(A.Site, B.Site);
  });
  return Result;
}

//===----------------------------------------------------------------------===//
// Pairs
//===----------------------------------------------------------------------===//

static void findPairs(const DetailProfile &P, const Texts &T,
                      const FindingsParams &Params, Findings &Into) {
  for (const auto &[Keys, C] : P.Pairs) {
    const BranchCounts *Second = P.branch(Keys.second);
    const FunctionText::Site *A = siteOf(T, Keys.first),
                             *B = siteOf(T, Keys.second);
    if (!Second || !Second->Seen || !A || !B)
      continue;
    for (unsigned Way : {0, 1}) {
      const uint64_t Count = C[Way][0] + C[Way][1];
      const unsigned Then = C[Way][1] > C[Way][0];
      if (Count < Params.MinEvents)
        continue;
      const double Share = double(C[Way][Then]) / double(Count);
      const double Taken = Second->takenRate();
      const double Always = Then ? Taken : 1 - Taken;
      if (Share < 0.99 || Always > 0.9)
        continue;
      auto Name = [&](const rt::ValueKey &K) {
        return T.find({K.Function, K.CfgHash})->second.Name;
      };
      Into.Pairs.push_back({Keys.first, Keys.second, A->At, A->What, B->At,
                            B->What, Name(Keys.first), Name(Keys.second),
                            Way == 1, Then == 1, Count, Share, Always});
    }
  }
  // What would be news, times how often.
  auto News = [](const PairFinding &F) {
    return double(F.Count) * (F.Share - F.Unconditional);
  };
  llvm::sort(Into.Pairs, [&](const PairFinding &A, const PairFinding &B) {
    if (News(A) != News(B))
      return News(A) > News(B);
    if (DetailProfile::PairOrder Less;
        Less({A.First, A.Second}, {B.First, B.Second}) ||
        Less({B.First, B.Second}, {A.First, A.Second}))
      return Less({A.First, A.Second}, {B.First, B.Second});
    return A.FirstWay < B.FirstWay;
  });
}

//===----------------------------------------------------------------------===//
// All
//===----------------------------------------------------------------------===//

static std::string callerOf(uint64_t Context, const Texts &T) {
  if (!Context)
    return "code that is not hot";
  for (const auto &[Key, Text] : T)
    if ((Key.Function & ~uint64_t(0xffff)) == (Context & ~uint64_t(0xffff)))
      if (auto Call = Text.Calls.find(Context & 0xffff);
          Call != Text.Calls.end())
        return Text.Name +
               (Call->second.At.empty() ? "" : " at " + Call->second.At);
  return "unknown";
}

Findings findAll(const DetailProfile &P, const FindingsParams &Params) {
  Findings Result;
  Texts T;
  for (const auto &[Key, Line] : P.Functions) {
    Expected<FunctionText> Text = FunctionText::parse(Key, Line);
    if (Text)
      T.emplace(Key, std::move(*Text));
    else
      consumeError(Text.takeError()); // Its counts have no names then.
  }
  for (const auto &[Key, Text] : T) {
    FunctionFindings F;
    F.Key = Key;
    F.Name = Text.Name;
    F.At = Text.At;
    F.Share = Text.Share;
    if (auto Paths = P.Paths.find(Key); Paths != P.Paths.end())
      findPaths(Paths->second, Text, Params, F);
    for (const auto &[Site, Described] : Text.Sites) {
      const SiteValues *V = P.values(Site);
      if (!V)
        continue;
      if (Site.Kind == rt::KindFunction && Site.Parameter == rt::Context) {
        for (const ValueCount &C : V->values())
          F.Callers.push_back({callerOf(C.Value, T), C.Lower});
        continue;
      }
      F.Sites.push_back(
          {Site, Described.At, Described.What, Described.Pointer, *V});
      findValue(Site, *V, Described, Params, F.Values);
    }
    F.Settled = findSettled(P, Text, Params);
    llvm::sort(F.Values, [](const auto &A, const auto &B) {
      return A.Seen != B.Seen ? A.Seen > B.Seen : KeyOrder()(A.Site, B.Site);
    });
    Result.Functions.push_back(std::move(F));
  }
  llvm::sort(Result.Functions, [](const auto &A, const auto &B) {
    return A.Share != B.Share ? A.Share > B.Share : A.Key < B.Key;
  });
  for (const auto &[Key, Counts] : P.Branches)
    if (const FunctionText::Site *S = siteOf(T, Key);
        S && Counts.Seen >= Params.MinEvents)
      Result.Branches.push_back(
          {Key, S->At, S->What, Counts, classify(Counts)});
  llvm::sort(Result.Branches, [](const auto &A, const auto &B) {
    return A.Counts.Wrong != B.Counts.Wrong ? A.Counts.Wrong > B.Counts.Wrong
                                            : KeyOrder()(A.Site, B.Site);
  });
  findPairs(P, T, Params, Result);
  Result.Hardware.assign(P.Hardware.begin(), P.Hardware.end());
  llvm::sort(Result.Hardware, [](const auto &A, const auto &B) {
    return A.second.Wrong != B.second.Wrong ? A.second.Wrong > B.second.Wrong
                                            : A.first < B.first;
  });
  return Result;
}

std::vector<std::string> staleFunctions(const DetailProfile &Old,
                                        const DetailProfile &New) {
  std::set<uint64_t> Guids;
  for (const auto &[Key, Line] : New.Functions)
    Guids.insert(Key.Function);
  std::vector<std::string> Result;
  for (const auto &[Key, Line] : Old.Functions) {
    if (New.Functions.count(Key))
      continue;
    Expected<FunctionText> Text = FunctionText::parse(Key, Line);
    std::string Name = Text ? Text->Name : formatv("{0:x-16}", Key.Function);
    consumeError(Text.takeError());
    Result.push_back(Name +
                     (Guids.count(Key.Function) ? ": changed" : ": gone"));
  }
  llvm::sort(Result);
  return Result;
}

} // namespace speciate
