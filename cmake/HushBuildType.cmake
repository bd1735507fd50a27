# Says once a configuration that nothing asks the compiler to optimise: programs of hush are about 100 times slower then.
get_property(hush_said GLOBAL PROPERTY HUSH_SAID_BUILD_TYPE)
get_property(hush_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
get_property(hush_options DIRECTORY PROPERTY COMPILE_OPTIONS)
if(NOT hush_said AND NOT hush_multi_config AND NOT CMAKE_BUILD_TYPE
    AND NOT "${CMAKE_CXX_FLAGS} ${CMAKE_CUDA_FLAGS} ${hush_options}" MATCHES "-O[1-3sfzg]|/O[12x]")
  set_property(GLOBAL PROPERTY HUSH_SAID_BUILD_TYPE ON)
  message(AUTHOR_WARNING "hush: CMAKE_BUILD_TYPE is not set, so the compiler does not optimise, and training and sampling "
    "are about 100 times slower. Configure with -DCMAKE_BUILD_TYPE=Release, and -DCMAKE_CXX_FLAGS=-march=native for the "
    "processor of this machine.")
endif()
unset(hush_said)
unset(hush_multi_config)
unset(hush_options)
