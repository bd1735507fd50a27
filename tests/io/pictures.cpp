#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <hush/io/exif.hpp>
#include <hush/io/file_ending.hpp>
#include <hush/io/gif.hpp>
#include <hush/io/jpeg.hpp>
#include <hush/io/pixels.hpp>
#include <hush/io/png.hpp>
#include <hush/io/tile.hpp>

#include "io/scratch.hpp"
#include "said.hpp"
#include "thrown.hpp"

using namespace hush;

namespace {

Images<std::uint8_t> patterned(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c) {
  Images<std::uint8_t> images(n, h, w, c);
  std::uint32_t state = 12345;
  for (auto& pixel : images.pixels) pixel = std::uint8_t((state = state * 1664525u + 1013904223u) >> 24);
  return images;
}

/// A GIF's frames as the colours a viewer shows, written from the standard: an own reader of blocks and of LZW.
struct Decoded {
  std::vector<std::vector<std::uint8_t>> frames;  // RGB
  std::vector<int> delays;
  std::string comment;
  bool loops = false;
};

std::vector<std::uint8_t> unpacked_lzw(const std::string& data, int literal_bits) {
  const int clear = 1 << literal_bits;
  std::vector<std::string> table;
  const auto reset = [&] {
    table.assign(std::size_t(clear) + 2, "");
    for (int i = 0; i < clear; ++i) table[std::size_t(i)] = std::string(1, char(i));
  };
  reset();
  std::vector<std::uint8_t> out;
  std::string previous;
  int bits = literal_bits + 1;
  for (std::size_t at = 0; at + std::size_t(bits) <= data.size() * 8;) {
    int code = 0;
    for (int i = 0; i < bits; ++i, ++at) code |= (data[at / 8] >> (at % 8) & 1) << i;
    if (code == clear + 1) return out;
    if (code == clear) {
      reset(), previous.clear(), bits = literal_bits + 1;
      continue;
    }
    REQUIRE(code <= int(table.size()));
    const auto text = code < int(table.size()) ? table[std::size_t(code)] : previous + previous[0];
    if (!previous.empty() && table.size() < 4096) table.push_back(previous + text[0]);
    if (int(table.size()) == 1 << bits && bits < 12) ++bits;
    out.insert(out.end(), text.begin(), text.end());
    previous = text;
  }
  FAIL("no end code");
  return out;
}

Decoded decoded_gif(const std::string& file) {
  std::size_t at = 13;
  const auto byte = [&](std::size_t i) { return int(static_cast<unsigned char>(file.at(i))); };
  const auto word = [&](std::size_t i) { return byte(i) | byte(i + 1) << 8; };
  const auto blocks = [&] {
    std::string all;
    for (; byte(at) != 0; at += std::size_t(byte(at)) + 1) all += file.substr(at + 1, std::size_t(byte(at)));
    ++at;
    return all;
  };
  CHECK(file.substr(0, 6) == "GIF89a");
  const int width = word(6), height = word(8);
  REQUIRE((byte(10) & 0x80) != 0);
  const auto palette = at;
  at += std::size_t(3) << ((byte(10) & 7) + 1);
  Decoded out;
  std::vector<std::uint8_t> canvas(std::size_t(width * height * 3));
  while (byte(at) != 0x3B) {
    if (byte(at) == 0x21) {
      const int label = byte(at + 1);
      at += 2;
      const auto body = blocks();
      if (label == 0xF9)
        out.delays.push_back(static_cast<unsigned char>(body[1]) | static_cast<unsigned char>(body[2]) << 8);
      if (label == 0xFE) out.comment = body;
      if (label == 0xFF) out.loops = body == std::string("NETSCAPE2.0\1\0\0", 14);
      continue;
    }
    REQUIRE(byte(at) == 0x2C);
    const int left = word(at + 1), top = word(at + 3), wide = word(at + 5), high = word(at + 7);
    CHECK(byte(at + 9) == 0);
    const int literal_bits = byte(at + 10);
    at += 11;
    const auto pixels = unpacked_lzw(blocks(), literal_bits);
    REQUIRE(int(pixels.size()) == wide * high);
    for (int y = 0; y < high; ++y)
      for (int x = 0; x < wide; ++x)
        for (int c = 0; c < 3; ++c)
          canvas.at(std::size_t(((top + y) * width + left + x) * 3 + c)) =
              std::uint8_t(byte(palette + std::size_t(3 * pixels[std::size_t(y * wide + x)] + c)));
    out.frames.push_back(canvas);
  }
  CHECK(at + 1 == file.size());
  return out;
}

}  // namespace

