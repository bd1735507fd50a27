#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <hush/autoencoders/autoencoder_kl.hpp>
#include <hush/autoencoders/autoencoder_tiny.hpp>
#include <hush/io/adm_keys.hpp>
#include <hush/io/key_map.hpp>

namespace hush::io {

namespace detail {

/// The name in AutoencoderKL of a parameter: `encoder.down.0.blocks.0.conv1.weight`, `quant.bias`.
inline std::string autoencoder_kl_name(const std::string& name, AttentionNames attention) {
  const std::size_t dot = name.find('.');
  const std::string half = name.substr(0, dot), rest = name.substr(dot + 1);
  const bool is_half = half == "encoder" || half == "decoder";
  return is_half ? half + '.' + diffusers_name(AdmName(rest), attention) : half + "_conv." + rest;
}

/// The rules of one half of an AutoencoderTiny, which counts all of its modules, activations and up-samplings too. An
/// encoder's level begins with its convolution, a decoder's ends with it, behind an up-sampling.
inline void add_tiny_rules(const std::string& half, const std::vector<std::int64_t>& blocks, KeyMap& map) {
  const bool decodes = half == "decoder";
  std::int64_t next = 0;
  const auto add = [&](const std::string& inner, const std::string& native, bool bias = true) {
    for (const char* leaf : {"weight", "bias"})
      if (bias || *leaf == 'w')
        map.rules.push_back({.stored = to_text(half, ".layers.", next, '.', inner, leaf),
                             .native = {to_text(half, '.', native, '.', leaf)}});
  };
  add("", "first");
  next += decodes ? 2 : 1;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::string level = to_text("levels.", i);
    if (!decodes && i > 0) {
      add("", level + ".resample", false);
      ++next;
    }
    for (std::int64_t j = 0; j < blocks[i]; ++j, ++next)
      for (int k = 0; k < 3; ++k) add(to_text("conv.", 2 * k, '.'), to_text(level, ".blocks.", j, ".conv", k + 1));
    if (decodes && i + 1 < blocks.size()) {
      ++next;
      add("", level + ".resample", false);
      ++next;
    }
  }
  add("", "last");
}

}  // namespace detail

/// The names of diffusers' AutoencoderKL for an AutoencoderKl.
template <hush::detail::NetworkBackend B>
KeyMap diffusers_keys(const AutoencoderKl<B>& net, AttentionNames attention = AttentionNames::to_q) {
  KeyMap map;
  for (const auto& [name, extents] : detail::parameters_of(net))
    map.rules.push_back({.stored = detail::autoencoder_kl_name(name, attention), .native = {name}});
  return map;
}

/// The names of diffusers' AutoencoderTiny for an AutoencoderTiny.
template <hush::detail::NetworkBackend B>
KeyMap diffusers_keys(const AutoencoderTiny<B>& net, AttentionNames = AttentionNames::to_q) {
  KeyMap map;
  detail::add_tiny_rules("encoder", net.config().num_encoder_blocks, map);
  detail::add_tiny_rules("decoder", net.config().num_decoder_blocks, map);
  return map;
}

}  // namespace hush::io
