//===- driver/record/Record.cpp - The manifest and the note that names it
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/Record.h"
#include "support/File.h"
#include "support/Hash.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace speciate {

static constexpr StringLiteral Schema = "speciate.record/1";

static StringRef kindName(LinkItem::Kind K) {
  switch (K) {
  case LinkItem::Kind::Argument:
    return "argument";
  case LinkItem::Kind::Unit:
    return "unit";
  case LinkItem::Kind::Native:
    return "native";
  case LinkItem::Kind::File:
    return "file";
  case LinkItem::Kind::Hide:
    return "hide";
  }
  llvm_unreachable("unknown kind of link item");
}

/// JSON holds UTF-8 only; a file name may be anything.
static json::Value text(StringRef S) {
  return json::isUTF8(S) ? std::string(S) : json::fixUTF8(S);
}

static json::Array texts(ArrayRef<std::string> Words) {
  json::Array Result;
  for (const std::string &Word : Words)
    Result.push_back(text(Word));
  return Result;
}

json::Value Record::toJson() const {
  json::Array JUnits, JLine;
  for (const RecordUnit &U : Units)
    JUnits.push_back(json::Object{{"bitcode", U.Bitcode},
                                  {"source", text(U.Source)},
                                  {"object", text(U.Object)},
                                  {"cc1_args", texts(U.Cc1Args)},
                                  {"from_o0", U.FromO0}});
  for (const LinkItem &I : Line) {
    json::Object O{{"kind", kindName(I.K)}};
    if (!I.Text.empty())
      O["text"] = text(I.Text);
    if (!I.Object.empty())
      O["object"] = I.Object;
    if (I.K == LinkItem::Kind::Unit)
      O["index"] = static_cast<int64_t>(I.Index);
    JLine.push_back(std::move(O));
  }
  return json::Object{
      {"schema", Schema},
      {"name", text(Name)},
      {"cplusplus", CPlusPlus},
      {"shared", Shared},
      {"strip", Strip},
      {"dead_references", texts(DeadReferences)},
      {"units", std::move(JUnits)},
      {"line", std::move(JLine)},
      {"coverage", json::Object{{"text_bytes", Cover.TextBytes},
                                {"text_bytes_with_ir", Cover.TextBytesWithIR},
                                {"missing", texts(Cover.Missing)}}}};
}

static bool fromJSON(const json::Value &V, RecordUnit &U, json::Path P) {
  json::ObjectMapper O(V, P);
  return O && O.map("bitcode", U.Bitcode) && O.map("source", U.Source) &&
         O.map("object", U.Object) && O.map("cc1_args", U.Cc1Args) &&
         O.map("from_o0", U.FromO0);
}

static bool fromJSON(const json::Value &V, LinkItem::Kind &K, json::Path P) {
  using Kind = LinkItem::Kind;
  for (Kind Each :
       {Kind::Argument, Kind::Unit, Kind::Native, Kind::File, Kind::Hide})
    if (V.getAsString() == kindName(Each)) {
      K = Each;
      return true;
    }
  P.report("unknown kind of link item");
  return false;
}

static bool fromJSON(const json::Value &V, LinkItem &I, json::Path P) {
  json::ObjectMapper O(V, P);
  return O && O.map("kind", I.K) && O.mapOptional("text", I.Text) &&
         O.mapOptional("object", I.Object) && O.mapOptional("index", I.Index);
}

static bool fromJSON(const json::Value &V, Coverage &C, json::Path P) {
  json::ObjectMapper O(V, P);
  return O && O.map("text_bytes", C.TextBytes) &&
         O.map("text_bytes_with_ir", C.TextBytesWithIR) &&
         O.map("missing", C.Missing);
}

Expected<Record> Record::fromJson(const json::Value &V) {
  json::Path::Root Root("record");
  json::Path P(Root);
  json::ObjectMapper O(V, P);
  Record R;
  std::string Found;
  if (!O || !O.map("schema", Found))
    return Root.getError();
  if (Found != Schema)
    return createStringError(
        "the record has schema '%s', this version reads '%s': build again",
        Found.c_str(), Schema.str().c_str());
  if (!O.map("name", R.Name) || !O.map("cplusplus", R.CPlusPlus) ||
      !O.map("shared", R.Shared) || !O.map("strip", R.Strip) ||
      !O.map("dead_references", R.DeadReferences) || !O.map("units", R.Units) ||
      !O.map("line", R.Line) || !O.map("coverage", R.Cover))
    return Root.getError();
  for (const LinkItem &I : R.Line)
    if (I.K == LinkItem::Kind::Unit && I.Index >= R.Units.size())
      return createStringError("the record's line names unit %zu of %zu",
                               I.Index, R.Units.size());
  return R;
}

