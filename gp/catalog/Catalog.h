//===- gp/catalog/Catalog.h - Everything that was ever proposed and learned
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// <store>/catalog.db is an SQLite database in WAL mode; large things are
// objects of the same store (<store>/objects/ab/cdef...), named by their
// content hash. Every proposal of a generation is written in one transaction
// before the first of them is evaluated, and every outcome in one transaction
// the moment it is known. A process killed at any instant therefore leaves a
// catalog from which the search continues, short of what was in flight at most.
// (synchronous=NORMAL: a power cut, unlike a kill, may also lose the last few
// transactions, never the order of them.)
//
// Every outcome carries a digest of itself and of its proposal, so that a
// catalog that was edited or damaged is noticed.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_CATALOG_CATALOG_H
#define SPECIATE_GP_CATALOG_CATALOG_H

#include "gp/catalog/Campaign.h"
#include "gp/catalog/Sqlite.h"
#include "llvm/ADT/ArrayRef.h"
#include <map>
#include <optional>

namespace speciate {

/// How far a campaign got. Numbers are those in the database.
enum class CampaignState {
  Open = 0,     ///< Searching, or cut off: the same command goes on with it.
  Searched = 2, ///< The search has ended and nothing has shipped yet: `search`
                ///< stops here, and the same `optimize` goes on from here.
  Finished = 1, ///< Its result was written; the same command begins a new one.
};
llvm::StringRef campaignStateName(CampaignState S); ///< "open", "searched"

struct CampaignInfo {
  int64_t Id = 0; ///< Set by the catalog.
  /// What makes two runs the same campaign, chosen by the caller: a hash over
  /// record, workloads, parameters, seed. A run with a known key resumes.
  std::string Key;
  std::string Program; ///< Name, for reports.
  std::string RecordId;
  uint64_t Seed = 0;
  std::string Params; ///< SearchParams as JSON.
  std::string
      SpaceHash; ///< Object of the first plan's space; set by the search.
  CampaignState State = CampaignState::Open;
  double SpentSeconds = 0; ///< Of search, over all runs.
  int64_t Created = 0;     ///< Seconds since 1970; for reports only.
};

/// Used by one thread at a time; several processes may use one store.
class Catalog {
public:
  /// Creates store and database if missing. Errors: locked, damaged, made by a
  /// newer version, not writable.
  static llvm::Expected<Catalog> open(llvm::StringRef StoreDir);

  /// The campaign with Info.Key, begun if there is none. The stored fields win.
  llvm::Expected<CampaignInfo> beginCampaign(const CampaignInfo &Info);
  llvm::Expected<std::vector<CampaignInfo>> campaigns();
  llvm::Expected<CampaignInfo> campaign(int64_t Id);
  /// By number or by the first digits of its key. Errors name what is close.
  llvm::Expected<CampaignInfo> findCampaign(llvm::StringRef IdOrKey);
  llvm::Error setState(int64_t Id, CampaignState State, double SpentSeconds);
  llvm::Error setSpaceHash(int64_t Id, llvm::StringRef Hash);

  /// All or nothing.
  llvm::Error recordProposals(int64_t Id, llvm::ArrayRef<Proposal> Proposals);
  /// In order of Index; empty if the generation was never proposed.
  llvm::Expected<std::vector<Proposal>> proposals(int64_t Id,
                                                  unsigned Generation);
  /// The number of generations with proposals.
  llvm::Expected<unsigned> generations(int64_t Id);

  /// With the search time spent so far, in one transaction.
  llvm::Error recordOutcome(int64_t Id, const Proposal &P, const Outcome &O,
                            double SpentSeconds);
  /// By index. An error if a row does not match its digest.
  llvm::Expected<std::map<unsigned, Outcome>> outcomes(int64_t Id,
                                                       unsigned Generation);

  /// Names an object for a campaign, such as its profile, so that a restarted
  /// campaign uses the same bytes.
  llvm::Error setArtefact(int64_t Id, llvm::StringRef Name,
                          llvm::StringRef Bytes);
  llvm::Expected<std::optional<std::string>> artefact(int64_t Id,
                                                      llvm::StringRef Name);
  /// The object's hash, or "".
  llvm::Expected<std::string> artefactHash(int64_t Id, llvm::StringRef Name);
  /// Name -> hash of the object.
  llvm::Expected<std::map<std::string, std::string>> artefacts(int64_t Id);

  /// What SQLite finds wrong with the file, one line each; empty if nothing.
  llvm::Expected<std::vector<std::string>> integrityProblems();

  const std::string &storeDir() const { return Dir; }

private:
  Catalog(std::string Dir, std::unique_ptr<Database> DB)
      : Dir(std::move(Dir)), DB(std::move(DB)) {}
  llvm::Error createTables();
  llvm::Expected<std::map<unsigned, std::vector<WindowScore>>>
  windows(int64_t Id, unsigned Generation);

  std::string Dir;
  std::unique_ptr<Database> DB;
};

} // namespace speciate

#endif
