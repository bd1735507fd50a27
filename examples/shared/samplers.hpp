#pragma once
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/samplers/annealed_langevin.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/samplers/deis.hpp>
#include <hush/samplers/dpm2.hpp>
#include <hush/samplers/dpm2_ancestral.hpp>
#include <hush/samplers/dpm_solver.hpp>
#include <hush/samplers/dpm_solver_sde.hpp>
#include <hush/samplers/dpm_solver_singlestep.hpp>
#include <hush/samplers/er_sde.hpp>
#include <hush/samplers/euler.hpp>
#include <hush/samplers/euler_ancestral.hpp>
#include <hush/samplers/gradient_estimation.hpp>
#include <hush/samplers/heun.hpp>
#include <hush/samplers/lms.hpp>
#include <hush/samplers/pndm.hpp>
#include <hush/samplers/predictor_corrector.hpp>
#include <hush/samplers/res_multistep.hpp>
#include <hush/samplers/sa_solver.hpp>
#include <hush/samplers/seeds2.hpp>
#include <hush/samplers/unipc.hpp>

// The samplers by name, for command lines and tables: the one list of this repository. The library has none: there a
// sampler is a type, and its numbers are fields.
namespace samplers {

using namespace hush;

/// A sampler, its name on a command line, and what it is.
template <class S>
struct Named {
  const char *name, *about;
  S sampler{};
};
template <class S>
Named(const char*, const char*, S) -> Named<S>;

/// The samplers that work with any schedule and any network, roughly in order of their age.
inline const std::tuple all{
    Named{"ddpm", "DDPM with the posterior's variance", Ddpm{}},
    Named{"ddpm-large", "DDPM with the larger variance, beta", Ddpm{.variance = Variance::fixed_large}},
    Named{"ddim", "DDIM without fresh noise (--eta adds some)", Ddim{}},
    Named{"pndm", "PNDM: Runge-Kutta, then linear multistep", Pndm{}},
    Named{"plms", "PNDM without Runge-Kutta", Pndm{.warm_up = false}},
    Named{"euler", "Euler's method", Euler{}},
    Named{"euler-a", "Euler's method with fresh noise", EulerAncestral{}},
    Named{"heun", "Heun's method (EDM)", Heun{}},
    Named{"heun-churn", "Heun's method with churn 20 (EDM, algorithm 2)", Heun{.churn = 20}},
    Named{"dpm2", "k-diffusion's midpoint method", Dpm2{}},
    Named{"dpm2-a", "the same with fresh noise", Dpm2Ancestral{}},
    Named{"lms", "linear multistep, order 4", Lms{}},
    Named{"deis", "DEIS, order 2", Deis{}},
    Named{"deis3", "DEIS, order 3", Deis{.order = 3}},
    Named{"dpm-2m", "DPM-Solver, multistep, order 2", DpmSolver{}},
    Named{"dpm-3m", "DPM-Solver, multistep, order 3", DpmSolver{.order = 3}},
    Named{"dpm-2s", "DPM-Solver, singlestep, order 2", DpmSolverSinglestep{}},
    Named{"dpm-3s", "DPM-Solver, singlestep, order 3", DpmSolverSinglestep{.order = 3}},
    Named{"dpm++2m", "DPM-Solver++, multistep, order 2", DpmSolverPp{}},
    Named{"dpm++3m", "DPM-Solver++, multistep, order 3", DpmSolverPp{.order = 3}},
    Named{"dpm++2s", "DPM-Solver++, singlestep, order 2", DpmSolverPpSinglestep{}},
    Named{"dpm++3s", "DPM-Solver++, singlestep, order 3", DpmSolverPpSinglestep{.order = 3}},
    Named{"dpm++2m-sde", "DPM-Solver++ of the SDE, multistep, order 2", DpmSolverSde{}},
    Named{"unipc", "UniPC, order 2", UniPc{}},
    Named{"unipc3", "UniPC, order 3", UniPc{.order = 3}},
    Named{"res-2m", "RES, multistep, order 2", ResMultistep{}},
    Named{"res-2m-a", "the same with fresh noise", ResMultistep{.eta = 1}},
    Named{"ge", "gradient estimation, gamma 2", GradientEstimation{}},
    Named{"er-sde3", "ER-SDE-Solver-3", ErSde{}},
    Named{"seeds2", "SEEDS-2: the SDE, two calls a step", Seeds2{}},
    Named{"sa", "SA-Solver: predictor and corrector of order 2, tau 1", SaSolver{}},
    Named{"sa3", "the same of order 3", SaSolver{.predictor_order = 3, .corrector_order = 3}},
};

/// The samplers that run on the levels of a score network; more calls are more updates a level.
inline const std::tuple at_trained_levels{
    Named{"langevin", "annealed Langevin dynamics, the last noise taken out", AnnealedLangevin{.denoise = true}},
    Named{"pc", "predictor-corrector", PredictorCorrector{}},
};

/// Calls f(named) for each of a list, in order.
template <class List, class F>
void each(const List& list, F&& f) {
  std::apply([&](const auto&... named) { (f(named), ...); }, list);
}

/// Calls f(sampler) for the one of this name in `all`. Throws std::invalid_argument if there is none.
template <class F>
void with(const std::string& name, F&& f) {
  bool found = false;
  each(all, [&](const auto& named) {
    if (name != named.name) return;
    found = true;
    f(named.sampler);
  });
  check(found, "samplers", "there is no sampler ", name);
}

/// The names of a list, in order.
template <class List>
std::vector<std::string> names(const List& list) {
  std::vector<std::string> found;
  each(list, [&](const auto& named) { found.push_back(named.name); });
  return found;
}

/// The text for `--help`: a line for each sampler.
template <class List>
std::string help(const List& list) {
  std::string text;
  each(list, [&](const auto& named) {
    text += to_text("  ", named.name, std::string(14 - std::string(named.name).size(), ' '), named.about, "\n");
  });
  return text;
}

}  // namespace samplers
