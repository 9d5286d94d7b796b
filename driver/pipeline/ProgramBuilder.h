//===- driver/pipeline/ProgramBuilder.h - Variants of a recorded program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is shared is made once: a plan (merge, early half, slices, the rest of
// the program) for each set of plan genes, a region's object for each set of
// its genes, a detailed profile for each plan, a BOLT profile for each program.
// All of it is kept in the cache of the store, by content.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_PIPELINE_PROGRAMBUILDER_H
#define SPECIATE_DRIVER_PIPELINE_PROGRAMBUILDER_H

#include "driver/pipeline/ArenaProgram.h"
#include "driver/pipeline/Build.h"
#include "gp/engine/Interfaces.h"
#include "passes/operators/Operator.h"
#include <future>
#include <map>
#include <mutex>

namespace speciate {

class ProgramBuilder : public VariantBuilder {
public:
  /// \p Profile: path of the indexed profile of the campaign. \p Baseline was
  /// built from it. \p Train is called from build() for genomes with BOLT.
  static llvm::Expected<std::unique_ptr<ProgramBuilder>>
  create(BuildContext C, std::string Profile, LtoBuild Baseline, Trainer Train);

  Variant build(const Genome &G) override;
  /// The program of build() at another placement (Build.h).
  llvm::Expected<std::string> buildAt(const Genome &G, unsigned Placement);
  llvm::Expected<SearchSpace> space(const Genome &Plan) override;
  llvm::Expected<std::vector<Site>> madeSites(const Genome &Plan, uint64_t Guid,
                                              const Genome &Genes) override;

  /// The fdata that a genome with BOLT was laid out by, for its recipe. Empty
  /// for a genome without.
  llvm::Expected<std::string> boltProfile(const Genome &G);
  /// From a recipe: used instead of training for the genome's program.
  void provideBoltProfile(std::string Fdata) { Provided = std::move(Fdata); }

  /// Records of the processor's own guesses, which outweigh those of the model.
  void useBranchRecords(DetailProfile Records) {
    BranchRecords = std::move(Records);
  }

  /// The program of the empty plan whose regions report in detail
  /// (runtime/detail), to where the environment says.
  llvm::Error linkDetail(llvm::StringRef Output);

  /// Why the regions under the empty plan have no detailed profile, or "".
  /// Known after space().
  std::string detailNote();
  /// What the facts did to the program of the empty plan.
  struct FactsEffect {
    std::vector<unsigned> Places; ///< Of each fact.
    /// Of the planned program without them.
    std::vector<std::string> RemovedFunctions;
    int64_t RemovedBlocks = 0;
  };
  llvm::Expected<FactsEffect> factsEffect();
  /// Hot functions that are not regions, under the empty plan, and why.
  llvm::Expected<std::vector<std::string>> refusedRegions();

  /// The arena program of the plan genes of \p G, which are all that counts.
  /// \p Runtime: path of the runtime's object; "": findArenaRuntime.
  llvm::Expected<ArenaProgram> arenaProgram(const Genome &G,
                                            llvm::StringRef Runtime = "");
  /// The image of region \p Index of that program under the region genes of
  /// \p G that name it; none: the original. With the region's marker. An Error
  /// is the candidate's. Both may be called from several threads at once.
  llvm::Expected<ArenaImageObject> arenaImage(const Genome &G, size_t Index);
  /// Builds the images of all regions without genes, several at a time, for
  /// arenaImage() to find.
  void prepareArenaImages(const Genome &G);

