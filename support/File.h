//===- support/File.h - Files that are whole or absent
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_SUPPORT_FILE_H
#define SPECIATE_SUPPORT_FILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include <string>

namespace speciate {

/// The bytes of \p Path. The error names the file.
llvm::Expected<std::string> readFile(llvm::StringRef Path);

/// Writes \p Bytes to a temporary file beside \p Path, syncs it if \p Durable,
/// and renames it over \p Path, so that a reader (and a crash, and a full disk)
/// sees the old file or the new one and never half of one. Creates missing
/// folders. The file gets \p Mode.
llvm::Error writeFileAtomically(llvm::StringRef Path, llvm::StringRef Bytes,
                                unsigned Mode = 0644, bool Durable = false);

/// writeFileAtomically with the bytes and the mode of \p From.
llvm::Error copyFileAtomically(llvm::StringRef From, llvm::StringRef To);

/// \p Path made absolute against the working directory, without "." and "..".
std::string absolutePath(llvm::StringRef Path);

/// A directory that is removed with everything in it when this object dies,
/// unless keep() was called. Below $TMPDIR, else /tmp.
class TempDir {
public:
  static llvm::Expected<TempDir> create(llvm::StringRef Prefix);
  TempDir(TempDir &&Other) : Path(std::move(Other.Path)) { Other.Path.clear(); }
  TempDir &operator=(TempDir &&Other);
  TempDir(const TempDir &) = delete;
  ~TempDir();

  const std::string &path() const { return Path; }
  std::string file(const llvm::Twine &Name) const;
  void keep() { Path.clear(); }

private:
  explicit TempDir(std::string Path) : Path(std::move(Path)) {}
  std::string Path;
};

/// The folder of the content-addressed store: $SPECIATE_STORE, else
/// $XDG_CACHE_HOME/speciate, else $HOME/.cache/speciate. Not created here.
llvm::Expected<std::string> storeDir();

} // namespace speciate

#endif
