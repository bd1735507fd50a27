#pragma once
#include <cmath>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <hush/core.hpp>

#include <hush/diffusers/process.hpp>
#include <hush/io/json.hpp>

// What the programs tools/make_diffusers_*_goldens.py do with a scheduler and a network of diffusers: ten steps from a
// start and with noise that are waves, and a few numbers of the pictures that come out.
namespace ten_steps {

using namespace hush;

/// size * sin(step * i + phase) over two pictures [2, 8, 8, 3], i counted as PyTorch counts (NCHW).
inline void waves(std::span<float> values, double size, double step, double phase) {
  std::size_t at = 0;
  for (int n = 0; n < 2; ++n)
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 8; ++x)
        for (int c = 0; c < 3; ++c)
          values[at++] = float(size * std::sin(step * (((n * 3 + c) * 8 + y) * 8 + x) + phase));
}

/// Whether diffusers scales images by 1 / signal in the class that a process and a sampler are.
template <class P, class S>
constexpr bool scales_by_signal = std::is_same_v<P, diffusers::BetaProcess> &&
                                  (std::is_same_v<S, Euler> || std::is_same_v<S, EulerAncestral> ||
                                   std::is_same_v<S, Lms> || std::is_same_v<S, Heun> || std::is_same_v<S, Dpm2> ||
                                   std::is_same_v<S, Dpm2Ancestral>);

/// The pictures of ten steps, as diffusers scales them; `start` is its init_noise_sigma.
template <class P, class S, class Net>
Images<float> pictures(const P& process, const S& sampler, SampleOptions<typename Net::backend> options, const Net& net,
                       double start) {
  options.steps = 10;
  options.count = 2;
  constexpr bool scaled = scales_by_signal<P, S>;
  const double first = options.grid(process.schedule, 10).front();
  Images<float> latents{2, 8, 8, 3};
  waves(latents.pixels, 1.2 * start * (scaled ? process.schedule(first).signal : 1), .3, .5);
  options.start = FromLatents{latents};
  options.noise = [k = 0](std::span<float> values, const Shape&) mutable { waves(values, 1.3, .7, k++); };
  Images<float> images = sample(process, net, sampler, options);
  const double last = process.schedule(clean_time(process.schedule)).signal;
  if (scaled)
    for (float& v : images.pixels) v = float(v / last);
  return images;
}

/// Compares two pictures with a row of the goldens: their sum of magnitudes, and the elements 0, 1, 2 and the last one
/// of their NCHW, relative to the mean magnitude.
inline void check_pictures(const Images<float>& images, const io::Json& row, double tolerance) {
  const double sum = row.at("abs"), size = sum / double(images.pixels.size());
  double found = 0;
  for (const float v : images.pixels) found += std::abs(double(v));
  CHECK(std::abs(found - sum) < tolerance * sum);
  const auto at = [&](int y, int x, int c) { return double(images.pixels[std::size_t((y * 8 + x) * 3 + c)]); };
  const double elements[] = {at(0, 0, 0), at(0, 1, 0), at(0, 2, 0), at(15, 7, 2)};
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(elements[i] - row.at("at")[i].get<double>()) < tolerance * size);
}

}  // namespace ten_steps
