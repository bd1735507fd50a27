#pragma once
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/check.hpp>

namespace hush::io {

/// Every element type that a safetensors file may name, in the order by which the format sorts them in a file.
enum class Dtype : std::uint8_t {
  BOOL,
  F4,
  F6_E2M3,
  F6_E3M2,
  U8,
  I8,
  F8_E5M2,
  F8_E4M3,
  F8_E8M0,
  F8_E4M3FNUZ,
  F8_E5M2FNUZ,
  I16,
  U16,
  F16,
  BF16,
  I32,
  U32,
  F32,
  C64,
  F64,
  I64,
  U64
};

/// The name of an element type in files, and its width.
struct DtypeFacts {
  const char* name;
  unsigned bits;
};
inline constexpr DtypeFacts dtype_facts[] = {
    {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"U8", 8},          {"I8", 8},
    {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},
    {"U16", 16},    {"F16", 16},    {"BF16", 16},   {"I32", 32},        {"U32", 32},        {"F32", 32},
    {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64}};

constexpr const DtypeFacts& facts(Dtype dtype) { return dtype_facts[std::size_t(dtype)]; }
inline std::optional<Dtype> dtype_named(std::string_view name) {
  for (std::size_t i = 0; i < std::size(dtype_facts); ++i)
    if (name == dtype_facts[i].name) return Dtype(i);
  return std::nullopt;
}

template <class T>
inline constexpr Dtype dtype_of = Dtype::U8;
template <>
inline constexpr Dtype dtype_of<float> = Dtype::F32;
template <>
inline constexpr Dtype dtype_of<double> = Dtype::F64;
template <>
inline constexpr Dtype dtype_of<std::int64_t> = Dtype::I64;
template <>
inline constexpr Dtype dtype_of<std::int32_t> = Dtype::I32;

/// The product of a shape, or nothing if it does not fit 64 bits at any step from the left.
inline std::optional<std::uint64_t> elements(std::span<const std::int64_t> shape) {
  std::uint64_t product = 1;
  for (const std::int64_t extent : shape)
    if (extent < 0 || __builtin_mul_overflow(product, std::uint64_t(extent), &product)) return std::nullopt;
  return product;
}

/// A dense array as a file holds it: element type, extents (none: a scalar), little-endian bytes in C order.
struct Array {
  Dtype dtype = Dtype::F32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
  std::size_t size() const { return std::size_t(elements(shape).value_or(0)); }
  bool operator==(const Array&) const = default;
};

/// The content of a safetensors file: named arrays and its metadata.
struct Arrays {
  std::map<std::string, Array> items;
  std::map<std::string, std::string> metadata;
  bool operator==(const Arrays&) const = default;
};

/// An array of float, double, int32, int64 or uint8 values. Throws std::invalid_argument if shape and count differ.
template <class T>
Array array_of(std::vector<std::int64_t> shape, std::span<const T> values) {
  check(elements(shape) == values.size(), "array_of", "the shape has ", elements(shape).value_or(0),
        " elements, but there are ", values.size(), " values");
  const auto bytes = std::as_bytes(values);
  return {dtype_of<T>, std::move(shape), {bytes.begin(), bytes.end()}};
}

/// The float of a binary16 number, exactly.
inline float float_of_half(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t(half & 0x8000) << 16, exponent = (half >> 10) & 31, fraction = half & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float tiny = std::ldexp(float(fraction), -24);
  return sign ? -tiny : tiny;
}

namespace detail {
template <class Stored, class T, class Convert>
std::vector<T> converted(const Array& array, Convert convert) {
  std::vector<T> out(array.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored stored;  // copied out: the bytes of a file are not aligned
    std::memcpy(&stored, array.bytes.data() + i * sizeof stored, sizeof stored);
    out[i] = T(convert(stored));
  }
  return out;
}
}  // namespace detail

/// The elements as `T`, converted from F64, F32, F16, BF16, BOOL and the integers; each is rounded to nearest if T is
/// narrower. Other element types throw std::invalid_argument with the name of the type.
template <class T = float>
std::vector<T> values_of(const Array& array) {
  check(array.bytes.size() == array.size() * facts(array.dtype).bits / 8, "values_of",
        "bytes and shape of the array differ");
  const auto same = [](auto x) { return x; };
  switch (array.dtype) {
    case Dtype::F64:
      return detail::converted<double, T>(array, same);
    case Dtype::F32:
      return detail::converted<float, T>(array, same);
    case Dtype::F16:
      return detail::converted<std::uint16_t, T>(array, float_of_half);
    case Dtype::BF16:
      return detail::converted<std::uint16_t, T>(
          array, [](std::uint16_t x) { return std::bit_cast<float>(std::uint32_t(x) << 16); });
    case Dtype::I64:
      return detail::converted<std::int64_t, T>(array, same);
    case Dtype::U64:
      return detail::converted<std::uint64_t, T>(array, same);
    case Dtype::I32:
      return detail::converted<std::int32_t, T>(array, same);
    case Dtype::U32:
      return detail::converted<std::uint32_t, T>(array, same);
    case Dtype::I16:
      return detail::converted<std::int16_t, T>(array, same);
    case Dtype::U16:
      return detail::converted<std::uint16_t, T>(array, same);
    case Dtype::I8:
      return detail::converted<std::int8_t, T>(array, same);
    case Dtype::U8:
      return detail::converted<std::uint8_t, T>(array, same);
    case Dtype::BOOL:
      return detail::converted<std::uint8_t, T>(array, [](std::uint8_t x) { return x != 0; });
    default:
      break;
  }
  check(false, "values_of", "cannot convert elements of type ", facts(array.dtype).name, " to numbers");
  return {};
}

/// The index of the first element that is NaN or infinite; nothing if all are finite.
inline std::optional<std::size_t> first_non_finite(const Array& array) {
  using enum Dtype;
  if (array.dtype != F64 && array.dtype != F32 && array.dtype != F16 && array.dtype != BF16) return std::nullopt;
  const auto values = values_of<double>(array);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i])) return i;
  return std::nullopt;
}

}  // namespace hush::io
