#include <doctest/doctest.h>

#include <hush/cpu/attention.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/ops/attention.hpp>
#include <hush/ops/conv2d.hpp>
#include <hush/ops/linear.hpp>
#include <ops/inputs.hpp>

using namespace hush;

namespace {
const Conv2dOptions options[] = {
    {}, {.stride = 2, .pad = 1}, {.stride = 2, .pad = 0, .extra = {.bottom = 1, .right = 1}}, {.stride = 3, .pad = 2}};
}

TEST_CASE("conv2d: gradients agree with finite differences") {
  for (const Conv2dOptions& o : options)
    for (const std::int64_t k : {1, 3, 4}) {
      if (k % 2 == 0 && o.pad < 0) continue;
      const auto conv = [&](const auto& x, const auto& w, const auto& b) { return conv2d(x, w, b, o); };
      require_gradients(conv, input({2, 5, 4, 3}, 1), parameter({5, k, k, 3}, 2), parameter({5}, 3));
      require_gradients(conv, input({1, 7, 5, 1}, 4), parameter({2, k, k, 1}, 5), parameter({2}, 6));
      const Parameter<Cpu<double>> none;
      const auto bare = [&](const auto& x, const auto& w) { return conv2d(x, w, none, o); };
      require_gradients(bare, input({3, 4, 4, 2}, 7), parameter({1, k, k, 2}, 8));
    }
}

TEST_CASE("conv2d: result sizes") {
  const auto x = filled(Cpu<double>{1}, {2, 9, 8, 3}, 1);
  const Parameter<Cpu<double>> none, w = parameter({4, 3, 3, 3}, 1), even = parameter({4, 4, 4, 3}, 1);
  CHECK(conv2d(x, w, none).shape() == Shape{2, 9, 8, 4});
  CHECK(conv2d(x, w, none, {.stride = 2}).shape() == Shape{2, 5, 4, 4});
  CHECK(conv2d(x, w, none, {.pad = 0}).shape() == Shape{2, 7, 6, 4});
  CHECK(conv2d(x, w, none, {.stride = 2, .pad = 0, .extra = {.bottom = 1, .right = 1}}).shape() == Shape{2, 4, 4, 4});
  CHECK(conv2d(x, even, none, {.stride = 2, .pad = 1}).shape() == Shape{2, 4, 4, 4});
}

TEST_CASE("conv2d: shapes that do not fit are refused in words") {
  const auto x = filled(Cpu<double>{1}, {2, 5, 5, 3}, 1);
  const Parameter<Cpu<double>> none;
  CHECK_THROWS_WITH_AS(conv2d(x, parameter({2, 3, 3, 4}, 1), none), "[conv2d] input has 3 channels, weight wants 4",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(conv2d(x, parameter({2, 3, 3, 3}, 1), parameter({3}, 1)),
                       "[conv2d] weight has 2 outputs, bias is [3]", std::invalid_argument);
  CHECK_THROWS_WITH_AS(conv2d(x, parameter({2, 4, 4, 3}, 1), none),
                       "[conv2d] no padding keeps the image's size with a 4 x 4 kernel: give options.pad",
                       std::invalid_argument);
  CHECK_THROWS_AS(conv2d(x, parameter({2, 7, 7, 3}, 1), none, {.pad = 0}), std::invalid_argument);
  CHECK_THROWS_AS(conv2d(x, parameter({2, 3, 3, 3}, 1), none, {.stride = 0}), std::invalid_argument);
}

TEST_CASE("linear: gradients agree with finite differences, ranks 1 to 4") {
  for (const Shape& s : {Shape{5}, Shape{3, 5}, Shape{1, 7, 5}, Shape{2, 2, 3, 5}}) {
    const auto op = [](const auto& x, const auto& w, const auto& b) { return linear(x, w, b); };
    require_gradients(op, input(s, 1), parameter({4, 5}, 2), parameter({4}, 3));
  }
  const Parameter<Cpu<double>> none;
  require_gradients([&](const auto& x, const auto& w) { return linear(x, w, none); }, input({3, 17}, 1),
                    parameter({33, 17}, 2));
  CHECK_THROWS_WITH_AS(linear(input({2, 3}, 1), parameter({4, 5}, 2), none),
                       "[linear] input has 3 features, weight wants 5", std::invalid_argument);
}

TEST_CASE("attention: gradients agree with finite differences") {
  struct Case {
    std::int64_t batch, queries, keys, heads, width, value_width;
  };
  for (const Case& c : {Case{1, 3, 3, 1, 4, 4}, Case{2, 4, 7, 2, 3, 5}, Case{3, 1, 5, 4, 1, 2}}) {
    const auto op = [&](const auto& q, const auto& k, const auto& v) { return attention(q, k, v, c.heads, 0.3); };
    require_gradients(op, input({c.batch, c.queries, c.heads * c.width}, 1),
                      input({c.batch, c.keys, c.heads * c.width}, 2),
                      input({c.batch, c.keys, c.heads * c.value_width}, 3));
  }
  const auto q = input({1, 2, 6}, 1);
  require_gradients([](const auto& x) { return attention(x, x, x, 2, 0.5); }, q);
  CHECK_THROWS_AS(attention(q, q, q, 4, 1), std::invalid_argument);
  CHECK_THROWS_WITH_AS(attention(q, input({1, 2, 4}, 1), q, 2, 1), "[attention] queries have 6 channels, keys 4",
                       std::invalid_argument);
}
