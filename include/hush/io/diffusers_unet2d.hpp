#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <hush/backbones/unet2d.hpp>
#include <hush/description.hpp>
#include <hush/fields.hpp>
#include <hush/io/atomic_file.hpp>
#include <hush/io/descriptions.hpp>
#include <hush/io/diffusers_folder.hpp>
#include <hush/io/diffusers_unet2d_config.hpp>
#include <hush/io/unet2d_keys.hpp>
#include <hush/io/weights.hpp>

namespace hush::io {

namespace detail {

/// Writes out the heads and groups of each attention, and forgets those that no layer reads.
inline void settle_attention(Unet2dConfig& c) {
  std::vector<std::int64_t> heads, layers;
  bool attends = false, one_head = true;
  for (std::size_t i = 0; i < c.block_out_channels.size(); ++i) {
    const bool reads = unet2d::has(c, i, UnetBlock::cross_attention);
    heads.push_back(reads ? unet2d::entry(c.num_attention_heads, i) : 8);
    layers.push_back(reads ? unet2d::entry(c.transformer_layers_per_block, i) : 1);
    if (!unet2d::has(c, i, UnetBlock::attention)) continue;
    attends = true;
    one_head &= unet2d::head_width(c, c.block_out_channels[i]) == c.block_out_channels[i];
  }
  c.num_attention_heads = heads;
  c.transformer_layers_per_block = layers;
  if (!attends) c.attention_head_dim = 8;
  if (attends && one_head) c.attention_head_dim.reset();
  const std::int64_t groups = unet2d::middle_groups(c);
  c.attn_norm_num_groups.reset();
  if (c.mid_block_type == UnetMiddle::attention) c.attn_norm_num_groups = groups;
}

/// Forgets how resolutions change where none does so.
inline void settle_resampling(Unet2dConfig& c) {
  bool convolves = false, chooses_down = false, chooses_up = false;
  for (std::size_t i = 0; i + 1 < c.block_out_channels.size(); ++i) {
    const UnetBlock down = c.down_block_types[i];
    const bool attends = down == UnetBlock::attention;
    chooses_down |= attends;
    chooses_up |= c.up_block_types[i] == UnetBlock::attention;
    convolves |= attends ? c.downsample_type == UnetResampling::convolution : down != UnetBlock::resnet_resampling;
  }
  if (!chooses_down) c.downsample_type = UnetResampling::convolution;
  if (!chooses_up) c.upsample_type = UnetResampling::convolution;
  if (!convolves) c.downsample_padding = 1;
}

/// The config of the same layers and numbers, in which what no layer reads has its default and what follows from others
/// is written out; without what a folder and a network may differ in.
inline Unet2dConfig essential(Unet2dConfig c) {
  settle_attention(c);
  settle_resampling(c);
  if (c.mid_block_type == UnetMiddle::none) c.mid_block_scale_factor = 1;
  if (c.outputs == 0) c.outputs = c.image.channels;
  if (c.time_embedding_type != TimeEmbedType::positional) {
    c.freq_shift = 0;
    c.flip_sin_to_cos = true;
  }
  c.time_embedding_dim = unet2d::embedding_width(c);
  c.image.height = c.image.width = 0;
  c.dropout = 0;
  return c;
}

/// Whether a network is a UNet2DConditionModel: it has what UNet2DModel has not.
inline bool is_conditional(const Unet2dConfig& c) {
  return unet2d::reads_tokens(c) || c.mid_block_type == UnetMiddle::resnet ||
         c.class_embed_type == ClassEmbedType::projection || c.class_embed_type == ClassEmbedType::simple_projection;
}

/// Throws std::invalid_argument for a network that is no UNet2DConditionModel although it can be no UNet2DModel.
inline void check_conditional(const Unet2dConfig& c) {
  constexpr const char *where = "save_diffusers", *because =
                                                      "; tokens, projections of labels or a middle of one block "
                                                      "make this network a UNet2DConditionModel";
  const UnetMiddle middle = c.mid_block_type;
  check(middle != UnetMiddle::attention && middle != UnetMiddle::resnets, where, "mid_block_type is ",
        names_of(middle)[std::size_t(middle)], ", UNet2DConditionModel has none, resnet and cross_attention", because);
  const bool attends = has_block(c, UnetBlock::attention);
  check(
      !attends || (c.downsample_type == UnetResampling::convolution && c.upsample_type == UnetResampling::convolution),
      where, "blocks of type attention resample by residual blocks, in UNet2DConditionModel by convolutions", because);
  check(!attends || c.num_attention_heads == std::vector{c.attention_head_dim.value_or(0)}, where,
        "attention_head_dim and num_attention_heads must be one and the same number in UNet2DConditionModel, are ",
        describe(c.attention_head_dim).text, " and ", code_of(describe(c.num_attention_heads)), because);
}

inline Json unet_block_names(const std::vector<UnetBlock>& types, const char* way) {
  Json names = Json::array();
  for (const UnetBlock type : types) names.push_back(unet_block_name(type, way));
  return names;
}
/// The number where all are one, else the list.
inline Json one_or_list(const std::vector<std::int64_t>& list) { return list.size() == 1 ? Json(list[0]) : Json(list); }
inline Json or_null(std::optional<std::int64_t> value) { return value ? Json(*value) : Json(); }

/// A number as Python writes a whole one that was given without a point.
inline Json whole_if_it_is(double value) {
  return value == std::floor(value) && std::abs(value) < 1e15 ? Json(std::int64_t(value)) : Json(value);
}

inline void put_unet_class(const Unet2dConfig& c, const Ports& ports, bool conditional, Json& to) {
  const ClassEmbedType type = c.class_embed_type;
  const bool projects = type == ClassEmbedType::projection || type == ClassEmbedType::simple_projection;
  if (type != ClassEmbedType::rows) to["class_embed_type"] = names_of(type)[std::size_t(type)];
  if (ports.label_dim > 0 && type == ClassEmbedType::rows) to["num_class_embeds"] = ports.label_dim;
  if (projects) to["projection_class_embeddings_input_dim"] = ports.label_dim;
  if (conditional) {
    const bool attends = has_block(c, UnetBlock::attention);
    to["attention_head_dim"] = attends ? or_null(c.attention_head_dim) : one_or_list(c.num_attention_heads);
    to["transformer_layers_per_block"] = one_or_list(c.transformer_layers_per_block);
    to["use_linear_projection"] = c.use_linear_projection;
    if (ports.tokens > 0) to["cross_attention_dim"] = ports.token_dim;
    to["mid_block_type"] = c.mid_block_type == UnetMiddle::cross_attention ? Json("UNetMidBlock2DCrossAttn")
                           : c.mid_block_type == UnetMiddle::resnet        ? Json("UNetMidBlock2D")
                                                                           : Json();
    return;
  }
  const auto resampling = [](UnetResampling how) { return how == UnetResampling::resnet ? "resnet" : "conv"; };
  to["attention_head_dim"] = or_null(c.attention_head_dim);
  to["attn_norm_num_groups"] = or_null(c.attn_norm_num_groups);
  to["downsample_type"] = resampling(c.downsample_type);
  to["upsample_type"] = resampling(c.upsample_type);
  to["mid_block_type"] = c.mid_block_type == UnetMiddle::none ? Json() : Json("UNetMidBlock2D");
  to["add_attention"] = c.mid_block_type != UnetMiddle::resnets;
}

/// The config.json of a network, its keys sorted.
inline std::string unet_json(const Unet2dConfig& c, const Ports& ports) {
  const bool conditional = is_conditional(c);
  if (conditional) check_conditional(c);
  Json to = unet_defaults(conditional);
  to["_class_name"] = conditional ? conditional_unet_class : unet_class;
  to["_diffusers_version"] = "0.42.1";  // whose keys these are
  const ImageSize& image = c.image;
  to["sample_size"] = image.height == image.width ? Json(image.height) : Json{image.height, image.width};
  to["in_channels"] = image.channels + ports.extra_channels + ports.constant_channels;
  to["out_channels"] = c.outputs ? c.outputs : image.channels;
  to["center_input_sample"] = c.center_input_sample;
  to["time_embedding_type"] = names_of(c.time_embedding_type)[std::size_t(c.time_embedding_type)];
  if (c.num_train_timesteps) to["num_train_timesteps"] = c.num_train_timesteps;
  if (c.time_embedding_dim) to["time_embedding_dim"] = c.time_embedding_dim;
  to["freq_shift"] = c.freq_shift;
  to["flip_sin_to_cos"] = c.flip_sin_to_cos;
  to["down_block_types"] = unet_block_names(c.down_block_types, "Down");
  to["up_block_types"] = unet_block_names(c.up_block_types, "Up");
  to["block_out_channels"] = c.block_out_channels;
  to["layers_per_block"] = c.layers_per_block;
  to["mid_block_scale_factor"] = whole_if_it_is(c.mid_block_scale_factor);
  to["downsample_padding"] = c.downsample_padding;
  to["dropout"] = c.dropout;
  to["norm_num_groups"] = c.norm_num_groups;
  to["norm_eps"] = c.norm_eps;
  to["resnet_time_scale_shift"] = c.scale_shift ? "scale_shift" : "default";
  put_unet_class(c, ports, conditional, to);
  return to.dump(2) + '\n';
}

}  // namespace detail

/// Reads the weights in a folder that diffusers' save_pretrained wrote (of a UNet2DModel or UNet2DConditionModel, or of
/// a pipeline with one) into a Unet2d, from one file or from several; those with the names of 2022 too. Its config.json
/// must describe this network, but for the size of the images and the dropout, else FileError names each key and both
/// values, and the network stays as it was. Returns the file's metadata.
template <hush::detail::NetworkBackend B>
std::map<std::string, std::string> load_diffusers(const std::filesystem::path& folder, Unet2d<B>& net) {
  const auto place = detail::diffusers_part_folder(folder, "unet");
  const auto json = place / "config.json";
  const SampleSize size{net.image().height, net.image().width};
  detail::check_same(json, "describes another network",
                     describe(detail::essential(unet2d_config_of(json, net.ports(), size))),
                     describe(detail::essential(net.config())));
  return detail::load_diffusers_weights(place, net);
}

/// Writes a folder that diffusers' from_pretrained reads: config.json and diffusion_pytorch_model.safetensors, or, with
/// `shard_bytes`, several files of at most so many bytes of numbers and their index (max_shard_size of diffusers).
/// Throws FileError, also for a folder whose weights lie in files of the other kind, and std::invalid_argument for a
/// network that no class of diffusers is, or weights that are not finite.
template <hush::detail::NetworkBackend B>
void save_diffusers(const std::filesystem::path& folder, const Unet2d<B>& net, const WeightFile& as = {},
                    std::uint64_t shard_bytes = 0) {
  const std::string json = detail::unet_json(net.config(), net.ports());
  detail::check_unsharded(folder);
  if (shard_bytes == 0) {
    save_weights(detail::diffusers_weights(folder), net, diffusers_keys(net), as);
  } else {
    detail::check_sharded(folder);
    write_sharded_safetensors(detail::diffusers_index(folder), to_stored(diffusers_keys(net), weights_of(net, as)),
                              shard_bytes);
  }
  write_file(folder / "config.json", json);
}

}  // namespace hush::io
