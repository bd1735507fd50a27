// Grids that space noise / signal by a rule of its own.
#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include <hush/grids/align_your_steps.hpp>
#include <hush/grids/beta_sigmas.hpp>
#include <hush/grids/kl_optimal.hpp>
#include <hush/schedules/geometric.hpp>
#include <hush/schedules/interpolated_sigma.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/linear_sigma.hpp>
#include <hush/schedules/rectified_flow.hpp>
#include <hush/schedules/scaled_linear.hpp>
#include <hush/schedules/ve_sde.hpp>
#include <hush/schedules/vp_sde.hpp>

using namespace hush;

namespace {

using List = std::vector<double>;

constexpr LinearBeta ddpm{};
constexpr ScaledLinear stable_diffusion{.00085, .012};

List sigmas_of(const AnySchedule& schedule, const List& times) {
  List sigmas;
  for (const double time : times) sigmas.push_back(sigma_of(schedule(time)));
  return sigmas;
}

void refuses(const AnyGrid& grid, const AnySchedule& schedule, int n, const char* words) {
  CHECK_THROWS_WITH_AS(grid(schedule, n), words, std::invalid_argument);
}

}  // namespace

TEST_CASE("kl_optimal, beta_sigmas: from the noisiest level to the first, on any schedule") {
  const auto spans = [](const auto& schedule, double from, double to) {
    for (const AnyGrid& grid : {AnyGrid(KlOptimal{}), AnyGrid(BetaSigmas{})})
      for (const int n : {1, 2, 3, 10}) {
        const List times = grid(schedule, n);
        REQUIRE(int(times.size()) == n);
        CHECK(times.front() == from);
        if (n > 1) CHECK(times.back() == doctest::Approx(to).epsilon(1e-12));
        for (int i = 1; i < n; ++i) REQUIRE(times[std::size_t(i)] < times[std::size_t(i) - 1]);
      }
  };
  spans(ddpm, 999, 0), spans(Geometric{}, 9, 0), spans(VpSde{}, 1, 1e-3), spans(VeSde{}, 1, 1e-3);
  spans(LinearSigma{}, 1, 1e-3);
}

TEST_CASE("kl_optimal: even steps of the arc tangent") {
  const List even = sigmas_of(VpSde{}, KlOptimal{}(VpSde{}, 12));
  for (std::size_t i = 2; i < even.size(); ++i)
    CHECK(std::atan(even[i]) - std::atan(even[i - 1]) ==
          doctest::Approx(std::atan(even[1]) - std::atan(even[0])).epsilon(1e-9));
  // Between tan(pi / 12) and tan(5 pi / 12): tan 45 degrees is 1, and the tangent of twice the deviation scales.
  const double low = 2 - std::sqrt(3.), high = 2 + std::sqrt(3.);
  CHECK(sigmas_of(LinearSigma{}, KlOptimal{.range = {low, high}}(LinearSigma{}, 3))[1] ==
        doctest::Approx(1).epsilon(1e-12));
  CHECK(sigmas_of(LinearSigma{}, KlOptimal{{2 * low, 2 * high}, 2}(LinearSigma{}, 3))[1] ==
        doctest::Approx(2).epsilon(1e-12));
}

TEST_CASE("beta_sigmas: the sigmas of diffusers, and where the beta distribution is that of the arc sine") {
  const InterpolatedSigma between{ddpm, true};
  const double golden[] = {157.40727, 138.05972, 100.31913, 57.09815, 19.35755, .01};
  const List sigmas = sigmas_of(between, BetaSigmas{}(between, 6));
  for (std::size_t i = 0; i < 6; ++i) CHECK(std::abs(sigmas[i] - golden[i]) < 2e-5);  // those are rounded to float
  const List arcs = sigmas_of(LinearSigma{}, BetaSigmas{{1, 3}, .5, .5}(LinearSigma{}, 7));
  for (std::size_t i = 0; i < 7; ++i) {
    const double angle = 3.14159265358979323846 * (6 - double(i)) / 12;
    CHECK(arcs[i] == doctest::Approx(1 + 2 * std::pow(std::sin(angle), 2)).epsilon(1e-12));
  }
}

TEST_CASE("align_your_steps: the times that its authors give for Stable Diffusion, to a step") {
  const List sd1{999, 850, 736, 645, 545, 455, 343, 233, 124, 24};
  const List sdxl{999, 845, 730, 587, 443, 310, 193, 116, 53, 13};
  const List a = AlignYourSteps{}(stable_diffusion, 10), b = AlignYourSteps{AysTable::sdxl}(stable_diffusion, 10);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(std::abs(a[i] - sd1[i]) < 1.5);
    CHECK(std::abs(b[i] - sdxl[i]) < 1.5);
  }
}

TEST_CASE("align_your_steps: between the ten steps of its table the logarithm is linear") {
  const List twenty = sigmas_of(stable_diffusion, AlignYourSteps{}(stable_diffusion, 20));
  const List ten = sigmas_of(stable_diffusion, AlignYourSteps{}(stable_diffusion, 10));
  for (std::size_t i = 0; i < 10; ++i) CHECK(twenty[2 * i] == doctest::Approx(ten[i]).epsilon(1e-9));
  for (std::size_t i = 0; i < 9; ++i)
    CHECK(twenty[2 * i + 1] == doctest::Approx(std::sqrt(ten[i] * ten[i + 1])).epsilon(1e-4));
  CHECK(twenty[19] == doctest::Approx(std::sqrt(.152 * .029)).epsilon(1e-9));
  const List five = sigmas_of(stable_diffusion, AlignYourSteps{}(stable_diffusion, 5));
  for (std::size_t i = 1; i < 5; ++i) CHECK(five[i] == doctest::Approx(ten[2 * i]).epsilon(1e-9));
  const LinearSigma wide{700};
  const List video = sigmas_of(wide, AlignYourSteps{AysTable::svd}(wide, 10));
  CHECK(video.front() == doctest::Approx(700).epsilon(1e-12));
  CHECK(video[1] == doctest::Approx(54.5).epsilon(1e-12));
  CHECK(video[9] == doctest::Approx(.034).epsilon(1e-12));
}

TEST_CASE("kl_optimal, beta_sigmas, align_your_steps: what is refused") {
  for (const AnyGrid& grid : {AnyGrid(KlOptimal{}), AnyGrid(BetaSigmas{}), AnyGrid(AlignYourSteps{})}) {
    CHECK_THROWS_AS(grid(stable_diffusion, 0), std::invalid_argument);
    CHECK_THROWS_AS(grid(stable_diffusion, 1001), std::invalid_argument);
    CHECK_THROWS_AS(grid(RectifiedFlow{}, 5), std::invalid_argument);
  }
  refuses(KlOptimal{.deviation = 0}, ddpm, 5, "[KlOptimal] deviation must be positive and finite, got 0");
  refuses(BetaSigmas{.alpha = 0}, ddpm, 5, "[BetaSigmas] alpha and beta must be positive and finite, got 0 and 0.6");
  refuses(
      AlignYourSteps{}, ddpm, 10,
      "[AlignYourSteps] this table begins at noise / signal = 14.615, the schedule at 157.407: take the schedule that "
      "its network has, or another grid");
  refuses(
      AlignYourSteps{}, RectifiedFlow{}, 10,
      "[AlignYourSteps] this table begins at noise / signal = 14.615, the schedule at inf: take the schedule that its "
      "network has, or another grid");
}
