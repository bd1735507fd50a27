# hush::compiled, a static library of what <hush/compiled.hpp> declares: the CPU's kernels for float and the networks on
# Cpu<float>; hush::compiled_double, the kernels for double. hush::pch links hush::compiled and gives a target a
# precompiled header of it. Nobody needs them: they save compile time, are built with the flags of the project that
# links them, and only where something does.
if(NOT HUSH_HEADERS)
  set(HUSH_HEADERS "${CMAKE_CURRENT_LIST_DIR}/../include")
endif()

# A library hush_<name> of the explicit instantiations that some headers declare: their text without `extern`.
function(hush_compiled_library name)
  add_library(hush_${name} STATIC EXCLUDE_FROM_ALL)
  add_library(hush::${name} ALIAS hush_${name})
  foreach(part IN LISTS ARGN)
    set(header "${HUSH_HEADERS}/hush/compiled/${part}.hpp")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${header}")
    file(READ "${header}" text)
    string(REPLACE "#pragma once\n" "" text "${text}")
    string(REPLACE "extern template" "template" text "${text}")
    set(unit "${CMAKE_CURRENT_BINARY_DIR}/hush_compiled/${part}.cpp")
    set(before "")
    if(EXISTS "${unit}")
      file(READ "${unit}" before)
    endif()
    if(NOT before STREQUAL text)
      file(WRITE "${unit}" "${text}")
    endif()
    target_sources(hush_${name} PRIVATE "${unit}")
  endforeach()
  target_link_libraries(hush_${name} PUBLIC hush::core)
  # g++ says it of each vector register that is a template argument, and of the undefined lanes of its own intrinsics.
  target_compile_options(hush_${name} PRIVATE
    "$<$<CXX_COMPILER_ID:GNU>:-Wno-ignored-attributes;-Wno-maybe-uninitialized;-Wno-uninitialized>")
  set_target_properties(hush_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

if(NOT TARGET hush_compiled)
  hush_compiled_library(compiled float_kernels networks)
  hush_compiled_library(compiled_double double_kernels)
  add_library(hush_pch INTERFACE)
  add_library(hush::pch ALIAS hush_pch)
  target_link_libraries(hush_pch INTERFACE hush::compiled)
  target_precompile_headers(hush_pch INTERFACE <hush/compiled.hpp>)
endif()
