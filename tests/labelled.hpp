#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "tiny.hpp"

// Squares with a class each, for conditionings by labels.
namespace labelled {

using namespace hush;

/// A class from 0 to count - 1 an image, as labels of one more: the last one stands for no condition.
struct Classes {
  std::int64_t count = 2;

  using Given = std::vector<std::int32_t>;
  template <class B>
  using BatchCondition = Tensor<B>;

  Ports ports() const { return {.label_dim = count + 1}; }
  void fits(const Given& given, std::int64_t images, const ImageSize&) const {
    check(std::int64_t(given.size()) == images, "Classes", given.size(), " classes for ", images, " images");
  }
  template <class B>
  Tensor<B> prepare(const B& on, const Given& given, const Rows& rows, const NoiseKey&) const {
    std::vector<float> labels;
    for (std::int64_t i = 0; i < rows.count; ++i)
      for (std::int64_t k = 0; k <= count; ++k) labels.push_back(k == given[std::size_t(rows.first + i)]);
    return upload(on, {rows.count, count + 1}, std::span<const float>(labels));
  }
  template <class B>
  void add_to(const Tensor<B>& condition, Input<Tensor<B>>& input) const {
    input.labels = condition;
  }
  template <Value V>
  void set_null(Input<V>& input) const {
    const Tensor<typename V::backend>& labels = value_of(*input.labels);
    const auto column = [&](std::int64_t width, double number) {
      return filled(labels.on(), {labels.shape()[0], width}, number);
    };
    input.labels = constant_like(*input.labels, concat(column(count, 0), column(1, 1)));
  }
  static constexpr void fields(auto& self, auto&& f) { f("count", self.count); }
  friend constexpr bool operator==(const Classes&, const Classes&) = default;
};

/// Two tokens of three numbers for each class, learned, the class of no condition included.
struct ClassTokensConfig {
  std::int64_t tokens = 2, width = 3;
  static constexpr void fields(auto& self, auto&& f) { f("tokens", self.tokens), f("width", self.width); }
  friend bool operator==(const ClassTokensConfig&, const ClassTokensConfig&) = default;
};
template <class On>
struct ClassTokens {
  ClassTokensConfig sizes;
  nn::Linear<On> table;

  ClassTokens(const On& on, const Ports& process, Seed seed, ClassTokensConfig config = {})
      : sizes(config), table(on, process.label_dim, config.tokens * config.width, false) {
    initialise(*this, seed);
  }
  const ClassTokensConfig& config() const { return sizes; }
  Ports network_ports(const Ports& process) const {
    return {.extra_channels = process.extra_channels, .tokens = sizes.tokens, .token_dim = sizes.width};
  }
  template <Value V>
  Input<V> operator()(Input<V> input) const {
    const std::int64_t n = input.image.shape()[0];
    input.tokens = reshape(table(*input.labels), {n, sizes.tokens, sizes.width});
    input.token_mask = constant_like(input.image, filled(input.image.on(), {n, sizes.tokens}, 1));
    input.labels.reset();
    return input;
  }
  static void visit(auto& self, auto&& f) { f("table", self.table); }
};

/// Two convolutions, between them the level and the tokens, flattened, added to the channels.
template <class On>
struct TokenNet {
  using backend = On;
  struct Config {
    std::int64_t width = 6;
    static constexpr void fields(auto& self, auto&& f) { f("width", self.width); }
    friend bool operator==(const Config&, const Config&) = default;
  };
  Config sizes;
  Ports wanted;
  nn::TimeEmbedding<On> time;
  nn::Linear<On> tokens;
  nn::Conv2d<On> first, last;

  TokenNet(Config config, const Ports& ports, Seed seed, const On& on = {})
      : sizes(config),
        wanted(check_supported("TokenNet", ports, {"tokens", "token_dim"})),
        time(on, {.width = 4}, config.width, false),
        tokens(on, ports.tokens * ports.token_dim, config.width),
        first(on, 1, config.width),
        last(on, config.width, 1) {
    initialise(*this, seed);
  }
  ImageSize image() const { return {8, 8, 1}; }
  Ports ports() const { return wanted; }
  const On& on() const { return first.weight.value.on(); }
  const Config& config() const { return sizes; }
  static void visit(auto& self, auto&& f) {
    f("time", self.time), f("tokens", self.tokens), f("first", self.first), f("last", self.last);
  }
  template <Value V>
  V operator()(const Input<V>& input) const {
    check_input("TokenNet", *this, input);
    const V flat = reshape(*input.tokens, {input.image.shape()[0], wanted.tokens * wanted.token_dim});
    const V condition = tokens(flat) + time(input.image, input.noise_labels);
    return last(silu(add_channels(first(input.image), condition)));
  }
};

/// Bright squares are of class 1, dark ones of class 0.
struct Squares {
  tiny::Squares bright{.count = 8}, dark{.count = 8, .bright = -0.5f};
  std::int64_t size() const { return 2 * bright.size(); }
  Examples<std::vector<std::int32_t>> batch(std::span<const std::int64_t> items) const {
    Images<float> images(std::int64_t(items.size()), 8, 8, 1);
    std::vector<std::int32_t> classes;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::int64_t half = items[i] / 2;
      const Images<float> one = items[i] % 2 ? bright.batch({&half, 1}) : dark.batch({&half, 1});
      std::ranges::copy(one[0], images[std::int64_t(i)].begin());
      classes.push_back(std::int32_t(items[i] % 2));
    }
    return {images, classes};
  }
};

}  // namespace labelled
