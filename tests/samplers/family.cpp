// What holds for every sampler, every parameterization and every kind of process.
#include "samplers/family.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/normals.hpp>
#include <hush/grids/linspace.hpp>
#include <hush/grids/uniform_log_snr.hpp>
#include <hush/parameterizations/edm_preconditioning.hpp>
#include <hush/parameterizations/predict_flow.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/parameterizations/predict_score.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/parameterizations/predict_x0.hpp>
#include <hush/parameterizations/ve_preconditioning.hpp>
#include <hush/parameterizations/vp_preconditioning.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/predictor_corrector.hpp>
#include <hush/sampling/estimate_rule.hpp>
#include <hush/sampling/trajectory.hpp>
#include <hush/schedules/geometric.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/rectified_flow.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>
#include <hush/schedules/ve_sde.hpp>
#include <hush/schedules/vp_sde.hpp>
#include <hush/schedules/zero_terminal_snr.hpp>
#include <string>

#include "samplers/pixels.hpp"

using namespace samplers;

namespace {

template <class F>
void every_parameterization(F&& f) {
  f("noise", PredictNoise<>{}), f("x0", PredictX0<>{}), f("velocity", PredictVelocity<>{});
  f("score", PredictScore<>{}), f("divided score", PredictScore<>{.divided = true}), f("flow", PredictFlow<>{});
  f("edm", EdmPreconditioning<>{}), f("vp", VpPreconditioning<>{}), f("ve", VePreconditioning<>{});
}

const Affine one{1, 0, {}};

/// The exact denoiser of Gaussian data, as the network of a parameterization that says what its target asks for.
template <class P>
auto exact_through(const P& says) {
  return [says](const Affine& x, Level at) {
    const Denoised<Affine> truth = Gaussian{}.denoise(x, at, one);
    const Target target = says.target(at);
    const Affine f = target.x0 * truth.x0 + target.eps * truth.eps;
    const EstimateRule rule = estimate_rule(says, at, 0);
    return Denoised<Affine>{rule.a * x + rule.b * f, rule.c * x + rule.d * f};
  };
}

/// Mean and variance at the end, whatever happened on the way.
double distance(const Affine& a, const Affine& b) {
  return std::fmax(std::abs(a.mean() - b.mean()), std::abs(a.variance() - b.variance()));
}

/// A run of a sampler on Gaussian data, as it reads, and its plan.
struct Ways {
  Affine closed;
  Plan plan;
};
const auto straight = [](const Affine& x, Level at) { return Gaussian{}.denoise(x, at, one); };

template <class S>
Ways both_ways(const S& sampler, const AnySchedule& schedule, const std::vector<double>& times, const Affine& start) {
  const Trajectory way = trajectory(schedule, sampler, times);
  return {run_eagerly(sampler, way, start, straight, affine_draw), trace(sampler, way)};
}

void oracle(const AnySchedule& schedule, double first_noise, int steps, double near) {
  every_sampler([&](const std::string& name, const auto& sampler) {
    CAPTURE(name);
    const Affine start{0, first_noise, {}};
    const Ways ways = both_ways(sampler, schedule, UniformLogSnr{}(schedule, steps), start);
    const Affine& closed = ways.closed;
    const Plan& plan = ways.plan;
    CHECK(distance(run(plan, start, straight, affine_draw), closed) < 1e-9);
    CHECK(std::abs(closed.mean() - .3) < near);
    CHECK(std::abs(closed.variance() / .0625 - 1) < near);
    every_parameterization([&](const std::string& says, const auto& parameterization) {
      CAPTURE(says);
      CHECK(distance(run(plan, start, exact_through(parameterization), affine_draw), closed) < 1e-9);
    });
  });
}

}  // namespace

TEST_CASE("family: Gaussian data, every sampler and parameterization, variance preserving") {
  const VpSde schedule;
  oracle(schedule, 1, 100, .15);
}

TEST_CASE("family: Gaussian data, every sampler and parameterization, variance exploding") {
  const VeSde schedule;
  oracle(schedule, schedule(1).noise, 100, .15);
}

TEST_CASE("family: Gaussian data, every sampler and parameterization, between image and noise on a straight line") {
  struct Flow {  // rectified flow, but for the last of the noise, where there is no signal
    Level operator()(double time) const { return RectifiedFlow{}(.999 * time); }
  };
  const Flow schedule;
  oracle(schedule, 1, 100, .15);
}

TEST_CASE("family: annealed Langevin dynamics with every parameterization") {
  const Geometric schedule;
  const AnnealedLangevin sampler{.repeats = 20, .denoise = true};
  const Affine start{.5, std::sqrt(1 / 12.), {}};
  const Ways ways = both_ways(sampler, schedule, Linspace{}(schedule, 10), start);
  CHECK(std::abs(ways.closed.mean() - .3) < .01);
  CHECK(std::abs(ways.closed.variance() / .0625 - 1) < .2);
  CHECK(distance(run(ways.plan, start, straight, affine_draw), ways.closed) < 1e-9);
  every_parameterization([&](const std::string& says, const auto& parameterization) {
    CAPTURE(says);
    CHECK(distance(run(ways.plan, start, exact_through(parameterization), affine_draw), ways.closed) < 1e-9);
  });
}

