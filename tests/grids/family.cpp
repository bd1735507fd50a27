// The grids that are not in grids.cpp: the published lists, and what is refused.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include <hush/grids/ddim_quadratic.hpp>
#include <hush/grids/ddim_uniform.hpp>
#include <hush/grids/karras_sigmas.hpp>
#include <hush/grids/leading.hpp>
#include <hush/grids/linspace.hpp>
#include <hush/grids/sections.hpp>
#include <hush/grids/times.hpp>
#include <hush/grids/trailing.hpp>
#include <hush/grids/uniform_log_snr.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/schedules/geometric.hpp>
#include <hush/schedules/jsd.hpp>
#include <hush/schedules/karras.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/linear_sigma.hpp>
#include <hush/schedules/one_based.hpp>
#include <hush/schedules/rectified_flow.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>
#include <hush/schedules/ve_sde.hpp>
#include <hush/schedules/vp_sde.hpp>

#include "printed.hpp"

using namespace hush;

namespace {

using List = std::vector<double>;

constexpr LinearBeta ddpm{};

void refuses(const AnyGrid& grid, const AnySchedule& schedule, int n, const char* words) {
  CHECK_THROWS_WITH_AS(grid(schedule, n), words, std::invalid_argument);
}

/// The sum of (k + 1) * (time k, from the least noisy one on): what tells two lists apart.
double weighed(List times) {
  double sum = 0;
  for (std::size_t k = 0; k < times.size(); ++k) sum += double(k + 1) * times[times.size() - 1 - k];
  return sum;
}

List reversed(const List& times) { return {times.rbegin(), times.rend()}; }

}  // namespace

TEST_CASE("grids: the lists of the DDIM and OpenAI repositories") {
  CHECK(DdimUniform{}(ddpm, 10) == List{900, 800, 700, 600, 500, 400, 300, 200, 100, 0});
  CHECK(DdimUniform{}(ddpm, 7) == List{858, 715, 572, 429, 286, 143, 0});
  CHECK(DdimUniform{}(OneBased{ddpm}, 2) == List{501, 1});
  CHECK(DdimUniform{}(ddpm, 1000) == Trailing{}(ddpm, 1000));
  CHECK(DdimQuadratic{}(ddpm, 10) == List{800, 632, 483, 355, 246, 158, 88, 39, 9, 0});
  CHECK(DdimQuadratic{}(ddpm, 1) == List{0});
  CHECK(Sections{}(ddpm, 10) == List{999, 888, 777, 666, 555, 444, 333, 222, 111, 0});
  CHECK(reversed(Sections{{10, 15, 20}}(LinearBeta{.steps = 300}, 45)) ==
        List{0,   11,  22,  33,  44,  55,  66,  77,  88,  99,  100, 107, 114, 121, 128,
             135, 142, 149, 157, 164, 171, 178, 185, 192, 199, 200, 205, 210, 216, 221,
             226, 231, 236, 242, 247, 252, 257, 263, 268, 273, 278, 283, 289, 294, 299});
  const List many = reversed(Sections{{250}}(ddpm, 250));
  CHECK(List(many.begin(), many.begin() + 6) == List{0, 4, 8, 12, 16, 20});
  CHECK(List(many.end() - 5, many.end()) == List{983, 987, 991, 995, 999});
  CHECK(Sections{{2, 0, 1}}(OneBased{LinearBeta{.steps = 10}}, 3) == List{8, 4, 1});
}

TEST_CASE("linspace: n + 1 numbers without the last, as DPM-Solver starts in diffusers") {
  const Linspace open{.closed = false};
  CHECK(open(ddpm, 20) ==
        List{999, 949, 899, 849, 799, 749, 699, 649, 599, 549, 500, 450, 400, 350, 300, 250, 200, 150, 100, 50});
  CHECK(open(ddpm, 1) == List{999});
  CHECK(open(LinearBeta{.steps = 10}, 9) == List{9, 8, 7, 6, 5, 4, 3, 2, 1});
  CHECK(Linspace{.lowest = .25, .closed = false}(VpSde{}, 2) == List{1, .625});
  refuses(open, LinearBeta{.steps = 10}, 10,
          "[Linspace] 10 steps of 11 numbers are too many for the 10 of the schedule");
}

