//===- passes/sites/Sites.h - Numbering the places with a choice
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_SITES_SITES_H
#define SPECIATE_PASSES_SITES_SITES_H

#include "gp/genome/Genome.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/ValueHandle.h"
#include <map>
#include <vector>

namespace llvm {
class Function;
class Instruction;
} // namespace llvm

namespace speciate {

/// The statement that passes/arena puts at the header of a loop. It is not part
/// of the function: neither hashed nor numbered, so that a gene finds its site
/// in a marked function too.
bool isArenaMarker(const llvm::Instruction &I);

/// A site and the IR it stands for.
struct SiteRef {
  SiteId Id;
  /// The function; the instruction of a call, branch, select, switch or load;
  /// of a loop, the terminator-independent handle on its header block. Null
  /// once an earlier gene has deleted it.
  llvm::WeakTrackingVH Where;
};

/// A hash of the control-flow graph and of the opcodes of \p F, before any
/// change: equal for the same function in another build of the same source,
/// whatever the names of its values and whatever happened to other functions.
/// Never 0.
uint64_t cfgHash(const llvm::Function &F);

/// The GUID that PGO and the summaries use: it tells apart internal functions
/// of the same name in different files. For functions that were promoted to a
/// unique name it is that of the original (metadata "speciate.guid").
uint64_t functionGuid(const llvm::Function &F);

/// Pins functionGuid(F) to \p Guid through renaming and changes of linkage.
void setFunctionGuid(llvm::Function &F, uint64_t Guid);

/// Every site of one function at one level, in program order: the function,
/// its loops (outer before inner, in order of their headers), conditional
/// branches, selects, switches, calls (no intrinsics), loads.
///
/// Numbered when constructed; changes to the function afterwards do not move
/// any id.
class SiteMap {
public:
  SiteMap(llvm::Function &F, Level At, const llvm::LoopInfo &LI);

  const std::vector<SiteRef> &sites() const { return Sites; }
  /// Null if the function has no such site, or a site of another hash.
  const SiteRef *find(const SiteId &Id) const;

  /// Numbers the sites that are new since the construction or the last call,
  /// which \p Maker, a gene of this function, has made. In place of the hash of
  /// the function they have one of the gene and of what it made: whatever other
  /// genes do, a gene for such a site finds the same or none. Returns how many.
  size_t addMadeBy(const Gene &Maker, const llvm::LoopInfo &LI);

private:
  llvm::Function &F;
  Level At;
  std::vector<SiteRef> Sites;
  std::map<SiteId, size_t> Index;
};

} // namespace speciate

#endif
