//===- driver/record/Upkeep.cpp - What a store may forget, and whether it is
// whole
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/Upkeep.h"
#include "driver/record/Record.h"
#include "driver/record/StoreLock.h"
#include "support/File.h"
#include "support/Hash.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <unistd.h>

using namespace llvm;

namespace speciate {

namespace {

struct File {
  std::string Path;
  uint64_t Bytes = 0;
  sys::TimePoint<> Changed, Used; ///< Used: read or changed.
};

/// Files that are kept or removed together.
struct Entry {
  std::vector<std::string> Roots; ///< Files, and folders with all in them.
  uint64_t Bytes = 0;
  sys::TimePoint<> Used;
};

} // namespace

/// Files that vanish meanwhile (another gc, a rename) are left out.
static std::vector<File> filesBelow(StringRef Dir) {
  std::vector<File> Result;
  std::error_code EC;
  for (sys::fs::recursive_directory_iterator It(Dir, EC, false), End;
       It != End && !EC; It.increment(EC)) {
    sys::fs::file_status Status;
    if (sys::fs::status(It->path(), Status, /*follow=*/false) ||
        Status.type() == sys::fs::file_type::directory_file)
      continue;
    File F;
    F.Path = It->path();
    F.Bytes = Status.getSize();
    F.Changed = Status.getLastModificationTime();
    F.Used = std::max(F.Changed, Status.getLastAccessedTime());
    Result.push_back(std::move(F));
  }
  llvm::sort(Result,
             [](const File &A, const File &B) { return A.Path < B.Path; });
  return Result;
}

static bool isLowerHex(StringRef Text) {
  return all_of(Text,
                [](char C) { return isDigit(C) || (C >= 'a' && C <= 'f'); });
}

/// "region-<30 digits>.o" and "region-<30 digits>.json" are of one key.
static StringRef keyOf(StringRef Name) {
  for (size_t Dash = Name.find('-'); Dash != StringRef::npos;
       Dash = Name.find('-', Dash + 1)) {
    StringRef Digits = Name.substr(Dash + 1, 30);
    if (Digits.size() == 30 && isLowerHex(Digits))
      return Name.take_front(Dash + 31);
  }
  return Name;
}

static std::map<std::string, Entry> cacheEntries(StringRef CacheDir) {
  std::map<std::string, Entry> Result;
  for (const File &F : filesBelow(CacheDir)) {
    // <cache>/ab/KEY... or <cache>/ab/KEY/...
    StringRef Relative = StringRef(F.Path).drop_front(CacheDir.size() + 1);
    auto [Prefix, Rest] = Relative.split('/');
    StringRef Name = Rest.split('/').first;
    Entry &E = Result[(Prefix + "/" + keyOf(Name)).str()];
    std::string Root = (CacheDir + "/" + Prefix + "/" + Name).str();
    if (E.Roots.empty() || E.Roots.back() != Root)
      E.Roots.push_back(std::move(Root));
    E.Bytes += F.Bytes;
    E.Used = std::max(E.Used, F.Used);
  }
  return Result;
}

/// The hash that an object's path stands for, or "" for any other file.
static std::string hashOf(StringRef Path) {
  std::string Hash = (sys::path::filename(sys::path::parent_path(Path)) +
                      sys::path::filename(Path))
                         .str();
  return Hash.size() == 32 && isLowerHex(Hash) ? Hash : "";
}

static void addRecord(const Record &R, std::set<std::string> &Needed) {
  for (const RecordUnit &U : R.Units)
    Needed.insert(U.Bitcode);
  for (const LinkItem &I : R.Line)
    if (!I.Object.empty())
      Needed.insert(I.Object);
}

/// The record in \p Path if it is one.
static std::optional<Record> recordIn(StringRef Path) {
  Expected<std::string> Bytes = readFile(Path);
  if (!Bytes) {
    consumeError(Bytes.takeError());
    return std::nullopt;
  }
  if (!StringRef(*Bytes).starts_with("{"))
    return std::nullopt;
  Expected<json::Value> V = json::parse(*Bytes);
  if (!V) {
    consumeError(V.takeError());
    return std::nullopt;
  }
  Expected<Record> R = Record::fromJson(*V);
  if (!R) {
    consumeError(R.takeError());
    return std::nullopt;
  }
  return std::move(*R);
}

/// All that campaigns name, apart from what their records name.
static Expected<std::set<std::string>> namedByCampaigns(Catalog &C) {
  std::set<std::string> Needed;
  Expected<std::vector<CampaignInfo>> All = C.campaigns();
  if (!All)
    return All.takeError();
  for (const CampaignInfo &I : *All) {
    Needed.insert(I.RecordId);
    if (!I.SpaceHash.empty())
      Needed.insert(I.SpaceHash);
    Expected<std::map<std::string, std::string>> Artefacts = C.artefacts(I.Id);
    if (!Artefacts)
      return Artefacts.takeError();
    for (const auto &[Name, Hash] : *Artefacts)
      Needed.insert(Hash);
  }
  return Needed;
}

/// Files and folders; a folder of theirs that is empty then goes with them.
static Error removeEntry(const std::vector<std::string> &Roots) {
  for (const std::string &Root : Roots) {
    std::error_code EC = sys::fs::is_directory(Root)
                             ? sys::fs::remove_directories(Root, false)
                             : sys::fs::remove(Root);
    if (EC)
      return createFileError(Root, EC);
    // Fails, rightly, if something is left in it.
    ::rmdir(sys::path::parent_path(Root).str().c_str());
  }
  return Error::success();
}

Expected<GcResult> collectGarbage(Catalog &C, const GcParams &Params) {
  const sys::TimePoint<> Limit =
      std::chrono::time_point_cast<sys::TimePoint<>::duration>(
          std::chrono::system_clock::now() -
          std::chrono::duration<double>(Params.MinAgeSeconds));
  auto Decide = [&](GcCount &Count, bool Remove, uint64_t Bytes,
                    const std::vector<std::string> &Roots) -> Error {
    (Remove ? Count.Removed : Count.Kept) += 1;
    (Remove ? Count.RemovedBytes : Count.KeptBytes) += Bytes;
    return Remove && !Params.DryRun ? removeEntry(Roots) : Error::success();
  };
  GcResult Result;
  for (const auto &[Key, E] : cacheEntries(C.storeDir() + "/build"))
    if (Error Failure = Decide(Result.Cache, E.Used < Limit, E.Bytes, E.Roots))
      return std::move(Failure);

  std::optional<StoreLock> Lock;
  if (!Params.DryRun)
    Lock.emplace(C.storeDir(), StoreLock::Mode::Forget);
  Expected<std::set<std::string>> Needed = namedByCampaigns(C);
  if (!Needed)
    return Needed.takeError();
  std::vector<File> Objects = filesBelow(C.storeDir() + "/objects");
  // Of records put there lately, and of campaigns'.
  for (const File &F : Objects)
    if (F.Changed >= Limit || Needed->count(hashOf(F.Path)))
      if (std::optional<Record> R = recordIn(F.Path))
        addRecord(*R, *Needed);
  for (const File &F : Objects)
    if (Error Failure = Decide(
            Result.Objects, F.Changed < Limit && !Needed->count(hashOf(F.Path)),
            F.Bytes, {F.Path}))
      return std::move(Failure);
  return Result;
}

Expected<StoreHealth> verifyStore(Catalog &C) {
  StoreHealth Health;
  Expected<std::vector<std::string>> Pages = C.integrityProblems();
  if (!Pages)
    return Pages.takeError();
  std::string Database = C.storeDir() + "/catalog.db";
  for (const std::string &Line : *Pages)
    Health.Problems.push_back(Database + ": " + Line);

  std::set<std::string> Present;
  std::set<std::string> Needed;
  std::map<std::string, Record> Records;
  for (const File &F : filesBelow(C.storeDir() + "/objects")) {
    std::string Hash = hashOf(F.Path);
    if (Hash.empty())
      continue; // Left by a process that was killed while it wrote.
    ++Health.Objects;
    Present.insert(Hash);
    Expected<std::string> Bytes = readFile(F.Path);
    if (!Bytes)
      Health.Problems.push_back(toString(Bytes.takeError()));
    else if (contentHash(StringRef(*Bytes)) != Hash)
      Health.Problems.push_back(F.Path + ": its bytes do not match its name");
    else if (StringRef(*Bytes).starts_with("{"))
      if (std::optional<Record> R = recordIn(F.Path))
        Records[Hash] = std::move(*R);
  }

  Expected<std::vector<CampaignInfo>> All = C.campaigns();
  if (!All)
    return All.takeError();
  Health.Campaigns = All->size();
  Store Objects(C.storeDir());
  auto Require = [&](const std::string &Hash, const Twine &What) {
    if (!Present.count(Hash) && Needed.insert(Hash).second)
      Health.Problems.push_back(Objects.path(Hash) + ": missing, " +
                                What.str());
  };
  for (const auto &[Hash, R] : Records) {
    std::set<std::string> Inputs;
    addRecord(R, Inputs);
    for (const std::string &Input : Inputs)
      Require(Input, "an input of the record of " + R.Name);
  }
  for (const CampaignInfo &I : *All) {
    std::string Of = ("of campaign " + Twine(I.Id)).str();
    Require(I.RecordId, "the record " + Of);
    if (!I.SpaceHash.empty())
      Require(I.SpaceHash, "the search space " + Of);
    Expected<std::map<std::string, std::string>> Artefacts = C.artefacts(I.Id);
    if (!Artefacts)
      return Artefacts.takeError();
    for (const auto &[Name, Hash] : *Artefacts)
      Require(Hash, Name + " " + Of);
    Expected<unsigned> Generations = C.generations(I.Id);
    if (!Generations)
      return Generations.takeError();
    for (unsigned G = 0; G < *Generations; ++G)
      if (Error E = C.outcomes(I.Id, G).takeError())
        Health.Problems.push_back(toString(std::move(E)));
  }
  return Health;
}

} // namespace speciate
