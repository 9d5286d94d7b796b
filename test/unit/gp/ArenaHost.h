//===- test/unit/gp/ArenaHost.h - A session on a small program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inputs/arena-host.c has the programs; variants are functions of the same
// program.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_TEST_UNIT_GP_ARENAHOST_H
#define SPECIATE_TEST_UNIT_GP_ARENAHOST_H

#include "gp/score/arena/ArenaSession.h"
#include "support/File.h"
#include "support/Subprocess.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace speciate {

/// The program, built once a way of linking.
inline const std::string &host(const std::string &How = "-pie") {
  static TempDir Dir = llvm::cantFail(TempDir::create("speciate-arena-host"));
  static std::map<std::string, std::string> Built;
  std::string &Path = Built[How];
  if (!Path.empty())
    return Path;
  Path = Dir.file("host" + How);
  ProcessSpec Spec;
  Spec.Argv = {SPECIATE_TEST_CLANG,
               "-O2",
               "-fno-vectorize",
               "-fno-slp-vectorize",
               How == "-pie" ? "-fPIE" : "-fno-pie",
               How,
               "-fuse-ld=lld",
               "-pthread",
               SPECIATE_TEST_INPUTS "/arena-host.c",
               SPECIATE_TEST_ARENA_RT,
               "-o",
               Path};
  llvm::cantFail(runTool(Spec));
  return Path;
}

/// A session with windows for one region of the host, called like the case.
class Arena {
public:
  Arena(const std::string &Case, const std::string &Arguments = "",
        ArenaOptions Options = {}, const std::string &How = "-pie",
        const std::string &Original = "")
      : Files(llvm::cantFail(TempDir::create("speciate-arena-files"))) {
    if (Options.WindowsPerRegion == 16)
      Options.WindowsPerRegion = 4;
    Session = llvm::cantFail(ArenaSession::create(
        host(How), {"{} " + Case + " " + Arguments}, Files.path(), Options));
    for (unsigned R = 0; R < Session->facts().Regions.size(); ++R)
      if (Session->facts().Regions[R].Name == Case)
        Region = R;
    if (!Original.empty())
      Session->setOriginal(Region, image(Original));
    Opened = llvm::toString(Session->openWindows());
  }
  ArenaSession &operator*() { return *Session; }
  ArenaSession *operator->() { return Session.get(); }

  ArenaImage original() const {
    return {Session->facts().Regions[Region].Entry, 0, 0};
  }
  ArenaImage image(const std::string &Name) const {
    auto I = Session->facts().Symbols.find(Name);
    EXPECT_NE(I, Session->facts().Symbols.end()) << Name;
    return {I->second, 0, 0};
  }
  const ArenaRegionState &state() const { return Session->regions()[Region]; }
  /// The first verdict that is not Replayed, over all windows.
  Verdict verify(const std::string &Name) {
    Verdict V;
    for (unsigned W : state().Windows) {
      V = Session->verify(W, original(), image(Name));
      if (V.Kind != VerdictKind::Replayed)
        return V;
    }
    return V;
  }
  std::string reasons() const {
    std::string Text;
    for (const auto &[Why, Count] : Session->dropped())
      Text += Why + ": " + std::to_string(Count) + "\n";
    return Text + state().NotWindowed;
  }

  TempDir Files;
  std::unique_ptr<ArenaSession> Session;
  unsigned Region = 0;
  std::string Opened;
};

#define ASSERT_WINDOWS(A)                                                      \
  ASSERT_EQ(A.Opened, "");                                                     \
  ASSERT_FALSE(A.state().Windows.empty()) << A.reasons()

#define EXPECT_REPLAYED(V)                                                     \
  EXPECT_EQ(verdictName(V.Kind).str(), "replayed") << V.Detail

inline double median(std::vector<double> Values) {
  std::nth_element(Values.begin(), Values.begin() + Values.size() / 2,
                   Values.end());
  return Values[Values.size() / 2];
}

/// Median over windows and rounds of the ratio of B's to A's time.
inline double timeRatio(Arena &A, const ArenaImage &First,
                        const ArenaImage &Second, unsigned Rounds = 5) {
  std::vector<double> Logs;
  for (unsigned R = 0; R < Rounds; ++R)
    for (unsigned W : A.state().Windows) {
      std::vector<uint64_t> C = llvm::cantFail(
          A->time(W, R % 2 ? llvm::ArrayRef<ArenaImage>({First, Second})
                           : llvm::ArrayRef<ArenaImage>({Second, First})));
      if (R % 2)
        std::swap(C[0], C[1]);
      EXPECT_NE(C[0], 0u);
      EXPECT_NE(C[1], 0u);
      Logs.push_back(std::log(double(C[0]) / double(C[1])));
    }
  return std::exp(median(Logs));
}

} // namespace speciate

#endif
