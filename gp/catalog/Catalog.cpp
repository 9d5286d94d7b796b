//===- gp/catalog/Catalog.cpp - Everything that was ever proposed and learned
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/catalog/Catalog.h"
#include "support/File.h"
#include "support/Hash.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/FileSystem.h"
#include <cstring>
#include <ctime>

using namespace llvm;

namespace speciate {

/// Raised by one with every change of the tables.
static constexpr int64_t Version = 2;

static const char Tables[] = R"sql(
CREATE TABLE campaigns (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL,
  program TEXT NOT NULL,
  record TEXT NOT NULL,
  seed TEXT NOT NULL,
  params TEXT NOT NULL,
  space TEXT NOT NULL,
  finished INTEGER NOT NULL,
  spent REAL NOT NULL
);
CREATE TABLE proposals (
  campaign INTEGER NOT NULL REFERENCES campaigns(id),
  generation INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  population TEXT NOT NULL,
  genome TEXT NOT NULL,
  lineage TEXT NOT NULL,
  PRIMARY KEY (campaign, generation, idx)
) WITHOUT ROWID;
CREATE TABLE results (
  campaign INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  verdict TEXT NOT NULL,
  detail TEXT NOT NULL,
  ratio REAL NOT NULL,
  low REAL NOT NULL,
  high REAL NOT NULL,
  pairs INTEGER NOT NULL,
  seconds REAL NOT NULL,
  code TEXT NOT NULL,
  noops TEXT NOT NULL,
  failure TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (campaign, generation, idx),
  FOREIGN KEY (campaign, generation, idx)
    REFERENCES proposals(campaign, generation, idx)
) WITHOUT ROWID;
CREATE TABLE windows (
  campaign INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  weight REAL NOT NULL,
  original_cycles REAL NOT NULL,
  cycles REAL NOT NULL,
  PRIMARY KEY (campaign, generation, idx, number),
  FOREIGN KEY (campaign, generation, idx)
    REFERENCES results(campaign, generation, idx)
) WITHOUT ROWID;
CREATE TABLE artefacts (
  campaign INTEGER NOT NULL REFERENCES campaigns(id),
  name TEXT NOT NULL,
  object TEXT NOT NULL,
  PRIMARY KEY (campaign, name)
) WITHOUT ROWID;
)sql";

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

static Expected<int64_t> userVersion(Database &DB) {
  Expected<Statement> S = DB.prepare("PRAGMA user_version");
  if (!S)
    return S.takeError();
  if (Expected<bool> Row = S->step(); !Row)
    return Row.takeError();
  return S->integer();
}

Error Catalog::createTables() {
  Expected<int64_t> Has = userVersion(*DB);
  if (!Has)
    return Has.takeError();
  if (*Has == Version)
    return Error::success();
  Expected<Transaction> T = Transaction::begin(*DB);
  if (!T)
    return T.takeError();
  // Another process may have created them since.
  Has = userVersion(*DB);
  if (!Has)
    return Has.takeError();
  if (*Has == Version)
    return Error::success();
  if (*Has != 0)
    return createStringError(DB->path() + ": made by another version (" +
                             Twine(*Has) + ", this is " + Twine(Version) +
                             "); move it away to start a new one");
  if (Error E = DB->exec(Tables))
    return E;
  if (Error E = DB->exec("PRAGMA user_version = " + std::to_string(Version)))
    return E;
  return T->commit();
}

Expected<Catalog> Catalog::open(StringRef StoreDir) {
  std::string Dir = absolutePath(StoreDir);
  if (std::error_code EC = sys::fs::create_directories(Dir))
    return createFileError(Dir, EC);
  Expected<std::unique_ptr<Database>> DB = Database::open(Dir + "/catalog.db");
  if (!DB)
    return DB.takeError();
  Catalog Result(std::move(Dir), std::move(*DB));
  if (Error E = Result.DB->exec("PRAGMA journal_mode = WAL;"
                                "PRAGMA synchronous = NORMAL;"
                                "PRAGMA foreign_keys = ON"))
    return std::move(E);
  if (Error E = Result.createTables())
    return std::move(E);
  return Result;
}

//===----------------------------------------------------------------------===//
// Campaigns
//===----------------------------------------------------------------------===//

