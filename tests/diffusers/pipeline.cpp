// The numbers are diffusers': tools/make_pipeline_golden.py.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <hush/hush.hpp>

#include <hush/diffusers/check_sampling.hpp>
#include <hush/diffusers/pipeline.hpp>

#include "io/scratch.hpp"

using namespace hush;
using B = Cpu<float>;

namespace {

const std::filesystem::path golden = "tests/goldens/ddpm_pipeline";

Unet2d<B> network(const diffusers::Pipeline& of) {
  Unet2d<B> net(io::unet2d_config_of(of.unet / "config.json", {}), {}, Seed{});
  io::load_diffusers(of.unet, net);
  return net;
}

const Process process{LinearBeta{}, PredictNoise{}};
const SampleOptions<B> leading{.steps = 2, .clip = 1, .grid = Leading{}};

/// The last three columns of the last three lines of the blue channel, in [0, 1], of two steps from PyTorch's noise.
template <class S>
std::vector<double> corner(const Unet2d<B>& net, const std::filesystem::path& scheduler, const S& sampler) {
  io::check_scheduler(scheduler, process);
  diffusers::check_sampling(scheduler, process, sampler, leading);
  SampleOptions<B> options = leading;
  options.noise = TorchRandom{0};
  const Images<float> made = sample(process, net, sampler, options);
  std::vector<double> found;
  for (std::int64_t y = 5; y < 8; ++y)
    for (std::int64_t x = 5; x < 8; ++x)
      found.push_back(std::clamp(made.pixels[std::size_t((y * 8 + x) * 3 + 2)] / 2.0 + .5, 0.0, 1.0));
  return found;
}

void check_close(const std::vector<double>& found, const std::vector<double>& wanted, double tolerance) {
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(found[i] - wanted[i]) < tolerance);
  }
}

/// A copy of the golden folder with another model_index.json, and what is said of it, without the file's name.
std::string said(const std::string& index) {
  const Scratch scratch("pipeline");
  std::filesystem::copy(golden, scratch.folder, std::filesystem::copy_options::recursive);
  const auto file = scratch / "model_index.json";
  put(file, index);
  std::string words = refusal([&] { diffusers::read_pipeline(scratch.folder); });
  for (auto at = words.find(scratch.folder.string()); at != words.npos; at = words.find(scratch.folder.string()))
    words.erase(at, scratch.folder.string().size() + 1);
  return words;
}
std::string index_of(const std::string& parts) { return R"({"_class_name": "DDPMPipeline", )" + parts + "}"; }

const std::string unet = R"("unet": ["diffusers", "UNet2DModel"])";
const std::string scheduler = R"("scheduler": ["diffusers", "DDPMScheduler"])";

}  // namespace

TEST_CASE("pipeline: a folder of DDPMPipeline makes diffusers' picture from its generator's noise") {
  const diffusers::Pipeline pipeline = diffusers::read_pipeline(golden);
  CHECK(pipeline.class_name == "DDPMPipeline");
  const Unet2d<B> net = network(pipeline);
  CHECK(count_parameters(net) == 11767);
  check_close(corner(net, pipeline.scheduler, Ddpm{}), {0, .9996672, .00329116, 1, .9995991, 1, .0060907, .00115037, 0},
              1e-5);
  const Scratch scratch("pipeline");
  put(scratch / "scheduler_config.json", R"({"_class_name": "DDIMScheduler"})");
  check_close(corner(net, scratch / "scheduler_config.json", Ddim{}),
              {0, .99797457, 0, .99998021, .99862909, .99916005, 7.1063638e-4, 0, 0}, 1e-5);
}

TEST_CASE("pipeline: a network that divides by what it is told is refused a run that ends at time 0, not given NaN") {
  Unet2dConfig config = network(diffusers::read_pipeline(golden)).config();
  config.time_embedding_type = TimeEmbedType::fourier;
  const Unet2d<B> net(config, {}, Seed{1});
  CHECK_THROWS_WITH_AS(sample(process, net, Ddpm{}, leading),
                       "[Unet2d] Fourier features want positive numbers, whose logarithm they embed, got 0: let the "
                       "network be told sigma, as PredictNoise<Sigma> does, not a time that begins at 0",
                       std::invalid_argument);
  const Process told_sigma{LinearBeta{}, PredictNoise<Sigma>{}};
  for (const float v : sample(told_sigma, net, Ddpm{}, leading).pixels) CHECK(std::abs(v) <= 1);
}

