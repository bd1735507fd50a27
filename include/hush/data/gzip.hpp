#pragma once
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include <hush/errors.hpp>

namespace hush::data {

/// A sequential reader of plain or gzip data (detected by content): one member or several (RFC 1952, 2.2), and zeros
/// behind the last, as gzip itself accepts. Unpacks only as much as is read, which defuses gzip bombs. Throws
/// FileError; its offset counts unpacked bytes.
class Unpacked {
 public:
  /// `packed` must outlive the reader; `path` is its name in messages.
  Unpacked(std::span<const std::byte> packed, std::filesystem::path path)
      : rest(packed),
        file(std::move(path)),
        gzip(packed.size() >= 2 && packed[0] == std::byte(0x1f) && packed[1] == std::byte(0x8b)) {
    constexpr int gzip_only = 16 + MAX_WBITS;
    if (gzip && ::inflateInit2(&stream, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  Unpacked(const Unpacked&) = delete;
  ~Unpacked() {
    if (gzip) ::inflateEnd(&stream);
  }

  /// Fills `out`; returns fewer bytes only at the end of the data.
  std::size_t read(std::span<std::uint8_t> out) {
    const std::size_t count = gzip ? inflated(out) : copied(out);
    position += count;
    return count;
  }

  /// Fills `out` or throws FileError: the file is too short for `what`.
  void fill(std::span<std::uint8_t> out, std::string_view what) {
    const std::size_t count = read(out);
    if (count < out.size()) throw FileError(file, to_text("ends within ", what), position);
  }

  /// Throws FileError unless all data is read; for gzip, also checks its checksum.
  void finish() {
    std::uint8_t more = 0;
    if (read({&more, 1}) != 0) throw FileError(file, "goes on after its last image or label", position - 1);
  }

 private:
  std::size_t copied(std::span<std::uint8_t> out) {
    const std::size_t count = std::min(out.size(), rest.size());
    if (count > 0) std::memcpy(out.data(), rest.data(), count);
    rest = rest.subspan(count);
    return count;
  }

  std::size_t inflated(std::span<std::uint8_t> out) {
    std::size_t count = 0;
    while (count < out.size() && !ended) {
      constexpr std::size_t most = std::size_t(1) << 30;  // zlib counts in 32 bits
      const auto in_now = std::min(rest.size(), most), out_now = std::min(out.size() - count, most);
      stream.next_in = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(rest.data()));
      stream.avail_in = unsigned(in_now);
      stream.next_out = out.data() + count;
      stream.avail_out = unsigned(out_now);
      const int result = ::inflate(&stream, Z_NO_FLUSH);
      rest = rest.subspan(in_now - stream.avail_in);
      count += out_now - stream.avail_out;
      ended = result == Z_STREAM_END;
      if (ended) next_member(position + count);
      if (result == Z_MEM_ERROR) throw std::bad_alloc();
      if (result == Z_BUF_ERROR) throw FileError(file, "the gzip data ends too early", position + count);
      if (result != Z_OK && result != Z_STREAM_END)
        throw FileError(file, to_text("the gzip data is damaged: ", stream.msg ? stream.msg : "unknown reason"),
                        position + count);
    }
    return count;
  }

  /// At the end of a member: starts the next one, if there is one.
  void next_member(std::uint64_t at) {
    if (std::ranges::all_of(rest, [](std::byte b) { return b == std::byte(0); })) return;
    if (rest[0] != std::byte(0x1f) || rest.size() < 2 || rest[1] != std::byte(0x8b))
      throw FileError(file,
                      to_text("has ", rest.size(),
                              " bytes behind its gzip data that are neither zeros nor more gzip "
                              "data"),
                      at);
    ::inflateReset(&stream);
    ended = false;
  }

  std::span<const std::byte> rest;
  std::filesystem::path file;
  z_stream stream{};
  bool gzip, ended = false;
  std::uint64_t position = 0;
};

}  // namespace hush::data