static const char CampaignColumns[] =
    "SELECT id, key, created, program, record, seed, params, space, finished, "
    "spent FROM campaigns ";

StringRef campaignStateName(CampaignState S) {
  switch (S) {
  case CampaignState::Open:
    return "open";
  case CampaignState::Searched:
    return "searched";
  case CampaignState::Finished:
    return "finished";
  }
  llvm_unreachable("covered switch");
}

static CampaignInfo readCampaign(Statement &S) {
  CampaignInfo I;
  I.Id = S.integer();
  I.Key = S.text();
  I.Created = S.integer();
  I.Program = S.text();
  I.RecordId = S.text();
  StringRef(S.text()).getAsInteger(10, I.Seed);
  I.Params = S.text();
  I.SpaceHash = S.text();
  switch (S.integer()) {
  case 0:
    I.State = CampaignState::Open;
    break;
  case 2:
    I.State = CampaignState::Searched;
    break;
  default:
    I.State = CampaignState::Finished;
  }
  I.SpentSeconds = S.real();
  return I;
}

static Expected<std::vector<CampaignInfo>> readCampaigns(Statement &S) {
  std::vector<CampaignInfo> Result;
  while (true) {
    Expected<bool> Row = S.step();
    if (!Row)
      return Row.takeError();
    if (!*Row)
      return Result;
    Result.push_back(readCampaign(S));
  }
}

Expected<std::vector<CampaignInfo>> Catalog::campaigns() {
  Expected<Statement> S =
      DB->prepare(std::string(CampaignColumns) + "ORDER BY id");
  if (!S)
    return S.takeError();
  return readCampaigns(*S);
}

Expected<CampaignInfo> Catalog::campaign(int64_t Id) {
  Expected<Statement> S =
      DB->prepare(std::string(CampaignColumns) + "WHERE id = ?");
  if (!S)
    return S.takeError();
  S->bind(Id);
  Expected<bool> Row = S->step();
  if (!Row)
    return Row.takeError();
  if (!*Row)
    return createStringError(DB->path() + ": no campaign " + Twine(Id) +
                             "; see 'speciate catalog list'");
  return readCampaign(*S);
}

Expected<CampaignInfo> Catalog::findCampaign(StringRef IdOrKey) {
  Expected<std::vector<CampaignInfo>> All = campaigns();
  if (!All)
    return All.takeError();
  const CampaignInfo *Found = nullptr;
  for (const CampaignInfo &I : *All) {
    if (std::to_string(I.Id) == IdOrKey)
      return I;
    // Short prefixes are left to numbers.
    if (IdOrKey.size() < 4 || !StringRef(I.Key).starts_with(IdOrKey))
      continue;
    if (Found)
      return createStringError("'" + IdOrKey +
                               "' names several campaigns; use the number");
    Found = &I;
  }
  if (!Found)
    return createStringError(DB->path() + ": no campaign '" + IdOrKey +
                             "'; see 'speciate catalog list'");
  return *Found;
}

Expected<CampaignInfo> Catalog::beginCampaign(const CampaignInfo &Info) {
  Expected<Statement> Insert =
      DB->prepare("INSERT OR IGNORE INTO campaigns (key, created, program, "
                  "record, seed, params, space, finished, spent) "
                  "VALUES (?, ?, ?, ?, ?, ?, '', 0, 0)");
  if (!Insert)
    return Insert.takeError();
  int64_t Now = static_cast<int64_t>(std::time(nullptr));
  Insert->bind(Info.Key).bind(Now).bind(Info.Program).bind(Info.RecordId);
  Insert->bind(std::to_string(Info.Seed)).bind(Info.Params);
  if (Error E = Insert->run())
    return std::move(E);
  Expected<Statement> S =
      DB->prepare(std::string(CampaignColumns) + "WHERE key = ?");
  if (!S)
    return S.takeError();
  S->bind(Info.Key);
  if (Expected<bool> Row = S->step(); !Row)
    return Row.takeError();
  return readCampaign(*S);
}

Error Catalog::setState(int64_t Id, CampaignState State, double SpentSeconds) {
  Expected<Statement> S =
      DB->prepare("UPDATE campaigns SET finished = ?, spent = ? WHERE id = ?");
  if (!S)
    return S.takeError();
  return S->bind(static_cast<int64_t>(State)).bind(SpentSeconds).bind(Id).run();
}

