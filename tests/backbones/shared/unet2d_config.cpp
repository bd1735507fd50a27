#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include <hush/backbones/shared/unet2d_config.hpp>

#include "../../thrown.hpp"

using namespace hush;

namespace {

/// What is said of the defaults at 64 x 64, changed.
std::string refused(const auto& change, const Ports& ports = {}) {
  Unet2dConfig config{.image = {64, 64, 3}};
  change(config);
  return thrown::message([&] { validate(config, ports); });
}

}  // namespace

TEST_CASE("unet2d_config: the defaults are a network; lists of unequal length are refused in words") {
  CHECK_NOTHROW(validate(Unet2dConfig{.image = {64, 64, 3}}, {}));
  CHECK(refused([](auto& c) { c.block_out_channels = {}; }) ==
        "[Unet2d] block_out_channels wants 1 to 15 entries, has 0");
  CHECK(refused([](auto& c) { c.down_block_types.pop_back(); }) ==
        "[Unet2d] down_block_types has 3 entries, block_out_channels 4");
  CHECK(refused([](auto& c) { c.up_block_types.push_back(UnetBlock::resnet); }) ==
        "[Unet2d] up_block_types has 5 entries, block_out_channels 4");
  CHECK(refused([](auto& c) {
          c.num_attention_heads = {1, 2};
        }) == "[Unet2d] num_attention_heads wants 1 entry or 4, has 2");
  CHECK(refused([](auto& c) { c.transformer_layers_per_block = {0}; }) ==
        "[Unet2d] each of transformer_layers_per_block must be at least 1, is 0");
}

TEST_CASE("unet2d_config: numbers that cannot be are refused in words") {
  CHECK(refused([](auto& c) {
          c.image = {36, 64, 3};
        }) == "[Unet2d] sides of 36x64x3 must be multiples of 8: there are 3 down-samplings by 2");
  CHECK(refused([](auto& c) { c.image.channels = 0; }) == "[Unet2d] image.channels must be at least 1, is 0");
  CHECK(refused([](auto& c) { c.outputs = -1; }) == "[Unet2d] outputs must be at least 0, is -1");
  CHECK(refused([](auto& c) { c.layers_per_block = 0; }) == "[Unet2d] layers_per_block must be at least 1, is 0");
  CHECK(refused([](auto& c) { c.block_out_channels[1] = 0; }) ==
        "[Unet2d] each of block_out_channels must be at least 1, is 0");
  CHECK(refused([](auto& c) { c.block_out_channels[1] = std::int64_t(1) << 62; }) ==
        "[Unet2d] each of block_out_channels must be at most 16777216, is 4611686018427387904");
  CHECK(refused([](auto& c) { c.layers_per_block = 1025; }) ==
        "[Unet2d] layers_per_block must be at most 1024, is 1025");
  CHECK(refused([](auto& c) { c.transformer_layers_per_block = {1025}; }) ==
        "[Unet2d] each of transformer_layers_per_block must be at most 1024, is 1025");
  CHECK(refused([](auto& c) { c.time_embedding_dim = -1; }) == "[Unet2d] time_embedding_dim must be at least 0, is -1");
  CHECK(refused([](auto& c) {
          c.num_train_timesteps = 5;
        }).starts_with("[Unet2d] num_train_timesteps is 5: the rows of the table of time_embedding_type learned"));
  CHECK(refused([](auto& c) { c.freq_shift = 2; }) == "[Unet2d] freq_shift must be 0 or 1, is 2");
  CHECK(refused([](auto& c) { c.downsample_padding = 2; }) == "[Unet2d] downsample_padding must be 0 or 1, is 2");
  CHECK(refused([](auto& c) { c.mid_block_scale_factor = 0; }) ==
        "[Unet2d] mid_block_scale_factor must be positive, is 0");
  CHECK(refused([](auto& c) { c.dropout = 1; }) == "[Unet2d] dropout must be in [0, 1), is 1");
  CHECK(refused([](auto& c) { c.norm_eps = 0; }) == "[Unet2d] norm_eps must be positive, is 0");
  CHECK(refused([](auto& c) { c.norm_num_groups = 0; }) == "[Unet2d] norm_num_groups must be at least 1, is 0");
  CHECK(refused([](auto& c) { c.attn_norm_num_groups = 0; }) ==
        "[Unet2d] attn_norm_num_groups must be at least 1, is 0");
  Unet2dConfig narrow{.image = {4, 4, 1},
                      .freq_shift = 1,
                      .down_block_types = {UnetBlock::resnet},
                      .up_block_types = {UnetBlock::resnet},
                      .block_out_channels = {3},
                      .norm_num_groups = 1};
  CHECK(thrown::message([&] { validate(narrow, {}); }) ==
        "[Unet2d] the first of block_out_channels must be at least 4, is 3: the noise level is embedded in as many "
        "numbers");
  narrow.freq_shift = 0;
  narrow.attention_head_dim = {};
  CHECK_NOTHROW(validate(narrow, {}));
}

