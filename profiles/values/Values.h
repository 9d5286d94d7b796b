//===- profiles/values/Values.h - What values a program worked on
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PROFILES_VALUES_VALUES_H
#define SPECIATE_PROFILES_VALUES_VALUES_H

#include "runtime/speciate_detail_abi.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <map>
#include <string>
#include <vector>

namespace speciate {

/// Orders places; the width of the type plays no role.
struct KeyOrder {
  bool operator()(const rt::ValueKey &A, const rt::ValueKey &B) const;
};

/// Between which numbers the count of a value lies. With sampling, of the
/// weighted sample: a count C has a relative deviation of about the root of the
/// weight over C (of 128 at most).
struct ValueCount {
  uint64_t Value = 0;
  uint64_t Lower = 0;
  uint64_t Upper = 0;
};

/// The sum of any number of sketches.
///
/// After Agarwal et al. ("Mergeable Summaries", PODS 2012), without cutting the
/// sum down to as many slots as one sketch has: a value that a full sketch does
/// not know had at most its least count there. So adding up is commutative and
/// associative, and the bounds of the sum are the sums of the bounds.
class SketchSum {
public:
  void add(llvm::ArrayRef<rt::ValueSlot> Slots);
  void add(const SketchSum &Other, uint64_t Weight);

  /// By falling lower bound, then by value.
  std::vector<ValueCount> values() const;
  /// No value that is not in values() was counted more often.
  uint64_t floor() const { return Floor; }

  /// "<floor>[,<value>:<lower>:<upper less floor>]..."
  std::string str() const;
  /// False if \p Text is not one.
  bool parse(llvm::StringRef Text);

private:
  struct Bounds {
    uint64_t Lower = 0;
    int64_t Above = 0; ///< Upper bound, less the floor.
  };
  uint64_t Floor = 0;
  std::map<uint64_t, Bounds> Known;
};

/// The values of one site, over any number of processes. Unsigned, of Bits
/// bits. What is not a count is said of the events that were looked at, see
/// runtime/speciate_detail_abi.h.
struct SiteValues {
  uint32_t Bits = 0;
  uint64_t Seen = 0;    ///< Events.
  uint64_t Counted = 0; ///< Of these, by weight, in the counts.
  uint64_t Looked = 0;
  uint64_t Min = UINT64_MAX, Max = 0;
  uint64_t SignedMin = UINT64_MAX, SignedMax = 0; ///< Sign bit flipped.
  uint64_t Ones = UINT64_MAX; ///< Bits that were set in all.
  uint64_t Any = 0;           ///< Bits that were set in one.
  uint64_t Neighbours = 0;    ///< Pairs of events that were compared.
  uint64_t Equal = 0;         ///< Of these, pairs of equal values.
  /// In each process the values looked at after this event were all equal; the
  /// maximum over processes.
  uint64_t LastChange = 0;
  SketchSum Values;
  SketchSum Steps; ///< Differences between neighbours.

  void add(const rt::ValueSketch &Sketch);
  /// Counts of \p Other times \p Weight.
  void add(const SiteValues &Other, uint64_t Weight = 1);

  std::vector<ValueCount> values() const { return Values.values(); }
  int64_t signedMin() const;
  int64_t signedMax() const;
  bool isConstant() const { return Looked && Min == Max; }
  /// The largest power of two, up to 2^63, that divides all; of zeros 2^63.
  uint64_t alignment() const;
};

} // namespace speciate

#endif
