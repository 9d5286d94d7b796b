//===- passes/pipeline/Merge.cpp - The units of a program as one module
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/pipeline/Merge.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/LTO/LTO.h"
#include "llvm/Support/Caching.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace speciate {

namespace {

/// The symbols of one unit as "plx" letters, by name. A name is there twice if
/// the module defines it and its assembly refers to it, or the reverse; in the
/// order of the unit's symbol table.
using UnitResolution = StringMap<SmallVector<std::string, 1>>;

/// The file has, for each input in order, a line with its name and a line
/// "-r=<file>,<symbol>,<letters>" for each symbol.
std::vector<UnitResolution> parseResolution(StringRef Text) {
  std::vector<UnitResolution> Result;
  while (!Text.empty()) {
    StringRef Line;
    std::tie(Line, Text) = Text.split('\n');
    if (Line.empty())
      continue;
    if (!Line.consume_front("-r=")) {
      Result.emplace_back();
      continue;
    }
    auto [Rest, Letters] = Line.rsplit(',');
    StringRef Symbol = Rest.rsplit(',').second;
    if (!Result.empty())
      Result.back()[Symbol].push_back(Letters.str());
  }
  return Result;
}

std::vector<lto::SymbolResolution> resolve(const lto::InputFile &File,
                                           const UnitResolution &Known) {
  std::vector<lto::SymbolResolution> Result;
  StringMap<size_t> Seen;
  for (const lto::InputFile::Symbol &S : File.symbols()) {
    lto::SymbolResolution R;
    auto Found = Known.find(S.getName());
    if (Found != Known.end()) {
      StringRef Letters =
          Found
              ->second[std::min(Seen[S.getName()]++, Found->second.size() - 1)];
      R.Prevailing = Letters.contains('p');
      R.FinalDefinitionInLinkageUnit = Letters.contains('l');
      R.VisibleToRegularObj = Letters.contains('x');
      R.LinkerRedefined = Letters.contains('r');
    } else if (!S.isUndefined()) {
      // A definition that the baseline's link did not have is private to us.
      R.Prevailing = 1;
      R.FinalDefinitionInLinkageUnit = 1;
    }
    Result.push_back(R);
  }
  return Result;
}

} // namespace

Expected<std::unique_ptr<Module>>
mergeUnits(LLVMContext &Context, const std::vector<std::string> &Units,
           StringRef Resolution, bool Pic) {
  std::vector<UnitResolution> Known = parseResolution(Resolution);
  if (Known.size() != Units.size())
    return createStringError(
        "the resolution names %zu units, but the program has %zu", Known.size(),
        Units.size());

  SmallVector<char, 0> Merged;
  lto::Config Conf;
  Conf.OptLevel = 3;
  Conf.DisableVerify = true;
  Conf.RelocModel = Pic ? Reloc::PIC_ : Reloc::Static;
  // The module is taken at the point where the optimizer would start.
  Conf.PostInternalizeModuleHook = [&](unsigned, const Module &M) {
    raw_svector_ostream OS(Merged);
    WriteBitcodeToFile(M, OS, /*ShouldPreserveUseListOrder=*/true);
    return false;
  };
  std::string Diagnostic;
  Conf.DiagHandler = [&](const DiagnosticInfo &Info) {
    if (Info.getSeverity() != DS_Error)
      return;
    raw_string_ostream OS(Diagnostic);
    DiagnosticPrinterRawOStream Printer(OS);
    Info.print(Printer);
  };
  lto::LTO Lto(std::move(Conf), {}, /*ParallelCodeGenParallelismLevel=*/1);
  std::vector<std::unique_ptr<MemoryBuffer>> Buffers;
  for (auto [Index, Path] : enumerate(Units)) {
    auto Buffer = MemoryBuffer::getFile(Path);
    if (!Buffer)
      return createFileError(Path, Buffer.getError());
    auto File = lto::InputFile::create(**Buffer);
    if (!File)
      return createFileError(Path, File.takeError());
    auto Resolutions = resolve(**File, Known[Index]);
    Buffers.push_back(std::move(*Buffer));
    if (Error E = Lto.add(std::move(*File), Resolutions))
      return createFileError(Path, std::move(E));
  }
  auto NoStream =
      [](unsigned,
         const Twine &) -> Expected<std::unique_ptr<CachedFileStream>> {
    return createStringError("no code is generated here");
  };
  if (Error E = Lto.run(NoStream))
    return std::move(E);
  if (!Diagnostic.empty())
    return createStringError("%s", Diagnostic.c_str());
  if (Merged.empty())
    return createStringError("the units give an empty program");
  return parseBitcodeFile(
      MemoryBufferRef(StringRef(Merged.data(), Merged.size()), "merged"),
      Context);
}

} // namespace speciate
