#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <type_traits>
#include <variant>

#include <hush/hush.hpp>

#include <hush/diffusers/scheduler_writer.hpp>

#include "io/scratch.hpp"
#include "thrown.hpp"

using namespace hush;
using B = Cpu<double>;

TEST_CASE("scheduler writer: what diffusers wrote, read and written again, means the same") {
  const Scratch scratch("scheduler_writer");
  int written = 0;
  const io::Json all = io::read_json("tests/goldens/diffusers_sampling.json");
  for (const auto& [name, row] : all.items()) {
    CAPTURE(name);
    put(scratch / "first.json", row.at("config").get<std::string>());
    const diffusers::Sampling file = diffusers::read_scheduler(scratch / "first.json");
    bool keeps = false;
    file.visit([&](const auto& process, const auto& sampler) {
      if constexpr (requires { process.schedule.keeps_signal; }) keeps = process.schedule.keeps_signal;
      auto options = file.options<B>();
      options.steps = 10;
      diffusers::write_scheduler(scratch / ".", process, sampler, options);
    });
    io::DiffusersConfig before(scratch / "first.json"), after(scratch / "scheduler_config.json");
    CHECK(after.class_name() == before.class_name());
    CHECK(after.text("prediction_type", "epsilon") == before.text("prediction_type", "epsilon"));
    CHECK(after.flag("rescale_betas_zero_snr", false) == keeps);
    CHECK(diffusers::read_scheduler(scratch / "scheduler_config.json").clip == file.clip);
    ++written;
  }
  CHECK(written == 41);
}

TEST_CASE("scheduler writer: a process of hush is written by the names of diffusers, keys sorted") {
  const Scratch scratch("scheduler_writer");
  const SampleOptions<B> options{.steps = 10, .clip = 0, .grid = Linspace{.closed = false}};
  diffusers::write_scheduler(scratch / ".", Process{LinearBeta{}, PredictVelocity{}},
                             DpmSolverPp{.order = 3, .curvature = .5}, options);
  CHECK(get(scratch / "scheduler_config.json") == R"({
  "_class_name": "DPMSolverMultistepScheduler",
  "_diffusers_version": "0.42.1",
  "algorithm_type": "dpmsolver++",
  "beta_end": 0.02,
  "beta_schedule": "linear",
  "beta_start": 0.0001,
  "lower_order_final": true,
  "num_train_timesteps": 1000,
  "prediction_type": "v_prediction",
  "solver_order": 3,
  "solver_type": "midpoint",
  "timestep_spacing": "linspace"
}
)");
  diffusers::write_scheduler(scratch / ".", Process{ZeroTerminalSnr{Cosine{.steps = 100}}, PredictX0{}}, Ddim{},
                             SampleOptions<B>{.steps = 10, .clip = 2, .grid = Leading{}});
  const io::Json config = io::read_json(scratch / "scheduler_config.json");
  CHECK(config.at("beta_schedule") == "squaredcos_cap_v2");
  CHECK(config.at("rescale_betas_zero_snr") == true);
  CHECK(config.at("clip_sample_range") == 2);
  CHECK(config.at("set_alpha_to_one") == true);
}

TEST_CASE("scheduler writer: cosine betas keep their name, on which rounded times depend") {
  const Scratch scratch("scheduler_writer");
  put(scratch / "first.json",
      R"({"_class_name": "DPMSolverMultistepScheduler", "beta_schedule": "squaredcos_cap_v2", "num_train_timesteps": 50,
          "use_karras_sigmas": true})");
  const diffusers::Sampling file = diffusers::read_scheduler(scratch / "first.json");
  const auto& process = std::get<diffusers::BetaProcess>(file.process);
  CHECK(process.parameterization.rounding == diffusers::Prediction::Rounding::down);
  auto options = file.options<B>();
  options.steps = 10;
  diffusers::write_scheduler(scratch / ".", process, std::get<DpmSolverPp>(file.sampler), options);
  const diffusers::Sampling again = diffusers::read_scheduler(scratch / "scheduler_config.json");
  CHECK(std::get<diffusers::BetaProcess>(again.process) == process);
}

TEST_CASE("scheduler writer: the range of Karras' sigmas is written, and levels that the file has not are refused") {
  const Scratch scratch("scheduler_writer");
  const SampleOptions<B> options{.steps = 5, .clip = 0, .grid = KarrasSigmas{{.smallest = .1, .largest = 10}}};
  diffusers::write_scheduler(scratch / ".", Process{InterpolatedSigma{LinearBeta{}, true}, PredictNoise{}}, Euler{},
                             options);
  const io::Json config = io::read_json(scratch / "scheduler_config.json");
  CHECK(config.at("sigma_min") == .1);
  CHECK(config.at("sigma_max") == 10);
  const SampleOptions<B> between{.steps = 7, .clip = 0, .grid = Linspace{.rounded = false}};
  CHECK(refusal([&] {
          diffusers::write_scheduler(scratch / ".", Process{LinearBeta{}, PredictNoise{}}, Euler{}, between);
        }).find("describes another run: at time 832.5 noise / signal is ") != std::string::npos);
}

