// [header]
#pragma once
#include <cstdint>

#include <hush/images.hpp>
#include <hush/tensor/bf16.hpp>

/// So many garments, sampled on the GPU. Precision: hush::bf16 or hush::tf32.
template <class Precision>
hush::Images<float> garments(std::int64_t count, std::uint64_t seed);
// [/header]
