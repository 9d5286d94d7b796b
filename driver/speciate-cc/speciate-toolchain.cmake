# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# cmake -DCMAKE_TOOLCHAIN_FILE=.../lib/speciate-toolchain.cmake
#
# Builds with speciate-cc and LLVM's archive tools. It changes nothing else: no
# system name, so this is no cross build, and no flags.
get_filename_component(_speciate_bin "${CMAKE_CURRENT_LIST_DIR}/../bin" REALPATH)
# A compiler that was asked for by name stays; CC and CXX do not count, since
# they name this one where `speciate build` runs cmake.
if(NOT DEFINED CMAKE_C_COMPILER)
  set(CMAKE_C_COMPILER "${_speciate_bin}/speciate-cc")
endif()
if(NOT DEFINED CMAKE_CXX_COMPILER)
  set(CMAKE_CXX_COMPILER "${_speciate_bin}/speciate-c++")
endif()
if(NOT DEFINED CMAKE_ASM_COMPILER)
  set(CMAKE_ASM_COMPILER "${CMAKE_C_COMPILER}")
endif()
execute_process(COMMAND "${_speciate_bin}/speciate-cc" -print-prog-name=llvm-ar
  OUTPUT_VARIABLE _speciate_ar OUTPUT_STRIP_TRAILING_WHITESPACE)
get_filename_component(_speciate_llvm "${_speciate_ar}" DIRECTORY)
foreach(_tool AR NM RANLIB)
  string(TOLOWER ${_tool} _name)
  if(EXISTS "${_speciate_llvm}/llvm-${_name}")
    set(CMAKE_${_tool} "${_speciate_llvm}/llvm-${_name}" CACHE FILEPATH "")
    # What CMake uses where -flto is on.
    set(CMAKE_C_COMPILER_${_tool} "${CMAKE_${_tool}}" CACHE FILEPATH "")
    set(CMAKE_CXX_COMPILER_${_tool} "${CMAKE_${_tool}}" CACHE FILEPATH "")
  endif()
endforeach()
