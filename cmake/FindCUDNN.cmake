# Finds NVIDIA's cuDNN, which has no CMake package of its own: in CUDNN_ROOT (a CMake or environment variable: the folder
# that holds include/cudnn.h; the cudnn folder of NVIDIA's Python wheels is one), beside the CUDA toolkit, and where the
# system keeps such things. Defines CUDNN::cudnn and CUDNN_VERSION.
set(cudnn_hints "")
if(TARGET CUDA::cudart)  # found in whatever scope
  get_target_property(cudnn_headers CUDA::cudart INTERFACE_INCLUDE_DIRECTORIES)
  get_target_property(cudnn_library CUDA::cudart IMPORTED_LOCATION)
  get_filename_component(cudnn_library "${cudnn_library}" DIRECTORY)
  set(cudnn_hints ${cudnn_headers} ${cudnn_library} ${CUDAToolkit_LIBRARY_ROOT} ${CUDAToolkit_TARGET_DIR})
  unset(cudnn_headers)
  unset(cudnn_library)
endif()
find_path(CUDNN_INCLUDE_DIR cudnn_version.h HINTS ${cudnn_hints} /usr/local/cuda PATH_SUFFIXES include)
# A wheel holds libcudnn.so.9 only.
find_library(CUDNN_LIBRARY NAMES cudnn libcudnn.so.9 NAMES_PER_DIR
  HINTS ${cudnn_hints} /usr/local/cuda PATH_SUFFIXES lib64 lib lib/x64)
mark_as_advanced(CUDNN_INCLUDE_DIR CUDNN_LIBRARY)
unset(cudnn_hints)

set(CUDNN_VERSION "")
if(CUDNN_INCLUDE_DIR)
  file(STRINGS "${CUDNN_INCLUDE_DIR}/cudnn_version.h" cudnn_lines
    REGEX "^#define +CUDNN_(MAJOR|MINOR|PATCHLEVEL) +[0-9]+")
  foreach(line IN LISTS cudnn_lines)
    string(REGEX MATCH "[0-9]+$" number "${line}")
    list(APPEND CUDNN_VERSION "${number}")
  endforeach()
  list(JOIN CUDNN_VERSION "." CUDNN_VERSION)
  unset(cudnn_lines)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CUDNN
  REQUIRED_VARS CUDNN_LIBRARY CUDNN_INCLUDE_DIR VERSION_VAR CUDNN_VERSION
  REASON_FAILURE_MESSAGE "cuDNN is missing, or too old. NVIDIA's repository for Debian and Ubuntu has it as cudnn9-cuda-13 \
(cudnn9-cuda-12 for CUDA 12), https://developer.nvidia.com/cudnn has archives for any Linux. Where it is installed \
elsewhere, give -DCUDNN_ROOT=/path/to/it, the folder that holds include/cudnn.h and lib/libcudnn.so")

if(CUDNN_FOUND AND NOT TARGET CUDNN::cudnn)
  add_library(CUDNN::cudnn UNKNOWN IMPORTED GLOBAL)
  set_target_properties(CUDNN::cudnn PROPERTIES
    IMPORTED_LOCATION "${CUDNN_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${CUDNN_INCLUDE_DIR}")
endif()
