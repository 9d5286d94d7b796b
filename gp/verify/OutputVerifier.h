//===- gp/verify/OutputVerifier.h - Same outputs on train and check commands
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rule 1: before its first timed pair a program reproduces exit code, standard
// output and created files of every train command, and passes every check.
//
// The expectation is recorded twice from the original, at least a second apart,
// so that a date in an output shows. What differs between the two recordings is
// named (notCompared) and not compared; everything else must be equal to the
// byte. The verdict of success is Checked: these outputs on these inputs.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_VERIFY_OUTPUTVERIFIER_H
#define SPECIATE_GP_VERIFY_OUTPUTVERIFIER_H

#include "gp/engine/Interfaces.h"
#include "gp/score/Workload.h"
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace speciate {

struct VerifyParams {
  /// For a run of the original.
  double TimeLimit = 300;
  /// A candidate may take this many times as long as the original took, and
  /// never less than MinTimeLimit; one that takes longer is run once more, with
  /// three times that.
  double SlowdownLimit = 10;
  double MinTimeLimit = 2;
};

class OutputVerifier : public Verifier {
public:
  /// Records \p Original on \p Train and \p Check, commands that are run in
  /// copies of the folder \p Files. An Error, which names the command: it fails
  /// (by exit code, signal or time), or it never runs the program.
  static llvm::Expected<std::unique_ptr<OutputVerifier>>
  create(const ProgramUnderTest &Original,
         const std::vector<std::string> &Train,
         const std::vector<std::string> &Check, llvm::StringRef Files,
         const VerifyParams &Params = {});

  /// Stops at the first difference, which Detail names: command, stream, byte.
  Verdict verify(const std::string &Program) override;

  /// "standard output of 'CMD' from byte 120", one for each thing that the two
  /// recordings disagree on.
  const std::vector<std::string> &notCompared() const { return Ignored; }

private:
  struct Expectation {
    std::unique_ptr<Workload> Run;
    Observation Want;
    bool CompareStdout = true;
    bool CompareFiles = true; ///< Off for checks.
    std::set<std::string> IgnoredFiles;
    double TimeLimit = 0;
  };
  explicit OutputVerifier(ProgramUnderTest Original)
      : Original(std::move(Original)) {}

  llvm::Error add(llvm::StringRef Command, bool IsCheck, llvm::StringRef Files,
                  const VerifyParams &Params);
  llvm::Error recordAgain(Expectation &E, const VerifyParams &Params);
  static Verdict compare(const Expectation &E, const Observation &Got);

  ProgramUnderTest Original;
  std::vector<Expectation> Expectations;
  std::vector<std::string> Ignored;
};

} // namespace speciate

#endif
