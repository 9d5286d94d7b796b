//===- test/unit/driver/RecordTest.cpp - Records and the store
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/Record.h"
#include "support/File.h"
#include "support/Hash.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace speciate;

namespace {

class RecordTest : public testing::Test {
protected:
  RecordTest() : Dir(cantFail(TempDir::create("speciate-record-test"))) {}
  Store store() const { return Store(Dir.file("store")); }
  TempDir Dir;
};

TEST_F(RecordTest, StoreNamesObjectsByContent) {
  Store S = store();
  std::string Hash = cantFail(S.put("hello"));
  EXPECT_EQ(Hash, contentHash("hello"));
  EXPECT_TRUE(S.has(Hash));
  EXPECT_EQ(S.path(Hash), Dir.file("store/objects/" + Hash.substr(0, 2) + "/" +
                                   Hash.substr(2)));
  EXPECT_EQ(cantFail(S.get(Hash)), "hello");
}

TEST_F(RecordTest, StoreRefusesDamagedObjects) {
  Store S = store();
  std::string Hash = cantFail(S.put("hello"));
  cantFail(writeFileAtomically(S.path(Hash), "hullo"));
  Expected<std::string> Bytes = S.get(Hash);
  ASSERT_FALSE(Bytes);
  EXPECT_NE(toString(Bytes.takeError()).find("damaged"), std::string::npos);
}

TEST_F(RecordTest, StoreRewritesTruncatedObjects) {
  Store S = store();
  std::string Hash = cantFail(S.put("hello"));
  cantFail(writeFileAtomically(S.path(Hash), "he"));
  cantFail(S.put("hello"));
  EXPECT_EQ(cantFail(S.get(Hash)), "hello");
}

TEST_F(RecordTest, StoreRefusesNamesThatAreNoHash) {
  EXPECT_FALSE(store().has("../../etc/passwd"));
  Expected<std::string> Bytes = store().get("ab");
  ASSERT_FALSE(Bytes);
  consumeError(Bytes.takeError());
}

Record sample(const Store &S) {
  Record R;
  R.Name = "prog";
  R.CPlusPlus = true;
  R.Units.push_back(
      {cantFail(S.put("BC")), "a.c", "lib.a(a.o)", {"-O2"}, true});
  R.Line.push_back({LinkItem::Kind::Argument, "-pthread", "", 0});
  R.Line.push_back({LinkItem::Kind::Unit, "", "", 0});
  R.Line.push_back({LinkItem::Kind::Native, "s.o", cantFail(S.put("ELF")), 0});
  R.Line.push_back({LinkItem::Kind::File, "-Wl,--version-script={}",
                    cantFail(S.put("{ local: *; };")), 0});
  R.Cover = {100, 90, {"s.o"}};
  return R;
}

TEST_F(RecordTest, RecordSurvivesTheStore) {
  Store S = store();
  Record R = sample(S);
  std::string Id = cantFail(putRecord(S, R));
  Record Read = cantFail(getRecord(S, Id));
  EXPECT_EQ(Read.Id, Id);
  EXPECT_EQ(formatv("{0}", Read.toJson()).str(),
            formatv("{0}", R.toJson()).str());
  EXPECT_EQ(cantFail(putRecord(S, Read)), Id);
  EXPECT_EQ(Read.Line[3].K, LinkItem::Kind::File);
  EXPECT_TRUE(Read.Units[0].FromO0);
}

TEST_F(RecordTest, MissingObjectIsNamedWithTheWayOut) {
  Store S = store();
  Record R = sample(S);
  std::string Id = cantFail(putRecord(S, R));
  sys::fs::remove(S.path(R.Units[0].Bitcode));
  Expected<Record> Read = getRecord(S, Id);
  ASSERT_FALSE(Read);
  std::string Message = toString(Read.takeError());
  EXPECT_NE(Message.find("lib.a(a.o)"), std::string::npos) << Message;
  EXPECT_NE(Message.find(R.Units[0].Bitcode), std::string::npos);
  EXPECT_NE(Message.find("build the program again"), std::string::npos);
}

TEST_F(RecordTest, LineMustNameExistingUnits) {
  Store S = store();
  Record R = sample(S);
  R.Line[1].Index = 7;
  Expected<Record> Read = Record::fromJson(R.toJson());
  ASSERT_FALSE(Read);
  consumeError(Read.takeError());
}

TEST_F(RecordTest, NoteErrorsSayWhy) {
  std::string Path = Dir.file("text");
  cantFail(writeFileAtomically(Path, "not a program"));
  Expected<std::string> Id = readRecordNote(Path);
  ASSERT_FALSE(Id);
  EXPECT_NE(toString(Id.takeError()).find("not an ELF program"),
            std::string::npos);
  Id = readRecordNote("/proc/self/exe");
  ASSERT_FALSE(Id);
  EXPECT_NE(toString(Id.takeError()).find("speciate-cc"), std::string::npos);
}

} // namespace
