// The ops of transformers over patches: norms, gates, places, and the patches themselves.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <hush/cpu/gated_add.hpp>
#include <hush/cpu/modulated_norm.hpp>
#include <hush/cpu/rms_norm.hpp>
#include <hush/cpu/rotary_embedding.hpp>
#include <hush/cpu/swap_axes.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/gated_add.hpp>
#include <hush/ops/modulated_norm.hpp>
#include <hush/ops/rms_norm.hpp>
#include <hush/ops/rotary_embedding.hpp>
#include <hush/ops/slice.hpp>
#include <hush/ops/unpatchify.hpp>
#include <ops/inputs.hpp>

using namespace hush;
using B = Cpu<double>;

namespace {

const Shape sequences[] = {{1, 3, 4}, {2, 5, 6}, {3, 1, 1}, {2, 2, 70}, {2, 2, 3, 5}, {3, 4}};

Tensor<B> tensor(const Shape& shape, const std::vector<double>& values) {
  return upload(B{1}, shape, std::span<const double>(values));
}

}  // namespace

TEST_CASE("gated_add: gradients agree with finite differences, and the value with the formula") {
  for (const Shape& s : sequences)
    require_gradients([](const auto& x, const auto& g, const auto& y) { return gated_add(x, g, y); }, input(s, 1),
                      input({s[0], s.back()}, 2), input(s, 3));
  const auto z = gated_add(tensor({2, 2, 1}, {1, 2, 3, 4}), tensor({2, 1}, {10, -1}), tensor({2, 2, 1}, {5, 6, 7, 8}));
  CHECK(download<double>(z) == std::vector<double>{51, 62, -4, -4});
}

TEST_CASE("modulated_norm: gradients agree with finite differences, of both norms") {
  for (const Shape& s : sequences)
    for (const NormOf of : {NormOf::layer, NormOf::rms}) {
      const PlainNorm norm{1e-3, of};
      const Shape image{s[0], s.back()};
      require_gradients([&](const auto& x, const auto& a, const auto& b) { return modulated_norm(x, a, b, norm); },
                        input(s, 1), input(image, 2), input(image, 3));
      require_gradients([&](const auto& x) { return plain_norm(x, norm); }, input(s, 4));
    }
}

TEST_CASE("modulated_norm: by hand, and without scale and shift") {
  // mean 2, variance 2/3; mean of the squares 14/3
  const auto x = tensor({1, 1, 3}, {1, 2, 3}), scale = tensor({1, 3}, {1, 0, -1}), shift = tensor({1, 3}, {0, 5, 7});
  const double unit = std::sqrt(1.5), root = std::sqrt(3 / 14.);
  const auto close = [](const Tensor<B>& found, const std::vector<double>& wanted) {
    const auto values = download<double>(found);
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(values[i] == doctest::Approx(wanted[i]).epsilon(1e-14));
  };
  close(modulated_norm(x, scale, shift, {0}), {-2 * unit, 5, 7});
  close(plain_norm(x, {0}), {-unit, 0, unit});
  close(plain_norm(x, {0, NormOf::rms}), {root, 2 * root, 3 * root});
  close(modulated_norm(x, scale, shift, {0, NormOf::rms}), {2 * root, 2 * root + 5, 7});
  close(plain_norm(x, {3 - 2 / 3.}), {-1 / std::sqrt(3.), 0, 1 / std::sqrt(3.)});
}

TEST_CASE("rms_norm: gradients agree with finite differences, and the value with the formula") {
  for (const Shape& s : sequences)
    require_gradients([](const auto& x, const auto& g) { return rms_norm(x, g, 1e-3); }, input(s, 1),
                      parameter({s.back()}, 2));
  require_gradients([](const auto& x, const auto& g) { return rms_norm(x, g, 1e-3); }, input({4}, 1),
                    parameter({4}, 2));
  Parameter<B> gamma;
  gamma.value = tensor({2}, {2, 10});
  const auto y = download<double>(rms_norm(tensor({1, 2}, {3, 4}), gamma, 0));
  CHECK(y[0] == doctest::Approx(6 / std::sqrt(12.5)).epsilon(1e-14));
  CHECK(y[1] == doctest::Approx(40 / std::sqrt(12.5)).epsilon(1e-14));
}

