# Distributed under the Boost Software License, Version 1.0. See LICENSE.

# Configures, builds and runs a project from scratch; the first step that fails ends it.
function(step)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${binary}")
set(ENV{PKG_CONFIG_PATH} "${prefix}/${libdir}/pkgconfig")
step("${CMAKE_COMMAND}" -S "${source}" -B "${binary}" -G Ninja
  -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O0"
  "-DCMAKE_CXX_COMPILER=${compiler}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${launcher}"
  "-DCMAKE_CXX_FLAGS=${flags}" "-DCMAKE_PREFIX_PATH=${prefix}"
  "-DWAY=${way}" "-DLEADFUNNEL_SOURCE=${project}")
step("${CMAKE_COMMAND}" --build "${binary}")
separate_arguments(programs)
foreach(program IN LISTS programs)
  step("${binary}/${program}" WORKING_DIRECTORY "${binary}")
endforeach()
