#pragma once
#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/description.hpp>
#include <hush/diffusers/check_sampling.hpp>
#include <hush/diffusers/process.hpp>
#include <hush/fields.hpp>
#include <hush/io/atomic_file.hpp>
#include <hush/io/diffusers_scheduler.hpp>
#include <hush/io/json.hpp>
#include <hush/io/number.hpp>
#include <hush/sampler.hpp>
#include <hush/sampling/options.hpp>
#include <hush/schedule.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/schedules/interpolated_sigma.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/scaled_linear.hpp>
#include <hush/schedules/zero_terminal_snr.hpp>

namespace hush::diffusers {

namespace detail {

template <class S, class... Any>
constexpr bool is_one_of = (std::is_same_v<S, Any> || ...);

/// The class of diffusers that a sampler is, without "Scheduler"; nullptr: none.
template <class S>
constexpr const char* class_of() {
  if (is_one_of<S, Ddpm, LearnedRange>) return "DDPM";
  if (is_one_of<S, Ddim>) return "DDIM";
  if (is_one_of<S, Pndm>) return "PNDM";
  if (is_one_of<S, Euler>) return "EulerDiscrete";
  if (is_one_of<S, EulerAncestral>) return "EulerAncestralDiscrete";
  if (is_one_of<S, Lms>) return "LMSDiscrete";
  if (is_one_of<S, Heun>) return "HeunDiscrete";
  if (is_one_of<S, Dpm2>) return "KDPM2Discrete";
  if (is_one_of<S, Dpm2Ancestral>) return "KDPM2AncestralDiscrete";
  if (is_one_of<S, Deis>) return "DEISMultistep";
  if (is_one_of<S, UniPc, UniPcNoise>) return "UniPCMultistep";
  if (is_one_of<S, SaSolver>) return "SASolver";
  if (is_one_of<S, DpmSolver, DpmSolverPp, DpmSolverSde>) return "DPMSolverMultistep";
  return nullptr;
}

/// What a file says of a sampler.
template <class S>
void write_sampler(const S& sampler, io::Json& config) {
  const char* name = class_of<S>();
  check(name, "write_scheduler", "diffusers has no scheduler for ", code_of(describe(sampler)));
  config["_class_name"] = std::string(name) + "Scheduler";
  if constexpr (std::is_same_v<S, Ddpm>)
    config["variance_type"] = sampler.variance == Variance::fixed_large ? "fixed_large" : "fixed_small";
  if constexpr (std::is_same_v<S, LearnedRange>) config["variance_type"] = "learned_range";
  if constexpr (std::is_same_v<S, Pndm>) config["skip_prk_steps"] = !sampler.warm_up;
  if constexpr (requires { sampler.lower_order_final; }) config["lower_order_final"] = sampler.lower_order_final;
  if constexpr (requires { sampler.order&& sampler.lower_order_final; }) config["solver_order"] = sampler.order;
  if constexpr (std::is_same_v<S, SaSolver>) {
    config["predictor_order"] = sampler.predictor_order;
    config["corrector_order"] = sampler.corrector_order;
  }
  if constexpr (std::is_same_v<S, DpmSolver>) config["algorithm_type"] = "dpmsolver";
  if constexpr (std::is_same_v<S, DpmSolverPp>) config["algorithm_type"] = "dpmsolver++";
  if constexpr (std::is_same_v<S, DpmSolverSde>) config["algorithm_type"] = "sde-dpmsolver++";
  if constexpr (requires { sampler.variant == DpmVariant::heun; })
    config["solver_type"] = sampler.variant == DpmVariant::heun ? "heun" : "midpoint";
  if constexpr (requires { sampler.variant == UniPcVariant::bh1; }) {
    config["solver_type"] = sampler.variant == UniPcVariant::bh1 ? "bh1" : "bh2";
    config["predict_x0"] = std::is_same_v<S, UniPc>;
  }
}

/// The levels of a schedule, by their name in diffusers where they have one, else beta by beta.
template <class S>
void write_betas(const S& schedule, io::Json& config) {
  constexpr bool by_betas = std::is_same_v<S, Schedule> || requires { schedule.beta(0); };
  static_assert(by_betas,
                "write_scheduler: wants a schedule that is given by betas, LinearSigma with EdmPreconditioning, or "
                "RectifiedFlow");
  config["num_train_timesteps"] = int(schedule.steps());
  const auto named = [&](const char* name, double first, double last) {
    config["beta_schedule"] = name;
    config["beta_start"] = first;
    config["beta_end"] = last;
  };
  if constexpr (std::is_same_v<S, LinearBeta>) {
    named("linear", schedule.first, schedule.last);
  } else if constexpr (std::is_same_v<S, ScaledLinear>) {
    named("scaled_linear", schedule.first, schedule.last);
  } else if constexpr (std::is_same_v<S, Schedule>) {
    // By its name where it has it, as the class of DPM-Solver rounds times otherwise then.
    if (schedule.betas == io::detail::list_of_betas(Cosine{.steps = schedule.steps()}))
      config["beta_schedule"] = "squaredcos_cap_v2";
    else
      config["trained_betas"] = schedule.betas.values;
    if (schedule.keeps_signal) config["rescale_betas_zero_snr"] = true;  // of betas that are, it changes nothing more
  } else {
    std::vector<double> betas;
    for (int i = 0; i < schedule.steps(); ++i) betas.push_back(schedule.beta(i));
    config["trained_betas"] = std::move(betas);
  }
}
inline void write_betas(const Cosine& schedule, io::Json& config) {
  if (!(schedule == Cosine{.steps = schedule.steps})) return write_betas<Cosine>(schedule, config);
  config["num_train_timesteps"] = int(schedule.steps());
  config["beta_schedule"] = "squaredcos_cap_v2";
}
template <class S>
void write_betas(const ZeroTerminalSnr<S>& schedule, io::Json& config) {
  write_betas(schedule.inner, config);
  config["rescale_betas_zero_snr"] = true;
}
template <class S>
void write_betas(const InterpolatedSigma<S>& schedule, io::Json& config) {
  write_betas(schedule.inner, config);
}

/// prediction_type by what the network's output is worth at a level.
template <class P>
const char* prediction_type(const P& parameterization, Level at) {
  const Target target = parameterization.target(at);
  return target.x0 == 0 ? "epsilon" : target.eps == 0 ? "sample" : "v_prediction";
}

/// The number that a field of a description holds; `otherwise` where there is none.
inline double number_of(const Description& about, const char* field, double otherwise) {
  const Description* found = about.find(field);
  return found ? io::read_number(found->text).value_or(otherwise) : otherwise;
}

/// How a grid spaces sigmas; nullopt: it spaces times. Zeros are not said.
struct SigmaSpacing {
  double rho = 0, smallest = 0, largest = 0;
};
inline std::optional<SigmaSpacing> sigma_spacing(const Description& grid) {
  const auto ends_with = [&](const char* name) { return grid.text.ends_with(name); };
  if (ends_with("BetaSigmas")) return std::nullopt;
  if (!ends_with("KarrasSigmas") && !ends_with("UniformLogSnr") && !ends_with("Sigmas")) return std::nullopt;
  const Description* found = grid.find("range");
  const Description& range = found ? *found : grid;
  return SigmaSpacing{ends_with("UniformLogSnr") ? 0 : number_of(grid, "rho", 7), number_of(range, "smallest", 0),
                      number_of(range, "largest", 0)};
}

/// Spacing of times or sigmas, by the grid's name.
inline void write_grid(const Description& grid, io::Json& config) {
  const auto ends_with = [&](const char* name) { return grid.text.ends_with(name); };
  if (ends_with("Leading")) {
    config["timestep_spacing"] = "leading";
    config["steps_offset"] = int(number_of(grid, "offset", 0));
  } else if (ends_with("Trailing")) {
    config["timestep_spacing"] = "trailing";
  } else if (ends_with("Linspace")) {
    config["timestep_spacing"] = "linspace";
  } else if (const auto sigmas = sigma_spacing(grid)) {
    const Description* beta = grid.find("beta");
    config[beta && beta->text == "true" ? "use_beta_sigmas"
           : sigmas->rho == 0           ? "use_exponential_sigmas"
                                        : "use_karras_sigmas"] = true;
    if (sigmas->smallest > 0) config["sigma_min"] = sigmas->smallest;
    if (sigmas->largest > 0) config["sigma_max"] = sigmas->largest;
    if (const Description* ends = grid.find("ends"); ends && ends->text != "none") write_grid(*ends, config);
  } else {
    check(false, "write_scheduler", "diffusers has no spacing for ", code_of(grid));
  }
}

/// Whether a class keeps alpha_bar = 2^-24 at the noisiest level with rescale_betas_zero_snr.
template <class S>
constexpr bool keeps_signal() {
  return is_one_of<S, Euler, EulerAncestral, UniPc, UniPcNoise, DpmSolver, DpmSolverPp, DpmSolverSde>;
}

/// Levels, grid and prediction_type of a process that is given by betas, for a class that a sampler is.
template <class S, class P>
void write_by_betas(const P& process, const Description& grid, io::Json& config) {
  const auto& schedule = process.schedule;
  write_betas(schedule, config);
  config["prediction_type"] = prediction_type(process.parameterization, schedule(schedule.clean() + 1));
  write_grid(grid, config);
  const bool noisy = schedule(schedule.clean()).noise > 0;
  if constexpr (std::is_same_v<S, Ddim> || std::is_same_v<S, Pndm>)
    config["set_alpha_to_one"] = !noisy;
  else if (noisy)
    config["final_sigmas_type"] = "sigma_min";
}

/// Throws std::invalid_argument for a process whose noisiest level is not that of the sampler's class.
template <class S, class Levels>
void check_last_level(const Levels& schedule, const io::Json& config) {
  if (!config.contains("rescale_betas_zero_snr")) return;
  const double signal = schedule(schedule.clean() + schedule.steps()).signal;
  check((signal > 0) == keeps_signal<S>(), "write_scheduler", "rescale_betas_zero_snr: of the noisiest level ",
        config.at("_class_name").template get<std::string>(), " has signal^2 = ", keeps_signal<S>() ? "2^-24" : "0",
        ", this process has ", signal * signal, "; diffusers::Schedule can be either (.keeps_signal)");
}

/// The preconditioning of Karras et al.: the class is EDM's.
template <class S>
void write_edm(const EdmProcess& process, const S& sampler, const Description& grid, io::Json& config) {
  constexpr bool multistep = is_one_of<S, DpmSolverPp, DpmSolverSde>;
  check(multistep || std::is_same_v<S, Euler>, "write_scheduler", "with EdmPreconditioning diffusers has Euler, ",
        "DpmSolverPp and DpmSolverSde, not ", code_of(describe(sampler)));
  const auto sigmas = sigma_spacing(grid);
  check(sigmas.has_value(), "write_scheduler", "with EdmPreconditioning diffusers has KarrasSigmas and UniformLogSnr, ",
        "not ", code_of(grid));
  config["_class_name"] = multistep ? "EDMDPMSolverMultistepScheduler" : "EDMEulerScheduler";
  config["prediction_type"] = "epsilon";
  config["sigma_data"] = process.parameterization.sigma_data;
  config["sigma_max"] = process.schedule.largest;
  if (sigmas->smallest > 0) config["sigma_min"] = sigmas->smallest;
  config["sigma_schedule"] = sigmas->rho == 0 ? "exponential" : "karras";
  if (sigmas->rho > 0) config["rho"] = sigmas->rho;
}

/// Flow matching.
template <class S>
void write_flow(const S& sampler, const Description& grid, io::Json& config) {
  check(is_one_of<S, Euler>, "write_scheduler", "with RectifiedFlow diffusers has Euler, not ",
        code_of(describe(sampler)));
  check(grid.text.ends_with("FlowShift"), "write_scheduler",
        "with RectifiedFlow diffusers has diffusers::FlowShift as .grid, not ", code_of(grid));
  config["_class_name"] = "FlowMatchEulerDiscreteScheduler";
  config["num_train_timesteps"] = int(number_of(grid, "steps", 1000));
  const double shift = number_of(grid, "shift", 1), mu = std::log(shift);
  config["shift"] = shift;
  if (grid.find("dynamic")->text == "true")  // the same shift for images of all sizes
    config.update(io::Json{{"use_dynamic_shifting", true}, {"base_shift", mu}, {"max_shift", mu}});
  if (const double terminal = number_of(grid, "terminal", 0); terminal > 0) config["shift_terminal"] = terminal;
}

/// Whether the levels of a process are given by betas, for diffusers.
template <class P>
constexpr bool has_betas = !std::is_same_v<P, EdmProcess> &&
                           !std::is_same_v<std::remove_cvref_t<decltype(std::declval<P>().schedule)>, RectifiedFlow>;

/// The file of a process.
template <class P, class S, Backend B>
io::Json config_of(const P& process, const S& sampler, const SampleOptions<B>& options) {
  io::Json config;
  write_sampler(sampler, config);
  const Description grid = options.grid.description();
  if constexpr (has_betas<P>) {
    write_by_betas<S>(process, grid, config);
    check_last_level<S>(process.schedule, config);
  } else if constexpr (std::is_same_v<P, EdmProcess>) {
    write_edm(process, sampler, grid, config);
  } else {
    write_flow(sampler, grid, config);
  }
  if constexpr (is_one_of<S, Ddim, Ddpm, LearnedRange, Heun>) {
    config["clip_sample"] = options.clip > 0 && !options.threshold;
    if (options.clip > 0) config["clip_sample_range"] = options.clip;
  }
  if (options.threshold) {
    config["thresholding"] = true;
    config["dynamic_thresholding_ratio"] = options.threshold->ratio;
    config["sample_max_value"] = options.threshold->largest;
  }
  return config;
}

/// The same, read again and compared with what it was made of.
template <class P, class S, Backend B>
io::Json checked_config(const std::filesystem::path& file, const P& process, const S& sampler,
                        const SampleOptions<B>& options) {
  io::Json config = config_of(process, sampler, options);
  config["_diffusers_version"] = "0.42.1";
  io::DiffusersConfig written(file, config);
  if constexpr (has_betas<P>) io::check_scheduler(written, process);
  check_sampling(io::DiffusersConfig(file, config), process, sampler, options);
  return config;
}

}  // namespace detail

/// Writes the scheduler_config.json that means this process, sampler and options (grid, clip, threshold) into a folder,
/// for diffusers 0.42.1 and later; of processes that are given by betas, EdmProcess and FlowProcess. What was written
/// is read again and compared, for .steps steps: throws FileError, and leaves the folder as it was, where diffusers'
/// file cannot say it (the message names the difference), and std::invalid_argument for a sampler or a grid without
/// counterpart.
template <class P, Sampler S, Backend B>
void write_scheduler(const std::filesystem::path& folder, const P& process, const S& sampler,
                     const SampleOptions<B>& options) {
  const auto file = folder / "scheduler_config.json";
  io::write_file(file, detail::checked_config(file, process, sampler, options).dump(2) + "\n");
}

}  // namespace hush::diffusers
