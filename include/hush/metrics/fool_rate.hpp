#pragma once
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include <hush/images.hpp>
#include <hush/metrics/per_image.hpp>

namespace hush::metrics {

/// The position in a pair of pictures.
enum class Side : std::uint8_t { left, right };

/// A two-alternative forced-choice test, which of two pictures is a photograph: `pairs` [N, H, W + gap + W, C], each a
/// true picture beside a generated one, and `truth`, the side of the true one.
template <Pixel T>
struct FoolTest {
  Images<T> pairs;
  std::vector<Side> truth;
};

/// Puts each generated picture beside its true one, on random sides by the seed, with a black gap between them. Throws
/// std::invalid_argument for different extents, no pixels, NaN, a gap below 0.
template <Pixel T>
FoolTest<T> fool_test(const Images<T>& made, const Images<T>& truth, std::uint64_t seed, std::int64_t gap = 8) {
  check_pair("fool_test", made, truth);
  check(gap >= 0, "fool_test", "the gap must be at least 0, is ", gap);
  const std::int64_t wide = made.width * made.channels, step = wide + gap * made.channels;
  FoolTest<T> test{{made.count, made.height, 2 * made.width + gap, made.channels}, {}};
  std::ranges::fill(test.pairs.pixels, std::same_as<T, float> ? T(-1) : T(0));
  std::mt19937_64 engine(seed);
  for (std::int64_t i = 0; i < made.count; ++i) {
    const bool on_left = engine() >> 63;
    test.truth.push_back(on_left ? Side::left : Side::right);
    const T *left = (on_left ? truth : made)[i].data(), *right = (on_left ? made : truth)[i].data();
    T* to = test.pairs[i].data();
    for (std::int64_t y = 0; y < made.height; ++y, to += step + wide) {
      std::copy_n(left + y * wide, wide, to);
      std::copy_n(right + y * wide, wide, to + step);
    }
  }
  return test;
}

/// The share of pairs in which the generated picture was taken for the true one (Zhang et al. 2016); 0.5 means
/// indistinguishable. Throws std::invalid_argument for no answers, and for another number of them than pairs.
inline double fool_rate(std::span<const Side> truth, std::span<const Side> answers) {
  check(truth.size() == answers.size(), "fool_rate", answers.size(), " answers to ", truth.size(), " pairs");
  check(!answers.empty(), "fool_rate", "there are no answers");
  std::size_t fooled = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) fooled += truth[i] != answers[i];
  return double(fooled) / double(truth.size());
}

}  // namespace hush::metrics