TEST_CASE("pixels: bytes become floats and the same bytes again") {
  Images<std::uint8_t> all(1, 16, 16, 1);
  for (int i = 0; i < 256; ++i) all.pixels[std::size_t(i)] = std::uint8_t(i);
  const auto floats = io::to_floats(all);
  CHECK(floats.pixels.front() == -1.0f);
  CHECK(floats.pixels.back() == 1.0f);
  CHECK(io::to_bytes(floats) == all);
  CHECK(io::to_bytes(io::to_floats(all, {0, 1}), {0, 1}) == all);
  CHECK(io::to_floats(all, {0, 1}).pixels[51] == 0.2f);
}

TEST_CASE("pixels: floats are rounded and clamped, and NaN is black") {
  const float inf = std::numeric_limits<float>::infinity();
  const Images<float> odd(1, 1, 8, 1,
                          {-1.5f, 1.5f, inf, -inf, std::nanf(""), 0.0f, -1 + 2 * 0.49f / 255, -1 + 2 * 0.51f / 255});
  CHECK(io::to_bytes(odd).pixels == std::vector<std::uint8_t>{0, 255, 255, 0, 0, 128, 0, 1});
}

TEST_CASE("pixels: what is not in [-1, 1] is refused before it is shown, and [0, 1] said once") {
  const Scratch scratch("shown");
  const Said said;
  const auto bytes = patterned(3, 4, 4, 1);
  const auto of_255 = io::to_floats(bytes, {0, 255}), of_1 = io::to_floats(bytes, {0, 1});
  const auto message = [&](const Images<float>& images) {
    return thrown::message([&] { io::write_grid(scratch / "x.png", images); });
  };
  CHECK(message(of_255).starts_with("[write_grid] the pixels go from "));
  CHECK(message(of_255).ends_with("those of images go from -1 to 1 (data::to_floats makes such of bytes)"));
  CHECK(thrown::message([&] { io::encode_gif(of_255); }).starts_with("[write_gif] the pixels go from "));
  auto nan = io::to_floats(bytes);
  nan[2][5] = std::nanf("");
  CHECK(message(nan) == "[write_grid] image 2 has a pixel that is NaN");
  CHECK(entries(scratch.folder) == 0);
  CHECK(said.lines.empty());

  for (int i = 0; i < 3; ++i) CHECK(message(of_1) == "nothing was thrown");
  REQUIRE(said.lines.size() == 1);
  CHECK(said.lines[0].starts_with("[write_grid] no pixel is below 0: are they in [0, 1]?"));
  io::check_shown("it", Images<float>(1, 2, 2, 1, {-.01f, 3, 0, 1}));  // clamped, as samples may be beyond
  io::check_shown("it", Images<float>(2, 2, 2, 1));                    // grey all over
  io::check_shown("it", Images<float>());
}

TEST_CASE("tile: images stand in rows, with gaps, each pixel enlarged") {
  const Images<std::uint8_t> three(3, 1, 2, 1, {1, 2, 3, 4, 5, 6});
  const auto square = io::tile(three, {.gap = 1}, std::uint8_t(9));
  CHECK(square == Images<std::uint8_t>(1, 3, 5, 1, {1, 2, 9, 3, 4, 9, 9, 9, 9, 9, 5, 6, 9, 9, 9}));
  const auto row = io::tile(three, {.columns = 7, .gap = 0}, std::uint8_t(9));
  CHECK(row == Images<std::uint8_t>(1, 1, 6, 1, {1, 2, 3, 4, 5, 6}));
  const auto big = io::tile(Images<std::uint8_t>(1, 1, 2, 3, {1, 2, 3, 4, 5, 6}), {.scale = 2}, std::uint8_t(9));
  CHECK(big ==
        Images<std::uint8_t>(1, 2, 4, 3, {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}));
  CHECK_THROWS_AS(io::tile(Images<float>(), {}, 0.f), std::invalid_argument);
  CHECK_THROWS_AS(io::tile(three, {.columns = -1}, std::uint8_t(0)), std::invalid_argument);
  CHECK_THROWS_AS(io::tile(three, {.gap = -1}, std::uint8_t(0)), std::invalid_argument);
  CHECK_THROWS_AS(io::tile(three, {.scale = 0}, std::uint8_t(0)), std::invalid_argument);
}