  /// Path of the IR of region \p Index under the plan genes of \p G.
  llvm::Expected<std::string> regionSlice(const Genome &G, size_t Index);
  /// What a region becomes: its function's name, and its IR as it goes to code
  /// generation.
  struct RegionText {
    std::string Function;
    std::string Ir;
  };
  /// Of every region under the plan genes of \p G, with its genes.
  llvm::Expected<std::vector<RegionText>> regionTexts(const Genome &G);
  /// For tests: the image of the IR in the file \p Slice, in the region's
  /// place, without genes.
  llvm::Expected<ArenaImageObject>
  arenaImageOfSlice(const Genome &G, size_t Index, llvm::StringRef Slice);

private:
  ProgramBuilder(BuildContext C, std::string Profile, LtoBuild Baseline,
                 Trainer Train)
      : C(std::move(C)), Profile(std::move(Profile)),
        Baseline(std::move(Baseline)), Train(std::move(Train)) {}

  /// The result of the plan stage: a folder.
  struct Planned {
    std::string Dir;
    std::vector<Region> Regions;
    /// See ArenaProgramRegion, for each region.
    std::vector<uint64_t> MarkerMinPasses;
    /// Regions whose loops are regions too -> these loops.
    std::map<size_t, std::vector<size_t>> Cuts;
    std::vector<std::string> Refused;
    std::vector<std::string> NoOps;
    std::vector<std::string> Functions; ///< Of the planned program.
    int64_t Blocks = 0;
  };

  struct Objects {
    std::vector<std::string> Paths;
    std::vector<std::string> NoOps;
  };

  llvm::Error readPlanSites();
  /// Runs \p Make for \p Key unless it has run or is running; waits for it.
  llvm::Error once(const std::string &Key,
                   llvm::function_ref<llvm::Error()> Make);
  llvm::Expected<Planned> plan(const Genome &PlanGenes);
  /// Base of the paths of what is made of a unit under \p Genes and the facts:
  /// .o, .noops, .facts.
  llvm::Expected<std::string> planUnit(size_t Unit, const Genome &Genes);
  llvm::Expected<std::vector<std::string>>
  planUnits(const Genome &PlanGenes, std::vector<std::string> &NoOps);
  /// Adds to the regions of \p P what a run with detailed regions shows about
  /// their values and branches.
  llvm::Error addDetailChoices(Planned &P);
  llvm::Error makeDetailChoices(const Planned &P, llvm::StringRef Output);
  llvm::Error linkDetail(const Planned &P, llvm::StringRef Folder,
                         llvm::StringRef Output);
  /// A region's object, and what the stage reported.
  struct RegionObject {
    std::string Path;
    llvm::json::Value Report = nullptr;
  };
  /// \p Arena: words that are added to the stage's command.
  llvm::Expected<RegionObject> region(const Planned &P, size_t Index,
                                      const Genome &Genes,
                                      const std::vector<std::string> &Arena,
                                      std::vector<std::string> &NoOps,
                                      llvm::StringRef OtherSlice = "");
  llvm::Expected<ArenaImageObject> image(const Planned &P, size_t Index,
                                         const Genome &Genes,
                                         llvm::StringRef OtherSlice);
  llvm::Expected<Objects> objects(const Genome &G);
  llvm::Expected<LayoutChoices> layout(const Genome &G,
                                       std::vector<std::string> &NoOps);
  llvm::Expected<std::string> linkObjects(const std::vector<std::string> &Paths,
                                          const LayoutChoices &Layout,
                                          unsigned Placement = 0);
  llvm::Expected<std::string> fdataFor(const std::string &Linked);
  llvm::Expected<Variant> tryBuild(const Genome &G, unsigned Placement = 0);

  BuildContext C;
  std::string Profile;
  std::string ProfileHash;
  LtoBuild Baseline;
  Trainer Train;
  std::string Provided;
  DetailProfile BranchRecords; ///< Only Hardware.
  std::vector<Site> PlanSites;
  /// GUID of a function -> the unit that defines it.
  std::map<uint64_t, size_t> UnitOfFunction;

  std::string DetailNote; ///< Of the empty plan. Guarded by Lock.
  std::mutex Lock;
  std::map<std::string, std::shared_future<std::string>> Done;
};

} // namespace speciate

#endif
