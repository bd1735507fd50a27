#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <hush/data/lab_bytes.hpp>
#include <hush/data/lab_planes.hpp>
#include <hush/data/resize.hpp>
#include <vector>

using namespace hush;

namespace {

/// Colours that change slowly over each picture.
Images<std::uint8_t> soft_pictures() {
  Images<std::uint8_t> images(2, 16, 24, 3);
  std::size_t at = 0;
  for (int i = 0; i < 2; ++i)
    for (int y = 0; y < 16; ++y)
      for (int x = 0; x < 24; ++x)
        for (const int channel : {60 + 6 * y + 20 * i, 80 + 4 * x, 200 - 3 * x - 5 * y})
          images.pixels[at++] = std::uint8_t(channel);
  return images;
}

Images<std::uint8_t> every_byte(std::int64_t channels) {
  Images<std::uint8_t> images(1, 16, 16, channels);
  for (std::size_t i = 0; i < images.pixels.size(); ++i) images.pixels[i] = std::uint8_t(i / std::size_t(channels));
  return images;
}

/// v * 2 / 255 - 1 of all bytes as ab, under middling lightness.
data::LabPlanes ramps() {
  data::LabPlanes planes{{1, 16, 16, 1}, {1, 16, 16, 2}};
  for (int v = 0; v < 256; ++v) {
    planes.lightness.pixels[std::size_t(v)] = float(v * 2. / 255 - 1);
    for (const int c : {0, 1}) planes.ab.pixels[std::size_t(2 * v + c)] = float(v * 2. / 255 - 1);
  }
  return planes;
}

}  // namespace

TEST_CASE("lab planes: lightness and ab are the bytes of Lab in [-1, 1]") {
  const Images<std::uint8_t> images = soft_pictures(), lab = data::rgb_to_lab_bytes(images);
  const data::LabPlanes planes = data::split_lab(images);
  REQUIRE(planes.lightness.count == 2);
  REQUIRE(planes.lightness.height == 16);
  REQUIRE(planes.lightness.width == 24);
  REQUIRE(planes.lightness.channels == 1);
  REQUIRE(planes.ab.count == 2);
  REQUIRE(planes.ab.height == 16);
  REQUIRE(planes.ab.width == 24);
  REQUIRE(planes.ab.channels == 2);
  for (std::size_t i = 0; i < lab.pixels.size(); ++i) {
    const float found = i % 3 ? planes.ab.pixels[i / 3 * 2 + i % 3 - 1] : planes.lightness.pixels[i / 3];
    CHECK(found == float(lab.pixels[i] * 2. / 255 - 1));
  }
}

TEST_CASE("lab planes: greys are .0039, not 0") {
  const data::LabPlanes planes = data::split_lab(every_byte(3));
  for (const float v : planes.ab.pixels) CHECK(v == doctest::Approx(.0039216).epsilon(1e-4));
  CHECK(planes.lightness.pixels.front() == -1);
  CHECK(planes.lightness.pixels.back() == 1);
}

TEST_CASE("lab planes: split and merged, the bytes of Lab are those that were") {
  const Images<std::uint8_t> images = soft_pictures();
  CHECK(data::merge_lab(data::split_lab(images)) == data::lab_bytes_to_rgb(data::rgb_to_lab_bytes(images)));
}

TEST_CASE("lab planes: rounding gives all 256 bytes back, truncation 95 of them one lower") {
  Images<std::uint8_t> lab = every_byte(3);
  CHECK(data::merge_lab(ramps()) == data::lab_bytes_to_rgb(lab));
  int lower = 0;
  for (std::size_t v = 0; v < 256; ++v) {
    const auto cut = std::uint8_t((ramps().lightness.pixels[v] + 1.f) * 255.f / 2.f);
    lower += cut == v - 1;
    CHECK((cut == v || cut == v - 1));
    for (std::size_t c = 0; c < 3; ++c) lab.pixels[3 * v + c] = cut;
  }
  CHECK(lower == 95);
  CHECK(data::merge_lab(ramps(), data::ToByte::truncated) == data::lab_bytes_to_rgb(lab));
  CHECK(data::merge_lab(ramps()) != data::merge_lab(ramps(), data::ToByte::truncated));
}

TEST_CASE("lab planes: ab of another size is resized to the lightness") {
  const Images<std::uint8_t> images = soft_pictures();
  data::LabPlanes planes = data::split_lab(images);
  const Images<float> small = data::resize(planes.ab, 8, 12);
  const Images<std::uint8_t> merged = data::merge_lab({planes.lightness, small});
  CHECK(merged == data::merge_lab({planes.lightness, data::resize(small, 16, 24)}));
  CHECK(merged.height == 16);
  CHECK(merged.width == 24);
  int off = 0;
  for (std::size_t i = 0; i < images.pixels.size(); ++i)
    off = std::max(off, std::abs(int(merged.pixels[i]) - int(images.pixels[i])));
  CHECK(off <= 8);  // colours that change slowly survive it
}

TEST_CASE("lab planes: what a network makes beyond [-1, 1] is clamped") {
  const data::LabPlanes far{{1, 1, 2, 1, {5, -5}}, {1, 1, 2, 2, {.0039216f, .0039216f, -7, 7}}};
  const data::LabPlanes at{{1, 1, 2, 1, {1, -1}}, {1, 1, 2, 2, {.0039216f, .0039216f, -1, 1}}};
  for (const data::ToByte rule : {data::ToByte::rounded, data::ToByte::truncated})
    CHECK(data::merge_lab(far, rule) == data::merge_lab(at, rule));
  CHECK(data::merge_lab(far).pixels[0] == 255);
}

TEST_CASE("lab planes: what does not fit together is refused in words") {
  const Images<float> light(2, 4, 4, 1), ab(2, 4, 4, 2);
  CHECK_THROWS_WITH_AS(data::split_lab(Images<std::uint8_t>(1, 2, 2, 1)),
                       "[split_lab] wants the 3 channels red, green and blue, got 1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::merge_lab({ab, ab}), "[merge_lab] wants 1 channel of lightness and 2 of ab, got 2 and 2",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::merge_lab({light, light}),
                       "[merge_lab] wants 1 channel of lightness and 2 of ab, got 1 and 1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::merge_lab({light, Images<float>(1, 4, 4, 2)}),
                       "[merge_lab] 2 images of lightness for 1 of ab", std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::merge_lab({Images<float>(2, 0, 4, 1), ab}), "[merge_lab] the lightness has no pixels",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::merge_lab({light, Images<float>(2, 0, 4, 2)}), "[merge_lab] ab has no pixels",
                       std::invalid_argument);
  Images<float> bad_light = light, bad_ab = ab;
  bad_light.pixels[3] = bad_ab.pixels[3] = NAN;
  CHECK_THROWS_WITH_AS(data::merge_lab({bad_light, ab}), "[merge_lab] the lightness has NaN in it",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::merge_lab({light, bad_ab}), "[merge_lab] ab has NaN in it", std::invalid_argument);
  CHECK(data::merge_lab({Images<float>(0, 4, 4, 1), Images<float>(0, 2, 2, 2)}).height == 4);
}