TEST_CASE("unet2d_config: channels that do not fall into groups or heads are refused in words") {
  CHECK(refused([](auto& c) { c.block_out_channels[2] = 40; }) ==
        "[Unet2d] 40 of block_out_channels do not fall into 32 groups (norm_num_groups)");
  CHECK(refused([](auto& c) { c.attn_norm_num_groups = 5; }) ==
        "[Unet2d] 896 of block_out_channels do not fall into 5 groups (attn_norm_num_groups)");
  CHECK(refused([](auto& c) { c.attention_head_dim = 0; }) == "[Unet2d] attention_head_dim must be at least 1, is 0");
  CHECK(refused([](auto& c) { c.attention_head_dim = 512; }) ==
        "[Unet2d] 448 of block_out_channels are too few for a head of 512 (attention_head_dim)");
  const Ports ports{.tokens = 2, .token_dim = 3};
  const auto crossing = [](auto& c) {
    c.down_block_types[0] = UnetBlock::cross_attention;
    c.num_attention_heads = {300, 1, 1, 1};
  };
  CHECK(refused(crossing, ports) ==
        "[Unet2d] 224 of block_out_channels are too few for 300 heads (num_attention_heads)");
  const auto elsewhere = [](auto& c) {
    c.down_block_types[3] = UnetBlock::cross_attention;
    c.num_attention_heads = {300, 1, 1, 1};
  };
  CHECK(refused(elsewhere, ports) == "nothing was thrown");
}

TEST_CASE("unet2d_config: ports that no layer reads, and layers without their ports, are refused in words") {
  const auto same = [](auto&) {};
  CHECK(refused(same, {.tokens = 4, .token_dim = 8}) ==
        "[Unet2d] no block reads the 4 tokens of the process: one of them must be of type cross_attention");
  CHECK(refused([](auto& c) { c.mid_block_type = UnetMiddle::cross_attention; }) ==
        "[Unet2d] blocks of type cross_attention read tokens, the process has none (ports.tokens)");
  CHECK(refused([](auto& c) { c.class_embed_type = ClassEmbedType::projection; }) ==
        "[Unet2d] class_embed_type is projection, the process has no labels (ports.label_dim)");
  CHECK(refused([](auto& c) { c.class_embed_type = ClassEmbedType::timestep; }, {.label_dim = 2}) ==
        "[Unet2d] class_embed_type timestep wants labels of one number, the process has 2");
  CHECK(refused([](auto& c) { c.class_embed_type = ClassEmbedType::identity; }, {.label_dim = 24}) ==
        "[Unet2d] class_embed_type identity wants labels as wide as the embedding, 896, the process has 24");
  CHECK(refused(same, {.label_dim = -1}) == "[Unet2d] ports.label_dim must be at least 0, is -1");
}

TEST_CASE("unet2d_config: the attention in the middle has no norm where the embedding scales, unless it is asked for") {
  CHECK(unet2d::middle_groups({}) == 32);
  CHECK(unet2d::middle_groups({.scale_shift = true}) == 0);
  CHECK(unet2d::middle_groups({.attn_norm_num_groups = 4, .scale_shift = true}) == 4);
}
