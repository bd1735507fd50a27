// Folders of DiTPipeline. The numbers are diffusers': tools/make_dit_pipeline_golden.py; the weights follow the rule of
// sine_weights.hpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <hush/hush.hpp>

#include <hush/diffusers/pipeline.hpp>
#include <hush/io/autoencoder_keys.hpp>
#include <hush/io/dit_keys.hpp>

#include "io/scratch.hpp"
#include "sine_weights.hpp"
#include "thrown.hpp"

using namespace hush;
using B = Cpu<double>;

namespace {

const char* index_json = R"({"_class_name": "DiTPipeline", "_diffusers_version": "0.42.1",
  "id2label": {"0": "tench, Tinca", "7": "cock"},
  "scheduler": ["diffusers", "DDIMScheduler"], "transformer": ["diffusers", "DiTTransformer2DModel"],
  "vae": ["diffusers", "AutoencoderKL"]})";
const char* transformer_json = R"({"_class_name": "DiTTransformer2DModel", "attention_head_dim": 4, "in_channels": 2,
  "num_attention_heads": 3, "num_embeds_ada_norm": 1000, "num_layers": 2, "out_channels": 4, "patch_size": 2,
  "sample_size": 4})";
const char* vae_json = R"({"_class_name": "AutoencoderKL", "block_out_channels": [4, 8],
  "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
  "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "latent_channels": 2, "norm_num_groups": 2,
  "sample_size": 8, "scaling_factor": 0.3})";
const char* scheduler_json = R"({"_class_name": "DDIMScheduler", "clip_sample": false})";

/// Weights by the rule for a network of diffusers' names.
template <class Net, class Keys>
io::Arrays by_rule(const Net& net, const Keys& keys, std::int64_t copies = 0) {
  io::Extents native, all;
  for (const auto& [name, extents] : io::detail::parameters_of(net)) native[name] = extents;
  io::Arrays shapes;
  for (const auto& [name, extents] : io::stored_extents(keys, native))
    shapes.items[name] = {io::Dtype::F64, extents, {}};
  if (copies > 0) io::add_dit_copies(shapes, copies);
  for (const auto& [name, array] : shapes.items) all[name] = array.shape;
  io::Arrays weights = sine::weights(all);
  if (copies > 0) io::add_dit_copies(weights, copies);
  return weights;
}

/// A folder as DiTPipeline.save_pretrained writes it.
struct Folder {
  Scratch scratch{"dit_pipeline"};

  Folder() {
    for (const char* part : {"transformer", "vae", "scheduler"}) std::filesystem::create_directories(scratch / part);
    put(scratch / "model_index.json", index_json);
    put(scratch / "transformer/config.json", transformer_json);
    put(scratch / "vae/config.json", vae_json);
    put(scratch / "scheduler/scheduler_config.json", scheduler_json);
    const Ports ports{.label_dim = 1000};
    const Dit<B> net(io::dit_config_of(scratch / "transformer/config.json", ports), ports, Seed{1});
    io::write_safetensors(scratch / "transformer/diffusion_pytorch_model.safetensors",
                          by_rule(net, io::diffusers_keys(net), net.config().depth));
    const AutoencoderKl<B> vae(io::autoencoder_kl_config_of(scratch / "vae/config.json"), Seed{1});
    io::write_safetensors(scratch / "vae/diffusion_pytorch_model.safetensors",
                          by_rule(vae, io::diffusers_keys(vae, {})));
  }
};

/// What is said of the folder with another index or part.
std::string said(const char* file, const std::string& text) {
  const Folder folder;
  put(folder.scratch / file, text);
  std::string words = refusal([&] { diffusers::read_pipeline(folder.scratch.folder); });
  for (auto at = words.find(folder.scratch.folder.string()); at != words.npos;
       at = words.find(folder.scratch.folder.string()))
    words.erase(at, folder.scratch.folder.string().size() + 1);
  return words;
}
std::string index_with(const std::string& was, const std::string& is) {
  std::string text = index_json;
  return text.replace(text.find(was), was.size(), is);
}

}  // namespace

TEST_CASE("dit pipeline: a folder makes diffusers' pictures, guided and not; the variance is the condition's") {
  const Folder folder;
  const std::filesystem::path place = folder.scratch.folder;
  const auto latents = sine::images(2, 2, 4, 4);
  const auto pictures = [&](double scale) {
    // [dit]
    const diffusers::Pipeline pipeline = diffusers::read_pipeline(place);
    AutoencoderKl<B> vae(io::autoencoder_kl_config_of(pipeline.vae / "config.json"), Seed{});
    io::load_diffusers(pipeline.vae, vae);
    const diffusers::Sampling file = diffusers::read_scheduler(pipeline.scheduler);
    const auto& read = std::get<diffusers::BetaProcess>(file.process);
    const ClassLabel classes{.classes = 1000};
    const Latent process{vae, Process{read.schedule, LearnedVariance{read.parameterization}, classes}};
    Dit<B> net(io::dit_config_of(pipeline.transformer / "config.json", process.ports()), process.ports(), Seed{});
    io::load_diffusers(pipeline.transformer, net);
    const Guided guided{net, classes, scale};
    auto options = file.options<B>();
    // [/dit]
    options.steps = 4, options.count = 2;
    options.start = FromLatents{{2, 4, 4, 2, {latents.begin(), latents.end()}}};
    std::vector<double> all;
    for (const float v : sample(process, guided, Ddim{}, std::vector<std::int32_t>{7, 300}, options).pixels)
      all.push_back(std::clamp(double(v) / 2 + .5, 0., 1.));
    double sum = 0;
    for (const double v : all) sum += v;
    return std::vector{sum, all[0], all[1], all[2], all[100], all.back()};
  };
  const auto judge = [&](double scale, const std::vector<double>& wanted) {
    CAPTURE(scale);
    const auto found = pictures(scale);
    for (std::size_t i = 0; i < 6; ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(2e-5));
  };
  judge(1, {194.004597, .494485557, .547591567, .59932816, 0, .0559200943});
  judge(4, {188.422202, .521739364, .577134371, .630374968, 0, .0474935509});
}

TEST_CASE("dit pipeline: where its parts lie, and the names of its classes") {
  const Folder folder;
  const diffusers::Pipeline pipeline = diffusers::read_pipeline(folder.scratch.folder);
  CHECK(pipeline.class_name == "DiTPipeline");
  CHECK(pipeline.unet.empty());
  CHECK(pipeline.transformer == folder.scratch / "transformer");
  CHECK(pipeline.labels == std::map<std::int32_t, std::string>{{0, "tench, Tinca"}, {7, "cock"}});
}

TEST_CASE("dit pipeline: other parts, other classes and labels that are none are refused") {
  CHECK(said("model_index.json", index_with("\"vae\"", "\"unet\"")) ==
        "model_index.json: has a part \"unet\": AutoencoderKL of diffusers; here a DiTPipeline is a transformer, a vae "
        "and a scheduler");
  CHECK(said("model_index.json", index_with("DiTTransformer2DModel", "UNet2DModel")) ==
        "model_index.json: names UNet2DModel as its transformer, and transformer/config.json describes "
        "DiTTransformer2DModel");
  CHECK(said("model_index.json", index_with("\"0\": \"tench", "\"first\": \"tench")) ==
        "model_index.json: has id2label with an entry \"first\", which must be a number of a class and a text");
  CHECK(said("model_index.json", index_with("\"cock\"", "7")) ==
        "model_index.json: has id2label with an entry \"7\", which must be a number of a class and a text");
}
