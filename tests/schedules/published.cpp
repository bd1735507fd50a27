// The numbers that papers and their code give for the schedules that are not in schedules.cpp.
#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include <hush/level.hpp>
#include <hush/schedules/constant_beta.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/schedules/exponential.hpp>
#include <hush/schedules/geometric.hpp>
#include <hush/schedules/interpolated_sigma.hpp>
#include <hush/schedules/jsd.hpp>
#include <hush/schedules/karras.hpp>
#include <hush/schedules/laplace.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/linear_sigma.hpp>
#include <hush/schedules/one_based.hpp>
#include <hush/schedules/rectified_flow.hpp>
#include <hush/schedules/shared/from_betas.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>
#include <hush/schedules/shared/inverse.hpp>
#include <hush/schedules/sigmas.hpp>
#include <hush/schedules/sigmoid.hpp>
#include <hush/schedules/sigmoid_beta.hpp>
#include <hush/schedules/ve_sde.hpp>
#include <hush/schedules/vp_sde.hpp>
#include <hush/schedules/zero_terminal_snr.hpp>

#include "printed.hpp"

using namespace hush;

namespace {

double gamma(const NoiseSchedule auto& schedule, double time) {
  const Level at = schedule(time);
  return at.signal * at.signal;
}

/// The product over the betas: what a schedule that knows its alpha_bar must agree with.
void agrees_with_its_betas(const DiscreteSchedule auto& schedule) {
  for (double time = -1; time <= schedule.steps() - 1; time += .25) {
    const Level product = level_from_betas(schedule, time), own = schedule(time);
    REQUIRE(own.signal == doctest::Approx(product.signal).epsilon(1e-11));
    REQUIRE(own.noise == doctest::Approx(product.noise).epsilon(1e-11));
  }
}

}  // namespace

TEST_CASE("sigmoid_beta: the betas of GeoDiff") {
  const SigmoidBeta geodiff{};
  CHECK(geodiff.beta(0) == "0.000149205200817"_printed);
  CHECK(geodiff.beta(500) == "0.0100798797901"_printed);
  CHECK(geodiff.beta(999) == "0.0199507947992"_printed);
}

TEST_CASE("sigmoid: Chen's, whose last beta is capped") {
  const Sigmoid plain{}, sharp{.start = 0, .tau = .3};
  CHECK(plain.beta(0) == "0.000300279199749"_printed);
  CHECK(plain.beta(500) == "0.00331436423586"_printed);
  CHECK(plain.beta(998) == "0.501356902918"_printed);
  CHECK(plain.beta(999) == .999);
  CHECK(gamma(plain, 499) == doctest::Approx(.5).epsilon(1e-14));
  CHECK(gamma(plain, 998) == "0.000300279199749"_printed);
  CHECK(gamma(plain, 999) == "3.00279199749e-07"_printed);
  CHECK(sharp.beta(0) == "0.00500041234988"_printed);
  CHECK(gamma(sharp, 499) == "0.0132961133416"_printed);
  CHECK(gamma(sharp, 998) == "9.12553344899e-07"_printed);
}

TEST_CASE("jsd: alpha_bar falls evenly to nothing") {
  CHECK(Jsd{}.beta(0) == .001);
  CHECK(Jsd{}.beta(999) == 1);
  CHECK(Jsd{}(999) == Level{999, 0, 1});
  CHECK(gamma(Jsd{}, 499) == doctest::Approx(.5).epsilon(1e-14));
}

TEST_CASE("exponential, laplace: the transforms of diffusers") {
  CHECK(Exponential{}.beta(0) == "0.0119282871381"_printed);
  CHECK(gamma(Exponential{}, 499) == "0.00247875217667"_printed);
  CHECK(gamma(Exponential{}, 999) == "6.14421235333e-06"_printed);
  const Laplace laplace{};
  CHECK(laplace.beta(0) == "0.0211537572004"_printed);
  CHECK(laplace.beta(1) == "0.00874781286431"_printed);
  CHECK(laplace.beta(499) == "0.000250156226506"_printed);
  CHECK(laplace.beta(999) == "0.847252627058"_printed);
  CHECK(gamma(laplace, 0) == "0.9788462428"_printed);
  CHECK(gamma(laplace, 499) == "0.7074601578"_printed);
  CHECK(gamma(laplace, 999) == "0.0316227766017"_printed);
}

