#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <hush/backbones/dit.hpp>
#include <hush/check.hpp>
#include <hush/description.hpp>
#include <hush/fields.hpp>
#include <hush/io/atomic_file.hpp>
#include <hush/io/diffusers_config.hpp>
#include <hush/io/diffusers_folder.hpp>
#include <hush/io/dit_keys.hpp>
#include <hush/io/weights.hpp>

namespace hush::io {

namespace detail {

inline constexpr const char* dit_class = "DiTTransformer2DModel";
/// Its defaults in version 0.42.1.
inline const Json& dit_defaults() {
  static const Json all =
      parse_json(R"({"activation_fn": "gelu-approximate", "attention_bias": true, "attention_head_dim": 72,
      "dropout": 0.0, "in_channels": 4, "norm_elementwise_affine": false, "norm_eps": 1e-05, "norm_num_groups": 32,
      "norm_type": "ada_norm_zero", "num_attention_heads": 16, "num_embeds_ada_norm": 1000, "num_layers": 28,
      "out_channels": null, "patch_size": 2, "sample_size": 32, "upcast_attention": false})",
                 dit_class);
  return all;
}

inline DitConfig dit_config_of(DiffusersConfig& file, const Ports& ports) {
  if (file.class_name() != dit_class)
    throw FileError(file.file(), to_text("describes a ", in_quotes(file.class_name()), "; Dit is a ", dit_class));
  file.complete(dit_defaults());
  file.only(dit_defaults(), {"activation_fn", "attention_bias", "dropout", "norm_elementwise_affine", "norm_type"});
  file.ignore({"norm_num_groups", "upcast_attention"});  // which its layers do not read
  DitConfig c;
  c.half_minus_one = true;
  c.image.height = c.image.width = file.whole("sample_size", 0);
  const std::int64_t channels = file.whole("in_channels", 0), outputs = file.whole("out_channels", channels);
  c.image.channels = channels - ports.extra_channels;
  file.demand(c.image.channels > 0, "in_channels", "leaves the image none: the process's condition has ",
              ports.extra_channels);
  file.demand(outputs > 0, "out_channels", "must be positive");
  c.outputs = outputs == c.image.channels ? 0 : outputs;
  c.patch = file.whole("patch_size", 0);
  c.depth = file.whole("num_layers", 0);
  c.heads = file.whole("num_attention_heads", 0);
  const std::int64_t head = file.whole("attention_head_dim", 0);
  file.demand(head > 0 && head <= 1 << 20, "attention_head_dim", "must be positive and at most ", 1 << 20);
  file.demand(c.heads > 0 && c.heads <= 1 << 20, "num_attention_heads", "must be positive and at most ", 1 << 20);
  c.width = c.heads * head;
  c.mlp_eps = file.number("norm_eps", 0);
  file.demand(file.whole("num_embeds_ada_norm", 0) == ports.label_dim, "num_embeds_ada_norm",
              "the vector of this process's condition has a width of ", ports.label_dim);
  const auto unknown = file.unknown();
  if (!unknown.empty()) file.refuse(unknown[0].c_str(), "hush does not know this option");
  try {
    validate(c, ports);
  } catch (const std::invalid_argument& error) {
    throw FileError(file.file(), to_text("describes no network that Dit can be: ", error.what()));
  }
  return c;
}

/// The config.json of a network, its keys sorted.
inline Json dit_json(const DitConfig& c, const Ports& ports) {
  Json to = dit_defaults();
  to["_class_name"] = dit_class;
  to["_diffusers_version"] = "0.42.1";  // whose keys these are
  to["sample_size"] = c.image.height;
  to["in_channels"] = c.image.channels + ports.extra_channels;
  to["out_channels"] = dit::outputs(c);
  to["patch_size"] = c.patch;
  to["num_layers"] = c.depth;
  to["num_attention_heads"] = c.heads;
  to["attention_head_dim"] = c.width / c.heads;
  to["norm_eps"] = c.mlp_eps;
  to["num_embeds_ada_norm"] = ports.label_dim;
  return to;
}

/// What two configs differ in, "" if in nothing: fields with their values in a file and here.
inline std::string dit_differences(const DitConfig& theirs, const DitConfig& ours) {
  std::string text;
  for (const auto& [path, there, here] : hush::differences(describe(theirs), describe(ours)))
    text += to_text(text.empty() ? "" : "; ", path, " is ", there, " there, ", here, " here");
  return text;
}

/// The folder of a transformer: `folder` itself, or `transformer` in the folder of a pipeline.
inline std::filesystem::path dit_folder(const std::filesystem::path& folder) {
  const auto inner = folder / "transformer";
  return !std::filesystem::exists(folder / "config.json") && std::filesystem::exists(inner / "config.json") ? inner
                                                                                                            : folder;
}

}  // namespace detail

/// The network that the `config.json` of a DiTTransformer2DModel of diffusers describes, for a process of these ports:
/// its input channels are the image's and those of the condition, its labels the condition's vector. Throws FileError,
/// which names the key and its value, where Dit cannot be that network.
inline DitConfig dit_config_of(const std::filesystem::path& config_json, const Ports& ports) {
  DiffusersConfig file(config_json);
  return detail::dit_config_of(file, ports);
}

/// Reads the weights in a folder that diffusers' save_pretrained wrote (of a DiTTransformer2DModel, or of a pipeline
/// with one) into a Dit, from one file or from several. Its config.json must describe this network, else FileError
/// names each field and both values; so must the embeddings that it has in each block be the same. The network stays as
/// it was then. Returns the file's metadata.
template <hush::detail::NetworkBackend B>
std::map<std::string, std::string> load_diffusers(const std::filesystem::path& folder, Dit<B>& net) {
  const auto place = detail::dit_folder(folder);
  const auto json = place / "config.json";
  if (const std::string text = detail::dit_differences(dit_config_of(json, net.ports()), net.config()); !text.empty())
    throw FileError(json, "describes another network: " + text);
  auto [arrays, file] = detail::read_diffusers_weights(place);
  take_dit_copies(arrays, net.config().depth, file);
  return load_arrays(std::move(arrays), file, net, diffusers_keys(net));
}

/// Writes a folder that diffusers' from_pretrained reads: config.json and diffusion_pytorch_model.safetensors. Throws
/// FileError, and std::invalid_argument for a network that DiTTransformer2DModel is not, or weights that are not
/// finite.
template <hush::detail::NetworkBackend B>
void save_diffusers(const std::filesystem::path& folder, const Dit<B>& net, const WeightFile& as = {}) {
  const DitConfig& c = net.config();
  check(net.ports().label_dim > 0, "save_diffusers", detail::dit_class, " has labels, this network none");
  const Json json = detail::dit_json(c, net.ports());
  DiffusersConfig again(folder / "config.json", json);
  const std::string text = detail::dit_differences(detail::dit_config_of(again, net.ports()), c);
  check(text.empty(), "save_diffusers", "no ", detail::dit_class, " is this network: ", text);
  Arrays arrays = to_stored(diffusers_keys(net), weights_of(net, as));
  add_dit_copies(arrays, c.depth);
  if (const auto index = detail::diffusers_index(folder); std::filesystem::exists(index))
    throw FileError(index, "lists weights in several files, which diffusers would read: remove it and them first");
  write_safetensors(detail::diffusers_weights(folder), arrays);
  write_file(folder / "config.json", json.dump(2) + "\n");
}

}  // namespace hush::io
