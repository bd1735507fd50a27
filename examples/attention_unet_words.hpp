#pragma once
#include <filesystem>
#include <hush/backbones/attention_unet.hpp>
#include <hush/io/json.hpp>
#include <map>
#include <string>

// A weights file says in its metadata which network it belongs to.
namespace examples {

/// The sizes of a network, for the metadata's entry "network".
inline std::string words_of(const hush::AttentionUnetConfig& c) {
  return hush::io::Json{{"widths", c.widths},         {"bottleneck", c.bottleneck}, {"heads", c.heads},
                        {"head_width", c.head_width}, {"embedding", c.embedding},   {"eps", c.eps}}
      .dump();
}

/// The sizes that a weights file's metadata says. Throws FileError if it does not say them.
inline hush::AttentionUnetConfig network_of(const std::map<std::string, std::string>& metadata,
                                            const std::filesystem::path& weights) {
  const auto found = metadata.find("network");
  if (found == metadata.end())
    throw hush::FileError(weights, "does not say in its metadata which network it belongs to");
  const hush::io::Json n = hush::io::parse_json(found->second, weights);
  hush::AttentionUnetConfig config;
  try {
    n.at("widths").get_to(config.widths);
    n.at("bottleneck").get_to(config.bottleneck), n.at("heads").get_to(config.heads);
    n.at("head_width").get_to(config.head_width), n.at("embedding").get_to(config.embedding);
    n.at("eps").get_to(config.eps);
  } catch (const hush::io::Json::exception&) {
    throw hush::FileError(weights, "describes its network in words this program does not know");
  }
  return config;
}

/// Throws FileError, naming both, unless weights are of the network that is wanted.
inline void check_same(const hush::AttentionUnetConfig& weights, const hush::AttentionUnetConfig& wanted,
                       const std::filesystem::path& file) {
  if (words_of(weights) != words_of(wanted))
    throw hush::FileError(
        file, hush::words("holds weights of another network: ", words_of(weights), ", wanted is ", words_of(wanted)));
}

}  // namespace examples
