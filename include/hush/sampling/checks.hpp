#pragma once
#include <variant>

#include <hush/check.hpp>
#include <hush/images.hpp>
#include <hush/sampler.hpp>
#include <hush/sampling/options.hpp>
#include <hush/schedule.hpp>
#include <hush/warning.hpp>
#include <hush/weighting.hpp>

namespace hush {

/// Looks at the level where a run starts from pure noise: what it still has of the image is missing there. Throws
/// std::invalid_argument where that is more than half (signal-to-noise ratio 1 or more) though the schedule has a level
/// of a tenth of it: such a run makes no images. Warns once of a ratio above 1e-2: pictures lack what the network
/// expects there, mostly in brightness (Lin et al. 2024).
inline void check_noisy(const AnySchedule& schedule, Level first) {
  const double snr = signal_to_noise(first);
  if (!(snr > 1e-2)) return;
  const Level noisiest = schedule(schedule.clean() + (schedule.steps() > 0 ? schedule.steps() : 1));
  check(!(snr >= 1 && signal_to_noise(noisiest) < snr / 10), "sample", "the run starts from pure noise at time ",
        first.time, ", where the schedule has more image than noise (signal-to-noise ratio ", snr,
        "); begin at its noisiest level, time ", noisiest.time,
        " (.grid = Trailing{}), or give it what it is to start from, .start = FromImages{...} or FromLatents{...}");
  warn_once("signal at the start", snr, [&] {
    return to_text("[sample] the run starts from pure noise at time ", first.time,
                   ", where the schedule still has a signal-to-noise ratio of ", snr,
                   ": the network has never seen so little signal there. Use a schedule that ends in more noise, or a "
                   "grid that begins with its noisiest level (Trailing).");
  });
}

namespace detail {

/// Whether a run depends on the estimates of x0: on a number, it ends elsewhere with others of them.
template <Sampler S>
bool looks_at_x0(const S& sampler, Trajectory trajectory) {
  const auto end = [&](double x0) {
    double x = 1;
    MemoryOf<S, double> memory{};
    const auto denoise = [&](const double&, Level) {
      if constexpr (wants_variance<S>)
        return DenoisedWithVariance<double>{x0, .5, .5};
      else
        return Denoised<double>{x0, .5};
    };
    const auto noise = [] { return .25; };
    for (trajectory.step = 0; trajectory.step < trajectory.steps(); ++trajectory.step)
      x = advance(sampler, denoise, x, trajectory, noise, memory);
    return x;
  };
  return end(0) != end(1);
}

/// Throws std::invalid_argument for options that say what becomes of x0 where the sampler never looks at it.
template <Sampler S, Backend B>
void check_cuts(const S& sampler, const Trajectory& trajectory, const SampleOptions<B>& options) {
  const bool starts = std::holds_alternative<FromImages>(options.start);  // of which clip says the range
  const bool clips = options.clip != 0 && options.clip != 1 && !starts;
  if ((!options.threshold && !clips) || looks_at_x0(sampler, trajectory)) return;
  check(false, "sample", options.threshold ? ".threshold" : to_text(".clip = ", options.clip),
        " has nothing to act on: this sampler steps along the predicted noise alone; leave it out, or take a sampler "
        "that uses x0");
}

/// Throws std::invalid_argument where a run cannot begin at its first level: images of other extents than the
/// `pictures` to be made, latents of others than the network's `size`, or noise where there is none.
template <Backend B>
void check_start(const AnySchedule& schedule, Level first, const ImageSize& pictures, ImageSize size,
                 const SampleOptions<B>& options) {
  if (const Images<float>* from = given_start(options.start).images) {
    const ImageSize given{from->height, from->width, from->channels};
    if (std::holds_alternative<FromImages>(options.start)) size = pictures;
    check(from->count == options.count && given == size, "sample", "starts from ", from->count, " images of ", given,
          ", wants ", options.count, " of ", size);
    return;
  }
  check(first.noise > 0, "sample", "the run starts at time ", first.time,
        ", where there is no noise; to begin there give it images, .start = FromImages{...}");
  if (std::holds_alternative<FromNoise>(options.start)) check_noisy(schedule, first);
}

}  // namespace detail
}  // namespace hush
