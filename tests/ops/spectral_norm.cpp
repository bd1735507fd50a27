#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/spectral_norm.hpp>
#include <hush/ops/spectral_norm.hpp>
#include <ops/inputs.hpp>

using namespace hush;
using B = Cpu<double>;

namespace {

Parameter<B> vector_of(std::int64_t rows) {
  Parameter<B> u = parameter({rows}, 5);
  u.trained = false;
  return u;
}

}  // namespace

TEST_CASE("spectral_norm: gradients agree with finite differences, for any vector") {
  const auto like = input({1}, 1);
  for (const Shape& shape : {Shape{4, 3}, Shape{3, 2, 2, 5}, Shape{1, 7}}) {
    const Parameter<B> u = vector_of(shape[0]);
    require_gradients([&](const auto& x, const auto& weight) { return spectral_norm(x, weight, u); }, like,
                      parameter(shape, 2));
  }
}

TEST_CASE("spectral_norm: the buffer's gradient is one power iteration; where all is constant nothing moves") {
  const Parameter<B> weight = parameter({4, 6}, 1), u = vector_of(4);
  const auto w = download<double>(weight.value), from = download<double>(u.value);
  Tape<B> tape;
  const auto y = spectral_norm(tape.constant(input({1}, 1)), weight, u);
  CHECK(download<double>(y.value()) == download<double>(spectral_norm(input({1}, 1), weight, u)));
  tape.backward(y, filled(B{1}, {4, 6}, 1));
  std::vector<double> v(6), after(4);
  for (std::size_t i = 0; i < 24; ++i) v[i % 6] += from[i / 6] * w[i];
  double square = 0;
  for (std::size_t i = 0; i < 24; ++i) after[i / 6] += w[i] * v[i % 6];
  for (const double a : after) square += a * a;
  const auto moved = download<double>(u.grad);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(from[i] + moved[i] == doctest::Approx(after[i] / std::sqrt(square)).epsilon(1e-12));

  const Parameter<B> still = parameter({4, 6}, 1), other = vector_of(4);
  Tape<B> without;
  without.keep_constant(still), without.keep_constant(other);
  const auto x = without.variable(input({1}, 1));
  without.backward(spectral_norm(x, still, other), filled(B{1}, {4, 6}, 1));
  CHECK(still.grad.empty());
  CHECK(other.grad.empty());
}

TEST_CASE("spectral_norm: shapes that do not fit are refused") {
  const auto like = input({1}, 1);
  CHECK_THROWS_WITH_AS(spectral_norm(like, parameter({4, 6}, 1), vector_of(6)),
                       "[spectral_norm] weight has 4 outputs, u is [6]", std::invalid_argument);
  CHECK_THROWS_WITH_AS(spectral_norm(like, parameter({4}, 1), vector_of(4)),
                       "[spectral_norm] wants a weight [out, ...], got [4]", std::invalid_argument);
}
