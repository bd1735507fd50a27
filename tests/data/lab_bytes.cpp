#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <hush/data/lab_bytes.hpp>
#include <hush/io/checksum.hpp>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

using namespace hush;

namespace {

using Triple = std::array<int, 3>;

Triple converted(Images<std::uint8_t> (*convert)(const Images<std::uint8_t>&), const Triple& from) {
  const Images<std::uint8_t> out =
      convert({1, 1, 1, 3, {std::uint8_t(from[0]), std::uint8_t(from[1]), std::uint8_t(from[2])}});
  return {out.pixels[0], out.pixels[1], out.pixels[2]};
}

/// All triples that begin with this byte.
Images<std::uint8_t> plane(int first) {
  Images<std::uint8_t> images(1, 256, 256, 3);
  for (std::size_t i = 0; i < 65536; ++i) {
    images.pixels[3 * i] = std::uint8_t(first);
    images.pixels[3 * i + 1] = std::uint8_t(i >> 8);
    images.pixels[3 * i + 2] = std::uint8_t(i);
  }
  return images;
}

nlohmann::json golden() {
  std::ifstream file(HUSH_ROOT "/tests/goldens/lab.json");
  REQUIRE(file);
  return nlohmann::json::parse(file);
}

}  // namespace

TEST_CASE("lab bytes: published conversions of OpenCV, there") {
  const std::pair<Triple, Triple> rows[] = {
      {{0, 0, 0}, {0, 128, 128}},      {{255, 255, 255}, {255, 128, 128}}, {{255, 0, 0}, {136, 208, 195}},
      {{0, 255, 0}, {224, 42, 211}},   {{0, 0, 255}, {82, 207, 20}},       {{0, 6, 98}, {24, 163, 77}},
      {{0, 22, 138}, {45, 169, 64}},   {{32, 1, 86}, {24, 163, 85}},       {{255, 255, 0}, {248, 106, 223}},
      {{255, 0, 255}, {154, 226, 67}}, {{0, 255, 255}, {233, 80, 114}},
  };
  for (const auto& [rgb, lab] : rows) CHECK(converted(data::rgb_to_lab_bytes, rgb) == lab);
}

TEST_CASE("lab bytes: published conversions of OpenCV, back") {
  const std::pair<Triple, Triple> rows[] = {
      {{0, 128, 128}, {0, 0, 0}},    {{255, 128, 128}, {255, 255, 255}}, {{136, 208, 195}, {255, 2, 1}},
      {{224, 42, 211}, {7, 255, 3}}, {{82, 207, 20}, {0, 1, 255}},       {{24, 163, 77}, {1, 7, 98}},
      {{45, 169, 64}, {0, 23, 139}},
  };
  for (const auto& [lab, rgb] : rows) CHECK(converted(data::lab_bytes_to_rgb, lab) == rgb);
}

TEST_CASE("lab bytes: OpenCV's, bit for bit, for all 2^24 triples there and back") {
  io::Crc32 there, back;
  std::vector<bool> seen(1 << 24);
  std::int64_t distinct = 0, same = 0, near = 0;
  std::array<int, 6> span{255, 0, 255, 0, 255, 0};
  for (int first = 0; first < 256; ++first) {
    const Images<std::uint8_t> all = plane(first);
    const Images<std::uint8_t> lab = data::rgb_to_lab_bytes(all), rgb = data::lab_bytes_to_rgb(all);
    there.add(std::as_bytes(std::span(lab.pixels)));
    back.add(std::as_bytes(std::span(rgb.pixels)));
    const Images<std::uint8_t> again = data::lab_bytes_to_rgb(lab);
    for (std::size_t i = 0; i < 65536; ++i) {
      const std::uint8_t *const at = &lab.pixels[3 * i], *const now = &again.pixels[3 * i],
                                *const was = &all.pixels[3 * i];
      int off = 0;
      for (std::size_t c = 0; c < 3; ++c) {
        span[2 * c] = std::min<int>(span[2 * c], at[c]), span[2 * c + 1] = std::max<int>(span[2 * c + 1], at[c]);
        off = std::max(off, std::abs(now[c] - was[c]));
      }
      same += off == 0, near += off <= 1;
      auto lab_seen = seen[std::size_t(at[0] << 16 | at[1] << 8 | at[2])];
      distinct += !lab_seen;
      lab_seen = true;
    }
  }
  const nlohmann::json wanted = golden();
  CHECK(io::hexadecimal(there.value) == wanted["rgb_to_lab_crc32"]);
  CHECK(io::hexadecimal(back.value) == wanted["lab_to_rgb_crc32"]);
  CHECK(distinct == wanted["distinct_labs"]);
  CHECK(same == wanted["come_back"]);
  CHECK(near == wanted["come_back_within_1"]);
  CHECK(span == std::array<int, 6>{0, 255, 42, 226, 20, 223});
}

TEST_CASE("lab bytes: other than 3 channels are refused in words") {
  const Images<std::uint8_t> grey(1, 2, 2, 1);
  CHECK_THROWS_WITH_AS(data::rgb_to_lab_bytes(grey),
                       "[rgb_to_lab_bytes] wants the 3 channels red, green and blue, got 1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::lab_bytes_to_rgb(grey), "[lab_bytes_to_rgb] wants the 3 channels L, a and b, got 1",
                       std::invalid_argument);
  CHECK(data::rgb_to_lab_bytes(Images<std::uint8_t>(0, 2, 2, 3)).count == 0);
}
