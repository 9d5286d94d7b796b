//===- gp/engine/SpaceJson.h - Search spaces as JSON
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_ENGINE_SPACEJSON_H
#define SPECIATE_GP_ENGINE_SPACEJSON_H

#include "gp/engine/Interfaces.h"
#include "llvm/Support/JSON.h"

namespace speciate {

/// The canonical form of sites, regions and spaces: equal spaces give equal
/// bytes, and fromJson(toJson(X)) is X.
llvm::json::Value toJson(const Site &S);
llvm::json::Value toJson(const Region &R);
llvm::json::Value toJson(const SearchSpace &S);
/// {"sites": [...]}
llvm::json::Value sitesToJson(const std::vector<Site> &Sites);

/// Errors name the field.
llvm::Expected<Site> siteFromJson(const llvm::json::Value &V);
llvm::Expected<std::vector<Site>> sitesFromJson(const llvm::json::Value &V);
llvm::Expected<Region> regionFromJson(const llvm::json::Value &V);
llvm::Expected<SearchSpace> spaceFromJson(const llvm::json::Value &V);

} // namespace speciate

#endif
