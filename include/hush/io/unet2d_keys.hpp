#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <hush/backbones/shared/unet2d_config.hpp>
#include <hush/io/adm_keys.hpp>
#include <hush/io/key_map.hpp>

namespace hush {
template <detail::NetworkBackend B>
class Unet2d;
}

namespace hush::io {

namespace detail {

/// The name in diffusers of a parameter below `transformers.j` of a stage: of the layers around the transformer blocks,
/// or of one in a block.
inline std::string transformer_name(const AdmName& n) {
  static const Words around{{"norm", "norm"}, {"in", "proj_in"}, {"out", "proj_out"}};
  static const Words attention{{"q", "to_q"}, {"k", "to_k"}, {"v", "to_v"}, {"out", "to_out.0"}};
  static const Words gated{{"value", "ff.net.0.proj"}, {"gate", "ff.net.0.proj"}, {"out", "ff.net.2"}};
  const std::size_t first = n.part == "middle" ? 3 : 4;  // of the words behind `transformers.j`
  if (n.words[first] != "blocks") return to_text(around.at(n.layer), '.', n.leaf);
  const std::string &block = n.words[first + 1], &layer = n.words[first + 2];
  return to_text("transformer_blocks.", block, '.',
                 layer == "self_attention"    ? to_text("attn1.", attention.at(n.layer))
                 : layer == "cross_attention" ? to_text("attn2.", attention.at(n.layer))
                 : layer == "feed_forward"    ? std::string(gated.at(n.layer))
                                              : layer,
                 '.', n.leaf);
}

inline KeyRule unet2d_rule(const AdmName& n, const std::vector<std::int64_t>& extents, const Unet2dConfig& config,
                           AttentionNames attention) {
  const bool one_label_layer =
      config.class_embed_type == ClassEmbedType::rows || config.class_embed_type == ClassEmbedType::simple_projection;
  if (n.part == "label1" && one_label_layer)
    return {.stored = "class_embedding." + n.leaf, .transposed = config.class_embed_type == ClassEmbedType::rows};
  if (n.kind != "transformers") return {.stored = diffusers_name(n, attention)};
  const std::string stage = n.part == "middle" ? "mid_block" : to_text(n.part, "_blocks.", n.stage);
  KeyRule rule{.stored = to_text(stage, ".attentions.", n.index, '.', transformer_name(n))};
  const bool around = n.words.size() == (n.part == "middle" ? 5u : 6u) && extents.size() == 2;
  if (around && !config.use_linear_projection)  // a convolution of one pixel
    rule.rearranged = {.view = extents, .order = {0, 1}, .shape = {extents[0], extents[1], 1, 1}};
  return rule;
}

}  // namespace detail

/// The names of diffusers' UNet2DModel and UNet2DConditionModel for a Unet2d.
template <hush::detail::NetworkBackend B>
KeyMap diffusers_keys(const Unet2d<B>& net, AttentionNames attention = AttentionNames::to_q) {
  return detail::rules_of(detail::parameters_of(net), [&](const detail::AdmName& n, const auto& extents) {
    return detail::unet2d_rule(n, extents, net.config(), attention);
  });
}

}  // namespace hush::io
