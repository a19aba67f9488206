# Distributed under the Boost Software License, Version 1.0. See LICENSE.

# Strict warnings for leadfunnel's own targets in its own checkout. A host that adds leadfunnel as a
# subproject sees none of them.
function(leadfunnel_set_warnings target)
  if(NOT PROJECT_IS_TOP_LEVEL)
    return()
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang" AND NOT MSVC)
    target_compile_options(${target} PRIVATE
      -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
      -Wold-style-cast -Woverloaded-virtual -Wcast-align -Wunused
      $<$<BOOL:${LEADFUNNEL_WARNINGS_AS_ERRORS}>:-Werror>)
  endif()
endfunction()
