#include <doctest/doctest.h>

#include <vector>

#include <hush/data/pil_resize.hpp>
#include <hush/io/checksum.hpp>
#include <hush/io/json.hpp>

using namespace hush;

namespace {

/// The noise of tools/make_resize_goldens.py.
Images<std::uint8_t> noise(std::int64_t height, std::int64_t width, std::int64_t channels) {
  Images<std::uint8_t> image(1, height, width, channels);
  std::uint32_t state = 12345;
  for (auto& pixel : image.pixels) {
    const auto value = (state = state * 1664525u + 1013904223u) >> 24;
    pixel = std::uint8_t(value < 96 ? 0 : value >= 160 ? 255 : value);
  }
  return image;
}

}  // namespace

TEST_CASE("pil_resize: has Pillow's pixels, bit for bit, larger and smaller, with both filters") {
  const auto goldens = io::read_json(HUSH_ROOT "/tests/goldens/pil_resize.json")["cases"];
  REQUIRE(goldens.size() == 84);
  for (const auto& golden : goldens) {
    CAPTURE(golden.dump());
    const auto image = noise(golden["from"][0], golden["from"][1], golden["channels"]);
    const auto filter = golden["filter"] == "bilinear" ? data::Filter::bilinear : data::Filter::bicubic;
    const auto out = data::pil_resize(image, golden["to"][0], golden["to"][1], filter);
    if (golden.contains("pixels")) CHECK(out.pixels == golden["pixels"].get<std::vector<std::uint8_t>>());
    CHECK(io::crc32(std::as_bytes(std::span(out.pixels))) == golden["crc"]);
  }
}

TEST_CASE("pil_resize: one resizer for pictures of many sizes does what a new one does for each") {
  data::PilResize resize(24, 20, data::Filter::bicubic);
  for (const auto& [height, width, channels] :
       {std::tuple{40, 30, 3}, {40, 60, 3}, {11, 60, 1}, {24, 60, 4}, {24, 20, 2}, {60, 20, 1}, {40, 30, 3}}) {
    const auto image = noise(height, width, channels);
    Images<std::uint8_t> out(1, 24, 20, channels);
    resize(image[0], height, width, channels, out[0]);
    CHECK(out == data::pil_resize(image, 24, 20, data::Filter::bicubic));
  }
}

TEST_CASE("pil_resize: channels and images are treated apart") {
  auto many = noise(31, 17, 4);
  const auto all = data::pil_resize(many, 12, 23);
  for (std::size_t c = 0; c < 4; ++c) {
    Images<std::uint8_t> one(1, 31, 17, 1);
    for (std::size_t i = 0; i < one.pixels.size(); ++i) one.pixels[i] = many.pixels[4 * i + c];
    const auto resized = data::pil_resize(one, 12, 23);
    for (std::size_t i = 0; i < resized.pixels.size(); ++i) CHECK(resized.pixels[i] == all.pixels[4 * i + c]);
  }
  const Images<std::uint8_t> pair(2, 31, 17, 2, many.pixels);
  const auto both = data::pil_resize(pair, 12, 23);
  const Images<std::uint8_t> second(1, 31, 17, 2, {pair[1].begin(), pair[1].end()});
  CHECK(std::ranges::equal(both[1], data::pil_resize(second, 12, 23).pixels));
  CHECK(data::pil_resize(Images<std::uint8_t>(0, 5, 5, 3), 2, 2) == Images<std::uint8_t>(0, 2, 2, 3));
}

TEST_CASE("pil_resize: what cannot be is refused in words") {
  CHECK_THROWS_WITH_AS(data::PilResize(0, 4), "[pil_resize] cannot resize to 0 x 4", std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::PilResize(4, -1), "[pil_resize] cannot resize to 4 x -1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::pil_resize(noise(4, 4, 5), 2, 2), "[pil_resize] wants 1 to 4 channels, got 5",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::pil_resize(Images<std::uint8_t>(1, 0, 4, 3), 2, 2),
                       "[pil_resize] a picture of 0 x 4 x 3 is not 0 bytes, or the resized one not 12",
                       std::invalid_argument);
  const auto image = noise(4, 4, 1);
  std::vector<std::uint8_t> few(3);
  data::PilResize resize(2, 2);
  CHECK_THROWS_WITH_AS(resize(image[0], 4, 4, 1, few),
                       "[pil_resize] a picture of 4 x 4 x 1 is not 16 bytes, or the resized one not 3",
                       std::invalid_argument);
}
