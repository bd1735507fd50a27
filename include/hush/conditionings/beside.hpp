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
struct Beside {
  std::int64_t channels = 3;  // of the pictures that are given
  PixelRange range = {};      // of their values; `PixelRange::any()`: something else than pictures

  using Given = Images<float>;
  template <Backend B>
  using Ready = Tensor<B>;

  Ports ports() const { return {.extra_channels = channels}; }
  /// Throws std::invalid_argument in words for other pictures than these images want.
  void fits(const Images<float>& given, std::int64_t count, const ImageSize& size) const {
    check_pictures("Beside", given, count, size, channels, range);
  }
  template <Backend B>
  Tensor<B> ready(const B& on, const Images<float>& given, const ConditionPlace& place) const {
    return cast(on, rows_of(on.in_full(), given, place));
  }
  template <Backend B>
  void attach(const Tensor<B>& ready, Input<Tensor<B>>& input) const {
    input.image = concat(ready, input.image);
  }
  static constexpr void fields(auto& self, auto&& f) { f("channels", self.channels), f("range", self.range); }
  static constexpr std::array aside{std::string_view("range")};  // changes no result
  friend constexpr bool operator==(const Beside&, const Beside&) = default;
};

}  // namespace hush
