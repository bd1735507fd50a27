#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include <hush/backbones/unet2d.hpp>
#include <hush/cpu/kernels.hpp>
#include <hush/io/unet2d_keys.hpp>

using namespace hush;
using B = Cpu<float>;

namespace {

Unet2dConfig conditional() {
  return {.image = {8, 8, 3},
          .down_block_types = {UnetBlock::attention, UnetBlock::cross_attention},
          .mid_block_type = UnetMiddle::cross_attention,
          .up_block_types = {UnetBlock::cross_attention, UnetBlock::resnet},
          .block_out_channels = {4, 8},
          .layers_per_block = 1,
          .attention_head_dim = 2,
          .num_attention_heads = {2},
          .norm_num_groups = 2,
          .scale_shift = true};
}
const Ports ports{.label_dim = 5, .tokens = 3, .token_dim = 6};

io::Extents stored(const Unet2dConfig& config, const Ports& with, io::AttentionNames names = io::AttentionNames::to_q) {
  const Unet2d<B> net(config, with, Seed{1});
  io::Extents native;
  for (const auto& [name, extents] : io::detail::parameters_of(net)) native[name] = extents;
  return io::stored_extents(io::diffusers_keys(net, names), native);
}
using Extent = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("unet2d keys: layers have the names and extents that diffusers gives them") {
  const io::Extents there = stored(conditional(), ports);
  const std::map<std::string, Extent> wanted{
      {"conv_in.weight", {4, 3, 3, 3}},
      {"time_embedding.linear_1.weight", {16, 4}},
      {"class_embedding.weight", {5, 16}},
      {"down_blocks.0.resnets.0.time_emb_proj.weight", {8, 16}},  // scale and shift
      {"down_blocks.0.attentions.0.group_norm.weight", {4}},
      {"down_blocks.0.attentions.0.to_out.0.bias", {4}},
      {"down_blocks.0.downsamplers.0.conv.weight", {4, 4, 3, 3}},
      {"down_blocks.1.resnets.0.conv_shortcut.weight", {8, 4, 1, 1}},
      {"down_blocks.1.attentions.0.norm.bias", {8}},
      {"down_blocks.1.attentions.0.proj_in.weight", {8, 8, 1, 1}},
      {"down_blocks.1.attentions.0.proj_out.bias", {8}},
      {"down_blocks.1.attentions.0.transformer_blocks.0.norm3.weight", {8}},
      {"down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_k.weight", {8, 8}},
      {"down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight", {8, 6}},
      {"down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_out.0.bias", {8}},
      {"down_blocks.1.attentions.0.transformer_blocks.0.ff.net.0.proj.weight", {64, 8}},
      {"down_blocks.1.attentions.0.transformer_blocks.0.ff.net.2.weight", {8, 32}},
      {"mid_block.attentions.0.transformer_blocks.0.attn2.to_v.weight", {8, 6}},
      {"mid_block.resnets.1.conv2.bias", {8}},
      {"up_blocks.0.attentions.1.proj_in.weight", {8, 8, 1, 1}},
      {"up_blocks.0.upsamplers.0.conv.weight", {8, 8, 3, 3}},
      {"up_blocks.1.resnets.1.conv1.weight", {4, 8, 3, 3}},
      {"conv_norm_out.weight", {4}},
      {"conv_out.bias", {3}}};
  for (const auto& each : wanted) {
    CAPTURE(each.first);
    REQUIRE(there.count(each.first) == 1);
    CHECK(there.at(each.first) == each.second);
  }
  CHECK(there.count("down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.bias") == 0);
}

TEST_CASE(
    "unet2d keys: what differs by option: linear projections, layers of labels, names of 2022, resampling blocks") {
  Unet2dConfig c = conditional();
  c.use_linear_projection = true;
  c.class_embed_type = ClassEmbedType::projection;
  c.downsample_type = UnetResampling::resnet;
  const io::Extents there = stored(c, ports, io::AttentionNames::query);
  CHECK(there.at("mid_block.attentions.0.proj_in.weight") == Extent{8, 8});
  CHECK(there.at("class_embedding.linear_1.weight") == Extent{16, 5});
  CHECK(there.at("class_embedding.linear_2.bias") == Extent{16});
  CHECK(there.at("down_blocks.0.downsamplers.0.norm1.weight") == Extent{4});
  CHECK(there.at("down_blocks.0.attentions.0.query.weight") == Extent{4, 4});
  CHECK(there.at("down_blocks.0.attentions.0.proj_attn.bias") == Extent{4});
  CHECK(there.at("mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight") == Extent{8, 8});
  c.class_embed_type = ClassEmbedType::simple_projection;
  CHECK(stored(c, ports).at("class_embedding.weight") == Extent{16, 5});
  c.mid_block_type = UnetMiddle::attention;  // scaled, it has no norm
  CHECK(stored(c, ports).count("mid_block.attentions.0.to_q.weight") == 1);
  CHECK(stored(c, ports).count("mid_block.attentions.0.group_norm.weight") == 0);
}
