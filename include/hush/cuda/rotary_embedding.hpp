#pragma once
#include <cstdint>

#include <hush/cuda/team/map.hpp>
#include <hush/kernels/rotary_sizes.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// Body: pairs of channels turned, a pair a member.
template <class T>
struct Rotary {
  RotarySizes s;
  float sign;
  const T* x;
  const float* table;
  T* y;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t half = s.width / 2, pairs = s.batch * s.tokens * s.heads * half;
    for (std::int64_t i = first_of(team); i < pairs; i += all_of(team)) {
      const std::int64_t head = i / half, j = i % half, token = head / s.heads % s.tokens;
      const float cosine = table[token * s.width + j], sine = sign * table[token * s.width + half + j];
      const std::int64_t at = head * s.width + j;
      const float a = float(x[at]), b = float(x[at + half]);
      y[at] = T(a * cosine - b * sine);
      y[at + half] = T(b * cosine + a * sine);
    }
  }
};
}  // namespace bodies

/// Turns the channels j and j + width / 2 of each head of x [batch, tokens, heads * width], as a point of the plane, by
/// the angle j of their token; back, by its negative. `table` [tokens, width] has the cosines of a token's angles, then
/// their sines.
template <class P, class M, class T>
void rotary_embedding(const Cuda<P, M>& on, const RotarySizes& s, bool back, const T* x, const float* table, T* y) {
  const std::int64_t pairs = s.batch * s.tokens * s.heads * (s.width / 2);
  if (pairs > 0) launch(on, bodies::Rotary<T>{s, back ? -1.0f : 1.0f, x, table, y}, grid_for(pairs, 4));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
