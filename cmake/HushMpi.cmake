# hush::mpi (<hush/mpi.hpp>): ranks over MPI. Looked for only where HUSH_MPI asks; its absence is then an error.
option(HUSH_MPI "hush::mpi and examples that run on many processes (wants MPICH or Open MPI)" OFF)
set(hush_mpi_packages "libmpich-dev mpich, or libopenmpi-dev openmpi-bin")

add_library(hush_mpi INTERFACE)  # the target, whether or not what it links is there
set_target_properties(hush_mpi PROPERTIES EXPORT_NAME mpi)
target_link_libraries(hush_mpi INTERFACE hush_core MPI::MPI_CXX)
hush_config_need(hush::mpi MPI MPI::MPI_CXX "${hush_mpi_packages}")

if(HUSH_MPI)
  set(MPI_CXX_SKIP_MPICXX TRUE)  # the C interface alone: the C++ one has left the standard
  find_package(MPI QUIET GLOBAL COMPONENTS CXX)
  if(NOT TARGET MPI::MPI_CXX)
    message(FATAL_ERROR "hush: hush::mpi needs MPI, which was not found. On Debian and Ubuntu:\n"
      "  sudo apt-get install libmpich-dev mpich\n"
      "or libopenmpi-dev openmpi-bin. Elsewhere install MPICH or Open MPI and put its mpicxx on PATH. "
      "-DHUSH_MPI=OFF builds without.")
  endif()
  add_library(hush::mpi ALIAS hush_mpi)
endif()
