#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/io/key_map.hpp>
#include <hush/io/weights.hpp>

namespace hush {
template <detail::NetworkBackend B>
class Adm;
}

namespace hush::io {

/// The order of the rows of a joint projection to queries, keys and values: per head its q, k and v ("legacy" in
/// guided-diffusion, its default), or first all q, then all k, then all v, each by heads (its "new" order). It is not
/// in the file but in its configuration (use_new_attention_order).
enum class QkvOrder { by_head, by_kind };

/// The names of diffusers for the layers of an attention: to_q, to_k, to_v and to_out.0; or query, key, value and
/// proj_attn, those of 2022, which published weights still have.
enum class AttentionNames { to_q, query };

/// The six arrays that Palette computes from its betas and stores with the weights, for a schedule of steps() levels
/// after clean().
template <class Schedule>
std::map<std::string, std::vector<double>> palette_constants(const Schedule& schedule) {
  std::map<std::string, std::vector<double>> all;
  double gamma_before = 1, rest_before = 0;
  for (int i = 1; i <= schedule.steps(); ++i) {
    const auto at = schedule(schedule.clean() + i);
    const double gamma = at.signal * at.signal, rest = at.noise * at.noise, beta = 1 - gamma / gamma_before;
    all["gammas"].push_back(gamma);
    all["sqrt_recip_gammas"].push_back(std::sqrt(1 / gamma));
    all["sqrt_recipm1_gammas"].push_back(std::sqrt(rest / gamma));
    all["posterior_log_variance_clipped"].push_back(std::log(std::max(beta * rest_before / rest, 1e-20)));
    all["posterior_mean_coef1"].push_back(beta * std::sqrt(gamma_before) / rest);
    all["posterior_mean_coef2"].push_back(rest_before * std::sqrt(1 - beta) / rest);
    gamma_before = gamma;
    rest_before = rest;
  }
  return all;
}

namespace detail {

using Parameters = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;

/// The parameters of a network with the extents that files have, in the network's order.
template <class Net>
Parameters parameters_of(const Net& net) {
  Parameters all;
  walk(net, [&](const std::string& name, const auto& p) { all.emplace_back(name, file_extents(p.value.shape())); });
  return all;
}

/// A parameter of an Adm or a Unet2d by its name: `down.1.blocks.0.conv1.weight`, `middle.attention.0.norm.bias`,
/// `first.weight`.
struct AdmName {
  std::vector<std::string> words{""};
  std::string part, kind, layer, leaf;  // "down", "blocks", "conv1", "weight"; part and leaf alone where it is no stage
  std::int64_t stage = 0, index = 0;

