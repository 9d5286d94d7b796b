//===- gp/engine/BuildAhead.h - Builds programs ahead of their use
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_ENGINE_BUILDAHEAD_H
#define SPECIATE_GP_ENGINE_BUILDAHEAD_H

#include "gp/engine/Interfaces.h"
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace speciate {

/// Builds variants on several threads, in their order, at most a few ahead of
/// the one that is waited for: what the budget cuts off should not have been
/// built.
class BuildAhead {
public:
  /// \p Build makes the variant of an index below \p Count; it is called from
  /// \p Jobs threads, which may be none, and by take(). Up to \p Ahead builds are begun beyond the one that is
  /// waited for.
  BuildAhead(std::function<Variant(size_t)> Build, size_t Count, unsigned Jobs,
             size_t Ahead);
  /// Builds that were begun are finished, others are not begun.
  ~BuildAhead();
  BuildAhead(const BuildAhead &) = delete;

  /// Waits for the variant \p Index. Call with rising indices. Nothing is
  /// measured meanwhile, so the caller builds, too, on all processors.
  Variant take(size_t Index);

private:
  void work();
  bool mayBegin() const {
    return Next < Built.size() && Next <= Wanted + Ahead;
  }
  void buildNext(std::unique_lock<std::mutex> &Guard);

  const std::function<Variant(size_t)> Build;
  const size_t Ahead;
  std::mutex Lock;
  std::condition_variable Changed;
  std::vector<std::optional<Variant>> Built;
  size_t Next = 0;   ///< To be begun.
  size_t Wanted = 0; ///< The largest index that was asked for.
  bool Stop = false;
  std::vector<std::thread> Threads;
};

} // namespace speciate

#endif
