#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <hush/backbones/adm.hpp>
#include <hush/io/adm_keys.hpp>
#include <hush/io/diffusers_config.hpp>
#include <hush/io/weights.hpp>

namespace hush::io {

namespace detail {

/// The block types of the encoder or decoder, coarsest level last: which levels have attention, and whether residual
/// blocks resample.
struct DiffusersBlocks {
  std::vector<bool> attends;
  bool residual = false;
};

/// `way` is "Down" or "Up"; the level that does not resample may be of either kind.
inline DiffusersBlocks diffusers_blocks(DiffusersConfig& config, const std::string& way, std::size_t levels) {
  const bool down = way == "Down";
  const char *key = down ? "down_block_types" : "up_block_types", *type = down ? "downsample_type" : "upsample_type";
  std::vector<std::string> names = config.list<std::string>(
      key, down ? std::vector<std::string>{"DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"}
                : std::vector<std::string>{"AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"});
  config.demand(names.size() == levels, key, "block_out_channels has ", levels, " entries");
  if (!down) std::reverse(names.begin(), names.end());
  const std::string how = config.text(type, "conv");
  config.demand(how == "conv" || how == "resnet", type, "only conv and resnet have a counterpart");
  DiffusersBlocks blocks{{}, how == "resnet"};
  for (std::size_t i = 0; i < levels; ++i) {
    const std::string name = names[i].starts_with("UNetRes") ? names[i].substr(7) : names[i];
    const bool attends = name == "Attn" + way + "Block2D", plain = name == way + "Block2D",
               resnet = name == "Resnet" + way + "sampleBlock2D";
    config.demand(attends || plain || resnet, key, names[i], " has no counterpart: there are ", way, "Block2D, Attn",
                  way, "Block2D and Resnet", way, "sampleBlock2D");
    const bool resamples = down ? i + 1 < levels : i > 0, residual = attends ? how == "resnet" : resnet;
    if (resamples && blocks.attends.size() == (down ? 0 : 1)) blocks.residual = residual;
    config.demand(!resamples || residual == blocks.residual, key,
                  "some levels resample by residual blocks, others by convolutions; here all do alike");
    blocks.attends.push_back(attends);
  }
  return blocks;
}

/// The folder of the UNet: `folder` itself, or `unet` in the folder of a pipeline.
inline std::filesystem::path diffusers_unet_folder(const std::filesystem::path& folder) {
  return !std::filesystem::exists(folder / "config.json") && std::filesystem::exists(folder / "unet" / "config.json")
             ? folder / "unet"
             : folder;
}

/// The weights file of a model; there must be one only.
inline std::filesystem::path diffusers_weights(const std::filesystem::path& folder) {
  const auto file = folder / "diffusion_pytorch_model.safetensors", index = folder / (file.filename() += ".index.json");
  if (!std::filesystem::exists(file) && std::filesystem::exists(index))
    throw FileError(index,
                    "says that the weights lie in several files; write them as one, in Python: "
                    "model.save_pretrained(folder, max_shard_size=\"100GB\")");
  const auto pickled = folder / "diffusion_pytorch_model.bin";
  return !std::filesystem::exists(file) && std::filesystem::exists(pickled) ? pickled : file;
}

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

/// The network that a config describes, for a process of these ports.
inline AdmConfig adm_config_of(DiffusersConfig& config, Ports ports) {
  if (config.class_name() != "UNet2DModel")
    throw FileError(config.file(), to_text("describes a ", in_quotes(config.class_name()),
                                           "; of diffusers' networks Adm is UNet2DModel (no attention to texts)"));
  AdmConfig c;
  const auto widths = config.list<std::int64_t>("block_out_channels", {224, 448, 672, 896});
  config.demand(!widths.empty() && widths[0] > 0, "block_out_channels", "wants positive numbers");
  c.channels = widths[0];
  c.multipliers.clear();
  for (const std::int64_t width : widths) {
    config.demand(width > 0 && width % c.channels == 0, "block_out_channels", "wants multiples of the first");
    c.multipliers.push_back(width / c.channels);
  }
  const Json& size = config["sample_size"];
  if (size.is_array()) {
    const auto sides = config.list<std::int64_t>("sample_size", {});
    config.demand(sides.size() == 2, "sample_size", "wants one number or height and width");
    c.image.height = sides[0];
    c.image.width = sides[1];
  } else {
    config.demand(!size.is_null(), "sample_size", "write the height and width of the images into the file");
    c.image.height = c.image.width = config.whole("sample_size", 0);
  }
  c.image.channels = config.whole("in_channels", 3) - ports.extra_channels;
  config.demand(c.image.channels > 0, "in_channels", "this process has ", ports.extra_channels,
                " channels of a condition beside the image's");
  const std::int64_t outputs = config.whole("out_channels", 3);
  c.outputs = outputs == c.image.channels ? 0 : outputs;
  c.blocks = config.whole("layers_per_block", 2);
  const auto down = diffusers_blocks(config, "Down", widths.size()), up = diffusers_blocks(config, "Up", widths.size());
  config.demand(down.attends == up.attends, "up_block_types", "attention must be at the levels of down_block_types");
  config.demand(down.residual == up.residual || widths.size() == 1, "up_block_types",
                "must go up as down_block_types go down: by residual blocks, or by convolutions");
  for (std::size_t i = 0; i < widths.size(); ++i)
    if (down.attends[i]) c.attention.factors.push_back(adm::factor(i));
  c.residual_resampling = down.residual;
  c.head_channels = config.is_null("attention_head_dim") && config.has("attention_head_dim")
                        ? 0
                        : config.whole("attention_head_dim", 8);
  c.dropout = config.number("dropout", 0);
  const std::string shift = config.text("resnet_time_scale_shift", "default");
  config.demand(shift == "default" || shift == "scale_shift", "resnet_time_scale_shift",
                "only default and scale_shift have a counterpart");
  c.scale_shift = shift == "scale_shift";
  c.downsample_padding = config.whole("downsample_padding", 1);
  config.demand(c.downsample_padding == 0 || c.downsample_padding == 1, "downsample_padding", "must be 0 or 1");
  c.groups = config.whole("norm_num_groups", 32);
  c.eps = config.number("norm_eps", 1e-5);
  config.demand(!c.scale_shift || !config.is_null("attn_norm_num_groups"), "attn_norm_num_groups",
                "with scale_shift the attention in the middle has no norm then, and here it has one");
  config.demand(config.whole("attn_norm_num_groups", c.groups) == c.groups, "attn_norm_num_groups",
                "must be norm_num_groups, ", c.groups);
  const std::int64_t shifted = config.whole("freq_shift", 0);
  config.demand(shifted == 0 || shifted == 1, "freq_shift", "must be 0 or 1");
  c.embedding = {.cosine_first = config.flag("flip_sin_to_cos", true), .half_minus_one = shifted == 1};

  const auto only = [&](const char* key, const std::string& one) {
    config.demand(config.text(key, one) == one && (config.has(key) ? !config.is_null(key) : true), key, "must be ",
                  one);
  };
  only("time_embedding_type", "positional");
  only("mid_block_type", "UNetMidBlock2D");
  const std::string act = config.text("act_fn", "silu");
  config.demand(act == "silu" || act == "swish", "act_fn", "must be silu");
  const std::int64_t wide = config.whole("time_embedding_dim", 0);
  config.demand(wide == 0 || wide == 4 * c.channels, "time_embedding_dim", "must be ", 4 * c.channels);
  config.demand(config.number("mid_block_scale_factor", 1) == 1, "mid_block_scale_factor", "must be 1");
  config.demand(!config.flag("center_input_sample", false), "center_input_sample", "must be false");
  config.demand(config.flag("add_attention", true), "add_attention", "must be true");
  config.demand(config.is_null("class_embed_type"), "class_embed_type", "must be null");
  config.demand(config.whole("num_class_embeds", 0) == ports.label_dim, "num_class_embeds",
                "the vector of this process's condition has a width of ", ports.label_dim);
  config.ignore({"num_train_timesteps", "decay", "inv_gamma", "min_decay", "optimization_step", "power",
                 "update_after_step", "use_ema_warmup"});  // of EMAModel.save_pretrained
  const auto unknown = config.unknown();
  if (!unknown.empty()) config.refuse(unknown[0].c_str(), "hush does not know this option");
  try {
    validate(c, ports);
  } catch (const std::invalid_argument& error) {
    throw FileError(config.file(), to_text("describes no network that Adm can be: ", error.what()));
  }
  return c;
}

}  // namespace detail

/// The network that the `config.json` of a UNet2DModel of diffusers describes, for a process of these ports: its input
/// channels are the image's and those of the condition, its labels are the condition's vector. Throws FileError, which
/// names the key and its value, where Adm cannot be that network.
inline AdmConfig adm_config_of(const std::filesystem::path& config_json, Ports ports = {}) {
  DiffusersConfig config(config_json);
  return detail::adm_config_of(config, ports);
}

/// Reads the weights in a folder that diffusers' save_pretrained wrote (of a UNet2DModel, or of a pipeline with one)
/// into an Adm; those with the names of 2022 too. Its config.json must describe this network, but for the size of the
/// images and the dropout, else FileError names each key, its value and what the network has, and the network stays as
/// it was. Returns the file's metadata.
template <class Net>
std::map<std::string, std::string> load_diffusers(const std::filesystem::path& folder, Net& net) {
  const auto place = detail::diffusers_unet_folder(folder);
  DiffusersConfig config(place / "config.json");
  const auto differences = detail::differences(config, detail::adm_config_of(config, net.ports()), net.config());
  if (!differences.empty()) {
    std::string text = "describes another network: ";
    for (std::size_t i = 0; i < differences.size(); ++i) text += (i ? "; " : "") + differences[i];
    throw FileError(config.file(), text);
  }
  const auto file = detail::diffusers_weights(place);
  const Arrays arrays = read_safetensors(file);
  const bool old = arrays.items.count("mid_block.attentions.0.query.weight") > 0;
  return load_arrays(arrays, file, net, diffusers_keys(net, old ? AttentionNames::query : AttentionNames::to_q));
}

}  // namespace hush::io
