// Layers of transformers over patches, and how their weights start.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hush/cpu/activation.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/rms_norm.hpp>
#include <hush/nn/feed_forward.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/positions.hpp>
#include <hush/nn/rms_norm.hpp>
#include <ops/inputs.hpp>

using namespace hush;
using B = Cpu<double>;

namespace {

template <class Layer>
Layer filled_in(Layer layer) {
  std::uint32_t seed = 1;
  walk(layer, [&](const std::string&, Parameter<B>& p) { p.value = input(p.value.shape(), seed++); });
  return layer;
}
Tensor<B> tensor(const Shape& shape, const std::vector<double>& values) {
  return upload(B{}, shape, std::span<const double>(values));
}

}  // namespace

TEST_CASE("feed_forward: two layers with GELU between them, or SiLU of a gate times the value") {
  const auto x = input({2, 5, 3}, 30);
  for (const bool gated : {false, true}) {
    auto layer = filled_in(nn::FeedForward<B>(B{}, 3, 7, gated));
    const auto value = download<double>(layer.in(x));
    std::vector<double> inside = value;
    if (gated) {
      const auto gate = download<double>(layer.gate(x));
      for (std::size_t i = 0; i < inside.size(); ++i) inside[i] *= gate[i] / (1 + std::exp(-gate[i]));
    } else {
      for (double& v : inside) v *= .5 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.)) * (v + .044715 * v * v * v)));
    }
    const auto wanted = download<double>(layer.out(tensor({2, 5, 7}, inside))), found = download<double>(layer(x));
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(1e-12));
    Tensor<B> image = x;
    walk(layer, [&](const std::string& name, Parameter<B>& p) {
      const auto error = gradient_error([&](const auto& v, const auto&) { return layer(v); }, image, p);
      CAPTURE(name);
      CAPTURE(error);
      CHECK(error.worst <= 1);
    });
  }
}

TEST_CASE("rms_norm layer: starts with factors of one, and the parameters are these") {
  nn::RmsNorm<B> norm(B{}, 2, 0);
  initialise(norm, Seed{1});
  const auto y = download<double>(norm(tensor({1, 2}, {3, 4})));
  CHECK(y[0] == doctest::Approx(3 / std::sqrt(12.5)));
  CHECK(count_parameters(norm) == 2);
  CHECK(nn::RmsNorm<B>().empty());
}

TEST_CASE("positions: the first half is the column, the second the row, as in the table of DiT") {
  // get_2d_sincos_pos_embed(16, ...) of the authors' program: the token at column 1, row 0
  const auto table = download<double>(nn::sine_positions(B{}, 2, 3, 16));
  const std::vector<double> wanted{.841471, .099833, .01, .001, .540302, .995004, .99995, 1, 0, 0, 0, 0, 1, 1, 1, 1};
  for (std::size_t c = 0; c < 16; ++c) {
    CHECK(std::abs(table[16 + c] - wanted[c]) < 1e-6);
    CHECK(std::abs(table[3 * 16 + (c + 8) % 16] - wanted[c]) < 1e-6);  // column 0, row 1
  }
  CHECK_THROWS_WITH_AS(nn::sine_positions(B{}, 2, 3, 6),
                       "[sine_positions] wants a width that is a multiple of 4, got 6", std::invalid_argument);
  const auto x = tensor({2, 1, 4}, {1, 2, 3, 4, 5, 6, 7, 8}), places = tensor({1, 4}, {10, 20, 30, 40});
  CHECK(download<double>(nn::add_positions(x, places)) == std::vector<double>{11, 22, 33, 44, 15, 26, 37, 48});
  require_gradients([&](const auto& v) { return nn::add_positions(v, places); }, x);
  CHECK_THROWS_WITH_AS(nn::add_positions(x, tensor({2, 2}, {1, 2, 3, 4})),
                       "[add_positions] tokens [2, 1, 4] want positions [1, 4], got [2, 2]", std::invalid_argument);
}

TEST_CASE("initialise: Xavier's bound, over matrices and over convolutions as matrices") {
  CHECK(Init::xavier(3, 5).kind == Init::Kind::uniform);
  CHECK(Init::xavier(3, 5).scale == doctest::Approx(std::sqrt(.75)));
  nn::Linear<B> layer(B{}, 40, 60);
  start_xavier(layer);
  initialise(layer, Seed{3});
  double most = 0, squares = 0;
  const auto values = download<double>(layer.weight.value);
  for (const double v : values) {
    most = std::max(most, std::abs(v));
    squares += v * v / double(values.size());
  }
  CHECK(most <= std::sqrt(6 / 100.));
  CHECK(squares == doctest::Approx(2 / 100.).epsilon(.1));  // its variance is 2 / (in + out)
  for (const double v : download<double>(layer.bias.value)) CHECK(v == 0);
}

TEST_CASE("initialise: a truncated normal has nothing beyond two deviations, and the deviation that is left") {
  nn::Linear<B> layer(B{}, 200, 100, false);
  layer.weight.init = Init::truncated_normal(3);
  initialise(layer, Seed{3});
  double sum = 0, squares = 0, most = 0;
  const auto values = download<double>(layer.weight.value);
  for (const double v : values) {
    sum += v;
    squares += v * v;
    most = std::max(most, std::abs(v));
  }
  const double count = double(values.size());
  CHECK(most <= 6);
  CHECK(most > 5.9);
  CHECK(std::abs(sum / count) < .08);
  // 1 - 4 phi(2) / (2 Phi(2) - 1), phi and Phi the density and distribution of a standard normal
  CHECK(std::sqrt(squares / count) / 3 == doctest::Approx(.8796).epsilon(.02));
  nn::Linear<B> normal(B{}, 200, 100, false);
  normal.weight.init = Init::normal(3);
  initialise(normal, Seed{3});
  const auto whole = download<double>(normal.weight.value);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::abs(whole[i]) <= 6) CHECK(values[i] == whole[i]);  // the others are drawn anew
}
