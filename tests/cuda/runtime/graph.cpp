#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/runtime/graph.hpp>
#include <hush/cuda/team/host_gpu.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

#include "../../thrown.hpp"

using namespace hush;

namespace {

using B = Cuda<float, HostGpu>;
const B on{.stream = 3};

Tensor<B> filled(double value, std::int64_t n = 5) {
  Tensor<B> x(on, {n});
  fill(on, n, value, x.data());
  return x;
}
std::vector<float> numbers(const Tensor<B>& x) {
  std::vector<float> found(std::size_t(x.size()));
  copy_out(on, x.size(), x.data(), found.data());
  return found;
}
std::vector<float> all(float value, std::size_t n = 5) { return std::vector<float>(n, value); }

/// x = 2 x + 1, through memory of its own.
void step(Tensor<B>& x, const Tensor<B>& one) {
  Tensor<B> twice(on, x.shape());
  scale(on, x.size(), 2, std::as_const(x).data(), twice.data());
  add(on, x.size(), std::as_const(twice).data(), one.data(), x.data());
}

using thrown::message;

}  // namespace

TEST_CASE("graph: what was recorded is done when it is launched, each time, and bit for bit the same") {
  on.machine().memory().keep_blocks(false);
  for (const int members : {1, 32}) {
    HostGpu::members = members;
    Tensor<B> x = filled(0.3), eager = filled(0.3);
    const Tensor<B> one = filled(1);
    auto graph = graph_on(on);
    graph.launch();  // an empty one does nothing
    graph.add([&] { step(x, one); });
    graph.add([&] { step(x, one), step(x, one); });
    CHECK(numbers(x) == all(0.3f));
    for (int round = 0; round < 3; ++round) {
      graph.launch();
      for (int i = 0; i < 3; ++i) step(eager, one);
      CHECK(numbers(x) == numbers(eager));
    }
    HostGpu::members = 1;
  }
}

TEST_CASE("graph: a loop is done as often as the number in memory says, and at least once") {
  Tensor<B> x = filled(0);
  const Tensor<B> one = filled(1);
  Tensor<B, std::int32_t> left(on, {1});
  auto graph = graph_on(on);
  graph.repeat(left.data(), [&] { add(on, 5, std::as_const(x).data(), one.data(), x.data()); });
  graph.add([&] { scale(on, 5, 10, std::as_const(x).data(), x.data()); });
  float wanted = 0;
  for (const std::int32_t times : {4, 1, 0, 7}) {
    copy_in(on, 1, &times, left.data());
    graph.launch();
    wanted = 10 * (wanted + float(std::max(1, times)));
    CHECK(numbers(x) == all(wanted));
  }
}

TEST_CASE("graph: an exception while recording leaves it as it was, and the stream usable") {
  Tensor<B> x = filled(1);
  Tensor<B, std::int32_t> left(on, {1});
  fill(on, 1, 1, left.data());
  const Tensor<B> one = filled(1);
  auto graph = graph_on(on);
  graph.add([&] { step(x, one); });
  const auto held = memory_use(on).in_use;
  const auto broken = [&] {
    step(x, one);
    throw std::runtime_error("in the middle");
  };
  CHECK(message([&] { graph.add(broken); }) == "in the middle");
  CHECK(message([&] { graph.repeat(left.data(), broken); }) == "in the middle");
  CHECK(memory_use(on).in_use == held);
  CHECK(numbers(x) == all(1));  // copies work again
  graph.launch();
  CHECK(numbers(x) == all(3));
}

TEST_CASE("graph: memory that runs out while recording leaves graph and stream usable") {
  Tensor<B> x = filled(1);
  const Tensor<B> one = filled(1);
  auto graph = graph_on(on);
  on.machine().memory().fail_at(0);
  CHECK(message([&] { graph.add([&] { step(x, one); }); }).starts_with("[memory] wanted 20 bytes"));
  on.machine().memory().fail_at(-1);
  graph.add([&] { step(x, one); });
  graph.launch();
  CHECK(numbers(x) == all(3));
}

TEST_CASE("graph: waiting and copies to and from the host are refused while recording") {
  Tensor<B> x = filled(1);
  float number = 2;
  auto graph = graph_on(on);
  CHECK(message([&] { graph.add([&] { copy_in(on, 1, &number, x.data()); }); }) ==
        "[HostGpu] a copy from the host cannot be recorded");
  CHECK(message([&] { graph.add([&] { copy_out(on, 1, std::as_const(x).data(), &number); }); }) ==
        "[HostGpu] a copy to the host cannot be recorded");
  CHECK(message([&] { graph.add([&] { synchronise(on); }); }) == "[HostGpu] waiting cannot be recorded");
  CHECK(message([&] { graph.add([&] { graph.add([] {}); }); }) == "[HostGpu] is recording already");
  CHECK(number == 2);
  CHECK(numbers(x) == all(1));
}

TEST_CASE("graph: the memory of a recording is nobody else's until the graph is gone") {
  on.machine().memory().keep_blocks(true);
  trim(on);
  const auto before = memory_use(on);
  {
    Tensor<B> x = filled(1), y = filled(0);
    auto graph = graph_on(on);
    float* inside = nullptr;
    graph.add([&] {
      Tensor<B> between(on, {5});
      inside = between.data();
      scale(on, 5, 3, std::as_const(x).data(), between.data());
      copy(on, 5, std::as_const(between).data(), y.data());
    });
    std::vector<Tensor<B>> others;
    for (int i = 0; i < 3; ++i) others.push_back(filled(-1));
    for (const auto& other : others) CHECK(other.data() != inside);
    graph.launch();
    CHECK(numbers(y) == all(3));
    for (const auto& other : others) CHECK(numbers(other) == all(-1));
  }
  trim(on);
  CHECK(memory_use(on).held == before.held);
  CHECK(memory_use(on).in_use == before.in_use);
}