TEST_CASE("ddim_quadratic, sections: numpy's and Python's roundings, over many lists") {
  double squares = 0, sections = 0;
  for (const int steps : {50, 100, 300, 999, 1000, 1001, 4000})
    for (int n = 1; n < 60; ++n) try {
        if (n <= steps) squares += weighed(DdimQuadratic{}(LinearBeta{.steps = steps}, n));
      } catch (const std::invalid_argument&) {}  // two of them fall together
  CHECK(squares == 58067397);
  for (const int steps : {100, 301, 1000, 4000})
    for (const auto& counts :
         std::vector<std::vector<int>>{{10}, {25}, {50}, {100}, {10, 15, 20}, {7, 0, 3, 20}, {33, 33}}) {
      int n = 0;
      for (const int count : counts) n += count;
      sections += weighed(Sections{counts}(LinearBeta{.steps = steps}, n));
    }
  CHECK(sections == 38256486);
}

TEST_CASE("karras_sigmas: the 18 steps of EDM, wherever they are looked for") {
  const KarrasSigmas edm{.range = {.smallest = .002, .largest = 80}};
  const List on_line = edm(LinearSigma{}, 18);
  REQUIRE(on_line.size() == 18);
  const VeSde wide{.smallest = .001, .largest = 100};
  const List on_curve = edm(wide, 18);
  for (int i = 0; i < 18; ++i) {
    const double sigma = Karras{}(17 - i).noise;
    CHECK(80 * on_line[std::size_t(i)] == doctest::Approx(sigma).epsilon(1e-13));
    CHECK(wide(on_curve[std::size_t(i)]).noise == doctest::Approx(sigma).epsilon(1e-12));
  }
  CHECK(on_line.front() == 1);
  CHECK(on_line[1] * 80 == "57.5859847"_printed);
  CHECK(on_line[16] * 80 == "0.00752801996"_printed);
  // On its own levels the grid is the levels.
  List all;
  for (int i = 17; i >= 0; --i) all.push_back(i);
  const List own = KarrasSigmas{}(Karras{}, 18);
  for (std::size_t i = 0; i < 18; ++i) CHECK(own[i] == doctest::Approx(all[i]).epsilon(1e-12));
}

TEST_CASE("karras_sigmas, uniform_log_snr: from the noisiest level to the first, on any schedule") {
  const auto spans = [](const auto& schedule, double from, double to) {
    for (const AnyGrid& grid : {AnyGrid(KarrasSigmas{}), AnyGrid(UniformLogSnr{})})
      for (const int n : {1, 2, 3, 10}) {
        const List times = grid(schedule, n);
        REQUIRE(int(times.size()) == n);
        CHECK(times.front() == from);
        if (n > 1) CHECK(times.back() == doctest::Approx(to).epsilon(1e-12));
        for (int i = 1; i < n; ++i) REQUIRE(times[std::size_t(i)] < times[std::size_t(i) - 1]);
      }
  };
  spans(ddpm, 999, 0), spans(OneBased{ddpm}, 1000, 1), spans(Cosine{.steps = 50}, 49, 0), spans(Geometric{}, 9, 0);
  spans(VpSde{}, 1, 1e-3), spans(VeSde{}, 1, 1e-3), spans(LinearSigma{}, 1, 1e-3);
  CHECK(UniformLogSnr{}(LinearBeta{.steps = 1}, 1) == List{0});
}

TEST_CASE("uniform_log_snr: even steps of the logarithm") {
  const auto even = [](const auto& schedule) {
    const List times = UniformLogSnr{}(schedule, 12);
    const double step = std::log(sigma_of(schedule(times[1])) / sigma_of(schedule(times[0])));
    for (std::size_t i = 2; i < times.size(); ++i)
      CHECK(std::log(sigma_of(schedule(times[i])) / sigma_of(schedule(times[i - 1]))) ==
            doctest::Approx(step).epsilon(1e-9));
  };
  even(ddpm), even(VpSde{}), even(Karras{}), even(Cosine{});
  // NCSN's levels are evenly spaced already.
  const List own = UniformLogSnr{}(Geometric{}, 10);
  for (std::size_t i = 0; i < 10; ++i) CHECK(own[i] == doctest::Approx(9. - double(i)).epsilon(1e-12));
}

TEST_CASE("grids: continuous schedules where that has meaning") {
  const List squares = DdimQuadratic{.lowest = .01}(VpSde{}, 10);
  for (std::size_t i = 0; i < 10; ++i) CHECK(squares[i] == doctest::Approx(std::pow(1 - .1 * double(i), 2)));
  CHECK(squares.front() == 1);
  CHECK(DdimQuadratic{}(VpSde{}, 1) == List{1});
  CHECK(Times{{1, .5, .25}}(RectifiedFlow{}, 3) == List{1, .5, .25});
  const List straight = KarrasSigmas{.range = {.largest = 9}}(RectifiedFlow{}, 3);
  CHECK(straight.front() == doctest::Approx(.9).epsilon(1e-14));
}

