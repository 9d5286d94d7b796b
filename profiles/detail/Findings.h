//===- profiles/detail/Findings.h - What a detailed profile says
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PROFILES_DETAIL_FINDINGS_H
#define SPECIATE_PROFILES_DETAIL_FINDINGS_H

#include "profiles/detail/FunctionText.h"

namespace speciate {

/// One way that a jump went.
struct PathCondition {
  rt::ValueKey Site = {};
  std::string At, What, Early;
  /// "true", "false"; of a switch, the place that it went to.
  std::string Way;
};

struct PrincipalPath {
  uint64_t Number = 0;
  uint64_t Count = 0;
  double Share = 0; ///< Of the function's paths, by count.
  /// All of them select the path, in order.
  std::vector<PathCondition> Conditions;
};

/// Something that held whenever it was looked at, or nearly.
struct ValueFinding {
  rt::ValueKey Site = {};
  std::string At, What;
  std::string Says; ///< "always 8", "never null", ...
  uint64_t Seen = 0;
  /// Of the events, for which it holds at least.
  double Share = 1;
};

struct BranchFinding {
  rt::ValueKey Site = {};
  std::string At, What;
  BranchCounts Counts;
  BranchClass Class = BranchClass::Biased;
};

/// If First goes one way then Second, soon after, goes the other as told.
struct PairFinding {
  rt::ValueKey First = {}, Second = {};
  std::string FirstAt, FirstWhat, SecondAt, SecondWhat;
  std::string FirstFunction, SecondFunction;
  bool FirstWay = false, SecondWay = false;
  uint64_t Count = 0;       ///< Times that First went this way.
  double Share = 0;         ///< Of these, Second as told.
  double Unconditional = 0; ///< Of all, Second as told.
};

/// All that is known of a value, for who reads by machine.
struct SiteFacts {
  rt::ValueKey Site = {};
  std::string At, What;
  bool Pointer = false;
  SiteValues Values;
};

/// What a load reads was written before the work began, and not since.
struct SettledFinding {
  rt::ValueKey Site = {};
  std::string At, What;
  std::string Place;
  uint64_t Value = 0;
  uint32_t Bits = 0;
  bool Pointer = false;
  uint64_t Seen = 0;
  /// The value was the same from this event on; 0: in all.
  uint64_t After = 0;
  std::vector<FunctionText::Site::Writer> Writers;
  /// Nothing but these can write there: what the profile saw ends when none of
  /// them runs again. Else there may be writes that nobody knows of.
  bool AllWriters = false;
};

struct FunctionFindings {
  FunctionKey Key;
  std::string Name, At;
  double Share = 0;
  uint64_t PathExecutions = 0, PathsSeen = 0, PathsNumbered = 0;
  /// The fewest paths that cover so much.
  uint64_t Cover90 = 0, Cover99 = 0;
  std::vector<PrincipalPath> Paths; ///< Those of Cover90, but not too many.
  std::vector<ValueFinding> Values;
  std::vector<SettledFinding> Settled; ///< Most often read first.
  std::vector<SiteFacts> Sites;        ///< By key.
  std::vector<std::pair<std::string, uint64_t>> Callers;
};

struct Findings {
  std::vector<FunctionFindings> Functions; ///< Hottest first.
  std::vector<BranchFinding> Branches;     ///< Most wrong guesses first.
  std::vector<PairFinding> Pairs;
  /// Most wrong guesses first.
  std::vector<std::pair<HardwareBranch, HardwareCounts>> Hardware;
};

struct FindingsParams {
  unsigned MaxPaths = 64; ///< Of a function.
  uint64_t MinEvents = 64;
  double MinShare = 0.95; ///< From which on a value dominates.
  /// What is settled changes in the first events, at most this share of them,
  /// and is written so often at most for each time that it is read.
  double Settling = 0.01;
};

/// Of the loads of \p T that read settled places, by \p P.
std::vector<SettledFinding> findSettled(const DetailProfile &P,
                                        const FunctionText &T,
                                        const FindingsParams &Params = {});

Findings findAll(const DetailProfile &P, const FindingsParams &Params = {});

/// Of the functions in \p Old, those whose profile does not fit the program of
/// \p New: "name: changed" or "name: gone", sorted.
std::vector<std::string> staleFunctions(const DetailProfile &Old,
                                        const DetailProfile &New);

} // namespace speciate

#endif
