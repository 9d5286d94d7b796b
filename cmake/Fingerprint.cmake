# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# cmake -DPLUGIN=FILE -DCONFIG=FILE -DFOLDER=DIR -DHEADER=FILE -P Fingerprint.cmake
#
# Copies CONFIG to FOLDER under a name with a hash of what the wrapper makes clang
# do (PLUGIN and CONFIG), and writes HEADER, which tells the wrapper that name.
# clang prints the name for --version, and the wrapper changes with it: compiler
# caches take either for the compiler's identity, and must not serve objects that
# another plugin made.
set(parts "")
foreach(file ${PLUGIN} ${CONFIG})
  if(EXISTS ${file})
    file(SHA256 ${file} hash)
    string(APPEND parts ${hash})
  endif()
endforeach()
string(SHA256 hash "${parts}")
string(SUBSTRING ${hash} 0 12 hash)
set(name speciate-cc-${hash}.cfg)
file(GLOB old ${FOLDER}/speciate-cc*.cfg)
list(REMOVE_ITEM old ${FOLDER}/${name})
if(old)
  file(REMOVE ${old})
endif()
file(COPY_FILE ${CONFIG} ${FOLDER}/${name} ONLY_IF_DIFFERENT)
# Written only if it changes.
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#define SPECIATE_CC_CONFIG \"${name}\"\n")
