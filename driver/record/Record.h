//===- driver/record/Record.h - All that is needed to relink a program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The record is a JSON manifest, an object in the content-addressed store
// (<store>/objects/ab/cdef...), which names further objects: the bitcode of
// every unit, the native inputs that are not part of the system, and files such
// as version scripts. A program names its record in a note section
// (.note.speciate), whose description is the 32 hex digits of the manifest's
// contentHash.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RECORD_RECORD_H
#define SPECIATE_DRIVER_RECORD_RECORD_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace speciate {

/// One translation unit with IR.
struct RecordUnit {
  std::string Bitcode; ///< Store object: unoptimized bitcode, uncompressed.
  std::string Source;  ///< The module's source_filename.
  std::string Object;  ///< "a.o" or "lib.a(a.o)", as linked, for reports.
  std::vector<std::string> Cc1Args;
  bool FromO0 = false; ///< optnone and its noinline were removed.
};

/// One word or input of the link line, in order.
struct LinkItem {
  enum class Kind {
    Argument, ///< A word for the clang driver as it is: "-pthread", "-lm".
    Unit,     ///< Replaced by what is built from Units[Index].
    Native,   ///< A private copy of an object file without IR: store object.
    File,     ///< An argument whose "{}" is the path of a store object
              ///< ("--version-script={}"). "-l:NAME": a private copy of a
              ///< shared object that is needed under the name NAME, which
              ///< may have slashes in it.
    Hide,     ///< The symbol Text is not exported. --exclude-libs said so of
              ///< an archive; here its members are objects.
  };
  Kind K = Kind::Argument;
  std::string Text;   ///< Argument, File: the word. Native: name for reports.
  std::string Object; ///< Native, File: store object.
  size_t Index = 0;   ///< Unit.
};

struct Coverage {
  uint64_t TextBytes = 0; ///< .text* of all linked non-system inputs.
  uint64_t TextBytesWithIR = 0;
  std::vector<std::string> Missing; ///< "foo.S", "libx.a(bar.o)"
};

struct Record {
  std::string Id;         ///< contentHash of the manifest; not stored in it.
  std::string Name;       ///< Base name of the program.
  bool CPlusPlus = false; ///< Link with clang++.
  bool Shared = false;
  /// What the user's link stripped: "", "debug" or "all". The relink does not
  /// strip (BOLT needs symbols); whoever ships a program does.
  std::string Strip;
  std::vector<RecordUnit> Units;
  std::vector<LinkItem> Line; ///< Without -o and its argument.
  /// Symbols that unoptimized IR refers to and that the user's program was
  /// linked without: the references are dead. A relink defines them, hidden, at
  /// a trapping instruction.
  std::vector<std::string> DeadReferences;
  Coverage Cover;

  llvm::json::Value toJson() const;
  static llvm::Expected<Record> fromJson(const llvm::json::Value &V);
};

/// The content-addressed objects of a store folder (support/File.h, storeDir).
class Store {
public:
  explicit Store(std::string Dir) : Dir(std::move(Dir)) {}
  const std::string &dir() const { return Dir; }
  /// Writes the object unless it is there; returns its hash.
  llvm::Expected<std::string> put(llvm::StringRef Bytes) const;
  /// Checks the hash of what it reads.
  llvm::Expected<std::string> get(llvm::StringRef Hash) const;
  /// Where the object is, whether or not it exists.
  std::string path(llvm::StringRef Hash) const;
  bool has(llvm::StringRef Hash) const;

private:
  std::string Dir;
};

llvm::Expected<std::string> putRecord(const Store &S, const Record &R);
/// Reads every object that the record names: what is missing or damaged is an
/// error that says which, and how to get it back.
llvm::Expected<Record> getRecord(const Store &S, llvm::StringRef Id);

/// The record id in the note of an ELF file. Errors: not an ELF file; no
/// record ("was it linked by speciate-cc?").
llvm::Expected<std::string> readRecordNote(llvm::StringRef Program);

struct OpenedRecord {
  Store TheStore;
  Record R;
};
/// The record that the note of \p Program names, from the store (storeDir).
llvm::Expected<OpenedRecord> openRecord(llvm::StringRef Program);

/// What a relink puts in place of the units.
struct RelinkRequest {
  /// One path per unit: an object, or bitcode for lld's LTO. An empty path
  /// drops the unit.
  std::vector<std::string> UnitObjects;
  /// Objects put where the first unit stood.
  std::vector<std::string> ExtraObjects;
  /// More words for the driver, after the recorded line.
  std::vector<std::string> ExtraArgs;
  /// So many bytes of no use lie before all code of the link.
  uint64_t PadBytes = 0;
  std::string Output; ///< Absolute.
  /// A folder of the caller's for files that the link needs.
  std::string Scratch;
};

/// The command that links a record again with LLVM 22's lld. Exactly the
/// archive members that the user's link extracted are in it. The note that
/// names the record is linked in again.
llvm::Expected<std::vector<std::string>>
relinkCommand(const Store &S, const Record &R, const RelinkRequest &Request);

/// After relinkCommand's command: gives Request.Output the needed names that
/// have slashes in them, which no linker takes from a copy elsewhere.
llvm::Error finishRelink(const Record &R, const RelinkRequest &Request);

} // namespace speciate

#endif
