// Networks of many options in the JSON that diffusers 0.42.1 takes, what it says of them in double precision with
// weights and images by the rule of sine_weights.hpp, and folders written and read.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hush/cpu/kernels.hpp>

#include <hush/io/diffusers_unet.hpp>
#include <hush/io/diffusers_unet2d.hpp>

#include "io/scratch.hpp"
#include "sine_weights.hpp"
#include "thrown.hpp"

using namespace hush;
using B = Cpu<double>;

namespace {

/// A config.json, the process's ports, and of the output: the number of the network's parameters, the sum, the sum of
/// the magnitudes, the first number, its neighbour to the right and the last.
struct Case {
  const char* json;
  Ports ports;
  std::int64_t parameters;
  double sum, magnitude, first, second, last;
};

const std::vector<Case> cases{
    {R"({"_class_name": "UNet2DModel", "sample_size": [16, 8], "in_channels": 5, "out_channels": 3,
         "block_out_channels": [16, 24, 40], "layers_per_block": 2, "norm_num_groups": 4,
         "down_block_types": ["DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"],
         "up_block_types": ["AttnUpBlock2D", "UpBlock2D", "AttnUpBlock2D"], "attention_head_dim": 12,
         "downsample_padding": 0, "flip_sin_to_cos": false, "freq_shift": 1, "norm_eps": 1e-06,
         "mid_block_scale_factor": 1.7})",
     {.extra_channels = 2},
     459215,
     -15.264157903,
     394.956432823,
     0.546371163,
     0.468711864,
     1.182956425},
    {R"({"_class_name": "UNet2DModel", "sample_size": 8, "block_out_channels": [8, 16], "layers_per_block": 1,
         "norm_num_groups": 4, "down_block_types": ["ResnetDownsampleBlock2D", "AttnDownBlock2D"],
         "up_block_types": ["AttnUpBlock2D", "ResnetUpsampleBlock2D"], "attention_head_dim": null,
         "resnet_time_scale_shift": "scale_shift", "upsample_type": "resnet", "num_class_embeds": 7,
         "center_input_sample": true, "time_embedding_dim": 20})",
     {.label_dim = 7},
     49567,
     138.793383657,
     153.801493017,
     -0.289682803,
     -0.278014699,
     0.187529255},
    {R"({"_class_name": "UNet2DModel", "sample_size": 8, "block_out_channels": [8, 16], "layers_per_block": 3,
         "norm_num_groups": 4, "down_block_types": ["AttnDownBlock2D", "DownBlock2D"],
         "up_block_types": ["UpBlock2D", "AttnUpBlock2D"], "attention_head_dim": 3, "downsample_type": "resnet",
         "upsample_type": "resnet", "resnet_time_scale_shift": "scale_shift", "attn_norm_num_groups": 8,
         "class_embed_type": "timestep"})",
     {.label_dim = 1},
     86526,
     68.475877376,
     119.334316707,
     0.461925334,
     0.605885034,
     0.303065859},
    {R"({"_class_name": "UNet2DConditionModel", "sample_size": 8, "in_channels": 4, "out_channels": 4,
         "block_out_channels": [8, 16, 24], "layers_per_block": 1, "norm_num_groups": 4,
         "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
         "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"], "attention_head_dim": [1, 2, 3],
         "cross_attention_dim": 10, "transformer_layers_per_block": [1, 2, 3], "use_linear_projection": true,
         "class_embed_type": "projection", "projection_class_embeddings_input_dim": 6})",
     {.label_dim = 6, .tokens = 5, .token_dim = 10},
     179396,
     -274.330815644,
     393.027442792,
     -0.487765999,
     -0.542131914,
     0.102192283},
    {R"({"_class_name": "UNet2DConditionModel", "sample_size": 8, "in_channels": 6, "out_channels": 3,
         "block_out_channels": [8, 16], "layers_per_block": 2, "norm_num_groups": 4,
         "down_block_types": ["CrossAttnDownBlock2D", "AttnDownBlock2D"],
         "up_block_types": ["AttnUpBlock2D", "CrossAttnUpBlock2D"], "attention_head_dim": 4, "cross_attention_dim": 7,
         "resnet_time_scale_shift": "scale_shift", "mid_block_type": null, "num_class_embeds": 3})",
     {.extra_channels = 3, .label_dim = 3, .tokens = 4, .token_dim = 7},
     64971,
     -19.325355469,
     180.197822578,
     -0.062581709,
     -0.319279476,
     0.387322954},
    {R"({"_class_name": "UNet2DConditionModel", "sample_size": [8, 16], "in_channels": 3, "out_channels": 6,
         "block_out_channels": [8, 16, 16], "layers_per_block": 1, "norm_num_groups": 4,
         "down_block_types": ["DownBlock2D", "ResnetDownsampleBlock2D", "CrossAttnDownBlock2D"],
         "up_block_types": ["CrossAttnUpBlock2D", "ResnetUpsampleBlock2D", "UpBlock2D"], "attention_head_dim": 3,
         "cross_attention_dim": 5, "downsample_padding": 0, "mid_block_scale_factor": 2,
         "class_embed_type": "simple_projection", "projection_class_embeddings_input_dim": 4,
         "only_cross_attention": false})",
     {.label_dim = 4, .tokens = 3, .token_dim = 5},
     93038,
     -13.308964833,
     600.335897799,
     -0.057503687,
     -0.181334143,
     0.109465327},
    {R"({"_class_name": "UNet2DModel", "sample_size": 8, "block_out_channels": [4, 8], "layers_per_block": 1,
         "norm_num_groups": 4, "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
         "up_block_types": ["AttnUpBlock2D", "UpBlock2D"], "time_embedding_type": "fourier"})",
     {},
     11831,
     -0.548542679,
     13.219679811,
     0.106985597,
     0.126986271,
     0.000914596},
    {R"({"_class_name": "UNet2DModel", "sample_size": 8, "block_out_channels": [4, 8], "layers_per_block": 1,
         "norm_num_groups": 4, "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
         "up_block_types": ["AttnUpBlock2D", "UpBlock2D"], "time_embedding_type": "learned",
         "num_train_timesteps": 600})",
     {},
     14167,
     -15.127334014,
     268.278571974,
     1.049114860,
     1.244783823,
     0.502692408}};

