#pragma once
#include <cstdio>  // jpeglib.h asks for it and does not include it

#include <jpeglib.h>

#include <jerror.h>

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include <hush/errors.hpp>
#include <hush/images.hpp>
#include <hush/io/picture_rules.hpp>

namespace hush::io {

namespace detail {

constexpr int jpeg_scans = 100;  // more would only cost time in a progressive file

/// Whether a libjpeg warning leaves all pixels right: bytes between the segments, unknown versions and hints, an
/// unusual order of scans. Its other warnings mean missing or wrong pixels.
inline bool harmless(int warning) {
  for (const int code : {JWRN_EXTRANEOUS_DATA, JWRN_JFIF_MAJOR, JWRN_ADOBE_XFORM, JWRN_NOT_SEQUENTIAL,
                         JWRN_BOGUS_PROGRESSION, JWRN_BOGUS_ICC})
    if (warning == code) return true;
  return false;
}

/// libjpeg's error handler: it stores the message and jumps to `back`. The function that sets `back` must hold no
/// object with a destructor. Warnings are errors, but for harmless ones.
struct JpegFailure {
  std::jmp_buf back;
  char words[JMSG_LENGTH_MAX] = "", warning[JMSG_LENGTH_MAX] = "";

  /// Installs itself in a decompressor or compressor that is about to be created.
  template <class Info>
  void attach(Info& info, jpeg_error_mgr& errors) {
    info.err = jpeg_std_error(&errors);
    info.client_data = this;
    errors.error_exit = [](j_common_ptr about) { leave(about); };
    errors.emit_message = [](j_common_ptr about, int level) {
      if (level >= 0) return;
      if (!harmless(about->err->msg_code)) leave(about);
      about->err->format_message(about, static_cast<JpegFailure*>(about->client_data)->warning);
    };
  }
  [[noreturn]] static void leave(j_common_ptr about) {
    auto& failure = *static_cast<JpegFailure*>(about->client_data);
    about->err->format_message(about, failure.words);
    std::longjmp(failure.back, 1);
  }
};

/// A row of CMYK as RGB, as PIL converts it: stored is what remains of the light, as Adobe does (not the ink), and each
/// colour is darkened by black: round(colour * black / 255).
inline void without_black(const unsigned char* inks, std::size_t count, unsigned char* rgb) {
  for (std::size_t i = 0; i < count; ++i, inks += 4)
    for (int c = 0; c < 3; ++c) *rgb++ = static_cast<unsigned char>((2 * inks[c] * inks[3] + 255) / 510);
}

/// Decoder of one JPEG in memory. Both calls return false on a libjpeg error; `words()` is its message.
class JpegReader {
 public:
  JpegReader() = default;
  JpegReader(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&info); }

  /// Reads the header: `info` knows size and colours.
  bool open(const unsigned char* bytes, std::size_t size) {
    failure_.attach(info, errors_);
    if (setjmp(failure_.back)) return false;
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, bytes, static_cast<unsigned long>(size));
    jpeg_read_header(&info, TRUE);
    return true;
  }
  /// Fills `to` with the RGB pixels, row by row; `inks` has room for a row of a picture in CMYK.
  bool read(unsigned char* to, unsigned char* inks) {
    if (setjmp(failure_.back)) return false;
    progress_.progress_monitor = [](j_common_ptr about) {
      if (reinterpret_cast<j_decompress_ptr>(about)->input_scan_number <= jpeg_scans) return;
      auto& failure = *static_cast<JpegFailure*>(about->client_data);
      std::snprintf(failure.words, sizeof failure.words, "more than %d scans; save it again with fewer", jpeg_scans);
      std::longjmp(failure.back, 1);
    };
    info.progress = &progress_;
    info.out_color_space = of_inks() ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
      JSAMPROW line = to + std::size_t(info.output_scanline) * info.output_width * 3;
      JSAMPROW row = of_inks() ? inks : line;
      jpeg_read_scanlines(&info, &row, 1);
      if (of_inks()) without_black(inks, info.output_width, line);
    }
    jpeg_finish_decompress(&info);
    return true;
  }
  const char* words() const { return failure_.words; }
  const char* warning() const { return failure_.warning; }  // the last harmless one, or ""
  bool of_inks() const { return info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK; }

  jpeg_decompress_struct info{};

 private:
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  JpegFailure failure_;
};

/// Encoder of one JPEG into memory. The call returns false on a libjpeg error.
class JpegWriter {
 public:
  JpegWriter() = default;
  JpegWriter(const JpegWriter&) = delete;
  ~JpegWriter() { jpeg_destroy_compress(&info_); }

  /// `to` and `size` are the memory to fill, then the file; where it does not fit, `to` is memory to be freed.
  bool write(const unsigned char* pixels, std::int64_t height, std::int64_t width, int channels, int quality,
             unsigned char*& to, unsigned long& size) {
    failure_.attach(info_, errors_);
    if (setjmp(failure_.back)) return false;
    jpeg_create_compress(&info_);
    jpeg_mem_dest(&info_, &to, &size);
    info_.image_width = JDIMENSION(width);
    info_.image_height = JDIMENSION(height);
    info_.input_components = channels;
    info_.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    jpeg_start_compress(&info_, TRUE);
    while (info_.next_scanline < info_.image_height) {
      const JSAMPLE* line = pixels + std::size_t(info_.next_scanline) * info_.image_width * unsigned(channels);
      JSAMPROW row = const_cast<JSAMPROW>(line);
      jpeg_write_scanlines(&info_, &row, 1);
    }
    jpeg_finish_compress(&info_);
    return true;
  }
  const char* words() const { return failure_.words; }

