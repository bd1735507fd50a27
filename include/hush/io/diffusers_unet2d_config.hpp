#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/backbones/shared/unet2d_config.hpp>
#include <hush/io/diffusers_config.hpp>

namespace hush::io {

namespace detail {

/// The two networks of diffusers that a Unet2d is, and the defaults of version 0.42.1.
inline constexpr const char *unet_class = "UNet2DModel", *conditional_unet_class = "UNet2DConditionModel";

inline constexpr const char* unet_defaults_json = R"({"act_fn": "silu", "add_attention": true, "attention_head_dim": 8,
    "attn_norm_num_groups": null, "block_out_channels": [224, 448, 672, 896], "center_input_sample": false,
    "class_embed_type": null, "down_block_types": ["DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D",
    "AttnDownBlock2D"], "downsample_padding": 1, "downsample_type": "conv", "dropout": 0.0, "flip_sin_to_cos": true,
    "freq_shift": 0, "in_channels": 3, "layers_per_block": 2, "mid_block_scale_factor": 1, "mid_block_type":
    "UNetMidBlock2D", "norm_eps": 1e-05, "norm_num_groups": 32, "num_class_embeds": null, "num_train_timesteps": null,
    "out_channels": 3, "resnet_time_scale_shift": "default", "sample_size": null, "time_embedding_dim": null,
    "time_embedding_type": "positional", "up_block_types": ["AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D",
    "UpBlock2D"], "upsample_type": "conv"})";
inline constexpr const char* conditional_unet_defaults_json = R"({"act_fn": "silu", "addition_embed_type": null,
    "addition_embed_type_num_heads": 64, "addition_time_embed_dim": null, "attention_head_dim": 8, "attention_type":
    "default", "block_out_channels": [320, 640, 1280, 1280], "center_input_sample": false, "class_embed_type": null,
    "class_embeddings_concat": false, "conv_in_kernel": 3, "conv_out_kernel": 3, "cross_attention_dim": 1280,
    "cross_attention_norm": null, "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
    "CrossAttnDownBlock2D", "DownBlock2D"], "downsample_padding": 1, "dropout": 0.0, "dual_cross_attention": false,
    "encoder_hid_dim": null, "encoder_hid_dim_type": null, "flip_sin_to_cos": true, "freq_shift": 0, "in_channels": 4,
    "layers_per_block": 2, "mid_block_only_cross_attention": null, "mid_block_scale_factor": 1, "mid_block_type":
    "UNetMidBlock2DCrossAttn", "norm_eps": 1e-05, "norm_num_groups": 32, "num_attention_heads": null,
    "num_class_embeds": null, "only_cross_attention": false, "out_channels": 4,
    "projection_class_embeddings_input_dim": null, "resnet_out_scale_factor": 1.0, "resnet_skip_time_act": false,
    "resnet_time_scale_shift": "default", "reverse_transformer_layers_per_block": null, "sample_size": null,
    "time_cond_proj_dim": null, "time_embedding_act_fn": null, "time_embedding_dim": null, "time_embedding_type":
    "positional", "timestep_post_act": null, "transformer_layers_per_block": 1, "up_block_types": ["UpBlock2D",
    "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"], "upcast_attention": false,
    "use_linear_projection": false})";

inline const Json& unet_defaults(bool conditional) {
  static const Json plain = parse_json(unet_defaults_json, unet_class);
  static const Json conditioned = parse_json(conditional_unet_defaults_json, conditional_unet_class);
  return conditional ? conditioned : plain;
}

/// The name of a block type on the way `way`, "Down" or "Up".
inline std::string unet_block_name(UnetBlock type, const std::string& way) {
  switch (type) {
    case UnetBlock::resnet:
      return way + "Block2D";
    case UnetBlock::attention:
      return "Attn" + way + "Block2D";
    case UnetBlock::cross_attention:
      return "CrossAttn" + way + "Block2D";
    default:
      return "Resnet" + way + "sampleBlock2D";
  }
}

