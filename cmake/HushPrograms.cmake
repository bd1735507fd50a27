# How our own programs (tests, examples, bench) are compiled; nothing of it reaches a project that uses hush.
add_library(hush_program INTERFACE)
target_compile_options(hush_program INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wshadow>"
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${HUSH_WERROR}>>:-Werror>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${HUSH_NATIVE}>>:-march=native>
  # g++ says it of each vector register that is a template argument
  $<$<COMPILE_LANGUAGE:CXX>:-Wno-ignored-attributes>
  # g++ 12 warns about the undefined lanes of its own AVX-512 intrinsics (GCC bug 105593), once for each use of them.
  "$<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-maybe-uninitialized;-Wno-uninitialized>"
  "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra,-Wno-maybe-uninitialized,-Wno-uninitialized>")
# clang writes the time into a precompiled header, which ccache would take for a change.
target_compile_options(hush_program INTERFACE "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
