#pragma once
#include <array>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace hush {

/// How a launcher (mpiexec, mpirun, srun) started this process: its rank, the number of ranks, and the environment
/// variable that says so (empty: no launcher did).
struct Launch {
  int rank = 0, ranks = 1;
  std::string variable = {};
};

namespace detail {

/// The whole number in an environment variable; -1 where there is none.
inline int number_in_environment(const char* name) {
  const char* text = std::getenv(name);
  const std::string_view all = text ? text : "";
  int number = -1;
  const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), number);
  return error == std::errc{} && end == all.data() + all.size() ? number : -1;
}

}  // namespace detail

/// What the variables of Open MPI's mpirun, of MPICH's mpiexec (and others with its process manager) and of Slurm's
/// srun say of this process. A Slurm job's own script is no rank: only the tasks of a step count.
inline Launch launch_of_environment() {
  struct Names {
    const char *rank, *ranks;
  };
  constexpr std::array<Names, 3> known{Names{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                       Names{"PMI_RANK", "PMI_SIZE"}, Names{"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"}};
  for (const Names& one : known) {
    const int rank = detail::number_in_environment(one.rank), ranks = detail::number_in_environment(one.ranks);
    if (rank >= 0 && ranks > rank) return {rank, ranks, one.ranks};
  }
  return {};
}

}  // namespace hush
