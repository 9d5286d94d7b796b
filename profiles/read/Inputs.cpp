//===- profiles/read/Inputs.cpp - Profiles of every kind that a user names
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/read/Inputs.h"
#include "profiles/merge/Merge.h"
#include "profiles/perf/PerfImport.h"
#include "runtime/speciate_detail_abi.h"
#include "support/File.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"

using namespace llvm;

namespace speciate {

static void addPerf(const WeightedInput &Input, StringRef Bytes,
                    StringRef Program, ProfileInputs &Into) {
  Expected<PerfImport> Read = importPerf(Bytes, Program);
  if (!Read) {
    Into.Detail.Skipped.push_back(Input.Path + ": " +
                                  toString(Read.takeError()));
    return;
  }
  Into.Detail.Profile.add(Read->Profile, Input.Weight);
  ++Into.Detail.Files;
  for (const std::string &Note : Read->notes())
    Into.Notes.push_back(Input.Path + ": " + Note);
}

Expected<ProfileInputs> readProfileInputs(ArrayRef<std::string> Files,
                                          StringRef Program) {
  ProfileInputs Result;
  std::vector<DetailInput> Details;
  for (const std::string &Given : Files) {
    const WeightedInput Input = parseInput(Given);
    if (sys::fs::is_directory(Input.Path)) {
      Expected<std::vector<std::string>> Inside = detailFiles(Input.Path);
      if (!Inside)
        return Inside.takeError();
      for (std::string &Path : *Inside)
        Details.push_back({std::move(Path), Input.Weight});
      Result.Counts.push_back(Given);
      continue;
    }
    Expected<std::string> Bytes = readFile(Input.Path);
    if (Bytes && (isDetailProfile(*Bytes) ||
                  StringRef(Input.Path).ends_with(rt::DetailSuffix))) {
      Details.push_back({Input.Path, Input.Weight});
      continue;
    }
    if (Bytes && isPerfFile(*Bytes)) {
      addPerf(Input, *Bytes, Program, Result);
      continue;
    }
    consumeError(Bytes.takeError()); // mergeProfiles says it.
    Result.Counts.push_back(Given);
  }
  DetailRead Read = readDetailFiles(Details);
  Result.Detail.Profile.add(Read.Profile);
  Result.Detail.Files += Read.Files;
  append_range(Result.Detail.Skipped, Read.Skipped);
  return std::move(Result);
}

} // namespace speciate
