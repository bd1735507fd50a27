# hush::cuda (<hush/cuda.cuh>): CUDA, cuDNN and cuBLASLt. Found where they are installed; HUSH_CUDA=ON makes their absence
# an error, OFF does not look for them. A project that adds this one and has no language CUDA is not searched for nvcc.
set(HUSH_CUDA AUTO CACHE STRING
  "hush::cuda: AUTO (where nvcc and cuDNN are found; in another project: and that has the language CUDA), ON or OFF")
set_property(CACHE HUSH_CUDA PROPERTY STRINGS AUTO ON OFF)

# Says why there is no hush::cuda: an error if it was asked for.
function(hush_no_cuda)
  string(JOIN "" words "hush: no hush::cuda, because " ${ARGN})
  if(HUSH_CUDA STREQUAL "AUTO")
    message(STATUS "${words}")
  else()
    message(FATAL_ERROR "${words}")
  endif()
endfunction()

# The target, whether or not what it links is there.
function(hush_add_cuda)
  add_library(hush_cuda INTERFACE)
  set_target_properties(hush_cuda PROPERTIES EXPORT_NAME cuda)
  target_compile_features(hush_cuda INTERFACE cxx_std_20)
  # CMake 3.25 has no word for C++20 under nvcc.
  target_compile_options(hush_cuda INTERFACE "$<$<COMPILE_LANG_AND_ID:CUDA,NVIDIA>:-std=c++20>")
  target_link_libraries(hush_cuda INTERFACE hush_headers CUDA::cudart CUDA::cublasLt CUDNN::cudnn)
endfunction()
hush_config_need(hush::cuda CUDAToolkit CUDA::cublasLt "cuda-toolkit-13 of NVIDIA's repository" 13.0)
hush_config_need(hush::cuda CUDNN CUDNN::cudnn "cudnn9-cuda-13 of NVIDIA's repository" 9.8)

get_property(hush_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
set(hush_cuda_found OFF)
if(HUSH_CUDA STREQUAL "AUTO" AND NOT PROJECT_IS_TOP_LEVEL AND NOT "CUDA" IN_LIST hush_languages)
  message(VERBOSE "hush: no hush::cuda, because this project has no language CUDA (HUSH_CUDA=ON looks for nvcc)")
elseif(HUSH_CUDA)
  include(CheckLanguage)
  check_language(CUDA)
  find_package(CUDAToolkit 13.0 QUIET)
  find_package(CUDNN 9.8 QUIET)
  if(NOT CMAKE_CUDA_COMPILER)
    hush_no_cuda("nvcc was not found: put it on PATH, or give -DCMAKE_CUDA_COMPILER=/path/to/nvcc")
  elseif(NOT CUDAToolkit_FOUND)
    hush_no_cuda("no CUDA toolkit of version 13 or newer was found; give -DCUDAToolkit_ROOT=/path/to/it")
  elseif(NOT CUDNN_FOUND)
    hush_no_cuda("cuDNN 9.8 or newer was not found: install it (NVIDIA's package cudnn9-cuda-13), "
      "or give -DCUDNN_ROOT=/path/to/it, the folder that holds include/cudnn.h")
  else()
    set(hush_cuda_found ON)
  endif()
endif()

if(hush_cuda_found)
  # Our own programs; a project that links hush::cuda chooses its own architectures.
  if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 90-real)
  endif()
  if(hush_programs)
    if(HUSH_CCACHE AND PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CUDA_COMPILER_LAUNCHER)
      set(CMAKE_CUDA_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
    endif()
    enable_language(CUDA)
  endif()
  hush_add_cuda()
  add_library(hush::cuda ALIAS hush_cuda)
endif()
