// Runs that diffusers itself made from the files it wrote: tools/make_diffusers_sampling_goldens.py.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <hush/hush.hpp>

#include <hush/diffusers/grids.hpp>
#include <hush/diffusers/process.hpp>
#include <hush/diffusers/sampling.hpp>
#include <hush/diffusers/scheduler_reader.hpp>
#include <hush/diffusers/scheduler_writer.hpp>
#include <hush/io/adm_keys.hpp>

#include "diffusers/ten_steps.hpp"
#include "io/scratch.hpp"

using namespace hush;
using B = Cpu<double>;

namespace {

struct File {
  Scratch scratch{"scheduler_reader"};
  explicit File(const std::string& text) { put(path(), text); }
  std::filesystem::path path() const { return scratch / "scheduler_config.json"; }
  diffusers::Sampling read() const { return diffusers::read_scheduler(path()); }
  /// What is said of a file, without its name.
  std::string said() const {
    const std::string words = refusal([&] { read(); }), head = path().string() + ": ";
    return words.starts_with(head) ? words.substr(head.size()) : words;
  }
};

/// The small network of the goldens, its weights by the rule of the names' order.
const Adm<B>& network() {
  static const Adm<B> made = [] {
    Adm<B> net({.image = {8, 8, 3},
                .channels = 4,
                .multipliers = {1, 2},
                .blocks = 1,
                .attention = {.factors = {2}},
                .head_channels = 8,
                .scale_shift = false,
                .residual_resampling = false,
                .groups = 4},
               {}, Seed{});
    io::Extents native;
    for (const auto& [name, extents] : io::detail::parameters_of(net)) native[name] = extents;
    const auto keys = io::diffusers_keys(net);
    io::Arrays arrays;
    int j = 0;
    for (const auto& [name, shape] : io::stored_extents(keys, native)) {
      std::vector<double> values(std::size_t(*io::elements(shape)));
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double s = std::sin(.5 + .13 * j + .17 * double(i));
        values[i] = shape.size() > 1           ? s / std::sqrt(double(values.size()) / double(shape[0]))
                    : name.ends_with("weight") ? 1 + .1 * s
                                               : .1 * s;
      }
      arrays.items[name] = io::array_of<double>(shape, values);
      ++j;
    }
    io::load_arrays(arrays, "rule", net, keys);
    return net;
  }();
  return made;
}

}  // namespace

TEST_CASE("scheduler reader: ten steps of a file are diffusers' own ten steps") {
  const io::Json all = io::read_json("tests/goldens/diffusers_sampling.json");
  for (const auto& [name, row] : all.items()) {
    CAPTURE(name);
    const diffusers::Sampling file = File(row.at("config").get<std::string>()).read();
    const double start = row.at("start");
    Images<float> images;
    file.visit([&](const auto& process, const auto& sampler) {
      images = ten_steps::pictures(process, sampler, file.options<B>(), network(), start);
    });
    ten_steps::check_pictures(images, row, 1e-4);
  }
}

namespace {

std::string scheduler(const std::string& name, const std::string& members = "") {
  return "{\"_class_name\": \"" + name + "Scheduler\"" + (members.empty() ? "" : ", ") + members + "}";
}

}  // namespace

TEST_CASE("scheduler reader: what a file leaves out has the default of its class") {
  const diffusers::Sampling ddpm = File(scheduler("DDPM")).read();
  CHECK(std::get<Ddpm>(ddpm.sampler) == Ddpm{});
  CHECK(ddpm.clip == 1);
  CHECK(ddpm.grid.description() == describe(Leading{}));
  const diffusers::Sampling pndm = File(scheduler("PNDM")).read();
  CHECK(std::get<diffusers::BetaProcess>(pndm.process).schedule.ends_noisy);
  CHECK(std::get<Pndm>(pndm.sampler).warm_up);
  CHECK(pndm.clip == 0);
  const auto heun = File(scheduler("HeunDiscrete")).read();
  CHECK(std::get<diffusers::BetaProcess>(heun.process).schedule.betas.values[0] == doctest::Approx(.00085));
  CHECK(heun.grid.description() == describe(Linspace{.rounded = false}));
  CHECK(File(scheduler("DPMSolverMultistep")).read().grid.description() == describe(Linspace{.closed = false}));
}

namespace {

/// Says sin(x) + t / 1000 and a variance cos(x), of images of 2 x 2 pixels.
struct TwoHeads {
  using backend = B;
  ImageSize image() const { return {2, 2, 1}; }
  Ports ports() const { return {}; }
  B on() const { return {}; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    const auto x = download<double>(value_of(input.image));
    std::vector<double> said;
    for (const double v : x) {
      said.push_back(std::sin(v) + download<double>(input.noise_labels)[0] / 1000);
      said.push_back(std::cos(v));
    }
    return constant_like(input.image, upload(B{}, {1, 2, 2, 2}, std::span<const double>(said)));
  }
};

}  // namespace

