#include <doctest/doctest.h>

#include <hush/cpu/binary_cross_entropy.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/ops/binary_cross_entropy.hpp>
#include <ops/inputs.hpp>

using namespace hush;

TEST_CASE("binary_cross_entropy: gradients agree with finite differences") {
  const Cpu<double> on{1};
  const auto targets = upload(on, {2, 3}, std::span<const double>(std::vector<double>{0, 1, 1, .3, 0, 1}));
  require_gradients([&](const auto& x) { return binary_cross_entropy(x, targets); }, input({2, 3}, 4));
}

TEST_CASE("binary_cross_entropy: PyTorch's example by hand, and targets of another shape are refused") {
  const Cpu<double> on{1};
  const auto ones = filled(on, {10, 64}, 1), logits = filled(on, {10, 64}, 1.5);
  CHECK(download<double>(binary_cross_entropy(logits, ones))[0] == doctest::Approx(.2014).epsilon(1e-4));
  CHECK_THROWS_WITH_AS(binary_cross_entropy(logits, filled(on, {64, 10}, 1)),
                       "[binary_cross_entropy] targets [64, 10] for logits [10, 64]", std::invalid_argument);
}
