#pragma once
#include <cstdint>

#include <hush/cuda/team/columns.hpp>
#include <hush/kernels/image_sizes.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Images of T as a kernel sees them: the channels of a pixel.
template <class T>
struct PixelsOf {
  T* first;
  std::int64_t height, width, channels;
  HUSH_HOST_DEVICE T* at(std::int64_t image, std::int64_t row, std::int64_t column, std::int64_t channel) const {
    return first + ((image * height + row) * width + column) * channels + channel;
  }
};
template <class T>
PixelsOf<T> pixels_of(const ImageSizes& s, T* x) {
  return {x, s.height, s.width, s.channels};
}

namespace bodies {
/// Body: f(image, row, column, channel) for every W channels of images, a team a line of pixels.
template <int W, class F>
struct EachPixel {
  ImageSizes s;
  F f;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const std::uint32_t a_pixel = std::uint32_t(s.channels / W), a_line = std::uint32_t(s.width) * a_pixel;
    for (std::int64_t line = team.block(); line < s.batch * s.height; line += team.blocks())
      for (std::uint32_t i = std::uint32_t(team.rank()); i < a_line; i += std::uint32_t(team.size()))
        f(line / s.height, line % s.height, i / a_pixel, i % a_pixel * W);
  }
};
}  // namespace bodies

/// f(image, row, column, channel) for every W channels of images of these extents.
template <int W, class P, class M, class F>
void each_pixel(const Cuda<P, M>& on, const ImageSizes& s, const F& f) {
  const std::int64_t lines = s.batch * s.height, members = (s.width * s.channels / W + 31) / 32 * 32;
  if (members > 0)
    launch(on, bodies::EachPixel<W, F>{s, f},
           {.teams = lines < 16384 ? lines : 16384, .threads = int(members < 256 ? members : 256)});
}

/// Whether channels may be read and written eight at a time.
template <class... Pointers>
bool eight_channels(std::int64_t channels, const Pointers*... all) {
  return channels % 8 == 0 && (aligned_for_vec8(all) && ...);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