TEST_CASE("pipeline: a folder that was written is read again, with the same picture") {
  const Scratch scratch("pipeline");
  const Unet2d<B> net = network(diffusers::read_pipeline(golden));
  diffusers::save_pipeline(scratch.folder, process, net, Ddpm{}, leading);
  const diffusers::Pipeline again = diffusers::read_pipeline(scratch.folder);
  CHECK(again.class_name == "DDPMPipeline");
  const auto ours = io::read_json(scratch / "model_index.json"), theirs = io::read_json(golden / "model_index.json");
  CHECK(ours == theirs);
  CHECK(io::read_json(again.unet / "config.json") == io::read_json(golden / "unet" / "config.json"));
  CHECK(corner(network(again), again.scheduler, Ddpm{}) ==
        corner(net, golden / "scheduler" / "scheduler_config.json", Ddpm{}));

  diffusers::save_pipeline(scratch.folder, process, net, Ddim{}, leading);
  CHECK(diffusers::read_pipeline(scratch.folder).class_name == "DDIMPipeline");
  const SampleOptions<B> open{.steps = 2, .clip = 0, .grid = Linspace{.closed = false}};
  diffusers::save_pipeline(scratch.folder, process, net, DpmSolverPp{.curvature = .5}, open);
  CHECK(io::read_json(scratch / "model_index.json").at("scheduler").at(1) == "DPMSolverMultistepScheduler");
}

TEST_CASE("pipeline: a folder without subfolders is read too") {
  const Scratch scratch("pipeline");
  for (const char* file : {"model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors",
                           "scheduler/scheduler_config.json"})
    std::filesystem::copy(golden / file, scratch.folder / std::filesystem::path(file).filename());
  const diffusers::Pipeline flat = diffusers::read_pipeline(scratch.folder);
  CHECK(flat.unet == scratch.folder);
  CHECK(count_parameters(network(flat)) == 11767);
}

TEST_CASE("pipeline: what no pipeline of diffusers runs is not written") {
  const Scratch scratch("pipeline");
  const Unet2d<B> net = network(diffusers::read_pipeline(golden));
  const SampleOptions<B> open{.clip = 0, .grid = Linspace{.closed = false}};
  CHECK_THROWS_WITH_AS(diffusers::save_pipeline(scratch.folder, process, net, Deis{}, open),
                       "[save_pipeline] no pipeline of diffusers runs DEISMultistepScheduler on a UNet2DModel; write "
                       "its parts by io::save_diffusers and write_scheduler",
                       std::invalid_argument);
  const Unet2d<B> labelled(net.config(), Ports{.label_dim = 4}, Seed{});
  CHECK_THROWS_WITH_AS(
      diffusers::save_pipeline(scratch.folder, process, labelled, Ddim{}, leading),
      "[save_pipeline] the network was built for another process: its ports are {.label_dim = 4}, those of the process "
      "are {}. Build it with process.ports()",
      std::invalid_argument);
  const Process classes{LinearBeta{}, PredictNoise{}, ClassLabel{.classes = 4}};
  CHECK_THROWS_WITH_AS(
      diffusers::save_pipeline(scratch.folder, classes, labelled, Ddim{}, leading),
      "[save_pipeline] no pipeline of diffusers has a condition; write its parts by io::save_diffusers and "
      "write_scheduler",
      std::invalid_argument);
  Unet2dConfig wide = net.config();
  wide.outputs = 6;
  CHECK_THROWS_WITH_AS(diffusers::save_pipeline(scratch.folder, process, Unet2d<B>(wide, {}, Seed{}), Ddim{}, leading),
                       "[save_pipeline] the network gives 6 channels for images of 3, which no pipeline of diffusers "
                       "takes; write its parts by io::save_diffusers and write_scheduler",
                       std::invalid_argument);
  CHECK(entries(scratch.folder) == 0);
}