Tensor<B> tensor(const Shape& shape, const std::vector<double>& values) {
  return upload(B{}, shape, std::span<const double>(values));
}

io::Arrays sines(const Unet2d<B>& net, io::AttentionNames names = io::AttentionNames::to_q) {
  io::Extents native;
  for (const auto& [name, extents] : io::detail::parameters_of(net)) native[name] = extents;
  return sine::weights(io::stored_extents(io::diffusers_keys(net, names), native));
}

/// A folder of the case's config and sine weights.
struct Folder {
  Scratch scratch{"diffusers_unet2d"};
  Unet2dConfig config;

  explicit Folder(const Case& at) {
    put(scratch / "config.json", at.json);
    config = io::unet2d_config_of(scratch / "config.json", at.ports);
    write(sines(Unet2d<B>(config, at.ports, Seed{1})));
  }
  void write(const io::Arrays& arrays) const {
    io::write_safetensors(scratch / "diffusion_pytorch_model.safetensors", arrays);
  }
};

std::vector<double> said(const Unet2d<B>& net) {
  const Unet2dConfig& c = net.config();
  const Ports ports = net.ports();
  const std::int64_t channels = c.image.channels + ports.extra_channels, tokens = ports.tokens;
  Input<Tensor<B>> in{
      tensor({2, c.image.height, c.image.width, channels}, sine::images(2, channels, c.image.height, c.image.width)),
      tensor({2}, {10, 500})};
  std::vector<double> labels = sine::numbers(2 * ports.label_dim);
  if (c.class_embed_type == ClassEmbedType::timestep) labels = {3, 40};
  if (c.class_embed_type == ClassEmbedType::rows)  // the second row, and the last
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i == 1 || i + 1 == labels.size();
  if (ports.label_dim) in.labels = tensor({2, ports.label_dim}, labels);
  if (tokens) {
    in.tokens = tensor({2, tokens, ports.token_dim}, sine::numbers(2 * tokens * ports.token_dim));
    std::vector<double> mask(std::size_t(2 * tokens), 1);  // the second image has one token
    for (std::size_t i = std::size_t(tokens) + 1; i < mask.size(); ++i) mask[i] = 0;
    in.token_mask = tensor({2, tokens}, mask);
  }
  return download<double>(net(in));
}

