//===- support/Parallel.cpp - The same work for many items on a few threads
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/Parallel.h"
#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

using namespace llvm;

namespace speciate {

Error parallelFor(unsigned Jobs, size_t Count,
                  function_ref<Error(size_t)> Work) {
  std::atomic<size_t> Next{0};
  std::mutex Lock;
  size_t FailedAt = Count;
  Error Failure = Error::success();
  auto Worker = [&] {
    while (true) {
      size_t Index = Next.fetch_add(1);
      if (Index >= Count)
        return;
      Error E = Work(Index);
      if (!E)
        continue;
      std::lock_guard<std::mutex> Guard(Lock);
      Next = Count;
      if (Index < FailedAt) {
        consumeError(std::move(Failure));
        Failure = std::move(E);
        FailedAt = Index;
      } else {
        consumeError(std::move(E));
      }
    }
  };
  std::vector<std::thread> Threads;
  for (size_t I = 1; I < std::min<size_t>(std::max(1u, Jobs), Count); ++I)
    Threads.emplace_back(Worker);
  Worker();
  for (std::thread &T : Threads)
    T.join();
  return Failure;
}

} // namespace speciate
