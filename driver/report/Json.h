//===- driver/report/Json.h - Parts that recipes and reports share, as JSON
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_REPORT_JSON_H
#define SPECIATE_DRIVER_REPORT_JSON_H

#include "driver/relink/Recipe.h"
#include "llvm/Support/JSON.h"

namespace speciate {

/// A gene with its evidence and gain, in the form of speciate.report/1.
llvm::json::Value geneToJson(const ShippedGene &G);
llvm::Expected<ShippedGene> geneFromJson(const llvm::json::Value &V);

} // namespace speciate

#endif
