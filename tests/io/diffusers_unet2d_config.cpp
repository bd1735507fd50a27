#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <hush/io/diffusers_unet2d_config.hpp>

#include "io/scratch.hpp"
#include "thrown.hpp"

using namespace hush;

namespace {

/// A config of a class with what is usual, and these keys.
struct File {
  Scratch scratch{"diffusers_unet2d_config"};
  std::filesystem::path json = scratch / "config.json";
  io::Json content;

  explicit File(const char* type) : content{{"_class_name", type}, {"sample_size", 8}} {}
  Unet2dConfig read(const Ports& ports = {}) const {
    put(json, content.dump());
    return io::unet2d_config_of(json, ports);
  }
  /// What is said where a key has this value.
  std::string refused(const std::string& key, const io::Json& value, const Ports& ports = {}) {
    const io::Json before = content;
    content[key] = value;
    const std::string said = refusal([&] { read(ports); }), path = json.string();
    content = before;
    return said.starts_with(path) ? said.substr(path.size() + 2) : said;
  }
};
const Ports tokens{.tokens = 7, .token_dim = 1280};

}  // namespace

TEST_CASE("unet2d config: what a file leaves out is what its class has of itself") {
  const Unet2dConfig plain = File("UNet2DModel").read();
  CHECK(plain == Unet2dConfig{.image = {8, 8, 3}});
  const Unet2dConfig c = File("UNet2DConditionModel").read(tokens);
  CHECK(c.image == ImageSize{8, 8, 4});
  CHECK(c.block_out_channels == std::vector<std::int64_t>{320, 640, 1280, 1280});
  CHECK(c.down_block_types == std::vector{UnetBlock::cross_attention, UnetBlock::cross_attention,
                                          UnetBlock::cross_attention, UnetBlock::resnet});
  CHECK(c.mid_block_type == UnetMiddle::cross_attention);
  CHECK(c.num_attention_heads == std::vector<std::int64_t>{8});
}

TEST_CASE("unet2d config: a size that the program says stands in the place of the file's, where that is null too") {
  File file("UNet2DModel");
  for (const io::Json& size : {io::Json(), io::Json(8), io::Json{4, 2}}) {
    file.content["sample_size"] = size;
    put(file.json, file.content.dump());
    CHECK(io::unet2d_config_of(file.json, {}, {32, 16}) == Unet2dConfig{.image = {32, 16, 3}});
  }
  CHECK(thrown::message([&] { io::unet2d_config_of(file.json, {}, {32}); }) ==
        "[SampleSize] wants a height and a width, got 32 and 0");
}

TEST_CASE("unet2d config: options are read as diffusers means them") {
  File file("UNet2DModel");
  file.content.update(io::Json{{"sample_size", {16, 8}},
                               {"in_channels", 5},
                               {"out_channels", 6},
                               {"block_out_channels", {32, 48}},
                               {"norm_num_groups", 16},
                               {"down_block_types", {"UNetResDownBlock2D", "ResnetDownsampleBlock2D"}},
                               {"up_block_types", {"AttnUpBlock2D", "ResnetUpsampleBlock2D"}},
                               {"add_attention", false},
                               {"attention_head_dim", nullptr},
                               {"attn_norm_num_groups", 4},
                               {"class_embed_type", "identity"},
                               {"time_embedding_dim", 10}});
  const Unet2dConfig c = file.read({.extra_channels = 2, .label_dim = 10});
  CHECK(c.image == ImageSize{16, 8, 3});
  CHECK(c.outputs == 6);
  CHECK(c.down_block_types == std::vector{UnetBlock::resnet, UnetBlock::resnet_resampling});
  CHECK(c.up_block_types == std::vector{UnetBlock::attention, UnetBlock::resnet_resampling});
  CHECK(c.mid_block_type == UnetMiddle::resnets);
  CHECK(!c.attention_head_dim);
  CHECK(c.attn_norm_num_groups == 4);
  CHECK(c.class_embed_type == ClassEmbedType::identity);
  CHECK(c.time_embedding_dim == 10);
  File other("UNet2DConditionModel");
  other.content.update(io::Json{{"attention_head_dim", {5, 10, 20, 20}}, {"layers_per_block", {3, 3, 3, 3}}});
  CHECK(other.read(tokens).num_attention_heads == std::vector<std::int64_t>{5, 10, 20, 20});
  CHECK(other.read(tokens).layers_per_block == 3);
}

