//===- profiles/read/ProcessFile.cpp - Whose file it is
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/read/ProcessFile.h"
#include "runtime/speciate_detail_abi.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cstring>
#include <tuple>

using namespace llvm;

namespace speciate {

template <typename Header>
static ProcessFile identity(StringRef Bytes, uint32_t Version) {
  Header H;
  if (Bytes.size() < sizeof(H))
    return {};
  memcpy(&H, Bytes.data(), sizeof(H));
  return H.Version == Version ? ProcessFile{H.Run, H.Dump} : ProcessFile{};
}

ProcessFile ProcessFile::of(StringRef Bytes) {
  uint64_t Magic = 0;
  if (Bytes.size() >= sizeof(Magic))
    memcpy(&Magic, Bytes.data(), sizeof(Magic));
  if (Magic == rt::ProfileMagic)
    return identity<rt::ProfileHeader>(Bytes, rt::ProfileVersion);
  if (Magic == rt::DetailMagic)
    return identity<rt::DetailHeader>(Bytes, rt::DetailVersion);
  return {};
}

ProcessFile ProcessFile::at(const std::string &Path) {
  auto Page = MemoryBuffer::getFileSlice(Path, rt::ProfilePage, 0,
                                         /*IsVolatile=*/true);
  return Page ? of((*Page)->getBuffer()) : ProcessFile{};
}

void latestFirst(std::vector<std::string> &Paths) {
  std::vector<std::pair<ProcessFile, std::string>> Files;
  for (std::string &Path : Paths)
    Files.emplace_back(ProcessFile::at(Path), std::move(Path));
  llvm::sort(Files, [](const auto &A, const auto &B) {
    return std::tuple(A.first.Run, B.first.age(), A.second) <
           std::tuple(B.first.Run, A.first.age(), B.second);
  });
  for (auto [Path, File] : zip_equal(Paths, Files))
    Path = std::move(File.second);
}

} // namespace speciate
