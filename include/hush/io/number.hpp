#pragma once
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 200000
#include <locale.h>
#include <stdlib.h>
#define HUSH_NO_FROM_CHARS_OF_DOUBLE 1
#endif

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
#ifdef HUSH_NO_FROM_CHARS_OF_DOUBLE  // strtod takes more than from_chars: blanks, a plus, hexadecimal digits
  const std::string copy(text);
  if (copy.empty() || copy.find_first_of(" \t\n\v\f\r+") == 0 || copy.find_first_of("xX") != copy.npos) return {};
  const ::locale_t plain = ::newlocale(LC_ALL_MASK, "C", ::locale_t{});
  char* end = nullptr;
  const double value = ::strtod_l(copy.c_str(), &end, plain);
  ::freelocale(plain);
  const bool beyond =
      (value > 0 ? value : -value) > 1e308 * 1.7976931348623157 && copy.find_first_of("nN") == copy.npos;
  if (end != copy.c_str() + copy.size() || beyond) return {};
#else
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
#endif
  return value;
}

}  // namespace hush::io