TEST_CASE("unet2d config: what Unet2d cannot be is refused by the key and its value") {
  File file("UNet2DModel");
  CHECK(file.refused("_class_name", "VQModel") ==
        "describes a \"VQModel\"; Unet2d is a UNet2DModel or a UNet2DConditionModel");
  CHECK(file.refused("a_new_option", 3) == "a_new_option is 3: hush does not know this option");
  CHECK(file.refused("sample_size", nullptr) ==
        "sample_size is null: the file leaves the size of the images open; say it behind the ports: {height, width}");
  CHECK(file.refused("down_block_types", {"SkipDownBlock2D"}) ==
        "down_block_types is [\"SkipDownBlock2D\"]: \"SkipDownBlock2D\" has no counterpart: there are DownBlock2D, "
        "AttnDownBlock2D, CrossAttnDownBlock2D and ResnetDownsampleBlock2D");
  CHECK(file.refused("down_block_types", {"CrossAttnDownBlock2D"}) ==
        "down_block_types is [\"CrossAttnDownBlock2D\"]: CrossAttnDownBlock2D belongs to a UNet2DConditionModel");
  CHECK(file.refused("up_block_types", {"UpBlock2D"}) ==
        "up_block_types is [\"UpBlock2D\"]: block_out_channels has 4 entries");
  CHECK(file.refused("mid_block_type", "UNetMidBlock2DCrossAttn") ==
        "mid_block_type is \"UNetMidBlock2DCrossAttn\": must be UNetMidBlock2D or null");
  CHECK(file.refused("act_fn", "mish") == "act_fn is \"mish\": must be silu");
  CHECK(file.refused("norm_num_groups", nullptr) == "norm_num_groups is null: wants a value, 32 for instance");
  CHECK(file.refused("norm_eps", "small") == "norm_eps is \"small\": wants a number");
  CHECK(file.refused("class_embed_type", "rows", {.label_dim = 3}) ==
        "class_embed_type is \"rows\": has no counterpart");
  CHECK(file.refused("class_embed_type", "simple_projection", {.label_dim = 3}) ==
        "class_embed_type is \"simple_projection\": belongs to a UNet2DConditionModel");
  CHECK(file.refused("num_class_embeds", 4, {.label_dim = 3}) ==
        "num_class_embeds is 4: the vector of this process's condition has a width of 3");
  CHECK(file.refused("resnet_time_scale_shift", "spatial") ==
        "resnet_time_scale_shift is \"spatial\": only default and scale_shift have a counterpart");
  CHECK(file.refused("attention_head_dim", 1000) ==
        "describes no network that Unet2d can be: [Unet2d] 448 of block_out_channels are too few for a head of 1000 "
        "(attention_head_dim)");
  CHECK(file.refused("time_embedding_type", "rotary") == "time_embedding_type is \"rotary\": has no counterpart");
  CHECK(file.refused("time_embedding_type", "learned") ==
        "describes no network that Unet2d can be: [Unet2d] num_train_timesteps is 0: the rows of the table of "
        "time_embedding_type learned, at least 1 there, 0 elsewhere");
  CHECK(file.refused("out_channels", 0) == "out_channels is 0: must be positive");
  CHECK(file.refused("num_train_timesteps", 1000) == "");  // nobody reads it without `learned`
  CHECK(file.refused("decay", 0.9999) == "");              // EMAModel writes its settings beside the network's
}

TEST_CASE("unet2d config: options of networks with tokens that change numbers are refused by key") {
  File file("UNet2DConditionModel");
  for (const auto& each : std::vector<std::pair<const char*, io::Json>>{{"addition_embed_type", "text_time"},
                                                                        {"class_embeddings_concat", true},
                                                                        {"conv_in_kernel", 1},
                                                                        {"dual_cross_attention", true},
                                                                        {"encoder_hid_dim", 64},
                                                                        {"mid_block_only_cross_attention", true},
                                                                        {"only_cross_attention", true},
                                                                        {"resnet_out_scale_factor", 2},
                                                                        {"resnet_skip_time_act", true},
                                                                        {"time_cond_proj_dim", 32},
                                                                        {"timestep_post_act", "silu"}}) {
    CAPTURE(each.first);
    CHECK(file.refused(each.first, each.second, tokens)
              .starts_with(to_text(each.first, " is ", each.second.dump(), ": must be ")));
  }
  CHECK(file.refused("time_embedding_type", "fourier", tokens) ==
        "time_embedding_type is \"fourier\": must be positional in a UNet2DConditionModel");
  CHECK(file.refused("resnet_out_scale_factor", 1, tokens) == "");
  CHECK(file.refused("mid_block_only_cross_attention", false, tokens) == "");
  CHECK(file.refused("upcast_attention", true, tokens) == "");  // of half precision only
  CHECK(file.refused("cross_attention_dim", 768, tokens) ==
        "cross_attention_dim is 768: the tokens of this process have a width of 1280");
  CHECK(file.refused("layers_per_block", {1, 2, 2, 2}, tokens) ==
        "layers_per_block is [1,2,2,2]: must be the same for all resolutions");
  CHECK(file.refused("num_attention_heads", 8, tokens) == "num_attention_heads is 8: must be null, hush has no other");
}
