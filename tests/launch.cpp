#include <hush/launch.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <initializer_list>
#include <utility>

using namespace hush;

namespace {

/// What is said under these variables and no others.
Launch under(std::initializer_list<std::pair<const char*, const char*>> variables) {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE", "SLURM_PROCID",
                           "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"})
    ::unsetenv(name);
  for (const auto& [name, value] : variables) ::setenv(name, value, 1);
  const Launch launch = launch_of_environment();
  for (const auto& [name, value] : variables) ::unsetenv(name);
  return launch;
}

}  // namespace

TEST_CASE("launch: the variables of Open MPI, MPICH and Slurm say which rank this is") {
  const Launch open_mpi = under({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "4"}});
  CHECK(open_mpi.rank == 1);
  CHECK(open_mpi.ranks == 4);
  CHECK(open_mpi.variable == "OMPI_COMM_WORLD_SIZE");
  CHECK(under({{"PMI_RANK", "3"}, {"PMI_SIZE", "4"}}).rank == 3);
  CHECK(under({{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "8"}}).ranks == 8);
}

TEST_CASE("launch: a process by itself, a Slurm job's own script, and variables that say nothing are one rank") {
  CHECK(under({}).ranks == 1);
  CHECK(under({}).variable.empty());
  CHECK(under({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}).ranks == 1);
  CHECK(under({{"PMI_SIZE", "4"}}).ranks == 1);
  CHECK(under({{"PMI_RANK", "4"}, {"PMI_SIZE", "4"}}).ranks == 1);
  CHECK(under({{"PMI_RANK", "one"}, {"PMI_SIZE", "4"}}).ranks == 1);
}
