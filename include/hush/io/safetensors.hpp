#pragma once
#include <algorithm>
#include <bit>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <hush/io/arrays.hpp>
#include <hush/io/atomic_file.hpp>
#include <hush/io/json.hpp>
#include <hush/io/known_formats.hpp>

namespace hush::io {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian, and so must we be");

/// Limits of the reader. The first is the format's own; the others bound the cost of a hostile file.
struct SafetensorsLimits {
  std::uint64_t header = 100'000'000;
  std::size_t metadata = 1'000'000;
  std::size_t rank = 8;
};

namespace detail {

struct Stored {
  std::uint64_t begin, end;
  std::string name;
  Array array;
};

/// Parses and checks one entry of the header. `at` is the offset of the header.
inline Stored stored_array(const std::string& name, const Json& entry, const std::filesystem::path& file,
                           const SafetensorsLimits& limits) {
  constexpr std::uint64_t at = 8;
  const auto wrong = [&](const auto&... what) {
    throw FileError(file, to_text("array ", in_quotes(name), ' ', what...), at);
  };
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
      !entry.contains("data_offsets"))
    wrong("must have exactly the members dtype, shape and data_offsets");
  Stored stored{0, 0, name, {}};
  const auto& type = text_of(entry["dtype"], "dtype", file, at);
  const auto dtype = dtype_named(type);
  if (!dtype) wrong("has the unknown dtype ", in_quotes(type));
  stored.array.dtype = *dtype;

  const auto& shape = entry["shape"];
  if (!shape.is_array()) wrong("has a shape that is not a list");
  if (shape.size() > limits.rank) wrong("has ", shape.size(), " axes, more than ", limits.rank);
  std::uint64_t count = 1;
  for (const auto& extent : shape) {
    const auto value = whole_number(extent, "an extent of a shape", file, at);
    if (__builtin_mul_overflow(count, value, &count)) wrong("has more elements than 64 bits count");
    if (value > std::uint64_t(std::numeric_limits<std::int64_t>::max())) wrong("has an extent beyond 63 bits");
    stored.array.shape.push_back(std::int64_t(value));
  }
  std::uint64_t bits = 0;
  if (__builtin_mul_overflow(count, std::uint64_t(facts(*dtype).bits), &bits))
    wrong("has more bits than 64 bits count");
  if (bits % 8 != 0) wrong("does not end on a byte");

  const auto& offsets = entry["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2) wrong("must have data_offsets [begin, end]");
  stored.begin = whole_number(offsets[0], "an offset", file, at);
  stored.end = whole_number(offsets[1], "an offset", file, at);
  if (stored.end < stored.begin) wrong("ends before it begins");
  if (stored.end - stored.begin != bits / 8)
    wrong("has ", stored.end - stored.begin, " bytes, but its dtype and shape want ", bits / 8);
  return stored;
}

inline std::map<std::string, std::string> stored_metadata(const Json& entry, const std::filesystem::path& file,
                                                          const SafetensorsLimits& limits) {
  if (!entry.is_object()) throw FileError(file, "__metadata__ must be an object", 8);
  std::map<std::string, std::string> metadata;
  std::size_t total = 0;
  for (const auto& [key, value] : entry.items()) {
    metadata[key] = text_of(value, "a value of __metadata__", file, 8);
    total += key.size() + metadata[key].size();
  }
  if (total > limits.metadata)
    throw FileError(file, to_text("__metadata__ is longer than ", limits.metadata, " bytes"), 8);
  return metadata;
}

/// Whether a file is PyTorch's: a zip, or a pickle of protocol 2 to 5. The same first bytes can be the length of a
/// safetensors header, which a brace follows.
inline bool is_pickle(std::span<const std::byte> bytes) {
  if (bytes.size() <= 8) return false;
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()), 9);
  const bool zip = start.starts_with("PK\3\4"), pickle = start[0] == '\x80' && start[1] >= 2 && start[1] <= 5;
  return (zip || pickle) && std::string_view("{ \t\r\n").find(start[8]) == std::string_view::npos;
}

/// Advice for such a file, for messages.
inline constexpr const char* pickle_hint =
    "is a pickle of PyTorch's (.pth, .pt, .bin), which may run any program when it is read, and no safetensors file. "
    "Convert it once, in Python:\n"
    "  import torch, safetensors.torch\n"
    "  weights = torch.load(\"model.pth\", map_location=\"cpu\", weights_only=True)\n"
    "  safetensors.torch.save_file({k: v.clone().contiguous() for k, v in weights.items()}, \"model.safetensors\")";

}  // namespace detail

