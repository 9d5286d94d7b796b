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

/// "1.052  [1.031, 1.070]", or that there are too few pairs for an interval.
std::string intervalText(const Score &S);
/// Two numbers, or two nulls without an interval.
llvm::json::Array intervalJson(const Score &S);

/// A gene with its evidence and gain, in the form of speciate.report/1.
llvm::json::Value geneToJson(const ShippedGene &G);
llvm::Expected<ShippedGene> geneFromJson(const llvm::json::Value &V);

} // namespace speciate

#endif
