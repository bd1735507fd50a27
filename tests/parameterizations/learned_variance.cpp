#include <hush/parameterizations/learned_variance.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <hush/parameterizations/predict_noise.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/samplers/learned_range.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/ve_sde.hpp>

using namespace hush;

static_assert(LearnsVariance<LearnedVariance<PredictVelocity<>>> && !LearnsVariance<PredictNoise<>>);

TEST_CASE("learned_variance: F is that of the parameterization within") {
  const LinearBeta schedule;
  const LearnedVariance says{PredictVelocity{}, .5};
  for (const double time : {0., 10., 999.}) {
    const Level at = schedule(time);
    CHECK(says(at).skip == PredictVelocity{}(at).skip);
    CHECK(says(at).out == PredictVelocity{}(at).out);
    CHECK(says(at).c_noise == time);
    CHECK(says.target(at).eps == PredictVelocity{}.target(at).eps);
  }
  CHECK(says.lambda == .5);
  CHECK(LearnedVariance{PredictNoise{}}.lambda == .001);
}

TEST_CASE("learned_variance: its range is that from which LearnedRange draws") {
  const auto judge = [](Level from, Level to) {
    const VarianceRange range = LearnedVariance{PredictNoise{}}.variance(from, to);
    CHECK(range.log_low == doctest::Approx(LearnedRange::log_variance(0, from, to)).epsilon(1e-12));
    CHECK(range.log_high == doctest::Approx(LearnedRange::log_variance(1, from, to)).epsilon(1e-12));
  };
  const LinearBeta ddpm;
  judge(ddpm(300), ddpm(299)), judge(ddpm(1), ddpm(0)), judge(ddpm(900), ddpm(400));
  judge(VeSde{}(.8), VeSde{}(.7));
  CHECK(LearnedVariance{PredictNoise{}}.variance(ddpm(300), ddpm(299)).log_high ==
        doctest::Approx(std::log(ddpm.beta(300))).epsilon(1e-9));
  CHECK(std::isinf(LearnedVariance{PredictNoise{}}.variance(ddpm(0), ddpm(-1)).log_low));
}
