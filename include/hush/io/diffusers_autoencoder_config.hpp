#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <hush/autoencoders/autoencoder_kl.hpp>
#include <hush/autoencoders/autoencoder_tiny.hpp>
#include <hush/io/diffusers_config.hpp>

namespace hush::io {

namespace detail {

/// The two autoencoders of diffusers that hush has, and the defaults of version 0.42.1.
inline constexpr const char *kl_class = "AutoencoderKL", *tiny_class = "AutoencoderTiny";

inline constexpr const char* kl_defaults_json = R"({"act_fn": "silu", "block_out_channels": [64], "down_block_types":
    ["DownEncoderBlock2D"], "force_upcast": true, "in_channels": 3, "latent_channels": 4, "latents_mean": null,
    "latents_std": null, "layers_per_block": 1, "mid_block_add_attention": true, "norm_num_groups": 32, "out_channels":
    3, "sample_size": 32, "scaling_factor": 0.18215, "shift_factor": null, "up_block_types": ["UpDecoderBlock2D"],
    "use_post_quant_conv": true, "use_quant_conv": true})";
inline constexpr const char* tiny_defaults_json = R"({"act_fn": "relu", "block_out_channels": [64, 64, 64, 64],
    "decoder_block_out_channels": [64, 64, 64, 64], "encoder_block_out_channels": [64, 64, 64, 64], "force_upcast":
    false, "in_channels": 3, "latent_channels": 4, "latent_magnitude": 3, "latent_shift": 0.5, "num_decoder_blocks":
    [3, 3, 3, 1], "num_encoder_blocks": [1, 3, 3, 3], "out_channels": 3, "scaling_factor": 1.0, "shift_factor": 0.0,
    "upsample_fn": "nearest", "upsampling_scaling_factor": 2})";

inline const Json& kl_defaults() {
  static const Json all = parse_json(kl_defaults_json, kl_class);
  return all;
}
inline const Json& tiny_defaults() {
  static const Json all = parse_json(tiny_defaults_json, tiny_class);
  return all;
}

/// Throws FileError unless the file describes this class, here the network `ours`.
inline void demand_class(const DiffusersConfig& file, const char* wanted, const char* ours) {
  if (file.class_name() != wanted)
    throw FileError(file.file(), to_text("describes a ", in_quotes(file.class_name()), "; ", ours, " is an ", wanted));
}

/// The channels of images, in and out.
inline std::int64_t image_channels_of(DiffusersConfig& file) {
  const std::int64_t in = file.whole("in_channels", 3), out = file.whole("out_channels", 3);
  file.demand(in == out, "out_channels", "must be in_channels, ", in,
              ": latents are made of the images that they give");
  return in;
}

/// Refuses blocks that hush has not, and lists that are not as long as there are levels.
inline void demand_blocks(DiffusersConfig& file, const char* key, const char* block, std::size_t levels) {
  const auto names = file.list<std::string>(key, {});
  file.demand(names.size() == levels, key, "block_out_channels has ", levels, " entries");
  file.demand(std::ranges::all_of(names, [&](const std::string& name) { return name == block; }), key, "only ", block,
              " has a counterpart");
}

/// Refuses what was not read.
inline void demand_known(DiffusersConfig& file) {
  file.ignore({"force_upcast", "latent_magnitude", "latent_shift"});  // change no latent and no image
  const auto unknown = file.unknown();
  if (!unknown.empty()) file.refuse(unknown[0].c_str(), "hush does not know this option");
}

template <class Config>
Config validated(const Config& config, const DiffusersConfig& file, const char* ours) {
  try {
    validate(config);
  } catch (const std::invalid_argument& error) {
    throw FileError(file.file(), to_text("describes no network that ", ours, " can be: ", error.what()));
  }
  return config;
}

}  // namespace detail

/// The autoencoder that the `config.json` of an AutoencoderKL of diffusers describes. `size` stands in the place of the
/// file's sample_size: autoencoder_kl_config_of(file, {64, 64}). Throws FileError, which names the key and its value,
/// where AutoencoderKl cannot be that network.
inline AutoencoderKlConfig autoencoder_kl_config_of(const std::filesystem::path& config_json,
                                                    const SampleSize& size = {}) {
  DiffusersConfig file(config_json);
  detail::demand_class(file, detail::kl_class, "AutoencoderKl");
  file.complete(detail::kl_defaults(), {"sample_size"});
  AutoencoderKlConfig c;
  const SampleSize sides = detail::sample_size_of(file, size, "behind the file");
  c.image = {sides.height, sides.width, detail::image_channels_of(file)};
  c.block_out_channels = file.list<std::int64_t>("block_out_channels", {});
  detail::demand_blocks(file, "down_block_types", "DownEncoderBlock2D", c.block_out_channels.size());
  detail::demand_blocks(file, "up_block_types", "UpDecoderBlock2D", c.block_out_channels.size());
  c.layers_per_block = file.whole("layers_per_block", 1);
  c.latent_channels = file.whole("latent_channels", 4);
  c.norm_num_groups = file.whole("norm_num_groups", 32);
  c.use_quant_conv = file.flag("use_quant_conv", true);
  c.use_post_quant_conv = file.flag("use_post_quant_conv", true);
  c.mid_block_add_attention = file.flag("mid_block_add_attention", true);
  c.scaling_factor = file.number("scaling_factor", 1);
  c.shift_factor = file.number("shift_factor", 0);
  const std::string act = file.text("act_fn", "silu");
  file.demand(act == "silu" || act == "swish", "act_fn", "must be silu");
  file.only(detail::kl_defaults(), {"latents_mean", "latents_std"});
  detail::demand_known(file);
  return detail::validated(c, file, "AutoencoderKl");
}

/// The autoencoder that the `config.json` of an AutoencoderTiny of diffusers describes, for images of a size, of which
/// the file says nothing. Throws FileError, which names the key and its value, where AutoencoderTiny cannot be that
/// network.
inline AutoencoderTinyConfig autoencoder_tiny_config_of(const std::filesystem::path& config_json,
                                                        const SampleSize& size) {
  DiffusersConfig file(config_json);
  detail::demand_class(file, detail::tiny_class, "AutoencoderTiny");
  file.complete(detail::tiny_defaults());
  AutoencoderTinyConfig c;
  c.image = {size.height, size.width, detail::image_channels_of(file)};
  c.encoder_block_out_channels = file.list<std::int64_t>("encoder_block_out_channels", {});
  c.decoder_block_out_channels = file.list<std::int64_t>("decoder_block_out_channels", {});
  c.num_encoder_blocks = file.list<std::int64_t>("num_encoder_blocks", {});
  c.num_decoder_blocks = file.list<std::int64_t>("num_decoder_blocks", {});
  c.latent_channels = file.whole("latent_channels", 4);
  c.scaling_factor = file.number("scaling_factor", 1);
  c.shift_factor = file.number("shift_factor", 0);
  file.only(detail::tiny_defaults(), {"act_fn", "upsample_fn", "upsampling_scaling_factor"});
  file.ignore({"block_out_channels"});  // the decoder's once more
  detail::demand_known(file);
  return detail::validated(c, file, "AutoencoderTiny");
}

}  // namespace hush::io
