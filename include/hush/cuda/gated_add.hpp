#pragma once
#include <cstdint>

#include <hush/cuda/reduce.hpp>
#include <hush/cuda/team/map.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// Body: z = x + gate[image, channel] y; without the x that is nullptr, the product alone.
template <class T>
struct GatedAdd {
  std::int64_t batch, pixels, channels;
  const T *x, *gate, *y;
  T* z;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const bool wide = channels % 8 == 0 && aligned_for_vec8(x) && aligned_for_vec8(gate) && aligned_for_vec8(y) &&
                      aligned_for_vec8(z);
    const std::int64_t each = wide ? 8 : 1, size = pixels * channels;
    for (std::int64_t i = each * first_of(team); i < batch * size; i += each * all_of(team)) {
      const T* g = gate + i / size * channels + i % channels;
      if (wide) {
        const Vec8 factors = Vec8::load(g);
        Vec8 v = Vec8::load(y + i), past{};
        if (x) past = Vec8::load(x + i);
        for (int k = 0; k < 8; ++k) v.v[k] = past.v[k] + factors.v[k] * v.v[k];
        v.store(z + i);
      } else {
        z[i] = T((x ? float(x[i]) : 0.0f) + float(*g) * float(y[i]));
      }
    }
  }
};
}  // namespace bodies

/// z = x + gate[image, channel] y, for x and y of [batch, pixels, channels].
template <class P, class M, class T>
void gated_add(const Cuda<P, M>& on, std::int64_t batch, std::int64_t pixels, std::int64_t channels, const T* x,
               const T* gate, const T* y, T* z) {
  const std::int64_t count = batch * pixels * channels;
  if (count > 0) launch(on, bodies::GatedAdd<T>{batch, pixels, channels, x, gate, y, z}, grid_for(count, 8));
}

/// Gradients of gated_add besides that by x, which is dz: dy = gate dz, and dgate [batch, channels], the sum of dz y
/// over the pixels.
template <class P, class M, class T>
void gated_add_backward(const Cuda<P, M>& on, std::int64_t batch, std::int64_t pixels, std::int64_t channels,
                        const T* dz, const T* gate, const T* y, T* dy, T* dgate) {
  gated_add(on, batch, pixels, channels, static_cast<const T*>(nullptr), gate, dz, dy);
  bodies::sum_pixel_products(on, batch, pixels, channels, dz, y, dgate);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
