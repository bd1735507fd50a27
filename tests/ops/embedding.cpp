#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/embedding.hpp>
#include <hush/cpu/levels.hpp>
#include <hush/ops/embedding.hpp>
#include <hush/ops/fourier_embedding.hpp>
#include <hush/ops/sinusoidal_embedding.hpp>
#include <ops/inputs.hpp>

using namespace hush;

namespace {

/// Rows 23 to 25, columns 47 to 49 of the embedding of 0..127 with width 64.
std::vector<double> window(const SinusoidalOptions& options) {
  std::vector<double> t(128);
  for (std::size_t i = 0; i < t.size(); ++i) t[i] = double(i);
  const Cpu<float> on{1};
  const auto y = download<double>(
      sinusoidal_embedding(filled(on, {1}, 0), upload(on, {128}, std::span<const double>(t)), options));
  std::vector<double> cut;
  for (std::size_t row = 23; row <= 25; ++row)
    for (std::size_t column = 47; column <= 49; ++column) cut.push_back(y[row * 64 + column]);
  return cut;
}

void check_near(const std::vector<double>& got, const std::vector<double>& want) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(std::abs(got[i] - want[i]) < 1e-4);
}

}  // namespace

TEST_CASE("sinusoidal_embedding: the conventions in use, against published numbers") {
  check_near(window({.width = 64, .half_minus_one = true}),
             {0.9646, 0.9804, 0.9892, 0.9615, 0.9787, 0.9882, 0.9582, 0.9769, 0.9872});
  check_near(window({.width = 64, .cosine_first = true}),
             {0.3019, 0.2280, 0.1716, 0.3146, 0.2377, 0.1790, 0.3272, 0.2474, 0.1864});
  check_near(window({.width = 64, .half_minus_one = true, .scale = 1000}),
             {-0.9801, -0.9464, -0.9349, -0.3952, 0.8887, -0.9709, 0.5299, -0.2853, -0.9927});
}

TEST_CASE("sinusoidal_embedding: fractional times, odd widths, and no gradient") {
  Tape<Cpu<double>> tape;
  const auto like = tape.variable(filled(Cpu<double>{1}, {3}, 1));
  const auto t = filled(Cpu<double>{1}, {2}, 2.5);
  const auto y = sinusoidal_embedding(like, t, {.width = 5, .max_period = 100});
  CHECK(&y.tape() == &tape);
  CHECK(y.node() == -1);
  CHECK(y.shape() == Shape{2, 5});
  const auto row = download<double>(y.value());
  const std::vector<double> wanted{std::sin(2.5), std::sin(0.25), std::cos(2.5), std::cos(0.25), 0};
  check_near({row.begin(), row.begin() + 5}, wanted);
  check_near({row.begin() + 5, row.end()}, wanted);
  CHECK(download<double>(sinusoidal_embedding(t, t, {.width = 5, .max_period = 100})) == row);
  CHECK_THROWS_AS(sinusoidal_embedding(like, t, {.width = 1}), std::invalid_argument);
  CHECK_THROWS_AS(sinusoidal_embedding(like, t, {.width = 2, .half_minus_one = true}), std::invalid_argument);
  CHECK_THROWS_AS(sinusoidal_embedding(like, filled(Cpu<double>{1}, {2, 1}, 1), {.width = 4}), std::invalid_argument);
  CHECK_THROWS_AS(sinusoidal_embedding(like, t, {.width = 4, .max_period = 0}), std::invalid_argument);
}

TEST_CASE("embedding: rows, their gradients, and indices outside of the table") {
  const std::vector<std::int32_t> rows{2, 0, 2};
  const auto like = input({1}, 1);
  const auto table = parameter({3, 4}, 2);
  const auto y = download<double>(embedding(like, table, rows));
  const auto all = download<double>(table.value);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t c = 0; c < 4; ++c) CHECK(y[i * 4 + c] == all[std::size_t(rows[i]) * 4 + c]);
  const auto op = [&](const auto& x, const auto& t) { return embedding(x, t, rows); };
  require_gradients(op, like, table);
  require_gradients(op, like, parameter({7, 1}, 3));
  require_gradients(op, like, parameter({3, 65}, 4));
  const std::vector<std::int32_t> high{0, 3}, low{-1};
  CHECK_THROWS_WITH_AS(embedding(like, table, high), "[embedding] index 1 is 3, the table has rows 0 to 2",
                       std::invalid_argument);
  CHECK_THROWS_AS(embedding(like, table, low), std::invalid_argument);
}

TEST_CASE("fourier_embedding: sines, then cosines, of 2 pi frequencies ln(t)") {
  using B = Cpu<double>;
  Parameter<B> w = parameter({2}, 1);
  const std::vector<double> frequencies{0.5, -3}, levels{0.02, 1, 80};
  copy_in(B{}, 2, frequencies.data(), w.value.data());
  const auto t = upload(B{}, {3}, std::span<const double>(levels));
  const auto y = download<double>(fourier_embedding(t, t, w));
  REQUIRE(y.size() == 12);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t k = 0; k < 2; ++k) {
      const double angle = 2 * std::acos(-1.) * frequencies[k] * std::log(levels[i]);
      CHECK(y[4 * i + k] == doctest::Approx(std::sin(angle)));
      CHECK(y[4 * i + 2 + k] == doctest::Approx(std::cos(angle)));
    }
  CHECK_THROWS_WITH_AS(fourier_embedding(t, input({3, 1}, 1), w), "[fourier_embedding] wants t [N], got [3, 1]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(fourier_embedding(t, t, parameter({2, 2}, 1)),
                       "[fourier_embedding] wants frequencies [K], got [2, 2]", std::invalid_argument);
  for (const double wrong : {0., -1., std::nan("")}) {
    const std::vector<double> with{1, wrong};
    CHECK_THROWS_WITH_AS(fourier_embedding(t, upload(B{}, {2}, std::span<const double>(with)), w),
                         to_text("[fourier_embedding] Fourier features want positive numbers, whose logarithm they "
                                 "embed, got ",
                                 wrong,
                                 ": let the network be told sigma, as PredictNoise<Sigma> does, not a time that begins "
                                 "at 0")
                             .c_str(),
                         std::invalid_argument);
  }
}

TEST_CASE("embedding: rows nearest to numbers, the ends beyond them, and the gradient of their table") {
  using B = Cpu<double>;
  Parameter<B> table = parameter({4, 2}, 1);
  const auto t = upload(B{}, {6}, std::span<const double>(std::vector<double>{0, 2.4, 2.5, 99, -3, std::nan("")}));
  const auto rows = download<double>(table.value), y = download<double>(embedding(t, table, t));
  const std::size_t wanted[] = {0, 2, 3, 3, 0, 0};
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t c = 0; c < 2; ++c) CHECK(y[2 * i + c] == rows[2 * wanted[i] + c]);
  Tensor<B> like = input({1}, 2);
  CHECK(gradient_error([&](const auto& x, const auto& p) { return embedding(x, p, t); }, like, table).worst <= 1);
  CHECK_THROWS_WITH_AS(embedding(t, table, input({2, 1}, 1)), "[embedding] wants numbers [N], got [2, 1]",
                       std::invalid_argument);
}
