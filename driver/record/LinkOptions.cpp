//===- driver/record/LinkOptions.cpp - What linker options are
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/LinkOptions.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace speciate {

static StringSet<> words(StringRef Text) {
  SmallVector<StringRef, 128> Words;
  SplitString(Text, Words);
  StringSet<> Result;
  for (StringRef Word : Words)
    Result.insert(Word);
  return Result;
}

const StringSet<> &linkOptionsWithValue() {
  static const StringSet<> Set = words(R"(
o output m L library-path l library T script dT default-script e entry u
undefined h soname rpath rpath-link R just-symbols z Map dynamic-linker I y
trace-symbol Y A architecture a b format oformat c mri-script defsym f
auxiliary F filter G gpsize init fini plugin plugin-opt version-script
dynamic-list export-dynamic-symbol export-dynamic-symbol-list
retain-symbols-file section-start Ttext Tdata Tbss Ttext-segment
Trodata-segment Tldata-segment sort-section wrap assert exclude-libs
unresolved-symbols hash-style require-defined out-implib image-base mllvm
symbol-ordering-file call-graph-ordering-file reproduce chroot error-limit
why-extract dependency-file section-ordering-file orphan-handling sysroot
load-pass-plugin opt-remarks-filename opt-remarks-passes opt-remarks-format
version-exports-section lto-newpm-passes lto-newpm-aa-pipeline thread-count
thread-count-initial thread-count-middle thread-count-final hash-size
hash-bucket-empty-fraction max-cache-size icf-iterations
build-id-chunk-size-for-treehash build-id-min-file-size-for-treehash)");
  return Set;
}

const StringSet<> &linkOptionsWithFile() {
  static const StringSet<> Set = words(R"(
T script dT default-script version-script dynamic-list
export-dynamic-symbol-list retain-symbols-file symbol-ordering-file
call-graph-ordering-file just-symbols R section-ordering-file)");
  return Set;
}

const StringSet<> &linkOptionsDropped() {
  static const StringSet<> Set = words(R"(
o output Map M print-map t trace y trace-symbol cref stats v verbose V
why-extract dependency-file print-gc-sections print-icf-sections
print-memory-usage print-archive-stats print-symbol-order plugin plugin-opt
reproduce out-implib s strip-all S strip-debug thinlto-cache-dir
thinlto-cache-policy thinlto-jobs thinlto-index-only lto-obj-path save-temps
time-trace time-trace-granularity opt-remarks-filename opt-remarks-passes
opt-remarks-format threads no-threads color-diagnostics chroot start-lib
end-lib emit-relocs q push-state pop-state whole-archive no-whole-archive
load-pass-plugin fatal-warnings reduce-memory-overheads hash-size
hash-bucket-empty-fraction max-cache-size thread-count thread-count-initial
thread-count-middle thread-count-final icf-iterations
build-id-chunk-size-for-treehash build-id-min-file-size-for-treehash
map-whole-files no-map-whole-files keep-files-mapped no-keep-files-mapped
preread-archive-symbols posix-fallocate no-posix-fallocate incremental
no-incremental incremental-full incremental-update incremental-changed
incremental-unchanged incremental-unknown detect-odr-violations
no-detect-odr-violations ctors-in-init-array accept-unknown-input-arch
no-accept-unknown-input-arch warn-constructors warn-multiple-gp
warn-section-align warn-textrel warn-shared-textrel no-warn-shared-textrel
warn-alternate-em warn-execstack no-warn-execstack warn-rwx-segments
no-warn-rwx-segments warn-search-mismatch no-warn-search-mismatch
print-map-discarded no-print-map-discarded print-symbol-counts
print-output-format print-sysroot target-help traditional-format
spare-dynamic-tags force-exe-suffix support-old-code strip-discarded
no-strip-discarded ctf-variables no-ctf-variables ctf-share-types
gc-keep-exported enable-non-contiguous-regions-warnings
ld-generated-unwind-info no-ld-generated-unwind-info debug Qy m)");
  return Set;
}

} // namespace speciate