TEST_CASE("schedules that know their alpha_bar are the product of their betas, capped or not") {
  agrees_with_its_betas(Cosine{}), agrees_with_its_betas(Cosine{.steps = 60, .cap = .05});
  agrees_with_its_betas(Cosine{.steps = 1}), agrees_with_its_betas(Cosine{.steps = 30, .cap = 1});
  agrees_with_its_betas(Sigmoid{}), agrees_with_its_betas(Sigmoid{.steps = 50, .start = -1, .tau = .2, .cap = .1});
  agrees_with_its_betas(Exponential{}), agrees_with_its_betas(Exponential{.steps = 3, .cap = .9});
  agrees_with_its_betas(ConstantBeta{}), agrees_with_its_betas(Jsd{}), agrees_with_its_betas(Jsd{.steps = 1});
  CHECK(Cosine{.steps = 30, .cap = 1}(29) == Level{29, 0, 1});
}

TEST_CASE("zero_terminal_snr: algorithm 1 of Lin et al. on the schedule of DDPM") {
  const ZeroTerminalSnr zero{LinearBeta{}};
  CHECK(zero.beta(500) == "0.0102926174264"_printed);
  CHECK(zero.beta(998) == "0.75226723115"_printed);
  CHECK(zero.beta(999) == 1);
  CHECK(gamma(zero, 998) == "4.21326246509e-09"_printed);
  CHECK(zero(999) == Level{999, 0, 1});
  CHECK(gamma(zero, 0) == doctest::Approx(.9999).epsilon(1e-14));
  CHECK(zero(-1) == Level{-1, 1, 0});
  const ZeroTerminalSnr later{OneBased{LinearBeta{}}};
  for (const double time : {-1., -.5, 0., 3.25, 998.5, 999.}) CHECK(later(time + 1).noise == zero(time).noise);
  CHECK(later.beta(501) == zero.beta(500));
}

TEST_CASE("vp_sde: mean and deviation") {
  const auto is = [](double time, Printed mean, Printed deviation) {
    const Level at = VpSde{}(time);
    CHECK(at.time == time);
    CHECK(at.signal == mean);
    CHECK(at.noise == deviation);
  };
  is(.001, "0.999945026511"_printed, "0.0104854163351"_printed);
  is(.25, "0.723657185083"_printed, "0.690159603626"_printed);
  is(.5, "0.281182880797"_printed, "0.959654202068"_printed);
  is(.75, "0.0586635030119"_printed, "0.998277813744"_printed);
  is(1, "0.00657158649493"_printed, "0.999978406892"_printed);
}

TEST_CASE("geometric: NCSN, NCSNv2 and the thousand levels of the score SDE") {
  const Geometric ncsn{}, second{.largest = 50, .steps = 232}, thousand{.largest = 50, .steps = 1000};
  const std::vector<Printed> sigmas{
      "1"_printed,           "0.59948425"_printed,  "0.35938137"_printed,  "0.21544347"_printed,  "0.12915497"_printed,
      "0.077426368"_printed, "0.046415888"_printed, "0.027825594"_printed, "0.016681005"_printed, "0.01"_printed};
  const std::vector<Printed> steps{
      "0.2"_printed,        "0.0718763"_printed,   "0.025831"_printed,    "0.00928318"_printed,  "0.0033362"_printed,
      "0.00119897"_printed, "0.000430887"_printed, "0.000154853"_printed, "5.56512e-05"_printed, "2e-05"_printed};
  for (int i = 0; i < 10; ++i) {
    const double sigma = ncsn(9 - i).noise;
    CHECK(sigma == sigmas[std::size_t(i)]);
    CHECK(2e-5 * (sigma / .01) * (sigma / .01) == steps[std::size_t(i)]);
  }
  CHECK(second(230).noise / second(231).noise == "0.963800490169"_printed);
  CHECK(second(230).noise == "48.1900245084"_printed);
  CHECK(second(116).noise == "0.720263539269"_printed);
  CHECK(thousand(0).noise == .01);
  CHECK(thousand(1).noise == "0.0100856216636"_printed);
  CHECK(thousand(999).noise == 50);
}

