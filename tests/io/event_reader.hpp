#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "io/scratch.hpp"

// Event files as TensorBoard reads them, written from the format's description: records, their checksums bit by bit,
// messages field by field.
namespace events {

struct Value {
  std::string tag;
  float number = 0;
  std::int64_t height = 0, width = 0, channels = 0;
  std::string png = {};
};

struct Event {
  double time = 0;
  std::int64_t step = 0;
  std::string version = {};
  bool starts = false;
  std::vector<Value> values = {};
};

inline std::uint64_t number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

inline std::uint32_t checksum(std::string_view bytes) {
  std::uint32_t value = 0xFFFFFFFF;
  for (const char byte : bytes) {
    value ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (0x82F63B78 & (0 - (value & 1)));
  }
  value = ~value;
  return ((value >> 15) | (value << 17)) + 0xA282EAD8;
}

/// The messages of a file up to its end or to a record that is torn.
inline std::vector<std::string> records(std::string_view file) {
  std::vector<std::string> found;
  while (file.size() >= 12) {
    const auto length = number(file.substr(0, 8));
    REQUIRE(number(file.substr(8, 4)) == checksum(file.substr(0, 8)));
    if (file.size() < 16 + length) break;
    REQUIRE(number(file.substr(12 + length, 4)) == checksum(file.substr(12, length)));
    found.emplace_back(file.substr(12, length));
    file.remove_prefix(16 + length);
  }
  return found;
}

/// Tells `field` the number of each field of a message, and its value as a number or as bytes.
template <class Field>
void fields(std::string_view message, Field field) {
  const auto varint = [&] {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      REQUIRE(!message.empty());
      const auto byte = static_cast<unsigned char>(message[0]);
      message.remove_prefix(1);
      value |= std::uint64_t(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (!message.empty()) {
    const auto tag = varint();
    const auto take = [&](std::size_t size) {
      REQUIRE(message.size() >= size);
      const auto bytes = message.substr(0, size);
      message.remove_prefix(size);
      return bytes;
    };
    switch (tag & 7) {
      case 0:
        field(tag >> 3, varint(), "");
        break;
      case 1:
        field(tag >> 3, number(take(8)), "");
        break;
      case 2:
        field(tag >> 3, 0, take(varint()));
        break;
      case 5:
        field(tag >> 3, number(take(4)), "");
        break;
      default:
        FAIL("wire type " << (tag & 7));
    }
  }
}

inline Value value(std::string_view message) {
  Value found;
  fields(message, [&](std::uint64_t field, std::uint64_t bits, std::string_view bytes) {
    if (field == 1) found.tag = bytes;
    if (field == 2) found.number = std::bit_cast<float>(std::uint32_t(bits));
    if (field == 4)
      fields(bytes, [&](std::uint64_t part, std::uint64_t n, std::string_view png) {
        if (part == 1) found.height = std::int64_t(n);
        if (part == 2) found.width = std::int64_t(n);
        if (part == 3) found.channels = std::int64_t(n);
        if (part == 4) found.png = png;
      });
  });
  return found;
}

inline Event event(std::string_view message) {
  Event found;
  fields(message, [&](std::uint64_t field, std::uint64_t bits, std::string_view bytes) {
    if (field == 1) found.time = std::bit_cast<double>(bits);
    if (field == 2) found.step = std::int64_t(bits);
    if (field == 3) found.version = bytes;
    if (field == 5)
      fields(bytes, [&](std::uint64_t, std::uint64_t, std::string_view v) { found.values.push_back(value(v)); });
    if (field == 7)
      fields(bytes, [&](std::uint64_t part, std::uint64_t status, std::string_view) {
        found.starts |= part == 1 && status == 1;
      });
  });
  return found;
}

inline std::vector<Event> read(const std::filesystem::path& file) {
  const auto bytes = get(file);
  std::vector<Event> found;
  for (const auto& message : records(bytes)) found.push_back(event(message));
  return found;
}

/// What TensorBoard shows of a folder: each tag's values by step. A process that starts at a step (but for the first
/// one) voids what was known of it and of later ones.
using Shown = std::map<std::string, std::vector<std::pair<std::int64_t, Value>>>;
inline Shown shown(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  Shown tags;
  bool started = false;
  for (const auto& file : files)
    for (const auto& found : read(file)) {
      if (found.starts && std::exchange(started, true))
        for (auto& tag : tags) std::erase_if(tag.second, [&](const auto& v) { return v.first >= found.step; });
      for (const auto& v : found.values) tags[v.tag].emplace_back(found.step, v);
    }
  return tags;
}

}  // namespace events
