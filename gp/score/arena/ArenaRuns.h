//===- gp/score/arena/ArenaRuns.h - Runs of the arena program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The folder that the runtime works in, and the runs that describe, count and
// capture.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_ARENA_ARENARUNS_H
#define SPECIATE_GP_SCORE_ARENA_ARENARUNS_H

#include "gp/score/Workload.h"
#include "gp/score/arena/ArenaFacts.h"
#include "gp/score/arena/ArenaPlan.h"
#include "gp/score/arena/ArenaServer.h"
#include "support/File.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace speciate {

struct CaptureSpec {
  unsigned Command, Process, Region;
  uint64_t Entry;
};

struct Captured {
  std::optional<ArenaServer> Server;
  std::string Why; ///< There is none.
};

class ArenaRuns {
public:
  static llvm::Expected<ArenaRuns>
  create(const std::string &Program, const std::vector<std::string> &Commands,
         const std::string &Files, double CommandSeconds,
         rt::ArenaCounter Counter);
  ArenaRuns(ArenaRuns &&);
  ArenaRuns &operator=(ArenaRuns &&);
  ~ArenaRuns();

  llvm::Expected<ArenaFacts> describe();
  /// Runs all commands, short ones several times, of which the fastest counts;
  /// for each of \p Regions its entries.
  llvm::Expected<std::vector<std::vector<EntrySeries>>> count(size_t Regions);
  /// Runs the commands that have windows; one result for each of \p Windows,
  /// which are numbered by their index.
  llvm::Expected<std::vector<Captured>>
  capture(llvm::ArrayRef<CaptureSpec> Windows);

  llvm::Error writeImage(uint64_t Offset, llvm::ArrayRef<uint8_t> Bytes);
  /// The file pages.\p Window.
  llvm::Error writePages(uint32_t Window, llvm::ArrayRef<uint64_t> Pages);
  ArenaListener &listener();

private:
  struct Impl;
  explicit ArenaRuns(std::unique_ptr<Impl> I);
  std::unique_ptr<Impl> I;
};

} // namespace speciate

#endif
