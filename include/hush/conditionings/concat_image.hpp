#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include <hush/conditioning.hpp>
#include <hush/ops/concat.hpp>

namespace hush {

/// A picture [H, W, channels] that the network sees beside the noisy image, its channels first: image-to-image
/// diffusion as in Palette (Saharia et al. 2022), where what goes in has the size of what comes out. A decoded JPEG of
/// low quality makes it restoration.
struct ConcatImage {
  std::int64_t channels = 3;  // of the pictures that are given
  PixelRange range = {};      // of their values; `PixelRange::any()`: something else than pictures

  using Given = Images<float>;
  template <Backend B>
  using BatchCondition = Tensor<B>;

  template <class Seen = AsTheyAre>
  constexpr Ports ports(const Seen& seen = {}) const {
    return {.extra_channels = seen.channels(channels)};
  }
  /// Throws std::invalid_argument in words for other pictures than these images want.
  void fits(const Images<float>& given, std::int64_t count, const ImageSize& size) const {
    check_pictures("ConcatImage", given, count, size, channels, range);
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
  static constexpr void fields(auto& self, auto&& f) { f("channels", self.channels), f("range", self.range); }
  static constexpr std::array aside{std::string_view("range")};  // changes no result
  friend constexpr bool operator==(const ConcatImage&, const ConcatImage&) = default;
};

}  // namespace hush