TEST_CASE("scheduler reader: a learned variance is sampled by, as diffusers does") {
  // tools/make_dit_pipeline_golden.py
  const diffusers::Sampling file = File(scheduler("DDPM", R"("variance_type": "learned_range", "clip_sample": false,
      "timestep_spacing": "linspace")"))
                                       .read();
  CHECK(std::holds_alternative<LearnedRange>(file.sampler));
  SampleOptions<B> options = file.options<B>();
  options.steps = 3;
  Images<float> start(1, 2, 2, 1);
  for (std::size_t i = 0; i < 4; ++i) start.pixels[i] = float(std::sin(.3 * double(i)));
  options.start = FromLatents{start};
  options.noise = [](std::span<float> values, const Shape&) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = float(std::sin(1 + .9 * double(i)));
  };
  int runs = 0;
  file.visit([&](const auto& process, const auto& sampler) {
    const auto made = sample(process, TwoHeads{}, sampler, options).pixels;
    const double wanted[]{-158.446182881, -157.926417139, -156.359736074, -148.854426469};
    for (std::size_t i = 0; i < 4; ++i) CHECK(made[i] == doctest::Approx(wanted[i]).epsilon(1e-5));
    ++runs;
    // and written again
    const Scratch scratch("scheduler_reader");
    diffusers::write_scheduler(scratch / ".", process, sampler, options);
    CHECK(io::read_json(scratch / "scheduler_config.json").at("variance_type") ==
          (std::is_same_v<std::remove_cvref_t<decltype(sampler)>, LearnedRange> ? "learned_range" : ""));
  });
  CHECK(runs == 1);
}

TEST_CASE("scheduler reader: a folder of a pipeline or of a scheduler is looked into; options of other classes stay") {
  const Scratch scratch("scheduler_reader");
  std::filesystem::create_directories(scratch / "scheduler");
  put(scratch / "scheduler" / "scheduler_config.json",
      scheduler("EulerDiscrete", "\"skip_prk_steps\": true, \"clip_sample\": true, \"timestep_spacing\": \"leading\""));
  for (const auto& place : {scratch / ".", scratch / "scheduler", scratch / "scheduler" / "scheduler_config.json"}) {
    const diffusers::Sampling made = diffusers::read_scheduler(place);
    CHECK(std::holds_alternative<Euler>(made.sampler));
    CHECK(made.clip == 0);
    CHECK(made.grid.description() == describe(Leading{}));
  }
}

TEST_CASE("scheduler reader: classes without counterpart are refused by name") {
  for (const char* name : {"LCM", "TCD", "CMStochasticIterative", "SCM", "FlowMatchLCM", "FlowMapEuler", "IPNDM",
                           "DPMSolverMultistepInverse", "UnCLIP", "VQDiffusion"})
    CHECK(File(scheduler(name)).said() ==
          to_text("describes a \"", name, "Scheduler\", which has no counterpart (docs/from-diffusers.md)"));
  CHECK(File(scheduler("DPMSolverSinglestep")).said().find("levels within a step") != std::string::npos);
  CHECK(File(scheduler("FlowMatchHeunDiscrete")).said().find("second-order correction") != std::string::npos);
  CHECK(File(scheduler("DDIMInverse")).said().find("more than noise to start from") != std::string::npos);
}

