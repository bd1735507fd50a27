#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include <hush/io/checksum.hpp>
#include <hush/io/jpeg.hpp>
#include <hush/io/json.hpp>

#include "io/scratch.hpp"
#include "thrown.hpp"

using namespace hush;

namespace {

/// The picture that tools/make_picture_goldens.py paints.
Images<std::uint8_t> painted(std::int64_t height, std::int64_t width, std::int64_t channels = 3) {
  Images<std::uint8_t> image(1, height, width, channels);
  std::size_t i = 0;
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      if (channels == 3) image.pixels[i++] = std::uint8_t(5 * x + 3 * y);
      image.pixels[i++] = std::uint8_t(x * y);
      if (channels == 3) image.pixels[i++] = std::uint8_t(x * x + 7 * y + 40);
    }
  return image;
}

std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string as_text(const std::vector<std::byte>& file) {
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

std::string refused(const std::string& file) {
  return refusal([&] { io::decode_jpeg(bytes(file), "x.jpg"); });
}

/// A JPEG file with components in colours of their own, which jpeg_bytes does not write.
std::string odd_jpeg(int components, J_COLOR_SPACE given, J_COLOR_SPACE stored,
                     const std::vector<jpeg_scan_info>& scans = {}) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* to = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &to, &size);
  info.image_width = info.image_height = 16;
  info.input_components = components;
  info.in_color_space = given;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, stored);
  if (!scans.empty()) info.scan_info = scans.data(), info.num_scans = int(scans.size());
  jpeg_start_compress(&info, TRUE);
  std::vector<unsigned char> line(std::size_t(16 * components), 100);
  JSAMPROW row = line.data();
  while (info.next_scanline < info.image_height) jpeg_write_scanlines(&info, &row, 1);
  jpeg_finish_compress(&info);
  std::string file(reinterpret_cast<char*>(to), size);
  jpeg_destroy_compress(&info);
  std::free(to);
  return file;
}

const std::vector<jpeg_scan_info> progressive_scans{{3, {0, 1, 2}, 0, 0, 0, 1},
                                                    {1, {0}, 1, 63, 0, 0},
                                                    {1, {1}, 1, 63, 0, 0},
                                                    {1, {2}, 1, 63, 0, 0},
                                                    {3, {0, 1, 2}, 0, 0, 1, 0}};

/// The same file with another size in its header.
std::string resized_head(std::string file, unsigned width, unsigned height) {
  const auto head = file.find(std::string("\xff\xc0\x00\x11\x08", 5));
  REQUIRE(head != file.npos);
  for (int i = 0; i < 2; ++i) {
    file[head + 5 + std::size_t(i)] = char(height >> (8 - 8 * i));
    file[head + 7 + std::size_t(i)] = char(width >> (8 - 8 * i));
  }
  return file;
}

}  // namespace

TEST_CASE("jpeg: the bytes of a picture are Pillow's, and so are its pixels") {
  const auto goldens = io::read_json(HUSH_ROOT "/tests/goldens/pictures.json")["written"];
  REQUIRE(goldens.size() == 12);
  for (const auto& golden : goldens) {
    CAPTURE(golden.dump());
    const auto image = painted(45, 61, golden["picture"] == "colour" ? 3 : 1);
    const int quality = golden["quality"];
    const auto file = io::jpeg_bytes(image, quality);
    CHECK(file.size() == golden["size"]);
    CHECK(io::crc32(file) == golden["crc"]);
    const auto back = io::through_jpeg(image, quality);
    CHECK(io::crc32(std::as_bytes(std::span(back.pixels))) == golden["pixels"]);
  }
}

