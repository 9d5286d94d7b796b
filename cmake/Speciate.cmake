# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# speciate_add_library(NAME source... [LINK_LIBS lib...])
# A static library of one layer, linked against the shared LLVM.
function(speciate_add_library name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wno-unused-parameter)
  target_link_libraries(${name} PUBLIC ${ARG_LINK_LIBS} LLVM)
endfunction()

# speciate_add_tool(NAME source... [LINK_LIBS lib...])
function(speciate_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wno-unused-parameter)
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} LLVM)
endfunction()
