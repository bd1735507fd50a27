#include <doctest/doctest.h>

#include <cmath>

#include <hush/parameterization.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/parameterizations/predict_x0.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "printed.hpp"

using namespace hush;

namespace {

constexpr LinearBeta palette{.first = 1e-4, .last = .09, .steps = 20};

/// Levels of all kinds: variance preserving, exploding, and neither.
const Level levels[] = {palette(0), palette(10), palette(19), palette(3.5), {0, 1, 1e-3},
                        {0, 1, 50}, {0, .3, .2}, {0, 2, .7},  {0, .01, 1},  variance_preserving(0, 1e-6)};

void agrees(const Parameterization auto& p) {
  for (const Level& at : levels) {
    const Scalings s = p(at);
    const NoiseScalings n = noise_scalings(s, at);
    const Target target = p.target(at);
    for (const double x0 : {-1., .25, 1.})
      for (const double eps : {-2., 0., .7}) {
        const double x = at.signal * x0 + at.noise * eps, perfect = target.x0 * x0 + target.eps * eps;
        const double lost = 1e-15 * (1 + std::abs(x)) * (std::abs(s.skip) + std::abs(s.out) + 1);
        CHECK(std::abs(s.skip * x + s.out * perfect - x0) <= 4 * lost);
        CHECK(std::abs(n.skip * x + n.out * perfect - eps) <= 8 * lost * (1 + at.signal) / at.noise);
      }
    CHECK(std::abs(s.skip * at.signal + s.out * target.x0 - 1) < 1e-12);
    CHECK(std::abs(s.skip * at.noise + s.out * target.eps) < 1e-12 * (1 + at.noise / at.signal));
  }
}

static_assert(!Parameterization<Time> && !Parameterization<double>);

}  // namespace

TEST_CASE("parameterization: a network that says its target is a perfect denoiser") {
  agrees(PredictNoise{}), agrees(PredictX0{}), agrees(PredictVelocity{});
  agrees(PredictNoise<Gamma>{}), agrees(PredictX0<Sigma>{}), agrees(PredictVelocity<LogSigma>{});
}

TEST_CASE("parameterization: the network is told what the type says") {
  const Level at = palette(10);
  CHECK(PredictNoise{}(at).sees == 10);
  CHECK(PredictNoise<Gamma>{}(at).sees == "0.766605023278"_printed);
  CHECK(PredictX0<Sigma>{}(at).sees == "0.551772335162"_printed);
  CHECK(PredictVelocity<LogSigma>{}(at).sees == doctest::Approx(std::log(0.551772335162)));
}

TEST_CASE("predict_noise: the buffers that Palette saves with its weights") {
  struct Row {
    int t;
    Printed recip, recipm1, log_variance, coef1, coef2;
  };
  const Row rows[] = {
      {0, {"1.00005000375"}, {"0.0100005000375"}, {"-46.0517018599"}, {"1"}, {"0"}},
      {1, {"1.00247470392"}, {"0.0703955395776"}, {"-9.23072828654"}, {"0.979769521552"}, {"0.0202304179036"}},
      {2, {"1.00730277227"}, {"0.121073841203"}, {"-5.72476953313"}, {"0.660309156924"}, {"0.339684905484"}},
      {10, {"1.14212639837"}, {"0.551772335162"}, {"-3.2273206551"}, {"0.182249196534"}, {"0.816434129901"}},
      {19, {"1.59208962488"}, {"1.23885002064"}, {"-2.47455689507"}, {"0.0978705120855"}, {"0.892466209849"}}};
  for (const Row& row : rows) {
    CAPTURE(row.t);
    const Scalings s = PredictNoise{}(palette(row.t));
    CHECK(s.skip == row.recip);
    CHECK(-s.out == row.recipm1);
    CHECK(s.in == 1);
    const auto posterior = Ddpm::posterior(palette(row.t), palette(row.t - 1));
    CHECK(std::log(std::fmax(posterior.variance, 1e-20)) == row.log_variance);
    CHECK(posterior.x0 == row.coef1);
    CHECK(posterior.x == row.coef2);
  }
}
