#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>

#include <hush/diffusers/grids.hpp>
#include <hush/diffusers/sampling.hpp>
#include <hush/diffusers/scheduler_keys.hpp>
#include <hush/grids/leading.hpp>
#include <hush/grids/linspace.hpp>
#include <hush/grids/trailing.hpp>
#include <hush/io/diffusers_config.hpp>
#include <hush/io/diffusers_scheduler.hpp>

namespace hush::diffusers {

namespace detail {

/// Reads the keys of one file, class by class.
class SchedulerReader : private SchedulerKeys {
 public:
  explicit SchedulerReader(io::DiffusersConfig config, const ReadScheduler& how = {})
      : SchedulerKeys(std::move(config)), how_(how) {}

  Sampling read() {
    refuse_unmatched();
    Sampling made = name_.starts_with("EDM") ? edm() : name_.starts_with("FlowMatch") ? flow() : by_betas();
    ignore_other_classes();
    const auto unknown = config_.unknown();
    if (!unknown.empty()) config_.refuse(unknown[0].c_str(), "hush does not know this option");
    return made;
  }

 private:
  // The classes whose levels are given by betas.

  bool is_solver() const {
    return is("DPMSolverMultistep") || is("UniPCMultistep") || is("DEISMultistep") || is("SASolver");
  }
  bool is_ddpm() const { return is("DDPM") || is("DDPMParallel"); }
  bool is_ddim() const { return is("DDIM") || is("DDIMParallel"); }

