# hush_needs(<package> TARGET <target> APT <debian package> FOR <hush target> [CONFIG])
#
# Finds a package that a hush target links. Where it is missing: stops with the apt line if our own programs are built;
# else only says so, because a project that links hush::core alone needs no libpng. What is installed looks for the same.
function(hush_needs package)
  cmake_parse_arguments(PARSE_ARGV 1 need "CONFIG" "TARGET;APT;FOR" "")
  set(config "")
  if(need_CONFIG)
    set(config CONFIG)
  endif()
  hush_config_need("${need_FOR}" "${package}" "${need_TARGET}" "${need_APT}" ${config})
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

# Writes into hushConfig.cmake that a hush target needs a package: find_package(<package> <what follows apt>).
set_property(GLOBAL PROPERTY HUSH_CONFIG_NEEDS "")
function(hush_config_need for package target apt)
  string(REPLACE "hush::" "" component "${for}")
  string(JOIN " " need ${component} ${package} ${target} "\"${apt}\"" ${ARGN})
  set_property(GLOBAL APPEND_STRING PROPERTY HUSH_CONFIG_NEEDS "  _hush_need(${need})\n")
endfunction()
