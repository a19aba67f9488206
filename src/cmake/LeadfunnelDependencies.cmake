# Distributed under the Boost Software License, Version 1.0. See LICENSE.

# Finds every library that leadfunnel's sources use. `leadfunnel_dependencies` lists their targets.
#
# With LEADFUNNEL_FETCH_DEPENDENCIES a package that is not installed is downloaded and built with
# the project. FetchContent's FIND_PACKAGE_ARGS prefers the installed one.
set(leadfunnel_dependencies
  Boost::headers Boost::json fmt::fmt re2::re2 utf8proc::utf8proc simdjson::simdjson xxHash::xxhash
  Threads::Threads)

find_package(Threads REQUIRED)

if(NOT LEADFUNNEL_FETCH_DEPENDENCIES)
  find_package(Boost 1.81 REQUIRED COMPONENTS json)
  find_package(fmt 9 REQUIRED)
  find_package(re2 REQUIRED)
  find_package(utf8proc REQUIRED)
  find_package(simdjson REQUIRED)
  find_package(xxHash REQUIRED)
  return()
endif()

include(FetchContent)
set(BOOST_INCLUDE_LIBRARIES json multi_index unordered date_time)
set(BOOST_ENABLE_CMAKE ON)
set(RE2_BUILD_TESTING OFF)
set(UTF8PROC_INSTALL OFF)
set(XXHASH_BUNDLED_MODE ON) # installs nothing
set(XXHASH_BUILD_XXHSUM OFF)
FetchContent_Declare(Boost
  URL https://github.com/boostorg/boost/releases/download/boost-1.84.0/boost-1.84.0.tar.xz
  FIND_PACKAGE_ARGS 1.81 COMPONENTS json)
FetchContent_Declare(fmt
  GIT_REPOSITORY https://github.com/fmtlib/fmt GIT_TAG 9.1.0
  FIND_PACKAGE_ARGS 9)
FetchContent_Declare(re2
  GIT_REPOSITORY https://github.com/google/re2 GIT_TAG 2022-12-01 # the last without Abseil
  FIND_PACKAGE_ARGS)
FetchContent_Declare(utf8proc
  GIT_REPOSITORY https://github.com/JuliaStrings/utf8proc GIT_TAG v2.9.0
  FIND_PACKAGE_ARGS)
FetchContent_Declare(simdjson
  GIT_REPOSITORY https://github.com/simdjson/simdjson GIT_TAG v3.0.1
  FIND_PACKAGE_ARGS)
FetchContent_Declare(xxHash
  GIT_REPOSITORY https://github.com/Cyan4973/xxHash GIT_TAG v0.8.2 SOURCE_SUBDIR cmake_unofficial
  FIND_PACKAGE_ARGS)
FetchContent_MakeAvailable(Boost fmt re2 utf8proc simdjson xxHash)

# A project built here may name its targets without the package's namespace, or in another one.
foreach(names "re2::re2 re2" "utf8proc::utf8proc utf8proc" "simdjson::simdjson simdjson"
    "fmt::fmt fmt" "xxHash::xxhash xxhash")
  separate_arguments(names)
  list(GET names 0 wanted)
  list(GET names 1 built)
  if(NOT TARGET ${wanted} AND TARGET ${built})
    add_library(${wanted} ALIAS ${built})
  endif()
endforeach()
if(NOT TARGET Boost::headers)
  add_library(leadfunnel_boost_headers INTERFACE)
  target_link_libraries(leadfunnel_boost_headers INTERFACE
    Boost::multi_index Boost::unordered Boost::date_time)
  add_library(Boost::headers ALIAS leadfunnel_boost_headers)
endif()
