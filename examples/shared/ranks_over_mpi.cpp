#include <hush/communicators/single_process.hpp>
#include <hush/launch.hpp>
#include <hush/mpi.hpp>

#include "ranks.hpp"

namespace examples {

const Ranks& ranks(double time_limit) {
  static const Ranks all = [&]() -> Ranks {
    if (hush::launch_of_environment().ranks == 1) return {hush::SingleProcess{}};
    const hush::Mpi mpi({.time_limit = time_limit});
    return {mpi, mpi.local_size()};
  }();
  return all;
}

}  // namespace examples
