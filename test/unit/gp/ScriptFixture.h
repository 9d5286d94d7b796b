//===- test/unit/gp/ScriptFixture.h - Shell scripts as programs under test
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_TEST_UNIT_GP_SCRIPTFIXTURE_H
#define SPECIATE_TEST_UNIT_GP_SCRIPTFIXTURE_H

#include "support/File.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Testing/Support/Error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <string>

namespace speciate {

/// A folder of the user's, with programs in it.
class ScriptFixture : public ::testing::Test {
protected:
  ScriptFixture() : Dir(llvm::cantFail(TempDir::create("speciate-test"))) {}

  const std::string &dir() const { return Dir.path(); }
  std::string write(llvm::StringRef Name, llvm::StringRef Text,
                    unsigned Mode = 0644) {
    std::string Path = Dir.file(Name);
    EXPECT_THAT_ERROR(writeFileAtomically(Path, Text, Mode), llvm::Succeeded());
    return Path;
  }
  std::string script(llvm::StringRef Name, llvm::StringRef Body) {
    return write(Name, ("#!/bin/sh\n" + Body + "\n").str(), 0755);
  }
  std::string read(llvm::StringRef Name) {
    llvm::Expected<std::string> Text = readFile(Dir.file(Name));
    EXPECT_THAT_EXPECTED(Text, llvm::Succeeded());
    return *Text;
  }
  bool exists(llvm::StringRef Name) {
    return llvm::sys::fs::exists(Dir.file(Name));
  }

private:
  TempDir Dir;
};

} // namespace speciate

#endif
