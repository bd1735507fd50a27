#pragma once
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hush/io/arrays.hpp>

namespace hush::io {

/// The binary16 number nearest to x, ties to even; infinite on overflow.
inline std::uint16_t half_of_float(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const auto sign = std::uint16_t((bits >> 16) & 0x8000u);
  std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return std::uint16_t(sign | 0x7e00u);
  if (magnitude >= 0x477ff000u) return std::uint16_t(sign | 0x7c00u);
  if (magnitude < 0x38800000u)  // below 2^-14: a multiple of 2^-24
    return std::uint16_t(sign | std::uint32_t(std::nearbyint(std::ldexp(std::bit_cast<float>(magnitude), 24))));
  magnitude += 0xfffu + ((magnitude >> 13) & 1u);
  return std::uint16_t(sign | ((magnitude - 0x38000000u) >> 13));
}

/// The bfloat16 number nearest to x, ties to even.
inline std::uint16_t bfloat_of_float(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return std::uint16_t((bits >> 16) | 0x40u);
  return std::uint16_t((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/// An array of numbers with another element type: F64, F32, F16 or BF16, each element rounded to nearest.
inline Array converted_to(const Array& array, Dtype dtype) {
  if (array.dtype == dtype) return array;
  if (dtype == Dtype::F64) return array_of(array.shape, std::span<const double>(values_of<double>(array)));
  const auto floats = values_of<float>(array);
  if (dtype == Dtype::F32) return array_of(array.shape, std::span<const float>(floats));
  check(dtype == Dtype::F16 || dtype == Dtype::BF16, "converted_to",
        "weights are written as F64, F32, F16 or BF16, not ", facts(dtype).name);
  Array out{dtype, array.shape, std::vector<std::byte>(2 * floats.size())};
  for (std::size_t i = 0; i < floats.size(); ++i) {
    const std::uint16_t word = dtype == Dtype::F16 ? half_of_float(floats[i]) : bfloat_of_float(floats[i]);
    std::memcpy(out.bytes.data() + 2 * i, &word, 2);
  }
  return out;
}

}  // namespace hush::io
