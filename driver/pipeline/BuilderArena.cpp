//===- driver/pipeline/BuilderArena.cpp - Programs and images for the arena
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The part of ProgramBuilder that makes what the arena runs.
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/ProgramBuilder.h"
#include "support/File.h"
#include "support/Hash.h"
#include "support/Parallel.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace speciate {

Expected<ArenaProgram> ProgramBuilder::arenaProgram(const Genome &G,
                                                    StringRef Runtime) {
  Expected<Planned> P = plan(G.atLevel(Level::Plan));
  if (!P)
    return P.takeError();
  Expected<std::string> Found =
      Runtime.empty() ? findArenaRuntime() : Runtime.str();
  if (!Found)
    return Found.takeError();
  Expected<std::string> RuntimeBytes = readFile(*Found);
  if (!RuntimeBytes)
    return RuntimeBytes.takeError();
  std::vector<std::string> Objects(P->Regions.size());
  Error E = parallelFor(C.Jobs, Objects.size(), [&](size_t I) -> Error {
    std::vector<std::string> NoOps;
    Expected<RegionObject> Object =
        region(*P, I, Genome(), {"--arena", "host"}, NoOps);
    if (!Object)
      return Object.takeError();
    Objects[I] = std::move(Object->Path);
    return Error::success();
  });
  if (E)
    return std::move(E);
  ArenaProgram Result;
  for (auto [Space, Passes] : zip_equal(P->Regions, P->MarkerMinPasses))
    Result.Regions.push_back({Space, Passes});
  Result.Refused = P->Refused;
  std::vector<std::string> Key = Objects;
  Key.push_back(P->Dir);
  Key.push_back(contentHash(*RuntimeBytes));
  Expected<std::string> Path = C.cached("arena-program", Key);
  if (!Path)
    return Path.takeError();
  Result.Path = *Path;
  E = once(*Path, [&]() -> Error {
    if (sys::fs::exists(*Path))
      return Error::success();
    return linkArenaProgram(C, P->Dir, Objects, *Found, *Path);
  });
  if (E)
    return std::move(E);
  return std::move(Result);
}

void ProgramBuilder::prepareArenaImages(const Genome &G) {
  Expected<Planned> P = plan(G.atLevel(Level::Plan));
  if (!P) {
    consumeError(P.takeError());
    return;
  }
  consumeError(parallelFor(C.Jobs, P->Regions.size(), [&](size_t I) -> Error {
    // What fails says why when the image is asked for.
    consumeError(image(*P, I, Genome(), "").takeError());
    return Error::success();
  }));
}

Expected<ArenaImageObject> ProgramBuilder::arenaImage(const Genome &G,
                                                      size_t Index) {
  Expected<Planned> P = plan(G.atLevel(Level::Plan));
  if (!P)
    return P.takeError();
  if (Index >= P->Regions.size())
    return createStringError("the plan has no region %zu", Index);
  return image(*P, Index, G.ofFunction(Level::Region, P->Regions[Index].Guid),
               "");
}

Expected<ArenaImageObject> ProgramBuilder::arenaImageOfSlice(const Genome &G,
                                                             size_t Index,
                                                             StringRef Slice) {
  Expected<Planned> P = plan(G.atLevel(Level::Plan));
  if (!P)
    return P.takeError();
  return image(*P, Index, Genome(), Slice);
}

Expected<ArenaImageObject> ProgramBuilder::image(const Planned &P, size_t Index,
                                                 const Genome &Genes,
                                                 StringRef OtherSlice) {
  ArenaImageObject Result;
  std::vector<std::string> Words = {"--arena", "image", "--marker",
                                    std::to_string(P.MarkerMinPasses[Index])};
  Expected<RegionObject> Object =
      region(P, Index, Genes, Words, Result.NoOps, OtherSlice);
  if (!Object)
    return Object.takeError();
  Result.Path = Object->Path;
  Expected<std::string> Bytes = readFile(Result.Path);
  if (!Bytes)
    return Bytes.takeError();
  Result.Object = std::move(*Bytes);
  Result.CodeHash = contentHash(Result.Object);
  const json::Object *Report = Object->Report.getAsObject();
  if (const json::Object *Marker =
          Report ? Report->getObject("marker") : nullptr)
    Result.Marker = formatv("{0} at depth {1}, {2:f0} passes",
                            Marker->getString("loop").value_or("a loop"),
                            Marker->getInteger("depth").value_or(0),
                            Marker->getNumber("passes").value_or(0));
  return std::move(Result);
}

} // namespace speciate
