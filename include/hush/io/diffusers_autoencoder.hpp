#pragma once
#include <filesystem>
#include <map>
#include <string>

#include <hush/autoencoders/autoencoder_kl.hpp>
#include <hush/autoencoders/autoencoder_tiny.hpp>
#include <hush/io/atomic_file.hpp>
#include <hush/io/autoencoder_keys.hpp>
#include <hush/io/descriptions.hpp>
#include <hush/io/diffusers_autoencoder_config.hpp>
#include <hush/io/diffusers_folder.hpp>
#include <hush/io/weights.hpp>

namespace hush::io {

namespace detail {

/// The config.json of an autoencoder, its keys sorted.
inline std::string autoencoder_json(const AutoencoderKlConfig& c) {
  Json to = kl_defaults();
  to["_class_name"] = kl_class;
  to["_diffusers_version"] = "0.42.1";  // whose keys these are
  to["sample_size"] = c.image.height == c.image.width ? Json(c.image.height) : Json{c.image.height, c.image.width};
  to["in_channels"] = to["out_channels"] = c.image.channels;
  to["block_out_channels"] = c.block_out_channels;
  to["down_block_types"] = std::vector<std::string>(c.block_out_channels.size(), "DownEncoderBlock2D");
  to["up_block_types"] = std::vector<std::string>(c.block_out_channels.size(), "UpDecoderBlock2D");
  to["layers_per_block"] = c.layers_per_block;
  to["latent_channels"] = c.latent_channels;
  to["norm_num_groups"] = c.norm_num_groups;
  to["use_quant_conv"] = c.use_quant_conv;
  to["use_post_quant_conv"] = c.use_post_quant_conv;
  to["mid_block_add_attention"] = c.mid_block_add_attention;
  to["scaling_factor"] = c.scaling_factor;
  if (c.shift_factor != 0) to["shift_factor"] = c.shift_factor;
  return to.dump(2) + '\n';
}
inline std::string autoencoder_json(const AutoencoderTinyConfig& c) {
  Json to = tiny_defaults();
  to["_class_name"] = tiny_class;
  to["_diffusers_version"] = "0.42.1";
  to["in_channels"] = to["out_channels"] = c.image.channels;
  to["encoder_block_out_channels"] = c.encoder_block_out_channels;
  to["block_out_channels"] = to["decoder_block_out_channels"] = c.decoder_block_out_channels;
  to["num_encoder_blocks"] = c.num_encoder_blocks;
  to["num_decoder_blocks"] = c.num_decoder_blocks;
  to["latent_channels"] = c.latent_channels;
  to["scaling_factor"] = c.scaling_factor;
  to["shift_factor"] = c.shift_factor;
  return to.dump(2) + '\n';
}

/// Throws FileError unless the file's network is `mine`, but for the size of the images.
template <class Config>
void check_same_autoencoder(const std::filesystem::path& json, const Config& theirs, const Config& mine) {
  check_same(json, "describes another network", describe(theirs), describe(mine), {"image.height", "image.width"});
}

template <class Net>
void save_autoencoder(const std::filesystem::path& folder, const Net& net, const WeightFile& as) {
  const std::string json = autoencoder_json(net.config());
  check_unsharded(folder);
  save_weights(diffusers_weights(folder), net, diffusers_keys(net), as);
  write_file(folder / "config.json", json);
}

}  // namespace detail

/// Reads the weights in a folder that diffusers' save_pretrained wrote (of an AutoencoderKL, or of a pipeline with one
/// in `vae`) into an AutoencoderKl, from one file or from several; those with the names of 2022 too. Its config.json
/// must describe this network, but for the size of the images, else FileError names each field and both values, and the
/// network stays as it was. Returns the file's metadata.
template <hush::detail::NetworkBackend B>
std::map<std::string, std::string> load_diffusers(const std::filesystem::path& folder, AutoencoderKl<B>& net) {
  const auto place = detail::diffusers_part_folder(folder, "vae"), json = place / "config.json";
  detail::check_same_autoencoder(json, autoencoder_kl_config_of(json, {net.image().height, net.image().width}),
                                 net.config());
  return detail::load_diffusers_weights(place, net);
}
/// The same of an AutoencoderTiny.
template <hush::detail::NetworkBackend B>
std::map<std::string, std::string> load_diffusers(const std::filesystem::path& folder, AutoencoderTiny<B>& net) {
  const auto place = detail::diffusers_part_folder(folder, "vae"), json = place / "config.json";
  detail::check_same_autoencoder(json, autoencoder_tiny_config_of(json, {net.image().height, net.image().width}),
                                 net.config());
  return detail::load_diffusers_weights(place, net);
}

/// Writes a folder that diffusers' from_pretrained reads, the `vae` of a pipeline: config.json, with what a diffusion
/// makes of the latents (scaling_factor, shift_factor), and diffusion_pytorch_model.safetensors. Throws FileError, also
/// for a folder whose weights lie in several files, and std::invalid_argument for weights that are not finite.
template <hush::detail::NetworkBackend B>
void save_diffusers(const std::filesystem::path& folder, const AutoencoderKl<B>& net, const WeightFile& as = {}) {
  detail::save_autoencoder(folder, net, as);
}
/// The same of an AutoencoderTiny.
template <hush::detail::NetworkBackend B>
void save_diffusers(const std::filesystem::path& folder, const AutoencoderTiny<B>& net, const WeightFile& as = {}) {
  detail::save_autoencoder(folder, net, as);
}

}  // namespace hush::io
