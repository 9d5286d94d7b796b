//===- profiles/model/Model.cpp - A merged profile in memory
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/model/Model.h"
#include "profiles/read/RawProfile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>
#include <tuple>

using namespace llvm;

namespace speciate {

Expected<ProfileModel> readModel(StringRef Indexed) {
  Expected<LoadedProfile> Loaded = loadProfile(Indexed);
  if (!Loaded)
    return Loaded.takeError();
  ProfileModel Model;
  for (const NamedInstrProfRecord &Record : Loaded->Records) {
    FunctionProfile F;
    F.Name = Record.Name.str();
    F.CfgHash = Record.Hash;
    F.Counters = Record.Counts.size();
    for (uint64_t Count : Record.Counts) {
      F.Total = SaturatingAdd(F.Total, Count);
      F.Max = std::max(F.Max, Count);
    }
    F.IndirectCallSites = Record.getNumValueSites(IPVK_IndirectCallTarget);
    F.MemorySizeSites = Record.getNumValueSites(IPVK_MemOPSize);
    Model.Total = SaturatingAdd(Model.Total, F.Total);
    Model.Executed += F.Total != 0;
    Model.IndirectCallSites += F.IndirectCallSites;
    Model.MemorySizeSites += F.MemorySizeSites;
    Model.Functions.push_back(std::move(F));
  }
  llvm::sort(Model.Functions,
             [](const FunctionProfile &A, const FunctionProfile &B) {
               return std::tie(A.Name, A.CfgHash) < std::tie(B.Name, B.CfgHash);
             });
  return std::move(Model);
}

std::vector<size_t> ProfileModel::hottest(size_t N) const {
  std::vector<size_t> Order(Functions.size());
  std::iota(Order.begin(), Order.end(), 0);
  llvm::sort(Order, [&](size_t A, size_t B) {
    if (Functions[A].Total != Functions[B].Total)
      return Functions[A].Total > Functions[B].Total;
    return A < B;
  });
  Order.resize(std::min(N, Order.size()));
  return Order;
}

} // namespace speciate
