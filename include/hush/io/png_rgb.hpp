#pragma once
#include <png.h>

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <span>
#include <vector>

#include <hush/errors.hpp>
#include <hush/images.hpp>
#include <hush/io/png.hpp>

namespace hush::io {

namespace detail {

/// One PNG in memory being read as bytes of RGB. The calls that enter libpng return false where it gave up, and
/// `words` then says why; they hold nothing that its jump would skip the end of.
class PngReader {
 public:
  explicit PngReader(std::span<const std::byte> file) : rest_(file) {}
  PngReader(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  /// Reads what stands before the pixels.
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
      auto& rest = static_cast<PngReader*>(png_get_io_ptr(png))->rest_;
      if (size > rest.size()) png_error(png, "the file ends too early");
      std::memcpy(to, rest.data(), size);
      rest = rest.subspan(size);
    });
    png_read_info(png_, info_);
    bits = png_get_bit_depth(png_, info_);
    colours = png_get_PLTE(png_, info_, &palette, &palette_size) && kind() == PNG_COLOR_TYPE_PALETTE;
    return true;
  }
  /// Fills `to` with rows of `stride` bytes: RGB, or where there is a palette the colours' numbers.
  bool read(unsigned char* to, std::size_t stride) {
    if (setjmp(png_jmpbuf(png_))) return false;
    if (colours) {
      png_set_packing(png_);
    } else {
      png_set_expand_gray_1_2_4_to_8(png_);
      png_set_gray_to_rgb(png_);
      png_set_strip_alpha(png_);
    }
    const int passes = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    if (png_get_rowbytes(png_, info_) != stride) png_error(png_, "rows have another length");
    for (int pass = 0; pass < passes; ++pass)
      for (std::size_t y = 0; y < height(); ++y) png_read_row(png_, to + y * stride, nullptr);
    png_read_end(png_, nullptr);
    return true;
  }
  std::size_t width() const { return png_get_image_width(png_, info_); }
  std::size_t height() const { return png_get_image_height(png_, info_); }
  int kind() const { return png_get_color_type(png_, info_); }
  std::size_t packed_row() const { return png_get_rowbytes(png_, info_); }  // before `read`

  char words[128] = "";
  int bits = 0;
  bool colours = false;  // is there a palette that pixels are looked up in?
  png_colorp palette = nullptr;
  int palette_size = 0;

 private:
  std::span<const std::byte> rest_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

/// Colours' numbers, in the last third of `pixels`, become the colours.
inline void look_up(std::vector<std::uint8_t>& pixels, const PngReader& reader, const std::filesystem::path& file) {
  const std::size_t count = pixels.size() / 3;
  for (std::size_t i = 0; i < count; ++i) {
    const int number = pixels[2 * count + i];
    if (number >= reader.palette_size)
      throw FileError(file, words("a pixel has colour ", number, " of a palette of ", reader.palette_size));
    const png_color& colour = reader.palette[number];
    pixels[3 * i] = colour.red, pixels[3 * i + 1] = colour.green, pixels[3 * i + 2] = colour.blue;
  }
}

}  // namespace detail

/// The pixels of a PNG file that is in memory, [1, H, W, 3], those that PIL's convert('RGB') gives: grey is spread over
/// three channels, palettes are looked up, alpha is dropped, not blended, and gamma and profiles are passed over.
/// `file` is what messages call it, `reused` an image whose memory may be used. Refuses 16 bits a value, and what
/// `read_png` refuses: throws FileError.
inline Images<std::uint8_t> decode_png_rgb(std::span<const std::byte> bytes, const std::filesystem::path& file,
                                           Images<std::uint8_t> reused = {}) {
  const auto head = detail::png_chunks({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file).front().at;
  detail::PngReader reader(bytes);
  if (!reader.open()) throw FileError(file, words("libpng: ", reader.words), head);
  const auto width = reader.width(), height = reader.height();
  if (reader.bits == 16) throw FileError(file, "is a PNG of 16 bits a value; pictures of 8 are read", head);
  constexpr std::size_t densest = 1032;  // bytes that deflate makes of one
  if (reader.packed_row() * height / densest > bytes.size())
    throw FileError(file, words("a PNG of ", width, " x ", height, " pixels cannot be in ", bytes.size(), " bytes"),
                    head);
  reused.count = 1, reused.height = std::int64_t(height), reused.width = std::int64_t(width), reused.channels = 3;
  reused.pixels.resize(3 * width * height);
  auto* const to = reused.pixels.data() + (reader.colours ? 2 * width * height : 0);
  if (!reader.read(to, reader.colours ? width : 3 * width))
    throw FileError(file, words("libpng: ", reader.words), head);
  if (reader.colours) detail::look_up(reused.pixels, reader, file);
  return reused;
}

}  // namespace hush::io