  Sampling by_betas() {
    Betas betas = io::diffusers_betas(config_);
    const bool rescales = config_.flag("rescale_betas_zero_snr", false);
    const bool keeps = io::detail::keeps_signal(name_);
    config_.demand(!rescales || keeps || is_ddpm() || is_ddim(), "rescale_betas_zero_snr",
                   "this class of diffusers does not look at it, and steps along other levels; write it as false");
    const std::size_t says = one_of("prediction_type", "epsilon", {"epsilon", "v_prediction", "sample"});
    Sampling made;
    made.sampler = sampler();
    const bool noisy = ends_noisy(), spaced = is_spaced();
    made.grid = grid(noisy);
    Prediction prediction{Prediction::Type(says), rounding()};
    const Schedule levels{std::move(betas), spaced || is_second_order(), noisy, keeps && rescales};
    if (SaSolver* solver = std::get_if<SaSolver>(&made.sampler)) set_range(*solver, levels, prediction.rounding);
    if (std::holds_alternative<LearnedRange>(made.sampler))
      made.process = VarianceProcess{levels, LearnedVariance{prediction}};
    else
      made.process = BetaProcess{levels, prediction};
    cut(made);
    if (is("PNDM"))
      config_.demand(says == 0, "prediction_type", "PNDM of diffusers mixes v of several levels; hush mixes eps");
    return made;
  }
  bool is_second_order() const { return name_.starts_with("KDPM2"); }
  /// Whether a class can space its sigmas; the others do not look at these options.
  bool has_spacings() const { return !is_ddpm() && !is_ddim() && !is("PNDM") && !is("EulerAncestralDiscrete"); }
  bool by_beta() { return config_.flag("use_beta_sigmas", false); }
  bool is_spaced() {
    if (!has_spacings()) return false;
    const bool karras = config_.flag("use_karras_sigmas", false), even = config_.flag("use_exponential_sigmas", false);
    config_.demand(!karras || !even, "use_exponential_sigmas", "use_karras_sigmas is on too");
    config_.demand(!by_beta() || (!karras && !even), "use_beta_sigmas", "another spacing of sigmas is on too");
    return karras || even || by_beta();
  }
  bool ends_noisy() {
    if (is("PNDM") || is_ddim()) return !config_.flag("set_alpha_to_one", !is("PNDM"));
    if (is("DEISMultistep") || is("SASolver")) return true;
    if (!is_solver() && !is("EulerDiscrete")) return false;
    return one_of("final_sigmas_type", "zero", {"zero", "sigma_min"}) == 1;
  }
  /// diffusers keeps the times of its solvers as whole numbers; those of Karras' sigmas it rounds first, but for
  /// cosine betas.
  Prediction::Rounding rounding() {
    using enum Prediction::Rounding;
    if (!is_solver() || !is_spaced()) return none;
    const bool cosine = is("DPMSolverMultistep") && config_.text("beta_schedule", "linear") == "squaredcos_cap_v2";
    return config_.flag("use_karras_sigmas", false) && !cosine ? nearest : down;
  }
  AnyGrid grid(bool noisy) {
    if (has_spacings()) must_be_off({"use_lu_lambdas", "use_flow_sigmas", "use_dynamic_shifting"});
    const bool leads = is_ddpm() || is_ddim() || is("PNDM");
    const auto spacing =
        one_of("timestep_spacing", leads ? "leading" : "linspace", {"leading", "trailing", "linspace"});
    const std::int64_t offset = config_.whole("steps_offset", 0);
    config_.demand(offset >= 0 && offset < 1'000'000, "steps_offset", "must be in 0 .. 999999");
    AnyGrid plain = spacing == 0   ? AnyGrid(Leading{.offset = int(offset), .closed = !is_solver()})
                    : spacing == 1 ? AnyGrid(Trailing{})
                                   : AnyGrid(Linspace{.closed = !is_solver(), .rounded = leads || is_solver()});
    check_spacing(spacing, offset);
    if (!is_spaced()) return plain;
    const bool karras = config_.flag("use_karras_sigmas", false);
    config_.demand(!karras || !is_second_order(), "use_karras_sigmas",
                   "this class rounds the times of every other call; hush has no counterpart");
    Sigmas sigmas{.rho = karras ? 7. : 0., .ends_noisy = noisy, .beta = by_beta()};
    if (!is_solver()) sigmas.ends = std::move(plain);
    sigmas.smallest = config_.number("sigma_min", 0);
    sigmas.largest = config_.number("sigma_max", 0);
    config_.demand(sigmas.smallest >= 0, "sigma_min", "must be positive");
    config_.demand(sigmas.largest == 0 || sigmas.largest > sigmas.smallest, "sigma_max", "must be more than sigma_min");
    config_.demand(!noisy || sigmas.smallest == 0 || !(is("UniPCMultistep") || is("DEISMultistep") || is("SASolver")),
                   "sigma_min", "this class then ends there, hush at the level of time 0");
    return sigmas;
  }
  /// Where a class does not step along its own list of times.
  void check_spacing(std::size_t spacing, std::int64_t offset) {
    if (is_ddim() || is("PNDM"))
      config_.demand(spacing == 0, "timestep_spacing",
                     "this class then steps beside its own list of times, hush along it; write leading");
    if (is_ddpm()) {
      config_.demand(spacing != 1, "timestep_spacing", "this class then adds noise in the last step too");
      config_.demand(spacing != 0 || offset == 0, "steps_offset", "this class then adds noise in the last step too");
    }
    if (is("EulerDiscrete")) {
      one_of("interpolation_type", "linear", {"linear"});
      one_of("timestep_type", "discrete", {"discrete"});
    }
  }
  /// clip_sample or thresholding, of the classes that have them.
  void cut(Sampling& made) {
    const bool steps = is_ddpm() || is_ddim();
    if (steps || is("HeunDiscrete"))
      if (config_.flag("clip_sample", steps)) {
        made.clip = config_.number("clip_sample_range", 1);
        config_.demand(made.clip > 0, "clip_sample_range", "must be positive; clip_sample = false is no clipping");
      }
    if (!(steps || is_solver()) || !config_.flag("thresholding", false)) return;
    config_.demand(
        !std::holds_alternative<DpmSolver>(made.sampler) && !std::holds_alternative<UniPcNoise>(made.sampler),
        "thresholding", "this solver steps along the predicted noise");
    made.clip = 0;
    made.threshold = threshold();
  }
  DynamicThreshold threshold() {
    const DynamicThreshold made{config_.number("dynamic_thresholding_ratio", .995),
                                config_.number("sample_max_value", 1)};
    config_.demand(made.ratio >= 0 && made.ratio <= 1, "dynamic_thresholding_ratio", "must be in 0 .. 1");
    config_.demand(made.largest > 0, "sample_max_value", "must be positive");
    return made;
  }
  AnySampler sampler() {
    if (is_ddim()) return Ddim{};
    if (is("PNDM")) return Pndm{.warm_up = !config_.flag("skip_prk_steps", false)};
    if (is("EulerDiscrete")) return Euler{};
    if (is("EulerAncestralDiscrete")) return EulerAncestral{};
    if (is("LMSDiscrete")) return Lms{};
    if (is("HeunDiscrete")) return Heun{};
    if (is("KDPM2Discrete")) return Dpm2{};
    if (is("KDPM2AncestralDiscrete")) return Dpm2Ancestral{};
    if (is_solver()) return solver();
    const std::size_t variance =
        one_of("variance_type", "fixed_small", {"fixed_small", "fixed_small_log", "fixed_large", "learned_range"});
    if (variance == 3) return LearnedRange{};
    return Ddpm{variance == 2 ? Variance::fixed_large : Variance::fixed_small};
  }
  int order() {
    const std::int64_t order = config_.whole("solver_order", 2);
    config_.demand(order >= 1 && order <= 3, "solver_order", "must be 1, 2 or 3");
    return int(order);
  }
  AnySampler solver() {
    const bool low = config_.flag("lower_order_final", true);
    if (is("DEISMultistep")) {
      one_of("algorithm_type", "deis", {"deis"});
      one_of("solver_type", "logrho", {"logrho"});
      return Deis{order(), low};
    }
    if (is("UniPCMultistep")) {
      const auto variant = one_of("solver_type", "bh2", {"bh1", "bh2"}) == 0 ? UniPcVariant::bh1 : UniPcVariant::bh2;
      config_.demand(config_.list<std::int64_t>("disable_corrector", {}).empty(), "disable_corrector",
                     "hush corrects every step or none; write []");
      config_.demand(config_.is_null("solver_p"), "solver_p", "must be null");
      if (config_.flag("predict_x0", true)) return UniPc{order(), variant, true, low};
      return UniPcNoise{order(), variant, true, low};
    }
    config_.demand(config_.is_null("lambda_min_clipped") || config_.is_least("lambda_min_clipped"),
                   "lambda_min_clipped", "hush does not clip the times; begin at a lower level by a grid of your own");
    config_.demand(config_.is_null("variance_type"), "variance_type", "must be null");
    return is("SASolver") ? sa_solver(low) : multistep("dpmsolver++", low);
  }
  int order_of(const char* key) {
    const std::int64_t order = config_.whole(key, 2);
    config_.demand(order >= 1 && order <= 4, key, "must be 1 to 4");
    return int(order);
  }
  AnySampler sa_solver(bool low) {
    one_of("algorithm_type", "data_prediction", {"data_prediction"});
    config_.demand(config_.is_null("tau_func"), "tau_func", "a file cannot hold a function; write null");
    return SaSolver{.predictor_order = order_of("predictor_order"),
                    .corrector_order = order_of("corrector_order"),
                    .lower_order_final = low,
                    .leading_terms = true};
  }
  /// Its noise comes in at the times 200 to 800 that the class is told, which are whole.
  static void set_range(SaSolver& solver, const Schedule& levels, Prediction::Rounding rounding) {
    const bool nearest = rounding == Prediction::Rounding::nearest, down = rounding == Prediction::Rounding::down;
    const double from = nearest ? 199.5 : 200, to = nearest ? 800.5 : down ? std::nextafter(801, 0) : 800;
    const double last = levels.steps() - 1;
    if (from > last) solver.tau = 0;
    solver.noise_min = sigma_of(levels(std::min(from, last)));
    if (to < last) solver.noise_max = sigma_of(levels(to));
  }
  AnySampler multistep(const char* usual, bool low) {
    must_be_off({"euler_at_final"});
    const auto variant =
        one_of("solver_type", "midpoint", {"midpoint", "heun"}) ? DpmVariant::heun : DpmVariant::midpoint;
    const auto algorithm = one_of("algorithm_type", usual, {"dpmsolver", "dpmsolver++", "sde-dpmsolver++"});
    // Order 3 in diffusers, as in its authors' program: half of the parabola's curvature.
    if (algorithm == 0) return DpmSolver{order(), variant, low, .5};
    if (algorithm == 1) return DpmSolverPp{order(), variant, low, .5};
    return DpmSolverSde{order(), variant, 1, low};
  }

