#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include <hush/images.hpp>
#include <hush/sampling/observers.hpp>

namespace hush {

/// An observer of `sample` that keeps the intermediate images: `Frames frames{.every = 10}; sample(..., frames)`. It
/// belongs to one run. Each frame has the images of all batches, of which the first `most` are kept.
struct Frames {
  /// The images x [n, H, W, C] after `step` steps, at `level`, and the estimates of the clean images that led to them
  /// (none in the frame before the first step).
  struct Frame {
    int step = 0;
    Level level;
    Images<float> x, x0;
  };
  std::int64_t most = 16;
  int every = 1;  // steps between two frames; there is one before the first step, and one after the last
  std::vector<Frame> frames = {};

  template <Backend B>
  void step(const Step<B>& step) {
    auto at = std::find_if(frames.begin(), frames.end(), [&](const Frame& frame) { return frame.step == step.step; });
    if (at == frames.end()) at = frames.insert(at, Frame{step.step, step.level, {}, {}});
    append(at->x, step.x);
    if (!step.x0.empty()) append(at->x0, step.x0);
  }

 private:
  template <Backend F>
  void append(Images<float>& to, const Tensor<F>& x) const {
    if (to.count >= most) return;
    Images<float> more = download_images(x);
    const std::int64_t count = std::min(more.count, most - to.count);
    more.pixels.resize(std::size_t(count * more.stride()));
    more.pixels.insert(more.pixels.begin(), to.pixels.begin(), to.pixels.end());
    more.count = to.count + count;
    to = std::move(more);
  }
};

}  // namespace hush