TEST_CASE("grids: what is refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const LinearBeta small{.steps = 20};
  for (const AnyGrid& grid : {AnyGrid(DdimUniform{}), AnyGrid(DdimQuadratic{}), AnyGrid(KarrasSigmas{}),
                              AnyGrid(UniformLogSnr{}), AnyGrid(Sections{}), AnyGrid(Times{})}) {
    CHECK_THROWS_AS(grid(ddpm, 0), std::invalid_argument);
    CHECK_THROWS_AS(grid(ddpm, -1), std::invalid_argument);
    CHECK_THROWS_AS(grid(ddpm, 1001), std::invalid_argument);
  }
  refuses(DdimUniform{}, ddpm, 1001, "[DdimUniform] 1001 steps are more than the 1000 of the schedule");
  refuses(DdimUniform{}, small, 11, "[DdimUniform] no stride has exactly 11 times of 20");
  refuses(DdimUniform{}, VpSde{}, 10, "[DdimUniform] wants a discrete schedule, this one is continuous");
  refuses(DdimQuadratic{}, small, 10,
          "[DdimQuadratic] 10 steps of a schedule of 20 make two times equal, 0: take fewer, or another grid");
  refuses(DdimQuadratic{.part = 1}, ddpm, 10, "[DdimQuadratic] part must be in (0, 1), got 1");
  refuses(DdimQuadratic{.lowest = 0}, VpSde{}, 10, "[DdimQuadratic] lowest must be in (0, 1), got 0");
  refuses(Sections{{10, 15, 20}}, LinearBeta{.steps = 300}, 44, "[Sections] the sections have 45 steps, asked for 44");
  refuses(Sections{{15, 5}}, small, 20, "[Sections] a section of 10 times does not give 15");
  refuses(Sections{{-1, 5}}, small, 4, "[Sections] a section of 10 times does not give -1");
  refuses(Sections{}, VpSde{}, 4, "[Sections] wants a discrete schedule, this one is continuous");
  refuses(Times{{5, 3, 1}}, small, 2, "[Times] the list has 3 times, asked for 2");
  refuses(Times{{1, 3, 5}}, small, 3, "[Times] the times must fall: 3 follows 1");
  refuses(Times{{5, 5}}, small, 2, "[Times] the times must fall: 5 follows 5");
  refuses(Times{{20, 5}}, small, 2, "[Times] time 20 must be above -1 (clean) and at most 19");
  refuses(Times{{5, -1}}, small, 2, "[Times] time -1 must be above -1 (clean) and at most 19");
  refuses(Times{{nan}}, small, 1, "[Times] time nan must be above -1 (clean) and at most 19");
  refuses(Times{{2}}, VpSde{}, 1, "[Times] time 2 must be above 0 (clean) and at most 1");
  refuses(KarrasSigmas{.rho = 0}, ddpm, 5, "[KarrasSigmas] rho must be more than 0 and finite, got 0");
  refuses(KarrasSigmas{.range = {.lowest = 0}}, VpSde{}, 5, "[KarrasSigmas] lowest must be in (0, 1), got 0");
  refuses(
      KarrasSigmas{}, RectifiedFlow{}, 5,
      "[KarrasSigmas] the noisiest level has no signal: say the largest noise / signal, as .range = {.largest = 80}");
  refuses(
      UniformLogSnr{}, Jsd{}, 5,
      "[UniformLogSnr] the noisiest level has no signal: say the largest noise / signal, as .range = {.largest = 80}");
  refuses(UniformLogSnr{.range = {.smallest = 2, .largest = 1}}, ddpm, 5,
          "[UniformLogSnr] wants 0 < smallest <= largest, got 2 and 1");
  refuses(UniformLogSnr{.range = {.smallest = -2}}, VpSde{}, 5,
          "[UniformLogSnr] wants 0 < smallest <= largest, got -2 and 152.167");
  refuses(UniformLogSnr{.range = {.largest = 2}}, Geometric{}, 5,
          "[UniformLogSnr] 0.01 to 2 is not within noise / signal of the schedule, 0.01 to 1");
  refuses(UniformLogSnr{.range = {.smallest = .001}}, Geometric{}, 5,
          "[UniformLogSnr] 0.001 to 1 is not within noise / signal of the schedule, 0.01 to 1");
  refuses(UniformLogSnr{.range = {.smallest = .5, .largest = .5}}, Geometric{}, 2,
          "[UniformLogSnr] the times must fall: 7.58566 follows 7.58566");
  refuses(UniformLogSnr{.range = {.smallest = .001}}, VeSde{}, 20,
          "[UniformLogSnr] 0.001 to 50 is not within noise / signal of the schedule, 0.01 to 50");
}
