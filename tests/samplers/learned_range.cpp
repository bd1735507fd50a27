#include <hush/samplers/learned_range.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include <hush/grids/leading.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "printed.hpp"
#include "samplers/named_noise.hpp"
#include "samplers/pixels.hpp"

namespace samplers {

/// Pixel by pixel.
inline Pixels<double> scaled_between(double low, double high, const Pixels<double>& v, Pixels<double> z) {
  for (std::size_t i = 0; i < z.values.size(); ++i)
    z.values[i] = hush::scaled_between(low, high, v.values[i], z.values[i]);
  return z;
}

}  // namespace samplers

using namespace samplers;

namespace {

/// What a denoiser with a learned variance answers.
template <class X>
struct Answer {
  X x0, eps, variance_fraction;
};

/// The exact denoiser of Gaussian data, and a fraction for each pixel.
auto with_fraction(const Pixels<double>& v) {
  return [v](const Pixels<double>& x, Level at) {
    const Pixels<double> one{std::vector<double>(x.values.size(), 1.)};
    const auto found = Gaussian{}.denoise(x, at, one);
    return Answer<Pixels<double>>{found.x0, found.eps, v};
  };
}

const Pixels<double> start{{-.7, .2, 1.4}};

}  // namespace

TEST_CASE("learned range: the log variances that diffusers publishes") {
  // Its network says .5, so v = (1 + .5) / 2.
  const auto log_variance = [](const auto& schedule, double time) {
    return LearnedRange::log_variance(.75, schedule(time), schedule(time - 1));
  };
  // float32 tables leave three digits of 1 - alpha_bar at the first times, four of the result.
  CHECK(std::abs(log_variance(Cosine{}, 1) - -10.1712790) < 1e-4);
  CHECK(std::abs(log_variance(Cosine{}, 487) - -5.7998052) < 1e-5);
  CHECK(std::abs(log_variance(Cosine{}, 999) - -0.0010011) < 1e-5);
  CHECK(log_variance(Cosine{}, 1) == "-10.171364872"_printed);  // from a cosine table in double
  CHECK(log_variance(Cosine{}, 487) == "-5.799805414"_printed);
  CHECK(log_variance(Cosine{}, 999) == "-0.001001106919"_printed);
}

TEST_CASE("learned range: eq. 15, from the posterior's variance to beta") {
  const LinearBeta schedule;
  const Level from = schedule(300), to = schedule(299);
  const double beta = schedule.beta(300), posterior = Ddpm::posterior(from, to).variance;
  for (const double v : {0., .25, .5, 1.})
    CHECK(LearnedRange::log_variance(v, from, to) ==
          doctest::Approx(v * std::log(beta) + (1 - v) * std::log(posterior)).epsilon(1e-9));
  // The network is not kept from saying more than 1 or less than -1.
  CHECK(LearnedRange::log_variance(1.5, from, to) > std::log(beta));
}

TEST_CASE("learned range: a fraction of 0 is ddpm's small variance, 1 its large one, VP and VE") {
  const auto judge = [](const std::vector<Level>& levels) {
    const auto plain = [](const Pixels<double>& x, Level at) { return Gaussian{}.denoise(x, at, {{1, 1, 1}}); };
    for (const Variance variance : {Variance::fixed_small, Variance::fixed_large}) {
      const double v = variance == Variance::fixed_small ? 0 : 1;
      const auto a = run_eagerly(LearnedRange{}, levels, start, with_fraction({{v, v, v}}), named_noise);
      const auto b = run_eagerly(Ddpm{variance}, levels, start, plain, named_noise);
      for (std::size_t i = 0; i < 3; ++i) CHECK(a.values[i] == doctest::Approx(b.values[i]).epsilon(1e-10));
    }
  };
  const LinearBeta ddpm;
  judge(levels_at(ddpm, Leading{}(ddpm, 50)));
  judge(levels_at(Exploding{}, Leading{}(Exploding{}, 20)));
  judge(levels_at(ddpm, {500}));
}

TEST_CASE("learned range: each pixel has the noise that its own fraction says") {
  const LinearBeta ddpm;
  const Level from = ddpm(900), to = ddpm(400);
  const Pixels<double> v{{0, .3, .9}};
  const auto quiet = LearnedRange{}.step<Pixels<double>>(with_fraction(v), start, from, to, [] {
    return Pixels<double>{{0, 0, 0}};
  });
  const auto loud = LearnedRange{}.step<Pixels<double>>(with_fraction(v), start, from, to, [] {
    return Pixels<double>{{2, 2, -2}};
  });
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(loud.values[i] - quiet.values[i] ==
          doctest::Approx((i < 2 ? 2 : -2) * std::exp(.5 * LearnedRange::log_variance(v.values[i], from, to))));
}

TEST_CASE("learned range: the step to the clean level asks for no noise") {
  const LinearBeta ddpm;
  const auto refuse = []() -> Pixels<double> { throw std::logic_error("nobody may ask for noise"); };
  const auto x = LearnedRange{}.step<Pixels<double>>(with_fraction({{.5, .5, .5}}), start, ddpm(3), ddpm(-1), refuse);
  const auto x0 = Gaussian{}.denoise(start, ddpm(3), Pixels<double>{{1, 1, 1}}).x0;
  for (std::size_t i = 0; i < 3; ++i) CHECK(x.values[i] == doctest::Approx(x0.values[i]));
}

TEST_CASE("learned range: on numbers") {
  CHECK(scaled_between(.1, .4, .5, 3.) == doctest::Approx(.6));
  const auto look = [](double x, Level) { return Answer<double>{x, x, 1}; };
  CHECK(LearnedRange{}.step<double>(look, 0, {2, 1, 2}, {1, 1, 1}, [] { return 1.; }) ==
        doctest::Approx(std::sqrt(3.)));
}

static_assert(!is_linear<LearnedRange>);
