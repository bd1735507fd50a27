#include <doctest/doctest.h>

#include <cmath>

#include <hush/parameterization.hpp>
#include <hush/parameterizations/consistency_preconditioning.hpp>
#include <hush/parameterizations/edm_preconditioning.hpp>
#include <hush/parameterizations/predict_flow.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/parameterizations/predict_score.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/parameterizations/predict_x0.hpp>
#include <hush/parameterizations/ve_preconditioning.hpp>
#include <hush/parameterizations/vp_preconditioning.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "printed.hpp"

using namespace hush;

namespace {

constexpr LinearBeta palette{.first = 1e-4, .last = .09, .steps = 20};

/// Levels of all kinds: variance preserving, exploding, on a straight way, and others.
const Level levels[] = {palette(0),   palette(10),  palette(19), palette(3.5), variance_preserving(0, 1e-6),
                        {0, 1, .01},  {0, 1, 1e-3}, {0, 1, 50},  {.1, .9, .1}, {.5, .5, .5},
                        {.9, .1, .9}, {0, .3, .2},  {0, 2, .7},  {0, .01, 1}};

void agrees(const Parameterization auto& p) {
  for (const Level& at : levels) {
    const Scalings s = p(at);
    const NoiseScalings n = noise_scalings(s, at);
    const Target target = p.target(at);
    for (const double x0 : {-1., .25, 1.})
      for (const double eps : {-2., 0., .7}) {
        const double x = at.signal * x0 + at.noise * eps, perfect = target.x0 * x0 + target.eps * eps;
        const double lost = 1e-15 * (1 + std::abs(x) + std::abs(perfect)) * (std::abs(s.skip) + std::abs(s.out) + 1);
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
  agrees(PredictScore{}), agrees(PredictScore<Sigma>{.divided = true}), agrees(PredictFlow{});
  agrees(VpPreconditioning{}), agrees(VePreconditioning{});
  agrees(EdmPreconditioning{}), agrees(EdmPreconditioning<Time>{.sigma_data = 1.3});
  agrees(ConsistencyPreconditioning{}), agrees(ConsistencyPreconditioning<Time>{.sigma_data = 1.3, .smallest = .02});
}

TEST_CASE("parameterization: the network is told what the type says") {
  const Level at = palette(10);
  CHECK(PredictNoise{}(at).c_noise == 10);
  CHECK(PredictNoise<Gamma>{}(at).c_noise == "0.766605023278"_printed);
  CHECK(PredictX0<Sigma>{}(at).c_noise == "0.551772335162"_printed);
  CHECK(PredictVelocity<LogSigma>{}(at).c_noise == doctest::Approx(std::log(0.551772335162)));
  CHECK(PredictScore{}(at).c_noise == 10);
  CHECK(PredictFlow<Sigma>{}(at).c_noise == "0.551772335162"_printed);
  CHECK(EdmPreconditioning{}(at).c_noise == doctest::Approx(std::log(0.551772335162) / 4));
  CHECK(EdmPreconditioning<Time>{}(at).c_noise == 10);
  CHECK(ConsistencyPreconditioning{}(at).c_noise == doctest::Approx(std::log(0.551772335162) * 250));
  CHECK(VePreconditioning{}(at).c_noise == doctest::Approx(std::log(0.551772335162 / 2)));
  CHECK(VePreconditioning<Gamma>{}(at).c_noise == "0.766605023278"_printed);
  CHECK(VpPreconditioning<LogSigma>{}(at).c_noise == doctest::Approx(std::log(0.551772335162)));
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

TEST_CASE("score: s = -eps / sqrt(1 - alpha_bar) in DDPM and -eps / sigma in NCSN, there and back") {
  for (const double alpha_bar : {.9999, .5, 4e-5})
    CHECK(score_from_noise(.7, variance_preserving(0, alpha_bar)) == doctest::Approx(-.7 / std::sqrt(1 - alpha_bar)));
  for (const double sigma : {.01, 1., 50.}) CHECK(score_from_noise(.7, {0, 1, sigma}) == doctest::Approx(-.7 / sigma));
  for (const Level& at : levels)
    for (const double eps : {-2., 0., .7})
      CHECK(noise_from_score(score_from_noise(eps, at), at) == doctest::Approx(eps).epsilon(1e-14));
  CHECK_THROWS_WITH_AS(score_from_noise(1., {-1, 1, 0}), "[score] there is no score where there is no noise (time -1)",
                       std::invalid_argument);
}

TEST_CASE("score: it is the gradient of ln p for data N(m, d^2), whose best noise prediction is known") {
  const double m = .3, d = .25, x = .4;
  for (const Level& at : levels) {
    const double variance = at.signal * at.signal * d * d + at.noise * at.noise;
    const double x0 = m + at.signal * d * d / variance * (x - at.signal * m);
    const double eps = (x - at.signal * x0) / at.noise;
    CHECK(score_from_noise(eps, at) == doctest::Approx(-(x - at.signal * m) / variance).epsilon(1e-9));
  }
}

TEST_CASE("predict_score: the network's output is the score, or the score times sigma") {
  const Level at{.signal = 1, .noise = .2};
  CHECK(PredictScore{}.target(at).eps == doctest::Approx(-5));  // -eps / sigma
  CHECK(PredictScore<>{.divided = true}.target(at).eps == -1);
  const Scalings plain = PredictScore{}(at), divided = PredictScore<>{.divided = true}(at);
  CHECK(plain.out == doctest::Approx(.04));  // x0 = x + sigma^2 s (Tweedie)
  CHECK(divided.out == doctest::Approx(.2));
  CHECK(plain.skip == 1);
  CHECK(noise_scalings(plain, at).out == doctest::Approx(score_from_noise(1., at) * .04));  // eps = -sigma s
}

TEST_CASE("predict_flow: on a straight way x0 = x - t F") {
  const Scalings s = PredictFlow{}({.time = .3, .signal = .7, .noise = .3});
  CHECK(s.skip == doctest::Approx(1));
  CHECK(s.out == doctest::Approx(-.3));
  CHECK(s.c_noise == .3);
}

TEST_CASE("preconditioning: the three rows of table 1 of Karras et al. 2022, at sigma = 3/4 on three processes") {
  // sigma = .75, sigma_data = .5: sigma^2 + sigma_data^2 = .8125; sqrt(sigma^2 + 1) = 1.25
  for (const Level& at : {Level{0, 1, .75}, Level{0, .8, .6}, Level{0, 4 / 7., 3 / 7.}}) {
    CAPTURE(at.signal);
    const Scalings edm = EdmPreconditioning{}(at), vp = VpPreconditioning{}(at), ve = VePreconditioning{}(at);
    CHECK(edm.skip * at.signal == "0.307692307692"_printed);  // .25 / .8125
    CHECK(edm.out == "0.416025147169"_printed);               // .375 / sqrt(.8125)
    CHECK(edm.in * at.signal == "1.109400392450"_printed);    // 1 / sqrt(.8125)
    CHECK(edm.c_noise == "-0.0719205181129"_printed);         // ln(.75) / 4
    CHECK(vp.skip * at.signal == doctest::Approx(1));
    CHECK(vp.out == doctest::Approx(-.75));
    CHECK(vp.in * at.signal == doctest::Approx(.8));
    CHECK(ve.skip * at.signal == doctest::Approx(1));
    CHECK(ve.out == doctest::Approx(.75));
    CHECK(ve.in * at.signal == doctest::Approx(1));
    CHECK(ve.c_noise == "-0.980829253012"_printed);  // ln(.375)
  }
}

TEST_CASE("preconditioning: the VP row's time is that of the VP-SDE") {
  // alpha_bar = exp(-(19.9 t^2 / 2 + .1 t)), as Song et al. 2021 give it
  for (const double t : {1e-3, .25, .5, 1.}) {
    const Level at = variance_preserving(t, std::exp(-(19.9 * t * t / 2 + .1 * t)));
    CHECK(VpPreconditioning{}(at).c_noise == doctest::Approx(999 * t).epsilon(1e-9));
    CHECK(VpPreconditioning{}(at).in == doctest::Approx(1));
    CHECK(VpPreconditioning{}(at).out == doctest::Approx(PredictNoise{}(at).out));
    CHECK(VpPreconditioning{}(at).skip == doctest::Approx(PredictNoise{}(at).skip));
  }
}

TEST_CASE("preconditioning: EDM's network sees and says numbers of variance 1 at every level") {
  for (const double sigma_data : {.5, 2.})
    for (const Level& at : levels) {
      const EdmPreconditioning<> edm{.sigma_data = sigma_data};
      const double data = at.signal * sigma_data;
      const Target target = edm.target(at);
      CHECK(edm(at).in * std::sqrt(data * data + at.noise * at.noise) == doctest::Approx(1));
      CHECK(target.x0 * target.x0 * sigma_data * sigma_data + target.eps * target.eps == doctest::Approx(1));
    }
  CHECK_THROWS_WITH_AS(EdmPreconditioning<>{.sigma_data = 0}(palette(1)),
                       "[EdmPreconditioning] sigma_data must be positive and finite, got 0", std::invalid_argument);
  CHECK_THROWS_AS(EdmPreconditioning<>{.sigma_data = NAN}.target(palette(1)), std::invalid_argument);
}

TEST_CASE("parameterization: at both ends of a schedule each has its limit, or is infinite") {
  const Level silent{1, 0, 1}, clean{0, 1, 0};
  const auto near = [](const auto& p, Level at, Level beside) {
    const Scalings here = p(at), there = p(beside);
    const Target target = p.target(at), aim = p.target(beside);
    const auto same = [](double a, double b) {
      CHECK_FALSE(std::isnan(a));
      if (std::isinf(a))
        CHECK((b > 0 ? b : -b) > 1e5);
      else
        CHECK(std::abs(a - b) < 1e-5);
    };
    same(here.skip, there.skip), same(here.out, there.out), same(target.x0, aim.x0), same(target.eps, aim.eps);
    if (std::isfinite(here.skip)) same(here.in, there.in);  // else nobody may be there
  };
  const auto both = [&](const auto& p) { near(p, silent, {1, 1e-7, 1}), near(p, clean, {0, 1, 1e-7}); };
  both(PredictNoise{}), both(PredictX0{}), both(PredictVelocity{}), both(PredictFlow{}), both(PredictScore{});
  both(PredictScore<>{.divided = true}), both(EdmPreconditioning<Time>{}), both(EdmPreconditioning<Time>{1.3});
  both(VpPreconditioning<Time>{}), both(VePreconditioning<Time>{}),
      both(ConsistencyPreconditioning<Time>{.smallest = .3});
}

TEST_CASE("consistency preconditioning: the scalings of diffusers, and the identity at the smallest level") {
  struct Row {
    double sigma, skip, out, in, c_noise;
  };
  for (const Row& row : {Row{80, 3.90629272263522e-05, 0.499977734905226, 0.0124997558665273, 1095.50665866847},
                         Row{2.5, 0.0385207774910462, 0.489898105575184, 0.392232270276368, 229.072682968539},
                         Row{.821, 0.271514540689712, 0.425998711368565, 1.04028989345193, -49.3080423824272},
                         Row{.0021, 0.999999960000002, 9.99991180116685e-05, 1.99998236023337, -1541.45448356319},
                         Row{.002, 1, 0, 1.999984000192, -1553.65202460555}})
    for (const double signal : {1., .6}) {
      const Scalings s = ConsistencyPreconditioning{}({0, signal, row.sigma * signal});
      CHECK(s.skip * signal == doctest::Approx(row.skip).epsilon(1e-13));
      CHECK(s.out == doctest::Approx(row.out).epsilon(1e-11));
      CHECK(s.in * signal == doctest::Approx(row.in).epsilon(1e-13));
      CHECK(s.c_noise == doctest::Approx(row.c_noise).epsilon(1e-13));
    }
  const Level smallest{0, 1, .002};
  CHECK(ConsistencyPreconditioning{}(smallest).skip == 1);
  CHECK(ConsistencyPreconditioning{}(smallest).out == 0);
  CHECK(std::isinf(ConsistencyPreconditioning{}.target(smallest).eps));
  CHECK_THROWS_WITH_AS(ConsistencyPreconditioning<>{.sigma_data = 0}(smallest),
                       "[ConsistencyPreconditioning] sigma_data must be positive and finite, got 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(ConsistencyPreconditioning<>{.smallest = -1}.target(smallest),
                       "[ConsistencyPreconditioning] smallest must be 0 or more and finite, got -1",
                       std::invalid_argument);
}
