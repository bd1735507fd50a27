#pragma once
#include <locale.h>
#include <stdlib.h>

#include <charconv>
#include <cmath>
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

namespace detail {

/// Of what the standard library reads numbers without a locale: libc++ before 20 has it for whole numbers alone.
template <class T>
concept ReadByFromChars = requires(const char* at, T& value) {
  std::from_chars(at, at, value);
};

}  // namespace detail

/// The number that the whole text spells, with a decimal point in every locale; nothing if it is no number.
template <class T = double>
std::optional<T> read_number(std::string_view text) {
  T value = 0;
  if constexpr (detail::ReadByFromChars<T>) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
  } else {  // strtod takes more than from_chars: blanks, a plus, hexadecimal digits, what is beyond the largest number
    const std::string copy(text);
    if (copy.empty() || std::string_view(" \t\n\v\f\r+").find(copy[0]) != std::string_view::npos) return {};
    if (copy.find_first_of("xX") != copy.npos) return {};
    const ::locale_t plain = ::newlocale(LC_ALL_MASK, "C", ::locale_t{});
    char* end = nullptr;
    value = ::strtod_l(copy.c_str(), &end, plain);
    ::freelocale(plain);
    if (end != copy.c_str() + copy.size() || (std::isinf(value) && copy.find_first_of("nN") == copy.npos)) return {};
  }
  return value;
}

}  // namespace hush::io
