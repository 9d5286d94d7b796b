//===- driver/record/ReapplyArgs.cpp - Flags that IR does not carry
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/ReapplyArgs.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace speciate {

namespace {
enum class ArgForm { Flag, Joined, Separate };
struct Mapping {
  StringLiteral Cc1;
  StringLiteral Driver;
  ArgForm Form;
};
} // namespace

static constexpr Mapping Mappings[] = {
#define CC1_FLAG(CC1, DRIVER) {CC1, DRIVER, ArgForm::Flag},
#define CC1_JOINED(CC1, DRIVER) {CC1, DRIVER, ArgForm::Joined},
#define CC1_SEPARATE(CC1, DRIVER) {CC1, DRIVER, ArgForm::Separate},
#include "passes/plugin/Cc1Args.def"
};

static StringRef valueAfter(ArrayRef<std::string> Args, StringRef Name) {
  for (size_t I = 0; I + 1 < Args.size(); ++I)
    if (Args[I] == Name)
      return Args[I + 1];
  return "";
}

static std::string relocationFlag(ArrayRef<std::string> Args) {
  bool Pie = is_contained(Args, "-pic-is-pie");
  StringRef Level = valueAfter(Args, "-pic-level");
  if (valueAfter(Args, "-mrelocation-model") != "pic")
    return "-fno-pic";
  if (Pie)
    return Level == "1" ? "-fpie" : "-fPIE";
  return Level == "1" ? "-fpic" : "-fPIC";
}

/// -fno-vectorize shows in cc1 as a missing word at levels that have it.
static bool optimizes(ArrayRef<std::string> Args) {
  for (const std::string &Arg : Args)
    if (StringRef(Arg).starts_with("-O"))
      return Arg != "-O0" && Arg != "-O1" && Arg != "-Oz" && Arg != "-Og";
  return false;
}

std::vector<std::string> reapplyArgs(const RecordUnit &Unit) {
  ArrayRef<std::string> Args = Unit.Cc1Args;
  std::vector<std::string> Result = {relocationFlag(Args)};
  if (optimizes(Args)) {
    if (!is_contained(Args, "-vectorize-loops"))
      Result.push_back("-fno-vectorize");
    if (!is_contained(Args, "-vectorize-slp"))
      Result.push_back("-fno-slp-vectorize");
  }
  for (size_t I = 0; I < Args.size(); ++I) {
    StringRef Arg = Args[I];
    for (const Mapping &M : Mappings) {
      if (M.Form == ArgForm::Joined ? !Arg.starts_with(M.Cc1) : Arg != M.Cc1)
        continue;
      if (M.Form == ArgForm::Separate && I + 1 < Args.size())
        ++I;
      if (!M.Driver.empty()) {
        if (M.Form == ArgForm::Joined)
          Result.push_back((M.Driver + Arg.drop_front(M.Cc1.size())).str());
        else
          Result.push_back(M.Driver.str());
        if (M.Form == ArgForm::Separate)
          Result.push_back(Args[I]);
      }
      break;
    }
  }
  return Result;
}

} // namespace speciate
