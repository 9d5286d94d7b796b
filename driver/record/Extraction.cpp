//===- driver/record/Extraction.cpp - Which archive members a link took
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/Extraction.h"
#include "support/Subprocess.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace speciate {

LinkerFlavor linkerFlavor(StringRef Path) {
  SmallString<256> Real;
  if (sys::fs::real_path(Path, Real))
    Real = Path;
  StringRef Name = sys::path::filename(Real);
  if (Name.ends_with("ld.bfd"))
    return LinkerFlavor::Bfd;
  if (Name.ends_with("ld.gold") || Name == "gold")
    return LinkerFlavor::Gold;
  if (Name == "lld" || Name.ends_with("ld.lld"))
    return LinkerFlavor::Lld;
  ProcessSpec Spec;
  Spec.Argv = {Path.str(), "--version"};
  Spec.TimeoutSeconds = 10;
  Expected<ProcessResult> Result = runProcess(Spec);
  if (!Result) {
    consumeError(Result.takeError());
    return LinkerFlavor::Unknown;
  }
  if (StringRef(Result->Stdout).starts_with("GNU gold"))
    return LinkerFlavor::Gold;
  if (StringRef(Result->Stdout).starts_with("GNU ld"))
    return LinkerFlavor::Bfd;
  if (StringRef(Result->Stdout).contains("LLD "))
    return LinkerFlavor::Lld;
  return LinkerFlavor::Unknown;
}

std::vector<Extracted> parseMap(StringRef Text) {
  std::vector<Extracted> Result;
  StringRef Header = "Archive member included ";
  if (!Text.consume_front(Header)) {
    size_t At = Text.find(("\n" + Header).str());
    if (At == StringRef::npos)
      return Result;
    Text = Text.drop_front(At + 1);
  }
  Text = Text.split('\n').second.ltrim('\n');
  // "member   reference (symbol)", or the two on lines of their own when the
  // member's name is long. An empty line ends the list.
  while (!Text.empty() && Text.front() != '\n') {
    StringRef Line;
    std::tie(Line, Text) = Text.split('\n');
    StringRef Why;
    // The second column starts at 30; a name may contain spaces.
    if (Line.size() > 30 && Line[29] == ' ') {
      Why = Line.drop_front(30);
      Line = Line.take_front(30).rtrim();
    } else if (Text.starts_with(" ")) {
      std::tie(Why, Text) = Text.split('\n');
    }
    Extracted E;
    E.File = Line.str();
    size_t Open = Why.rfind('(');
    if (Open != StringRef::npos && Why.ends_with(")"))
      E.Symbol = Why.slice(Open + 1, Why.size() - 1).str();
    Result.push_back(std::move(E));
  }
  return Result;
}

bool mapNames(StringRef Map, StringRef File) {
  // " .text   0x0000000000001130   0x15 a.o"
  std::string End = (" " + File).str();
  while (!Map.empty()) {
    StringRef Line;
    std::tie(Line, Map) = Map.split('\n');
    if (Line.ends_with(End))
      return true;
  }
  return false;
}

std::vector<Extracted> parseWhyExtract(StringRef Text) {
  std::vector<Extracted> Result;
  SmallVector<StringRef, 32> Lines;
  Text.split(Lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef Line : drop_begin(Lines)) {
    SmallVector<StringRef, 3> Columns;
    Line.split(Columns, '\t');
    if (Columns.size() == 3)
      Result.push_back({Columns[1].str(), Columns[2].str()});
  }
  return Result;
}

} // namespace speciate
