//===- passes/operators/PrincipalPath.h - The frequent path first
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region level. The branches of a frequent path become one test, and behind it
// a copy of the path with all of them decided; then those of the second and of
// the third path; everything else runs in the original. What was tested is not
// tested again in the copies, and what equals a constant on the path is one.
//
//   branch   path=A.B.C;share=P             the branch is A, and the first
//            path=A.B.C+D.E;share=P+Q       two paths, in this order; A and D
//                                           are this branch, either way
//            at=loop;...                    the test is in front of the
//                                           innermost loop around the branch
//            at=entry;...                   at the end of the entry block
//
// A to E are numbers of branches with t or f, the way taken ("3f": branch 3
// goes to its second successor). P and Q are the shares in percent of those
// that come to the test. HotPath.h has the argument for correctness. With a
// loop, the copy is the whole loop, so its conditions must not change in it.
//
// Shares are those of the counted paths where there are any
// (passes/instrument/PrincipalPaths.h), and of branch weights, as if branches
// were independent, where there are none. A branch joins the path if the shares
// of all together say that more is saved with it than without.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_PRINCIPALPATH_H
#define SPECIATE_PASSES_OPERATORS_PRINCIPALPATH_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createPrincipalPath();

} // namespace speciate

#endif
