#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <hush/core.hpp>

// A pipeline that trains in a blink: an 8x8 network of some hundred weights on pictures of squares.
namespace tiny {

using namespace hush;
using B = Cpu<float>;
using Net = AttentionUnet<B>;

inline const Process process{LinearBeta{.first = 1e-3, .last = 0.2, .steps = 20}, PredictNoise{}};

inline Net net(int threads = 2, std::int64_t width = 4) {
  return Net({.image = {8, 8, 1}, .widths = {width}, .bottleneck = 4, .heads = 1, .head_width = 2, .embedding = 4},
             process.ports(), Seed{9}, B{.threads = threads});
}

/// Pictures of a bright square whose place and size follow from their number.
struct Squares {
  std::int64_t count = 40;
  float bright = 1;
  std::int64_t side = 8;

  std::int64_t size() const { return count; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> images(std::int64_t(items.size()), side, side, 1);
    for (std::size_t i = 0; i < items.size(); ++i)
      for (std::int64_t p = 0; p < side * side; ++p) {
        const std::int64_t y = p / side, x = p % side, at = items[i] % 4, size = 2 + items[i] % 3;
        images[std::int64_t(i)][std::size_t(p)] = y >= at && y < at + size && x >= at && x < at + size ? bright : -1;
      }
    return images;
  }
};

inline std::vector<float> weights(const Net& net) {
  std::vector<float> all;
  walk(net, [&](const std::string&, const auto& p) {
    const auto values = download<float>(p.value);
    all.insert(all.end(), values.begin(), values.end());
  });
  return all;
}

}  // namespace tiny
