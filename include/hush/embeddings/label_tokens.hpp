#pragma once
#include <cmath>
#include <cstdint>

#include <hush/backbone.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/ops/concat.hpp>
#include <hush/ops/repeat.hpp>

namespace hush {

/// Sizes of LabelTokens.
struct LabelTokensConfig {
  std::int64_t width = 256;  // of a token
  static constexpr void fields(auto& self, auto&& f) { f("width", self.width); }
  friend constexpr bool operator==(const LabelTokensConfig&, const LabelTokensConfig&) = default;
};

/// Labels as tokens for cross-attention: a token for each label, learned, and one more for none. Tokens are
/// [N, label_dim + 1, width], the same for all images; the token mask is the vector [N, label_dim] of the process, and
/// 1 for the last token: an image has the tokens of its labels and that of none. They are a set: a token has no place,
/// and the others are masked. An image without labels has the last alone, so that it becomes the null condition of
/// classifier-free guidance. An embedding of WithEmbedding, for networks with the ports `tokens` and `token_dim`.
/// Throws std::invalid_argument for a process without labels, or with tokens of its own.
template <Backend B>
struct LabelTokens {
  LabelTokensConfig sizes;
  Parameter<B> table;  // [label_dim + 1, width], of variance 1 at first

  LabelTokens(LabelTokensConfig config, const Ports& process, Seed seed, const B& on = {})
      : sizes(config), table(on, {checked(config, process) + 1, config.width}, Init::uniform(std::sqrt(3.0))) {
    initialise(*this, seed);
  }
  const LabelTokensConfig& config() const { return sizes; }
  Ports network_ports(Ports process) const {
    process.tokens = process.label_dim + 1;
    process.token_dim = sizes.width;
    process.label_dim = 0;
    return process;
  }
  template <Value V>
  Input<V> operator()(Input<V> input) const {
    const V labels = *input.labels;
    const std::int64_t n = labels.shape()[0];
    input.tokens = repeat(labels, table, n);
    input.token_mask = concat(labels, constant_like(labels, filled(labels.on(), {n, 1}, 1)));
    input.labels.reset();
    return input;
  }
  static void visit(auto& self, auto&& f) { f("table", self.table); }

 private:
  static std::int64_t checked(const LabelTokensConfig& config, const Ports& process) {
    check(config.width >= 1, "LabelTokens", "width must be at least 1, is ", config.width);
    check(process.label_dim >= 1, "LabelTokens", "the process has no labels: give it MultiHot or ClassLabel");
    check(process.tokens == 0, "LabelTokens", "the process has ", process.tokens,
          " tokens of its own, which these would replace");
    return process.label_dim;
  }
};

}  // namespace hush
