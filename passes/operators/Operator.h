//===- passes/operators/Operator.h - What an operator is
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An operator is one legal transformation. It names the sites that it fits and
// the ways in which it can be applied to each, with an estimate of the gain; it
// checks legality; it applies one chosen way. The genome decides, the operator
// only asks and does (compare llvm-reduce's Oracle and CIRCT's Reduction).
//
// A new operator needs one file pair in this folder, one line in Operators.def
// and one folder under test/passes/operators.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_OPERATOR_H
#define SPECIATE_PASSES_OPERATORS_OPERATOR_H

#include "gp/engine/Interfaces.h"
#include "passes/instrument/PrincipalPaths.h"
#include "passes/sites/Sites.h"
#include "profiles/detail/Detail.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/PassManager.h"
#include <memory>
#include <string>
#include <vector>

namespace llvm {
class ProfileSummaryInfo;
class TargetMachine;
} // namespace llvm

namespace speciate {

/// Back-end choices of one region, which has a code generation of its own.
struct CodegenChoices {
  /// Options of LLVM's own passes, as on llc's command line, in the order in
  /// which genes added them: "-x86-cmov-converter=false".
  std::vector<std::string> Options;
  /// Copies were made that have become simpler: the scalar passes of the early
  /// half should run over the function again.
  bool Simplify = false;

  /// LLVM refuses an option that is given twice.
  void add(llvm::StringRef Option) {
    if (!llvm::is_contained(Options, Option))
      Options.push_back(Option.str());
  }
};

/// Choices at the link, of the whole program.
struct LayoutChoices {
  /// Run BOLT, with these options beside the fixed ones (-bolt-info=0, the
  /// profile).
  bool Bolt = false;
  std::vector<std::string> BoltOptions;
  /// Words for the clang driver: "-Wl,--call-graph-profile-sort=cdsort".
  std::vector<std::string> LinkArgs;
};

/// What an operator may look at, and what it may change.
struct OperatorContext {
  /// Plan and region level. Null at program level.
  llvm::Function *F = nullptr;
  /// The function's profile (branch weights, entry count) is annotated.
  llvm::FunctionAnalysisManager *FAM = nullptr;
  llvm::ProfileSummaryInfo *PSI = nullptr;
  /// The function's share of the program's time, in [0, 1]. An estimate at plan
  /// level (profile-weighted static cost).
  double Share = 0;
  /// Region level only.
  CodegenChoices *Codegen = nullptr;
  /// Region level: what the function's values and branches did. Null: nobody
  /// looked. Loads of what was written at start-up only:
  /// passes/instrument/Settled.h.
  const DetailProfile *Detail = nullptr;
  /// What of that is about branches and selects; filled by collectSites.
  llvm::DenseMap<const llvm::Instruction *, BranchCounts> Guesses;
  /// The most frequent of the function's paths, for the original function only;
  /// filled by collectSites.
  std::vector<ProfiledPath> Paths;
  /// Program level only.
  LayoutChoices *Layout = nullptr;
  /// The sites of F, for operators that name others than their own. Set by
  /// applyGenome and collectSites.
  const SiteMap *Sites = nullptr;
};

/// Cycles.
inline constexpr double MispredictPenalty = 15;
/// What wrong guesses at the end of \p BB cost for one execution of it.
double lossAtEnd(const llvm::BasicBlock &BB, const OperatorContext &Context);

/// "key=value" pairs joined by ';', keys sorted and unique. Compare
/// polly's parsePollyOptions: every bad token has its own message.
class Parameters {
public:
  static llvm::Expected<Parameters> parse(llvm::StringRef Text);
  std::string str() const;
  llvm::StringRef get(llvm::StringRef Key) const; ///< "" if absent.
  /// An error names the key if it is absent or not in [Min, Max].
  llvm::Expected<uint64_t> number(llvm::StringRef Key, uint64_t Min,
                                  uint64_t Max) const;
  void set(llvm::StringRef Key, llvm::StringRef Value);
  /// An error names the first key that is not in \p Known.
  llvm::Error onlyKeys(llvm::ArrayRef<llvm::StringRef> Known) const;

private:
  std::vector<std::pair<std::string, std::string>> Pairs;
};

class Operator {
public:
  virtual ~Operator() = default;
  Operator() = default;
  Operator(const Operator &) = delete;
  Operator &operator=(const Operator &) = delete;

  /// "inline-form"
  virtual llvm::StringRef name() const = 0;
  virtual bool worksAt(Level L) const = 0;
  /// The evidence for what this operator does when nothing else was shown:
  /// Construction if only metadata, attributes, inlining or options of LLVM's
  /// own passes change; Checked otherwise.
  virtual VerdictKind evidence(const Parameters &P) const = 0;

  /// True if genes of this operator are applied after those of all others, to
  /// what these have made.
  virtual bool actsLast() const { return false; }

  /// The ways in which it could be applied at \p S, best first, and nothing if
  /// it does not fit or would not be legal. Changes nothing.
  virtual std::vector<Choice> match(const SiteRef &S,
                                    OperatorContext &Context) const = 0;

  /// Applies one way. An error says why it was refused (an unknown parameter, a
  /// legality check that fails); then nothing was changed. The caller
  /// invalidates analyses after every successful call.
  virtual llvm::Error apply(const SiteRef &S, const Parameters &P,
                            OperatorContext &Context) const = 0;
};

/// All operators, in the order of Operators.def. Owned by the table.
llvm::ArrayRef<const Operator *> allOperators();
const Operator *findOperator(llvm::StringRef Name);

} // namespace speciate

#endif
