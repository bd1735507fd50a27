#include "ranks.hpp"

#include <unistd.h>

#include <algorithm>
#include <thread>

#include <hush/check.hpp>
#include <hush/launch.hpp>

namespace examples {

void one_process_only() {
  const hush::Launch launch = hush::launch_of_environment();
  if (launch.ranks > 1)
    throw SaidByAll(hush::to_text("this command is for one process, and ", launch.variable, " says that there are ",
                                  launch.ranks, ": start it without mpiexec or srun"));
}

int threads_of_rank(int asked) {
  if (asked > 0 || ranks().all.size() == 1) return asked;
  const int mine = int(std::thread::hardware_concurrency());  // those that this process may run on
  const int machine = int(::sysconf(_SC_NPROCESSORS_ONLN));
  return std::max(1, mine < machine ? mine : machine / ranks().here);
}

}  // namespace examples
