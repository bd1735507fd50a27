#pragma once
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <hush/check.hpp>
#include <hush/description.hpp>
#include <hush/diffusers/process.hpp>
#include <hush/grid.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/samplers/deis.hpp>
#include <hush/samplers/dpm2.hpp>
#include <hush/samplers/dpm2_ancestral.hpp>
#include <hush/samplers/dpm_solver.hpp>
#include <hush/samplers/dpm_solver_sde.hpp>
#include <hush/samplers/euler.hpp>
#include <hush/samplers/euler_ancestral.hpp>
#include <hush/samplers/heun.hpp>
#include <hush/samplers/learned_range.hpp>
#include <hush/samplers/lms.hpp>
#include <hush/samplers/pndm.hpp>
#include <hush/samplers/sa_solver.hpp>
#include <hush/samplers/unipc.hpp>
#include <hush/sampling/options.hpp>

namespace hush::diffusers {

/// The samplers that a scheduler_config.json can mean.
using AnySampler = std::variant<Ddpm, Ddim, Pndm, Euler, EulerAncestral, Lms, Heun, Dpm2, Dpm2Ancestral, DpmSolver,
                                DpmSolverPp, DpmSolverSde, UniPc, UniPcNoise, Deis, SaSolver, LearnedRange>;

/// What a scheduler_config.json does not say. `image_seq_len`: the tokens of an image, which dynamic shifting depends
/// on: the patches of a transformer, (height / patch) * (width / patch) of its latents.
struct ReadScheduler {
  std::int64_t image_seq_len = 0;
};

/// What a scheduler_config.json of diffusers means in hush: process, sampler, grid and what is done to estimates of x0.
/// `visit` calls a function with the types that the file names:
///   const auto file = diffusers::read_scheduler(folder);
///   file.visit([&](const auto& process, const auto& sampler) {
///     images = sample(process, net, sampler, file.template options<Cpu<float>>());
///   });
struct Sampling {
  std::variant<BetaProcess, EdmProcess, FlowProcess, VarianceProcess> process;
  AnySampler sampler;
  AnyGrid grid;
  double clip = 0;
  std::optional<DynamicThreshold> threshold = {};

  /// The options of a run that the file says: grid, clip and threshold.
  template <Backend B>
  SampleOptions<B> options() const {
    SampleOptions<B> options;
    options.grid = grid;
    options.clip = clip;
    options.threshold = threshold;
    return options;
  }
  /// Calls f(process, sampler) with the file's own types: f is compiled for each of the 21 pairs that there are. Throws
  /// std::invalid_argument for another pair, which no file gives.
  template <class F>
  void visit(F&& f) const {
    std::visit(
        [&](const auto& p, const auto& s) {
          if constexpr (pairs<std::remove_cvref_t<decltype(p)>, std::remove_cvref_t<decltype(s)>>())
            f(p, s);
          else
            check(false, "Sampling", "diffusers has no ", code_of(describe(s)), " for ",
                  code_of(describe(p.parameterization)));
        },
        process, sampler);
  }

 private:
  template <class P, class S>
  static constexpr bool pairs() {
    constexpr bool euler = std::is_same_v<S, Euler>, learned = std::is_same_v<S, LearnedRange>;
    if constexpr (std::is_same_v<P, VarianceProcess>) return learned;
    if constexpr (std::is_same_v<P, BetaProcess>) return !learned;
    if constexpr (std::is_same_v<P, FlowProcess>) return euler;
    return euler || std::is_same_v<S, DpmSolverPp> || std::is_same_v<S, DpmSolverSde>;
  }
};

}  // namespace hush::diffusers
