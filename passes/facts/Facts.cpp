//===- passes/facts/Facts.cpp - Facts from a file
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/facts/Facts.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

using namespace llvm;

namespace speciate {

std::string Fact::str() const {
  std::string Result;
  switch (What) {
  case Kind::Global:
    Result = "global " + Name;
    if (Offset)
      Result += "@" + std::to_string(Offset);
    break;
  case Kind::Field:
    Result = "field " + Name +
             (Member.empty() ? "@" + std::to_string(Offset) : "." + Member);
    break;
  case Kind::Argument:
    Result = "argument " + std::to_string(Argument) + " of " + Name;
    break;
  case Kind::Call:
    Result = "call " + Name + (With ? "(\"" + *With + "\")" : "()");
    break;
  }
  if (Value)
    Result += " = " + std::to_string(*Value);
  else if (Text)
    Result += " = \"" + *Text + "\"";
  else if (Range)
    Result += " in " + std::to_string(Range->first) + " to " +
              std::to_string(Range->second);
  return Result + (Trap ? ", trap" : "");
}

/// "name@12": a name and an offset.
static Error splitOffset(Fact &F, StringRef Text) {
  auto [Name, Offset] = Text.split('@');
  F.Name = Name.str();
  if (Text.contains('@') && Offset.getAsInteger(10, F.Offset))
    return createStringError("'" + Text + "' has no number after @");
  return Error::success();
}

static Error readSubject(Fact &F, const toml::table &Table) {
  unsigned Subjects = 0;
  auto Get = [&](const char *Key) {
    std::optional<std::string> V = Table[Key].value<std::string>();
    Subjects += bool(V);
    return V;
  };
  if (auto Global = Get("global")) {
    F.What = Fact::Kind::Global;
    if (Error E = splitOffset(F, *Global))
      return E;
  }
  if (auto Field = Get("field")) {
    F.What = Fact::Kind::Field;
    if (StringRef(*Field).contains('@')) {
      if (Error E = splitOffset(F, *Field))
        return E;
    } else {
      auto [Struct, Member] = StringRef(*Field).rsplit('.');
      F.Name = Struct.str();
      F.Member = Member.str();
      if (F.Member.empty())
        return createStringError("field '" + *Field +
                                 "' is neither STRUCT.MEMBER nor "
                                 "STRUCT@OFFSET");
    }
  }
  if (auto Function = Get("function")) {
    F.What = Fact::Kind::Argument;
    F.Name = *Function;
    std::optional<int64_t> Argument = Table["argument"].value<int64_t>();
    if (!Argument || *Argument < 0 || *Argument > 1000)
      return createStringError("function '" + *Function +
                               "' needs the number of an argument, from 0");
    F.Argument = *Argument;
  }
  if (auto Call = Get("call")) {
    F.What = Fact::Kind::Call;
    F.Name = *Call;
    F.With = Table["with"].value<std::string>();
  }
  if (Subjects != 1)
    return createStringError("a fact is about one of: call, field, function, "
                             "global");
  if (F.Name.empty())
    return createStringError("a name is missing");
  return Error::success();
}

static Error readValue(Fact &F, const toml::table &Table) {
  F.Value = Table["value"].value<int64_t>();
  if (auto Truth = Table["value"].value_exact<bool>())
    F.Value = *Truth;
  F.Text = Table["value"].value_exact<std::string>();
  std::optional<int64_t> Min = Table["min"].value<int64_t>();
  std::optional<int64_t> Max = Table["max"].value<int64_t>();
  if (Min && Max && *Min <= *Max)
    F.Range = {*Min, *Max};
  else if (Min || Max)
    return createStringError("'min' and 'max' are not the ends of a range");
  if (bool(F.Value) + bool(F.Text) + bool(F.Range) != 1)
    return createStringError("a fact has one value: a number, a string, or "
                             "'min' and 'max'");
  F.Trap = Table["trap"].value_or(false);
  if (F.Trap && F.Text)
    return createStringError("'trap' is for numbers");
  return Error::success();
}

static Expected<Fact> readFact(const toml::table &Table) {
  static const StringRef Known[] = {"argument", "call", "field", "function",
                                    "global",   "max",  "min",   "trap",
                                    "value",    "with"};
  for (const auto &[Key, Node] : Table)
    if (StringRef Name(Key.str().data(), Key.str().size());
        !is_contained(Known, Name))
      return createStringError("unknown key '" + Name + "'");
  Fact F;
  if (Error E = readSubject(F, Table))
    return std::move(E);
  if (Error E = readValue(F, Table))
    return std::move(E);
  return std::move(F);
}

Expected<std::vector<Fact>> parseFacts(StringRef Text) {
  toml::parse_result Parsed =
      toml::parse(std::string_view(Text.data(), Text.size()));
  auto At = [](const toml::source_region &Where) {
    return "line " + std::to_string(Where.begin.line) + ": ";
  };
  if (!Parsed)
    return createStringError(At(Parsed.error().source()) +
                             std::string(Parsed.error().description()));
  const toml::table &Root = Parsed.table();
  for (const auto &[Key, Node] : Root)
    if (Key.str() != "fact")
      return createStringError(At(Node.source()) + "unknown key '" +
                               std::string(Key.str()) + "', expected [[fact]]");
  const toml::array *List = Root["fact"].as_array();
  if (!List || List->empty())
    return createStringError("no [[fact]]");
  std::vector<Fact> Facts;
  for (const toml::node &Node : *List) {
    const toml::table *Table = Node.as_table();
    if (!Table)
      return createStringError(At(Node.source()) + "not a table");
    Expected<Fact> F = readFact(*Table);
    if (!F)
      return createStringError(At(Node.source()) + toString(F.takeError()));
    Facts.push_back(std::move(*F));
  }
  return std::move(Facts);
}

} // namespace speciate
