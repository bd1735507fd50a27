#pragma once
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <hush/nn/compute_copies.hpp>
#include <hush/sampling/checks.hpp>
#include <hush/sampling/eager.hpp>
#include <hush/sampling/runner.hpp>
#include <hush/sampling/trace.hpp>
#include <hush/sampling/trajectory.hpp>
#include <hush/tensor/named_range.hpp>

namespace hush {
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

/// Makes the images of one run, batch by batch.
template <class Proc, class Net, class S>
class SamplingJob {
 public:
  using B = typename Net::backend;
  using F = typename B::full;

  SamplingJob(const Proc& process, const Net& net, const S& sampler, const SampleOptions<B>& options,
              const Trajectory& trajectory)
      : process_(process), net_(net), sampler_(sampler), options_(options), trajectory_(trajectory) {
    if constexpr (is_linear<S>)
      if (options.execution == Execution::planned)
        program_.emplace(process, net, options, trace(sampler, trajectory), trajectory.levels);
  }

  /// Images first to first + count - 1.
  Tensor<F> batch(std::int64_t first, std::int64_t count, const typename Proc::Given& given,
                  StepObservers<B>& observers) {
    std::vector<std::uint32_t> numbers;
    for (std::int64_t i = 0; i < count; ++i) numbers.push_back(std::uint32_t(options_.first_image + first + i));
    const NoiseKey key{.seed = options_.seed, .split = NoiseKey::sampling, .images = numbers};
    const auto condition = process_.conditioning.prepare(net_.on(), given, Rows{first, count}, key);
    const ImageSize size = net_.image();
    const SamplingBatch<B> batch(net_.on().in_full(), {count, size.height, size.width, size.channels}, options_, first);
    Tensor<F> x =
        batch.start(trajectory_.levels.front(), [&](const Tensor<F>& images) { return to_x0(process_, images); });
    batch.put_back(process_.conditioning, condition, trajectory_.levels, 0, x);
    const auto made = [&]() -> Tensor<F> {
      if (!program_)
        return EagerRun<Proc, Net>(process_, net_, options_, trajectory_, batch, condition).run(sampler_, x, observers);
      if (!runner_ || !runner_->fits(count))
        runner_.emplace(process_, net_, options_, *program_, trajectory_.levels, count, condition);
      return runner_->run(x, condition, batch, observers);
    };
    return to_images(process_, net_.on(), made(), condition);
  }

 private:
  const Proc& process_;
  const Net& net_;
  const S& sampler_;
  const SampleOptions<B>& options_;
  const Trajectory& trajectory_;
  std::optional<Program<B>> program_;
  std::optional<Runner<Proc, Net>> runner_;
};

/// The options of a run. Nothing is known of the range of latents: what is said of images, `clip` of 1, is nothing
/// there.
template <class Proc, class B>
decltype(auto) options_of_run(const SampleOptions<B>& options) {
  if constexpr (HasLatents<Proc>) {
    SampleOptions<B> own = options;
    if (own.clip == 1) own.clip = 0;
    return own;
  } else {
    return (options);
  }
}
/// ComputeCopies of an autoencoder, where a process has one.
template <class B, class Proc>
auto copies_of_autoencoder([[maybe_unused]] const Proc& process) {
  if constexpr (HasLatents<Proc>)
    return ComputeCopies<B>(process.autoencoder());
  else
    return std::monostate();
}

template <class Proc, class Net, class S, class B, class... Observers>
Images<float> run_sampling(const Proc& process, const Net& net, const S& sampler, const typename Proc::Given& given,
                           const SampleOptions<B>& asked, Observers&... observers) {
  if constexpr (HasHostKernels<typename B::full>) warn_of_slow_kernels();
  check_options(asked);
  const SampleOptions<B>& options = options_of_run<Proc>(asked);
  check_ports("sample", net.ports(), process.ports());
  const ImageSize size = picture_size("sample", process, net);
  process.conditioning.fits(given, options.count, size);
  const AnySchedule schedule(process.schedule);
  const Trajectory path = trajectory(process.schedule, sampler, step_times(schedule, options));
  check_cuts(sampler, path, options);
  check_start(schedule, path.levels.front(), size, net.image(), options);

  const NamedRange<B> range(net.on(), "hush sample");
  const ComputeCopies<B> compute_copies(net);
  [[maybe_unused]] const auto more_copies = copies_of_autoencoder<B>(process);
  SamplingJob<Proc, Net, S> job(process, net, sampler, options, path);
  const SamplingRun run{path.steps(), options.count, options.batch};
  StepObservers<B> watching(run, observers...);
  Images<float> images(0, size.height, size.width, size.channels);
  for (std::int64_t first = 0; first < options.count && watching.goes_on(); first += options.batch) {
    images.count = std::min(first + options.batch, options.count);
    const std::vector<float> pixels = download<float>(job.batch(first, images.count - first, given, watching));
    check_finite(pixels);
    images.pixels.insert(images.pixels.end(), pixels.begin(), pixels.end());
  }
  watching.finish(run, observers...);
  return images;
}

}  // namespace detail

