#pragma once
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
#include <hush/samplers/repaint.hpp>
#include <hush/samplers/res_multistep.hpp>
#include <hush/samplers/sa_solver.hpp>
#include <hush/samplers/seeds2.hpp>
#include <hush/samplers/unipc.hpp>

namespace samplers {

using namespace hush;

/// Every linear sampler that goes from noise to an image, by name, in each of its forms.
template <class F>
void every_sampler(F&& f) {
  f("Ddpm", Ddpm{}), f("Ddpm fixed_large", Ddpm{.variance = Variance::fixed_large});
  f("Ddim", Ddim{}), f("Ddim eta .5", Ddim{.eta = .5}), f("Ddim eta 1", Ddim{.eta = 1});
  f("Euler", Euler{}), f("EulerAncestral", EulerAncestral{});
  f("Heun", Heun{}), f("Heun churn 40", Heun{.churn = 40, .noise = 1});
  f("Dpm2", Dpm2{}), f("Dpm2Ancestral", Dpm2Ancestral{});
  for (const int order : {1, 2, 4}) f("Lms", Lms{.order = order});
  for (const int order : {1, 2, 3}) {
    f("DpmSolver", DpmSolver{.order = order}), f("DpmSolverPp", DpmSolverPp{.order = order});
    f("DpmSolverSinglestep", DpmSolverSinglestep{.order = order});
    f("DpmSolverPpSinglestep", DpmSolverPpSinglestep{.order = order});
    f("UniPc", UniPc{.order = order}), f("UniPcNoise", UniPcNoise{.order = order});
    f("Deis", Deis{.order = order});
  }
  f("DpmSolverSde", DpmSolverSde{}), f("DpmSolverSde heun", DpmSolverSde{.variant = DpmVariant::heun});
  f("Pndm", Pndm{}), f("Pndm without warm-up", Pndm{.warm_up = false});
  f("ResMultistep", ResMultistep{}), f("ResMultistep eta 1", ResMultistep{.eta = 1});
  f("GradientEstimation", GradientEstimation{});
  f("ErSde ode", ErSde{.phi = ErSdePhi::ode}), f("ErSde", ErSde{}), f("ErSde of order 2", ErSde{.order = 2});
  f("Seeds2", Seeds2{}), f("SaSolver", SaSolver{}), f("SaSolver without noise", SaSolver{.tau = 0});
  f("SaSolver of order 3", SaSolver{.predictor_order = 3, .corrector_order = 3});
  f("RePaint", RePaint{Ddpm{}, 5, 2});
}

}  // namespace samplers
