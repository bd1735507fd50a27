#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <hush/backbones/adm.hpp>
#include <hush/io/adm_keys.hpp>
#include <hush/io/diffusers_config.hpp>
#include <hush/io/diffusers_folder.hpp>
#include <hush/io/diffusers_unet2d_config.hpp>

namespace hush::io {

namespace detail {

/// The differences between the network that a config describes and the given one, each with the config's key.
inline std::vector<std::string> differences(DiffusersConfig& file, const AdmConfig& theirs, const AdmConfig& ours) {
  std::vector<std::string> all;
  const auto compare = [&](bool same, const char* key, const auto&... here) {
    if (!same)
      all.push_back(to_text(key, " is ", file.has(key) ? file.shown(key) : "not there", ", the network has ", here...));
  };
  const auto widths = [](const AdmConfig& c) {
    std::vector<std::int64_t> list;
    for (std::size_t i = 0; i < c.multipliers.size(); ++i) list.push_back(adm::width(c, i));
    return list;
  };
  const auto list = widths(ours);
  const bool levels = widths(theirs) == list, several = list.size() > 1;
  compare(levels, "block_out_channels", printed(list));
  compare(theirs.channels == ours.channels, "block_out_channels", "an embedding of ", ours.channels, " channels");
  compare(theirs.blocks == ours.blocks, "layers_per_block", "blocks = ", ours.blocks);
  for (std::size_t i = 0; levels && i < list.size(); ++i) {
    const bool here = adm::attends(ours, i), there = adm::attends(theirs, i);
    compare(here == there, "down_block_types", here ? "" : "no ", "attention at factor ", adm::factor(i));
    if ((here && there) || i + 1 == list.size())
      compare(adm::heads(theirs, list[i]) == adm::heads(ours, list[i]), "attention_head_dim", adm::heads(ours, list[i]),
              " heads of ", list[i] / adm::heads(ours, list[i]), " channels at factor ", adm::factor(i));
  }
  compare(theirs.scale_shift == ours.scale_shift, "resnet_time_scale_shift", "scale_shift = ", ours.scale_shift);
  compare(!several || theirs.residual_resampling == ours.residual_resampling, "down_block_types",
          "residual_resampling = ", ours.residual_resampling);
  compare(!several || theirs.residual_resampling || theirs.downsample_padding == ours.downsample_padding,
          "downsample_padding", "downsample_padding = ", ours.downsample_padding);
  compare(theirs.embedding.cosine_first == ours.embedding.cosine_first, "flip_sin_to_cos",
          "embedding.cosine_first = ", ours.embedding.cosine_first);
  compare(theirs.embedding.half_minus_one == ours.embedding.half_minus_one, "freq_shift",
          "embedding.half_minus_one = ", ours.embedding.half_minus_one);
  compare(ours.embedding.scale == 1 && ours.embedding.max_period == 10000, "time_embedding_type",
          "embedding.scale = ", ours.embedding.scale, " and max_period = ", ours.embedding.max_period,
          ", diffusers 1 and 10000");
  compare(theirs.groups == ours.groups, "norm_num_groups", "groups = ", ours.groups);
  compare(theirs.eps == ours.eps, "norm_eps", "eps = ", ours.eps);
  compare(theirs.image.channels == ours.image.channels, "in_channels", "images of ", ours.image.channels,
          " channels beside the condition's");
  const auto outputs = [](const AdmConfig& c) { return c.outputs ? c.outputs : c.image.channels; };
  compare(outputs(theirs) == outputs(ours), "out_channels", outputs(ours), " outputs");
  return all;
}

/// What Unet2d has and Adm has not is refused.
inline void check_adm(DiffusersConfig& file, const Unet2dConfig& u) {
  const auto& widths = u.block_out_channels;
  for (const std::int64_t width : widths)
    file.demand(width > 0 && width % widths[0] == 0, "block_out_channels", "wants multiples of the first");
  file.demand(u.time_embedding_type == TimeEmbedType::positional, "time_embedding_type", "must be positional");
  file.demand(u.mid_block_type != UnetMiddle::none, "mid_block_type", "must be UNetMidBlock2D");
  file.demand(u.mid_block_type == UnetMiddle::attention, "add_attention", "must be true");
  file.demand(!u.scale_shift || u.attn_norm_num_groups, "attn_norm_num_groups",
              "with scale_shift the attention in the middle has no norm then, and here it has one");
  file.demand(unet2d::middle_groups(u) == u.norm_num_groups, "attn_norm_num_groups", "must be norm_num_groups, ",
              u.norm_num_groups);
  file.demand(u.time_embedding_dim == 0 || u.time_embedding_dim == 4 * widths[0], "time_embedding_dim", "must be ",
              4 * widths[0]);
  file.demand(u.mid_block_scale_factor == 1, "mid_block_scale_factor", "must be 1");
  file.demand(!u.center_input_sample, "center_input_sample", "must be false");
  file.demand(u.class_embed_type == ClassEmbedType::rows, "class_embed_type", "must be null");
}

/// Sets which levels have attention, and how the resolution is changed, which all of an Adm do alike.
inline void read_adm_levels(DiffusersConfig& file, const Unet2dConfig& u, AdmConfig& c) {
  const std::size_t last = u.block_out_channels.size() - 1;
  std::optional<bool> by_blocks;
  const auto resamples = [&](UnetBlock type, UnetResampling how, const char* key) {
    const bool block = type == UnetBlock::attention ? how == UnetResampling::resnet : type != UnetBlock::resnet;
    file.demand(by_blocks.value_or(block) == block, key,
                "some levels resample by residual blocks, others by convolutions; here all do alike");
    by_blocks = block;
  };
  for (std::size_t i = 0; i <= last; ++i) {
    const UnetBlock down = u.down_block_types[i], up = u.up_block_types[last - i];
    const bool attends = down == UnetBlock::attention;
    file.demand(attends == (up == UnetBlock::attention), "up_block_types",
                "attention must be at the levels of down_block_types");
    if (attends) c.attention.factors.push_back(adm::factor(i));
    if (i < last) resamples(down, u.downsample_type, "down_block_types");
    if (i > 0) resamples(up, u.upsample_type, "up_block_types");
  }
  c.residual_resampling = by_blocks.value_or(c.residual_resampling);
}

/// The network that a config describes, for a process of these ports.
inline AdmConfig adm_config_of(DiffusersConfig& file, const Ports& ports, const SampleSize& size) {
  if (file.class_name() != unet_class)
    throw FileError(file.file(), to_text("describes a ", in_quotes(file.class_name()),
                                         "; of diffusers' networks Adm is UNet2DModel (no attention to texts)"));
  const Unet2dConfig u = unet2d_config_of(file, ports, size);
  check_adm(file, u);
  AdmConfig c{.image = u.image,
              .outputs = u.outputs,
              .channels = u.block_out_channels[0],
              .multipliers = {},
              .blocks = u.layers_per_block,
              .head_channels = u.attention_head_dim.value_or(0),
              .dropout = u.dropout,
              .scale_shift = u.scale_shift,
              .downsample_padding = u.downsample_padding,
              .embedding = {.cosine_first = u.flip_sin_to_cos, .half_minus_one = u.freq_shift == 1},
              .groups = u.norm_num_groups,
              .eps = u.norm_eps};
  for (const std::int64_t width : u.block_out_channels) c.multipliers.push_back(width / c.channels);
  read_adm_levels(file, u, c);
  try {
    validate(c, ports);
  } catch (const std::invalid_argument& error) {
    throw FileError(file.file(), to_text("describes no network that Adm can be: ", error.what()));
  }
  return c;
}

}  // namespace detail

/// The network that the `config.json` of a UNet2DModel of diffusers describes, for a process of these ports: its input
/// channels are the image's and those of the condition, its labels are the condition's vector. `size` is that of
/// unet2d_config_of. Throws FileError, which names the key and its value, where Adm cannot be that network.
inline AdmConfig adm_config_of(const std::filesystem::path& config_json, Ports ports = {},
                               const SampleSize& size = {}) {
  DiffusersConfig config(config_json);
  return detail::adm_config_of(config, ports, size);
}

/// Reads the weights in a folder that diffusers' save_pretrained wrote (of a UNet2DModel, or of a pipeline with one)
/// into an Adm; those with the names of 2022 too. Its config.json must describe this network, but for the size of the
/// images and the dropout, else FileError names each key, its value and what the network has, and the network stays as
/// it was. Returns the file's metadata.
template <hush::detail::NetworkBackend B>
std::map<std::string, std::string> load_diffusers(const std::filesystem::path& folder, Adm<B>& net) {
  const auto place = detail::diffusers_part_folder(folder, "unet");
  DiffusersConfig config(place / "config.json");
  const SampleSize size{net.image().height, net.image().width};
  const auto differences = detail::differences(config, detail::adm_config_of(config, net.ports(), size), net.config());
  if (!differences.empty()) {
    std::string text = "describes another network: ";
    for (std::size_t i = 0; i < differences.size(); ++i) text += (i ? "; " : "") + differences[i];
    throw FileError(config.file(), text);
  }
  return detail::load_diffusers_weights(place, net);
}

}  // namespace hush::io