/// Makes `options.count` images, [count, H, W, C] on the host: starts from noise at the first time of the grid and
/// takes the sampler's steps down to the clean level. `given` holds the conditions of all images; `net` may be what
/// `train` returned: its averaged weights are taken. Each observer has whichever it wants of
///   start(SamplingRun), step(Step), finish(SamplingRun), and `every`, the steps between two calls of `step`,
/// or it is a function of a Step. One whose `step` gives false ends the run, which then has its batch as it is, and no
/// later ones. The weights stay as they are until it returns. Throws std::invalid_argument for options that make no
/// sense, NonFiniteSample when the network gives NaN.
template <class Proc, class Net, class S, class... Observers>
Images<float> sample(const Proc& process, const Net& net, const S& sampler, const typename Proc::Given& given,
                     const SampleOptions<detail::BackendOf<Net>>& options, Observers&&... observers) {
  using Network = std::remove_cvref_t<decltype(detail::network_of(net))>;
  static_assert(Sampler<S>,
                "sample: not a Sampler. Write: template <class X> X step(auto&& denoise, const X& x, Level from, Level "
                "to, auto&& noise) const, if it likes with Memory<X>& and then const Trajectory& behind");
  static_assert(
      Backbone<Network>,
      "sample: not a Backbone. Write: template <Value V> V operator()(const Input<V>&) const, ImageSize image() "
      "const, Ports ports() const, B on() const, static void visit(auto& self, auto&& f)");
  using StepOf = typename detail::StepObservers<detail::BackendOf<Net>>::StepOf;
  constexpr bool observed = (detail::observes<std::remove_reference_t<Observers>, const SamplingRun, StepOf> && ...);
  static_assert(observed,
                "sample: not an observer. Write any of start(const SamplingRun&), bool step(const auto& step), "
                "finish(const SamplingRun&), or a function of a Step");
  if constexpr (Sampler<S> && Backbone<Network> && observed)
    return detail::run_sampling(process, detail::network_of(net), sampler, given, options, observers...);
}

/// The same for a process without conditions.
template <class Proc, class Net, class S, class... Observers>
Images<float> sample(const Proc& process, const Net& net, const S& sampler,
                     const SampleOptions<detail::BackendOf<Net>>& options = {}, Observers&&... observers) {
  constexpr bool unconditional = std::same_as<typename Proc::Given, Nothing>;
  static_assert(unconditional,
                "sample: the process has a condition, and none is given. Write: sample(process, net, sampler, given, "
                "{.steps = 50}), where given is what its conditioning wants for all images");
  if constexpr (unconditional) return sample(process, net, sampler, Nothing{}, options, observers...);
}

}  // namespace hush
