#include <doctest/doctest.h>

#include <hush/core.hpp>
#include <hush/train.hpp>

#include "../tiny.hpp"

using namespace hush;

namespace {

/// In place of MPI, which the tests are not linked with.
struct Mpi : SingleProcess {
  struct Options {
    double time_limit;
  };
  explicit Mpi(Options) {}
};

}  // namespace

TEST_CASE("docs: many-machines.md") {
  tiny::Net net = tiny::net(1);
  const tiny::Squares data{16};
  const auto& process = tiny::process;
  bool saved = false;
  const auto save = [&](const tiny::Net&) { saved = true; };
  // [ranks]
  const Mpi ranks({.time_limit = 600});  // <hush/mpi.hpp>, target hush::mpi
  const auto trained =
      train(process, net, AdamW{.rate = 1e-3}, data, {.epochs = 2, .batch = 8, .accumulate = 8, .communicator = ranks});
  if (ranks.rank() == 0) save(trained.averaged);
  // [/ranks]
  CHECK(saved);
  CHECK(trained.epochs.size() == 2);
}
