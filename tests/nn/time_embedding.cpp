#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hush/cpu/activation.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/embedding.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/time_embedding.hpp>

using namespace hush;
using B = Cpu<double>;

namespace {

/// The sines, then the cosines of t / 100^(k / half), k < half.
std::vector<double> waves(double t, std::int64_t width) {
  std::vector<double> all;
  const std::int64_t half = width / 2;
  for (const bool cosine : {false, true})
    for (std::int64_t k = 0; k < half; ++k) {
      const double angle = t * std::pow(100, -double(k) / double(half));
      all.push_back(cosine ? std::cos(angle) : std::sin(angle));
    }
  return all;
}

/// W x + b in double.
std::vector<double> through(const nn::Linear<B>& layer, const std::vector<double>& x) {
  const auto weight = download<double>(layer.weight.value);
  std::vector<double> y = download<double>(layer.bias.value);
  for (std::size_t o = 0; o < y.size(); ++o)
    for (std::size_t i = 0; i < x.size(); ++i) y[o] += weight[o * x.size() + i] * x[i];
  return y;
}

const SinusoidalOptions options{.width = 6, .max_period = 100};
const Tensor<B> levels = upload(B{}, {2}, std::span<const double>(std::vector<double>{3, 17.5}));

void check_equal(const Tensor<B>& found, const std::vector<std::vector<double>>& wanted) {
  const auto numbers = download<double>(found);
  REQUIRE(found.shape() == Shape{2, std::int64_t(wanted[0].size())});
  for (std::size_t i = 0; i < numbers.size(); ++i)
    CHECK(numbers[i] == doctest::Approx(wanted[i / wanted[0].size()][i % wanted[0].size()]).epsilon(1e-12));
}

}  // namespace

TEST_CASE("time embedding: sines and cosines of the level, then no, one or two layers with SiLU between them") {
  check_equal(nn::TimeEmbedding<B>(options)(Tensor<B>(), levels), {waves(3, 6), waves(17.5, 6)});
  for (const bool two_layers : {false, true}) {
    nn::TimeEmbedding<B> layer(B{}, options, 5, two_layers);
    initialise(layer, Seed{3});
    std::vector<std::vector<double>> wanted;
    for (const double t : {3., 17.5}) {
      auto x = through(layer.linear1, waves(t, 6));
      if (two_layers) {
        for (double& v : x) v /= 1 + std::exp(-v);
        x = through(layer.linear2, x);
      }
      wanted.push_back(x);
    }
    check_equal(layer(Tensor<B>(), levels), wanted);
    Tape<B> tape;
    CHECK(download<double>(layer(tape.constant(levels), levels).value()) ==
          download<double>(layer(Tensor<B>(), levels)));
  }
}

TEST_CASE("time embedding: it has the parameters of the layers that are there") {
  const auto names = [](const nn::TimeEmbedding<B>& layer) {
    std::string all;
    walk(layer, [&](const std::string& name, const auto&) { all += name + " "; });
    return all;
  };
  CHECK(names(nn::TimeEmbedding<B>(options)) == "");
  CHECK(names({B{}, options, 5, false}) == "linear1.weight linear1.bias ");
  CHECK(names({B{}, options, 5, true}) == "linear1.weight linear1.bias linear2.weight linear2.bias ");
}
