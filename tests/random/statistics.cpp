#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hush/random/philox.hpp>

using namespace hush;

namespace {

/// The first n words of a stream; n is a multiple of 4.
std::vector<std::uint32_t> words_of(const Stream& stream, std::size_t n) {
  std::vector<std::uint32_t> words(n);
  for (std::size_t i = 0; i < n; i += 4) {
    const Words w = random_words(stream, std::uint32_t(i / 4));
    words[i] = w.x, words[i + 1] = w.y, words[i + 2] = w.z, words[i + 3] = w.w;
  }
  return words;
}

/// A word as a number in (-1, 1) with mean 0 and variance 1/3.
double centred(std::uint32_t word) { return (double(word) + .5) * 0x1p-31 - 1; }

/// Sum of the products of two lists, in standard errors: N(0, 1) if they are independent.
double correlation(const std::uint32_t* a, const std::uint32_t* b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += centred(a[i]) * centred(b[i]);
  return 3 * sum / std::sqrt(double(n));
}

/// Chi squared of equally likely cells, in standard deviations from its mean.
double chi_squared(const std::vector<int>& counts, double total) {
  const double expected = total / double(counts.size()), freedom = double(counts.size()) - 1;
  double sum = 0;
  for (const int count : counts) sum += (count - expected) * (count - expected) / expected;
  return (sum - freedom) / std::sqrt(2 * freedom);
}

}  // namespace

TEST_CASE("random: one bit of key or counter flips half of the 128 bits") {
  const Stream stream{.seed = 1, .image = 2, .step = 3, .purpose = 4};
  const Words base = random_words(stream, 5);
  double total = 0;
  int tries = 0;
  const auto flips = [&](const Stream& other, std::uint32_t block) {
    const Words w = random_words(other, block);
    const int flipped = std::popcount(w.x ^ base.x) + std::popcount(w.y ^ base.y) + std::popcount(w.z ^ base.z) +
                        std::popcount(w.w ^ base.w);
    CHECK(std::abs(flipped - 64) < 5 * std::sqrt(128 / 4.));
    total += flipped, ++tries;
  };
  for (int bit = 0; bit < 64; ++bit) {
    flips({1 ^ std::uint64_t(1) << bit, 2, 3, 4}, 5);
    if (bit >= 32) continue;
    const std::uint32_t flip = 1u << bit;
    flips({1, 2 ^ flip, 3, 4}, 5), flips({1, 2, 3 ^ flip, 4}, 5), flips({1, 2, 3, 4 ^ flip}, 5);
    flips(stream, 5 ^ flip);
  }
  CHECK(std::abs(total / tries - 64) < 5 * std::sqrt(128 / 4. / tries));
}

TEST_CASE("random: neighbouring bits of a word are equal half of the time") {
  const std::size_t n = 1 << 18;
  int equal[32] = {};
  for (const std::uint32_t word : words_of({.seed = 42, .purpose = purpose("bits")}, n))
    for (int bit = 0; bit < 32; ++bit) equal[bit] += int((word ^ std::rotr(word, 1)) >> bit & 1);
  for (const int count : equal) CHECK(std::abs(count - double(n) / 2) < 5 * std::sqrt(double(n)) / 2);
}

TEST_CASE("random: words 1 to 64 places apart are uncorrelated, and turn as often as they should") {
  const std::size_t n = 1 << 19;
  const std::vector<std::uint32_t> words = words_of({.seed = 43, .purpose = purpose("lags")}, n);
  for (std::size_t lag = 1; lag <= 64; ++lag) CHECK(std::abs(correlation(&words[0], &words[lag], n - lag)) < 5);
  // Of three numbers in a row the middle one is an extreme with chance 2/3 (Bienayme 1874).
  double turns = 0;
  for (std::size_t i = 1; i + 1 < n; ++i) turns += (words[i] > words[i - 1]) == (words[i] > words[i + 1]);
  CHECK(std::abs(turns - 2. / 3 * double(n - 2)) < 5 * std::sqrt((16. * double(n) - 29) / 90));
}

TEST_CASE("random: points on the line, in the square and in the cube fill their cells evenly") {
  const std::size_t n = 3 << 20;
  const std::vector<std::uint32_t> words = words_of({.seed = 44, .purpose = purpose("cells")}, n);
  std::vector<int> line(4096), square(4096), cube(4096);
  for (const std::uint32_t word : words) ++line[word >> 20];
  for (std::size_t i = 0; i < n; i += 2) ++square[(words[i] >> 26) << 6 | words[i + 1] >> 26];
  for (std::size_t i = 0; i < n; i += 3) ++cube[(words[i] >> 28) << 8 | (words[i + 1] >> 28) << 4 | words[i + 2] >> 28];
  CHECK(std::abs(chi_squared(line, double(n))) < 5);
  CHECK(std::abs(chi_squared(square, double(n / 2))) < 5);
  CHECK(std::abs(chi_squared(cube, double(n / 3))) < 5);
}

TEST_CASE("random: ten thousand pairs of neighbouring streams are uncorrelated") {
  const std::size_t n = 64;
  double sum = 0, squares = 0, largest = 0;
  int pairs = 0;
  const auto compare = [&](const std::vector<std::uint32_t>& a, const Stream& other) {
    const double r = correlation(a.data(), words_of(other, n).data(), n);
    sum += r, squares += r * r, largest = std::fmax(largest, std::abs(r)), ++pairs;
  };
  for (const std::uint64_t start : {std::uint64_t(0), std::uint64_t(1) << 32, std::uint64_t(1) << 63})
    for (std::uint32_t i = 0; i < 900; ++i) {
      const Stream here{start + i, i / 30, i % 30, purpose("draw")};
      const std::vector<std::uint32_t> words = words_of(here, n);
      compare(words, {here.seed + 1, here.image, here.step, here.purpose});
      compare(words, {here.seed, here.image + 1, here.step, here.purpose});
      compare(words, {here.seed, here.image, here.step + 1, here.purpose});
      compare(words, {here.seed, here.image, here.step, purpose("draw", 1)});
    }
  CHECK(pairs == 10800);
  CHECK(std::abs(sum) < 5 * std::sqrt(double(pairs)));
  CHECK(std::abs(squares / pairs - 1) < 5 * std::sqrt(2. / pairs));
  CHECK(largest < 5.5);
}

TEST_CASE("random: whole numbers below a count are each as likely as the other") {
  for (const std::uint32_t count : {2u, 7u, 60u, 1000u}) {
    Uniform uniform{{.seed = 9, .purpose = purpose("below")}};
    std::vector<int> seen(count);
    for (int i = 0; i < 1 << 16; ++i) ++seen.at(uniform.below(count));
    CHECK(std::abs(chi_squared(seen, 1 << 16)) < 5);
  }
}
