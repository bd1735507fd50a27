#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <hush/autograd/checkpoint.hpp>
#include <hush/nn/attention_block.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/image_parts.hpp>
#include <hush/nn/res_block.hpp>
#include <hush/ops/concat.hpp>

namespace hush::nn {

/// The scales and shifts of modulations one after the other, scales only where there are any; and back.
template <Value V>
std::vector<V> tensors_of(const std::vector<Modulation<V>>& all) {
  std::vector<V> tensors;
  for (const Modulation<V>& by : all) {
    if (by.scale) tensors.push_back(*by.scale);
    tensors.push_back(by.shift);
  }
  return tensors;
}
template <Value V>
std::vector<Modulation<V>> modulations_of(const std::vector<V>& tensors, bool scales) {
  std::vector<Modulation<V>> all;
  for (std::size_t i = 0; i < tensors.size(); i += scales ? 2 : 1)
    all.push_back(scales ? Modulation<V>{tensors[i], tensors[i + 1]} : Modulation<V>{std::nullopt, tensors[i]});
  return all;
}

/// x, or the channels of x and then those of a skip connection.
template <Value V>
const V& joined(const V& x) {
  return x;
}
template <Value V>
V joined(const V& x, const V& skip) {
  return concat(x, skip);
}

/// A residual block on x, or on x beside a skip connection; computed again in the backward pass if `again` says so.
template <Backend B, Value V, std::same_as<V>... Skip>
V residual(const ResBlock<B>& layer, const Modulation<V>& by, bool again, const V& x, const Skip&... skip) {
  const std::int64_t part = images_in_convolution(x);
  const auto modulated = [&layer, part](const auto&... inputs) {
    const auto run = [&layer](const auto& scale, const auto& shift, const auto&... v) {
      return layer(joined(v...), {scale, shift});
    };
    return in_parts(part, run, inputs...);
  };
  const auto shifted = [&layer, part](const auto&... inputs) {
    const auto run = [&layer](const auto& shift, const auto&... v) {
      return layer(joined(v...), {std::nullopt, shift});
    };
    return in_parts(part, run, inputs...);
  };
  return by.scale ? checkpoint_if(again, modulated, *by.scale, by.shift, x, skip...)
                  : checkpoint_if(again, shifted, by.shift, x, skip...);
}

/// The residual blocks of one resolution of a UNet, attention behind each of them or none, and what changes the
/// resolution behind them, if it does: a residual block, or a convolution (of stride 2, or of an image made twice as
/// large).
template <Backend B>
struct ResStage {
  std::vector<ResBlock<B>> blocks;
  std::vector<AttentionBlock<B>> attention;
  std::vector<ResBlock<B>> resample;
  std::vector<Conv2d<B>> convolution;

  /// Adds a block, with attention of so many heads behind it unless that is 0; says how many channels it gives.
  std::int64_t add_block(const B& on, const ResBlockConfig& c, std::int64_t heads) {
    blocks.emplace_back(on, c);
    if (heads > 0) attention.emplace_back(on, c.out, heads, c.groups, c.eps);
    return c.out;
  }
  /// Adds what resamples, by the block that `c` describes or by a convolution of its channels. `padding` of one that
  /// halves: 1, zeros on all sides; 0, below and to the right only.
  void add_resampling(const B& on, const ResBlockConfig& c, bool by_block, std::int64_t padding = 1) {
    if (by_block) return void(resample.emplace_back(on, c));
    Conv2dOptions options;
    if (c.resample == Resample::average2) {
      options.stride = 2;
      if (padding == 0) {
        options.pad = 0;
        options.extra = {.bottom = 1, .right = 1};
      }
    }
    convolution.push_back(Conv2d<B>(on, c.in, c.out, {.options = options}));
  }
  /// Appends the modulation of each block by an embedding, in the order in which they run.
  template <Value V>
  void add_modulations(const V& embedding, std::vector<Modulation<V>>& all) const {
    for (const auto& block : blocks) all.push_back(block.modulation(embedding));
    for (const auto& block : resample) all.push_back(block.modulation(embedding));
  }
  static void visit(auto& self, auto&& f) {
    f("blocks", self.blocks), f("attention", self.attention);
    f("resample", self.resample), f("convolution", self.convolution);
  }
};

}  // namespace hush::nn