Error Catalog::setSpaceHash(int64_t Id, StringRef Hash) {
  Expected<Statement> S =
      DB->prepare("UPDATE campaigns SET space = ? WHERE id = ?");
  if (!S)
    return S.takeError();
  return S->bind(Hash).bind(Id).run();
}

//===----------------------------------------------------------------------===//
// Proposals
//===----------------------------------------------------------------------===//

Error Catalog::recordProposals(int64_t Id, ArrayRef<Proposal> Proposals) {
  Expected<Transaction> T = Transaction::begin(*DB);
  if (!T)
    return T.takeError();
  for (const Proposal &P : Proposals) {
    Expected<Statement> S =
        DB->prepare("INSERT INTO proposals (campaign, generation, idx, "
                    "population, genome, lineage) VALUES (?, ?, ?, ?, ?, ?)");
    if (!S)
      return S.takeError();
    S->bind(Id).bind(P.Generation).bind(P.Index).bind(P.Population);
    S->bind(P.G.str()).bind(P.Lineage);
    if (Error E = S->run())
      return E;
  }
  return T->commit();
}

Expected<std::vector<Proposal>> Catalog::proposals(int64_t Id,
                                                   unsigned Generation) {
  Expected<Statement> S =
      DB->prepare("SELECT idx, population, genome, lineage FROM proposals "
                  "WHERE campaign = ? AND generation = ? ORDER BY idx");
  if (!S)
    return S.takeError();
  S->bind(Id).bind(Generation);
  std::vector<Proposal> Result;
  while (true) {
    Expected<bool> Row = S->step();
    if (!Row)
      return Row.takeError();
    if (!*Row)
      return Result;
    Proposal P;
    P.Generation = Generation;
    P.Index = static_cast<unsigned>(S->integer());
    P.Population = S->text();
    std::string Text = S->text();
    Expected<Genome> G = Genome::parse(Text);
    if (!G)
      return createStringError(DB->path() + ": campaign " + Twine(Id) +
                               ", generation " + Twine(Generation) +
                               ", proposal " + Twine(P.Index) +
                               ": damaged genome: " + toString(G.takeError()));
    if (G->str() != Text)
      return createStringError(DB->path() + ": campaign " + Twine(Id) +
                               ", generation " + Twine(Generation) +
                               ", proposal " + Twine(P.Index) +
                               ": genome text is not canonical");
    P.G = std::move(*G);
    P.Lineage = S->text();
    Result.push_back(std::move(P));
  }
}

Expected<unsigned> Catalog::generations(int64_t Id) {
  Expected<Statement> S =
      DB->prepare("SELECT ifnull(max(generation) + 1, 0) FROM proposals "
                  "WHERE campaign = ?");
  if (!S)
    return S.takeError();
  S->bind(Id);
  if (Expected<bool> Row = S->step(); !Row)
    return Row.takeError();
  return static_cast<unsigned>(S->integer());
}

//===----------------------------------------------------------------------===//
// Outcomes
//===----------------------------------------------------------------------===//

/// Over the exact bits of the doubles, so that no formatting is involved.
static std::string digest(const Proposal &P, const Outcome &O) {
  auto Bits = [](double D) {
    uint64_t B;
    std::memcpy(&B, &D, sizeof B);
    return hex64(B);
  };
  std::string NoOps = join(O.NoOps, "\n");
  std::string Genome = P.G.str();
  std::string Numbers = Bits(O.S.Ratio) + Bits(O.S.Low) + Bits(O.S.High) +
                        Bits(O.S.Seconds) + std::to_string(O.S.Pairs);
  std::string Windows;
  for (const WindowScore &W : O.Windows)
    Windows += W.Window + "\n" + Bits(W.Weight) + Bits(W.OriginalCycles) +
               Bits(W.Cycles) + "\n";
  StringRef Parts[] = {Genome,
                       P.Population,
                       P.Lineage,
                       outcomeName(O.K),
                       verdictName(O.V.Kind),
                       O.V.Detail,
                       Numbers,
                       O.CodeHash,
                       NoOps,
                       O.Failure,
                       Windows};
  return contentHash(ArrayRef<StringRef>(Parts));
}

