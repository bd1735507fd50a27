#include <hush/tensor/normal.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

using namespace hush;

namespace {

constexpr Stream stream{.seed = 7, .image = 1, .step = 2, .purpose = purpose("noise")};

std::vector<float> normals(std::int64_t first, std::int64_t count, Stream from = stream) {
  std::vector<float> z(static_cast<std::size_t>(count));
  fill_normal(z.data(), first, count, from);
  return z;
}

/// The distance in units of the last place of the exact value.
double ulps(float computed, double exact) {
  return exact == 0 ? (computed == 0 ? 0 : 1e9) : std::abs(computed - exact) / std::ldexp(1., std::ilogb(exact) - 23);
}

/// Words from all over: both ends, powers of two, and a walk between.
std::vector<std::uint32_t> words() {
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < 2000; ++i) all.insert(all.end(), {i, ~i, 0x80000000u + i, 0x40000000u - i, i << 16});
  for (std::uint32_t i = 0; i < 200000; ++i) all.push_back(i * 2654435769u);
  return all;
}

}  // namespace

TEST_CASE("normal: the very same floats in every build") {
  // A hash of the bits of 2^16 of them. It came out the same from g++ 12 and clang 14, -O0 to -O3, with and without
  // contraction, for AVX-512, for AVX2 and for plain x86-64; a build that gives another one is not compatible.
  std::uint64_t hash = 14695981039346656037u;
  for (const float z : normals(0, 1 << 16)) hash = (hash ^ std::bit_cast<std::uint32_t>(z)) * 1099511628211u;
  CHECK(hash == 11057698800704488335u);
}

TEST_CASE("normal: any part of a stream is the same numbers, one by one or many at a time") {
  const std::vector<float> all = normals(0, 1000);
  for (std::int64_t i = 0; i < 1000; ++i) REQUIRE(all[std::size_t(i)] == normal_at(stream, std::uint64_t(i)));
  for (const std::int64_t first : {0, 1, 2, 3, 5, 63, 64, 100})
    for (const std::int64_t count : {0, 1, 2, 3, 4, 7, 63, 64, 65, 127, 200, 700}) {
      const std::vector<float> part = normals(first, count);
      REQUIRE(std::equal(part.begin(), part.end(), all.begin() + first));
    }
  const std::uint64_t far = (std::uint64_t(1) << 33) + 6;
  CHECK(normals(std::int64_t(far), 1)[0] == normal_at(stream, far));
}

TEST_CASE("normal: the functions are within two units of the last place, the angle within 1e-7") {
  double log_error = 0, root_error = 0, circle_error = 0, length_error = 0;
  for (const std::uint32_t word : words()) {
    const double u = double(float(word + .5));  // 24 bits of the word
    const float logarithm = minus_two_log(word), root = square_root(logarithm);
    log_error = std::max(log_error, ulps(logarithm, -2 * std::log(u * 0x1p-32)));
    root_error = std::max(root_error, ulps(root, std::sqrt(double(logarithm))));
    const NormalPair pair = on_circle(1, word);
    const double angle = word * 0x1p-32 * 2 * std::numbers::pi;
    circle_error =
        std::max({circle_error, std::abs(pair.first - std::cos(angle)), std::abs(pair.second - std::sin(angle))});
    length_error = std::max(length_error, std::abs(std::hypot(double(pair.first), double(pair.second)) - 1));
  }
  CHECK(log_error < 2);
  CHECK(root_error < 1);
  CHECK(circle_error < 1e-7);
  CHECK(length_error < 1e-7);
}

TEST_CASE("normal: the ends are finite, and the largest is 6.76") {
  CHECK(box_muller(0, 0).first == doctest::Approx(std::sqrt(2 * 33 * std::numbers::ln2)).epsilon(1e-6));
  CHECK(box_muller(0, 0).second == 0);
  CHECK(box_muller(~0u, 0).first == 0);
  CHECK(box_muller(0, 0x80000000u).first == -box_muller(0, 0).first);
  CHECK(box_muller(0, 0x40000000u).second == box_muller(0, 0).first);
  for (const std::uint32_t word : words()) {
    const NormalPair pair = box_muller(word, ~word);
    REQUIRE((std::abs(pair.first) < 6.77f && std::abs(pair.second) < 6.77f));
  }
}

TEST_CASE("normal: moments, tails and distribution of four million") {
  const int n = 1 << 22;
  const std::vector<float> z = normals(0, n);
  double mean = 0, second = 0, third = 0, fourth = 0;
  double beyond[3] = {};
  for (const double x : z) {
    mean += x, second += x * x, third += x * x * x, fourth += x * x * x * x;
    for (int k = 0; k < 3; ++k) beyond[k] += std::abs(x) > 3 + k;
  }
  mean /= n, second /= n, third /= n, fourth /= n;
  CHECK(std::abs(mean) < 5 / std::sqrt(double(n)));
  CHECK(std::abs(second - mean * mean - 1) < 5 * std::sqrt(2. / n));
  CHECK(std::abs(third - 3 * mean * second) < 5 * std::sqrt(6. / n));
  CHECK(std::abs(fourth / (second * second) - 3) < 5 * std::sqrt(24. / n));
  for (int k = 0; k < 3; ++k) {
    const double expected = n * std::erfc((3 + k) / std::numbers::sqrt2);
    CAPTURE(k);
    CHECK(std::abs(beyond[k] - expected) < 6 * std::sqrt(expected));
  }
  // Kolmogorov and Smirnov, on the first 2^18.
  std::vector<float> sorted(z.begin(), z.begin() + (1 << 18));
  std::sort(sorted.begin(), sorted.end());
  double distance = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double below = .5 * std::erfc(-double(sorted[i]) / std::numbers::sqrt2), m = double(sorted.size());
    distance = std::max({distance, std::abs(below - double(i) / m), std::abs(below - double(i + 1) / m)});
  }
  CHECK(distance < 2.6 / std::sqrt(double(sorted.size())));
}

TEST_CASE("normal: neighbours in a stream, and neighbouring streams, are not correlated") {
  const int n = 1 << 16;
  const std::vector<float> z = normals(0, n + 64);
  const auto correlation = [&](const float* a, const float* b) {
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += double(a[i]) * double(b[i]);
    return std::abs(sum / n) * std::sqrt(double(n));
  };
  for (int lag = 1; lag <= 64; ++lag) {
    CAPTURE(lag);
    CHECK(correlation(z.data(), z.data() + lag) < 5);
  }
  std::vector<Stream> others(8, stream);
  others[0].image += 1, others[1].step += 1, others[2].purpose += 1, others[3].seed += 1;
  others[4].seed = 0, others[5].seed = std::uint64_t(1) << 32, others[6].seed = std::uint64_t(1) << 63;
  others[7].image -= 1;
  for (const Stream& other : others) CHECK(correlation(z.data(), normals(0, n, other).data()) < 5);
}