TEST_CASE("scheduler writer: EDM and flow matching are written by their keys") {
  const Scratch scratch("scheduler_writer");
  const auto written = [&](const auto& process, const auto& sampler, const AnyGrid& grid) {
    diffusers::write_scheduler(scratch / ".", process, sampler, SampleOptions<B>{.steps = 5, .clip = 0, .grid = grid});
    io::Json content = io::read_json(scratch / "scheduler_config.json");
    content.erase("_diffusers_version");
    return content;
  };
  const Process edm{LinearSigma{50}, EdmPreconditioning<>{.4}};
  CHECK(written(edm, Euler{}, KarrasSigmas{{.smallest = .01, .largest = 50}, 6}) ==
        io::Json{{"_class_name", "EDMEulerScheduler"},
                 {"prediction_type", "epsilon"},
                 {"rho", 6.},
                 {"sigma_data", .4},
                 {"sigma_max", 50.},
                 {"sigma_min", .01},
                 {"sigma_schedule", "karras"}});
  const io::Json solver = written(edm, DpmSolverSde{}, UniformLogSnr{{.smallest = .01, .largest = 50}});
  CHECK(solver.at("_class_name") == "EDMDPMSolverMultistepScheduler");
  CHECK(solver.at("sigma_schedule") == "exponential");
  CHECK(solver.at("algorithm_type") == "sde-dpmsolver++");
  CHECK(written(diffusers::FlowProcess{{}, {500}}, Euler{}, diffusers::FlowShift{3, 500}) ==
        io::Json{{"_class_name", "FlowMatchEulerDiscreteScheduler"}, {"num_train_timesteps", 500}, {"shift", 3.}});
  const io::Json dynamic =
      written(diffusers::FlowProcess{}, Euler{}, diffusers::FlowShift{.shift = 2, .dynamic = true});
  CHECK(dynamic.at("use_dynamic_shifting") == true);
  CHECK(dynamic.at("base_shift") == std::log(2.));
  CHECK(dynamic.at("max_shift") == std::log(2.));
}

TEST_CASE(
    "scheduler writer: where a process and a class have no counterpart, the words say which key or policy it is") {
  const Scratch scratch("scheduler_writer");
  const auto said = [&](const auto& process, const auto& sampler, const AnyGrid& grid) {
    const auto write = [&] {
      diffusers::write_scheduler(scratch / ".", process, sampler,
                                 SampleOptions<B>{.steps = 5, .clip = 0, .grid = grid});
    };
    const std::string words = thrown::message(write);
    CHECK(!std::filesystem::exists(scratch / "scheduler_config.json"));
    return words;
  };
  const AnyGrid spaced = Linspace{.closed = false};
  CHECK(said(Process{ZeroTerminalSnr{LinearBeta{}}, PredictVelocity{}}, DpmSolverPp{}, spaced) ==
        "[write_scheduler] rescale_betas_zero_snr: of the noisiest level DPMSolverMultistepScheduler has signal^2 = "
        "2^-24, this process has 0; diffusers::Schedule can be either (.keeps_signal)");
  const Betas betas{ZeroTerminalSnr{LinearBeta{}}.betas()};
  const diffusers::BetaProcess keeps{{betas, false, false, true}, {diffusers::Prediction::Type::v_prediction}};
  CHECK(said(keeps, Ddim{}, Leading{})
            .starts_with("[write_scheduler] rescale_betas_zero_snr: of the noisiest level DDIMScheduler has signal^2 = "
                         "0, this process has 5.96"));
  const diffusers::EdmProcess edm;
  CHECK(said(edm, Ddim{}, KarrasSigmas{}).starts_with("[write_scheduler] with EdmPreconditioning diffusers has Euler"));
  CHECK(said(edm, Euler{}, Leading{}).find("has KarrasSigmas and UniformLogSnr, not Leading") != std::string::npos);
  CHECK(said(edm, Euler{}, KarrasSigmas{{.smallest = .01, .largest = 40}}).find("begins at time 1 there, 0.5 here") !=
        std::string::npos);
  CHECK(said(Process{RectifiedFlow{}, PredictFlow{}}, Euler{}, diffusers::FlowShift{})
            .find("the network is told 1000 there, 1 here") != std::string::npos);
  CHECK(said(diffusers::FlowProcess{}, Heun{}, diffusers::FlowShift{})
            .starts_with("[write_scheduler] with RectifiedFlow diffusers has Euler, not Heun{"));
  CHECK(said(diffusers::FlowProcess{}, Euler{}, Trailing{}).find("has diffusers::FlowShift as .grid, not Trailing") !=
        std::string::npos);
}

TEST_CASE("scheduler writer: what the file of a class cannot say is refused, and nothing is written") {
  const Scratch scratch("scheduler_writer");
  const Process process{LinearBeta{}, PredictNoise{}};
  const auto said = [&](const auto& sampler, const SampleOptions<B>& options) {
    const std::string words = refusal([&] { diffusers::write_scheduler(scratch / ".", process, sampler, options); });
    const auto at = words.find("scheduler_config.json: ");
    CHECK(!std::filesystem::exists(scratch / "scheduler_config.json"));
    return at == words.npos ? words : words.substr(at + 23);
  };
  const SampleOptions<B> leading{.steps = 10, .clip = 1, .grid = Leading{}};
  CHECK(said(Ddim{.eta = 1}, leading) == "describes another run: sampler.eta is 0 there, 1 here");
  CHECK(said(DpmSolverPp{.order = 3}, leading).starts_with("describes another run: sampler.curvature is 0.5 there"));
  CHECK(said(Euler{}, leading) == "describes another run: clip is 0 there, 1 here");
  CHECK(said(Ddim{}, SampleOptions<B>{.steps = 10}).starts_with("timestep_spacing is \"trailing\": "));
  CHECK_THROWS_WITH_AS(said(Ddim{}, SampleOptions<B>{.steps = 2, .grid = Times{{900, 400}}}),
                       "[write_scheduler] diffusers has no spacing for Times{.values = {900, 400}}",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(
      said(PredictorCorrector{}, leading),
      "[write_scheduler] diffusers has no scheduler for PredictorCorrector{.snr = 0.16, .corrections = 1}",
      std::invalid_argument);
}