TEST_CASE("rotary_embedding: gradients agree with finite differences, and lengths stay") {
  const auto table = rotary_table(B{2}, 2, 3, 8);
  CHECK(table.shape() == Shape{6, 8});
  const auto turn = [&](const auto& x) { return rotary_embedding(x, table, 2); };
  require_gradients(turn, input({2, 6, 16}, 1));
  const auto before = numbers({2, 6, 16}, 1), after = download<double>(turn(input({2, 6, 16}, 1)));
  for (std::size_t at = 0; at < before.size(); ++at)
    if (at % 8 < 4)
      CHECK(std::hypot(after[at], after[at + 4]) == doctest::Approx(std::hypot(before[at], before[at + 4])));
}

TEST_CASE("rotary_embedding: a pair is turned by its patch's column or row, and products know only differences") {
  // heads of 4 channels: channels 0 and 2 turn by the column, 1 and 3 by the row
  const auto table = rotary_table(B{1}, 3, 4, 4);
  std::vector<double> values;
  for (int token = 0; token < 12; ++token) values.insert(values.end(), {1, 1, 0, 0});
  const auto y = download<double>(rotary_embedding(tensor({1, 12, 4}, values), table, 1));
  for (std::size_t token = 0; token < 12; ++token) {
    CHECK(y[4 * token] == doctest::Approx(std::cos(double(token % 4))));
    CHECK(y[4 * token + 1] == doctest::Approx(std::cos(double(token / 4))));
    CHECK(y[4 * token + 2] == doctest::Approx(std::sin(double(token % 4))));
    CHECK(y[4 * token + 3] == doctest::Approx(std::sin(double(token / 4))));
  }
  // one query and one key at all places: their product depends on the distance of the places
  std::vector<double> query, key;
  for (int token = 0; token < 12; ++token) {
    query.insert(query.end(), {.3, -.7, .2, .9});
    key.insert(key.end(), {-.4, .1, .8, .5});
  }
  const auto q = download<double>(rotary_embedding(tensor({1, 12, 4}, query), table, 1));
  const auto k = download<double>(rotary_embedding(tensor({1, 12, 4}, key), table, 1));
  const auto product = [&](std::size_t a, std::size_t b) {
    double sum = 0;
    for (std::size_t c = 0; c < 4; ++c) sum += q[4 * a + c] * k[4 * b + c];
    return sum;
  };
  CHECK(product(0, 5) == doctest::Approx(product(6, 11)));  // one right, one down
  CHECK(product(1, 3) == doctest::Approx(product(8, 10)));
  CHECK(product(0, 5) != doctest::Approx(product(0, 1)));
}

TEST_CASE("slice: channels from a place on, and their gradients") {
  for (const Shape& s : {Shape{2, 3, 6}, Shape{1, 2, 2, 9}, Shape{5, 7}, Shape{6}}) {
    require_gradients([](const auto& x) { return slice(x, 2, 3); }, input(s, 1));
    require_gradients([](const auto& x) { return slice(x, 0, 2) * slice(x, 3, 2) + slice(x, 1, 2); }, input(s, 2));
  }
  const auto x = tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(download<double>(slice(x, 1, 2)) == std::vector<double>{2, 3, 5, 6});
  CHECK(slice(x, 0, 1).shape() == Shape{2, 1});
}