Error Catalog::recordOutcome(int64_t Id, const Proposal &P, const Outcome &O,
                             double SpentSeconds) {
  Expected<Transaction> T = Transaction::begin(*DB);
  if (!T)
    return T.takeError();
  Expected<Statement> S = DB->prepare(
      "INSERT INTO results (campaign, generation, idx, outcome, verdict, "
      "detail, ratio, low, high, pairs, seconds, code, noops, failure, digest) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!S)
    return S.takeError();
  S->bind(Id).bind(P.Generation).bind(P.Index).bind(outcomeName(O.K));
  S->bind(verdictName(O.V.Kind)).bind(O.V.Detail);
  S->bind(O.S.Ratio).bind(O.S.Low).bind(O.S.High).bind(O.S.Pairs);
  S->bind(O.S.Seconds).bind(O.CodeHash).bind(join(O.NoOps, "\n"));
  S->bind(O.Failure).bind(digest(P, O));
  if (Error E = S->run())
    return E;
  for (auto [Number, W] : enumerate(O.Windows)) {
    Expected<Statement> Row = DB->prepare(
        "INSERT INTO windows (campaign, generation, idx, number, name, weight, "
        "original_cycles, cycles) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    if (!Row)
      return Row.takeError();
    Row->bind(Id).bind(P.Generation).bind(P.Index);
    Row->bind(static_cast<unsigned>(Number)).bind(W.Window).bind(W.Weight);
    Row->bind(W.OriginalCycles).bind(W.Cycles);
    if (Error E = Row->run())
      return E;
  }
  Expected<Statement> Spent =
      DB->prepare("UPDATE campaigns SET spent = ? WHERE id = ?");
  if (!Spent)
    return Spent.takeError();
  if (Error E = Spent->bind(SpentSeconds).bind(Id).run())
    return E;
  return T->commit();
}

Expected<std::map<unsigned, std::vector<WindowScore>>>
Catalog::windows(int64_t Id, unsigned Generation) {
  Expected<Statement> S = DB->prepare(
      "SELECT idx, name, weight, original_cycles, cycles FROM windows "
      "WHERE campaign = ? AND generation = ? ORDER BY idx, number");
  if (!S)
    return S.takeError();
  S->bind(Id).bind(Generation);
  std::map<unsigned, std::vector<WindowScore>> Result;
  while (true) {
    Expected<bool> Row = S->step();
    if (!Row)
      return Row.takeError();
    if (!*Row)
      return std::move(Result);
    auto Index = static_cast<unsigned>(S->integer());
    WindowScore W;
    W.Window = S->text();
    W.Weight = S->real();
    W.OriginalCycles = S->real();
    W.Cycles = S->real();
    Result[Index].push_back(std::move(W));
  }
}

Expected<std::map<unsigned, Outcome>> Catalog::outcomes(int64_t Id,
                                                        unsigned Generation) {
  Expected<std::vector<Proposal>> Of = proposals(Id, Generation);
  if (!Of)
    return Of.takeError();
  Expected<std::map<unsigned, std::vector<WindowScore>>> Windows =
      windows(Id, Generation);
  if (!Windows)
    return Windows.takeError();
  Expected<Statement> S = DB->prepare(
      "SELECT idx, outcome, verdict, detail, ratio, low, high, pairs, seconds, "
      "code, noops, failure, digest FROM results "
      "WHERE campaign = ? AND generation = ? ORDER BY idx");
  if (!S)
    return S.takeError();
  S->bind(Id).bind(Generation);
  std::map<unsigned, Outcome> Result;
  while (true) {
    Expected<bool> Row = S->step();
    if (!Row)
      return Row.takeError();
    if (!*Row)
      return Result;
    auto Index = static_cast<unsigned>(S->integer());
    Outcome O;
    std::optional<Outcome::Kind> Kind = parseOutcome(S->text());
    std::optional<VerdictKind> Verdict = parseVerdict(S->text());
    O.V.Detail = S->text();
    O.S.Ratio = S->real();
    O.S.Low = S->real();
    O.S.High = S->real();
    O.S.Pairs = static_cast<unsigned>(S->integer());
    O.S.Seconds = S->real();
    O.CodeHash = S->text();
    std::string NoOps = S->text();
    SmallVector<StringRef> Lines;
    StringRef(NoOps).split(Lines, '\n', -1, false);
    for (StringRef Line : Lines)
      O.NoOps.push_back(Line.str());
    O.Failure = S->text();
    O.Windows = std::move((*Windows)[Index]);
    std::string Stored = S->text();
    bool Good = Kind && Verdict && Index < Of->size();
    if (Good) {
      O.K = *Kind;
      O.V.Kind = *Verdict;
      Good = digest((*Of)[Index], O) == Stored;
    }
    if (!Good)
      return createStringError(
          DB->path() + ": campaign " + Twine(Id) + ", generation " +
          Twine(Generation) + ", proposal " + Twine(Index) +
          ": the result does not match its digest; it was changed or damaged");
    Result[Index] = std::move(O);
  }
}

//===----------------------------------------------------------------------===//
// Artefacts
//===----------------------------------------------------------------------===//

static std::string objectPath(StringRef Dir, StringRef Hash) {
  return (Dir + "/objects/" + Hash.take_front(2) + "/" + Hash.drop_front(2))
      .str();
}

Error Catalog::setArtefact(int64_t Id, StringRef Name, StringRef Bytes) {
  std::string Hash = contentHash(Bytes);
  std::string Path = objectPath(Dir, Hash);
  // The object before its name: a name never dangles.
  if (!sys::fs::exists(Path))
    if (Error E = writeFileAtomically(Path, Bytes))
      return E;
  Expected<Statement> S =
      DB->prepare("INSERT OR REPLACE INTO artefacts (campaign, name, object) "
                  "VALUES (?, ?, ?)");
  if (!S)
    return S.takeError();
  return S->bind(Id).bind(Name).bind(Hash).run();
}

Expected<std::string> Catalog::artefactHash(int64_t Id, StringRef Name) {
  Expected<Statement> S = DB->prepare(
      "SELECT object FROM artefacts WHERE campaign = ? AND name = ?");
  if (!S)
    return S.takeError();
  S->bind(Id).bind(Name);
  Expected<bool> Row = S->step();
  if (!Row)
    return Row.takeError();
  return *Row ? S->text() : std::string();
}

Expected<std::map<std::string, std::string>> Catalog::artefacts(int64_t Id) {
  Expected<Statement> S =
      DB->prepare("SELECT name, object FROM artefacts WHERE campaign = ?");
  if (!S)
    return S.takeError();
  S->bind(Id);
  std::map<std::string, std::string> Result;
  while (true) {
    Expected<bool> Row = S->step();
    if (!Row)
      return Row.takeError();
    if (!*Row)
      return Result;
    std::string Name = S->text();
    Result[Name] = S->text();
  }
}

Expected<std::vector<std::string>> Catalog::integrityProblems() {
  std::vector<std::string> Result;
  Expected<Statement> Pages = DB->prepare("PRAGMA integrity_check");
  if (!Pages)
    return Pages.takeError();
  while (true) {
    Expected<bool> Row = Pages->step();
    if (!Row)
      return Row.takeError();
    if (!*Row)
      break;
    std::string Line = Pages->text();
    if (Line != "ok")
      Result.push_back(Line);
  }
  Expected<Statement> Keys = DB->prepare("PRAGMA foreign_key_check");
  if (!Keys)
    return Keys.takeError();
  while (true) {
    Expected<bool> Row = Keys->step();
    if (!Row)
      return Row.takeError();
    if (!*Row)
      return Result;
    Result.push_back("a row of " + Keys->text() + " refers to nothing");
  }
}

Expected<std::optional<std::string>> Catalog::artefact(int64_t Id,
                                                       StringRef Name) {
  Expected<std::string> Hash = artefactHash(Id, Name);
  if (!Hash)
    return Hash.takeError();
  if (Hash->empty())
    return std::optional<std::string>();
  Expected<std::string> Bytes = readFile(objectPath(Dir, *Hash));
  if (!Bytes)
    return Bytes.takeError();
  if (contentHash(StringRef(*Bytes)) != *Hash)
    return createStringError(
        objectPath(Dir, *Hash) +
        ": damaged; move it away and start a new campaign");
  return std::optional<std::string>(std::move(*Bytes));
}

} // namespace speciate
