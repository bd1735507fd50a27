# hush_needs(<package> TARGET <target> APT <debian package> FOR <hush target> [CONFIG])
#
# Finds a package that a hush target links. Where it is missing: stops with the apt line if our own programs are built;
# else only says so, because a project that links hush::core alone needs no libpng.
function(hush_needs package)
  cmake_parse_arguments(PARSE_ARGV 1 need "CONFIG" "TARGET;APT;FOR" "")
  set(config "")
  if(need_CONFIG)
    set(config CONFIG)
  endif()
  if(NOT TARGET ${need_TARGET})
    find_package(${package} QUIET GLOBAL ${config})
  endif()
  if(TARGET ${need_TARGET})
    return()
  endif()
  set(words "hush: ${need_FOR} needs ${package}, which was not found. On Debian and Ubuntu:\n"
    "  sudo apt-get install ${need_APT}\n"
    "Elsewhere install it and name its prefix in CMAKE_PREFIX_PATH.")
  string(JOIN "" words ${words})
  if(hush_programs)
    message(FATAL_ERROR "${words}")
  elseif(PROJECT_IS_TOP_LEVEL)
    message(WARNING "${words}")
  else()
    message(STATUS "${words}")
  endif()
endfunction()
