#include <doctest/doctest.h>

#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/layer_norm.hpp>
#include <hush/ops/group_norm.hpp>
#include <hush/ops/layer_norm.hpp>
#include <ops/inputs.hpp>

using namespace hush;

TEST_CASE("group_norm: gradients agree with finite differences, 1 group to one a channel") {
  for (const Shape& s : image_shapes)
    for (const std::int64_t groups : {std::int64_t(1), std::int64_t(2), s[3]}) {
      if (s[3] % groups != 0) continue;
      const auto norm = [&](const auto& x, const auto& g, const auto& b) { return group_norm(x, g, b, groups, 1e-3); };
      require_gradients(norm, input(s, 1), parameter({s[3]}, 2), parameter({s[3]}, 3));
    }
  const auto sequence = [](const auto& x, const auto& g, const auto& b) { return group_norm(x, g, b, 2, 1e-3); };
  require_gradients(sequence, input({2, 5, 4}, 1), parameter({4}, 2), parameter({4}, 3));
}

TEST_CASE("layer_norm: gradients agree with finite differences") {
  for (const Shape& s : {Shape{3, 5}, Shape{2, 3, 4}, Shape{1, 2, 2, 66}, Shape{7}}) {
    const auto norm = [](const auto& x, const auto& g, const auto& b) { return layer_norm(x, g, b, 1e-3); };
    require_gradients(norm, input(s, 1), parameter({s.back()}, 2), parameter({s.back()}, 3));
  }
}

TEST_CASE("norms: shapes that do not fit are refused in words") {
  const auto x = filled(Cpu<double>{1}, {1, 2, 2, 6}, 1);
  const auto p = parameter({6}, 1), q = parameter({5}, 1);
  CHECK_THROWS_WITH_AS(group_norm(x, p, p, 4, 1e-5), "[group_norm] 6 channels do not fall into 4 groups",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(group_norm(x, p, q, 1, 1e-5), "[group_norm] input has 6 channels, gamma is [6] and beta [5]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(layer_norm(x, q, p, 1e-5), "[layer_norm] input has 6 channels, gamma is [5] and beta [6]",
                       std::invalid_argument);
  CHECK_THROWS_AS(layer_norm(x, p, p, -1), std::invalid_argument);
}
