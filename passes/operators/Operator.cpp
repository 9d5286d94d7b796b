//===- passes/operators/Operator.cpp - Parameters and the operator table
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/Operator.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/ProfDataUtils.h"
#include "llvm/Support/Error.h"

using namespace llvm;

namespace speciate {

double lossAtEnd(const BasicBlock &BB, const OperatorContext &Context) {
  const Instruction *End = BB.getTerminator();
  if (auto Seen = Context.Guesses.find(End);
      Seen != Context.Guesses.end() && Seen->second.Seen >= 256)
    return Seen->second.wrongRate() * MispredictPenalty;
  if (End->getNumSuccessors() < 2)
    return 0;
  // A third of what it could be: nobody knows how well it is guessed.
  SmallVector<uint32_t, 16> Weights;
  uint64_t Sum = 0, Most = 0;
  if (extractBranchWeights(*End, Weights))
    for (uint64_t W : Weights) {
      Sum += W;
      Most = std::max(Most, W);
    }
  return (Sum ? 1 - double(Most) / double(Sum) : 0.25) * MispredictPenalty / 3;
}

static bool isWord(StringRef Text) {
  return !Text.empty() && all_of(Text, [](char C) {
    return isAlnum(C) || C == '-' || C == '_' || C == '.' || C == '+';
  });
}

Expected<Parameters> Parameters::parse(StringRef Text) {
  Parameters Result;
  if (Text.empty())
    return Result;
  SmallVector<StringRef, 8> Tokens;
  Text.split(Tokens, ';');
  for (StringRef Token : Tokens) {
    auto [Key, Value] = Token.split('=');
    if (Token.find('=') == StringRef::npos)
      return createStringError("parameter '" + Token +
                               "' is not of the form key=value");
    if (!isWord(Key))
      return createStringError("parameter '" + Token + "' has a bad key");
    if (!isWord(Value))
      return createStringError("parameter '" + Token + "' has a bad value");
    if (!Result.get(Key).empty())
      return createStringError("parameter '" + Key + "' is given twice");
    Result.set(Key, Value);
  }
  return Result;
}

std::string Parameters::str() const {
  std::string Text;
  for (const auto &[Key, Value] : Pairs) {
    if (!Text.empty())
      Text += ';';
    Text += Key + "=" + Value;
  }
  return Text;
}

StringRef Parameters::get(StringRef Key) const {
  for (const auto &[K, Value] : Pairs)
    if (K == Key)
      return Value;
  return "";
}

Expected<uint64_t> Parameters::number(StringRef Key, uint64_t Min,
                                      uint64_t Max) const {
  StringRef Text = get(Key);
  if (Text.empty())
    return createStringError("no parameter '" + Key + "'");
  uint64_t Value;
  if (Text.getAsInteger(10, Value) || Value < Min || Value > Max)
    return createStringError("parameter '" + Key + "=" + Text +
                             "' is not a number from " + Twine(Min) + " to " +
                             Twine(Max));
  return Value;
}

void Parameters::set(StringRef Key, StringRef Value) {
  auto It = lower_bound(
      Pairs, Key, [](const auto &Pair, StringRef K) { return Pair.first < K; });
  if (It != Pairs.end() && It->first == Key)
    It->second = Value.str();
  else
    Pairs.insert(It, {Key.str(), Value.str()});
}

Error Parameters::onlyKeys(ArrayRef<StringRef> Known) const {
  if (Pairs.empty())
    return createStringError("no parameters, expected one of: " +
                             join(Known, ", "));
  for (const auto &[Key, Value] : Pairs)
    if (!is_contained(Known, Key))
      return createStringError("unknown parameter '" + Key +
                               "', expected one of: " + join(Known, ", "));
  return Error::success();
}

#define SPECIATE_OPERATOR(CLASS) std::unique_ptr<Operator> create##CLASS();
#include "passes/operators/Operators.def"

ArrayRef<const Operator *> allOperators() {
  static const std::vector<std::unique_ptr<Operator>> Owned = [] {
    std::vector<std::unique_ptr<Operator>> Table;
#define SPECIATE_OPERATOR(CLASS) Table.push_back(create##CLASS());
#include "passes/operators/Operators.def"
    return Table;
  }();
  static const std::vector<const Operator *> Table = [] {
    std::vector<const Operator *> Pointers;
    for (const auto &Op : Owned)
      Pointers.push_back(Op.get());
    return Pointers;
  }();
  return Table;
}

const Operator *findOperator(StringRef Name) {
  for (const Operator *Op : allOperators())
    if (Op->name() == Name)
      return Op;
  return nullptr;
}

} // namespace speciate
