# Headers, the CMake package (components core, hush, gif, cuda) and hush.pc. Nothing of it depends on the processor.
include(CMakePackageConfigHelpers)
set(hush_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/hush")

install(TARGETS hush_headers EXPORT hush-headers FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS hush_core EXPORT hush-core)
install(TARGETS hush EXPORT hush-hush)
install(TARGETS hush_gif EXPORT hush-gif)
set(hush_components headers core hush gif)
if(TARGET hush_cuda)
  install(TARGETS hush_cuda EXPORT hush-cuda)
  list(APPEND hush_components cuda)
endif()
foreach(component IN LISTS hush_components)
  install(EXPORT hush-${component} NAMESPACE hush:: DESTINATION "${hush_package_dir}" FILE hush-${component}.cmake)
endforeach()

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/hushConfig.cmake.in" "${PROJECT_BINARY_DIR}/hushConfig.cmake"
  INSTALL_DESTINATION "${hush_package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/hushConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/hushConfig.cmake" "${PROJECT_BINARY_DIR}/hushConfigVersion.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/FindCGIF.cmake" "${CMAKE_CURRENT_LIST_DIR}/FindCUDNN.cmake" DESTINATION "${hush_package_dir}")

configure_file("${CMAKE_CURRENT_LIST_DIR}/hush.pc.in" "${PROJECT_BINARY_DIR}/hush.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/hush.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/THIRD_PARTY.md"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/hush")
