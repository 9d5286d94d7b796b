//===- gp/catalog/Sqlite.h - SQLite with owners and errors
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_CATALOG_SQLITE_H
#define SPECIATE_GP_CATALOG_SQLITE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <memory>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace speciate {

class Database;

/// A prepared statement. Parameters are bound from left to right; the first
/// binding that fails is reported by the next step.
class Statement {
public:
  Statement &bind(llvm::StringRef Text);
  Statement &bind(const char *Text) { return bind(llvm::StringRef(Text)); }
  Statement &bind(int64_t Value);
  Statement &bind(unsigned Value) { return bind(static_cast<int64_t>(Value)); }
  Statement &bind(double Value);

  /// True while there is a row.
  llvm::Expected<bool> step();
  /// For statements without rows.
  llvm::Error run();

  /// Columns of the current row, from left to right.
  std::string text();
  int64_t integer();
  double real();

private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt *S) const;
  };
  Statement(Database &DB, sqlite3_stmt *S) : DB(&DB), Handle(S) {}

  Database *DB;
  std::unique_ptr<sqlite3_stmt, Finalize> Handle;
  int NextParameter = 1;
  int NextColumn = 0;
  int BindResult = 0;
};

/// A connection, used by one thread at a time. Errors name the file.
class Database {
public:
  /// Creates the file if it is missing. Waits up to \p LockSeconds for other
  /// processes' transactions.
  static llvm::Expected<std::unique_ptr<Database>>
  open(llvm::StringRef Path, double LockSeconds = 10);

  llvm::Expected<Statement> prepare(llvm::StringRef Sql);
  /// One or more statements without parameters and rows.
  llvm::Error exec(llvm::StringRef Sql);
  int64_t lastRowId() const;
  const std::string &path() const { return Path; }

  /// The error of the last call, with the way out.
  llvm::Error error(int Code) const;

private:
  struct Close {
    void operator()(sqlite3 *DB) const;
  };
  explicit Database(std::string Path) : Path(std::move(Path)) {}

  std::string Path;
  std::unique_ptr<sqlite3, Close> Handle;
};

/// Begins a write transaction; rolls it back unless committed.
class Transaction {
public:
  static llvm::Expected<Transaction> begin(Database &DB);
  Transaction(Transaction &&Other) : DB(Other.DB) { Other.DB = nullptr; }
  Transaction(const Transaction &) = delete;
  ~Transaction();
  llvm::Error commit();

private:
  explicit Transaction(Database &DB) : DB(&DB) {}
  Database *DB;
};

} // namespace speciate

#endif
