//===- profiles/values/Values.h - What values a program worked on
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PROFILES_VALUES_VALUES_H
#define SPECIATE_PROFILES_VALUES_VALUES_H

#include "runtime/speciate_abi.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <map>
#include <string>
#include <vector>

namespace speciate {

/// Between which numbers the count of a value lies. With sampling, of the
/// weighted sample, whose counts have a relative deviation of about four over
/// the root of the true one.
struct ValueCount {
  uint64_t Value = 0;
  uint64_t Lower = 0;
  uint64_t Upper = 0;
};

/// The values of one site, over any number of processes.
///
/// The sum of sketches after Agarwal et al. ("Mergeable Summaries", PODS 2012),
/// without cutting the sum down to as many slots as one sketch has: a value
/// that a full sketch does not know had at most its least count there. So
/// adding up is commutative and associative, and the bounds of the sum are the
/// sums of the bounds.
class SiteValues {
public:
  uint64_t Seen = 0;    ///< Events.
  uint64_t Counted = 0; ///< Of these, by weight, in the counts.

  void add(const rt::ValueSketch &Sketch);
  void add(const SiteValues &Other);

  /// By falling lower bound, then by value.
  std::vector<ValueCount> values() const;
  /// No value that is not in values() was counted more often.
  uint64_t floor() const { return Floor; }

private:
  friend class ValueProfile;
  struct Bounds {
    uint64_t Lower = 0;
    int64_t Above = 0; ///< Upper bound, less the floor.
  };
  uint64_t Floor = 0;
  std::map<uint64_t, Bounds> Known;
};

class ValueProfile {
public:
  /// Adds the file that one process wrote, all of it or nothing. Everything in
  /// it is checked.
  llvm::Error addFile(llvm::StringRef Bytes);
  void add(const ValueProfile &Other);

  /// Null if the site was not reached. Bits of the key play no role.
  const SiteValues *find(const rt::ValueKey &Key) const;
  bool empty() const { return Sites.empty(); }

  /// The canonical text: one site a line, sorted.
  ///   <function> <cfg hash> <kind> <ordinal> <parameter> <seen> <counted>
  ///   <floor> <value>:<lower>:<above> ...
  std::string str() const;
  /// Errors name the line.
  static llvm::Expected<ValueProfile> parse(llvm::StringRef Text);

private:
  struct Order {
    bool operator()(const rt::ValueKey &A, const rt::ValueKey &B) const;
  };
  std::map<rt::ValueKey, SiteValues, Order> Sites;
};

struct ValuesRead {
  ValueProfile Profile;
  unsigned Processes = 0;
  std::vector<std::string> Skipped; ///< "path: reason"
};
/// All value files of a folder. The result does not depend on their names.
llvm::Expected<ValuesRead> readValues(llvm::StringRef Folder);

} // namespace speciate

#endif
