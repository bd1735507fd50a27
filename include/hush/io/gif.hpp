#pragma once
#include <cgif.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <hush/images.hpp>
#include <hush/io/atomic_file.hpp>
#include <hush/io/file_ending.hpp>
#include <hush/io/pixels.hpp>

namespace hush::io {

/// How an animation plays: `delay` between frames, the last one held `hold` longer, then again from the start. Both are
/// multiples of 10 ms; most viewers slow anything below 20 ms down. Each pixel is drawn as `scale` x `scale`. `comment`
/// travels in the file.
struct Animation {
  std::chrono::milliseconds delay{50}, hold{2000};
  std::int64_t scale = 1;
  std::string comment = {};
  Disk disk = {};
};

namespace detail {

/// Grey pictures have all 256 greys; colours are 6 x 7 x 6 levels of red, green and blue.
inline std::vector<std::uint8_t> gif_palette(std::int64_t channels) {
  std::vector<std::uint8_t> palette;
  if (channels == 1)
    for (int grey = 0; grey < 256; ++grey) palette.insert(palette.end(), 3, std::uint8_t(grey));
  else
    for (int i = 0; i < 252; ++i)
      for (const int level : {i / 42 * 51, i / 6 % 7 * 255 / 6, i % 6 * 51}) palette.push_back(std::uint8_t(level));
  return palette;
}

/// The palette entry of an RGB pixel at (x, y). An ordered 4 x 4 dither stands for the colours in between; it is fixed
/// to the place, so that what does not move does not flicker.
inline std::uint8_t gif_colour(const std::uint8_t* rgb, std::int64_t x, std::int64_t y) {
  constexpr int order[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
  const int threshold = 2 * order[y % 4][x % 4] + 1;  // of 32
  const auto level = [&](int value, int steps) { return (value * steps * 32 + threshold * 255) / (32 * 255); };
  return std::uint8_t((level(rgb[0], 5) * 7 + level(rgb[1], 6)) * 6 + level(rgb[2], 5));
}

/// One frame as palette entries, every pixel drawn `scale` times in both directions.
inline std::vector<std::uint8_t> gif_entries(const Images<std::uint8_t>& frames, std::int64_t i, std::int64_t scale) {
  std::vector<std::uint8_t> entries;
  entries.reserve(std::size_t(frames.height * frames.width * scale * scale));
  for (std::int64_t y = 0; y < frames.height * scale; ++y)
    for (std::int64_t x = 0; x < frames.width * scale; ++x) {
      const auto* pixel = frames[i].data() + (y / scale * frames.width + x / scale) * frames.channels;
      entries.push_back(frames.channels == 1 ? *pixel : gif_colour(pixel, x, y));
    }
  return entries;
}

inline int gif_collect(void* file, const std::uint8_t* bytes, std::size_t count) noexcept {
  try {
    static_cast<std::string*>(file)->append(reinterpret_cast<const char*>(bytes), count);
    return 0;
  } catch (const std::bad_alloc&) {  // must not pass through C
    return 1;
  }
}

inline std::string gif_comment(std::string_view text) {
  if (text.empty()) return {};
  std::string block = "\x21\xFE";
  for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(255, text.size())))
    block += char(std::min<std::size_t>(255, text.size())) + std::string(text.substr(0, 255));
  return block + '\0';
}

}  // namespace detail

/// The GIF file of frames in [-1, 1], [frames, H, W, C] with C 1 or 3; values outside are clamped,
/// but NaN and pixels of 0..255 are refused.
inline std::string encode_gif(const Images<float>& frames, const Animation& animation = {}) {
  constexpr const char* where = "write_gif";
  check(frames.count > 0 && (frames.channels == 1 || frames.channels == 3), where,
        "wants at least one frame with 1 or 3 channels, got ", frames.count, " with ", frames.channels);
  constexpr std::int64_t most = 65535;  // pixels of a side
  check(animation.scale >= 1 && frames.height > 0 && frames.width > 0 && frames.height <= most / animation.scale &&
            frames.width <= most / animation.scale,
        where, "cannot draw frames of ", frames.width, " x ", frames.height, " pixels at a scale of ", animation.scale,
        ": a side has 1 to ", most, " pixels");
  const auto high = frames.height * animation.scale, wide = frames.width * animation.scale;
  check_shown(where, frames);
  const auto hundredths = [&](std::chrono::milliseconds time) {
    check(time.count() >= 0 && time.count() % 10 == 0 && time.count() <= 655350, where, "a time of ", time.count(),
          " ms: times are multiples of 10 ms up to 655350 ms, delay and hold together too");
    return std::uint16_t(time.count() / 10);
  };
  const auto delay = hundredths(animation.delay);
  hundredths(animation.hold);
  const auto last = hundredths(animation.delay + animation.hold);

  auto palette = detail::gif_palette(frames.channels);
  std::string file;
  CGIF_Config config{};
  config.pGlobalPalette = palette.data();
  config.numGlobalPaletteEntries = std::uint16_t(palette.size() / 3);
  config.attrFlags = CGIF_ATTR_IS_ANIMATED;
  config.width = std::uint16_t(wide);
  config.height = std::uint16_t(high);
  config.numLoops = CGIF_INFINITE_LOOP;
  config.pWriteFn = detail::gif_collect;
  config.pContext = &file;
  const auto bytes = to_bytes(frames);
  const auto closing = [](CGIF* gif) { cgif_close(gif); };
  std::unique_ptr<CGIF, decltype(closing)> gif(cgif_newgif(&config), closing);
  if (!gif) throw std::runtime_error("[write_gif] cgif could not start a picture");
  for (std::int64_t i = 0; i < frames.count; ++i) {
    auto entries = detail::gif_entries(bytes, i, animation.scale);
    CGIF_FrameConfig frame{};
    frame.pImageData = entries.data();
    frame.genFlags = CGIF_FRAME_GEN_USE_DIFF_WINDOW;
    frame.delay = i + 1 == frames.count ? last : delay;
    if (cgif_addframe(gif.get(), &frame) != CGIF_OK)
      throw std::runtime_error(to_text("[write_gif] cgif refused frame ", i));
  }
  if (cgif_close(gif.release()) != CGIF_OK) throw std::runtime_error("[write_gif] cgif could not finish the picture");
  return file.insert(file.size() - 1, detail::gif_comment(animation.comment));
}

/// Writes an animated GIF, whole or not at all. This header is not part of hush.hpp: it needs cgif (Debian:
/// libcgif-dev; link hush::gif). Throws FileError, also for a name with the ending of another kind, and
/// std::invalid_argument.
inline void write_gif(const std::filesystem::path& file, const Images<float>& frames, const Animation& animation = {}) {
  check_gif_name(file);
  write_file(file, std::string_view(encode_gif(frames, animation)), animation.disk);
}

}  // namespace hush::io