inline std::vector<UnetBlock> unet_blocks_of(DiffusersConfig& file, const std::string& way, bool conditional) {
  const char* key = way == "Down" ? "down_block_types" : "up_block_types";
  std::vector<UnetBlock> blocks;
  for (const std::string& name : file.list<std::string>(key, {})) {
    const std::string bare = name.starts_with("UNetRes") ? name.substr(7) : name;
    const std::size_t before = blocks.size();
    for (const UnetBlock type :
         {UnetBlock::resnet, UnetBlock::attention, UnetBlock::cross_attention, UnetBlock::resnet_resampling})
      if (bare == unet_block_name(type, way)) blocks.push_back(type);
    file.demand(blocks.size() > before, key, in_quotes(name), " has no counterpart: there are ", way, "Block2D, Attn",
                way, "Block2D, CrossAttn", way, "Block2D and Resnet", way, "sampleBlock2D");
    file.demand(conditional || blocks.back() != UnetBlock::cross_attention, key, name, " belongs to a ",
                conditional_unet_class);
  }
  return blocks;
}

inline UnetMiddle unet_middle_of(DiffusersConfig& file, bool conditional) {
  const std::string name = file.text("mid_block_type", "");
  const bool attends = conditional || file.flag("add_attention", true);
  if (name.empty()) return UnetMiddle::none;
  if (conditional && name == "UNetMidBlock2DCrossAttn") return UnetMiddle::cross_attention;
  file.demand(
      name == "UNetMidBlock2D", "mid_block_type",
      conditional ? "must be UNetMidBlock2DCrossAttn, UNetMidBlock2D or null" : "must be UNetMidBlock2D or null");
  return conditional ? UnetMiddle::resnet : attends ? UnetMiddle::attention : UnetMiddle::resnets;
}

/// A number for all resolutions, or a list of one for each.
inline std::vector<std::int64_t> one_or_each(DiffusersConfig& file, const char* key) {
  if (file[key].is_array()) return file.list<std::int64_t>(key, {});
  return {file.whole(key, 0)};
}

/// The size of the images, and the channels that are the condition's taken off.
inline ImageSize unet_image_of(DiffusersConfig& file, const Ports& ports, const SampleSize& size) {
  const SampleSize sides = sample_size_of(file, size, "behind the ports");
  ImageSize image{.height = sides.height, .width = sides.width};
  const std::int64_t of_condition = ports.extra_channels + ports.constant_channels;
  image.channels = file.whole("in_channels", 3) - of_condition;
  file.demand(image.channels > 0, "in_channels", "leaves the image none: the process's condition has ", of_condition);
  return image;
}

inline UnetResampling unet_resampling_of(DiffusersConfig& file, const char* key) {
  const std::string how = file.text(key, "conv");
  file.demand(how == "conv" || how == "resnet", key, "must be conv or resnet");
  return how == "resnet" ? UnetResampling::resnet : UnetResampling::convolution;
}

inline void read_unet_blocks(DiffusersConfig& file, bool conditional, Unet2dConfig& c) {
  c.block_out_channels = file.list<std::int64_t>("block_out_channels", {});
  file.demand(!c.block_out_channels.empty() && c.block_out_channels[0] > 0, "block_out_channels",
              "wants positive numbers");
  c.down_block_types = unet_blocks_of(file, "Down", conditional);
  c.up_block_types = unet_blocks_of(file, "Up", conditional);
  const std::size_t count = c.block_out_channels.size();
  file.demand(c.down_block_types.size() == count, "down_block_types", "block_out_channels has ", count, " entries");
  file.demand(c.up_block_types.size() == count, "up_block_types", "block_out_channels has ", count, " entries");
  c.mid_block_type = unet_middle_of(file, conditional);
  const auto layers = one_or_each(file, "layers_per_block");
  for (const std::int64_t n : layers)
    file.demand(n == layers[0], "layers_per_block", "must be the same for all resolutions");
  c.layers_per_block = layers.empty() ? 0 : layers[0];
  c.downsample_padding = file.whole("downsample_padding", 1);
  file.demand(c.downsample_padding == 0 || c.downsample_padding == 1, "downsample_padding", "must be 0 or 1");
  c.mid_block_scale_factor = file.number("mid_block_scale_factor", 1);
  c.dropout = file.number("dropout", 0);
  c.norm_num_groups = file.whole("norm_num_groups", 32);
  c.norm_eps = file.number("norm_eps", 1e-5);
  const std::string shift = file.text("resnet_time_scale_shift", "default");
  file.demand(shift == "default" || shift == "scale_shift", "resnet_time_scale_shift",
              "only default and scale_shift have a counterpart");
  c.scale_shift = shift == "scale_shift";
}