TEST_CASE("unpatchify: a token is a patch, its pixels row by row, the channel fastest") {
  // 2 x 4 pixels of 1 channel in patches of 2 x 2: two tokens
  const auto tokens = tensor({1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  const auto image = unpatchify(tokens, 2, 4, 2);
  CHECK(image.shape() == Shape{1, 2, 4, 1});
  CHECK(download<double>(image) == std::vector<double>{1, 2, 5, 6, 3, 4, 7, 8});
  // each number says where it stands
  std::vector<double> named;
  for (int n = 0; n < 2; ++n)
    for (int row = 0; row < 2; ++row)
      for (int column = 0; column < 3; ++column)
        for (int y = 0; y < 2; ++y)
          for (int x = 0; x < 2; ++x)
            for (int c = 0; c < 3; ++c) named.push_back(1000 * n + 100 * (2 * row + y) + 10 * (2 * column + x) + c);
  const auto pixels = download<double>(unpatchify(tensor({2, 6, 12}, named), 4, 6, 2));
  std::size_t at = 0;
  for (int n = 0; n < 2; ++n)
    for (int row = 0; row < 4; ++row)
      for (int column = 0; column < 6; ++column)
        for (int c = 0; c < 3; ++c) CHECK(pixels[at++] == 1000 * n + 100 * row + 10 * column + c);
}

TEST_CASE("patchify: is the inverse, and both have the gradients of finite differences") {
  const auto x = input({2, 6, 4, 3}, 1);
  for (const std::int64_t patch : {1, 2}) {
    const auto back = unpatchify(patchify(x, patch), 6, 4, patch);
    CHECK(download<double>(back) == download<double>(x));
    require_gradients([&](const auto& v) { return patchify(v, patch); }, x);
  }
  require_gradients([](const auto& v) { return unpatchify(v, 6, 4, 2); }, input({2, 6, 12}, 2));
}

TEST_CASE("tokens: shapes that do not fit are refused in words") {
  const auto x = filled(B{1}, {2, 3, 4}, 1), other = filled(B{1}, {2, 3, 5}, 1), gate = filled(B{1}, {2, 4}, 1);
  CHECK_THROWS_WITH_AS(gated_add(x, gate, other),
                       "[gated_add] wants two tensors [N, ..., C] of one shape, got [2, 3, 4] and [2, 3, 5]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(gated_add(other, gate, other), "[gated_add] images [2, 3, 5] want a gate [2, 5], got [2, 4]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(modulated_norm(other, gate, gate),
                       "[modulated_norm] images [2, 3, 5] want a scale and a shift [2, 5], got [2, 4] and [2, 4]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(plain_norm(x, {-1}), "[modulated_norm] eps -1 is negative", std::invalid_argument);
  CHECK_THROWS_WITH_AS(rms_norm(x, parameter({5}, 1), 0), "[rms_norm] input has 4 channels, gamma is [5]",
                       std::invalid_argument);
  CHECK_THROWS_AS(rms_norm(x, parameter({4}, 1), -1), std::invalid_argument);
  CHECK_THROWS_WITH_AS(rotary_embedding(x, rotary_table(B{1}, 1, 3, 4), 2),
                       "[rotary_embedding] a table [3, 4] turns 2 heads of [N, 3, 8], got [2, 3, 4]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(rotary_table(B{1}, 1, 3, 6), "[rotary_table] wants heads of a multiple of 4 channels, got 6",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(slice(x, 2, 3), "[slice] channels 2 to 5 lie outside of [2, 3, 4]", std::invalid_argument);
  CHECK_THROWS_AS(slice(x, -1, 2), std::invalid_argument);
  CHECK_THROWS_WITH_AS(unpatchify(x, 5, 4, 2), "[unpatchify] images of 5 x 4 do not fall into patches of 2 x 2",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(unpatchify(x, 4, 4, 2), "[unpatchify] images of 4 x 4 are tokens [N, 4, 4 * C], got [2, 3, 4]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(patchify(filled(B{1}, {1, 4, 5, 1}, 1), 2),
                       "[patchify] images [1, 4, 5, 1] do not fall into patches of 2 x 2", std::invalid_argument);
}
