# How our own programs (tests, examples, bench) are compiled; nothing of it reaches a project that uses hush.
add_library(hush_program INTERFACE)
target_compile_options(hush_program INTERFACE
  -Wall -Wextra -Wshadow
  $<$<BOOL:${HUSH_WERROR}>:-Werror>
  $<$<BOOL:${HUSH_NATIVE}>:-march=native>)
target_compile_definitions(hush_program INTERFACE HUSH_ROOT="${PROJECT_SOURCE_DIR}")
