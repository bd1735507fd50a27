#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/data/gzip.hpp>
#include <hush/images.hpp>
#include <hush/io/disk.hpp>
#include <hush/io/known_formats.hpp>

namespace hush::data {

/// The largest file that is read, packed or unpacked.
inline constexpr std::uint64_t idx_limit = std::uint64_t(1) << 30;

namespace detail {

/// A kind of IDX file: what it holds, and its magic number: two zeros, the type, the number of dimensions.
inline std::string idx_kind(std::uint32_t magic) {
  static constexpr const char* digits = "0123456789abcdef";
  std::string hex = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) hex += digits[magic >> shift & 15];
  const std::uint32_t type = magic >> 8, dims = magic & 255;
  const char* const of = type == 0x08   ? "unsigned bytes"
                         : type == 0x09 ? "signed bytes"
                         : type == 0x0b ? "16-bit integers"
                         : type == 0x0c ? "32-bit integers"
                         : type == 0x0d ? "floats"
                         : type == 0x0e ? "doubles"
                                        : nullptr;
  if (!of) return to_text("no IDX file (it starts with ", hex, ")");
  const char* const means = type != 0x08 ? "" : dims == 1 ? ", labels" : dims == 3 ? ", images" : "";
  return to_text("an IDX file of ", of, " in ", dims, dims == 1 ? " dimension" : " dimensions", means, " (", hex, ")");
}

/// The bytes of an IDX file of unsigned bytes with dims.size() dimensions; fills `dims`. Allocates only after the
/// header is checked, and as much as it says.
inline std::vector<std::uint8_t> read_idx(const std::filesystem::path& path, std::span<std::int64_t> dims) {
  const auto packed = io::read_file(path, idx_limit);
  if (packed.empty()) throw FileError(path, "is empty");
  Unpacked bytes(packed, path);
  const auto word = [&] {
    std::uint8_t raw[4];
    bytes.fill(raw, "its header");
    return std::uint32_t(raw[0]) << 24 | std::uint32_t(raw[1]) << 16 | std::uint32_t(raw[2]) << 8 | raw[3];
  };
  const std::string_view start(reinterpret_cast<const char*>(packed.data()), packed.size());
  const std::uint32_t magic = word(), wanted = 0x800 + std::uint32_t(dims.size());
  const std::string other =
      magic >> 16 == 0 || start.starts_with("\x1f\x8b") ? "" : io::other_format(start, "an IDX file is wanted");
  if (!other.empty()) throw FileError(path, other);
  if (magic != wanted) throw FileError(path, to_text("is ", idx_kind(magic), ", wanted is ", idx_kind(wanted)));
  std::uint64_t total = 1, at = 4;
  for (auto& dim : dims) {
    dim = word();
    if (dim < 1 || total > idx_limit / std::uint64_t(dim))
      throw FileError(path, to_text("says that a dimension is ", dim, ", which cannot be"), at);
    total *= std::uint64_t(dim);
    at += 4;
  }
  constexpr std::uint64_t step = std::uint64_t(1) << 24;  // read in steps: no memory for what a false header promises
  std::vector<std::uint8_t> values;
  while (values.size() < total) {
    const auto had = values.size();
    values.resize(had + std::min(step, total - had));
    bytes.fill(std::span(values).subspan(had), "its values");
  }
  bytes.finish();
  return values;
}

}  // namespace detail

/// Grey images from an IDX file (magic 0x803), plain or gzip: [N, H, W, 1], bytes as they stand there. Every field of
/// the header, the length, and the checksum of the gzip data are checked. Throws FileError.
inline Images<std::uint8_t> read_idx_images(const std::filesystem::path& path) {
  std::int64_t dims[3] = {};
  auto pixels = detail::read_idx(path, dims);
  return {dims[0], dims[1], dims[2], 1, std::move(pixels)};
}

/// Labels from an IDX file (magic 0x801), plain or gzip; each must be below `classes`. Throws FileError.
inline std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path, int classes = 256) {
  std::int64_t dims[1] = {};
  auto labels = detail::read_idx(path, dims);
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] >= classes)
      throw FileError(path, to_text("label ", i, " is ", int(labels[i]), ", there are ", classes, " classes"), 8 + i);
  return labels;
}

/// Images and their labels, of which there must be as many. Throws FileError.
inline std::pair<Images<std::uint8_t>, std::vector<std::uint8_t>> read_idx_pair(const std::filesystem::path& images,
                                                                                const std::filesystem::path& labels,
                                                                                int classes = 256) {
  std::pair pair(read_idx_images(images), read_idx_labels(labels, classes));
  if (pair.second.size() != std::size_t(pair.first.count))
    throw FileError(labels,
                    to_text("holds ", pair.second.size(), " labels, but ", images.filename().string(), " holds ",
                            pair.first.count, " images"),
                    4);
  return pair;
}

}  // namespace hush::data
