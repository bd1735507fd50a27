# How our own programs (tests, examples, bench) are compiled; nothing of it reaches a project that uses hush.
add_library(hush_program INTERFACE)
target_compile_options(hush_program INTERFACE
  -Wall -Wextra -Wshadow
  $<$<BOOL:${HUSH_WERROR}>:-Werror>
  $<$<BOOL:${HUSH_NATIVE}>:-march=native>
  -Wno-ignored-attributes  # g++ says it of each vector register that is a template argument
  # g++ 12 warns about the undefined lanes of its own AVX-512 intrinsics (GCC bug 105593), once for each use of them.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-maybe-uninitialized>
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-uninitialized>)
target_compile_definitions(hush_program INTERFACE HUSH_ROOT="${PROJECT_SOURCE_DIR}")
