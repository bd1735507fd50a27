#pragma once
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/io/crc32c.hpp>

namespace hush::io {

/// A picture in an event: a PNG file, and what it shows.
struct EventPicture {
  std::int64_t height = 0, width = 0, channels = 1;
  std::string png;
};

/// Named numbers of one event, such as {"step/loss", 0.25}.
using EventScalars = std::vector<std::pair<std::string, double>>;

namespace detail {

/// The lowest `bytes` bytes of a number, little-endian.
inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += char(value >> (8 * i) & 255);
  return text;
}

/// A protocol buffer message, field by field; a whole number that is 0 is left out. Source: protobuf.dev, "Encoding".
struct Message {
  std::string bytes;

  Message& number(unsigned field, std::int64_t value) {
    if (value != 0) tag(field, 0).varint(std::uint64_t(value));
    return *this;
  }
  Message& number(unsigned field, double value) {
    tag(field, 1).bytes += little_endian(std::bit_cast<std::uint64_t>(value), 8);
    return *this;
  }
  Message& number(unsigned field, float value) {
    tag(field, 5).bytes += little_endian(std::bit_cast<std::uint32_t>(value), 4);
    return *this;
  }
  Message& text(unsigned field, std::string_view value) {
    tag(field, 2).varint(value.size()).bytes += value;
    return *this;
  }
  Message& message(unsigned field, const Message& value) { return text(field, value.bytes); }

 private:
  Message& tag(unsigned field, unsigned wire_type) { return varint(field << 3 | wire_type); }
  Message& varint(std::uint64_t value) {
    for (; value > 127; value >>= 7) bytes += char(128 | (value & 127));
    bytes += char(value);
    return *this;
  }
};

inline Message event(double wall_time, std::int64_t step) {
  check(step >= 0, "event", "there is no step ", step);
  return Message{}.number(1, wall_time).number(2, step);
}

/// A tag as TensorBoard groups and shows it: "group/name".
inline const std::string& event_tag(const std::string& tag) {
  bool printable = !tag.empty();
  for (const char letter : tag) printable &= letter >= ' ' && letter < 127;
  check(printable, "event", "a tag needs printable ASCII characters, \"", tag, "\" has others or none");
  return tag;
}

}  // namespace detail

/// An event message of TensorBoard (TensorFlow, core/util/event.proto): the one that every file starts with.
inline std::string version_event(double wall_time) {
  return detail::event(wall_time, 0).text(3, "brain.Event:2").bytes;
}

/// The event of a start at `step`: TensorBoard then discards this and later steps of older files.
inline std::string start_event(double wall_time, std::int64_t step) {
  return detail::event(wall_time, step).message(7, detail::Message{}.number(1, std::int64_t(1))).bytes;
}

/// An event with numbers, which are stored as floats.
inline std::string scalars_event(double wall_time, std::int64_t step, const EventScalars& scalars) {
  detail::Message summary;
  for (const auto& [tag, value] : scalars)
    summary.message(1, detail::Message{}.text(1, detail::event_tag(tag)).number(2, float(value)));
  return detail::event(wall_time, step).message(5, summary).bytes;
}

/// An event with a picture of 1 (grey), 3 (RGB) or 4 (RGBA) channels.
inline std::string picture_event(double wall_time, std::int64_t step, const std::string& tag,
                                 const EventPicture& picture) {
  const auto channels = picture.channels;
  check(channels == 1 || channels == 3 || channels == 4, "event", "a picture has 1, 3 or 4 channels, not ", channels);
  const auto image =
      detail::Message{}.number(1, picture.height).number(2, picture.width).number(3, channels).text(4, picture.png);
  const auto value = detail::Message{}.text(1, detail::event_tag(tag)).message(4, image);
  return detail::event(wall_time, step).message(5, detail::Message{}.message(1, value)).bytes;
}

/// A record of an event file: the message's length and the message, each with its checksum. Source: TensorFlow,
/// core/lib/io/record_writer.cc.
inline std::string event_record(std::string_view message) {
  const auto checked = [](std::string_view bytes) {
    return to_text(bytes, detail::little_endian(masked(crc32c(bytes)), 4));
  };
  return checked(detail::little_endian(message.size(), 8)) + checked(message);
}

}  // namespace hush::io
