#include <hush/random/philox.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

using namespace hush;

namespace {

// The three known answers of its authors stand beside `philox`; here is what is built on it.
constexpr Stream stream{.seed = 0x0123456789abcdef, .image = 5, .step = 7, .purpose = purpose("noise")};
static_assert(random_words(stream, 3) == philox({3, 5, 7, purpose("noise")}, 0x0123456789abcdef));
static_assert(random_word(stream, 12) == random_words(stream, 3).x);
static_assert(random_word(stream, 13) == random_words(stream, 3).y);
static_assert(random_word(stream, 14) == random_words(stream, 3).z);
static_assert(random_word(stream, 15) == random_words(stream, 3).w);

static_assert(uniform01(0u) == 0x1p-24f && uniform01(~0u) == 1.f);
static_assert(uniform01(0u, 0u) == 0. && uniform01(~0u, ~0u) == 1 - 0x1p-53);
static_assert(random_below(10, 0, 0) == 0 && random_below(10, ~0u, ~0u) == 9 && random_below(1, ~0u, ~0u) == 0);
static_assert(random_below(~0u, ~0u, ~0u) == ~0u - 1);

}  // namespace

TEST_CASE("random: purposes differ by word and by ordinal, and stay what they are") {
  std::vector<std::uint32_t> seen;
  for (const char* word : {"", "noise", "start", "level", "shuffle", "dropout", "nois", "noise0"})
    for (std::uint32_t ordinal : {0u, 1u, 2u, 255u, 256u, 65536u, 0x1000000u}) seen.push_back(purpose(word, ordinal));
  for (std::size_t i = 0; i < seen.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) CHECK(seen[i] != seen[j]);
  // Changing these would change every image that belongs to a seed.
  CHECK(purpose("") == 1268118805u);
  CHECK(purpose("noise", 1) == 1105376208u);
}

TEST_CASE("random: every part of the name counts, and so does every bit of the seed") {
  const Words here = random_words(stream, 0);
  for (int bit = 0; bit < 64; ++bit) {
    Stream other = stream;
    other.seed ^= std::uint64_t(1) << bit;
    CHECK_FALSE(random_words(other, 0) == here);
  }
  for (int bit = 0; bit < 32; ++bit) {
    Stream image = stream, step = stream, what = stream;
    image.image ^= 1u << bit, step.step ^= 1u << bit, what.purpose ^= 1u << bit;
    CHECK_FALSE(random_words(image, 0) == here);
    CHECK_FALSE(random_words(step, 0) == here);
    CHECK_FALSE(random_words(what, 0) == here);
    CHECK_FALSE(random_words(stream, 1u << bit) == here);
  }
}

TEST_CASE("random: each bit of a million words is set half of the time, and neighbours know nothing of each other") {
  const int blocks = 1 << 18, n = 4 * blocks;
  std::vector<int> ones(32);
  double sum = 0, squares = 0, product = 0, before = .5;
  for (int block = 0; block < blocks; ++block) {
    const Words words = random_words(stream, std::uint32_t(block));
    for (const std::uint32_t word : {words.x, words.y, words.z, words.w}) {
      for (std::uint32_t bit = 0; bit < 32; ++bit) ones[bit] += int(word >> bit & 1u);
      const double u = double(uniform01(word));
      sum += u, squares += u * u, product += (u - .5) * (before - .5);
      before = u;
    }
  }
  for (const int count : ones) CHECK(std::abs(count - n / 2.) < 5 * std::sqrt(n / 4.));
  CHECK(std::abs(sum / n - .5) < 5 * std::sqrt(1. / 12 / n));
  CHECK(std::abs(squares / n - 1. / 3) < 5 * std::sqrt(4. / 45 / n));
  CHECK(std::abs(product / n) < 5 / 12. / std::sqrt(double(n)));
}

TEST_CASE("random: uniform numbers one after the other are a stream, from where one likes") {
  Uniform all{stream}, tail{stream, 10};
  for (int i = 0; i < 10; ++i) all();
  for (int i = 0; i < 10; ++i) {
    const double u = all();
    CHECK((u >= 0 && u < 1));
    CHECK(u == tail());
  }
  std::vector<int> seen(6);
  for (int i = 0; i < 6000; ++i) ++seen.at(all.below(6));
  for (const int count : seen) CHECK(std::abs(count - 1000) < 5 * std::sqrt(1000 * 5 / 6.));
}
