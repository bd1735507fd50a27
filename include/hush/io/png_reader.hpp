#pragma once
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/errors.hpp>
#include <hush/images.hpp>
#include <hush/io/png_chunks.hpp>

namespace hush::io {

/// Treatment of alpha, which images do not have. `dropped`: the stored colours, of invisible pixels too, as PIL's
/// convert('RGB') does. `over_black`, `over_white`: composited over it, on the stored values: (alpha * value + (255 -
/// alpha) * ground) / 255, rounded to nearest.
enum class Transparency { dropped, over_black, over_white };

namespace detail {

/// Composites pixels of `channels` values and an alpha over their ground. False if all of them are opaque.
inline bool without_alpha(const std::uint8_t* from, std::size_t count, std::size_t channels, std::uint8_t* to,
                          Transparency transparency) {
  std::uint8_t least = 255;
  const unsigned ground = transparency == Transparency::over_white ? 255 : 0;
  for (std::size_t i = 0; i < count; ++i, from += channels + 1, to += channels) {
    const unsigned alpha = from[channels];
    least = std::min(least, from[channels]);
    if (alpha == 255 || transparency == Transparency::dropped)
      for (std::size_t c = 0; c < channels; ++c) to[c] = from[c];
    else
      for (std::size_t c = 0; c < channels; ++c)
        to[c] = std::uint8_t((alpha * from[c] + (255 - alpha) * ground + 127) / 255);
  }
  return least < 255;
}

/// Decoder of one PNG in memory to bytes. The calls that enter libpng return false on its error, whose message is
/// `words`; they hold no object with a destructor, as it jumps. libpng gets the chunks that define pixels only: gamma
/// and profiles change nothing.
class PngReader {
 public:
  explicit PngReader(const std::vector<Chunk>& chunks) {
    pieces_.push_back("\x89PNG\r\n\x1a\n");
    for (const Chunk& chunk : chunks)
      if (chunk.type != "IEND" && (chunk.type == "tRNS" || chunk.type[0] < 'a')) pieces_.push_back(chunk.whole);
    pieces_.push_back({end_, sizeof end_});
  }
  PngReader(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  /// Reads the chunks before the pixels.
  bool open() {
    png_ = png_create_read_struct(
        PNG_LIBPNG_VER_STRING, this,
        [](png_structp png, png_const_charp why) {
          auto& self = *static_cast<PngReader*>(png_get_error_ptr(png));
          std::snprintf(self.words, sizeof self.words, "%s", why);
          png_longjmp(png, 1);
        },
        [](png_structp, png_const_charp) {});
    if (png_) info_ = png_create_info_struct(png_);
    if (!info_) throw std::bad_alloc();
    if (setjmp(png_jmpbuf(png_))) return false;
    png_set_read_fn(png_, this, [](png_structp png, png_bytep to, std::size_t size) {
      static_cast<PngReader*>(png_get_io_ptr(png))->take(png, to, size);
    });
    png_set_crc_action(png_, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);  // png_chunks has compared them
    png_read_info(png_, info_);
    const int kind = png_get_color_type(png_, info_);
    grey = kind == PNG_COLOR_TYPE_GRAY || kind == PNG_COLOR_TYPE_GRAY_ALPHA;
    colours = kind == PNG_COLOR_TYPE_PALETTE;
    const bool key = png_get_valid(png_, info_, PNG_INFO_tRNS) != 0;
    alpha = !colours && (key || (kind & PNG_COLOR_MASK_ALPHA) != 0);
    png_get_PLTE(png_, info_, &palette, &palette_size);
    if (colours && key) png_get_tRNS(png_, info_, &palette_alpha, &palette_alphas, nullptr);
    interlaced = png_get_interlace_type(png_, info_) != PNG_INTERLACE_NONE;
    return true;
  }
  /// Fills `to` with rows of `channels` values a pixel (1: grey, or the colours' numbers where there is a palette).
  /// Where there is alpha, `wide` has room for a row with it, or for all rows where they are interlaced.
  bool read(unsigned char* to, std::size_t channels, unsigned char* wide, Transparency transparency) {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_set_strip_16(png_);
    if (colours) png_set_packing(png_);
    if (grey) png_set_expand_gray_1_2_4_to_8(png_);
    if (grey && channels == 3) png_set_gray_to_rgb(png_);
    if (alpha) png_set_tRNS_to_alpha(png_);
    const int passes = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    const std::size_t row = width() * channels, wide_row = width() * (channels + 1);
    if (png_get_rowbytes(png_, info_) != (alpha ? wide_row : row)) png_error(png_, "rows have another length");
    for (int pass = 0; pass < passes; ++pass)
      for (std::size_t y = 0; y < height(); ++y) {
        png_read_row(png_, !alpha ? to + y * row : interlaced ? wide + y * wide_row : wide, nullptr);
        if (alpha && !interlaced) transparent |= without_alpha(wide, width(), channels, to + y * row, transparency);
      }
    if (alpha && interlaced) transparent |= without_alpha(wide, width() * height(), channels, to, transparency);
    png_read_end(png_, nullptr);
    return true;
  }
  std::size_t width() const { return png_get_image_width(png_, info_); }
  std::size_t height() const { return png_get_image_height(png_, info_); }
  std::size_t stored_row() const { return png_get_rowbytes(png_, info_); }  // before `read`

  char words[128] = "";
  bool grey = false, alpha = false, interlaced = false;
  bool colours = false;      // pixels are indices into a palette
  bool transparent = false;  // a pixel was; set by `read`
  png_colorp palette = nullptr;
  png_bytep palette_alpha = nullptr;
  int palette_size = 0, palette_alphas = 0;

 private:
  void take(png_structp png, png_bytep to, std::size_t size) {
    while (size > 0) {
      if (piece_ == pieces_.size()) png_error(png, "the file ends too early");
      auto& piece = pieces_[piece_];
      const auto some = std::min(size, piece.size());
      std::memcpy(to, piece.data(), some);
      piece.remove_prefix(some);
      to += some;
      size -= some;
      if (piece.empty()) ++piece_;
    }
  }

  static constexpr char end_[12] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', char(0xae), 0x42, 0x60, char(0x82)};
  std::vector<std::string_view> pieces_;
  std::size_t piece_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

/// Replaces palette indices, in the last third of `pixels`, by their colours; indices beyond the palette are black, as
/// in PIL.
inline void look_up(std::vector<std::uint8_t>& pixels, PngReader& reader, Transparency transparency,
                    const std::filesystem::path& file) {
  std::array<std::array<std::uint8_t, 3>, 256> colours{};
  std::array<bool, 256> transparent{};
  const int alphas = std::min(reader.palette_alphas, reader.palette_size);
  for (int i = 0; i < reader.palette_size; ++i) {
    const png_color& stored = reader.palette[i];
    const std::uint8_t wide[4] = {stored.red, stored.green, stored.blue,
                                  i < alphas ? reader.palette_alpha[i] : std::uint8_t(255)};
    transparent[std::size_t(i)] = without_alpha(wide, 1, 3, colours[std::size_t(i)].data(), transparency);
  }
  const std::size_t count = pixels.size() / 3;
  int largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t number = pixels[2 * count + i];
    std::copy_n(colours[number].data(), 3, pixels.data() + 3 * i);
    largest = std::max(largest, int(number));
    reader.transparent |= transparent[number];
  }
  if (largest >= reader.palette_size)
    warn_once_a_folder("palette", file,
                       to_text("a pixel has colour ", largest, " of a palette of ", reader.palette_size,
                               "; it is read as black, as other programs do"));
}

}  // namespace detail

/// How a PNG file is read: grey as one channel (else repeated in three), and the treatment of transparency.
struct PngReading {
  bool grey = false;
  Transparency transparency = Transparency::dropped;
};

namespace detail {

/// The pixels of a PNG file of `size` bytes that is cut into its chunks.
inline Images<std::uint8_t> png_pixels(const std::vector<Chunk>& chunks, std::size_t size,
                                       const std::filesystem::path& file, const PngReading& how,
                                       Images<std::uint8_t> reused) {
  const auto head = chunks.front().at;
  PngReader reader(chunks);
  if (!reader.open()) throw FileError(file, to_text("libpng: ", reader.words), head);
  const auto width = reader.width(), height = reader.height();
  constexpr std::size_t densest = 1032;  // the largest ratio of deflate
  if (reader.stored_row() * height / densest > size)
    throw FileError(file, to_text("a PNG of ", width, " x ", height, " pixels cannot be in ", size, " bytes"), head);
  const std::size_t channels = reader.grey && how.grey ? 1 : 3;
  reused.count = 1;
  reused.height = std::int64_t(height);
  reused.width = std::int64_t(width);
  reused.channels = std::int64_t(channels);
  reused.pixels.resize(channels * width * height);
  std::vector<std::uint8_t> wide(reader.alpha ? (channels + 1) * width * (reader.interlaced ? height : 1) : 0);
  auto* const to = reused.pixels.data() + (reader.colours ? 2 * width * height : 0);
  if (!reader.read(to, reader.colours ? 1 : channels, wide.data(), how.transparency))
    throw FileError(file, to_text("libpng: ", reader.words), head);
  if (reader.colours) look_up(reused.pixels, reader, how.transparency, file);
  if (reader.transparent && how.transparency == Transparency::dropped)
    warn_once_a_folder("transparency", file,
                       "has transparent pixels. Their hidden colours are read, as PIL's convert('RGB') reads them; "
                       "io::Transparency::over_white lays such pictures on white");
  return reused;
}

}  // namespace detail

/// The pixels of a PNG file that is in memory, [1, H, W, 3] or of grey ones [1, H, W, 1]: the stored values as they
/// stand, with neither gamma nor profile, palettes looked up, of 16 bits the upper 8. These are the pixels of PIL's
/// convert('RGB'), but for grey of 16 bits, which PIL clips at 255. `file` is its name in messages, `reused` an image
/// whose memory may be reused. Throws FileError as `read_png` does.
inline Images<std::uint8_t> decode_png(std::span<const std::byte> bytes, const std::filesystem::path& file,
                                       const PngReading& how = {}, Images<std::uint8_t> reused = {}) {
  const auto chunks = detail::png_chunks({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file);
  return detail::png_pixels(chunks, bytes.size(), file, how, std::move(reused));
}

}  // namespace hush::io
