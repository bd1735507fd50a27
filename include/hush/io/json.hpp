#pragma once
#include <locale.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <hush/errors.hpp>
#include <hush/io/disk.hpp>
#include <hush/io/known_formats.hpp>
#include <nlohmann/json.hpp>

namespace hush::io {

using Json = nlohmann::json;

/// Limits of `parse_json`. `values` counts members and elements at all levels.
struct JsonLimits {
  std::size_t bytes = std::size_t(64) << 20;
  int depth = 16;
  std::size_t values = 1'000'000;
};

/// Text from a file made safe for messages: quoted, printable ASCII, at most 64 characters.
inline std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, 64)) {
    if (c >= ' ' && c < 127) {
      out += c;
    } else {
      out += to_text("\\x", "0123456789abcdef"[(c >> 4) & 15], "0123456789abcdef"[c & 15]);
    }
  }
  return out + (text.size() > 64 ? "\"..." : "\"");
}

/// A pointer into the text that notes how far the parser has read, so that an error can say where.
struct Noted {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  const char* at = nullptr;
  const char** furthest = nullptr;
  reference operator*() const { return *at; }
  Noted& operator++() {
    *furthest = ++at;
    return *this;
  }
  Noted operator++(int) { return Noted{at++, furthest}; }
  bool operator==(const Noted& other) const { return at == other.at; }
  bool operator!=(const Noted& other) const { return at != other.at; }
};

namespace detail {

/// Sets the C locale's numbers for this thread during its lifetime: the parser takes the decimal point from the C
/// library, and only one byte of what may be two (Persian).
class PlainNumbers {
 public:
  PlainNumbers() : plain_(::newlocale(LC_ALL_MASK, "C", locale_t{})), before_(::uselocale(plain_)) {}
  PlainNumbers(const PlainNumbers&) = delete;
  ~PlainNumbers() {
    ::uselocale(before_);
    if (plain_ != locale_t{}) ::freelocale(plain_);
  }

 private:
  locale_t plain_, before_;
};

}  // namespace detail

/// Parses one JSON value from untrusted text; also refuses repeated names, NUL bytes, a byte-order mark, and nesting,
/// size and number of values above the limits. Throws FileError with the offset in `file`, where the text starts at
/// `begin`.
inline Json parse_json(std::string_view text, const std::filesystem::path& file, const JsonLimits& limits = {},
                       std::uint64_t begin = 0) {
  if (text.size() > limits.bytes) throw FileError(file, to_text("JSON is longer than ", limits.bytes, " bytes"), begin);
  if (const auto nul = text.find('\0'); nul != text.npos) throw FileError(file, "JSON holds a NUL byte", begin + nul);
  if (text.starts_with("\xEF\xBB\xBF")) throw FileError(file, "JSON starts with a byte-order mark", begin);

  const char* furthest = text.data();
  const auto here = [&] { return begin + std::uint64_t(furthest - text.data()); };
  std::vector<std::set<std::string>> names;
  std::size_t values = 0;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= limits.depth) throw FileError(file, to_text("JSON is nested deeper than ", limits.depth), here());
      if (event == Event::object_start) names.emplace_back();
    } else if (event == Event::object_end) {
      names.pop_back();
    } else if (event == Event::key) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!names.back().insert(name).second)
        throw FileError(file, to_text("JSON repeats the name ", in_quotes(name)), here());
    }
    if (event != Event::object_end && event != Event::array_end && ++values > limits.values)
      throw FileError(file, to_text("JSON holds more than ", limits.values, " values"), here());
    return true;
  };
  const detail::PlainNumbers plain;
  try {
    return Json::parse(Noted{text.data(), &furthest}, Noted{text.data() + text.size(), &furthest}, watch);
  } catch (const Json::parse_error& error) {
    throw FileError(file, "is not valid JSON", begin + (error.byte ? error.byte - 1 : 0));
  } catch (const Json::exception&) { throw FileError(file, "JSON holds a value that cannot be represented", here()); }
}

inline Json read_json(const std::filesystem::path& file, const JsonLimits& limits = {}) {
  const auto bytes = read_file(file, limits.bytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.empty()) throw FileError(file, "is empty");
  if (const std::string other = other_format(text, "a JSON file is wanted"); !other.empty())
    throw FileError(file, other);
  return parse_json(text, file, limits);
}

/// The member `name` of an object; throws FileError if there is none.
inline const Json& member(const Json& object, const char* name, const std::filesystem::path& file) {
  if (!object.is_object()) throw FileError(file, to_text("wants an object with the member \"", name, "\""));
  const auto found = object.find(name);
  if (found == object.end()) throw FileError(file, to_text("lacks the member \"", name, "\""));
  return *found;
}

/// A number that is written as a non-negative integer: 16.0, 1e2, -1 and what does not fit 64 bits are refused.
inline std::uint64_t whole_number(const Json& value, const char* what, const std::filesystem::path& file,
                                  std::uint64_t at = 0) {
  if (!value.is_number_unsigned()) throw FileError(file, to_text(what, " must be a non-negative integer"), at);
  return value.get<std::uint64_t>();
}

/// A string member's text.
inline const std::string& text_of(const Json& value, const char* what, const std::filesystem::path& file,
                                  std::uint64_t at = 0) {
  if (!value.is_string()) throw FileError(file, to_text(what, " must be a string"), at);
  return value.get_ref<const std::string&>();
}

}  // namespace hush::io
