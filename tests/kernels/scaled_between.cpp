#include <hush/kernels/scaled_between.hpp>

#include <doctest/doctest.h>

#include <span>
#include <stdexcept>
#include <vector>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/learned_variance.hpp>
#include <hush/kernels/hybrid_loss.hpp>
#include <hush/samplers/learned_range.hpp>

using namespace hush;

TEST_CASE("scaled_between: for images it is what it is for numbers") {
  const Cpu<double> on{1};
  const std::vector<double> v{0, .25, 1, 1.5, -.1, .5}, z{1, -2, .5, 3, 0, -1};
  const auto fractions = upload(on, {1, 2, 3, 1}, std::span<const double>(v));
  const auto noise = upload(on, {1, 2, 3, 1}, std::span<const double>(z));
  const std::vector<double> found = download<double>(scaled_between(.1, .4, fractions, noise));
  for (std::size_t i = 0; i < 6; ++i)
    CHECK(found[i] == doctest::Approx(scaled_between(.1, .4, v[i], z[i])).epsilon(1e-13));
  CHECK_THROWS_WITH_AS(scaled_between(.1, .4, fractions, noise.reshaped({6})),
                       "[scaled_between] fractions are [1, 2, 3, 1], noise [6]", std::invalid_argument);
  CHECK_THROWS_WITH_AS(scaled_between(.4, .1, fractions, noise),
                       "[scaled_between] wants 0 < low <= high, got 0.4 and 0.1", std::invalid_argument);
  // A row of the numbers of the hybrid loss: weight, bound, mean, low, range, decodes.
  const double row[HybridNumbers::size] = {2, 0, 1, 0, 1, 0};
  CHECK(hybrid_term(row, 3., 0., 1., 0.).value == 8);
  CHECK(hybrid_term(row, 3., 0., 1., 0.).by_estimate == 8);
}
