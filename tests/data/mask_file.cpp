#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <hush/data/mask_file.hpp>
#include <hush/io/jpeg.hpp>
#include <hush/io/json.hpp>
#include <hush/io/png.hpp>

#include "drawing.hpp"
#include "io/scratch.hpp"
#include "said.hpp"

using namespace hush;
using namespace hush::data;

namespace {

std::string file_named(const std::string& name) {
  std::string file;
  const auto goldens = io::read_json(HUSH_ROOT "/tests/goldens/pictures.json");
  for (const auto& golden : goldens["read"])
    if (golden["name"] == name) {
      const std::string digits = golden["file"];
      for (std::size_t i = 0; i < digits.size(); i += 2) file += char(std::stoi(digits.substr(i, 2), nullptr, 16));
    }
  REQUIRE(!file.empty());
  return file;
}

std::string jpeg(const Images<std::uint8_t>& image, int quality) {
  const auto file = io::jpeg_bytes(image, quality);
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

/// A picture of one channel, black on the left, white on the right half.
Images<std::uint8_t> halves(std::int64_t height, std::int64_t width) {
  Images<std::uint8_t> image(1, height, width, 1);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = std::int64_t(i) % width < width / 2 ? 0 : 255;
  return image;
}

}  // namespace

TEST_CASE("mask file: white is the hole, from 128 of 255 on") {
  const Scratch scratch("mask-file");
  const Said said;
  const auto grey = scratch / "grey.png", colour = scratch / "colour.png";
  io::write_png(grey, {1, 2, 3, 1, {0, 127, 128, 255, 200, 1}});
  CHECK(drawing(read_mask(grey, 2, 3)) == "..#\n##.\n");
  CHECK(drawing(read_mask(grey, 2, 3, 201)) == "...\n#..\n");
  // PIL's convert("L"): green 150, red 76, white 255, blue 29
  io::write_png(colour, {1, 1, 4, 3, {0, 255, 0, 255, 0, 0, 255, 255, 255, 0, 0, 255}});
  CHECK(drawing(read_mask(colour, 1, 4)) == "#.#.\n");
  CHECK(drawing(read_mask(colour, 1, 4, 76)) == "###.\n");
  CHECK(drawing(read_mask(colour, 1, 4, 77)) == "#.#.\n");
  CHECK(refusal([&] { read_mask(grey, 64, 32); }) ==
        grey.string() + ": is a mask of 2 x 3 pixels, wanted is one of 64 x 32");
  CHECK(refusal([&] { read_mask(scratch / "none.png", 2, 3); }).find("cannot open it") != std::string::npos);
}

TEST_CASE("mask file: gamma moves no threshold, and alpha is multiplied on the stored values") {
  const Scratch scratch("mask-gamma");
  const Said said;
  for (const auto* gamma : {"of 1", "of 1 / 1.8", "of sRGB", "in a profile"}) {
    CAPTURE(gamma);
    put(scratch / "ramp.png", file_named(to_text("png: grey, gamma ", gamma)));  // 0 to 255, row by row
    const auto ramp = read_mask(scratch / "ramp.png", 16, 16);
    for (std::size_t i = 0; i < 256; ++i) CHECK(ramp.pixels[i] == float(i >= 128));
    put(scratch / "alpha.png",
        file_named(to_text("png: grey with alpha, gamma ", gamma)));  // alpha: each row backwards
    const auto laid = read_mask(scratch / "alpha.png", 16, 16);
    for (int i = 0; i < 256; ++i)
      CHECK(laid.pixels[std::size_t(i)] == float(2 * i * (i / 16 * 16 + 15 - i % 16) >= 255 * 255));
  }
}

TEST_CASE("mask file: a JPEG is a mask too, whatever compression made of black and white") {
  const Scratch scratch("mask-jpeg");
  const Said said;
  std::string wanted;
  for (int y = 0; y < 20; ++y) wanted += "...........###########\n";
  for (const int quality : {50, 75, 95}) {
    put(scratch / "mask.jpg", jpeg(halves(20, 22), quality));
    CHECK(drawing(read_mask(scratch / "mask.jpg", 20, 22)) == wanted);
  }
  CHECK(said.lines.empty());
}

TEST_CASE("mask file: it is turned as its EXIF says, or not by choice") {
  const Scratch scratch("mask-turned");
  auto file = io::encode_png({1, 1, 3, 1, {255, 0, 0}});
  const std::string exif("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", 26);  // 6: to the right
  put(scratch / "mask.png", file.insert(file.find("IDAT") - 4, io::detail::png_chunk("eXIf", exif)));
  CHECK(drawing(read_mask(scratch / "mask.png", 3, 1)) == "#\n.\n.\n");
  CHECK(drawing(read_mask(scratch / "mask.png", 1, 3, 128, false)) == "#..\n");
}

TEST_CASE("mask file: in its own size, and soft by choice: then nothing is cut, and nothing to be said") {
  const Scratch scratch("mask-own");
  const Said said;
  io::write_png(scratch / "mask.png", {1, 2, 3, 1, {0, 51, 102, 127, 128, 255}});
  CHECK(read_mask(scratch / "mask.png", {.soft = true}) ==
        Images<float>(1, 2, 3, 1, {0, 51 / 255.f, 102 / 255.f, 127 / 255.f, 128 / 255.f, 1}));
  CHECK(said.lines.empty());
  CHECK(read_mask(scratch / "mask.png") == Images<float>(1, 2, 3, 1, {0, 0, 0, 0, 1, 1}));
  CHECK(said.lines.size() == 1);
  put(scratch / "mask.jpg", jpeg(halves(16, 16), 50));  // black and white are what they were before compression
  CHECK(read_mask(scratch / "mask.jpg", {.soft = true}) == read_mask(scratch / "mask.jpg", 16, 16));
}

TEST_CASE("mask file: a threshold at which all or nothing is a hole is refused, and means nothing to a soft mask") {
  const Scratch scratch("mask-threshold");
  const Said said;
  io::write_png(scratch / "mask.png", {1, 1, 4, 1, {0, 1, 254, 255}});
  CHECK(drawing(read_mask(scratch / "mask.png", {.threshold = 1})) == ".###\n");
  CHECK(drawing(read_mask(scratch / "mask.png", {.threshold = 255})) == "...#\n");
  for (const int threshold : {-1, 0, 256})
    for (const bool soft : {false, true})
      CHECK_THROWS_WITH_AS(read_mask(scratch / "mask.png", {.threshold = threshold, .soft = soft}),
                           to_text("[read_mask] a threshold of ", threshold,
                                   " is not between 1 and 255, the brightness from which on a pixel is a hole")
                               .c_str(),
                           std::invalid_argument);
  CHECK_THROWS_AS(read_mask(scratch / "mask.png", 1, 4, 1000), std::invalid_argument);
  // white as compression leaves it, 250, is white still, and black black
  Images<std::uint8_t> near(1, 16, 16, 1, std::vector<std::uint8_t>(256, 250));
  std::fill_n(near.pixels.begin(), 128, std::uint8_t(5));
  put(scratch / "mask.jpg", jpeg(near, 95));
  const auto usual = read_mask(scratch / "mask.jpg", {.soft = true});
  CHECK(usual.pixels.front() == 0);
  CHECK(usual.pixels.back() == 1);
  for (const int threshold : {1, 255})
    CHECK(read_mask(scratch / "mask.jpg", {.threshold = threshold, .soft = true}) == usual);
}

TEST_CASE("mask file: a soft mask is told of once, by its name, and a hard one never") {
  const Scratch scratch("mask-soft");
  io::write_png(scratch / "hard/mask.png", halves(2, 2));
  io::write_png(scratch / "soft/mask.png", {1, 2, 2, 1, {0, 1, 254, 255}});
  Images<std::uint8_t> ramp(1, 16, 16, 1);
  std::iota(ramp.pixels.begin(), ramp.pixels.end(), std::uint8_t(0));
  std::filesystem::create_directories(scratch / "jpeg");
  put(scratch / "jpeg/mask.jpg", jpeg(ramp, 90));
  const Said said;
  for (int i = 0; i < 3; ++i) {
    read_mask(scratch / "hard/mask.png", 2, 2);
    CHECK(drawing(read_mask(scratch / "soft/mask.png", 2, 2)) == "..\n##\n");
    read_mask(scratch / "jpeg/mask.jpg", 16, 16);
  }
  REQUIRE(said.lines.size() == 2);
  CHECK(said.lines[0] == to_text((scratch / "soft/mask.png").string(),
                                 ": is a soft mask, 2 of its 4 pixels are neither black nor white. Each counts as hole "
                                 "from 128 of 255 on, and as picture below"));
  CHECK(said.lines[1].starts_with(to_text((scratch / "jpeg/mask.jpg").string(), ": is a soft mask, ")));
}
