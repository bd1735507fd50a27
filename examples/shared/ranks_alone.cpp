
#include <hush/check.hpp>
#include <hush/communicators/single_process.hpp>
#include <hush/launch.hpp>

#include "ranks.hpp"

namespace examples {

const Ranks& ranks(double) {
  const hush::Launch launch = hush::launch_of_environment();
  if (launch.ranks > 1)
    throw SaidByAll(hush::to_text("this is rank ", launch.rank, " of ", launch.ranks, " by ", launch.variable,
                                  ", and the program was built without MPI: CMake's -DHUSH_MPI=ON builds it "
                                  "with (docs/many-machines.md)"));
  static const Ranks alone{hush::SingleProcess{}};
  return alone;
}

}  // namespace examples
