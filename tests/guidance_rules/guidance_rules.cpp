#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/guidance_rule.hpp>
#include <hush/guidance_rules/cfg_zero_star.hpp>
#include <hush/guidance_rules/guidance_interval.hpp>
#include <hush/guidance_rules/rescaled_guidance.hpp>
#include <hush/guidance_rules/shared/per_image.hpp>

using namespace hush;

namespace {

using B = Cpu<double>;
using Numbers = std::vector<double>;
static_assert(GuidanceRule<ClassifierFree, Tensor<B>> && GuidanceRule<RescaledGuidance, Var<B>> &&
              GuidanceRule<CfgZeroStar, Tensor<B>> && GuidanceRule<GuidanceInterval<CfgZeroStar>, Var<B>>);
static_assert(!GuidanceRule<int, Tensor<B>>);

/// Two images of two pixels of two channels.
Tensor<B> images(const Numbers& numbers) { return upload(B{}, {2, 1, 2, 2}, std::span<const double>(numbers)); }
const Numbers with{1, 2, 3, 6, 0, 1, 0, -1}, without{0, 2, 2, 0, 1, 1, -1, -1};

/// What a rule makes of them; on a tape it is the same.
Numbers combined(const auto& rule, double scale, const Numbers& a = with, const Numbers& b = without) {
  const Numbers found = download<double>(rule(images(a), images(b), scale));
  Tape<B> tape;
  CHECK(download<double>(rule(tape.constant(images(a)), tape.constant(images(b)), scale).value()) == found);
  return found;
}
void check_near(const Numbers& found, const Numbers& wanted) {
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(1e-8));
}
Level at_sigma(double sigma) { return {.time = 0, .signal = 1, .noise = sigma}; }
const Level pure_noise{.time = 1, .signal = 0, .noise = 1};

}  // namespace

TEST_CASE("guidance rules: classifier-free guidance goes along the difference") {
  CHECK(combined(ClassifierFree{}, 2) == Numbers{2, 2, 4, 12, -1, 1, 1, -1});
  CHECK(combined(ClassifierFree{}, 0) == without);
}

TEST_CASE("guidance rules: rescaled guidance has the deviation of the answer with the condition, image by image") {
  // Image 0: with has mean 3 and variance 3.5, guided (2, 2, 4, 12) mean 5 and variance 17.
  // Image 1: with has mean 0 and variance 1/2, guided (-1, 1, 1, -1) mean 0 and variance 1.
  const double a = std::sqrt(3.5 / 17), b = std::sqrt(.5);
  check_near(combined(RescaledGuidance{.phi = 1}, 2), {2 * a, 2 * a, 4 * a, 12 * a, -b, b, b, -b});
  const double c = .7 * a + .3, d = .7 * b + .3;
  check_near(combined(RescaledGuidance{}, 2), {2 * c, 2 * c, 4 * c, 12 * c, -d, d, d, -d});
  check_near(combined(RescaledGuidance{.phi = 0}, 2), combined(ClassifierFree{}, 2));
  check_near(combined(RescaledGuidance{}, 1), with);
  // An image of one colour has no deviation to divide by, and stays finite.
  for (const double v : combined(RescaledGuidance{}, 2, Numbers(8, 1), Numbers(8, 0))) CHECK(std::isfinite(v));
  for (const double phi : {-.1, 1.1, std::nan("")})
    CHECK_THROWS_AS(RescaledGuidance{.phi = phi}(images(with), images(without), 2.), std::invalid_argument);
}

TEST_CASE("guidance rules: CFG-Zero* first brings the answer without the condition as near as a factor can") {
  // Image 0: <with, without> = 10, |without|^2 = 8; image 1: 2 and 4.
  check_near(combined(CfgZeroStar{}, 2), {2, 2 * 2 - 2.5, 6 - 2.5, 12, -.5, 2 - .5, .5, -2 + .5});
  check_near(combined(CfgZeroStar{}, 1), with);
  check_near(combined(CfgZeroStar{}, 3, with, Numbers(8, 0)), Numbers{3, 6, 9, 18, 0, 3, 0, -3});
  CHECK(CfgZeroStar{}.at(pure_noise) == Guiding::zeros);
  CHECK(CfgZeroStar{}.at(at_sigma(1e6)) == Guiding::combined);
  CHECK(CfgZeroStar{.zero_from = 24}.at(at_sigma(24)) == Guiding::zeros);
  CHECK(CfgZeroStar{.zero_from = 24}.at(at_sigma(23)) == Guiding::combined);
}

TEST_CASE("guidance rules: an interval of noise levels, below and above which the condition stands alone") {
  const GuidanceInterval interval{.28, 2.9};
  const GuidanceInterval zero{0., std::numeric_limits<double>::infinity(), CfgZeroStar{.zero_from = 10}};
  CHECK(interval.at(at_sigma(.28)) == Guiding::condition_only);
  CHECK(interval.at(at_sigma(.29)) == Guiding::combined);
  CHECK(interval.at(at_sigma(2.9)) == Guiding::combined);
  CHECK(interval.at(at_sigma(2.91)) == Guiding::condition_only);
  CHECK(interval.at(pure_noise) == Guiding::condition_only);
  CHECK(zero.at(at_sigma(11)) == Guiding::zeros);
  CHECK(combined(interval, 2) == combined(ClassifierFree{}, 2));
  CHECK(detail::guiding_at(ClassifierFree{}, pure_noise) == Guiding::combined);
  CHECK_THROWS_WITH_AS((GuidanceInterval{3., 3.}.at(at_sigma(3))),
                       "[GuidanceInterval] wants low < high, has .low = 3 and .high = 3", std::invalid_argument);
}
