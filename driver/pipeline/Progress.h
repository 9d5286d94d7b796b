//===- driver/pipeline/Progress.h - What a campaign shows while it runs
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_PIPELINE_PROGRESS_H
#define SPECIATE_DRIVER_PIPELINE_PROGRESS_H

#include "driver/pipeline/Stage.h"
#include "llvm/ADT/Twine.h"
#include <chrono>
#include <string>

namespace speciate {

/// On a terminal one line that is rewritten; else plain lines. Standard error.
class Progress {
public:
  Progress();
  ~Progress();
  /// A new stage; the line shows its name.
  void stage(Stage S);
  /// What the stage is at. On a pipe, printed only if \p Milestone.
  void update(const llvm::Twine &What, bool Milestone = false);
  /// A line that stays.
  void note(const llvm::Twine &What);

private:
  void clear();

  bool Tty;
  bool Dirty = false;
  std::string Name;
  std::chrono::steady_clock::time_point Start;
};

} // namespace speciate

#endif
