#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <hush/io/checksum.hpp>
#include <hush/io/exif.hpp>
#include <hush/io/json.hpp>
#include <hush/io/picture.hpp>
#include <hush/io/picture_rules.hpp>
#include <hush/io/png.hpp>
#include <hush/io/png_chunks.hpp>
#include <hush/io/png_reader.hpp>

#include "io/scratch.hpp"
#include "said.hpp"
#include "thrown.hpp"

using namespace hush;

namespace {

/// The files of tests/goldens/pictures.json and what Pillow reads in them.
io::Json goldens(const char* part = "read") { return io::read_json(HUSH_ROOT "/tests/goldens/pictures.json")[part]; }

std::string file_of(const io::Json& golden, const char* key = "file") {
  std::string file;
  const std::string digits = golden[key];
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

/// A PNG file with another chunk: before its pixels, or behind them.
std::string with_chunk(std::string file, const char* type, const std::string& data, bool before) {
  return file.insert(before ? file.find("IDAT") - 4 : file.size() - 12, io::detail::png_chunk(type, data));
}
/// A JPEG file with another segment after its first two bytes.
std::string with_segment(std::string file, char kind, const std::string& data) {
  const std::size_t length = data.size() + 2;
  return file.insert(2, std::string{'\xff', kind, char(length >> 8), char(length)} + data);
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
  const Said said;
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
    reused = io::decode_picture(bytes(file), "x", {}, std::move(reused));
    CHECK(reused == picture);
    ++read;
  }
  CHECK(read == 65);
}

TEST_CASE("picture: what is not read is refused in words") {
  CHECK(refused(file_named("refused: png without a palette")).starts_with("x: libpng: "));
  CHECK(refused(file_named("refused: gif")) == "x: is a GIF file; PNG and JPEG are read, convert it to one of them");
  using namespace std::literals;
  for (const auto& [kind, start] : {std::pair{"WebP", "RIFF....WEBPVP8 "s},
                                    {"BMP", "BM"s},
                                    {"TIFF", "II*\0"s},
                                    {"TIFF", "MM\0*"s},
                                    {"HEIF",
                                     "\0\0\0\x18"
                                     "ftypheic"s},
                                    {"AVIF",
                                     "\0\0\0\x18"
                                     "ftypavif"s},
                                    {"JPEG XL", "\xff\x0a"s}})
    CHECK(refused(start + "...") ==
          to_text("x: is a ", kind, " file; PNG and JPEG are read, convert it to one of them"));
  CHECK(refused("version https://git-lfs.github.com/spec/v1\noid sha256:0\n") ==
        "x: is a pointer of Git LFS in the place of the file: fetch the file with `git lfs pull`");
  CHECK(refused("\n<!DOCTYPE HTML>").starts_with("x: is a web page (HTML)"));
  CHECK(refused("") == "x: is empty");
  CHECK(refused("\xff\xd8") == "x: is neither a PNG nor a JPEG file");
  const Scratch scratch("picture-none");
  CHECK(refusal([&] { io::read_picture(scratch / "none"); }).find("cannot open it") != std::string::npos);
  CHECK(refusal([&] { io::read_picture(scratch.folder); }).find("is a folder, a file is wanted") != std::string::npos);
  CHECK_THROWS_WITH_AS(io::to_grey(Images<std::uint8_t>(1, 2, 2, 1)), "[to_grey] wants 3 channels, got 1",
                       std::invalid_argument);
}

TEST_CASE("picture: stored values stand as they are, whatever gamma says, and alpha is multiplied on them") {
  const Scratch scratch("stored");
  int read = 0;
  for (const auto& golden : goldens()) {
    if (!golden.contains("stored")) continue;
    const std::string name = golden["name"];
    CAPTURE(name);
    const auto& stored = golden["stored"];
    const auto file = file_of(golden);
    put(scratch / "x.png", file);
    const auto picture = io::read_png(scratch / "x.png");
    CHECK(picture.channels == stored["channels"]);
    CHECK(sum(picture) == stored["black"]);
    for (const auto& [ground, key] :
         {std::pair{io::Transparency::over_black, "black"}, {io::Transparency::over_white, "white"}}) {
      CHECK(sum(io::decode_png(bytes(file), "x", {.grey = true, .transparency = ground})) == stored[key]);
      const auto colour = io::decode_picture(bytes(file), "x", {.transparency = ground});
      CHECK(colour.channels == 3);
      if (stored["channels"] == 3) CHECK(sum(colour) == stored[key]);
      if (stored["channels"] == 1) CHECK(sum(io::to_grey(colour)) == stored[key]);
    }
    ++read;
  }
  CHECK(read == 35);
}

TEST_CASE("picture: EXIF turns it as PIL's exif_transpose does, in JPEG and PNG files, and what is broken does not") {
  const auto jpeg = file_named("jpeg: 4:2:0"), png = file_named("png: colour");
  int turned = 0;
  for (const auto& golden : goldens("oriented")) {
    const std::string name = golden["name"];
    CAPTURE(name);
    const auto exif = file_of(golden, "exif");
    const auto jpeg_with = with_segment(jpeg, '\xe1', std::string("Exif\0\0", 6) + exif);
    const auto check = [&](const std::string& file, const char* kind) {
      const auto picture = io::decode_picture(bytes(file), "x");
      CHECK(picture.height == golden[kind][0]);
      CHECK(picture.width == golden[kind][1]);
      CHECK(sum(picture) == golden[kind][2]);
    };
    check(jpeg_with, "jpeg");
    check(with_segment(jpeg_with, '\xe1', "http://ns.adobe.com/xap/1.0/..."), "jpeg");
    check(with_chunk(png, "eXIf", exif, true), "png");
    check(with_chunk(png, "eXIf", exif, false), "png");
    const io::Reading as_stored{.upright = false};
    CHECK(io::decode_picture(bytes(jpeg_with), "x", as_stored) == io::decode_picture(bytes(jpeg), "x"));
    CHECK(io::decode_picture(bytes(with_chunk(png, "eXIf", exif, true)), "x", as_stored) ==
          io::decode_picture(bytes(png), "x"));
    turned += golden["png"] != goldens("oriented")[0]["png"];
  }
  CHECK(turned == 30);
}

TEST_CASE("picture: upright images are turned and mirrored one by one, of any number of channels") {
  // two images of 2 x 3: 0 1 2 / 3 4 5 and the same and 10; as EXIF 2.32 draws the eight
  const Images<std::uint8_t> stored(2, 2, 3, 1, {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15});
  const std::vector<std::vector<std::uint8_t>> shown{{0, 1, 2, 3, 4, 5}, {2, 1, 0, 5, 4, 3}, {5, 4, 3, 2, 1, 0},
                                                     {3, 4, 5, 0, 1, 2}, {0, 3, 1, 4, 2, 5}, {3, 0, 4, 1, 5, 2},
                                                     {5, 2, 4, 1, 3, 0}, {2, 5, 1, 4, 0, 3}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const auto turned = io::upright(stored, orientation);
    CHECK(turned.count == 2);
    CHECK(turned.height == (orientation < 5 ? 2 : 3));
    CHECK(turned.width == (orientation < 5 ? 3 : 2));
    for (std::size_t i = 0; i < 6; ++i) {
      CHECK(turned[0][i] == shown[std::size_t(orientation - 1)][i]);
      CHECK(turned[1][i] == shown[std::size_t(orientation - 1)][i] + 10);
    }
  }
  CHECK_THROWS_WITH_AS(io::upright(stored, 9), "[upright] an orientation is 1 to 8, got 9", std::invalid_argument);
  CHECK(io::exif_orientation("") == 1);
  CHECK(io::exif_orientation("MM") == 1);
  CHECK(io::jpeg_exif("\xff\xd8\xff\xe1").empty());
}

TEST_CASE("picture: hidden colours, colours beyond a palette and what libjpeg wonders at are said once a folder") {
  const Scratch scratch("said");
  for (const auto& [name, part] : {std::pair{"png: colour with alpha", "x.png: has transparent pixels. Their hidden"},
                                   {"png: palette of 4 bits, some transparent", "x.png: has transparent pixels."},
                                   {"png: with colours beyond its palette", "colour 15 of a palette of 10; it is read"},
                                   {"jpeg: stray bytes before the pixels", "libjpeg warns: Corrupt JPEG data: 5 extra"},
                                   {"png: grey", ""},
                                   {"png: interlaced", ""},
                                   {"jpeg: 4:2:0", ""}}) {
    const bool clean = !*part;
    CAPTURE(name);
    const auto folder = scratch / name;
    std::filesystem::create_directories(folder);
    put(folder / "x.png", file_named(clean && std::string(name) == "png: grey" ? "png: grey of 8 bits" : name));
    const Said said;
    for (int i = 0; i < 2; ++i) io::read_picture(folder / "x.png");
    REQUIRE(said.lines.size() == (clean ? 0 : 1));
    if (!clean) CHECK(said.lines[0].starts_with(folder.string()));
    if (!clean) CHECK(said.lines[0].find(part) != std::string::npos);
  }
  const Said said;  // who lays them on white knows of them
  put(scratch / "y.png", file_named("png: colour with alpha"));
  io::read_picture(scratch / "y.png", {.transparency = io::Transparency::over_white});
  io::read_png(scratch / "y.png");
  CHECK(said.lines.empty());
}

TEST_CASE("picture: a PNG cut or flipped before its pixels end is refused, and behind them it is as it was") {
  for (const auto* name : {"png: colour", "png: palette of 2 bits", "png: interlaced"}) {
    CAPTURE(name);
    const auto good = file_named(name);
    const auto picture = io::decode_picture(bytes(good), "x");
    const auto end = good.size() - 12;
    for (std::size_t length = 0; length < good.size(); ++length) {
      const auto cut = good.substr(0, length);
      if (length < end)
        CHECK(refused(cut) != "");
      else
        CHECK(io::decode_picture(bytes(cut), "x") == picture);
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
      auto bad = good;
      bad[at] = char(bad[at] ^ 1);
      if (at < end)
        CHECK(refused(bad) != "");
      else
        CHECK(io::decode_picture(bytes(bad), "x") == picture);
    }
    const auto more = with_chunk(good, "tEXt", "key and a text that is cut", false);
    for (std::size_t length = end; length < more.size(); ++length)
      CHECK(io::decode_picture(bytes(more.substr(0, length)), "x") == picture);
  }
}

TEST_CASE("picture: a PNG whose pixels end too early is refused, though each of its chunks is whole") {
  auto file = file_named("png: colour");
  const auto at = file.find("IDAT") - 4;
  const auto length = io::detail::big_endian(file.data() + at);
  const auto cut = io::detail::png_chunk("IDAT", file.substr(at + 8, length - 60));
  file.replace(at, length + 12, cut);
  CHECK(refused(file) == "x: libpng: Not enough image data (at byte 8)");
  CHECK(refused(file_named("refused: png, its last row missing")) == "x: libpng: Not enough image data (at byte 8)");
}

TEST_CASE("picture: PNG sizes that cannot be are refused before there is memory for them") {
  const std::string rest = io::detail::png_chunk("IDAT", std::string(100, 'x')) + io::detail::png_chunk("IEND", "");
  CHECK(refused(png_head(16385, 1, 8, 2) + rest) ==
        "x: a PNG of 16385 x 1 pixels is refused: the longest side that is read is 16384; make the picture smaller, or "
        "cut "
        "it, first (at byte 8)");
  CHECK(refused(png_head(16384, 16384, 8, 2) + rest) ==
        to_text("x: a PNG of 16384 x 16384 pixels cannot be in ", 33 + rest.size(), " bytes (at byte 8)"));
  CHECK(refused(png_head(16384, 1, 1, 0) + rest).starts_with("x: libpng: "));
}
