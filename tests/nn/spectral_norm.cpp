#include <doctest/doctest.h>

#include <cmath>

#include <hush/core.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/flat_parameters.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/nn/spectral_norm.hpp>
#include <hush/nn/walk.hpp>

using namespace hush;
using B = Cpu<double>;

namespace {

struct Net {
  nn::SpectralNorm<nn::Conv2d<B>> conv{nn::Conv2d<B>(B{}, 3, 4)};
  nn::SpectralNorm<nn::Linear<B>> last{nn::Linear<B>(B{}, 4, 2)};
  static void visit(auto& self, auto&& f) { f("conv", self.conv), f("last", self.last); }
};

}  // namespace

TEST_CASE("spectral norm: names, buffers, and what does not count") {
  Net net;
  initialise(net, Seed{1});
  std::vector<std::string> names, buffers;
  walk(net, [&](const std::string& name, const auto& p) { (p.trained ? names : buffers).push_back(name); });
  CHECK(names == std::vector<std::string>{"conv.weight", "conv.bias", "last.weight", "last.bias"});
  CHECK(buffers == std::vector<std::string>{"conv.u", "last.u"});
  CHECK(count_parameters(net) == 3 * 4 * 9 + 4 + 4 * 2 + 2);
}

TEST_CASE("spectral norm: training steps at rest bring a layer's steepest direction to slope 1") {
  Net net;
  initialise(net, Seed{1});
  FlatParameters<B> flat(net);
  flat.attach_gradients(net);
  for (int step = 0; step < 60; ++step) {
    flat.zero_gradients();
    Tape<B> tape;
    tape.backward(sum(net.last(tape.constant(filled(B{}, {1, 4}, 1)))));
    flat.move_buffers(1);
  }
  // The largest eigenvalue of the 2 x 2 matrix a a^T of the layer's differences a is 1.
  std::vector<std::vector<double>> a(2, std::vector<double>(4));
  const auto at = [&](const Tensor<B>& x) { return download<double>(net.last(x)); };
  const auto zero = at(filled(B{}, {1, 4}, 0));
  for (std::size_t i = 0; i < 4; ++i) {
    std::vector<double> unit(4);
    unit[i] = 1;
    const auto y = at(upload(B{}, {1, 4}, std::span<const double>(unit)));
    for (std::size_t row = 0; row < 2; ++row) a[row][i] = y[row] - zero[row];
  }
  const auto dot = [&](std::size_t p, std::size_t q) {
    return a[p][0] * a[q][0] + a[p][1] * a[q][1] + a[p][2] * a[q][2] + a[p][3] * a[q][3];
  };
  const double trace = dot(0, 0) + dot(1, 1), det = dot(0, 0) * dot(1, 1) - dot(0, 1) * dot(0, 1);
  CHECK(trace / 2 + std::sqrt(trace * trace / 4 - det) == doctest::Approx(1).epsilon(1e-9));
}

TEST_CASE("spectral norm: a convolution is that of the divided weight, with and without a tape") {
  Net net;
  initialise(net, Seed{2});
  const auto x = normal_images(B{}, {2, 5, 5, 3}, Stream{.seed = 1}, std::vector<std::uint32_t>{0, 1});
  Parameter<B> divided;
  divided.value = spectral_norm(x, net.conv.layer.weight, net.conv.u);
  const auto wanted = download<double>(conv2d(x, divided, net.conv.layer.bias));
  CHECK(download<double>(net.conv(x)) == wanted);
  Tape<B> tape;
  CHECK(download<double>(net.conv(tape.constant(x)).value()) == wanted);
}
