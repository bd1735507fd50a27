#include <doctest/doctest.h>

#include <string>

#include <hush/io/checksum.hpp>
#include <hush/io/json.hpp>
#include <hush/io/picture.hpp>
#include <hush/io/png_rgb.hpp>

#include "io/scratch.hpp"
#include "thrown.hpp"

using namespace hush;

namespace {

/// The files of tests/goldens/pictures.json and what Pillow reads in them.
io::Json goldens() { return io::read_json(HUSH_ROOT "/tests/goldens/pictures.json")["read"]; }

std::string file_of(const io::Json& golden) {
  std::string file;
  const std::string digits = golden["file"];
  for (std::size_t i = 0; i < digits.size(); i += 2) file += char(std::stoi(digits.substr(i, 2), nullptr, 16));
  return file;
}
std::string file_named(const std::string& name) {
  for (const auto& golden : goldens())
    if (golden["name"] == name) return file_of(golden);
  FAIL("no picture is called " << name);
  return "";
}

std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }
std::uint32_t sum(const Images<std::uint8_t>& image) { return io::crc32(std::as_bytes(std::span(image.pixels))); }
std::string refused(const std::string& file) {
  return refusal([&] { io::decode_picture(bytes(file), "x"); });
}

std::string png_head(std::uint32_t width, std::uint32_t height, int bits, int kind) {
  std::string data;
  for (const auto size : {width, height})
    for (int shift = 24; shift >= 0; shift -= 8) data += char(size >> shift);
  return "\x89PNG\r\n\x1a\n" + io::detail::png_chunk("IHDR", data + char(bits) + char(kind) + std::string("\0\0\0", 3));
}

}  // namespace

TEST_CASE("picture: PNG and JPEG files of every kind have the pixels of Pillow's convert('RGB') and convert('L')") {
  const Scratch scratch("picture");
  Images<std::uint8_t> reused;
  int read = 0;
  for (const auto& golden : goldens()) {
    const std::string name = golden["name"];
    if (name.starts_with("refused")) continue;
    CAPTURE(name);
    const auto file = file_of(golden);
    const auto picture = io::decode_picture(bytes(file), "x");
    CHECK(picture.count == 1);
    CHECK(picture.height == golden["height"]);
    CHECK(picture.width == golden["width"]);
    CHECK(picture.channels == 3);
    CHECK(sum(picture) == golden["rgb"]);
    CHECK(sum(io::to_grey(picture)) == golden["grey"]);
    put(scratch / "named.otherwise", file);
    CHECK(io::read_picture(scratch / "named.otherwise") == picture);
    reused = io::decode_picture(bytes(file), "x", std::move(reused));
    CHECK(reused == picture);
    ++read;
  }
  CHECK(read == 29);
}

TEST_CASE("picture: what is not read is refused in words") {
  CHECK(refused(file_named("refused: jpeg in CMYK")) ==
        "x: is a JPEG in CMYK, the colours of print; convert it to RGB first");
  for (const auto* kind : {"grey", "colour"})
    CHECK(refused(file_named(words("refused: png of 16 bits, ", kind))) ==
          "x: is a PNG of 16 bits a value; pictures of 8 are read (at byte 8)");
  CHECK(refused(file_named("refused: png with a colour beyond its palette")) ==
        "x: a pixel has colour 10 of a palette of 10");
  CHECK(refused(file_named("refused: png without a palette")).starts_with("x: libpng: "));
  CHECK(refused(file_named("refused: gif")) == "x: is neither a PNG nor a JPEG file");
  CHECK(refused("") == "x: is empty");
  CHECK(refused("\xff\xd8") == "x: is neither a PNG nor a JPEG file");
  const Scratch scratch("picture-none");
  CHECK(refusal([&] { io::read_picture(scratch / "none"); }).find("cannot open it") != std::string::npos);
  CHECK(refusal([&] { io::read_picture(scratch.folder); }).find("is a folder, a file is wanted") != std::string::npos);
  CHECK_THROWS_WITH_AS(io::to_grey(Images<std::uint8_t>(1, 2, 2, 1)), "[to_grey] wants 3 channels, got 1",
                       std::invalid_argument);
}

TEST_CASE("picture: a PNG cut or flipped at any byte is refused") {
  for (const auto* name : {"png: colour", "png: palette of 2 bits", "png: interlaced"}) {
    CAPTURE(name);
    const auto good = file_named(name);
    for (std::size_t length = 0; length < good.size(); ++length) CHECK(refused(good.substr(0, length)) != "");
    for (std::size_t at = 0; at < good.size(); ++at) {
      auto bad = good;
      bad[at] = char(bad[at] ^ 1);
      CHECK(refused(bad) != "");
    }
  }
}

TEST_CASE("picture: a PNG whose pixels end too early is refused, though each of its chunks is whole") {
  auto file = file_named("png: colour");
  const auto at = file.find("IDAT") - 4;
  const auto length = io::detail::big_endian(file.data() + at);
  const auto cut = io::detail::png_chunk("IDAT", file.substr(at + 8, length - 60));
  file.replace(at, length + 12, cut);
  CHECK(refused(file) == "x: libpng: Not enough image data (at byte 8)");
}

TEST_CASE("picture: PNG sizes that cannot be are refused before there is memory for them") {
  const std::string rest = io::detail::png_chunk("IDAT", std::string(100, 'x')) + io::detail::png_chunk("IEND", "");
  CHECK(refused(png_head(16385, 1, 8, 2) + rest) == "x: a PNG of 16385 x 1 pixels is refused (at byte 8)");
  CHECK(refused(png_head(16384, 16384, 8, 2) + rest) ==
        words("x: a PNG of 16384 x 16384 pixels cannot be in ", 33 + rest.size(), " bytes (at byte 8)"));
  CHECK(refused(png_head(16384, 1, 1, 0) + rest).starts_with("x: libpng: "));
}