TEST_CASE("family: predictor and corrector with every parameterization, on the same noise") {
  const auto normals = [](int step, int ordinal) {
    Pixels<double> z{std::vector<double>(500)};
    std::vector<float> values(500);
    fill_normal(values.data(), 0, 500,
                {.seed = 5, .step = std::uint32_t(step), .purpose = purpose("z", std::uint32_t(ordinal))});
    std::copy(values.begin(), values.end(), z.values.begin());
    return z;
  };
  const Pixels<double> ones{std::vector<double>(500, 1.)};
  const auto truth = [&](const Pixels<double>& x, Level at) { return Gaussian{}.denoise(x, at, ones); };
  const auto judge = [&](const AnySchedule& schedule) {
    const Trajectory way = trajectory(schedule, PredictorCorrector{}, UniformLogSnr{}(schedule, 60));
    const Pixels<double> start = way.levels.front().noise * normals(0, 9);
    const Pixels<double> wanted = run_eagerly(PredictorCorrector{}, way, start, truth, normals);
    every_parameterization([&](const std::string& says, const auto& parameterization) {
      CAPTURE(says);
      const auto told = [&](const Pixels<double>& x, Level at) {
        const Denoised<Pixels<double>> clean = truth(x, at);
        const Target target = parameterization.target(at);
        const Pixels<double> f = target.x0 * clean.x0 + target.eps * clean.eps;
        const EstimateRule rule = estimate_rule(parameterization, at, 0);
        return Denoised<Pixels<double>>{rule.a * x + rule.b * f, rule.c * x + rule.d * f};
      };
      const Pixels<double> found = run_eagerly(PredictorCorrector{}, way, start, told, normals);
      CHECK(magnitude(found - wanted) < 1e-9 * magnitude(wanted));
    });
  };
  const VpSde vp;
  const VeSde ve;
  judge(vp), judge(ve);
}

TEST_CASE("family: one step ends at an image, and so do all the steps of a schedule") {
  const LinearBeta schedule{.first = 1e-3, .last = .3, .steps = 30};
  every_sampler([&](const std::string& name, const auto& sampler) {
    CAPTURE(name);
    for (const int steps : {1, 2, 30}) {
      CAPTURE(steps);
      const Ways ways = both_ways(sampler, schedule, Linspace{}(schedule, steps), Affine{0, 1, {}});
      const Affine &eager = ways.closed, planned = run(ways.plan, Affine{0, 1, {}}, straight, affine_draw);
      CHECK(distance(eager, planned) < 1e-9);
      CHECK(std::isfinite(eager.mean()));
      if (steps == 1) CHECK(eager.draws.empty());
      if (steps == 1)
        CHECK(eager.mean() == doctest::Approx(Gaussian{}.denoise(Affine{0, 1, {}}, schedule(29), one).x0.mean()));
    }
  });
}

TEST_CASE("family: plans need few registers and few terms, however long the run") {
  const LinearBeta schedule;
  every_sampler([&](const std::string& name, const auto& sampler) {
    CAPTURE(name);
    const auto plan = detail::lower(both_ways(sampler, schedule, Linspace{}(schedule, 40), Affine{0, 1, {}}).plan);
    CHECK(plan.registers <= 8);
    for (const auto& step : plan.steps)
      for (const detail::StepPass& pass : step) {
        CHECK(pass.terms.size() <= 8);
        CHECK(pass.draws.size() <= 2);
      }
  });
}

TEST_CASE("family: a level without signal, for whom it has a meaning and who refuses it") {
  const Level silent = RectifiedFlow{}(1);
  REQUIRE(silent.signal == 0);
  every_parameterization([&](const std::string& says, const auto& parameterization) {
    CAPTURE(says);
    if (says == "x0" || says == "velocity" || says == "flow")
      CHECK(std::isfinite(estimate_rule(parameterization, silent, 0).a));
    else
      CHECK_THROWS_AS(estimate_rule(parameterization, silent, 0), std::invalid_argument);
  });
  // From there the x0 of Gaussian data is their mean, and DDIM ends as it does from a hair before.
  const ZeroTerminalSnr schedule{LinearBeta{}};
  every_sampler([&](const std::string& name, const auto& sampler) {
    CAPTURE(name);
    const std::vector<double> times = Linspace{}(schedule, 250);
    const bool in_noise = name == "DpmSolver" || name == "DpmSolverSinglestep" || name == "UniPcNoise" ||
                          name == "Deis" || name.starts_with("Pndm");
    if (in_noise) {
      CHECK_THROWS_AS(both_ways(sampler, schedule, times, Affine{0, 1, {}}), std::invalid_argument);
    } else {
      const Affine end = both_ways(sampler, schedule, times, Affine{0, 1, {}}).closed;
      CHECK(std::abs(end.mean() - .3) < .01);
      CHECK(std::abs(end.variance() / .0625 - 1) < .4);
    }
  });
}