TEST_CASE(
    "pictures: extents that the pixels do not fill, and sizes beyond any file, are refused before memory is touched") {
  Images<std::uint8_t> torn(1, 4, 4, 3);
  torn.pixels.resize(40);
  Images<float> floats(1, 4, 4, 3);
  floats.height = 400;
  const auto refused = [](const auto& call) {
    return thrown::message(call).find(" cannot have ") != std::string::npos;
  };
  CHECK(refused([&] { io::to_floats(torn); }));
  CHECK(refused([&] { io::to_bytes(floats); }));
  CHECK(refused([&] { io::tile(torn, {}, std::uint8_t(0)); }));
  CHECK(refused([&] { io::encode_png(torn); }));
  CHECK(refused([&] { io::jpeg_bytes(torn, 90); }));
  CHECK(refused([&] { io::through_jpeg(torn, 90); }));
  CHECK(refused([&] { io::upright(torn, 6); }));
  CHECK(refused([&] { io::encode_gif(floats); }));
  constexpr std::int64_t huge = std::int64_t(1) << 62;
  const Images<float> grey(1, 4, 4, 1);
  CHECK(thrown::message([&] { io::tile(grey, {.scale = huge}, 0.f); }) ==
        "[tile] columns 0, gap 2, scale 4611686018427387904: columns must be >= 0, gap 0 to 65535, scale 1 to 65535");
  CHECK(thrown::message([&] { io::tile(grey, {.gap = huge}, 0.f); }).find("gap 4611686018427387904") !=
        std::string::npos);
  CHECK(thrown::message([&] { io::tile(grey, {.scale = 30000}, 0.f); }) ==
        "[tile] 1 images of 4x4x1, 1 in a row at a scale of 30000, are more than the 65535 pixels of a side that a "
        "picture may have; show fewer, or smaller ones");
  CHECK(io::tiled_size(7, {4, 5, 3}, {.columns = 3, .scale = 2}) == ImageSize{3 * 10 - 2, 3 * 12 - 2, 3});
  CHECK(thrown::message([&] {
          io::tiled_size(3000, {32, 32, 1}, {.columns = 1});
        }).find("show fewer") != std::string::npos);
  CHECK(thrown::message([&] {
          io::tiled_size(huge, {32, 32, 1}, {.columns = 1});
        }).find("show fewer") != std::string::npos);
  CHECK(thrown::message([&] {
          io::tiled_size(std::numeric_limits<std::int64_t>::max(), {32, 32, 1}, {.columns = 8});
        }).find("show fewer") != std::string::npos);
  CHECK(thrown::message([&] { io::encode_gif(grey, {.scale = huge}); }) ==
        "[write_gif] cannot draw frames of 4 x 4 pixels at a scale of 4611686018427387904: a side has 1 to 65535 "
        "pixels");
  CHECK(thrown::message([&] {
          io::encode_gif(grey, {.hold = std::chrono::milliseconds::max()});
        }).ends_with("up to 655350 ms, delay and hold together too"));
}

TEST_CASE("pixels: a range in which black is white is refused, by what reads Fashion-MNIST too") {
  const Images<float> floats(1, 1, 1, 1);
  CHECK(thrown::message([&] {
          io::to_bytes(floats, {1, 1});
        }) == "[to_bytes] black at 1 and white at 1 are no range: two finite numbers that differ are wanted");
  CHECK_THROWS_AS(io::to_floats(Images<std::uint8_t>(1, 1, 1, 1), {0, NAN}), std::invalid_argument);
  CHECK(io::to_bytes(floats, {1, -1}).pixels[0] == 128);  // inverted is a range
}

TEST_CASE("png: grey and RGB pictures and their words come back") {
  const Scratch scratch("png");
  for (const auto& image :
       {patterned(1, 5, 7, 1), patterned(1, 5, 7, 3), patterned(1, 1, 1, 1), patterned(1, 3, 1000, 3)}) {
    const io::PictureText text{{"seed", "7"}, {"config", "{\"steps\": 50}"}, {"title", "b\xC3\xA9"}, {"empty", ""}};
    io::write_png(scratch / "x.png", image, text);
    CHECK(io::read_png(scratch / "x.png") == image);
    CHECK(io::read_png_text(scratch / "x.png") == text);
  }
  CHECK(entries(scratch.folder) == 1);
}

TEST_CASE("png: a grid is the tiled images as bytes on white") {
  const Scratch scratch("png-grid");
  const auto images = patterned(5, 4, 3, 1);
  io::write_grid(scratch / "deep/grid.png", io::to_floats(images),
                 {.columns = 2, .gap = 3, .scale = 2, .text = {{"a", "b"}}});
  CHECK(io::read_png(scratch / "deep/grid.png") == io::tile(images, {2, 3, 2}, std::uint8_t(255)));
  CHECK(io::read_png_text(scratch / "deep/grid.png").at("a") == "b");
  io::write_grid(scratch / "bytes.png", images, {.columns = 2, .gap = 3, .scale = 2, .text = {{"a", "b"}}});
  CHECK(get(scratch / "bytes.png") == get(scratch / "deep/grid.png"));
}

