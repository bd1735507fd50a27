#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/runtime/device_program.hpp>
#include <hush/cuda/runtime/graph.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

#include "../../thrown.hpp"
#include "cuda/runtime/device_calls.hpp"

using namespace hush;
using pretended::gpu;

namespace {

/// Body: y[0] = y[0] * times + more.
struct Step {
  float times, more;
  float* y;
  template <class Team>
  void operator()(const Team& team) const {
    if (team.block() == 0 && team.rank() == 0) *y = *y * times + more;
  }
};
using thrown::message;

}  // namespace

TEST_CASE("device program: pieces and loops run in order, as often as they are launched") {
  const pretended::InPlace all;
  {
    Device device(0);
    float y = 1;
    std::int32_t left = 3, once = 1;
    Device::Program program(device);
    program.add([&] { device.launch(Step{2, 0, &y}, {}), device.launch(Step{1, 5, &y}, {}); });
    CHECK(y == 1);  // recorded, not done
    program.repeat(&left, [&] { device.launch(Step{3, 1, &y}, {}); });
    program.repeat(&once, [&] { device.launch(Step{1, 100, &y}, {}); });
    program.launch();
    CHECK(y == (((1 * 2 + 5) * 3 + 1) * 3 + 1) * 3 + 1 + 100);
    CHECK(left == 0);
    y = 0, left = 1, once = 2;
    program.launch();
    CHECK(y == 5 * 3 + 1 + 200);
    program.add([&] { device.launch(Step{0, 7, &y}, {}); });  // it can grow after it ran
    left = once = 1;
    program.launch();
    CHECK(y == 7);
    CHECK(gpu.ready == 1);
  }
  CHECK(gpu.nothing_left());
  CHECK(gpu.faults.empty());
}

TEST_CASE("device program: work that throws leaves it and the device as they were") {
  const pretended::InPlace all;
  {
    Device device(0);
    float y = 1, z = 0;
    std::int32_t left = 2;
    Device::Program program(device);
    program.add([&] { device.launch(Step{1, 1, &y}, {}); });
    const auto broken = [&] {
      device.launch(Step{1, 50, &y}, {});
      throw std::runtime_error("in the middle");
    };
    CHECK(message([&] { program.add(broken); }) == "in the middle");
    CHECK(message([&] { program.repeat(&left, broken); }) == "in the middle");
    CHECK(message([&] { program.add([&] { device.synchronise(); }); }) == "[Device] waiting cannot be recorded");
    CHECK(message([&] { program.add([&] { device.copy_in(&z, &y, 4); }); }) ==
          "[Device] a copy from the host cannot be recorded");
    CHECK(message([&] { program.add([&] { device.copy_out(&z, &y, 4); }); }) ==
          "[Device] a copy to the host cannot be recorded");
    CHECK(message([&] { program.add([&] { program.add([] {}); }); }) == "[Device] is recording already");
    CHECK(message([&] { program.add([&] { calls().stream_synchronise(device.stream()); }); }) ==
          "[cudaStreamEndCapture] operation failed due to a previous error during capture; something was queued that "
          "cannot be recorded, on device 0 (error 901)");
    program.launch();
    CHECK(y == 2);
    device.copy_out(&z, &y, 4);
    CHECK(z == 2);
    CHECK(left == 2);
  }
  CHECK(gpu.nothing_left());
}

TEST_CASE("device program: whichever call fails, it is named, the program is as it was, and no graph is left") {
  const pretended::InPlace all;
  Device device(0);
  gpu.failure = cudaErrorNotSupported;
  const int streams = gpu.streams;
  int failures = 0;
  for (std::int64_t n = 0;; ++n) {
    CAPTURE(n);
    REQUIRE(n < 100);
    float y = 1;
    std::int32_t left = 3;
    bool failed = false;
    {
      Device::Program program(device);
      const std::function<void()> steps[]{
          [&] { program.add([&] {
                  device.launch(Step{2, 0, &y}, {});
                }); },
          [&] { program.repeat(&left, [&] {
                  device.launch(Step{1, 1, &y}, {});
                }); },
          [&] { program.launch(); },
      };
      gpu.calls = 0, gpu.fail_at = n;
      for (const auto& step : steps) {
        const std::string said = message(step);
        if (said == "nothing was thrown") continue;
        INFO(said);
        CHECK(said.starts_with("[cuda"));
        CHECK(said.find("device 0") != std::string::npos);
        CHECK(gpu.last == cudaSuccess);
        failed = true;
        CHECK(message(step) == "nothing was thrown");  // a second attempt
      }
      CHECK(y == 5);
      CHECK(gpu.ready == 1);
    }
    CHECK(gpu.graphs == 0);
    CHECK(gpu.ready == 0);
    CHECK(gpu.streams == streams);
    if (!failed) break;
    ++failures;
  }
  CHECK(failures == 14);
  CHECK(gpu.faults.empty());
}

TEST_CASE("device program: a graph on a handle owns the memory that its recording asked for") {
  const pretended::InPlace all;
  using B = Cuda<float>;
  const B on{.device = 0, .stream = 77};
  {
    Tensor<B> x(on, {5}), y(on, {5});
    fill(on, 5, 3, x.data());
    auto graph = graph_on(on);
    graph.add([&] {
      Tensor<B> between(on, {5});
      scale(on, 5, 2, std::as_const(x).data(), between.data());
      add(on, 5, std::as_const(between).data(), std::as_const(x).data(), y.data());
    });
    Tensor<B> other(on, {5});  // must not be given the graph's block
    fill(on, 5, -1, other.data());
    graph.launch();
    std::vector<float> found(5), untouched(5);
    copy_out(on, 5, std::as_const(y).data(), found.data());
    copy_out(on, 5, std::as_const(other).data(), untouched.data());
    CHECK(found == std::vector<float>(5, 9));
    CHECK(untouched == std::vector<float>(5, -1));
  }
  trim(on);
  CHECK(memory_use(on).held == 0);
  CHECK(gpu.blocks.empty());
}
