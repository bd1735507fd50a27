#pragma once
#include <cmath>
#include <cstdlib>
#include <string>

/// A number as a document prints it, to be equal to half a unit of its last digit.
struct Printed {
  std::string text;

  double value() const { return std::strtod(text.c_str(), nullptr); }
  double half_unit() const {
    const std::size_t exponent = text.find('e'), point = text.find('.');
    const std::string mantissa = text.substr(0, exponent);
    const int decimals = point == std::string::npos ? 0 : int(mantissa.size() - point) - 1;
    const int power = exponent == std::string::npos ? 0 : std::atoi(text.c_str() + exponent + 1);
    return .5 * std::pow(10., power - decimals) * (1 + 1e-6);
  }
  friend bool operator==(double computed, const Printed& printed) {
    return std::abs(computed - printed.value()) <= printed.half_unit();
  }
};
inline Printed operator""_printed(const char* text, std::size_t) { return {text}; }
