#pragma once
#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <variant>
#include <vector>

#include <hush/kernels/capabilities.hpp>
#include <hush/nn/compute_copies.hpp>
#include <hush/sampling/recorded_sampling.hpp>
#include <hush/sampling/sampling.hpp>
#include <hush/sampling/trajectory.hpp>
#include <hush/tensor/named_range.hpp>
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

/// A network, or the averaged one of what `train` returned.
template <class Net>
const auto& network_of(const Net& net) {
  if constexpr (requires { net.averaged; })
    return net.averaged;
  else
    return net;
}
template <class Net>
using BackendOf = typename std::remove_cvref_t<decltype(network_of(std::declval<const Net&>()))>::backend;

/// Whether a run depends on the estimates of x0: on a number, it ends elsewhere with others of them.
template <Sampler S>
bool looks_at_x0(const S& sampler, Trajectory trajectory) {
  const auto end = [&](double x0) {
    double x = 1;
    MemoryOf<S, double> memory{};
    const auto look = [&](const double&, Level) { return Denoised<double>{x0, .5}; };
    const auto noise = [] { return .25; };
    for (trajectory.step = 0; trajectory.step < trajectory.steps(); ++trajectory.step)
      x = advance(sampler, look, x, trajectory, noise, memory);
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

template <class Proc, class Net, class S, class B>
Images<float> run_sampling(const Proc& process, const Net& net, const S& sampler, const typename Proc::Given& given,
                           const SampleOptions<B>& asked) {
  if constexpr (HasHostKernels<typename B::full>) warn_of_slow_kernels();
  check_options(asked);
  SampleOptions<B> options = asked;
  bool ended = false;
  if (asked.each_step) options.each_step = [&](const Step<B>& step) { return !(ended = !asked.each_step(step)); };
  check_ports("sample", net.ports(), process.ports());
  process.conditioning.fits(given, options.count, net.image());
  const std::vector<double> times = step_times(AnySchedule(process.schedule), options);
  const Trajectory way = trajectory(process.schedule, sampler, times);
  check_cuts(sampler, way, options);
  const ImageSize size = net.image();
  if (const Images<float>* from = given_start(options.start).images) {
    const ImageSize given_size{from->height, from->width, from->channels};
    check(from->count == options.count && given_size == size, "sample", "starts from ", from->count, " images of ",
          given_size, ", wants ", options.count, " of ", size);
  } else {
    check(way.levels.front().noise > 0, "sample", "the run starts at time ", way.levels.front().time,
          ", where there is no noise; to begin there give it images, .start = FromImages{...}");
    if (std::holds_alternative<FromNoise>(options.start)) check_noisy(process.schedule, way.levels.front());
  }

  const NamedRange<B> range(net.on(), "hush sample");
  Images<float> images(options.count, size.height, size.width, size.channels);
  Plan plan;
  if constexpr (is_linear<S>)
    if (options.execution == Execution::planned) plan = trace(sampler, way);
  const ComputeCopies<B> compute_copies(net);
  using Recorded = std::conditional_t<HasGraphs<typename B::full>, RecordedSampling<Proc, Net>, std::nullptr_t>;
  [[maybe_unused]] std::unique_ptr<Recorded> recorded;
  for (std::int64_t first = 0; first < options.count && !ended; first += options.batch) {
    const std::int64_t count = std::min(options.batch, options.count - first);
    std::vector<std::uint32_t> numbers;
    for (std::int64_t i = 0; i < count; ++i) numbers.push_back(std::uint32_t(options.first_image + first + i));
    const NoiseKey key{.seed = options.seed, .images = numbers};
    const auto condition = process.conditioning.prepare(net.on(), given, Rows{first, count}, key);
    Sampling<Proc, Net> sampling(process, net, condition, options, way, first, count);
    const auto run = [&] {
      if (plan.rows.empty()) return sampling.run_eagerly(sampler);
      if constexpr (HasGraphs<typename B::full>) {
        constexpr bool noisy = detail::puts_back_noisy<std::remove_cvref_t<decltype(process.conditioning)>>;
        if (!noisy && is_recordable(plan) && !options.noise) {
          if (!recorded || recorded->count() != count || !std::is_empty_v<decltype(condition)>)
            recorded = std::make_unique<Recorded>(process, net, condition, options, plan, way.levels, count);
          return recorded->run(sampling.start(), options.first_image + first);
        }
      }
      return sampling.run_planned(plan);
    };
    const auto x = run();
    const std::vector<float> pixels = download<float>(x);
    check_finite(pixels);
    std::copy(pixels.begin(), pixels.end(), images.pixels.begin() + first * images.stride());
    if (ended) images.count = first + count;
  }
  images.pixels.resize(std::size_t(images.count * images.stride()));
  return images;
}

}  // namespace detail

/// Makes `options.count` images, [count, H, W, C] on the host: starts from noise at the first time of the grid and
/// takes the sampler's steps down to the clean level. `given` holds the conditions of all images; `net` may be what
/// `train` returned: its averaged weights are taken. An observer that ends
/// the run gets its batch as it is; later ones are left out. Throws std::invalid_argument for options that make no
/// sense, NonFiniteSample when the network gives NaN.
template <class Proc, class Net, class S>
Images<float> sample(const Proc& process, const Net& net, const S& sampler, const typename Proc::Given& given,
                     const SampleOptions<detail::BackendOf<Net>>& options) {
  using Network = std::remove_cvref_t<decltype(detail::network_of(net))>;
  static_assert(Sampler<S>,
                "sample: not a Sampler. Write: template <class X> X step(auto&& denoise, const X& x, Level from, Level "
                "to, auto&& noise) const, if it likes with Memory<X>& and then const Trajectory& behind");
  static_assert(
      Backbone<Network>,
      "sample: not a Backbone. Write: template <Value V> V operator()(const Input<V>&) const, ImageSize image() "
      "const, Ports ports() const, B on() const, static void visit(auto& self, auto&& f)");
  if constexpr (Sampler<S> && Backbone<Network>)
    return detail::run_sampling(process, detail::network_of(net), sampler, given, options);
}

/// The same for a process without conditions.
template <class Proc, class Net, class S>
Images<float> sample(const Proc& process, const Net& net, const S& sampler,
                     const SampleOptions<detail::BackendOf<Net>>& options = {}) {
  constexpr bool unconditional = std::same_as<typename Proc::Given, Nothing>;
  static_assert(unconditional,
                "sample: the process has a condition, and none is given. Write: sample(process, net, sampler, given, "
                "{.steps = 50}), where given is what its conditioning wants for all images");
  if constexpr (unconditional) return sample(process, net, sampler, Nothing{}, options);
}

}  // namespace hush