TEST_CASE("png: what cannot be written is refused in words, and nothing is left behind") {
  const Scratch scratch("png-bad");
  CHECK_THROWS_AS(io::write_png(scratch / "x", patterned(2, 2, 2, 1)), std::invalid_argument);
  CHECK_THROWS_AS(io::write_png(scratch / "x", patterned(1, 2, 2, 2)), std::invalid_argument);
  CHECK_THROWS_AS(io::write_png(scratch / "x", patterned(1, 0, 2, 1)), std::invalid_argument);
  CHECK_THROWS_AS(io::write_grid(scratch / "x", Images<float>(0, 2, 2, 1)), std::invalid_argument);
  for (const auto& key : {std::string(), std::string(80, 'k'), std::string(" k"), std::string("k\n")})
    CHECK_THROWS_AS(io::write_png(scratch / "x", patterned(1, 2, 2, 1), {{key, "v"}}), std::invalid_argument);
  for (int at = 0; at < 6; ++at) {
    Failing failing{.at = at, .error = ENOSPC};
    CHECK_THROWS_AS(io::write_png(scratch / "x", patterned(1, 2, 2, 1), {}, failing.disk()), FileError);
  }
  CHECK(entries(scratch.folder) == 0);
}

TEST_CASE("png, gif: a name that says another kind of file is refused, before the picture is looked at") {
  const Scratch scratch("named");
  const auto refused = [](const auto& write) { return refusal([&] { write(); }); };
  const auto image = patterned(1, 2, 2, 1);
  const Images<float> none;
  for (const auto* name : {"a.jpg", "a.JPEG", "a.gif", "b.c.txt", "a.safetensors"}) {
    const auto file = scratch / name;
    auto cure = file.filename();
    cure.replace_extension(".png");
    const auto wanted = to_text(file.string(), ": would hold a PNG picture, which a name that ends in ",
                                io::ending_of(file), " does not say; call it ", cure.string());
    CHECK(refused([&] { io::write_png(file, image); }) == wanted);
    CHECK(refused([&] { io::write_grid(file, none); }) == wanted);
  }
  CHECK(refused([&] { io::write_gif(scratch / "film.png", none); }) ==
        to_text((scratch / "film.png").string(),
                ": would hold a GIF animation, which a name that ends in .png does not say; call it film.gif"));
  CHECK(entries(scratch.folder) == 0);
  for (const auto* name : {"a.PNG", "a", "run-0.5", ".hidden", "a."}) io::write_png(scratch / name, image);
  CHECK(entries(scratch.folder) == 5);
}

TEST_CASE("png: cut or flipped at any byte it is refused") {
  const Scratch scratch("png-damage");
  io::write_png(scratch / "x", patterned(1, 3, 4, 3), {{"seed", "7"}});
  const auto good = get(scratch / "x");
  const auto end = good.size() - 12;  // behind it nothing is needed
  for (std::size_t length = 0; length < end; ++length) {
    put(scratch / "x", good.substr(0, length));
    CHECK_THROWS_AS(io::read_png(scratch / "x"), FileError);
    CHECK_THROWS_AS(io::read_png_text(scratch / "x"), FileError);
  }
  for (std::size_t at = 0; at < end; ++at)
    for (const int flip : {1, 128, 255}) {
      auto bad = good;
      bad[at] = char(bad[at] ^ flip);
      put(scratch / "x", bad);
      CHECK_THROWS_AS(io::read_png(scratch / "x"), FileError);
    }
  put(scratch / "x", good + "what follows the end is nobody's business");
  CHECK(io::read_png(scratch / "x") == patterned(1, 3, 4, 3));
  CHECK(io::read_png_text(scratch / "x").at("seed") == "7");
}

TEST_CASE("png: sizes that no picture of ours has are refused before anything is decoded") {
  const Scratch scratch("png-size");
  const auto head = [](std::uint32_t width, std::uint32_t height) {
    std::string data;
    for (const auto size : {width, height})
      for (int shift = 24; shift >= 0; shift -= 8) data += char(size >> shift);
    return "\x89PNG\r\n\x1a\n" + io::detail::png_chunk("IHDR", data + std::string("\x08\0\0\0\0", 5)) +
           io::detail::png_chunk("IEND", "");
  };
  for (const auto& [width, height] : {std::pair{0u, 1u}, {1u, 0u}, {16385u, 1u}, {1u, 0xFFFFFFFFu}, {16384u, 16385u}}) {
    put(scratch / "x", head(width, height));
    CHECK(refusal([&] {
            io::read_png(scratch / "x");
          }).find(width * height == 0 ? "there is nothing in it" : "the longest side that is read is 16384") !=
          std::string::npos);
  }
  put(scratch / "x", head(16384, 1));
  CHECK(refusal([&] { io::read_png(scratch / "x"); }).find("libpng") != std::string::npos);  // it has no pixels
}

