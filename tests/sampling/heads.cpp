#include <hush/sampling/heads.hpp>

#include <doctest/doctest.h>

#include <span>
#include <stdexcept>
#include <vector>

#include <hush/cpu/elementwise.hpp>
#include <hush/parameterizations/learned_variance.hpp>
#include <hush/parameterizations/predict_noise.hpp>

using namespace hush;

TEST_CASE("heads: the channels of F, and the fraction that those behind them say") {
  const Cpu<double> on{1};
  const std::vector<double> said{1, 2, -1, .5, 3, 4, 0, 1};
  const auto output = upload(on, {1, 1, 2, 4}, std::span<const double>(said));
  const LearnedVariance two{PredictNoise{}};
  const Shape images{1, 1, 2, 2};
  CHECK(download<double>(detail::estimate_head(two, output, images)) == std::vector<double>{1, 2, 3, 4});
  CHECK(download<double>(detail::variance_fraction(on, output, images)) == std::vector<double>{0, .75, .5, 1});
  CHECK(download<double>(detail::estimate_head(PredictNoise{}, output, Shape{1, 1, 2, 4})) == said);
  CHECK_THROWS_WITH_AS(detail::estimate_head(PredictNoise{}, output, images),
                       "[sample] the network gave [1, 1, 2, 4], wanted [1, 1, 2, 2]", std::invalid_argument);
}
