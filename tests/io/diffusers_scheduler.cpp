// Configs that diffusers itself wrote, and its levels: tools/make_diffusers_goldens.py.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <hush/io/diffusers_scheduler.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/parameterizations/predict_x0.hpp>
#include <hush/process.hpp>
#include <hush/schedules/one_based.hpp>
#include <hush/schedules/rectified_flow.hpp>

#include "io/scratch.hpp"

using namespace hush;

namespace {

const io::Json& golden(const std::string& name) {
  static const io::Json all = io::read_json("tests/goldens/diffusers_schedulers.json");
  return all.at(name);
}

struct File {
  Scratch scratch{"diffusers_scheduler"};
  explicit File(const std::string& name) { put(path(), golden(name).at("config").get<std::string>()); }
  std::filesystem::path path() const { return scratch / "scheduler_config.json"; }
  /// What is said of a process, without the file's name.
  std::string said(const auto& process) const {
    const std::string words = refusal([&] { io::check_scheduler(path(), process); }), head = path().string() + ": ";
    return words.starts_with(head) ? words.substr(head.size()) : words;
  }
};

}  // namespace

TEST_CASE("diffusers scheduler: the levels are diffusers' own, which it computes in floats") {
  for (const char* name : {"ddpm", "latent", "cosine", "sigmoid", "zero", "trained", "dpm", "heun", "lcm"}) {
    CAPTURE(name);
    const Betas betas = io::diffusers_betas(File(name).path());
    const io::Json& rows = golden(name).at("alpha_bar");
    CHECK(betas.steps() == rows.back()[0].get<int>() + 1);
    for (const io::Json& row : rows) {
      const double wanted = row[1].get<double>(), found = std::pow(betas(row[0].get<double>()).signal, 2);
      CAPTURE(row[0].get<int>());
      CHECK(std::abs(found - wanted) <= 2e-5 * wanted + 1e-12);
    }
  }
}

TEST_CASE("diffusers scheduler: a process with its levels and its prediction passes") {
  CHECK(File("ddpm").said(Process{LinearBeta{}, PredictNoise{}}) == "");
  CHECK(File("dpm").said(Process{LinearBeta{}, PredictNoise{}}) == "");  // its file holds -Infinity
  CHECK(File("latent").said(Process{ScaledLinear{}, PredictNoise{}}) == "");
  CHECK(File("lcm").said(Process{ScaledLinear{}, PredictNoise{}}) == "");
  CHECK(File("heun").said(Process{LinearBeta{.first = .00085, .last = .012}, PredictNoise{}}) == "");
  CHECK(File("cosine").said(Process{Cosine{.steps = 400}, PredictNoise{}}) == "");
  CHECK(File("zero").said(Process{ZeroTerminalSnr{LinearBeta{}}, PredictVelocity{}}) == "");
  CHECK(File("trained").said(Process{Betas{{.001, .01, .1, .2, .3}}, PredictNoise{}}) == "");
}

TEST_CASE("diffusers scheduler: another process is refused by the key, its value and what the process has") {
  const File ddpm("ddpm");
  CHECK(ddpm.said(Process{LinearBeta{.steps = 500}, PredictNoise{}}) ==
        "num_train_timesteps is 1000: the process has 500 levels");
  CHECK(ddpm.said(Process{RectifiedFlow{}, PredictNoise{}}) ==
        "num_train_timesteps is 1000: the process's schedule is continuous");
  CHECK(
      ddpm.said(Process{Cosine{}, PredictNoise{}})
          .starts_with("beta_schedule is \"linear\": of these betas level 0 has signal^2 = 0.9999, the process has "));
  CHECK(ddpm.said(Process{LinearBeta{}, PredictVelocity{}}) ==
        "prediction_type is \"epsilon\": the process's network says something else; in hush it is PredictNoise");
  CHECK(ddpm.said(Process{LinearBeta{}, PredictX0{}}).ends_with("PredictNoise"));
  CHECK(ddpm.said(Process{OneBased{LinearBeta{}}, PredictNoise{}}) ==
        "num_train_timesteps is 1000: diffusers tells the network that level 500 is time 500, the process tells it 501 "
        "(times 0..T-1 are those of a schedule without OneBased, seen as Time)");
  CHECK(ddpm.said(Process{LinearBeta{}, PredictNoise<Gamma>{}}).find("the process tells it 0.0") != std::string::npos);
  CHECK(File("zero").said(Process{LinearBeta{}, PredictVelocity{}}).starts_with("beta_schedule is \"linear\""));
  CHECK(File("zero")
            .said(Process{ZeroTerminalSnr{LinearBeta{}}, PredictX0{}})
            .ends_with("in hush it is PredictVelocity"));
}

TEST_CASE("diffusers scheduler: one without betas, and betas of another kind, are refused") {
  CHECK(File("flow")
            .said(Process{LinearBeta{}, PredictNoise{}})
            .starts_with("describes a \"FlowMatchEulerDiscreteScheduler\", whose levels are not given by betas"));
  const Scratch scratch("diffusers_scheduler");
  const auto said = [&](const std::string& members) {
    put(scratch / "s.json", "{\"_class_name\": \"DDPMScheduler\", " + members + "}");
    const std::string words = refusal([&] { io::diffusers_betas(scratch / "s.json"); });
    return words.empty() ? words : words.substr((scratch / "s.json").string().size() + 2);
  };
  CHECK(said("\"beta_schedule\": \"exp\"") ==
        "beta_schedule is \"exp\": only linear, scaled_linear, squaredcos_cap_v2, sigmoid and laplace are known");
  CHECK(said("\"trained_betas\": []") == "trained_betas is []: holds no betas");
  CHECK(said("\"trained_betas\": [0.1, 0.2], \"num_train_timesteps\": 3") ==
        "num_train_timesteps is 3: trained_betas has 2");
  CHECK(said("\"trained_betas\": [1, 0.1]") ==
        "describes no noise levels: [schedule] beta 0 is 1, must be in [0, 1); only the last may be 1");
  CHECK(said("\"trained_betas\": [0.1], \"rescale_betas_zero_snr\": true") ==
        "rescale_betas_zero_snr is true: wants at least 2 betas");
  CHECK(said("\"num_train_timesteps\": 0") == "num_train_timesteps is 0: must be in 1 .. 1000000");
}
