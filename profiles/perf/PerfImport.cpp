//===- profiles/perf/PerfImport.cpp - Branches as the processor guessed them
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/perf/PerfImport.h"
#include "profiles/detail/FunctionText.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/DebugInfo/Symbolize/Symbolize.h"
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/BuildID.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/TargetSelect.h"

using namespace llvm;

namespace speciate {

namespace {

enum class JumpKind { None, Direct, Conditional, Indirect };

symbolize::LLVMSymbolizer::Options symbolizerOptions() {
  symbolize::LLVMSymbolizer::Options Options;
  Options.Demangle = false;
  return Options;
}

/// What is known of the code at an address.
struct AddressCounts {
  std::map<uint64_t, HardwareCounts> Taken;
  /// From a target to the next jump that was taken: ran in one go.
  std::map<std::pair<uint64_t, uint64_t>, uint64_t> Runs;
};

/// One file that ran, as far as it has to be decoded.
class Image {
public:
  static Expected<std::unique_ptr<Image>> open(const std::string &Path);

  bool fits(StringRef BuildId) const;
  /// Of a place in the file; nothing if it is not code.
  std::optional<uint64_t> address(uint64_t FileOffset) const;
  JumpKind jumpAt(uint64_t Address) const;
  /// The conditional branches from \p From on, up to the jump at \p To; false
  /// if that is not how it can have run.
  bool walk(uint64_t From, uint64_t To,
            SmallVectorImpl<uint64_t> &Conditional) const;
  HardwareBranch describe(uint64_t Address, bool Conditional);

  AddressCounts Counts;

private:
  struct Code {
    uint64_t Offset, Address;
    ArrayRef<uint8_t> Bytes;
  };
  Error setUp();
  ArrayRef<uint8_t> bytesAt(uint64_t Address) const;
  static JumpKind kindOf(const MCInstrDesc &Desc);