TEST_CASE("karras: the 18 steps of EDM") {
  const std::vector<Printed> sigmas{
      "80"_printed,          "57.5859847"_printed,   "40.7855738"_printed, "28.3745846"_printed, "19.352453"_printed,
      "12.9100824"_printed,  "8.40093531"_printed,   "5.31519452"_printed, "3.25682152"_printed, "1.92333984"_printed,
      "1.08817064"_printed,  ".585348123"_printed,   ".296442284"_printed, ".139516469"_printed, ".0599473112"_printed,
      ".0229345184"_printed, ".00752801996"_printed, ".002"_printed,       "0"_printed};
  for (int i = 0; i <= 18; ++i) CHECK(Karras{}(17 - i).noise == sigmas[std::size_t(i)]);
}

TEST_CASE("levels that are given by their noise are linear between whole times, and from clean to the first") {
  CHECK(Sigmas{{1, 3, 8}}(-.5) == Level{-.5, 1, .5});
  CHECK(Sigmas{{1, 3, 8}}(1.25) == Level{1.25, 1, 4.25});
  CHECK(Geometric{.steps = 1}(0) == Level{0, 1, 1});
  CHECK(Karras{.steps = 1}(0) == Level{0, 1, 80});
  CHECK(Karras{}(3.5).noise == doctest::Approx((Karras{}(3).noise + Karras{}(4).noise) / 2).epsilon(1e-14));
  const Level preserving = Sigmas{{1, 3, 8}, true}(.75);
  CHECK(preserving.noise / preserving.signal == doctest::Approx(2.5).epsilon(1e-14));
  CHECK(is_preserving(preserving));
  CHECK(OneBased{Sigmas{{1, 3, 8}}}(2.25) == Level{2.25, 1, 4.25});
}

TEST_CASE("ve_sde, linear_sigma, rectified_flow: a number here and there") {
  CHECK(VeSde{}(0) == Level{0, 1, 0});
  CHECK(VeSde{}(1e-300).noise == .01);  // it jumps there
  CHECK(VeSde{}(1) == Level{1, 1, 50});
  CHECK(VeSde{}(.5).noise == doctest::Approx(std::sqrt(.5)).epsilon(1e-14));
  for (int i = 0; i < 1000; ++i)
    REQUIRE(VeSde{}(i == 0 ? 1e-300 : i / 999.).noise ==
            doctest::Approx(Geometric{.largest = 50, .steps = 1000}(i).noise).epsilon(1e-13));
  CHECK(LinearSigma{}(.25) == Level{.25, 1, 20});
  CHECK(RectifiedFlow{}(.25) == Level{.25, .75, .25});
  CHECK(RectifiedFlow{}(1) == Level{1, 0, 1});
}

TEST_CASE("interpolated_sigma: noise / signal is linear between the 1100 levels of diffusers' sigma tests") {
  const LinearBeta levels{.steps = 1100};
  const InterpolatedSigma linear{levels};
  const std::vector<Printed> sigmas{"0.0100005000375"_printed, "0.40016319166"_printed, "0.874082474587"_printed,
                                    "1.58681762962"_printed,   "2.86487514229"_printed, "5.53582012746"_printed,
                                    "11.9125632645"_printed,   "29.1121211177"_printed, "81.4056693641"_printed,
                                    "261.055603429"_printed};
  for (int i = 0; i < 10; ++i) CHECK(sigma_of(linear(1099. * i / 9)) == sigmas[std::size_t(i)]);
  for (const int i : {-1, 0, 7, 1099}) CHECK(linear(i) == levels(i));
  CHECK(sigma_of(linear(-.5)) == doctest::Approx(sigma_of(levels(0)) / 2).epsilon(1e-14));
  // diffusers' sigma_to_t: the times of ten Karras sigmas, by logarithms.
  const InterpolatedSigma logarithmic{levels, true};
  const double least = sigma_of(levels(0)), most = sigma_of(levels(1099));
  const std::vector<Printed> times{
      "1099"_printed,        "1035.539809"_printed, "961.0525563"_printed, "871.0990292"_printed, "757.8331091"_printed,
      "605.7796718"_printed, "387.2904939"_printed, "139.5330108"_printed, "23.53520851"_printed, "0"_printed};
  for (int i = 0; i < 10; ++i)
    CHECK(time_of_sigma(logarithmic, karras_sigma(least, most, 7, part_of(9 - i, 10))) == times[std::size_t(i)]);
  CHECK(InterpolatedSigma{Geometric{}}(3.5) == Geometric{}(3.5));
  CHECK(InterpolatedSigma{Geometric{}, true}(3.5).noise ==
        doctest::Approx(std::sqrt(Geometric{}(3).noise * Geometric{}(4).noise)).epsilon(1e-14));
}