  // The classes of Karras et al. and of flow matching.

  Sampling edm() {
    one_of("prediction_type", "epsilon", {"epsilon"});
    one_of("final_sigmas_type", "zero", {"zero"});
    const double least = config_.number("sigma_min", .002), most = config_.number("sigma_max", 80);
    config_.demand(least > 0 && least < most, "sigma_min", "must be positive and less than sigma_max");
    const bool karras = one_of("sigma_schedule", "karras", {"karras", "exponential"}) == 0;
    Sampling made;
    const double data = config_.number("sigma_data", .5), rho = config_.number("rho", 7);
    config_.demand(data > 0, "sigma_data", "must be positive");
    config_.demand(rho > 0, "rho", "must be positive");
    made.process = EdmProcess{LinearSigma{most}, {data}};
    made.sampler = Euler{};
    made.grid = Sigmas{.smallest = least, .largest = most, .rho = karras ? rho : 0.};
    config_.ignore({"num_train_timesteps"});
    if (!is("EDMDPMSolverMultistep")) return made;
    made.sampler = multistep("dpmsolver++", config_.flag("lower_order_final", true));
    config_.demand(!std::holds_alternative<DpmSolver>(made.sampler), "algorithm_type", "hush has dpmsolver++ here");
    if (config_.flag("thresholding", false)) made.threshold = threshold();
    return made;
  }
  Sampling flow() {
    must_be_off(
        {"invert_sigmas", "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "stochastic_sampling"});
    const double terminal = config_.is_null("shift_terminal") ? 0 : config_.number("shift_terminal", 0);
    config_.demand(terminal >= 0 && terminal < 1, "shift_terminal", "must be null or in 0 .. 1");
    const std::int64_t steps = config_.whole("num_train_timesteps", 1000);
    config_.demand(steps >= 1 && steps <= 1'000'000, "num_train_timesteps", "must be in 1 .. 1000000");
    const bool dynamic = config_.flag("use_dynamic_shifting", false);
    const double shift = dynamic ? dynamic_shift() : config_.number("shift", 1);
    config_.demand(dynamic || shift > 0, "shift", "must be positive");
    if (dynamic) config_.ignore({"shift"});
    Sampling made;
    made.process = FlowProcess{RectifiedFlow{}, FlowPrediction{double(steps)}};
    made.sampler = Euler{};
    made.grid = FlowShift{shift, int(steps), terminal, dynamic};
    return made;
  }
  double dynamic_shift() {
    const DynamicShift rule{config_.number("base_shift", .5), config_.number("max_shift", 1.15),
                            config_.whole("base_image_seq_len", 256), config_.whole("max_image_seq_len", 4096),
                            one_of("time_shift_type", "exponential", {"exponential", "linear"}) == 1};
    config_.demand(rule.least != rule.most, "max_image_seq_len", "must differ from base_image_seq_len");
    config_.demand(
        rule.base == rule.largest || how_.image_seq_len > 0, "use_dynamic_shifting",
        "the times depend on the size of the image; say it: read_scheduler(file, {.image_seq_len = tokens})");
    const double shift = rule(how_.image_seq_len);
    config_.demand(shift > 0, "time_shift_type", "gives a shift that is not positive for ", how_.image_seq_len);
    return shift;
  }

  ReadScheduler how_;
};

}  // namespace detail

/// What a scheduler_config.json of diffusers means; `file` is one, or the folder of a scheduler or a pipeline. What the
/// file says counts, what it leaves out has the class's default. Throws FileError, which names the key and its value,
/// for a class without counterpart, and for an option that hush has not or does not know.
inline Sampling read_scheduler(const std::filesystem::path& file, const ReadScheduler& how = {}) {
  std::filesystem::path place = file;
  if (std::filesystem::is_directory(place / "scheduler")) place /= "scheduler";
  if (std::filesystem::is_directory(place)) place /= "scheduler_config.json";
  return detail::SchedulerReader(io::DiffusersConfig(place), how).read();
}

}  // namespace hush::diffusers