  std::string Path;
  object::OwningBinary<object::ObjectFile> Binary;
  std::vector<Code> Segments;
  std::map<uint64_t, std::string> Functions; ///< By their beginning.
  std::unique_ptr<MCRegisterInfo> Registers;
  std::unique_ptr<MCAsmInfo> Assembly;
  std::unique_ptr<MCSubtargetInfo> Subtarget;
  std::unique_ptr<MCInstrInfo> Instructions;
  std::unique_ptr<MCContext> Context;
  std::unique_ptr<MCDisassembler> Disassembler;
  symbolize::LLVMSymbolizer Symbolizer{symbolizerOptions()};
};

} // namespace

Expected<std::unique_ptr<Image>> Image::open(const std::string &Path) {
  auto Result = std::make_unique<Image>();
  Expected<object::OwningBinary<object::ObjectFile>> Binary =
      object::ObjectFile::createObjectFile(Path);
  if (!Binary)
    return Binary.takeError();
  Result->Path = Path;
  Result->Binary = std::move(*Binary);
  if (Error E = Result->setUp())
    return std::move(E);
  return std::move(Result);
}

Error Image::setUp() {
  const auto *Elf = dyn_cast<object::ELF64LEObjectFile>(Binary.getBinary());
  const Triple TargetTriple = Binary.getBinary()->makeTriple();
  if (!Elf || TargetTriple.getArch() != Triple::x86_64)
    return createStringError("not a program for x86-64");
  auto Headers = Elf->getELFFile().program_headers();
  if (!Headers)
    return Headers.takeError();
  const StringRef Whole = Binary.getBinary()->getData();
  for (const auto &Header : *Headers) {
    if (Header.p_type != ELF::PT_LOAD || !(Header.p_flags & ELF::PF_X) ||
        Header.p_offset > Whole.size())
      continue;
    Segments.push_back({Header.p_offset, Header.p_vaddr,
                        arrayRefFromStringRef(
                            Whole.substr(Header.p_offset, Header.p_filesz))});
  }
  for (const object::ELFSymbolRef &Symbol : Elf->symbols()) {
    Expected<uint64_t> At = Symbol.getAddress();
    Expected<StringRef> Name = Symbol.getName();
    if (At && Name && Symbol.getELFType() == ELF::STT_FUNC && *At)
      Functions.try_emplace(*At, Name->str());
    consumeError(At.takeError());
    consumeError(Name.takeError());
  }
  InitializeNativeTarget();
  InitializeNativeTargetDisassembler();
  std::string Why;
  const Target *T = TargetRegistry::lookupTarget(TargetTriple, Why);
  if (!T)
    return createStringError("%s", Why.c_str());
  Registers.reset(T->createMCRegInfo(TargetTriple));
  Assembly.reset(
      T->createMCAsmInfo(*Registers, TargetTriple, MCTargetOptions()));
  Subtarget.reset(T->createMCSubtargetInfo(TargetTriple, "", ""));
  Instructions.reset(T->createMCInstrInfo());
  Context = std::make_unique<MCContext>(TargetTriple, Assembly.get(),
                                        Registers.get(), Subtarget.get());
  Disassembler.reset(T->createMCDisassembler(*Subtarget, *Context));
  if (!Disassembler)
    return createStringError("no disassembler for x86-64");
  return Error::success();
}

bool Image::fits(StringRef BuildId) const {
  object::BuildIDRef Own = object::getBuildID(Binary.getBinary());
  // Zeros follow where the record has more room.
  return BuildId.empty() || Own.empty() ||
         BuildId.rtrim('\0') == toStringRef(Own).rtrim('\0');
}

std::optional<uint64_t> Image::address(uint64_t FileOffset) const {
  for (const Code &C : Segments)
    if (FileOffset >= C.Offset && FileOffset - C.Offset < C.Bytes.size())
      return C.Address + (FileOffset - C.Offset);
  return std::nullopt;
}

ArrayRef<uint8_t> Image::bytesAt(uint64_t Address) const {
  for (const Code &C : Segments)
    if (Address >= C.Address && Address - C.Address < C.Bytes.size())
      return C.Bytes.drop_front(Address - C.Address);
  return {};
}

JumpKind Image::kindOf(const MCInstrDesc &Desc) {
  if (Desc.isConditionalBranch())
    return JumpKind::Conditional;
  if (Desc.isIndirectBranch())
    return JumpKind::Indirect;
  // A call through a register or memory has no flag of its own.
  if (Desc.isCall())
    return Desc.getNumOperands() &&
                   Desc.operands()[0].OperandType == MCOI::OPERAND_PCREL
               ? JumpKind::Direct
               : JumpKind::Indirect;
  return Desc.isBranch() || Desc.isReturn() ? JumpKind::Direct : JumpKind::None;
}

JumpKind Image::jumpAt(uint64_t Address) const {
  MCInst Instruction;
  uint64_t Size;
  if (Disassembler->getInstruction(Instruction, Size, bytesAt(Address), Address,
                                   nulls()) != MCDisassembler::Success)
    return JumpKind::None;
  return kindOf(Instructions->get(Instruction.getOpcode()));
}

bool Image::walk(uint64_t From, uint64_t To,
                 SmallVectorImpl<uint64_t> &Conditional) const {
  // Longer than any function without a taken branch.
  constexpr uint64_t Most = 1 << 16;
  if (From > To || To - From > Most)
    return false;
  while (From < To) {
    MCInst Instruction;
    uint64_t Size;
    if (Disassembler->getInstruction(Instruction, Size, bytesAt(From), From,
                                     nulls()) != MCDisassembler::Success)
      return false;
    const MCInstrDesc &Desc = Instructions->get(Instruction.getOpcode());
    if (Desc.isConditionalBranch())
      Conditional.push_back(From);
    else if (Desc.isBarrier() || Desc.isReturn())
      return false; // It always jumps.
    From += Size;
  }
  return From == To;
}

HardwareBranch Image::describe(uint64_t Address, bool Conditional) {
  HardwareBranch Result;
  Result.File = sys::path::filename(Path).str();
  Result.Conditional = Conditional;
  Result.Offset = Address;
  object::SectionedAddress At{Address, object::SectionedAddress::UndefSection};
  Expected<DIInliningInfo> Info =
      Symbolizer.symbolizeInlinedCode(*Binary.getBinary(), At);
  auto Clean = [](std::string Text) {
    for (char &C : Text)
      if (static_cast<unsigned char>(C) < 32)
        C = '?';
    return Text;
  };
  if (!Info)
    consumeError(Info.takeError());
  else if (Info->getNumberOfFrames())
    if (const DILineInfo &Inner = Info->getFrame(0);
        Inner.FileName != DILineInfo::BadString && Inner.Line)
      Result.At = Clean(Inner.FileName) + ":" + std::to_string(Inner.Line);
  if (auto After = Functions.upper_bound(Address); After != Functions.begin()) {
    --After;
    Result.Function = Clean(After->second);
    Result.Offset = Address - After->first;
  }
  Result.File = Clean(Result.File);
  return Result;
}

namespace {
class Importer {
public:
  Importer(const PerfFile &File, StringRef Program)
      : File(File), Program(Program) {}
  Expected<PerfImport> run();

private:
  struct Where {
    Image *In = nullptr;
    uint64_t Address = 0;
  };
  Where find(uint32_t Process, uint64_t Address);
  Image *imageOf(const PerfMapping &M);
  void see(uint32_t Process, ArrayRef<TakenBranch> Branches);
  void count(Image &In);

