#include <hush/cpu/learned_variance.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace hush;

TEST_CASE("cpu learned variance: where F and v of a number lie, and what the two normal distributions have between") {
  // Two images of two pixels and two channels: F, F, v, v a pixel. Weight 1 and no bound: the squared error.
  const Cpu<double> on{1};
  const std::vector<double> f{1, 2, 9, 9, 3, 4, 9, 9, 5, 6, 9, 9, 7, 8, 9, 9}, target{0, 0, 0, 0, 0, 0, 0, 0};
  std::vector<double> numbers{1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0}, y(8);
  hybrid_loss(on, 2, 2, 2, f.data(), target.data(), target.data(), numbers.data(), y.data());
  CHECK(y == std::vector<double>{1, 4, 9, 16, 50, 72, 98, 128});

  // N(1, 4) against N(2 F, e^(low + (1 + v) / 2 range)) with F = 1 of a target of 1/2, v = 0: ln(s2 / s1) + (s1^2 +
  // d^2) / (2 s2^2) - 1/2.
  const double low = std::log(4.), s2 = std::sqrt(4 * std::exp(.5));
  const std::vector<double> row{0, 1, 2, low, 1, 0}, one{1, 0}, half{.5}, none{0};
  double kl = 0;
  hybrid_loss(on, 1, 1, 1, one.data(), half.data(), none.data(), row.data(), &kl);
  CHECK(kl == doctest::Approx(std::log(s2 / 2) + (4 + 1) / (2 * s2 * s2) - .5).epsilon(1e-12));
}

TEST_CASE("cpu learned variance: the probability of a step of 1/127.5, as a density where it is narrow") {
  const Cpu<double> on{1};
  const double variance = .04, x0 = .2, offset = .1;  // the mean is x0 - offset, which is the error of F
  const std::vector<double> row{0, 1, 1, std::log(variance), 0, 1}, f{-offset, 0}, zero{0}, image{x0};
  double nll = 0;
  hybrid_loss(on, 1, 1, 1, f.data(), zero.data(), image.data(), row.data(), &nll);
  const double density = std::exp(-offset * offset / (2 * variance)) / std::sqrt(2 * 3.14159265358979323846 * variance);
  CHECK(std::exp(-nll) == doctest::Approx(density * 2 / 255).epsilon(2e-3));  // tanh is near the distribution function
  // At the ends the rest of the line belongs to the step.
  const std::vector<double> white{1}, exact{0, 0};
  hybrid_loss(on, 1, 1, 1, exact.data(), zero.data(), white.data(), row.data(), &nll);
  CHECK(std::exp(-nll) ==
        doctest::Approx(.5 + 1 / (255 * std::sqrt(2 * 3.14159265358979323846 * variance))).epsilon(1e-4));
  // Far away it is 1e-12, without a slope.
  const std::vector<double> far{-50, 0};
  std::vector<double> df(2);
  const double dy = 1;
  hybrid_loss(on, 1, 1, 1, far.data(), zero.data(), image.data(), row.data(), &nll);
  hybrid_loss_backward(on, 1, 1, 1, 1., far.data(), zero.data(), image.data(), row.data(), &dy, df.data());
  CHECK(nll == doctest::Approx(-std::log(1e-12)));
  CHECK(df[1] == 0);
}

TEST_CASE("cpu learned variance: noise times a deviation between two") {
  const Cpu<float> on{2};
  std::vector<float> v(9000, .5f), z(9000, 3), y(9000);
  v[1] = 0, v[8999] = 1;
  scale_geometrically(on, 9000, .1, std::log(16.), v.data(), z.data(), y.data());
  CHECK(y[0] == doctest::Approx(1.2));
  CHECK(y[1] == doctest::Approx(.3));
  CHECK(y[8999] == doctest::Approx(4.8));
}