 private:
  jpeg_compress_struct info_{};
  jpeg_error_mgr errors_{};
  JpegFailure failure_;
};

/// Throws FileError for a picture that is not supported, before memory is allocated for it.
inline void check_jpeg(const jpeg_decompress_struct& info, std::size_t size, const std::filesystem::path& file) {
  const std::size_t width = info.image_width, height = info.image_height;
  check_picture_size("JPEG", width, height, file);
  if (info.jpeg_color_space == JCS_UNKNOWN)
    throw FileError(file, to_text("is a JPEG of ", info.num_components, " components, neither grey nor RGB"));
  std::size_t across = 8, down = 8;  // pixels of the smallest part that costs a bit at least
  for (int i = 0; i < info.num_components; ++i) {
    across = std::max(across, 8 * std::size_t(info.comp_info[i].h_samp_factor));
    down = std::max(down, 8 * std::size_t(info.comp_info[i].v_samp_factor));
  }
  const std::size_t parts = ((width + across - 1) / across) * ((height + down - 1) / down);
  if (!info.arith_code && parts / 8 > size)
    throw FileError(file, to_text("a JPEG of ", width, " x ", height, " pixels cannot be in ", size, " bytes"));
}

}  // namespace detail

/// The pixels of a JPEG file that is in memory, [1, H, W, 3]: those that PIL's convert('RGB') gives (libjpeg's
/// defaults; grey is spread over three channels, CMYK is converted as PIL does; an orientation in EXIF is not applied).
/// `file` is its name in messages, `reused` an image whose memory may be reused. Throws FileError for sides above 16384
/// and for missing or damaged pixels; harmless oddities warn once.
inline Images<std::uint8_t> decode_jpeg(std::span<const std::byte> bytes, const std::filesystem::path& file,
                                        Images<std::uint8_t> reused = {}) {
  detail::JpegReader reader;
  if (!reader.open(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()))
    throw FileError(file, to_text("libjpeg: ", reader.words()));
  detail::check_jpeg(reader.info, bytes.size(), file);
  reused.count = 1;
  reused.channels = 3;
  reused.height = reader.info.image_height;
  reused.width = reader.info.image_width;
  reused.pixels.resize(std::size_t(reused.stride()));
  std::vector<unsigned char> inks(reader.of_inks() ? 4 * std::size_t(reused.width) : 0);
  if (!reader.read(reused.pixels.data(), inks.data())) throw FileError(file, to_text("libjpeg: ", reader.words()));
  if (*reader.warning())
    detail::warn_once_a_folder("jpeg", file,
                               to_text("libjpeg warns: ", reader.warning(), ". It is read all the same, as by PIL"));
  return reused;
}

/// The JPEG file of one grey (C = 1) or RGB (C = 3) image: the bytes that PIL's save(quality=...) writes with this
/// libjpeg, colour at half resolution (4:2:0). Throws std::invalid_argument, also for a quality outside 1..100.
inline std::vector<std::byte> jpeg_bytes(const Images<std::uint8_t>& image, int quality) {
  check(image.count == 1 && (image.channels == 1 || image.channels == 3), "jpeg_bytes",
        "wants one image with 1 or 3 channels, got ", image.count, " with ", image.channels);
  check(image.height > 0 && image.width > 0 && image.height <= JPEG_MAX_DIMENSION && image.width <= JPEG_MAX_DIMENSION,
        "jpeg_bytes", "cannot write ", image.width, " x ", image.height, " pixels");
  check_filled("jpeg_bytes", image);
  check(quality >= 1 && quality <= 100, "jpeg_bytes", "a quality of ", quality, " is not between 1 and 100");
  const auto whole = [](std::int64_t side) { return std::size_t(side + 15) / 16 * 16; };
  std::vector<std::byte> file(3 * whole(image.height) * whole(image.width) + 2048);  // no JPEG of this kind is larger
  auto* const room = reinterpret_cast<unsigned char*>(file.data());
  auto* to = room;
  unsigned long size = file.size();
  detail::JpegWriter writer;
  if (!writer.write(image.pixels.data(), image.height, image.width, int(image.channels), quality, to, size))
    throw std::runtime_error(to_text("[jpeg_bytes] libjpeg: ", writer.words()));
  if (to != room) {
    file.assign(reinterpret_cast<std::byte*>(to), reinterpret_cast<std::byte*>(to) + size);
    std::free(to);
  }
  file.resize(size);
  return file;
}

/// Images after JPEG compression at a quality, [N, H, W, C], C = 1 or 3: the condition of JPEG restoration. Throws
/// std::invalid_argument as `jpeg_bytes` does.
inline Images<std::uint8_t> through_jpeg(const Images<std::uint8_t>& images, int quality) {
  check_filled("through_jpeg", images);
  Images<std::uint8_t> out(images.count, images.height, images.width, images.channels), decoded;
  for (std::int64_t i = 0; i < images.count; ++i) {
    const Images<std::uint8_t> one(1, images.height, images.width, images.channels,
                                   {images[i].begin(), images[i].end()});
    decoded = decode_jpeg(jpeg_bytes(one, quality), "a JPEG in memory", std::move(decoded));
    const std::size_t step = images.channels == 1 ? 3 : 1;
    for (std::size_t p = 0; p < out[i].size(); ++p) out[i][p] = decoded.pixels[p * step];
  }
  return out;
}

}  // namespace hush::io
