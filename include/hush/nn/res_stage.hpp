#pragma once
#include <cstdint>
#include <vector>

#include <hush/nn/attention_block.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/res_block.hpp>

namespace hush::nn {

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
  /// Adds what resamples, by the block that `c` describes or by a convolution of its channels.
  void add_resampling(const B& on, const ResBlockConfig& c, bool by_block) {
    if (by_block)
      resample.emplace_back(on, c);
    else
      convolution.push_back(
          Conv2d<B>(on, c.in, c.out, {.options = {.stride = c.resample == Resample::average2 ? 2 : 1}}));
  }
  /// Appends what each block makes of an embedding, in the order in which they run (see ResBlock::tell).
  template <Value V>
  void tell(const V& embedding, std::vector<V>& told) const {
    for (const auto& block : blocks) block.tell(embedding, told);
    for (const auto& block : resample) block.tell(embedding, told);
  }
  static void visit(auto& self, auto&& f) {
    f("blocks", self.blocks), f("attention", self.attention);
    f("resample", self.resample), f("convolution", self.convolution);
  }
};

}  // namespace hush::nn
