#pragma once
#include <filesystem>
#include <hush/backbones/attention_unet.hpp>
#include <hush/backbones/shared/adm_config.hpp>
#include <hush/io/json.hpp>
#include <hush/io/models.hpp>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Weights files of the programs: model files, and the older format, which has the sizes of the network as JSON in the
// metadata's entry "network".
namespace examples {

using namespace hush;

/// The sizes in a file of the older format.
inline void read_older(const io::Json& n, AttentionUnetConfig& c) {
  n.at("widths").get_to(c.widths), n.at("bottleneck").get_to(c.bottleneck), n.at("heads").get_to(c.heads);
  n.at("head_width").get_to(c.head_width), n.at("embedding").get_to(c.embedding), n.at("eps").get_to(c.eps);
}
inline void read_older(const io::Json& n, AdmConfig& c) {
  n.at("height").get_to(c.image.height), n.at("width").get_to(c.image.width);
  n.at("image_channels").get_to(c.image.channels), n.at("channels").get_to(c.channels);
  n.at("multipliers").get_to(c.multipliers), n.at("blocks").get_to(c.blocks);
  n.at("attention_factors").get_to(c.attention.factors), n.at("head_channels").get_to(c.head_channels);
  n.at("dropout").get_to(c.dropout), n.at("embedding_scale").get_to(c.embedding.scale);
}

/// The content of a weights file besides the weights: metadata, the config of its network, and the description of a
/// model file.
template <class Config>
struct ModelFile {
  std::map<std::string, std::string> words;
  Config network;
  std::optional<io::ModelDescription> model;
};
/// Throws FileError for a file that is neither a model file nor an older one of this program, which has this metadata
/// entry.
template <class Config>
ModelFile<Config> model_file(const std::filesystem::path& file, const std::string& word) {
  ModelFile<Config> found;  // no braced list: where a later part of it throws, g++ 12 destroys an earlier one twice
  found.words = io::read_safetensors(file).metadata;
  found.model = io::read_model(found.words, file);
  if (found.model) {
    found.network = io::read_config<Config>(*found.model, file);
    return found;
  }
  if (!found.words.count(word) || !found.words.count("network"))
    throw FileError(file,
                    hush::to_text("is neither a model file (save_model) nor weights of this program: its metadata have "
                                  "no entries \"",
                                  word, "\" and \"network\""));
  if constexpr (requires(const io::Json& sizes) { read_older(sizes, found.network); }) {
    try {
      read_older(io::parse_json(found.words.at("network"), file), found.network);
      return found;
    } catch (const io::Json::exception&) {}
  }
  throw FileError(
      file, "holds the weights of another program: its metadata entry \"network\" describes none that this one has");
}

/// `load_model` for older files too, which have the network's config only.
template <class Config, class Proc, class Net>
void load(const std::filesystem::path& file, const ModelFile<Config>& about, const Proc& process, Net& net,
          const std::vector<std::string>& may_differ = {}) {
  const auto config = [](const Config& sizes) {
    const Description network{Description::Kind::object, "", {{"config", describe(sizes)}}};
    return Description{Description::Kind::object, "", {{"network", network}}};
  };
  if (!about.model)
    for (const Difference& one : differences(config(about.network), config(net.config()), may_differ))
      throw FileError(file, to_text("holds the weights of another model: ", one.path, " is ", one.theirs,
                                    " in the file, ", one.mine, " here"));
  io::load_model(file, process, net, {.may_differ = may_differ, .plain_weights = true});
}

}  // namespace examples
