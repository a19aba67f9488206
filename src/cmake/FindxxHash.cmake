# Distributed under the Boost Software License, Version 1.0. See LICENSE.
#
# xxHash as the target `xxHash::xxhash`: from its own package where it ships one, else from the
# header and the library (Debian 12 has pkg-config files alone).
include(FindPackageHandleStandardArgs)

find_package(xxHash CONFIG QUIET)
if(xxHash_FOUND)
  find_package_handle_standard_args(xxHash CONFIG_MODE)
  return()
endif()

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(PC_XXHASH QUIET libxxhash)
endif()
find_path(xxHash_INCLUDE_DIR xxhash.h HINTS ${PC_XXHASH_INCLUDE_DIRS})
find_library(xxHash_LIBRARY xxhash HINTS ${PC_XXHASH_LIBRARY_DIRS})
mark_as_advanced(xxHash_INCLUDE_DIR xxHash_LIBRARY)
find_package_handle_standard_args(xxHash REQUIRED_VARS xxHash_LIBRARY xxHash_INCLUDE_DIR)

if(xxHash_FOUND AND NOT TARGET xxHash::xxhash)
  add_library(xxHash::xxhash UNKNOWN IMPORTED)
  set_target_properties(xxHash::xxhash PROPERTIES
    IMPORTED_LOCATION "${xxHash_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${xxHash_INCLUDE_DIR}")
endif()
