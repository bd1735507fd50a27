#include <doctest/doctest.h>

#include <cmath>

#include <hush/core.hpp>
#include <hush/io/weights.hpp>
#include <hush/nn/conv2d_transposed.hpp>
#include <hush/nn/initialise.hpp>

using namespace hush;
using B = Cpu<double>;

TEST_CASE("conv2d transposed: sizes come out as its docstring says") {
  const B on;
  const auto image = filled(on, {2, 6, 5, 4}, 0.5);
  nn::Conv2dTransposed<B> plain(on, 4, 3), doubling(on, 4, 7, {.kernel = 4, .options = {.stride = 2, .pad = 1}});
  nn::Conv2dTransposed<B> bare(on, 4, 2, {.kernel = 2, .bias = false, .options = {.stride = 3}});
  initialise(plain, Seed{}), initialise(doubling, Seed{}), initialise(bare, Seed{});
  CHECK(plain(image).shape() == Shape{2, 8, 7, 3});
  CHECK(doubling(image).shape() == Shape{2, 12, 10, 7});
  CHECK(bare(image).shape() == Shape{2, 17, 14, 2});
  CHECK(count_parameters(doubling) == 4 * 16 * 7 + 7);
  CHECK(count_parameters(bare) == 4 * 4 * 2);
}

TEST_CASE("conv2d transposed: it starts within PyTorch's bound, 1/sqrt(out * kernel^2)") {
  nn::Conv2dTransposed<B> layer(B{}, 64, 3, {.kernel = 4});
  initialise(layer, Seed{2});
  const double bound = 1 / std::sqrt(3 * 16.0);
  double high = 0;
  for (const double w : download<double>(layer.weight.value)) high = std::max(high, std::abs(w));
  CHECK(high <= bound);
  CHECK(high > 0.98 * bound);
}

TEST_CASE("conv2d transposed: files hold its weight as [in, out, kH, kW]") {
  nn::Conv2dTransposed<B> layer(B{}, 5, 3, {.kernel = 2});
  initialise(layer, Seed{2});
  const FlatParameters<B> layout(layer);
  const auto arrays = io::arrays_of(layout, layout.values());
  const auto& array = arrays.items.at("weight");
  CHECK(array.shape == std::vector<std::int64_t>{5, 3, 2, 2});
  const auto in_file = io::values_of<double>(array);
  const auto in_memory = download<double>(layer.weight.value);
  for (std::size_t in = 0; in < 5; ++in)
    for (std::size_t out = 0; out < 3; ++out)
      for (std::size_t tap = 0; tap < 4; ++tap)
        CHECK(in_file[(in * 3 + out) * 4 + tap] == in_memory[(in * 4 + tap) * 3 + out]);
}