Expected<std::string> putRecord(const Store &S, const Record &R) {
  std::string Text;
  raw_string_ostream(Text) << formatv("{0:2}", R.toJson()) << "\n";
  return S.put(Text);
}

Expected<Record> getRecord(const Store &S, StringRef Id) {
  auto Missing = [&](StringRef What, Error E) {
    return createStringError("%s of record %s: %s; build the program again "
                             "with speciate-cc, or set SPECIATE_STORE to the "
                             "store that it was built with",
                             What.str().c_str(), Id.str().c_str(),
                             toString(std::move(E)).c_str());
  };
  Expected<std::string> Text = S.get(Id);
  if (!Text)
    return Missing("manifest", Text.takeError());
  Expected<json::Value> V = json::parse(*Text);
  if (!V)
    return V.takeError();
  Expected<Record> R = Record::fromJson(*V);
  if (!R)
    return R;
  auto Check = [&](StringRef What, StringRef Hash) -> Error {
    if (Hash.empty())
      return Error::success();
    if (Error E = S.get(Hash).takeError())
      return Missing(What, std::move(E));
    return Error::success();
  };
  for (const RecordUnit &U : R->Units)
    if (Error E = Check(U.Object, U.Bitcode))
      return std::move(E);
  for (const LinkItem &I : R->Line)
    if (Error E = Check(I.Text, I.Object))
      return std::move(E);
  R->Id = Id.str();
  return R;
}

template <class ELFT>
static std::optional<std::string> noteOf(const object::ELFFile<ELFT> &File) {
  auto Sections = File.sections();
  if (!Sections) {
    consumeError(Sections.takeError());
    return std::nullopt;
  }
  for (const auto &Section : *Sections) {
    if (Section.sh_type != ELF::SHT_NOTE)
      continue;
    Error Err = Error::success();
    std::optional<std::string> Found;
    for (const auto &Note : File.notes(Section, Err))
      if (Note.getName() == "speciate" && !Found)
        Found = toStringRef(Note.getDesc(Section.sh_addralign)).str();
    consumeError(std::move(Err));
    if (Found)
      return Found;
  }
  return std::nullopt;
}

Expected<std::string> readRecordNote(StringRef Program) {
  auto Buffer = MemoryBuffer::getFile(Program, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!Buffer)
    return createFileError(Program, Buffer.getError());
  auto Object = object::ObjectFile::createELFObjectFile(**Buffer);
  if (!Object) {
    consumeError(Object.takeError());
    return createFileError(Program, createStringError("not an ELF program"));
  }
  std::optional<std::string> Id;
  if (auto *O = dyn_cast<object::ELF64LEObjectFile>(Object->get()))
    Id = noteOf(O->getELFFile());
  else if (auto *O = dyn_cast<object::ELF32LEObjectFile>(Object->get()))
    Id = noteOf(O->getELFFile());
  if (!Id)
    return createFileError(
        Program, createStringError("no record in this program: was it linked "
                                   "by speciate-cc?"));
  if (Id->size() != 32 ||
      StringRef(*Id).find_first_not_of('0') == StringRef::npos)
    return createFileError(
        Program,
        createStringError("the record of this program was not completed: see "
                          "the log in the store, and link it again"));
  return *Id;
}

Expected<OpenedRecord> openRecord(StringRef Program) {
  Expected<std::string> Id = readRecordNote(Program);
  if (!Id)
    return Id.takeError();
  Expected<std::string> Dir = storeDir();
  if (!Dir)
    return Dir.takeError();
  Store S(*Dir);
  Expected<Record> R = getRecord(S, *Id);
  if (!R)
    return R.takeError();
  return OpenedRecord{std::move(S), std::move(*R)};
}

} // namespace speciate