  explicit AdmName(std::string_view name) {
    for (const char letter : name) letter == '.' ? void(words.emplace_back()) : words.back().push_back(letter);
    part = words.front();
    leaf = words.back();
    if (words.size() == 2) return;
    std::size_t next = 1;
    if (part != "middle") stage = std::stoll(words[next++]);
    kind = words[next];
    index = std::stoll(words[next + 1]);
    if (kind != "convolution") layer = words[words.size() - 2];
  }
};

using Words = std::map<std::string_view, const char*>;

/// What the guided-diffusion names of an Adm depend on besides its own names: its sizes.
struct AdmSizes {
  std::int64_t blocks, head_channels, heads;
  QkvOrder order;
  std::set<std::int64_t> attending;  // stages of the decoder that have attention
};

inline std::string guided_name(const AdmName& n, const AdmSizes& sizes) {
  static const Words tops{{"time1", "time_embed.0"},     {"time2", "time_embed.2"}, {"cue", "label_emb"},
                          {"first", "input_blocks.0.0"}, {"norm", "out.0"},         {"last", "out.2"}};
  static const Words layers{{"norm1", "in_layers.0"},
                            {"conv1", "in_layers.2"},
                            {"scale", "emb_layers.1"},
                            {"shift", "emb_layers.1"},
                            {"norm2", "out_layers.0"},
                            {"conv2", "out_layers.3"},
                            {"shortcut", "skip_connection"},
                            {"norm", "norm"},
                            {"q", "qkv"},
                            {"k", "qkv"},
                            {"v", "qkv"},
                            {"out", "proj_out"}};
  if (n.kind.empty()) return to_text(tops.at(n.part), '.', n.leaf);
  const bool down = n.part == "down", behind = n.kind == "resample" || n.kind == "convolution";
  const std::string layer = n.kind == "convolution" ? down ? "op" : "conv" : layers.at(n.layer);
  const std::string inner = to_text('.', layer, '.', n.leaf);
  if (n.part == "middle") return to_text("middle_block.", n.kind == "attention" ? 1 : 2 * n.index, inner);
  if (down)
    return to_text("input_blocks.", 1 + n.stage * (sizes.blocks + 1) + (behind ? sizes.blocks : n.index),
                   n.kind == "attention" ? ".1" : ".0", inner);
  const int place = n.kind == "attention" ? 1 : behind ? 1 + int(sizes.attending.count(n.stage)) : 0;
  return to_text("output_blocks.", n.stage * (sizes.blocks + 1) + (behind ? sizes.blocks : n.index), '.', place, inner);
}

inline KeyRule guided_rule(const AdmName& n, const std::vector<std::int64_t>& extents, const AdmSizes& sizes) {
  KeyRule rule{.stored = guided_name(n, sizes), .transposed = n.part == "cue"};
  if (n.kind != "attention" || n.layer == "norm") return rule;
  rule.one_behind = extents.size() == 2;
  if (n.layer != "out" && sizes.order == QkvOrder::by_head)
    rule.groups = sizes.head_channels ? extents[0] / sizes.head_channels : sizes.heads;
  return rule;
}

inline std::string diffusers_name(const AdmName& n, AttentionNames attention) {
  static const Words tops{{"time0", "time_proj"},
                          {"time1", "time_embedding.linear_1"},
                          {"time2", "time_embedding.linear_2"},
                          {"cue", "class_embedding"},
                          {"label1", "class_embedding.linear_1"},
                          {"label2", "class_embedding.linear_2"},
                          {"first", "conv_in"},
                          {"norm", "conv_norm_out"},
                          {"last", "conv_out"}};
  static const Words layers{{"scale", "time_emb_proj"},
                            {"shift", "time_emb_proj"},
                            {"shortcut", "conv_shortcut"},
                            {"norm", "group_norm"},
                            {"q", "to_q"},
                            {"k", "to_k"},
                            {"v", "to_v"},
                            {"out", "to_out.0"}};
  static const Words older{{"q", "query"}, {"k", "key"}, {"v", "value"}, {"out", "proj_attn"}};
  static const Words kinds{{"blocks", ".resnets."}, {"attention", ".attentions."}};
  if (n.kind.empty()) return to_text(tops.at(n.part), '.', n.leaf);
  const bool behind = n.kind == "resample" || n.kind == "convolution";
  const std::string stage = n.part == "middle" ? "mid_block" : to_text(n.part, "_blocks.", n.stage);
  const bool old = attention == AttentionNames::query && older.count(n.layer);
  const auto layer = old ? older.find(n.layer) : layers.find(n.layer);
  return to_text(stage, behind ? to_text('.', n.part, "samplers.") : kinds.at(n.kind), n.index, '.',
                 n.kind == "convolution"        ? "conv"
                 : old || layer != layers.end() ? layer->second
                                                : n.layer,
                 '.', n.leaf);
}

/// The rules for all parameters, each from rule_of(name, extents); parameters with one stored name share one array.
template <class RuleOf>
KeyMap rules_of(const Parameters& parameters, const RuleOf& rule_of) {
  KeyMap map;
  std::map<std::string, std::size_t> places;
  for (const auto& [name, extents] : parameters) {
    KeyRule rule = rule_of(AdmName(name), extents);
    const auto [place, fresh] = places.try_emplace(rule.stored, map.rules.size());
    if (fresh) map.rules.push_back(std::move(rule));
    map.rules[place->second].native.push_back(name);
  }
  return map;
}

inline KeyMap guided_rules(const Parameters& parameters, AdmSizes sizes) {
  for (const auto& [name, extents] : parameters)
    if (const AdmName n(name); n.part == "up" && n.kind == "attention") sizes.attending.insert(n.stage);
  return rules_of(parameters, [&](const AdmName& n, const auto& extents) { return guided_rule(n, extents, sizes); });
}

}  // namespace detail

/// The names of guided-diffusion's UNetModel for an Adm.
template <hush::detail::NetworkBackend B>
KeyMap guided_diffusion_keys(const Adm<B>& net, QkvOrder order) {
  const auto& c = net.config();
  return detail::guided_rules(detail::parameters_of(net), {c.blocks, c.head_channels, c.heads, order, {}});
}

/// The names of diffusers' UNet2DModel for an Adm.
template <hush::detail::NetworkBackend B>
KeyMap diffusers_keys(const Adm<B>& net, AttentionNames attention = AttentionNames::to_q) {
  return detail::rules_of(detail::parameters_of(net), [&](const detail::AdmName& n, const auto&) {
    return KeyRule{.stored = detail::diffusers_name(n, attention), .transposed = n.part == "cue"};
  });
}

/// The names in a Palette file (its `denoise_fn`) for an Adm, without the numbers of a schedule beside them.
template <hush::detail::NetworkBackend B>
KeyMap palette_keys(const Adm<B>& net, QkvOrder order) {
  KeyMap map = guided_diffusion_keys(net, order);
  for (KeyRule& rule : map.rules) {
    if (rule.stored.starts_with("time_embed")) rule.stored.replace(0, 4, "cond");
    rule.stored = "denoise_fn." + rule.stored;
  }
  return map;
}
/// `palette_keys` with the six arrays that Palette computes from its betas and stores with the weights.
template <hush::detail::NetworkBackend B, class Schedule>
KeyMap palette_keys(const Adm<B>& net, QkvOrder order, const Schedule& schedule) {
  KeyMap map = palette_keys(net, order);
  map.constants = palette_constants(schedule);
  return map;
}

}  // namespace hush::io