std::vector<double> weights(const Unet2d<B>& net) {
  std::vector<double> all;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    for (const double v : download<double>(p.value)) all.push_back(v);
  });
  return all;
}

}  // namespace

TEST_CASE("diffusers unet2d: a network made from the config with the weights of the folder says what diffusers says") {
  for (const Case& at : cases) {
    CAPTURE(at.json);
    const Folder folder(at);
    Unet2d<B> net(folder.config, at.ports, Seed{1});
    CHECK(count_parameters(net) == at.parameters);
    io::load_diffusers(folder.scratch.folder, net);
    const std::vector<double> y = said(net);
    double sum = 0, magnitude = 0;
    for (const double v : y) {
      sum += v;
      magnitude += std::abs(v);
    }
    const auto right = std::size_t(folder.config.outputs ? folder.config.outputs : folder.config.image.channels);
    CHECK(std::abs(sum - at.sum) < 1e-4);  // diffusers embeds the noise level in single precision
    CHECK(std::abs(magnitude - at.magnitude) < 1e-4);
    CHECK(std::abs(y[0] - at.first) < 2e-6);
    CHECK(std::abs(y[right] - at.second) < 2e-6);
    CHECK(std::abs(y.back() - at.last) < 2e-6);
  }
}

TEST_CASE("diffusers unet2d: a folder that is written holds the same config and weights") {
  for (const Case& at : cases) {
    CAPTURE(at.json);
    const Folder folder(at);
    Unet2d<B> net(folder.config, at.ports, Seed{1}), back(folder.config, at.ports, Seed{2});
    io::load_diffusers(folder.scratch.folder, net);
    io::save_diffusers(folder.scratch / "written", net, {.dtype = io::Dtype::F64});
    CHECK(io::unet2d_config_of(folder.scratch / "written" / "config.json", at.ports) == folder.config);
    io::load_diffusers(folder.scratch / "written", back);
    CHECK(weights(back) == weights(net));
    const io::Json written = io::read_json(folder.scratch / "written" / "config.json"),
                   given = io::read_json(folder.scratch / "config.json");
    for (const auto& item : given.items()) {
      const std::string key = item.key();
      CAPTURE(key);
      CHECK(written.at(key) == item.value());
    }
  }
}

TEST_CASE("diffusers unet2d: a config that diffusers wrote is written with the same bytes") {
  const io::Json goldens = io::read_json("tests/goldens/diffusers_unets.json");
  for (const auto& [name, config] : goldens.items()) {
    const Ports ports{.extra_channels = name == "diffusers, scaled, by blocks" ? 3 : 1,
                      .label_dim = config.at("num_class_embeds").is_null() ? 0 : 5};
    const Scratch scratch("diffusers_unet2d");
    put(scratch / "config.json", config.dump(2) + "\n");
    CHECK(io::detail::unet_json(io::unet2d_config_of(scratch / "config.json", ports), ports) ==
          get(scratch / "config.json"));
  }
}

