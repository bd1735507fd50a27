#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <hush/cpu/kernels.hpp>

#include <hush/nn/transformer2d.hpp>
#include <hush/nn/walk.hpp>
#include <ops/inputs.hpp>

using namespace hush;
using B = Cpu<double>;
using V = Tensor<B>;

namespace {

nn::Transformer2d<B> random(const nn::Transformer2dConfig& config) {
  nn::Transformer2d<B> layer(B{}, config);
  std::uint32_t seed = 1;
  walk(layer, [&](const std::string&, Parameter<B>& p) { p.value = input(p.value.shape(), seed++); });
  return layer;
}

}  // namespace

TEST_CASE("geglu: it is the value times GELU of the gate") {
  nn::Geglu<B> layer(B{}, 3);
  std::uint32_t seed = 1;
  walk(layer, [&](const std::string&, Parameter<B>& p) { p.value = input(p.value.shape(), seed++); });
  CHECK(layer.value.weight.value.shape() == Shape{12, 3});
  const V x = input({2, 5, 3}, 30);
  const auto a = download<double>(layer.value(x)), b = download<double>(layer.gate(x));
  std::vector<double> inside;
  for (std::size_t i = 0; i < a.size(); ++i) inside.push_back(a[i] * b[i] * 0.5 * (1 + std::erf(b[i] / std::sqrt(2.))));
  const auto wanted = download<double>(x + layer.out(upload(B{}, {2, 5, 12}, std::span<const double>(inside))));
  const auto found = download<double>(layer.onto(x, x));
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(1e-12));
}

TEST_CASE("transformer2d: its gradients by image, tokens and each parameter are those of finite differences") {
  auto layer = random({.channels = 4, .token_dim = 3, .heads = 2, .blocks = 1, .groups = 2});
  V image = input({2, 2, 1, 4}, 40), tokens = input({2, 3, 3}, 41);
  const V mask = upload(B{}, {2, 3}, std::span<const double>(std::vector<double>{1, 1, 0, 1, 0, 1}));
  const auto run = [&](const auto& x, const auto& t) { return layer(x, t, constant_like(x, mask)); };
  CHECK(gradient_error(run, image, tokens).worst <= 1);
  walk(layer, [&](const std::string& name, Parameter<B>& p) {
    const auto error =
        gradient_error([&](const auto& x, const auto&) { return run(x, constant_like(x, tokens)); }, image, p);
    CAPTURE(name);
    CAPTURE(error);
    CHECK(error.worst <= 1);
  });
}

TEST_CASE("transformer2d: tokens that are masked change nothing, others do, and images do not meet") {
  const auto layer = random({.channels = 4, .token_dim = 3, .heads = 2, .blocks = 2, .groups = 2});
  const V image = input({2, 2, 3, 4}, 40);
  const auto run = [&](double first_of_image_1, double second_of_image_1) {
    std::vector<double> tokens(18, 0.5);
    tokens[9] = first_of_image_1;
    tokens[12] = second_of_image_1;
    const V mask = upload(B{}, {2, 3}, std::span<const double>(std::vector<double>{1, 1, 1, 1, 0, 1}));
    return download<double>(layer(image, upload(B{}, {2, 3, 3}, std::span<const double>(tokens)), mask));
  };
  const auto one = run(0.5, 0.5), masked = run(0.5, 100), seen = run(2, 0.5);
  CHECK(masked == one);
  const auto half = std::ptrdiff_t(one.size() / 2);
  CHECK(std::vector(seen.begin(), seen.begin() + half) == std::vector(one.begin(), one.begin() + half));
  CHECK(std::vector(seen.begin() + half, seen.end()) != std::vector(one.begin() + half, one.end()));
}

TEST_CASE("transformer2d: heads that do not divide the channels leave the rest out inside") {
  const nn::Transformer2d<B> layer(B{}, {.channels = 8, .token_dim = 3, .heads = 3, .groups = 2});
  CHECK(layer.in.weight.value.shape() == Shape{6, 8});
  CHECK(layer.out.weight.value.shape() == Shape{8, 6});
  CHECK_THROWS_WITH_AS((nn::Transformer2d<B>(B{}, {.channels = 4, .heads = 5, .groups = 2})),
                       "[Transformer2d] 4 channels do not fall into 5 heads", std::invalid_argument);
}
