//===- driver/pipeline/Build.h - Programs from a record: units, baselines, links
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_PIPELINE_BUILD_H
#define SPECIATE_DRIVER_PIPELINE_BUILD_H

#include "driver/record/Record.h"
#include "support/Subprocess.h"
#include <functional>
#include <string>
#include <vector>

namespace speciate {

/// A record opened for building. Everything built lands in a cache in the
/// store, under the hash of all that it was made from, so that a restarted
/// campaign finds what a killed one had made.
struct BuildContext {
  Store TheStore{""};
  Record R;
  std::string CacheDir; ///< <store>/build
  unsigned Jobs = 1;
  /// "": as the user compiled. "native" or a processor's name: every unit of
  /// every build is given that target.
  std::string Cpu;
  /// A hash of the parts of speciate that make what is cached: another version
  /// of an operator makes other code of the same genome.
  std::string Maker;
  std::vector<std::string> Units; ///< Paths of the units' bitcode.
  /// What the user asserts (passes/facts/Facts.h), checked; "": nothing. Holds
  /// for all variants, and not for the baselines.
  std::string Facts;

  /// A path in the cache for what is made from \p Parts. Its folder exists.
  llvm::Expected<std::string> cached(llvm::StringRef Kind,
                                     llvm::ArrayRef<std::string> Parts) const;
};

/// Finds the record of \p Program through its note and extracts the units.
llvm::Expected<BuildContext> openProgram(llvm::StringRef Program,
                                         llvm::StringRef Cpu, unsigned Jobs);

/// Runs the training commands on a program once each. An Error names the
/// command. May be called from several threads at once.
using Trainer = std::function<llvm::Error(const std::string &Program)>;

/// Compiles unit \p Index with clang, its recorded flags, and \p Flags, to
/// \p Output.
llvm::Error compileUnit(const BuildContext &C, size_t Index,
                        const std::vector<std::string> &Flags,
                        llvm::StringRef Output);

/// One program can be built at several placements: the same code at other
/// addresses, so that a measurement does not rest on one lucky alignment. 0 is
/// what ships.
inline constexpr unsigned PlacementCount = 3;

struct LinkInputs {
  std::vector<std::string> UnitObjects; ///< See RelinkRequest.
  std::vector<std::string> ExtraObjects;
  std::vector<std::string> Args;
  /// Where to put lld's symbol resolution of the LTO inputs; "": nowhere.
  std::string ResolutionOutput;
  unsigned Placement = 0;
};
llvm::Error linkProgram(const BuildContext &C, const LinkInputs &Inputs,
                        llvm::StringRef Output);

/// The program that profiles itself: units with IR-level instrumentation, so
/// that the CFG hashes are those of a compilation of the same bitcode with -O3
/// -fprofile-use, and our profile runtime. Returns the path.
llvm::Expected<std::string> buildInstrumented(const BuildContext &C);

/// clang -O3, unit by unit. Returns the path.
llvm::Expected<std::string> buildO3(const BuildContext &C,
                                    unsigned Placement = 0);

/// clang -O3 with full LTO and the profile.
struct LtoBuild {
  std::string Program;
  std::string WithRelocations;          ///< The same, for BOLT (--emit-relocs).
  std::vector<std::string> UnitObjects; ///< Bitcode that lld was given.
  std::string Resolution;               ///< Path of lld's symbol resolution.
  bool Pic = false;
};
/// \p Profile: path of an indexed profile.
llvm::Expected<LtoBuild> buildPgoLto(const BuildContext &C,
                                     llvm::StringRef Profile);
/// LtoBuild::Program elsewhere. Returns the path.
llvm::Expected<std::string>
buildPgoLtoAt(const BuildContext &C, const LtoBuild &Lto, unsigned Placement);

/// Writes a built program to where the user wants it, stripped as the user's
/// own link had stripped theirs.
llvm::Error shipProgram(const BuildContext &C, llvm::StringRef Program,
                        llvm::StringRef Output);

/// Hash of what a program's loaded segments hold, without notes.
llvm::Expected<std::string> codeHash(llvm::StringRef Program);
/// Bytes in executable sections.
llvm::Expected<uint64_t> textBytes(llvm::StringRef Program);

/// Instruments \p Program (linked with --emit-relocs), trains it, and writes
/// BOLT's profile in its text form (fdata) to \p Output.
llvm::Error collectBoltProfile(const BuildContext &C, llvm::StringRef Program,
                               const Trainer &Train, llvm::StringRef Output);
/// The options that users give BOLT: ext-tsp, cdsort, splitting.
std::vector<std::string> usualBoltOptions();
/// BOLT writes the code anew, so what is placed before it at the link does not
/// move it: at a placement other than 0, every function is preceded by a pad.
llvm::Error runBolt(llvm::StringRef Program, llvm::StringRef Profile,
                    const std::vector<std::string> &Options,
                    llvm::StringRef Output, unsigned Placement = 0);

} // namespace speciate

#endif
