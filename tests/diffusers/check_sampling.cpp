#include <doctest/doctest.h>

#include <string>
#include <variant>

#include <hush/hush.hpp>

#include <hush/diffusers/check_sampling.hpp>

#include "io/scratch.hpp"

using namespace hush;
using B = Cpu<double>;

TEST_CASE("check sampling: the types that a program names are checked against the file") {
  const Process process{LinearBeta{}, PredictNoise{}};
  const SampleOptions<B> usual{.steps = 10, .clip = 1, .grid = Leading{}};
  const Scratch scratch("check_sampling");
  const auto ddim = scratch / "ddim.json", dpm = scratch / "dpm.json";
  put(ddim, "{\"_class_name\": \"DDIMScheduler\"}");
  put(dpm, "{\"_class_name\": \"DPMSolverMultistepScheduler\", \"solver_order\": 3}");
  const auto said = [&](const std::filesystem::path& file, const auto& sampler, const SampleOptions<B>& options) {
    const std::string words = refusal([&] { diffusers::check_sampling(file, process, sampler, options); });
    return words.empty() ? words : words.substr(file.string().size() + 2);
  };
  CHECK(said(ddim, Ddim{}, usual) == "");
  CHECK(said(ddim, Ddim{.eta = 1}, usual) == "describes another run: sampler.eta is 0 there, 1 here");
  CHECK(said(ddim, Euler{}, usual) == "describes another run: sampler is Ddim{.eta = 0} there, Euler{} here");
  SampleOptions<B> other = usual;
  other.grid = Trailing{};
  CHECK(said(ddim, Ddim{}, other) ==
        "describes another run: of 10 steps, number 0 begins at time 900 there, 999 here (.grid = Leading{.lowest = "
        "0.001, .offset = 0, .closed = true})");
  other = usual;
  other.clip = 0;
  CHECK(said(ddim, Ddim{}, other) == "describes another run: clip is 1 there, 0 here");
  other = usual;
  other.threshold = DynamicThreshold{};
  CHECK(said(ddim, Ddim{}, other) == "describes another run: threshold is off there, on here");
  const auto noisy = scratch / "noisy.json", euler = scratch / "euler.json";
  put(noisy, "{\"_class_name\": \"DDIMScheduler\", \"set_alpha_to_one\": false}");
  CHECK(said(noisy, Ddim{}, usual)
            .starts_with("describes another run: at the end (set_alpha_to_one, final_sigmas_type) noise / signal "));
  const auto file = diffusers::read_scheduler(noisy);
  diffusers::check_sampling(noisy, std::get<diffusers::BetaProcess>(file.process), Ddim{}, usual);
  put(euler, "{\"_class_name\": \"EulerDiscreteScheduler\"}");  // diffusers interpolates noise / signal
  const SampleOptions<B> between{.steps = 7, .clip = 0, .grid = Linspace{.rounded = false}};
  CHECK(said(euler, Euler{}, between).starts_with("describes another run: at time 832.5 noise / signal is 3"));
  diffusers::check_sampling(euler, Process{InterpolatedSigma{LinearBeta{}}, PredictNoise{}}, Euler{}, between);
  const auto edm = scratch / "edm.json";
  put(edm, "{\"_class_name\": \"EDMEulerScheduler\"}");
  const SampleOptions<B> karras{.steps = 5, .clip = 0, .grid = KarrasSigmas{{.smallest = .002}}};
  diffusers::check_sampling(edm, Process{LinearSigma{80}, EdmPreconditioning{}}, Euler{}, karras);
  const std::string words = refusal([&] {
    diffusers::check_sampling(edm, Process{LinearSigma{80}, EdmPreconditioning{.sigma_data = 1}}, Euler{}, karras);
  });
  CHECK(words.find("describes another run: at time 1 the estimate of x0 keeps of the image 3.9") != words.npos);
  other.grid = Linspace{.closed = false};
  other.clip = 0;
  other.threshold = {};
  CHECK(said(dpm, DpmSolverPp{.order = 3, .curvature = .5}, other) == "");
  CHECK(said(dpm, DpmSolverPp{.order = 3}, other) == "describes another run: sampler.curvature is 0.5 there, 1 here");
}
