# Headers, the CMake package (components core, hush, gif, cuda, mpi) and hush.pc. Nothing of it depends on the processor, or on
# what was found on the machine that installs: what a target needs is looked for where it is used.
include(CMakePackageConfigHelpers)
set(hush_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/hush")

install(TARGETS hush_headers EXPORT hush-headers FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS hush_core EXPORT hush-core)
install(TARGETS hush EXPORT hush-hush)
install(TARGETS hush_gif EXPORT hush-gif)
if(NOT TARGET hush_cuda)
  hush_add_cuda()
endif()
install(TARGETS hush_cuda EXPORT hush-cuda)
install(TARGETS hush_mpi EXPORT hush-mpi)
foreach(component IN ITEMS headers core hush gif cuda mpi)
  install(EXPORT hush-${component} NAMESPACE hush:: DESTINATION "${hush_package_dir}" FILE hush-${component}.cmake)
endforeach()

get_property(hush_config_needs GLOBAL PROPERTY HUSH_CONFIG_NEEDS)
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/hushConfig.cmake.in" "${PROJECT_BINARY_DIR}/hushConfig.cmake"
  INSTALL_DESTINATION "${hush_package_dir}" NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/hushConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/hushConfig.cmake" "${PROJECT_BINARY_DIR}/hushConfigVersion.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/FindCGIF.cmake" "${CMAKE_CURRENT_LIST_DIR}/FindCUDNN.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/HushBuildType.cmake" "${CMAKE_CURRENT_LIST_DIR}/HushCompiled.cmake" DESTINATION "${hush_package_dir}")

configure_file("${CMAKE_CURRENT_LIST_DIR}/hush.pc.in" "${PROJECT_BINARY_DIR}/hush.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/hush.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/THIRD_PARTY.md"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/hush")
