# Finds cgif, a GIF encoder (Debian: libcgif-dev), which has no CMake package of its own. Defines CGIF::cgif.
find_path(CGIF_INCLUDE_DIR cgif.h)
find_library(CGIF_LIBRARY cgif)
mark_as_advanced(CGIF_INCLUDE_DIR CGIF_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CGIF REQUIRED_VARS CGIF_LIBRARY CGIF_INCLUDE_DIR)

if(CGIF_FOUND AND NOT TARGET CGIF::cgif)
  add_library(CGIF::cgif UNKNOWN IMPORTED GLOBAL)
  set_target_properties(CGIF::cgif PROPERTIES
    IMPORTED_LOCATION "${CGIF_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${CGIF_INCLUDE_DIR}")
endif()
