#include <hush/memory_report.hpp>

#include <doctest/doctest.h>

#include <sstream>
#include <stdexcept>
#include <string>

#include <hush/cpu/activation.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/ops/silu.hpp>

using namespace hush;
using B = Cpu<float>;

namespace {

/// Two pointwise convolutions and SiLU between them, on images [N, 4, 4, 2].
struct Net {
  using backend = B;
  nn::Conv2d<B> first{B{1}, 2, 8, {.kernel = 1}}, last{B{1}, 8, 2, {.kernel = 1}};

  Net() {
    walk(*this, [](const std::string&, auto& p) { fill(p.value.on(), p.value.size(), 0.5, p.value.data()); });
  }
  B on() const { return {1}; }
  ImageSize image() const { return {4, 4, 2}; }
  Ports ports() const { return {}; }
  template <Value V>
  V operator()(const Input<V>& input) const {
    return last(silu(first(input.image)));
  }
  static void visit(auto& self, auto&& f) { f("first", self.first), f("last", self.last); }
};

constexpr std::size_t pixels = 2 * 4 * 4 * sizeof(float);  // of a batch of 2, a channel

}  // namespace

TEST_CASE("memory_report: what layers keep for the backward pass, and how much a pass needs, are known sizes") {
  CpuMemory::shared().keep_blocks(true);
  const Net net;
  const std::size_t before = memory_use(B{}).in_use;
  const MemoryReport report = memory_report(net, 2);
  CHECK(memory_use(B{}).in_use == before);
  CHECK(report.batch == 2);
  CHECK(report.live == before);
  CHECK(report.parameters == (16 + 8 + 16 + 2) * sizeof(float));
  REQUIRE(report.layers.size() == 3);
  CHECK(report.layers[0].name == "(input)");
  CHECK(report.layers[1].name == "first");
  CHECK(report.layers[2].name == "last");
  CHECK(report.layers[1].parameters == 24 * sizeof(float));
  CHECK(report.layers[2].parameters == 18 * sizeof(float));
  CHECK(report.layers[1].kept == std::int64_t(16 * pixels));  // what it gives, and SiLU of that
  CHECK(report.layers[2].kept == std::int64_t(2 * pixels));   // the result, which the backward pass begins with
  CHECK(report.kept == 18 * pixels);
  const std::size_t scratch = 1 << 16;  // of kernels, at most
  CHECK(report.forward >= 18 * pixels);
  CHECK(report.forward < 18 * pixels + scratch);
  CHECK(report.layers[2].forward == report.forward);
  CHECK(report.step >= report.kept + (2 + 8) * pixels);  // the gradients of last's result and of what it was given
  CHECK(report.step < report.kept + 18 * pixels + report.parameters + 2 * scratch);
  walk(net, [](const std::string&, const auto& p) { CHECK(p.grad.empty()); });
}

TEST_CASE("memory_report: twice the images keep twice as much, and the gradients of a network stay") {
  Net net;
  net.last.bias.grad = filled(B{1}, {2}, 3);
  const MemoryReport small = memory_report(net, 2), large = memory_report(net, 4);
  CHECK(large.kept == 2 * small.kept);
  CHECK(large.parameters == small.parameters);
  CHECK(download<double>(net.last.bias.grad) == std::vector<double>{3, 3});
  CHECK_THROWS_WITH_AS(memory_report(net, 0), "[memory_report] a batch of 0 images: give 1 or more",
                       std::invalid_argument);
}

TEST_CASE("memory_report: prints a line for each layer") {
  MemoryReport report{.batch = 2, .live = 1 << 20, .held = 3 << 20, .parameters = 1 << 19};
  report.layers.push_back({.name = "down.0.conv1", .parameters = 1 << 19, .kept = -(1 << 20), .forward = 2 << 20});
  std::ostringstream out;
  out << report;
  const auto row = [](std::string name, const std::string& rest) {
    return name + std::string(40 - name.size(), ' ') + rest;
  };
  CHECK(out.str() == "MiB for a batch of 2, on top of 1.00 in use; 3.00 held\n" +
                         row("layer", "  parameters        kept     forward        step\n") +
                         row("down.0.conv1", "        0.50       -1.00        2.00        0.00\n") +
                         row("all", "        0.50        0.00        0.00        0.00\n"));
}
