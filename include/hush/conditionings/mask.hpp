#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include <hush/conditioning.hpp>
#include <hush/ops/concat.hpp>
#include <hush/random/noise.hpp>

namespace hush {

/// What a condition shows in its hole: N(0, 1) of its own; the very N(0, 1) that sampling starts from, as in Palette's
/// program, where one draw is both; or zeros.
enum class HoleFilling : std::uint8_t { noise, start, zeros };
constexpr std::array<const char*, 3> names_of(HoleFilling) { return {"noise", "start", "zeros"}; }

/// Inpainting as in Palette (Saharia et al. 2022, section 3): pictures with holes. The network sees the picture, its
/// hole filled with noise, then the noisy image, in which the pixels outside the hole are the known ones (channels:
/// condition first); training asks it for the hole alone. After each step of sampling the known pixels are put back, so
/// that a restored image equals the picture outside the hole, bit for bit. No ground truth is needed to sample.
struct Mask {
  std::int64_t channels = 3;                 // of the pictures
  HoleFilling filling = HoleFilling::noise;  // noise is fresh for each step of training
  PixelRange range = {};                     // of known pixels; `PixelRange::any()`: something else than pictures

  using Given = MaskedImages;
  template <Backend B>
  struct BatchCondition {
    Tensor<B> condition;
    KnownPixels<typename B::full> pixels;
    static void visit(auto& self, auto&& f) {
      f("condition", self.condition);
      f("pixels", self.pixels);
    }
  };

  template <class Seen = AsTheyAre>
  constexpr Ports ports(const Seen& seen = {}) const {
    return {.extra_channels = seen.channels(channels)};
  }
  /// Throws std::invalid_argument in words for other pictures or masks than these images want.
  void fits(const MaskedImages& given, std::int64_t count, const ImageSize& size) const {
    check(size.channels == channels, "Mask", "is of ", channels, " channels, the network makes images of ",
          size.channels);
    check_masked("Mask", given, count, size, range);
  }
  template <Backend B, class Seen = AsTheyAre>
  BatchCondition<B> prepare(const B& on, const MaskedImages& given, const Rows& rows, const NoiseKey& key,
                            const Seen& seen = {}) const {
    using F = typename B::full;
    const F full = on.in_full();
    const auto [picture, hole] =
        seen(KnownPixels<F>{rows_of(full, given.picture, rows), rows_of(full, given.hole, rows)});
    const Tensor<F> inside =
        filling == HoleFilling::zeros
            ? filled(full, picture.shape(), 0)
            : normal_images(full, picture.shape(), key, filling == HoleFilling::start ? "start" : "hole");
    const Tensor<F> condition = choose(hole, inside, picture);
    return {cast(on, condition), {condition, hole}};
  }
  template <Backend B>
  void add_to(const BatchCondition<B>& condition, Input<Tensor<B>>& input) const {
    input.image = concat(condition.condition, choose(condition.pixels.hole, input.image, condition.condition));
  }
  template <Backend B>
  static const KnownPixels<typename B::full>& known(const BatchCondition<B>& condition) {
    return condition.pixels;
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("channels", self.channels), f("filling", self.filling), f("range", self.range);
  }
  static constexpr std::array aside{std::string_view("range")};  // changes no result
  friend constexpr bool operator==(const Mask&, const Mask&) = default;
};

}  // namespace hush
