#include <hush/cpu/lanes.hpp>
#include <hush/cpu/normals.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

using namespace hush;

namespace {

constexpr Stream stream{.seed = 7, .image = 1, .step = 2, .purpose = purpose("noise")};

std::vector<float> normals(std::int64_t first, std::int64_t count, Stream from = stream) {
  std::vector<float> z(static_cast<std::size_t>(count));
  fill_normal(z.data(), first, count, from);
  return z;
}

/// Lane by lane, the operators of vectors against those of one number.
template <int bytes>
void check_lanes() {
  if constexpr (HUSH_CPU_HAS_LANES && bytes >= 32) {
    using Words = simd::WordLanes<bytes>;
    using Floats = simd::FloatLanes<bytes>;
    using Wide = simd::WideLanes<bytes>;
    constexpr int lanes = bytes / 4;
    Words a(0u), b(0u);
    Floats x(0.f), y(0.f);
    for (std::uint32_t i = 0; i < lanes; ++i) {
      a.v[i] = 2654435769u * i, b.v[i] = 0x90000000u + i * i;
      x.v[i] = 1.1f * float(i) - 3, y.v[i] = 1 / (float(i) + .3f);
    }
    for (int i = 0; i < lanes; ++i) {
      const std::uint32_t p = a.v[i], q = b.v[i];
      const float u = x.v[i], v = y.v[i];
      CAPTURE(i);
      CHECK((a + b).v[i] == p + q);
      CHECK((5u - b).v[i] == 5u - q);
      CHECK((a * b).v[i] == p * q);
      CHECK(((a & b) | (a ^ ~b)).v[i] == ((p & q) | (p ^ ~q)));
      CHECK(((a << 3) + (b >> 5)).v[i] == (p << 3) + (q >> 5));
      CHECK(exponent_of(b).v[i] == exponent_of(q));
      CHECK(to_float(b).v[i] == to_float(q));
      CHECK(as_word(x).v[i] == as_word(u));
      CHECK(as_float(as_word(x)).v[i] == u);
      CHECK((x * y).v[i] == u * v);
      CHECK((-x - y).v[i] == -u - v);
      CHECK(fused(x, y, .7f).v[i] == fused(u, v, .7f));
      CHECK(as_word(Floats(-0.f)).v[i] == 0x80000000u);
    }
    Wide c, d;
    for (std::uint32_t i = 0; i < Wide::size; ++i) {
      c.v[i] = 0xdeadbeef00000000u + 0xf1234567u * i, d.v[i] = 0x1234567800000000u + 0xffffffffu - i;
    }
    std::vector<float> mixed(2 * lanes);
    simd::store_interleaved(x.v, y.v, mixed.data());
    for (int i = 0; i < Wide::size; ++i) {
      const std::uint64_t p = c.v[i] & 0xffffffffu, q = d.v[i] & 0xffffffffu;
      CAPTURE(i);
      CHECK(product(c, d).v[i] == p * q);
      CHECK(upper(c).v[i] == c.v[i] >> 32);
      CHECK((c + d).v[i] == c.v[i] + d.v[i]);
      CHECK((c ^ 9u).v[i] == (c.v[i] ^ 9u));
      CHECK(alternating(c, d).v[2 * i] == p);
      CHECK(alternating(c, d).v[2 * i + 1] == q);
      // The even pairs of four numbers come first, then the odd ones.
      const std::size_t to = std::size_t(i % 2 * lanes + i / 2 * 4);
      for (std::size_t k = 0; k < 2; ++k) {
        CHECK(mixed[to + 2 * k] == float(x.v[2 * i + int(k)]));
        CHECK(mixed[to + 2 * k + 1] == float(y.v[2 * i + int(k)]));
      }
    }
  }
}

}  // namespace

TEST_CASE("lanes: what one number does, vectors do") {
  check_lanes<4 * simd::packet_size<float>>();
  MESSAGE("lanes: vectors of ", 4 * simd::packet_size<float>, " bytes, ",
          std::string(HUSH_CPU_HAS_LANES ? "used" : "not used"));
}

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
