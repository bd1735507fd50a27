#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/spectral_norm.hpp>
#include <vector>

using namespace hush;

TEST_CASE_TEMPLATE("spectral_norm: by hand, and power iterations find the largest singular value", T, float, double) {
  const Cpu<T> on{2};
  // [[3, 0], [4, 5]] has the singular values 3 sqrt(5) and sqrt(5); u = (0, 2) gives |(4, 5)|.
  const std::vector<T> w{3, 0, 4, 5};
  std::vector<T> u{0, 2}, y(4), v(2), scale(2), du(2);
  spectral_norm(on, 2, 2, w.data(), u.data(), y.data(), v.data(), scale.data());
  CHECK(scale[0] == doctest::Approx(std::sqrt(41.)));
  CHECK(scale[1] == T(.5));
  CHECK(v[0] == doctest::Approx(4 / std::sqrt(41.)));
  CHECK(y[3] == doctest::Approx(5 / std::sqrt(41.)));
  for (int i = 0; i < 20; ++i) {
    spectral_norm(on, 2, 2, w.data(), u.data(), y.data(), v.data(), scale.data());
    power_iteration(on, 2, 2, w.data(), u.data(), v.data(), du.data());
    for (std::size_t k = 0; k < 2; ++k) u[k] += du[k];
  }
  CHECK(scale[0] == doctest::Approx(3 * std::sqrt(5.)).epsilon(1e-6));
  CHECK(u[0] == doctest::Approx(1 / std::sqrt(10.)).epsilon(1e-6));
  CHECK(u[1] == doctest::Approx(3 / std::sqrt(10.)).epsilon(1e-6));
}

TEST_CASE("spectral_norm: a weight of zeros stays one, and its vector stays where it is") {
  const Cpu<double> on{1};
  const std::vector<double> w(6, 0.), u{1, 2};
  std::vector<double> y(6), v(3), scale(2), du(2);
  spectral_norm(on, 2, 3, w.data(), u.data(), y.data(), v.data(), scale.data());
  CHECK(y == w);
  power_iteration(on, 2, 3, w.data(), u.data(), v.data(), du.data());
  CHECK(du == std::vector<double>{0, 0});
}
