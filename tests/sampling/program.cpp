#include <hush/sampling/program.hpp>

#include <doctest/doctest.h>

#include <hush/cpu/sampler_pass.hpp>
#include <hush/grids/trailing.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/heun.hpp>
#include <hush/sampling/trace.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "formula.hpp"

using namespace hush;

namespace {

const Process process{LinearBeta{.steps = 1000}, PredictNoise<Gamma>{}};
double zero(double, double) { return 0; }

std::vector<Level> levels(int steps) { return levels_at(process.schedule, Trailing{}(process.schedule, steps)); }

template <class S>
detail::Program<Cpu<double>> program(const S& sampler, int steps) {
  return {process, Formula<double>{zero}, SampleOptions<Cpu<double>>{.clip = .5},
          trace(sampler, Trajectory{levels(steps)}), levels(steps)};
}

}  // namespace

TEST_CASE("program: all steps of a one-step method but the last have one form, and rounds of them are counted") {
  const auto made = program(Ddim{.eta = 1}, 50);
  CHECK(made.steps() == 50);
  CHECK(made.forms.size() == 2);  // the step to the clean image draws nothing
  for (int step = 0; step < 49; ++step) CHECK(made.form_of[std::size_t(step)] == 0);
  CHECK(made.form_of[49] == 1);
  CHECK(made.rounds(0, 1, 50) == 49);
  CHECK(made.rounds(0, 1, 10) == 10);
  CHECK(made.rounds(0, 2, 50) == 24);
  CHECK(made.rounds(49, 1, 50) == 1);
  CHECK(made.rounds(49, 2, 50) == 0);
}

TEST_CASE("program: the table has the numbers of each step's level and coefficients, in double") {
  const auto made = program(Ddim{.eta = 1}, 20);
  using Numbers = StepNumbers<double>;
  for (int step = 0; step < 20; ++step) {
    const Level from = levels(20)[std::size_t(step)], to = levels(20)[std::size_t(step) + 1];
    const double* row = made.numbers(made.of(step)[0]).row({nullptr, std::uint32_t(step), 0});
    const Scalings s = process.parameterization(from);
    CHECK((row[Numbers::in] == 1 && row[Numbers::c_noise] == s.c_noise));
    CHECK((row[Numbers::rule] == s.skip && row[Numbers::rule + 1] == s.out && row[Numbers::rule + 4] == .5));
    CHECK(row[Numbers::of_x0] == doctest::Approx(to.signal).epsilon(1e-12));
    if (step < 19) CHECK(row[Numbers::others] == Ddim{.eta = 1}.fresh(from, to));
  }
}

TEST_CASE("program: passes of one step stand one behind the other in its row") {
  const auto made = program(Heun{}, 10);
  const auto& form = made.of(0);
  REQUIRE(form.size() >= 2);
  CHECK((form[0].offset == 0 && form[0].call == 0));
  CHECK(form[1].offset > form[0].offset);
  CHECK(form.back().call == 1);
  CHECK(made.table.size() == 10 * made.width);
}
