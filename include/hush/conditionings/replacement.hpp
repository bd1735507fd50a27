#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include <hush/conditioning.hpp>

namespace hush {

/// Inpainting with a network that was trained without a condition. It is told nothing; after each step down the known
/// pixels are put back as noisy as the image is, signal * picture + noise * N(0, 1), of fresh noise each time, and at
/// the end as they are. Alone the hole heeds them little (Song et al. 2021, score SDE, appendix I.2); with `RePaint`
/// around the sampler it is drawn given them (Lugmayr et al. 2022, algorithm 1). It samples what any `Unconditional`
/// process trained: `Process{process.schedule, process.parameterization, Replacement{}}`. An inversion
/// (`DdimInversion`) begins with the known pixels in their place and encodes them with the others: nothing is put back
/// on its way up.
struct Replacement {
  static constexpr bool noisy = true;

  PixelRange range = {};  // of known pixels; `PixelRange::any()`: something else than pictures

  using Given = MaskedImages;
  template <Backend B>
  using BatchCondition = KnownPixels<typename B::full>;

  template <class Seen = AsTheyAre>
  constexpr Ports ports(const Seen& = {}) const {
    return {};
  }
  /// Throws std::invalid_argument in words for other pictures or masks than these images want.
  void fits(const MaskedImages& given, std::int64_t count, const ImageSize& size) const {
    check_masked("Replacement", given, count, size, range);
  }
  template <Backend B, class Seen = AsTheyAre>
  BatchCondition<B> prepare(const B& on, const MaskedImages& given, const Rows& rows, const NoiseKey&,
                            const Seen& seen = {}) const {
    const auto full = on.in_full();
    return seen(BatchCondition<B>{rows_of(full, given.picture, rows), rows_of(full, given.hole, rows)});
  }
  void add_to(const auto&, auto&) const {}
  template <Backend F>
  static const KnownPixels<F>& known(const KnownPixels<F>& condition) {
    return condition;
  }
  static constexpr void fields(auto& self, auto&& f) { f("range", self.range); }
  static constexpr std::array aside{std::string_view("range")};  // changes no result
  friend constexpr bool operator==(const Replacement&, const Replacement&) = default;
};

}  // namespace hush