TEST_CASE("diffusers unet2d: names of 2022, several files and a pipeline's folder are read too") {
  const Folder folder(cases[0]);
  Unet2d<B> net(folder.config, cases[0].ports, Seed{1}), again(folder.config, cases[0].ports, Seed{1});
  io::load_diffusers(folder.scratch.folder, net);
  const io::Arrays all =
      io::to_stored(io::diffusers_keys(net, io::AttentionNames::query), io::weights_of(net, {.dtype = io::Dtype::F64}));
  REQUIRE(all.items.count("mid_block.attentions.0.proj_attn.weight") == 1);
  std::vector<io::Arrays> shards(2);
  io::Json map;
  for (const auto& [name, array] : all.items) {
    const std::size_t at = map.size() % 2;
    map[name] = at ? "b.safetensors" : "a.safetensors";
    shards[at].items[name] = array;
  }
  const auto unet = folder.scratch / "pipeline" / "unet";
  std::filesystem::create_directories(unet);
  std::filesystem::copy(folder.scratch / "config.json", unet / "config.json");
  io::write_safetensors(unet / "a.safetensors", shards[0]);
  io::write_safetensors(unet / "b.safetensors", shards[1]);
  put(unet / "diffusion_pytorch_model.safetensors.index.json", io::Json{{"weight_map", map}}.dump());
  io::load_diffusers(folder.scratch / "pipeline", again);
  CHECK(weights(again) == weights(net));
  CHECK(refusal([&] { io::save_diffusers(unet, net); }).find("remove it and them first") != std::string::npos);
  Unet2d<B> third(folder.config, cases[0].ports, Seed{2});
  io::save_diffusers(folder.scratch / "shards", net, {.dtype = io::Dtype::F64}, 100'000);
  CHECK(!std::filesystem::exists(folder.scratch / "shards" / "diffusion_pytorch_model.safetensors"));
  io::load_diffusers(folder.scratch / "shards", third);
  CHECK(weights(third) == weights(net));
  CHECK(refusal([&] { io::save_diffusers(folder.scratch.folder, net, {}, 100'000); }).find("remove it first") !=
        std::string::npos);
}

TEST_CASE("diffusers unet2d: a folder that leaves the size of the images open is read into a network of any") {
  const Folder folder(cases[1]);
  io::Json content = io::read_json(folder.scratch / "config.json");
  content["sample_size"] = nullptr;
  put(folder.scratch / "config.json", content.dump());
  Unet2d<B> net(io::unet2d_config_of(folder.scratch / "config.json", cases[1].ports, {4, 6}), cases[1].ports, Seed{1});
  CHECK(net.image() == ImageSize{4, 6, 3});
  const auto before = weights(net);
  io::load_diffusers(folder.scratch.folder, net);
  CHECK(weights(net) != before);
}

TEST_CASE("diffusers unet2d: a network that differs is refused by field and both values, and stays as it was") {
  const Folder folder(cases[0]);
  const auto refused = [&](const auto& change, Ports ports = cases[0].ports) {
    Unet2dConfig c = folder.config;
    change(c);
    Unet2d<B> net(c, ports, Seed{1});
    const auto before = weights(net);
    const std::string words = refusal([&] { io::load_diffusers(folder.scratch.folder, net); });
    CHECK((words.empty() || weights(net) == before));
    const std::string head = (folder.scratch / "config.json").string() + ": ";
    return words.starts_with(head) ? words.substr(head.size()) : words;
  };
  const std::string other = "describes another network: ";
  CHECK(refused([](auto&) {}) == "");
  CHECK(refused([](auto& c) {
          c.dropout = .1;
          c.image.height = 32;
          c.checkpoint = true;
          c.num_attention_heads = {3};  // which no layer reads,
          c.attn_norm_num_groups = 4;   // which is what none means here,
          c.time_embedding_dim = 64;    // as 0 does,
          c.outputs = 3;                // as 0 does
        }) == "");
  CHECK(refused([](auto& c) { c.norm_eps = 1e-5; }) == other + "norm_eps is 1e-06 in the file, 1e-05 here");
  CHECK(refused([](auto& c) {
          c.attention_head_dim = 8;
          c.downsample_padding = 1;
        }) == other + "downsample_padding is 0 in the file, 1 here; attention_head_dim is 12 in the file, 8 here");
  CHECK(refused([](auto& c) { c.down_block_types[1] = UnetBlock::resnet; }) ==
        other + "down_block_types[1] is UnetBlock::attention in the file, UnetBlock::resnet here");
  CHECK(refused([](auto&) {}, {.extra_channels = 2, .label_dim = 3}) ==
        "num_class_embeds is null: the vector of this process's condition has a width of 3");
}

TEST_CASE("diffusers unet2d: a head of all channels is what none means, and frequencies matter where they are read") {
  const Folder one_head(cases[1]);
  Unet2dConfig c = one_head.config;
  c.attention_head_dim = 16;  // all that the one resolution with attention has
  Unet2d<B> same(c, cases[1].ports, Seed{1});
  CHECK(refusal([&] { io::load_diffusers(one_head.scratch.folder, same); }) == "");
  for (const auto& at : {cases[0], cases[7]}) {
    const Folder folder(at);
    c = folder.config;
    c.flip_sin_to_cos = !c.flip_sin_to_cos;
    Unet2d<B> flipped(c, at.ports, Seed{1});
    const std::string words = refusal([&] { io::load_diffusers(folder.scratch.folder, flipped); });
    CHECK(words.empty() == (c.time_embedding_type == TimeEmbedType::learned));
  }
}

TEST_CASE("diffusers unet2d: weights that are another network's are refused by name") {
  const Folder folder(cases[1]);
  Unet2d<B> net(folder.config, cases[1].ports, Seed{1});
  io::Arrays arrays = sines(net);
  arrays.items.erase("conv_in.bias");
  folder.write(arrays);
  CHECK(refusal([&] { io::load_diffusers(folder.scratch.folder, net); }).find("conv_in.bias is missing") !=
        std::string::npos);
}

TEST_CASE("diffusers unet2d: a network that no class of diffusers is cannot be written") {
  Unet2dConfig c = Folder(cases[3]).config;
  const auto refused = [&](const auto& change) {
    Unet2dConfig changed = c;
    change(changed);
    return thrown::message([&] { io::detail::unet_json(changed, cases[3].ports); });
  };
  const std::string because =
      "; tokens, projections of labels or a middle of one block make this network a UNet2DConditionModel";
  CHECK(refused([](auto& u) { u.mid_block_type = UnetMiddle::attention; }) ==
        "[save_diffusers] mid_block_type is attention, UNet2DConditionModel has none, resnet and cross_attention" +
            because);
  CHECK(refused([](auto& u) {
          u.down_block_types[2] = UnetBlock::attention;
          u.upsample_type = UnetResampling::resnet;
        }).starts_with("[save_diffusers] blocks of type attention resample by residual blocks"));
  CHECK(refused([](auto& u) { u.down_block_types[2] = UnetBlock::attention; }) ==
        "[save_diffusers] attention_head_dim and num_attention_heads must be one and the same number in "
        "UNet2DConditionModel, are 8 and {1, 2, 3}" +
            because);
}

TEST_CASE("diffusers unet2d: Adm and Unet2d read one folder as one network") {
  const char* json = R"({"_class_name": "UNet2DModel", "sample_size": 8, "block_out_channels": [8, 16],
    "layers_per_block": 1, "norm_num_groups": 4, "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
    "up_block_types": ["AttnUpBlock2D", "UpBlock2D"], "num_class_embeds": 3})";
  const Folder folder(Case{json, {.label_dim = 3}, 0, 0, 0, 0, 0, 0});
  Unet2d<B> net(folder.config, {.label_dim = 3}, Seed{1});
  Adm<B> adm(io::adm_config_of(folder.scratch / "config.json", {.label_dim = 3}), {.label_dim = 3}, Seed{1});
  io::load_diffusers(folder.scratch.folder, net);
  io::load_diffusers(folder.scratch.folder, adm);
  const Input<Tensor<B>> in{tensor({1, 8, 8, 3}, sine::images(1, 3, 8, 8)), tensor({1}, {7}),
                            tensor({1, 3}, {0, 1, 0})};
  CHECK(download<double>(net(in)) == download<double>(adm(in)));
}
