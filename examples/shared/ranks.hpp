#pragma once
#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <hush/collectives/agreement.hpp>
#include <hush/communicator.hpp>
#include <hush/warning.hpp>

namespace examples {

/// The processes that work on one command: all ranks, and how many of them run on this machine.
struct Ranks {
  hush::AnyCommunicator all;
  int here = 1;
};

/// What every rank finds wrong alike, so that one of them says it.
struct SaidByAll : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The ranks that a launcher (mpiexec, mpirun, srun) started, one process where none did. The first call starts MPI and
/// says how many seconds a rank waits for the others. Throws SaidByAll where there are several and the program was
/// built without MPI.
const Ranks& ranks(double time_limit = 600);

/// Runs a command on all ranks: rank 0 alone prints, and an exception of any ends all with RankFailure.
template <class Command>
int on_ranks(double time_limit, const Command& command) {
  const hush::AnyCommunicator& all = ranks(time_limit).all;
  if (all.rank() > 0) {
    std::cout.setstate(std::ios::failbit);
    hush::warning_sink() = [rank = all.rank()](std::string_view words) {
      std::cerr << "warning of rank " << rank << ": " << words << std::endl;
    };
  }
  return hush::on_all_ranks(all, command);
}

/// Calls f() on rank 0 alone, which may write; all ranks wait, and hear of what it throws.
template <class F>
void on_rank_zero(const F& f) {
  hush::on_all_ranks(ranks().all, [&] {
    if (ranks().all.rank() == 0) f();
  });
}

/// Throws SaidByAll where a launcher started several processes, for a command that is for one.
void one_process_only();

/// The threads of a rank: those asked for; for 0 its share of the machine's cores. A launcher that binds ranks to cores
/// has shared them out already.
int threads_of_rank(int asked);

/// The micro-batches of a batch: those asked for; for 0 one for each rank.
inline std::int64_t micro_batches(std::int64_t asked) { return asked > 0 ? asked : ranks().all.size(); }

}  // namespace examples
