//===- gp/catalog/Sqlite.cpp - SQLite with owners and errors
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/catalog/Sqlite.h"
#include <sqlite3.h>

using namespace llvm;

namespace speciate {

//===----------------------------------------------------------------------===//
// Statement
//===----------------------------------------------------------------------===//

void Statement::Finalize::operator()(sqlite3_stmt *S) const {
  sqlite3_finalize(S);
}

static void note(int &First, int Code) {
  if (First == SQLITE_OK)
    First = Code;
}

Statement &Statement::bind(StringRef Text) {
  // A null pointer would bind NULL.
  note(BindResult,
       sqlite3_bind_text64(Handle.get(), NextParameter++,
                           Text.empty() ? "" : Text.data(), Text.size(),
                           SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement &Statement::bind(int64_t Value) {
  note(BindResult, sqlite3_bind_int64(Handle.get(), NextParameter++, Value));
  return *this;
}

Statement &Statement::bind(double Value) {
  note(BindResult, sqlite3_bind_double(Handle.get(), NextParameter++, Value));
  return *this;
}

Expected<bool> Statement::step() {
  if (BindResult != SQLITE_OK)
    return DB->error(BindResult);
  NextColumn = 0;
  int Code = sqlite3_step(Handle.get());
  if (Code == SQLITE_ROW)
    return true;
  if (Code == SQLITE_DONE)
    return false;
  return DB->error(Code);
}

Error Statement::run() {
  Expected<bool> Row = step();
  return Row ? Error::success() : Row.takeError();
}

std::string Statement::text() {
  int Column = NextColumn++;
  const auto *Bytes =
      reinterpret_cast<const char *>(sqlite3_column_text(Handle.get(), Column));
  if (!Bytes)
    return "";
  return std::string(Bytes, sqlite3_column_bytes(Handle.get(), Column));
}

int64_t Statement::integer() {
  return sqlite3_column_int64(Handle.get(), NextColumn++);
}

double Statement::real() {
  return sqlite3_column_double(Handle.get(), NextColumn++);
}

//===----------------------------------------------------------------------===//
// Database
//===----------------------------------------------------------------------===//

void Database::Close::operator()(sqlite3 *DB) const { sqlite3_close_v2(DB); }

Expected<std::unique_ptr<Database>> Database::open(StringRef Path,
                                                   double LockSeconds) {
  std::unique_ptr<Database> Result(new Database(Path.str()));
  sqlite3 *Raw = nullptr;
  int Code =
      sqlite3_open_v2(Result->Path.c_str(), &Raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Result->Handle.reset(Raw);
  if (Code != SQLITE_OK)
    return Result->error(Code);
  sqlite3_extended_result_codes(Raw, 1);
  sqlite3_busy_timeout(Raw, static_cast<int>(LockSeconds * 1000));
  return Result;
}

Error Database::error(int Code) const {
  std::string Message = Path + ": ";
  switch (Code & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    Message += "locked by another process; wait for it or end it";
    break;
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
    Message += "not a catalog or damaged; move it away to start a new one";
    break;
  case SQLITE_FULL:
    Message += "disk full";
    break;
  case SQLITE_CANTOPEN:
    Message += "cannot be opened or created";
    break;
  case SQLITE_READONLY:
    Message += "not writable";
    break;
  default:
    Message += Handle ? sqlite3_errmsg(Handle.get()) : sqlite3_errstr(Code);
  }
  return createStringError(Message);
}

Expected<Statement> Database::prepare(StringRef Sql) {
  sqlite3_stmt *Raw = nullptr;
  int Code = sqlite3_prepare_v2(Handle.get(), Sql.data(),
                                static_cast<int>(Sql.size()), &Raw, nullptr);
  if (Code != SQLITE_OK)
    return error(Code);
  return Statement(*this, Raw);
}

Error Database::exec(StringRef Sql) {
  int Code =
      sqlite3_exec(Handle.get(), Sql.str().c_str(), nullptr, nullptr, nullptr);
  return Code == SQLITE_OK ? Error::success() : error(Code);
}

int64_t Database::lastRowId() const {
  return sqlite3_last_insert_rowid(Handle.get());
}

//===----------------------------------------------------------------------===//
// Transaction
//===----------------------------------------------------------------------===//

Expected<Transaction> Transaction::begin(Database &DB) {
  // IMMEDIATE: a reader that turns writer could fail without waiting.
  if (Error E = DB.exec("BEGIN IMMEDIATE"))
    return std::move(E);
  return Transaction(DB);
}

Transaction::~Transaction() {
  if (DB)
    consumeError(DB->exec("ROLLBACK"));
}

Error Transaction::commit() {
  if (Error E = DB->exec("COMMIT"))
    return E;
  DB = nullptr;
  return Error::success();
}

} // namespace speciate
