//===- driver/pipeline/Progress.cpp - What a campaign shows while it runs
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Progress.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <unistd.h>

using namespace llvm;

namespace speciate {

Progress::Progress()
    : Tty(::isatty(STDERR_FILENO)), Start(std::chrono::steady_clock::now()) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (Dirty)
    errs() << "\r\x1b[K";
  Dirty = false;
}

void Progress::stage(Stage S) {
  Name = stageName(S).str();
  update("", /*Milestone=*/true);
}

void Progress::update(const Twine &What, bool Milestone) {
  if (!Tty && !Milestone)
    return;
  double Seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - Start)
          .count();
  std::string Text = What.str();
  std::string Line = formatv("[{0,6:f1} s] {1}{2}{3}", Seconds, Name,
                             Text.empty() ? "" : ": ", Text);
  if (!Tty) {
    errs() << Line << "\n";
    return;
  }
  clear();
  errs() << StringRef(Line).take_front(110);
  Dirty = true;
}

void Progress::note(const Twine &What) {
  clear();
  errs() << "speciate: " << What << "\n";
}

} // namespace speciate
