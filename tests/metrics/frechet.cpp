#include <doctest/doctest.h>

#include <cmath>
#include <hush/metrics/frechet.hpp>
#include <random>
#include <vector>

using namespace hush;
using namespace hush::metrics;

namespace {

/// A Gaussian of independent numbers.
Gaussian diagonal(const std::vector<double>& mean, const std::vector<double>& variance) {
  const std::size_t d = mean.size();
  Gaussian g{mean, std::vector<double>(d * d)};
  for (std::size_t i = 0; i < d; ++i) g.covariance[i * d + i] = variance[i];
  return g;
}

FeatureSet normal_vectors(std::int64_t count, std::int64_t width, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(std::size_t(count * width));
  for (double& value : values) value = normal(engine);
  return {count, width, std::move(values)};
}

}  // namespace

TEST_CASE("frechet: closed forms") {
  const std::vector<double> none(300, 0), one(300, 1);
  CHECK(frechet(diagonal(none, one), diagonal(none, one)) == doctest::Approx(0).epsilon(1e-9));
  CHECK(frechet(diagonal(none, one), diagonal(one, one)) == doctest::Approx(300).epsilon(1e-12));
  CHECK(frechet(diagonal(none, one), diagonal(none, std::vector<double>(300, 4))) ==
        doctest::Approx(300).epsilon(1e-12));
}

TEST_CASE("frechet: a mean moved by 1 in each of 2048 dimensions is 2048") {
  const std::vector<double> none(2048, 0), one(2048, 1);
  CHECK(frechet(diagonal(none, one), diagonal(one, one)) == 2048);
}

TEST_CASE("frechet: diagonal covariances, singular ones too") {
  std::vector<double> a, b;
  double wanted = 0;
  for (int i = 0; i < 20; ++i) {
    a.push_back(i % 3 ? 0.1 * i * i : 0), b.push_back(i % 4 ? 5.0 / i : 0);
    wanted += std::pow(std::sqrt(a.back()) - std::sqrt(b.back()), 2);
  }
  const std::vector<double> none(20, 0);
  CHECK(frechet(diagonal(none, a), diagonal(none, b)) == doctest::Approx(wanted).epsilon(1e-12));
  CHECK(frechet(diagonal(none, b), diagonal(none, a)) == doctest::Approx(wanted).epsilon(1e-12));
  CHECK(frechet(diagonal(none, none), diagonal(none, none)) == 0);
}

TEST_CASE("frechet: one and two dimensions by hand") {
  CHECK(frechet(Gaussian{{1}, {9}}, Gaussian{{3}, {4}}) == doctest::Approx(4 + 1));
  // S1 S2 = diag(4, 1) [[2, 1], [1, 2]]: its eigenvalues are those of [[8, 4], [1, 2]], 5 +- sqrt(13).
  const double roots = std::sqrt(5 + std::sqrt(13.)) + std::sqrt(5 - std::sqrt(13.));
  CHECK(frechet(Gaussian{{0, 0}, {4, 0, 0, 1}}, Gaussian{{0, 0}, {2, 1, 1, 2}}) ==
        doctest::Approx(5 + 4 - 2 * roots).epsilon(1e-12));
}

TEST_CASE("frechet: covariances that share no direction, or hardly one") {
  for (const double angle : {0., .1, .7, 1., 2.5})
    for (const double off : {0., 1e-9, 1e-6}) {  // S1 = u u^T and S2 = 2 v v^T: their shared trace is sqrt(2) |u v|
      const double u[] = {std::cos(angle), std::sin(angle)};
      const double v[] = {-std::sin(angle + off), std::cos(angle + off)};
      Gaussian a{{0, 0}, {}}, b{{0, 0}, {}};
      for (const int i : {0, 1})
        for (const int j : {0, 1}) a.covariance.push_back(u[i] * u[j]), b.covariance.push_back(2 * v[i] * v[j]);
      CHECK(std::abs(frechet(a, b) - (3 - 2 * std::sqrt(2.) * std::sin(off))) < 1e-7);
      CHECK(std::abs(frechet(b, a) - frechet(a, b)) < 1e-7);
    }
}

TEST_CASE("frechet: fewer vectors than dimensions have a singular covariance, and turning the space changes nothing") {
  const FeatureSet a = normal_vectors(10, 40, 1), b = normal_vectors(15, 40, 2);
  const double found = frechet(a, b);
  CHECK(frechet(b, a) == doctest::Approx(found).epsilon(1e-7));
  CHECK(frechet(a, a) < 1e-5);
  FeatureSet turned_a = a, turned_b = b;  // a reflection at the plane across (1, 1, ..., 1)
  for (FeatureSet* set : {&turned_a, &turned_b})
    for (std::int64_t i = 0; i < set->count; ++i) {
      double sum = 0;
      for (const double v : (*set)[i]) sum += v;
      for (std::int64_t j = 0; j < 40; ++j) set->values[std::size_t(i * 40 + j)] -= 2 * sum / 40;
    }
  CHECK(frechet(turned_a, turned_b) == doctest::Approx(found).epsilon(1e-7));
}

TEST_CASE("frechet: three constant images") {
  Images<float> images(3, 2, 2, 1);
  for (int i = 0; i < 3; ++i)
    for (float& pixel : images[i]) pixel = float(2 * std::vector{0, 127, 255}[std::size_t(i)]) / 255 - 1;
  const Gaussian g = gaussian_of(Pixels{}(images));
  REQUIRE(g.mean.size() == 4);
  REQUIRE(g.covariance.size() == 16);
  for (const double m : g.mean) CHECK(std::abs(m - 0.5) < 1e-3);
  for (const double c : g.covariance) CHECK(std::abs(c - 0.25) < 1e-5);
}

TEST_CASE("frechet: what is no set of vectors or no Gaussian is refused in words") {
  CHECK_THROWS_WITH_AS(gaussian_of(normal_vectors(1, 3, 1)), "[gaussian_of] wants 2 vectors or more, got 1",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(frechet(normal_vectors(4, 3, 1), normal_vectors(4, 2, 1)),
                       "[frechet] one set has vectors of 3 numbers, the other of 2", std::invalid_argument);
  CHECK_THROWS_WITH_AS(frechet(diagonal({0}, {1}), diagonal({0, 0}, {1, 1})),
                       "[frechet] one mean has 1 numbers, the other 2", std::invalid_argument);
  CHECK_THROWS_WITH_AS(frechet(Gaussian{{0, 0}, {1}}, Gaussian{{0, 0}, {1}}),
                       "[frechet] a mean of 2 numbers wants a covariance of 4, got 1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(frechet(diagonal({0}, {1}), diagonal({NAN}, {1})), "[frechet] mean or covariance is not finite",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(frechet(diagonal({0, 0}, {1, -2}), diagonal({0, 0}, {1, 1})),
                       "[frechet] a covariance has the negative eigenvalue -2", std::invalid_argument);
  CHECK_THROWS_WITH_AS(frechet(diagonal({0, 0}, {3, 1e-12}), diagonal({0, 0}, {1, -2})),
                       "[frechet] a covariance has the negative eigenvalue -2", std::invalid_argument);
  CHECK_THROWS_WITH_AS(frechet(diagonal({0, 0}, {1e200, 1}), diagonal({0, 0}, {1e200, 1})),
                       "[frechet] the covariances are too large to be multiplied", std::invalid_argument);
  CHECK_THROWS_WITH_AS(frechet(Gaussian{{0, 0}, {1, 0.5, 0, 1}}, diagonal({0, 0}, {1, 1})),
                       "[frechet] a covariance is not symmetric", std::invalid_argument);
}