TEST_CASE("gif: grey frames keep every pixel, delays, comment and loop") {
  for (const auto& [h, w, scale] : {std::tuple{1, 1, 1}, {5, 7, 1}, {32, 32, 2}, {60, 80, 1}}) {
    auto bytes = patterned(4, h, w, 1);
    std::copy_n(bytes[1].begin(), bytes.stride(), bytes[2].begin());  // two equal frames
    using std::chrono::milliseconds;
    const auto file = io::encode_gif(
        io::to_floats(bytes),
        {.delay = milliseconds(20), .hold = milliseconds(2000), .scale = scale, .comment = std::string(300, 'c')});
    const auto gif = decoded_gif(file);
    CHECK(gif.loops);
    CHECK(gif.comment == std::string(300, 'c'));
    CHECK(gif.delays == std::vector<int>{2, 2, 2, 202});
    REQUIRE(gif.frames.size() == 4);
    for (std::int64_t i = 0; i < 4; ++i) {
      const Images<std::uint8_t> frame(1, h, w, 1, {bytes[i].begin(), bytes[i].end()});
      const auto large = io::tile(frame, {.scale = scale}, std::uint8_t(0));
      std::vector<std::uint8_t> rgb;
      for (const auto grey : large.pixels) rgb.insert(rgb.end(), 3, grey);
      CHECK(gif.frames[std::size_t(i)] == rgb);
    }
  }
}

TEST_CASE("gif: colours are those of the palette next to them, and right on average") {
  Images<float> frames(1, 16, 16, 3);
  for (std::size_t i = 0; i < frames.pixels.size(); ++i)
    frames.pixels[i] = i % 3 == 0 ? -0.37f : i % 3 == 1 ? 0.11f : 0.79f;
  const auto wanted = io::to_bytes(frames).pixels;
  const auto shown = decoded_gif(io::encode_gif(frames)).frames.at(0);
  REQUIRE(shown.size() == wanted.size());
  double sum[3] = {};
  for (std::size_t i = 0; i < shown.size(); ++i) {
    CHECK(std::abs(int(shown[i]) - int(wanted[i])) <= 51);
    sum[i % 3] += shown[i] / 256.0;
  }
  for (std::size_t c = 0; c < 3; ++c) CHECK(sum[c] == doctest::Approx(wanted[c]).epsilon(0.02));
  const Images<float> extremes(1, 1, 2, 3, {-1, -1, -1, 1, 1, 1});
  CHECK(decoded_gif(io::encode_gif(extremes)).frames.at(0) == std::vector<std::uint8_t>{0, 0, 0, 255, 255, 255});
}

TEST_CASE("gif: what cannot be written is refused, and a failing disk leaves nothing") {
  const Scratch scratch("gif");
  const Images<float> frames(2, 3, 3, 1);
  using std::chrono::milliseconds;
  CHECK_THROWS_AS(io::write_gif(scratch / "x", Images<float>(0, 3, 3, 1)), std::invalid_argument);
  CHECK_THROWS_AS(io::write_gif(scratch / "x", Images<float>(1, 3, 3, 2)), std::invalid_argument);
  CHECK_THROWS_AS(io::write_gif(scratch / "x", Images<float>(1, 1, 70000, 1)), std::invalid_argument);
  CHECK_THROWS_AS(io::write_gif(scratch / "x", frames, {.delay = milliseconds(15)}), std::invalid_argument);
  CHECK_THROWS_AS(io::write_gif(scratch / "x", frames, {.hold = milliseconds(-10)}), std::invalid_argument);
  CHECK_THROWS_AS(io::write_gif(scratch / "x", frames, {.scale = 0}), std::invalid_argument);
  for (int at = 0; at < 6; ++at) {
    Failing failing{.at = at, .error = EIO};
    CHECK_THROWS_AS(io::write_gif(scratch / "x", frames, {.disk = failing.disk()}), FileError);
  }
  CHECK(entries(scratch.folder) == 0);
  io::write_gif(scratch / "x", frames);
  CHECK(decoded_gif(get(scratch / "x")).frames.size() == 2);
}
