#pragma once
#include <algorithm>
#include <cstdint>

#include <hush/images.hpp>
#include <hush/io/tile.hpp>
#include <hush/sampling/frames.hpp>

namespace hush::io {

/// Which images of `Frames` are shown: the noisy ones, or the estimates of the clean ones (the
/// frame before the first step has none).
enum class Shown { noisy, clean };

namespace detail {

inline const Images<float>& images_of(const Frames::Frame& frame, Shown shown) {
  return shown == Shown::noisy ? frame.x : frame.x0;
}
/// How many images every frame has: a run that was ended has fewer in its later frames.
inline std::int64_t images_in_each(const Frames& frames, Shown shown) {
  std::int64_t least = frames.most;
  for (const Frames::Frame& frame : frames.frames)
    if (const auto count = images_of(frame, shown).count; count > 0) least = std::min(least, count);
  return least;
}

}  // namespace detail

/// An animation of a run for `write_gif`: one image a frame, in which those of the frame stand side by side on white,
/// [frames, H', W', C]. Empty where there is no frame. Images that not all frames have (the run was ended) are left
/// out.
inline Images<float> film(const Frames& frames, const Tiling& tiling = {.gap = 1}, Shown shown = Shown::noisy) {
  Images<float> film;
  const std::int64_t count = detail::images_in_each(frames, shown);
  for (const Frames::Frame& frame : frames.frames) {
    Images<float> images = detail::images_of(frame, shown);
    if (images.count == 0) continue;
    images.pixels.resize(std::size_t(count * images.stride()));
    images.count = count;
    const Images<float> tiled = tile(images, tiling, 1.f);
    film.height = tiled.height;
    film.width = tiled.width;
    film.channels = tiled.channels;
    ++film.count;
    film.pixels.insert(film.pixels.end(), tiled.pixels.begin(), tiled.pixels.end());
  }
  return film;
}

/// The trajectory of each image: its frames one after the other, then those of the next, [images * frames, H, W, C].
/// `write_grid` with as many columns as there are frames shows a row an image. Ended runs as in `film`.
inline Images<float> ways(const Frames& frames, Shown shown = Shown::noisy) {
  Images<float> ways;
  const std::int64_t count = detail::images_in_each(frames, shown);
  for (std::int64_t i = 0; i < count; ++i)
    for (const Frames::Frame& frame : frames.frames) {
      const Images<float>& images = detail::images_of(frame, shown);
      if (images.count == 0) continue;
      ways.height = images.height;
      ways.width = images.width;
      ways.channels = images.channels;
      ++ways.count;
      ways.pixels.insert(ways.pixels.end(), images[i].begin(), images[i].end());
    }
  return ways;
}

}  // namespace hush::io
