//===- gp/engine/BuildAhead.cpp - Builds programs ahead of their use
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/engine/BuildAhead.h"
#include "support/TimedRun.h"
#include <algorithm>

namespace speciate {

BuildAhead::BuildAhead(std::function<Variant(size_t)> Build, size_t Count,
                       unsigned Jobs, size_t Ahead)
    : Build(std::move(Build)), Ahead(Ahead), Built(Count) {
  size_t Workers = std::min<size_t>(Jobs, Count);
  for (size_t I = 0; I < Workers; ++I)
    Threads.emplace_back([this] { work(); });
}

BuildAhead::~BuildAhead() {
  {
    std::lock_guard<std::mutex> Guard(Lock);
    Stop = true;
  }
  Changed.notify_all();
  for (std::thread &T : Threads)
    T.join();
}

void BuildAhead::work() {
  std::unique_lock<std::mutex> Guard(Lock);
  while (true) {
    Changed.wait(Guard,
                 [&] { return Stop || Next >= Built.size() || mayBegin(); });
    if (Stop || Next >= Built.size())
      return;
    buildNext(Guard);
  }
}

void BuildAhead::buildNext(std::unique_lock<std::mutex> &Guard) {
  size_t Mine = Next++;
  Guard.unlock();
  Variant V = Build(Mine);
  Guard.lock();
  Built[Mine] = std::move(V);
  Changed.notify_all();
}

Variant BuildAhead::take(size_t Index) {
  std::unique_lock<std::mutex> Guard(Lock);
  Wanted = std::max(Wanted, Index);
  Changed.notify_all();
  AllCpus Free;
  while (!Built[Index])
    if (mayBegin())
      buildNext(Guard);
    else
      Changed.wait(Guard);
  return *Built[Index];
}

} // namespace speciate