  const PerfFile &File;
  const StringRef Program;
  std::map<std::string, std::unique_ptr<Image>> Images; ///< Null: not usable.
  PerfImport Result;
};
} // namespace

Image *Importer::imageOf(const PerfMapping &M) {
  // "[vdso]", "//anon": no files.
  if (!StringRef(M.Path).starts_with("/") ||
      StringRef(M.Path).starts_with("//"))
    return nullptr;
  auto [It, New] = Images.try_emplace(M.Path + '\0' + M.BuildId);
  if (!New)
    return It->second.get();
  std::string Path = M.Path;
  if (!Program.empty()) {
    if (sys::path::filename(Path) != sys::path::filename(Program))
      return nullptr;
    Path = Program.str();
  }
  Expected<std::unique_ptr<Image>> Opened = Image::open(Path);
  if (!Opened) {
    Result.Problems.push_back(Path + ": " + toString(Opened.takeError()));
    return nullptr;
  }
  if (!(*Opened)->fits(M.BuildId)) {
    Result.Problems.push_back(Path +
                              ": has another build id than the file that "
                              "ran");
    return nullptr;
  }
  It->second = std::move(*Opened);
  return It->second.get();
}

Importer::Where Importer::find(uint32_t Process, uint64_t Address) {
  const PerfMapping *M = File.at(Process, Address);
  Image *In = M ? imageOf(*M) : nullptr;
  if (!In)
    return {};
  std::optional<uint64_t> At = In->address(Address - M->Start + M->Offset);
  return At ? Where{In, *At} : Where{};
}

void Importer::see(uint32_t Process, ArrayRef<TakenBranch> Branches) {
  Where Later; // The start of what ran after the branch that was seen last.
  // The first is the latest.
  for (const TakenBranch &B : reverse(Branches)) {
    ++Result.Branches;
    const Where From = find(Process, B.From);
    if (!From.In) {
      ++Result.Elsewhere;
    } else {
      HardwareCounts &C = From.In->Counts.Taken[From.Address];
      ++C.Taken;
      C.Wrong += B.Wrong;
      if (Later.In == From.In)
        ++From.In->Counts.Runs[{Later.Address, From.Address}];
    }
    Later = find(Process, B.To);
  }
}

void Importer::count(Image &In) {
  std::map<uint64_t, HardwareCounts> Conditional, Indirect;
  for (const auto &[Run, Times] : In.Counts.Runs) {
    SmallVector<uint64_t> Passed;
    if (!In.walk(Run.first, Run.second, Passed)) {
      Result.BadRuns += Times;
      continue;
    }
    for (uint64_t At : Passed)
      Conditional[At].NotTaken += Times;
  }
  for (const auto &[At, C] : In.Counts.Taken) {
    const JumpKind Kind = In.jumpAt(At);
    Result.Foreign += Kind == JumpKind::None ? C.Taken : 0;
    if (Kind != JumpKind::Conditional && Kind != JumpKind::Indirect)
      continue;
    HardwareCounts &Own =
        Kind == JumpKind::Conditional ? Conditional[At] : Indirect[At];
    Own.Taken += C.Taken;
    Own.Wrong += C.Wrong;
  }
  for (bool IsConditional : {true, false})
    for (const auto &[At, C] : IsConditional ? Conditional : Indirect) {
      HardwareCounts &Own =
          Result.Profile.Hardware[In.describe(At, IsConditional)];
      Own.Taken += C.Taken;
      Own.Wrong += C.Wrong;
      Own.NotTaken += C.NotTaken;
    }
}

std::vector<std::string> PerfImport::notes() const {
  std::vector<std::string> Lines = Problems;
  auto Say = [&](uint64_t Count, StringRef What) {
    if (Count)
      Lines.push_back((Twine(Count) + What).str());
  };
  if (Summary.Truncated)
    Lines.push_back("truncated: what is there was read");
  Say(Summary.Damaged, " damaged records skipped");
  Say(Summary.Lost, " samples lost when it was recorded");
  Say(Summary.WithoutBranches, " samples without branches");
  Say(Elsewhere,
      (" of " + Twine(Branches) + " branches are in no file that was read")
          .str());
  // System calls and faults are in the record, too; one in twenty is more.
  if (Foreign > Branches / 20)
    Say(Foreign, " branches are where the file has none: another build?");
  if (BadRuns > Branches / 20)
    Say(BadRuns, " pieces of code cannot have run as recorded: another build?");
  return Lines;
}

Expected<PerfImport> Importer::run() {
  Result.Summary =
      File.forEachSample([&](uint32_t Process, ArrayRef<TakenBranch> Branches) {
        see(Process, Branches);
      });
  if (!Result.Branches)
    return createStringError("no sample has branches");
  for (const auto &[Key, In] : Images)
    if (In)
      count(*In);
  if (Result.Profile.Hardware.empty())
    return createStringError(
        "none of its branches is in a file that can be read%s%s",
        Result.Problems.empty() ? "" : ": ",
        Result.Problems.empty() ? "" : Result.Problems.front().c_str());
  return std::move(Result);
}

Expected<PerfImport> importPerf(StringRef Bytes, StringRef Program) {
  Expected<PerfFile> File = PerfFile::open(Bytes);
  if (!File)
    return File.takeError();
  return Importer(*File, Program).run();
}

unsigned useHardwareGuesses(DetailProfile &P) {
  std::map<std::string, std::vector<const HardwareCounts *>> ByPlace;
  for (const auto &[Key, C] : P.Hardware)
    if (Key.Conditional && !Key.At.empty())
      ByPlace[Key.At].push_back(&C);
  if (ByPlace.empty())
    return 0;
  std::map<std::string, std::vector<BranchCounts *>> Sites;
  for (const auto &[Key, Line] : P.Functions) {
    Expected<FunctionText> Text = FunctionText::parse(Key, Line);
    if (!Text) {
      consumeError(Text.takeError());
      continue;
    }
    for (const auto &[Site, Described] : Text->Sites)
      if (Site.Kind == rt::KindBranch)
        if (auto Own = P.Branches.find(Site); Own != P.Branches.end())
          Sites[Described.At].push_back(&Own->second);
  }
  unsigned Used = 0;
  for (auto &[At, Counts] : ByPlace) {
    auto Own = Sites.find(At);
    if (Counts.size() != 1 || Own == Sites.end() || Own->second.size() != 1)
      continue;
    BranchCounts &B = *Own->second.front();
    const HardwareCounts &C = *Counts.front();
    const uint64_t Ran = C.Taken + C.NotTaken;
    if (!Ran || !B.Seen)
      continue;
    // The rate is the processor's, the number of executions the program's own:
    // samples are few.
    B.Wrong = uint64_t(double(B.Seen) * double(C.Wrong) / double(Ran));
    ++Used;
  }
  return Used;
}

} // namespace speciate