TEST_CASE("jpeg: many images go through it one by one, and memory that is lent does not show") {
  const auto one = painted(9, 20), other = painted(20, 9);
  Images<std::uint8_t> two(2, 9, 20, 3);
  std::copy(one.pixels.begin(), one.pixels.end(), two[0].begin());
  std::copy(other.pixels.begin(), other.pixels.end(), two[1].begin());
  const auto back = io::through_jpeg(two, 50);
  const auto first = io::through_jpeg(one, 50);
  CHECK(std::equal(back[0].begin(), back[0].end(), first.pixels.begin()));
  CHECK(!std::equal(back[1].begin(), back[1].end(), first.pixels.begin()));
  const auto file = io::jpeg_bytes(one, 50);
  CHECK(io::decode_jpeg(file, "x", painted(300, 300)) == io::decode_jpeg(file, "x"));
  CHECK(io::decode_jpeg(file, "x", painted(1, 1)) == first);
}

TEST_CASE("jpeg: what cannot be written is refused in words") {
  const auto image = painted(4, 4);
  CHECK_THROWS_WITH_AS(io::jpeg_bytes(image, 0), "[jpeg_bytes] a quality of 0 is not between 1 and 100",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(io::jpeg_bytes(image, 101), "[jpeg_bytes] a quality of 101 is not between 1 and 100",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(io::jpeg_bytes(Images<std::uint8_t>(2, 4, 4, 3), 50),
                       "[jpeg_bytes] wants one image with 1 or 3 channels, got 2 with 3", std::invalid_argument);
  CHECK_THROWS_WITH_AS(io::jpeg_bytes(Images<std::uint8_t>(1, 4, 4, 2), 50),
                       "[jpeg_bytes] wants one image with 1 or 3 channels, got 1 with 2", std::invalid_argument);
  CHECK_THROWS_WITH_AS(io::jpeg_bytes(Images<std::uint8_t>(1, 0, 4, 3), 50), "[jpeg_bytes] cannot write 4 x 0 pixels",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(io::jpeg_bytes(Images<std::uint8_t>(1, 1, 65501, 1), 50),
                       "[jpeg_bytes] cannot write 65501 x 1 pixels", std::invalid_argument);
  CHECK_THROWS_WITH_AS(io::through_jpeg(Images<std::uint8_t>(1, 4, 4, 2), 50),
                       "[jpeg_bytes] wants one image with 1 or 3 channels, got 1 with 2", std::invalid_argument);
}

TEST_CASE("jpeg: cut at any byte it is refused in libjpeg's words") {
  for (const bool progressive : {false, true}) {
    const auto good =
        progressive ? odd_jpeg(3, JCS_RGB, JCS_YCbCr, progressive_scans) : as_text(io::jpeg_bytes(painted(13, 21), 40));
    CHECK(refused(good) == "");
    for (std::size_t length = 0; length < good.size(); ++length) {
      CAPTURE(length);
      CHECK(refused(good.substr(0, length)).starts_with("x.jpg: libjpeg: "));
    }
    CHECK(refused(good.substr(0, good.size() - 2)) == "x.jpg: libjpeg: Premature end of JPEG file");
  }
  CHECK(refused("") == "x.jpg: libjpeg: Empty input file");
  CHECK(refused("no picture") == "x.jpg: libjpeg: Not a JPEG file: starts with 0x6e 0x6f");
}

TEST_CASE("jpeg: one byte wrong anywhere, it is refused or a picture of a size that was asked for") {
  const auto good = as_text(io::jpeg_bytes(painted(13, 21), 40));
  int refusals = 0;
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const int flip : {1, 16, 128, 255}) {
      auto bad = good;
      bad[at] = char(bad[at] ^ flip);
      try {
        const auto image = io::decode_jpeg(bytes(bad), "x.jpg");
        CHECK(image.pixels.size() == std::size_t(image.stride()));
      } catch (const FileError&) { ++refusals; }
    }
  CHECK(refusals > 500);
}

TEST_CASE("jpeg: what libjpeg only wonders at is read, and pixels that are missing or damaged are refused") {
  const auto good = as_text(io::jpeg_bytes(painted(45, 61), 40));
  const auto picture = io::decode_jpeg(bytes(good), "x.jpg");
  const auto same = [&](const std::string& file) { return io::decode_jpeg(bytes(file), "x.jpg") == picture; };
  auto file = good;
  CHECK(same(file.insert(file.size() - 2, 40, 'a')));
  CHECK(same(good + "what follows the end is nobody's business"));
  file = good;
  file[good.find("JFIF") + 5] = 2;
  CHECK(same(file));
  const auto pixels = good.find("\xff\xda") + 14;
  file = good;
  CHECK(refused(file.erase(pixels + 100, good.size() - 102 - pixels)) ==
        "x.jpg: libjpeg: Corrupt JPEG data: premature end of data segment");
  file = good;
  for (std::size_t i = pixels + 200; i < pixels + 216; ++i) file[i] = i % 2 ? '\xff' : '\0';  // no code is all ones
  CHECK(refused(file) == "x.jpg: libjpeg: Corrupt JPEG data: bad Huffman code");
}

TEST_CASE("jpeg: colours without a name are refused in words") {
  CHECK(refused(odd_jpeg(2, JCS_UNKNOWN, JCS_UNKNOWN)) == "x.jpg: is a JPEG of 2 components, neither grey nor RGB");
}

TEST_CASE("jpeg: CMYK becomes RGB as Adobe means it, colour times black") {
  for (const auto colours : {JCS_CMYK, JCS_YCCK}) {
    const auto file = odd_jpeg(4, JCS_CMYK, colours);  // all four 100: 100 * 100 / 255 = 39.2
    CHECK(io::decode_jpeg(bytes(file), "x.jpg").pixels == std::vector<std::uint8_t>(16 * 16 * 3, 39));
  }
  const unsigned char inks[] = {0, 128, 255, 255, 255, 255, 255, 0, 1, 2, 127, 128};
  unsigned char rgb[9];
  io::detail::without_black(inks, 3, rgb);
  const unsigned char wanted[] = {0, 128, 255, 0, 0, 0, 1, 1, 64};  // 128 / 255 = .50, 256 / 255 = 1.004, 63.7
  CHECK(std::equal(rgb, rgb + 9, wanted));
}

TEST_CASE("jpeg: sizes that no picture of ours has are refused before there is memory for them") {
  const auto good = as_text(io::jpeg_bytes(painted(13, 21), 40));
  const std::string limit =
      " pixels is refused: the longest side that is read is 16384; make the picture smaller, or cut it, first";
  CHECK(refused(resized_head(good, 16385, 1)) == "x.jpg: a JPEG of 16385 x 1" + limit);
  CHECK(refused(resized_head(good, 1, 65500)) == "x.jpg: a JPEG of 1 x 65500" + limit);
  CHECK(refused(resized_head(good, 16384, 16384)) ==
        to_text("x.jpg: a JPEG of 16384 x 16384 pixels cannot be in ", good.size(), " bytes"));
  CHECK(refused(resized_head(good, 65501, 1)) == "x.jpg: libjpeg: Maximum supported image dimension is 65500 pixels");
  CHECK(refused(resized_head(good, 0, 1)).starts_with("x.jpg: libjpeg: "));
}

TEST_CASE("jpeg: a progressive file of more scans than anybody needs is not worked through") {
  std::vector<jpeg_scan_info> scans{{3, {0, 1, 2}, 0, 0, 0, 0}};
  for (const int most : {30, 40}) {
    scans.resize(1);
    for (int component = 0; component < 3; ++component)
      for (int i = 1; i <= most; ++i) scans.push_back({1, {component}, i, i, 0, 0});
    const auto file = odd_jpeg(3, JCS_RGB, JCS_YCbCr, scans);
    CHECK(refused(file) == (most == 30 ? "" : "x.jpg: libjpeg: more than 100 scans; save it again with fewer"));
  }
}
