#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include <hush/check.hpp>
#include <hush/tensor/shape.hpp>

namespace hush {

/// PyTorch's random numbers on the CPU: `TorchRandom{seed}` gives the numbers that follow `torch.manual_seed(seed)`,
/// which reproduces the noise of a Python program. The words are MT19937 (Matsumoto and Nishimura 1998), equal bit for
/// bit; normals are equal to about 1e-6, because PyTorch's logarithm depends on the machine. As `.noise` of `sample` it
/// fills images in [N, C, H, W] order, batch by batch. It has a state: noise depends on the order of draws and on the
/// batch size.
class TorchRandom {
 public:
  explicit TorchRandom(std::uint64_t seed = 5489) {
    state_[0] = std::uint32_t(seed);  // PyTorch too drops the upper half of a seed
    for (std::uint32_t i = 1; i < words; ++i) state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
  }

  /// The next 32 random bits.
  std::uint32_t word() {
    if (next_ == words) refill();
    std::uint32_t y = state_[next_++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
  }

  /// The next float in [0, 1), a multiple of 2^-24: one number of `torch.rand`.
  float uniform24() { return float(word() & 0xffffffu) * 0x1p-24f; }

  /// The next double in [0, 1), a multiple of 2^-53: one number of `torch.rand(dtype=torch.float64)`.
  double uniform53() {
    const std::uint64_t high = word(), low = word();
    return double(((high << 32) | low) & ((std::uint64_t(1) << 53) - 1)) * 0x1p-53;
  }

  /// Fills x as one call of `torch.randn(x.size())` does: 16 and more in blocks, fewer one after the other.
  void randn(std::span<float> x) {
    if (x.size() < 16) {
      for (float& value : x) value = float(normal());
      return;
    }
    for (float& value : x) value = uniform24();
    for (std::size_t i = 0; i + 16 <= x.size(); i += 16) box_muller(&x[i]);
    if (x.size() % 16 == 0) return;
    // The last 16 are drawn once more, the whole block of them.
    const std::span<float> last = x.last(16);
    for (float& value : last) value = uniform24();
    box_muller(last.data());
  }

  /// As a source of noise: values [N, H, W, C], filled as PyTorch fills a contiguous [N, C, H, W].
  void operator()(std::span<float> values, const Shape& shape) {
    check(shape.rank() == 4 && shape.size() == std::int64_t(values.size()), "TorchRandom",
          "wants images [N, H, W, C], got ", shape, " for ", values.size(), " values");
    std::vector<float> planes(values.size());
    randn(planes);
    const std::int64_t pixels = shape[1] * shape[2], channels = shape[3];
    for (std::int64_t n = 0, from = 0; n < shape[0]; ++n)
      for (std::int64_t c = 0; c < channels; ++c)
        for (std::int64_t p = 0; p < pixels; ++p, ++from)
          values[std::size_t((n * pixels + p) * channels + c)] = planes[std::size_t(from)];
  }

 private:
  static constexpr std::uint32_t words = 624, middle = 397;

  void refill() {
    for (std::uint32_t i = 0; i < words; ++i) {
      const std::uint32_t y = (state_[i] & 0x80000000u) | (state_[(i + 1) % words] & 0x7fffffffu);
      state_[i] = state_[(i + middle) % words] ^ (y >> 1) ^ (y & 1u ? 0x9908b0dfu : 0u);
    }
    next_ = 0;
  }

  /// Sixteen uniform numbers become normal ones: number j and j + 8 are the radius and the angle of a pair.
  static void box_muller(float* x) {
    for (int j = 0; j < 8; ++j) {
      const float radius = std::sqrt(-2 * std::log(1 - x[j]));
      const float angle = float(2 * std::numbers::pi * double(x[j + 8]));
      x[j] = radius * std::cos(angle);
      x[j + 8] = radius * std::sin(angle);
    }
  }

  /// One normal number, in double; the second of each pair is kept for the next time, also across calls of `randn`.
  double normal() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    const double angle = 2 * std::numbers::pi * uniform53(), radius = std::sqrt(-2 * std::log1p(-uniform53()));
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
  }

  std::uint32_t state_[words] = {};
  std::uint32_t next_ = words;
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace hush
