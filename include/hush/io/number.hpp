#pragma once
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace hush::io {

/// The shortest decimal text that reads back as the same number, the same in every locale.
inline std::string number(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// A number with so many digits behind the point, as printf's %.3f writes it, the same in every locale.
inline std::string fixed(double value, int digits) {
  std::string text(330 + std::size_t(digits), ' ');  // the greatest double has 309 digits before the point
  text.resize(
      std::size_t(std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits).ptr -
                  text.data()));
  return text;
}

/// A number of so many significant digits, as printf's %.4g writes it, the same in every locale.
inline std::string general(double value, int digits) {
  std::string text(24 + std::size_t(digits), ' ');
  text.resize(
      std::size_t(std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, digits).ptr -
                  text.data()));
  return text;
}

/// The number that a text is, the whole of it, with a point in every locale; nothing if it is none.
inline std::optional<double> read_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace hush::io
