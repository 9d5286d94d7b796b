//===- driver/record/StoreLock.h - Putting records and forgetting, apart
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RECORD_STORELOCK_H
#define SPECIATE_DRIVER_RECORD_STORELOCK_H

#include "llvm/ADT/StringRef.h"

namespace speciate {

/// Whoever puts a record finds objects that are there already, and whoever
/// forgets has decided before that these are old: so many may put, or one may
/// forget. The lock ends with its object and with the process, however that
/// ends.
class StoreLock {
public:
  enum class Mode { Put, Forget };
  /// Waits for the lock of the store folder \p Dir. Where no file can be
  /// opened, nothing can be put or forgotten either: there it locks nothing.
  StoreLock(llvm::StringRef Dir, Mode M);
  ~StoreLock();
  StoreLock(const StoreLock &) = delete;
  StoreLock &operator=(const StoreLock &) = delete;

private:
  int Fd;
};

} // namespace speciate

#endif
