#include <hush/sampling/plan_forms.hpp>

#include <doctest/doctest.h>

#include <hush/grid.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/schedules/linear_beta.hpp>

using namespace hush;

namespace {

std::vector<Level> levels(int steps) {
  const LinearBeta schedule{.steps = 1000};
  std::vector<double> times;
  for (int i = steps; i > 0; --i) times.push_back(i * 10);
  return levels_at(schedule, times);
}

}  // namespace

TEST_CASE("plan_forms: all steps of a one-step method but the last have one form, and use the same registers") {
  const Plan plan = trace(Ddim{.eta = 1}, levels(50));
  const PlanForms forms(plan);
  CHECK(forms.steps() == 50);
  CHECK(forms.forms.size() == 2);  // the step to the clean image draws nothing
  for (int step = 0; step < 49; ++step) CHECK(forms.form_of[std::size_t(step)] == 0);
  CHECK(forms.form_of[49] == 1);
  CHECK(forms.rounds(0, 1, 50) == 49);
  CHECK(forms.rounds(0, 1, 10) == 10);
  CHECK(forms.rounds(0, 2, 50) == 24);
  CHECK(forms.rounds(49, 1, 50) == 1);
  CHECK(forms.rounds(49, 2, 50) == 0);
  const StepForm& first = forms.of(0);
  REQUIRE(first.size() == 2);
  CHECK((first[0].denoise && !first[1].denoise && first[1].ends_step));
  CHECK(first[1].draws == std::vector<int>{0});
  CHECK(forms.of(49)[1].draws.empty());
}

TEST_CASE("plan_forms: the numbers stay with the steps") {
  const Plan plan = trace(Ddpm{}, levels(20));
  const PlanForms forms(plan);
  for (int step = 0; step < 20; ++step)
    for (const auto* row : forms.rows[std::size_t(step)])
      CHECK(std::visit([](const auto& r) { return r.step; }, *row) == step);
}