TEST_CASE("scheduler reader: options that hush has not, or does not know, are refused by key and value") {
  const auto said = [](const char* name, const char* member) { return File(scheduler(name, member)).said(); };
  CHECK(said("DDIM", "\"timestep_spacing\": \"linspace\"") ==
        "timestep_spacing is \"linspace\": this class then steps beside its own list of times, hush along it; write "
        "leading");
  CHECK(said("DDPM", "\"timestep_spacing\": \"trailing\"") ==
        "timestep_spacing is \"trailing\": this class then adds noise in the last step too");
  CHECK(said("EulerDiscrete", "\"use_beta_sigmas\": true, \"use_karras_sigmas\": true") ==
        "use_beta_sigmas is true: another spacing of sigmas is on too");
  CHECK(said("DDPM", "\"variance_type\": \"learned\"") ==
        "variance_type is \"learned\": hush has fixed_small, fixed_small_log, fixed_large, learned_range");
  CHECK(said("DPMSolverMultistep", "\"algorithm_type\": \"sde-dpmsolver\"") ==
        "algorithm_type is \"sde-dpmsolver\": hush has dpmsolver, dpmsolver++, sde-dpmsolver++");
  CHECK(said("DPMSolverMultistep", "\"lambda_min_clipped\": -5.1").starts_with("lambda_min_clipped is -5.1: "));
  CHECK(said("DPMSolverMultistep", "\"solver_order\": 4") == "solver_order is 4: must be 1, 2 or 3");
  CHECK(said("UniPCMultistep", "\"disable_corrector\": [0]").starts_with("disable_corrector is [0]: "));
  CHECK(said("PNDM", "\"prediction_type\": \"v_prediction\"").starts_with("prediction_type is \"v_prediction\": "));
  CHECK(said("FlowMatchEulerDiscrete", "\"use_dynamic_shifting\": true").starts_with("use_dynamic_shifting is true"));
  CHECK(said("EDMEuler", "\"prediction_type\": \"v_prediction\"").ends_with("hush has epsilon"));
  CHECK(said("EulerDiscrete", "\"use_karras_sigmas\": true, \"use_exponential_sigmas\": true") ==
        "use_exponential_sigmas is true: use_karras_sigmas is on too");
  CHECK(said("DDIM", "\"steps_offset\": 4294967297") == "steps_offset is 4294967297: must be in 0 .. 999999");
  CHECK(said("DDIM", "\"clip_sample_range\": 0").starts_with("clip_sample_range is 0: must be positive"));
  CHECK(said("DDIM", "\"thresholding\": true, \"dynamic_thresholding_ratio\": 2").ends_with("must be in 0 .. 1"));
  CHECK(said("HeunDiscrete", "\"rescale_betas_zero_snr\": true").starts_with("rescale_betas_zero_snr is true: "));
  CHECK(said("EDMEuler", "\"rho\": 0") == "rho is 0: must be positive");
  CHECK(said("EDMEuler", "\"sigma_data\": 0") == "sigma_data is 0: must be positive");
  CHECK(said("LMSDiscrete", "\"use_karras_sigmas\": true, \"sigma_min\": 5, \"sigma_max\": 1")
            .starts_with("sigma_max is 1: "));
  CHECK(said("UniPCMultistep", "\"use_karras_sigmas\": true, \"sigma_min\": 0.1, \"final_sigmas_type\": \"sigma_min\"")
            .starts_with("sigma_min is 0.1: this class then ends there"));
  CHECK(said("DDPM", "\"shift_the_noise\": 2") == "shift_the_noise is 2: hush does not know this option");
}

TEST_CASE("scheduler reader: classes that cannot space their sigmas do not look at the options of those that can") {
  for (const char* name : {"DDPM", "DDIM", "PNDM", "EulerAncestralDiscrete"}) {
    CAPTURE(name);
    const auto plain = File(scheduler(name)).read();
    const auto other = File(scheduler(name, "\"use_karras_sigmas\": true, \"use_beta_sigmas\": true")).read();
    CHECK(other.grid.description() == plain.grid.description());
  }
}

TEST_CASE("scheduler reader: a run that ends at a noisy level takes no last step of Karras' that is there already") {
  const auto sigmas = [](const std::string& members) {
    const auto file = File(scheduler("EulerDiscrete",
                                     "\"use_karras_sigmas\": true, \"final_sigmas_type\": "
                                     "\"sigma_min\"" +
                                         members))
                          .read();
    return file.grid(std::get<diffusers::BetaProcess>(file.process).schedule, 3).size();
  };
  CHECK(sigmas("") == 2);
  CHECK(sigmas(", \"sigma_min\": 0.1") == 3);
  CHECK(sigmas(", \"timestep_spacing\": \"trailing\"") == 3);
  CHECK_THROWS_AS(sigmas(", \"sigma_min\": 0.001"), std::invalid_argument);
}

TEST_CASE("scheduler reader: a process and a sampler that diffusers has no class for are refused, not passed over") {
  auto file = File(scheduler("FlowMatchEulerDiscrete")).read();
  file.sampler = Ddim{};
  CHECK_THROWS_AS(file.visit([](const auto&, const auto&) {}), std::invalid_argument);
}

TEST_CASE("scheduler reader: what is read compares and prints field by field") {
  const auto schedule = [](const char* members) {
    return std::get<diffusers::BetaProcess>(File(scheduler("EulerDiscrete", members)).read().process);
  };
  const auto plain = schedule("\"num_train_timesteps\": 3");
  CHECK(plain == schedule("\"num_train_timesteps\": 3"));
  CHECK(!(plain == schedule("\"num_train_timesteps\": 3, \"final_sigmas_type\": \"sigma_min\"")));
  CHECK(code_of(describe(plain.parameterization)) ==
        "diffusers::Prediction{.prediction_type = diffusers::Prediction::Type::epsilon, .rounding = "
        "diffusers::Prediction::Rounding::none}");
}
