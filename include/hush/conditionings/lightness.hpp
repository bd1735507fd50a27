#pragma once
#include <cstdint>

#include <hush/conditioning.hpp>
#include <hush/ops/concat.hpp>

namespace hush {

/// Colourisation in CIE Lab: the network sees the lightness L [H, W, 1], then the noisy a and b, and makes a and b
/// [H, W, 2]; all in [-1, 1] (data/lab_bytes.hpp converts). Palette's colourisation (Saharia et al. 2022) with Lab in
/// place of RGB.
struct Lightness {
  using Given = Images<float>;
  template <Backend B>
  using BatchCondition = Tensor<B>;

  template <class Seen = AsTheyAre>
  constexpr Ports ports(const Seen& seen = {}) const {
    return {.extra_channels = seen.channels(1)};
  }
  /// Throws std::invalid_argument in words unless the network makes two channels and there is a lightness for each
  /// image.
  void fits(const Images<float>& given, std::int64_t count, const ImageSize& size) const {
    check(size.channels == 2, "Lightness", "the network makes images of ", size.channels, " channels, a and b are 2");
    check_pictures("Lightness", given, count, size, 1);
  }
  template <Backend B, class Seen = AsTheyAre>
  Tensor<B> prepare(const B& on, const Images<float>& given, const Rows& rows, const NoiseKey&,
                    const Seen& seen = {}) const {
    return cast(on, seen(rows_of(on.in_full(), given, rows)));
  }
  template <Backend B>
  void add_to(const Tensor<B>& condition, Input<Tensor<B>>& input) const {
    input.image = concat(condition, input.image);
  }
  friend constexpr bool operator==(const Lightness&, const Lightness&) = default;
};

}  // namespace hush