inline bool has_block(const Unet2dConfig& c, UnetBlock type) {
  const auto in = [&](const std::vector<UnetBlock>& list) { return std::ranges::count(list, type) > 0; };
  return in(c.down_block_types) || in(c.up_block_types);
}

/// Heads and groups of attention. In the network with tokens attention_head_dim is the number of heads that attend to
/// them, and the width of those that do not.
inline void read_unet_attention(DiffusersConfig& file, bool conditional, const Ports& ports, Unet2dConfig& c) {
  if (!conditional) {
    const std::int64_t width = file.whole("attention_head_dim", 0);
    c.attention_head_dim.reset();
    if (!file.is_null("attention_head_dim")) c.attention_head_dim = width;
    if (!file.is_null("attn_norm_num_groups")) c.attn_norm_num_groups = file.whole("attn_norm_num_groups", 0);
    c.downsample_type = unet_resampling_of(file, "downsample_type");
    c.upsample_type = unet_resampling_of(file, "upsample_type");
    return;
  }
  c.num_attention_heads = one_or_each(file, "attention_head_dim");
  if (has_block(c, UnetBlock::attention)) {
    file.demand(c.num_attention_heads.size() == 1, "attention_head_dim",
                "wants one number: it is the width of a head in Attn blocks");
    c.attention_head_dim = c.num_attention_heads[0];
  }
  c.transformer_layers_per_block = one_or_each(file, "transformer_layers_per_block");
  c.use_linear_projection = file.flag("use_linear_projection", false);
  const auto widths = one_or_each(file, "cross_attention_dim");
  const bool reads = has_block(c, UnetBlock::cross_attention) || c.mid_block_type == UnetMiddle::cross_attention;
  for (const std::int64_t width : widths)
    file.demand(!reads || width == ports.token_dim, "cross_attention_dim",
                "the tokens of this process have a width of ", ports.token_dim);
}

/// The enumerator that a word names; `otherwise` where the file has null.
template <class Enum>
Enum enumerator(DiffusersConfig& file, const char* key, const char* otherwise) {
  const std::string word = file.text(key, otherwise);
  const auto names = names_of(Enum());
  const auto found = std::ranges::find(names, std::string_view(word));
  file.demand(found != names.end(), key, "has no counterpart");
  return Enum(found - names.begin());
}

/// How the noise level and the labels are embedded.
inline void read_unet_embedding(DiffusersConfig& file, bool conditional, const Ports& ports, Unet2dConfig& c) {
  const std::int64_t shift = file.whole("freq_shift", 0);
  file.demand(shift == 0 || shift == 1, "freq_shift", "must be 0 or 1");
  c.freq_shift = shift;
  c.flip_sin_to_cos = file.flag("flip_sin_to_cos", true);
  c.time_embedding_dim = file.whole("time_embedding_dim", 0);
  c.time_embedding_type = enumerator<TimeEmbedType>(file, "time_embedding_type", "positional");
  file.demand(!conditional || c.time_embedding_type == TimeEmbedType::positional, "time_embedding_type",
              "must be positional in a ", conditional_unet_class);
  if (c.time_embedding_type == TimeEmbedType::learned) c.num_train_timesteps = file.whole("num_train_timesteps", 0);
  c.center_input_sample = file.flag("center_input_sample", false);
  const std::string type = file.text("class_embed_type", "rows");
  const bool projects = type == "projection" || type == "simple_projection";
  file.demand(type != "rows" || file.is_null("class_embed_type"), "class_embed_type", "has no counterpart");
  file.demand(!projects || conditional, "class_embed_type", "belongs to a ", conditional_unet_class);
  c.class_embed_type = enumerator<ClassEmbedType>(file, "class_embed_type", "rows");
  const char* key = projects ? "projection_class_embeddings_input_dim" : "num_class_embeds";
  const std::int64_t width = file.whole(key, 0);
  const bool sized = projects || c.class_embed_type == ClassEmbedType::rows;
  file.demand(!sized || width == ports.label_dim, key, "the vector of this process's condition has a width of ",
              ports.label_dim);
}

