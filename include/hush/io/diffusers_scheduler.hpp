#pragma once
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <hush/io/diffusers_config.hpp>
#include <hush/schedule.hpp>
#include <hush/schedules/betas.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/schedules/laplace.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/scaled_linear.hpp>
#include <hush/schedules/sigmoid_beta.hpp>
#include <hush/schedules/zero_terminal_snr.hpp>

namespace hush::io {

namespace detail {

/// Throws FileError for a diffusers scheduler whose noise levels do not come from betas.
inline void check_has_betas(const DiffusersConfig& config) {
  for (const char* name : {"DDPM",
                           "DDIM",
                           "DDIMInverse",
                           "DDPMParallel",
                           "DDIMParallel",
                           "PNDM",
                           "LMSDiscrete",
                           "EulerDiscrete",
                           "EulerAncestralDiscrete",
                           "HeunDiscrete",
                           "KDPM2Discrete",
                           "KDPM2AncestralDiscrete",
                           "DPMSolverMultistep",
                           "DPMSolverMultistepInverse",
                           "DPMSolverSinglestep",
                           "DPMSolverSDE",
                           "UniPCMultistep",
                           "DEISMultistep",
                           "LCM",
                           "TCD",
                           "SASolver",
                           "RePaint"})
    if (config.class_name() == std::string(name) + "Scheduler") return;
  throw FileError(config.file(), to_text("describes a ", in_quotes(config.class_name()),
                                         ", whose levels are not given by betas; docs/from-diffusers.md says which "
                                         "schedule of hush it means"));
}

/// Whether a class of diffusers keeps alpha_bar = 2^-24 at the noisiest level of betas that it rescales.
inline bool keeps_signal(const std::string& class_name) {
  return class_name == "DPMSolverMultistepScheduler" || class_name == "UniPCMultistepScheduler" ||
         class_name.starts_with("Euler");
}

/// All betas of a schedule.
template <class S>
Betas list_of_betas(const S& schedule) {
  if constexpr (requires { schedule.betas(); }) return {schedule.betas()};
  Betas list;
  for (int i = 0; i < schedule.steps(); ++i) list.values.push_back(schedule.beta(i));
  return list;
}

}  // namespace detail

/// The same of a config that is being read.
inline Betas diffusers_betas(DiffusersConfig& config) {
  detail::check_has_betas(config);
  const std::string name = config.class_name();
  const bool latent = name == "LCMScheduler" || name == "TCDScheduler";
  const bool narrow =
      latent || name == "HeunDiscreteScheduler" || name.starts_with("KDPM2") || name == "DPMSolverSDEScheduler";
  const std::int64_t steps = config.whole("num_train_timesteps", 1000);
  config.demand(steps >= 1 && steps <= 1'000'000, "num_train_timesteps", "must be in 1 .. 1000000");
  const double first = config.number("beta_start", narrow ? .00085 : 1e-4);
  const double last = config.number("beta_end", narrow ? .012 : .02);
  const std::string kind = config.text("beta_schedule", latent ? "scaled_linear" : "linear");
  const int n = int(steps);
  const auto made = [&]() -> Betas {
    if (!config.is_null("trained_betas")) return {config.list<double>("trained_betas", {})};
    if (kind == "linear") return detail::list_of_betas(LinearBeta{.first = first, .last = last, .steps = n});
    if (kind == "scaled_linear") return detail::list_of_betas(ScaledLinear{.first = first, .last = last, .steps = n});
    if (kind == "squaredcos_cap_v2") return detail::list_of_betas(Cosine{.steps = n});
    if (kind == "sigmoid") return detail::list_of_betas(SigmoidBeta{.first = first, .last = last, .steps = n});
    if (kind == "laplace") return detail::list_of_betas(Laplace{.steps = n});
    config.refuse("beta_schedule", "only linear, scaled_linear, squaredcos_cap_v2, sigmoid and laplace are known");
  };
  const Betas betas = made();
  const int count = betas.steps();
  config.demand(count > 0, "trained_betas", "holds no betas");
  config.demand(!config.has("num_train_timesteps") || count == n, "num_train_timesteps", "trained_betas has ", count);
  const bool rescales = config.flag("rescale_betas_zero_snr", false);
  config.demand(!rescales || count > 1, "rescale_betas_zero_snr", "wants at least 2 betas");
  try {
    betas.rising()(count - 1);
  } catch (const std::invalid_argument& error) {
    throw FileError(config.file(), to_text("describes no noise levels: ", error.what()));
  }
  return rescales ? detail::list_of_betas(ZeroTerminalSnr{betas}) : betas;
}

/// The schedule of a diffusers `scheduler_config.json` as its list of betas, rescaled to zero terminal SNR if it asks
/// for that; times 0..T-1. Throws FileError, which names the key, for a scheduler without betas.
inline Betas diffusers_betas(const std::filesystem::path& scheduler_config) {
  DiffusersConfig config(scheduler_config);
  return diffusers_betas(config);
}

/// Throws FileError unless a process has the noise levels (to a hundred-thousandth), the times 0..T-1 and the
/// prediction_type that a `scheduler_config.json` of diffusers says its network was trained with; the message names the
/// key, its value and what the process has. How to sample is another matter: docs/from-diffusers.md.
template <class P>
void check_scheduler(DiffusersConfig& config, const P& process) {
  const Betas betas = diffusers_betas(config);
  const auto& schedule = process.schedule;
  const int n = betas.steps();
  if constexpr (requires { schedule.steps(); }) {
    config.demand(schedule.steps() == n, "num_train_timesteps", "the process has ", schedule.steps(), " levels");
  } else {
    config.refuse("num_train_timesteps", "the process's schedule is continuous");
  }
  const double clean = clean_time(schedule);
  auto theirs = betas.rising();
  auto ours = hush::detail::rising_levels(schedule);
  for (int i = 0; i < n; ++i) {
    const double wanted = std::pow(theirs(i).signal, 2), found = std::pow(ours(clean + 1 + i).signal, 2);
    const bool kept = i == n - 1 && wanted == 0 && detail::keeps_signal(config.class_name());
    const double off = kept ? std::min(found, std::abs(found - 0x1p-24)) : std::abs(found - wanted);
    if (!(off <= 1e-5 * std::max(found, wanted)))
      config.refuse("beta_schedule", "of these betas level ", i, " has signal^2 = ", wanted, ", the process has ",
                    found);
  }
  const std::string says = config.text("prediction_type", "epsilon");
  config.demand(says == "epsilon" || says == "v_prediction" || says == "sample", "prediction_type",
                "only epsilon, v_prediction and sample are known");
  const int middle = n / 2;
  const auto at = schedule(clean + 1 + middle);
  const auto scalings = process.parameterization(at);
  const double skip = says == "epsilon" ? 1 / at.signal : says == "sample" ? 0 : at.signal;
  const double out = says == "epsilon" ? -at.noise / at.signal : says == "sample" ? 1 : -at.noise;
  const auto near = [](double a, double b) { return std::abs(a - b) <= 1e-5 * std::max(1., std::abs(b)); };
  config.demand(near(scalings.skip, skip) && near(scalings.out, out) && near(scalings.in, 1), "prediction_type",
                "the process's network says something else; in hush it is Predict",
                says == "epsilon"  ? "Noise"
                : says == "sample" ? "X0"
                                   : "Velocity");
  config.demand(near(scalings.c_noise, middle), "num_train_timesteps", "diffusers tells the network that level ",
                middle, " is time ", middle, ", the process tells it ", scalings.c_noise,
                " (times 0..T-1 are those of a schedule without OneBased, seen as Time)");
}
template <class P>
void check_scheduler(const std::filesystem::path& scheduler_config, const P& process) {
  DiffusersConfig config(scheduler_config);
  check_scheduler(config, process);
}

}  // namespace hush::io