/// The arrays of a safetensors file in memory; `file` is its name in messages. Every rule of the format is enforced:
/// the arrays fill the file exactly, without overlap, gaps or trailing bytes. Throws FileError; for a pickle, with
/// advice how to convert it.
inline Arrays parse_safetensors(std::span<const std::byte> bytes, const std::filesystem::path& file,
                                const SafetensorsLimits& limits = {}) {
  if (detail::is_pickle(bytes)) throw FileError(file, detail::pickle_hint);
  const auto damaged = [&](const std::string& how, std::uint64_t at = 0) {
    const std::string other = other_format({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                           "weights are read from safetensors files");
    throw FileError(file, other.empty() ? how : other, other.empty() ? at : 0);
  };
  if (bytes.size() < 8)
    damaged(bytes.empty() ? "is empty" : "is shorter than the 8 bytes every safetensors file starts with",
            bytes.size());
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  if (length > std::min<std::uint64_t>(limits.header, 100'000'000))
    damaged(to_text("says that its header has ", length, " bytes: no safetensors file, or a damaged one"));
  if (length > bytes.size() - 8) damaged(to_text("ends within its header of ", length, " bytes"), bytes.size());
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 8, length);
  const Json header = parse_json(text, file, {.bytes = 100'000'000, .depth = 4}, 8);
  if (!header.is_object()) throw FileError(file, "the header must be a JSON object", 8);

  Arrays arrays;
  std::vector<detail::Stored> stored;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      arrays.metadata = detail::stored_metadata(entry, file, limits);
    } else {
      stored.push_back(detail::stored_array(name, entry, file, limits));
    }
  }
  std::sort(stored.begin(), stored.end(),
            [](const auto& a, const auto& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
  const auto data = bytes.subspan(8 + length);
  std::uint64_t expected = 0;
  for (const auto& entry : stored) {
    if (entry.begin != expected)
      throw FileError(file,
                      to_text("array ", in_quotes(entry.name), " begins at ", entry.begin, " of the data, ", expected,
                              " was expected: no gaps or overlaps"),
                      8 + length + expected);
    expected = entry.end;
  }
  if (expected != data.size())
    throw FileError(file, to_text("holds ", data.size(), " bytes of data, its arrays want ", expected),
                    8 + length + std::min<std::uint64_t>(expected, data.size()));
  for (auto& entry : stored) {
    const auto part = data.subspan(entry.begin, entry.end - entry.begin);
    entry.array.bytes.assign(part.begin(), part.end());
    arrays.items.emplace(std::move(entry.name), std::move(entry.array));
  }
  return arrays;
}

inline Arrays read_safetensors(const std::filesystem::path& file, const SafetensorsLimits& limits = {}) {
  return parse_safetensors(read_file(file), file, limits);
}

/// The bytes of the safetensors file of `arrays`, piece by piece; `head` is filled and must outlive the pieces. The
/// same arrays give the same bytes: widest elements first, then by name, the data aligned to 8 bytes. Adds
/// "format": "pt" to the metadata, which PyTorch's tools ask for. Throws std::invalid_argument for arrays that the
/// format cannot hold.
inline Pieces safetensors_pieces(const Arrays& arrays, std::string& head) {
  constexpr const char* where = "write_safetensors";
  std::vector<const std::pair<const std::string, Array>*> order;
  for (const auto& item : arrays.items) order.push_back(&item);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->second.dtype > b->second.dtype; });
  auto metadata = arrays.metadata;
  metadata.try_emplace("format", "pt");
  std::size_t bytes = 0;
  for (const auto& [key, value] : metadata) bytes += key.size() + value.size();
  check(bytes <= SafetensorsLimits{}.metadata, where, "the metadata is ", bytes, " bytes long, more than the ",
        SafetensorsLimits{}.metadata, " that are read");
  head.assign(8, '\0');
  Pieces pieces(1);
  try {
    head += to_text("{\"__metadata__\":", Json(metadata).dump());
    std::uint64_t at = 0;
    for (const auto* item : order) {
      const auto& [name, array] = *item;
      const auto count = elements(array.shape);
      check(name != "__metadata__", where, "no array may be called __metadata__");
      check(array.shape.size() <= SafetensorsLimits{}.rank, where, "array ", in_quotes(name), " has ",
            array.shape.size(), " axes, more than the ", SafetensorsLimits{}.rank, " that are read");
      check(count && *count < (1ull << 56) && *count * facts(array.dtype).bits == array.bytes.size() * 8, where,
            "array ", in_quotes(name), " has ", array.bytes.size(), " bytes, which its shape and type do not want");
      head += to_text(',', Json(name).dump(), ":{\"dtype\":\"", facts(array.dtype).name,
                      "\",\"shape\":", Json(array.shape).dump(), ",\"data_offsets\":[", at, ',',
                      at + array.bytes.size(), "]}");
      at += array.bytes.size();
      pieces.push_back(array.bytes);
    }
  } catch (const Json::exception&) { check(false, where, "a name or metadata text is not valid UTF-8"); }
  head += '}';
  head.resize((head.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = head.size() - 8;
  check(length <= 100'000'000, where, "the header would have ", length, " bytes, the format allows 100000000");
  std::memcpy(head.data(), &length, 8);
  pieces[0] = std::as_bytes(std::span(head));
  return pieces;
}

/// Writes a safetensors file, whole or not at all. Throws FileError, or std::invalid_argument for arrays that the
/// format cannot hold.
inline void write_safetensors(const std::filesystem::path& file, const Arrays& arrays, const Disk& disk = {}) {
  std::string head;
  const auto pieces = safetensors_pieces(arrays, head);
  write_file(file, pieces, disk);
}

}  // namespace hush::io