TEST_CASE("pipeline: what is refused leaves the folder that was there as it was") {
  const Scratch scratch("pipeline");
  const Unet2d<B> net = network(diffusers::read_pipeline(golden));
  diffusers::save_pipeline(scratch.folder, process, net, Ddpm{}, leading);
  const std::string before = get(scratch / "scheduler/scheduler_config.json");
  const Process other{LinearBeta{.last = .03}, PredictNoise{}};
  Unet2d<B> broken = net;
  const FlatParameters<B> layout(broken);
  Tensor<B> values = layout.values();
  fill(B{}, 1, NAN, values.data());
  CHECK_THROWS_AS(diffusers::save_pipeline(scratch.folder, other, broken, Ddpm{}, leading), std::invalid_argument);
  put(scratch / "unet/diffusion_pytorch_model.safetensors.index.json", "{}");
  CHECK(refusal([&] {
          diffusers::save_pipeline(scratch.folder, other, net, Ddpm{}, leading);
        }).find("lists weights in several files") != std::string::npos);
  CHECK(get(scratch / "scheduler/scheduler_config.json") == before);
  CHECK(std::filesystem::exists(scratch / "model_index.json"));
}

TEST_CASE("pipeline: an index that is not of a unet and its scheduler is refused in words") {
  const std::string both = unet + ", " + scheduler;
  CHECK(said(index_of(both)).empty());
  CHECK(said(index_of(both + R"(, "safety_checker": [null, null], "requires_aesthetics": false, "size": [8, 8])"))
            .empty());
  CHECK(
      said(index_of(both + R"(, "vae": ["diffusers", "AutoencoderKL"])")) ==
      R"(model_index.json: has a part "vae": AutoencoderKL of diffusers; here a pipeline is a unet and a scheduler, nothing else. io::load_diffusers reads a vae alone, and Latent runs a process on its latents)");
  CHECK(
      said(index_of(both + R"(, "text_encoder": ["transformers", "CLIPTextModel"])")) ==
      R"(model_index.json: has a part "text_encoder": CLIPTextModel of transformers; here a pipeline is a unet and a scheduler, nothing else. io::load_diffusers reads a vae alone, and Latent runs a process on its latents)");
  CHECK(said(index_of(R"("unet": ["diffusers", "UNet1DModel"], )" + scheduler)) ==
        "model_index.json: names UNet1DModel as its unet, and unet/config.json describes UNet2DModel");
  CHECK(said(index_of(unet)) == R"(model_index.json: lacks the member "scheduler")");
  const std::string wanted =
      R"(model_index.json: wants a class of diffusers as its scheduler, for instance "scheduler": ["diffusers", "DDPMScheduler"])";
  CHECK(said(index_of(unet + R"(, "scheduler": [null, null])")) == wanted);
  CHECK(said(index_of(unet + R"(, "scheduler": "DDPMScheduler")")) == wanted);
  CHECK(said(index_of(unet + R"(, "scheduler": ["mine", "DDPMScheduler"])")) == wanted);
  CHECK(said(index_of(unet + R"(, "scheduler": ["diffusers", "DDIMScheduler"])")) ==
        "model_index.json: names DDIMScheduler as its scheduler, and scheduler/scheduler_config.json describes "
        "DDPMScheduler");
  CHECK(said(R"({"_class_name": "DDIMPipeline", )" + both + "}") ==
        "model_index.json: is a DDIMPipeline with DDPMScheduler, and runs it as DDIMScheduler");
  CHECK(said(R"({"_class_name": "ScoreSdeVePipeline", )" + both + "}")
            .starts_with(R"(model_index.json: describes a "ScoreSdeVePipeline": hush knows DDPMPipeline, )"));
  CHECK(said("{}") == R"(model_index.json: lacks the member "_class_name")");
  CHECK(said("[]") == R"(model_index.json: wants an object with the member "_class_name")");
  CHECK(refusal([] { diffusers::read_pipeline("tests/goldens"); }) ==
        "tests/goldens/model_index.json: is not there: the folder of a pipeline has it beside unet and scheduler");
}
