#include <doctest/doctest.h>

#include <cstdint>
#include <span>

#include <hush/backbone.hpp>

#include "thrown.hpp"
#include "tiny.hpp"

using namespace hush;

namespace {

/// The tiny squares, each given beside itself.
struct Given {
  tiny::Squares squares;
  std::int64_t size() const { return squares.size(); }
  Examples<Images<float>> batch(std::span<const std::int64_t> items) const {
    return {squares.batch(items), squares.batch(items)};
  }
};

}  // namespace

TEST_CASE("backbone: a network of another process is refused with the ports of both") {
  const auto said = [](Ports network, Ports process) {
    return thrown::message([&] { check_ports("sample", network, process); });
  };
  CHECK(said({4, 7}, {4, 7}) == "nothing was thrown");
  CHECK(said({0, 7}, {4, 0}) ==
        "[sample] the network was built for another process: it takes 0 extra channels and a label vector of width 7, "
        "the "
        "process has 4 and 0. Build it with process.ports()");

  const Process conditional{tiny::process.schedule, PredictNoise{}, ConcatImage{.channels = 1}};
  tiny::Net net = tiny::net();
  const std::string wanted = "it takes 0 extra channels and a label vector of width 0, the process has 1 and 0";
  CHECK(thrown::message([&] {
          sample(conditional, net, Ddim{}, Images<float>(1, 8, 8, 1), {.steps = 2});
        }).find(wanted) != std::string::npos);
  CHECK(thrown::message([&] { train(conditional, net, Adam{}, Given{}, {.batch = 4}); }).find(wanted) !=
        std::string::npos);
}