/// Refuses what hush has not.
inline void refuse_unet_options(DiffusersConfig& file, bool conditional) {
  const std::string act = file.text("act_fn", "silu");
  file.demand(act == "silu" || act == "swish", "act_fn", "must be silu");
  if (conditional) {
    if (file["mid_block_only_cross_attention"] != Json(false))
      file.only(unet_defaults(true), {"mid_block_only_cross_attention"});
    file.only(
        unet_defaults(true),
        {"addition_embed_type", "attention_type", "class_embeddings_concat", "conv_in_kernel", "conv_out_kernel",
         "cross_attention_norm", "dual_cross_attention", "encoder_hid_dim", "encoder_hid_dim_type",
         "num_attention_heads", "only_cross_attention", "resnet_out_scale_factor", "resnet_skip_time_act",
         "reverse_transformer_layers_per_block", "time_cond_proj_dim", "time_embedding_act_fn", "timestep_post_act"});
  }
  file.ignore({"num_train_timesteps", "num_class_embeds", "projection_class_embeddings_input_dim", "upcast_attention",
               "addition_time_embed_dim", "addition_embed_type_num_heads",  // read with addition_embed_type only
               "decay", "inv_gamma", "min_decay", "optimization_step", "power", "update_after_step",
               "use_ema_warmup"});  // of EMAModel.save_pretrained
  const auto unknown = file.unknown();
  if (!unknown.empty()) file.refuse(unknown[0].c_str(), "hush does not know this option");
}

inline Unet2dConfig unet2d_config_of(DiffusersConfig& file, const Ports& ports, const SampleSize& size) {
  const bool conditional = file.class_name() == conditional_unet_class;
  if (!conditional && file.class_name() != unet_class)
    throw FileError(file.file(), to_text("describes a ", in_quotes(file.class_name()), "; Unet2d is a ", unet_class,
                                         " or a ", conditional_unet_class));
  file.complete(unet_defaults(conditional),
                {"mid_block_type", conditional ? "cross_attention_dim" : "attention_head_dim"});
  Unet2dConfig c;
  c.image = unet_image_of(file, ports, size);
  const std::int64_t outputs = file.whole("out_channels", 3);
  file.demand(outputs > 0, "out_channels", "must be positive");
  c.outputs = outputs == c.image.channels ? 0 : outputs;
  read_unet_blocks(file, conditional, c);
  read_unet_attention(file, conditional, ports, c);
  read_unet_embedding(file, conditional, ports, c);
  refuse_unet_options(file, conditional);
  return c;
}

}  // namespace detail

/// The network that the `config.json` of a UNet2DModel or UNet2DConditionModel of diffusers describes, for a process of
/// these ports: its input channels are the image's and those of the condition, its labels the condition's vector, its
/// tokens the condition's. `size` stands in the place of the file's sample_size, and is wanted where that is null:
/// unet2d_config_of(file, ports, {64, 64}). Throws FileError, which names the key and its value, where Unet2d cannot be
/// that network.
inline Unet2dConfig unet2d_config_of(const std::filesystem::path& config_json, const Ports& ports = {},
                                     const SampleSize& size = {}) {
  DiffusersConfig file(config_json);
  const Unet2dConfig config = detail::unet2d_config_of(file, ports, size);
  try {
    validate(config, ports);
  } catch (const std::invalid_argument& error) {
    throw FileError(config_json, to_text("describes no network that Unet2d can be: ", error.what()));
  }
  return config;
}

}  // namespace hush::io
