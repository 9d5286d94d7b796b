//===- passes/plugin/RecordPlugin.cpp - Puts a unit's bitcode into its object
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loaded into clang by the compiler wrapper's configuration file. The first
// pass of every pipeline, -O0 included, writes the module as the front end made
// it into the section .speciate.bc, which linkers drop (SHF_EXCLUDE). Nothing
// that code is generated from is touched, so the machine code is plain clang's.
//
// What the cc1 line of this unit is, is known from the command line of this
// process if it is a cc1, or from clang's log if the wrapper asked for one.
//
// A failure must not break the user's build: the unit then has no frame, and
// the coverage report names it.
//
//===----------------------------------------------------------------------===//

#include "passes/plugin/Cc1Log.h"
#include "passes/plugin/RecordFrame.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Plugins/PassPlugin.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"
#include <cstdlib>
#include <unistd.h>

static_assert(LLVM_VERSION_MAJOR == 22, "speciate is built for LLVM 22");

using namespace llvm;

namespace speciate {

/// The last command of clang's log: words in quotes, in which a backslash is in
/// front of quotes, dollars and itself.
static std::vector<std::string> lastCommand(StringRef Log) {
  std::vector<std::string> Words;
  bool Quoted = false;
  for (size_t I = 0; I < Log.size(); ++I) {
    if (!Quoted && Log[I] == '"') {
      Quoted = true;
      Words.emplace_back();
    } else if (!Quoted && Log[I] == '\n') {
      // The end of a command if another one follows.
      if (Log.substr(I + 1).contains('"'))
        Words.clear();
    } else if (Quoted && Log[I] == '"') {
      Quoted = false;
    } else if (Quoted) {
      if (Log[I] == '\\' && I + 1 < Log.size())
        ++I;
      Words.back() += Log[I];
    }
  }
  return Words;
}

/// Where the wrapper made clang compile in its own process.
static std::vector<std::string> loggedLine() {
  const char *Path = ::getenv("CC_PRINT_OPTIONS_FILE");
  if (!Path || !StringRef(Path).starts_with("/proc/self/fd/"))
    return {};
  char Target[64];
  ssize_t Size = ::readlink(Path, Target, sizeof(Target));
  if (Size <= 0 ||
      !StringRef(Target, Size).starts_with("/memfd:" SPECIATE_CC1_LOG " "))
    return {};
  auto Buffer = MemoryBuffer::getFileAsStream(Path);
  if (!Buffer)
    return {};
  return lastCommand((*Buffer)->getBuffer());
}

/// The words of this process's command.
static std::vector<std::string> ownLine() {
  auto Buffer = MemoryBuffer::getFileAsStream("/proc/self/cmdline");
  if (!Buffer)
    return {};
  SmallVector<StringRef, 128> Words;
  StringRef Text = (*Buffer)->getBuffer();
  Text.consume_back(StringRef("\0", 1));
  Text.split(Words, '\0');
  return std::vector<std::string>(Words.begin(), Words.end());
}

/// The cc1 line of this unit from its -cc1 on, or nothing if it is not known.
static std::vector<std::string> cc1Line() {
  std::vector<std::string> Words = ownLine();
  if (Words.size() < 2 || Words[1] != "-cc1")
    Words = loggedLine();
  if (Words.size() < 2 || Words[1] != "-cc1")
    return {};
  Words.erase(Words.begin());
  return Words;
}

/// Without the flags that tell kinds of LTO apart: which kind a relink is, is
/// not the user's unit's to say, and units that disagree cannot be linked.
static void writeBitcode(Module &M, raw_ostream &OS) {
  SmallVector<MDNode *, 16> All;
  NamedMDNode *Flags = M.getModuleFlagsMetadata();
  if (Flags) {
    All.assign(Flags->op_begin(), Flags->op_end());
    Flags->clearOperands();
    for (MDNode *Flag : All) {
      auto *Key = dyn_cast<MDString>(Flag->getOperand(1));
      if (!Key ||
          !StringSwitch<bool>(Key->getString())
               .Cases({"ThinLTO", "EnableSplitLTOUnit", "UnifiedLTO"}, true)
               .Default(false))
        Flags->addOperand(Flag);
    }
  }
  WriteBitcodeToFile(M, OS);
  if (!Flags)
    return;
  Flags->clearOperands();
  for (MDNode *Flag : All)
    Flags->addOperand(Flag);
}

struct RecordPass : PassInfoMixin<RecordPass> {
  PreservedAnalyses run(Module &M, ModuleAnalysisManager &) {
    if (!M.getTargetTriple().isOSBinFormatELF())
      return PreservedAnalyses::all();
    std::vector<std::string> Line = cc1Line();
    if (Line.empty())
      return PreservedAnalyses::all();
    SmallVector<StringRef, 128> Words(Line.begin(), Line.end());
    Cc1Summary Summary = summarizeCc1(Words);
    if (!Summary.EmitsCode || !Summary.Native.empty())
      return PreservedAnalyses::all();
    std::string Bitcode;
    raw_string_ostream OS(Bitcode);
    std::string Source = M.getSourceFileName();
    M.setSourceFileName(mappedSource(Words, Source));
    writeBitcode(M, OS);
    M.setSourceFileName(Source); // It is in the object's symbol table.
    std::string Frame = encodeFrame(Bitcode, Summary.Kept);
    // embedBufferInModule copies the bytes.
    embedBufferInModule(M, MemoryBufferRef(Frame, "speciate"), RecordSection);
    return PreservedAnalyses::all();
  }
  static bool isRequired() { return true; }
};

} // namespace speciate

extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo llvmGetPassPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "SpeciateRecord", "1",
          [](PassBuilder &PB) {
            PB.registerPipelineStartEPCallback(
                [](ModulePassManager &MPM, OptimizationLevel) {
                  MPM.addPass(speciate::RecordPass());
                });
          },
          nullptr};
}
