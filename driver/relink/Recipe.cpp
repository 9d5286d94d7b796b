//===- driver/relink/Recipe.cpp - All that a link needs besides the record
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/relink/Recipe.h"
#include "driver/report/Json.h"
#include "support/Compress.h"
#include "support/File.h"
#include "support/Hash.h"
#include "llvm/Support/Base64.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace speciate {

StringRef shipsName(Ships S) {
  switch (S) {
  case Ships::O3:
    return "o3";
  case Ships::PgoLto:
    return "pgo_lto";
  case Ships::PgoLtoBolt:
    return "pgo_lto_bolt";
  case Ships::Winner:
    return "winner";
  }
  llvm_unreachable("covered switch");
}

static json::Value packed(StringRef Bytes) {
  return json::Object{{"hash", contentHash(Bytes)},
                      {"size", int64_t(Bytes.size())},
                      {"zstd_base64", encodeBase64(zstdCompress(Bytes))}};
}

static Expected<std::string> unpacked(const json::Object &O, StringRef Key) {
  const json::Object *Packed = O.getObject(Key);
  if (!Packed)
    return createStringError("no \"%s\"", Key.str().c_str());
  std::vector<char> Compressed;
  if (Error E = decodeBase64(
          Packed->getString("zstd_base64").value_or("").str(), Compressed))
    return std::move(E);
  int64_t Size = Packed->getInteger("size").value_or(-1);
  if (Size < 0 || Size > (int64_t(1) << 32))
    return createStringError("bad size of \"%s\"", Key.str().c_str());
  Expected<std::string> Bytes = zstdDecompress(
      StringRef(Compressed.data(), Compressed.size()), size_t(Size));
  if (!Bytes)
    return Bytes;
  if (contentHash(*Bytes) != Packed->getString("hash").value_or(""))
    return createStringError("\"%s\" is damaged", Key.str().c_str());
  return Bytes;
}

std::string Recipe::str() const {
  json::Array GeneList;
  for (const ShippedGene &G : Genes)
    GeneList.push_back(geneToJson(G));
  json::Object V = json::Object{{"schema", "speciate.recipe/1"},
                                {"program", Program},
                                {"record", RecordId},
                                {"toolchain", Toolchain},
                                {"cpu", Cpu},
                                {"ships", shipsName(What)},
                                {"genome", TheGenome.str()},
                                {"genes", std::move(GeneList)},
                                {"profile", packed(Profile)},
                                {"bolt_profile", packed(BoltProfile)},
                                {"code", CodeHash}};
  if (!Facts.empty())
    V["facts"] = Facts;
  return formatv("{0:2}\n", json::Value(std::move(V))).str();
}

static Expected<Recipe> parseRecipe(StringRef Text) {
  Expected<json::Value> V = json::parse(Text);
  if (!V)
    return V.takeError();
  const json::Object *O = V->getAsObject();
  if (!O || O->getString("schema").value_or("") != "speciate.recipe/1")
    return createStringError("not a recipe of schema speciate.recipe/1");
  Recipe R;
  R.Program = O->getString("program").value_or("").str();
  R.RecordId = O->getString("record").value_or("").str();
  R.Toolchain = O->getString("toolchain").value_or("").str();
  R.Cpu = O->getString("cpu").value_or("").str();
  R.CodeHash = O->getString("code").value_or("").str();
  R.Facts = O->getString("facts").value_or("").str();
  bool Known = false;
  for (Ships S : {Ships::O3, Ships::PgoLto, Ships::PgoLtoBolt, Ships::Winner})
    if (O->getString("ships").value_or("") == shipsName(S)) {
      R.What = S;
      Known = true;
    }
  if (!Known)
    return createStringError("bad \"ships\"");
  Expected<Genome> G = Genome::parse(O->getString("genome").value_or(""));
  if (!G)
    return G.takeError();
  R.TheGenome = std::move(*G);
  const json::Array *GeneList = O->getArray("genes");
  if (!GeneList)
    return createStringError("no \"genes\"");
  for (const json::Value &Item : *GeneList) {
    Expected<ShippedGene> Parsed = geneFromJson(Item);
    if (!Parsed)
      return Parsed.takeError();
    R.Genes.push_back(std::move(*Parsed));
  }
  Expected<std::string> Profile = unpacked(*O, "profile");
  if (!Profile)
    return Profile.takeError();
  R.Profile = std::move(*Profile);
  Expected<std::string> Bolt = unpacked(*O, "bolt_profile");
  if (!Bolt)
    return Bolt.takeError();
  R.BoltProfile = std::move(*Bolt);
  return std::move(R);
}

Expected<Recipe> Recipe::read(StringRef Path) {
  Expected<std::string> Text = readFile(Path);
  if (!Text)
    return Text.takeError();
  Expected<Recipe> R = parseRecipe(*Text);
  if (!R)
    return createFileError(Path, R.takeError());
  return R;
}

} // namespace speciate