TEST_CASE("new schedules say in words what they cannot be") {
  const double nan = std::nan("");
  const auto refuses = [](const auto& schedule, double time, const char* words) {
    CHECK_THROWS_WITH_AS(schedule(time), words, std::invalid_argument);
  };
  refuses(ConstantBeta{.value = 1}, 3, "[ConstantBeta] value must be in (0, 1), got 1");
  refuses(ConstantBeta{.steps = 0}, -1, "[schedule] wants at least 1 step, got 0");
  refuses(SigmoidBeta{.reach = 0}, 3, "[SigmoidBeta] reach must be more than 0 and finite, got 0");
  refuses(SigmoidBeta{.first = -1}, 3, "[schedule] beta 0 is -0.997478, must be in [0, 1); only the last may be 1");
  refuses(Sigmoid{.start = 3, .end = 3}, 3, "[Sigmoid] wants start < end, got 3 and 3");
  refuses(Sigmoid{.tau = 0}, 3, "[Sigmoid] tau must be more than 0 and finite, got 0");
  refuses(Sigmoid{.cap = 0}, 3, "[schedule] cap must be in (0, 1], got 0");
  refuses(Cosine{.cap = nan}, 3, "[schedule] cap must be in (0, 1], got nan");
  refuses(Cosine{.offset = -1}, 3, "[Cosine] offset must be 0 or more and finite, got -1");
  refuses(Exponential{.rate = -1}, 3, "[Exponential] rate must be more than 0 and finite, got -1");
  refuses(Laplace{.location = nan}, 3, "[Laplace] location must be finite, got nan");
  refuses(Laplace{.scale = 0}, 3, "[Laplace] scale must be more than 0 and finite, got 0");
  refuses(Jsd{.steps = 10}, 10, "[schedule] time 10 is outside -1 (clean) .. 9");
  refuses(VpSde{}, 1.5, "[VpSde] time 1.5 is outside 0 (clean) .. 1");
  refuses(VpSde{}, nan, "[VpSde] time nan is outside 0 (clean) .. 1");
  refuses(VpSde{.beta_min = 2, .beta_max = 1}, .5,
          "[VpSde] wants 0 <= beta_min <= beta_max and a positive beta_max, got 2 and 1");
  refuses(VeSde{}, -.1, "[VeSde] time -0.1 is outside 0 (clean) .. 1");
  refuses(VeSde{.smallest = 0}, .5, "[VeSde] wants 0 < smallest < largest, got 0 and 50");
  refuses(LinearSigma{.largest = 0}, .5, "[LinearSigma] largest must be more than 0 and finite, got 0");
  refuses(LinearSigma{}, 2, "[LinearSigma] time 2 is outside 0 (clean) .. 1");
  refuses(RectifiedFlow{}, 2, "[RectifiedFlow] time 2 is outside 0 (clean) .. 1");
  refuses(Geometric{.smallest = 2}, 0, "[Geometric] wants 0 < smallest < largest, got 2 and 1");
  refuses(Geometric{}, 10, "[schedule] time 10 is outside -1 (clean) .. 9");
  refuses(Karras{.largest = nan}, 0, "[Karras] wants 0 < smallest < largest, got 0.002 and nan");
  refuses(Karras{.rho = 0}, 0, "[Karras] rho must be more than 0 and finite, got 0");
  refuses(Sigmas{}, 0, "[schedule] wants at least 1 step, got 0");
  refuses(Sigmas{{3, 1}}, 0, "[Sigmas] must grow from more than 0: 1 follows 3");
  refuses(Sigmas{{0, 1}}, 0, "[Sigmas] must grow from more than 0: 0 follows 0");
  CHECK_THROWS_WITH_AS((Sigmas{{1, 3}}.sigma(2)), "[Sigmas] sigma 2 of a list of 2", std::invalid_argument);
  refuses(ZeroTerminalSnr{LinearBeta{.steps = 1}}, 0,
          "[ZeroTerminalSnr] wants a variance-preserving schedule of at least 2 steps");
  refuses(ZeroTerminalSnr{Geometric{}}, 0,
          "[ZeroTerminalSnr] wants a variance-preserving schedule of at least 2 steps");
  refuses(InterpolatedSigma{Jsd{.steps = 10}}, 8.5, "[InterpolatedSigma] the level at time 9 has no signal");
  refuses(InterpolatedSigma{LinearBeta{}}, 1000, "[schedule] time 1000 is outside -1 (clean) .. 999");
}
