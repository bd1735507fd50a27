#include <hush/samplers/shared/langevin_noise.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../geometric.hpp"

using namespace hush;
using detail::LangevinNoise;
using samplers::geometric;

namespace {

double worst(const LangevinNoise& noise, const std::vector<Level>& levels) {
  double most = 0;
  for (const double e : noise.excess(levels)) most = std::fmax(most, e);
  return most;
}

/// What `check_way` throws, or warns of behind "warned: ", or "".
std::string said(const LangevinNoise& noise, const std::vector<Level>& levels, double epsilon, bool taken_out = true) {
  std::string words;
  const auto before = warning_sink();
  warning_sink() = [&](std::string_view more) { words += "warned: " + std::string(more); };
  try {
    noise.check_way(levels, epsilon, taken_out);
  } catch (const std::invalid_argument& error) { words = error.what(); }
  warning_sink() = before;
  return words;
}

}  // namespace

TEST_CASE("langevin noise: after the updates of a second level it is that of the paper's proposition") {
  // Song and Ermon 2020, proposition 3, with gamma = 3, and sigma_L = 1, so that the part is epsilon
  for (const double epsilon : {.01, .3, 1.5})
    for (const int repeats : {1, 4, 100}) {
      const double q = 2 * epsilon / (1 - std::pow(1 - epsilon, 2)), kept = std::pow(1 - epsilon, 2 * repeats);
      const double first = kept * (1 - q) + q;  // in units of the first level's variance
      const std::vector<double> found = LangevinNoise{epsilon, repeats}.excess({{2, 1, 3}, {1, 1, 1}, {}});
      REQUIRE(found.size() == 2);
      CHECK(found[0] == doctest::Approx(std::sqrt(first)));
      CHECK(found[1] == doctest::Approx(std::sqrt(kept * (9 * first - q) + q)));
    }
}

TEST_CASE("langevin noise: the papers' settings leave hardly more than that of the level, VE or VP") {
  for (const bool preserving : {false, true}) {
    CHECK(worst({.2, 100}, geometric(1, .01, 10, preserving)) < 1.06);     // NCSN, its program
    CHECK(worst({.1, 100}, geometric(1, .01, 10, preserving)) < 1.03);     // NCSN, algorithm 1
    CHECK(worst({.062, 5}, geometric(50, .01, 232, preserving)) < 1.1);    // NCSNv2, CIFAR-10
    CHECK(worst({.033, 5}, geometric(90, .01, 500, preserving)) < 1.1);    // CelebA 64
    CHECK(worst({.018, 3}, geometric(190, .01, 1086, preserving)) < 1.1);  // LSUN 128
    CHECK(worst({.009, 3}, geometric(348, .01, 2311, preserving)) < 1.1);  // FFHQ 256
    CHECK(said({.009, 3}, geometric(348, .01, 2311, preserving), 9e-7) == "");
  }
}

TEST_CASE("langevin noise: levels too far from each other are refused, and a third as far warned of, with a cure") {
  const std::vector<Level> levels = geometric(1, .01, 10);
  CHECK(said({.2, 1}, levels, 2e-5) ==
        "[AnnealedLangevin] with epsilon 2e-05, 16.7069 times the noise of its level is left after 1 updates at time 1 "
        "(sigma 0.01), level 10 of 10; with .epsilon = 0.0001 it is less than 1.5 times");
  CHECK(said({1, 1}, levels, 1e-4) == "");
  CHECK(said({.2, 3}, levels, 2e-5) ==
        "warned: [AnnealedLangevin] with epsilon 2e-05, 1.70768 times the noise of its level is left after 3 updates "
        "at time 1 (sigma 0.01), level 10 of 10; with .epsilon = 5e-05 it is less than 1.5 times");
  CHECK(said({.5, 3}, levels, 5e-5) == "");
  CHECK(said({.2, 4}, levels, 2e-5) == "");
}

TEST_CASE("langevin noise: steps too long for any levels are refused") {
  const std::vector<Level> levels = geometric(1, .01, 10);
  CHECK(said({1.99, 50}, levels, 1.99e-4).find("updates, which are too long, at time") != std::string::npos);
  CHECK(said({2.01, 500}, levels, 2.01e-4).starts_with("[AnnealedLangevin] with epsilon 0.000201, "));
  CHECK(said({5, 1000}, levels, 5e-4).find(" inf times the noise") != std::string::npos);
}

TEST_CASE("langevin noise: noise that the run leaves in its images is named, unless it is taken out") {
  const auto ending = [](double last) { return geometric(10, last, 30); };
  CHECK(said({.2, 100}, ending(.05), 5e-4, false) == "");
  CHECK(said({.2, 100}, ending(.2), 8e-3, false) ==
        "warned: [AnnealedLangevin] the run ends at time 1 with noise of 0.210819 in images of order 1; .denoise = "
        "true takes it out, or let the grid end at a level with less");
  CHECK(said({.2, 100}, ending(1), .2, false)
            .starts_with("[AnnealedLangevin] the run ends at time 1 with noise of 1.05"));
  CHECK(said({.2, 100}, ending(1), .2, true) == "");
}

TEST_CASE("langevin noise: no level, one, and one without signal or noise") {
  CHECK(said({.2, 1}, {}, 1) == "");
  CHECK(said({.2, 1}, {{}}, 1) == "");
  CHECK(said({.2, 1}, {{0, 1, 0}, {}}, 1) == "");
  CHECK(said({.2, 1}, {{1, 1, .5}, {}}, 1) == "");
  CHECK(said({.2, 1}, {{1, 0, 1}, {.5, .5, .5}, {}}, 1) ==
        "[AnnealedLangevin] cannot begin at time 1, where there is no signal");
}
