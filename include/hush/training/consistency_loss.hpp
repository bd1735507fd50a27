#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/autograd/tape.hpp>
#include <hush/nn/walk.hpp>
#include <hush/ops/pseudo_huber.hpp>
#include <hush/process.hpp>
#include <hush/random/noise_key.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>
#include <hush/schedules/shared/inverse.hpp>
#include <hush/training/checked_examples.hpp>
#include <hush/training/loss_pass.hpp>
#include <hush/training/noised_batch.hpp>
#include <hush/training/trainer.hpp>

namespace hush {

/// How consistency training draws and weighs, in the numbers of Song and Dhariwal 2024, table 1. sigma = noise /
/// signal.
struct ConsistencyLossOptions {
  std::int64_t steps = 0;                         // of the whole training, K: must be given
  std::int64_t fewest = 10, most = 1280;          // intervals between noise levels, s_0 and s_1
  double smallest = .002, largest = 80, rho = 7;  // of the levels, sigma_min and sigma_max
  double mean = -1.1, deviation = 2;              // of ln(sigma) of the levels that are drawn, P_mean and P_std
  double c = 0;                                   // of the pseudo-Huber loss; 0: .00054 sqrt(numbers of an image)
  PixelRange pixel_range{};                       // of the data

  static constexpr void fields(auto& self, auto&& f) {
    f("steps", self.steps), f("fewest", self.fewest), f("most", self.most), f("smallest", self.smallest),
        f("largest", self.largest), f("rho", self.rho), f("mean", self.mean), f("deviation", self.deviation),
        f("c", self.c), f("pixel_range", self.pixel_range);
  }
  static constexpr std::array<std::string_view, 1> aside{"pixel_range"};  // changes no result
  friend constexpr bool operator==(const ConsistencyLossOptions&, const ConsistencyLossOptions&) = default;

  /// Throws std::invalid_argument, with the option's name, for one that makes no sense.
  void validate() const {
    check(steps >= 1, "ConsistencyLoss", "steps must be those of the whole training, at least 1, is ", steps);
    check(1 <= fewest && fewest <= most, "ConsistencyLoss", "wants 1 <= fewest <= most, got ", fewest, " and ", most);
    check_sigmas("ConsistencyLoss", smallest, largest);
    check(rho > 0 && std::isfinite(rho), "ConsistencyLoss", "rho must be more than 0 and finite, is ", rho);
    check(std::isfinite(mean) && deviation > 0 && std::isfinite(deviation), "ConsistencyLoss",
          "mean and deviation must be finite, deviation more than 0; they are ", mean, " and ", deviation);
    check(c >= 0 && std::isfinite(c), "ConsistencyLoss", "c must be 0 or more and finite, is ", c);
    check(pixel_range.low < pixel_range.high, "ConsistencyLoss", "pixel_range must go up, is ", pixel_range);
  }
  /// The number of intervals in step k, counted from 0: `fewest`, doubled each time after an equal part of the
  /// training, no more than `most`; N(k) - 1 of section 3.4.
  std::int64_t intervals(std::int64_t k) const {
    const double doublings = std::log2(std::floor(double(most) / double(fewest)));
    const auto part = std::max<std::int64_t>(1, std::int64_t(std::floor(double(steps) / (doublings + 1))));
    const double grown = double(fewest) * std::exp2(double(std::min<std::int64_t>(k / part, 62)));
    return std::int64_t(std::fmin(grown, double(most)));
  }
  /// The noise levels 0 (the smallest) to n of n intervals (section 2, from Karras et al. 2022, eq. 5).
  double sigma(std::int64_t i, std::int64_t n) const {
    return karras_sigma(smallest, largest, rho, double(i) / double(n));
  }
  /// The interval of n, from 0, that a uniform number in [0, 1) draws: the one in which a log-normal sigma between
  /// `smallest` and `largest` falls (section 3.5).
  std::int64_t drawn(double uniform, std::int64_t n) const {
    const auto below = [&](double sigma) {
      return std::erf((std::log(sigma) - mean) / (std::numbers::sqrt2 * deviation));
    };
    const double first = below(smallest), wanted = first + uniform * (below(largest) - first);
    std::int64_t low = 0, high = n;  // the level at `low` is not above what is wanted, that at `high` is
    while (high - low > 1) {
      const std::int64_t middle = low + (high - low) / 2;
      (below(sigma(middle, n)) > wanted ? high : low) = middle;
    }
    return low;
  }
};

/// Improved consistency training (Song and Dhariwal 2024) as the loss of a `Trainer`: the network's image of a noisy
/// picture is to be the one that the same weights, held constant, make of the picture with the same noise at the next
/// lower level. Pseudo-Huber loss, weight 1 / (difference of both sigmas), levels that grow in number with the step,
/// the same dropout on both sides. The parameterization must be the identity at `smallest`: ConsistencyPreconditioning.
/// Process and network must outlive it.
template <class Proc, class Net>
class ConsistencyLoss {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using Given = typename Proc::Given;
  static_assert(!LearnsVariance<std::remove_cvref_t<decltype(Proc::parameterization)>>,
                "ConsistencyLoss: learns images alone; a learned variance has no loss here");

  /// Throws std::invalid_argument for options that make no sense, and where process and network do not fit.
  ConsistencyLoss(const Proc& process_, const Net& net_, ConsistencyLossOptions options_)
      : process(process_), net(net_), options(options_) {
    options.validate();
    check_ports("ConsistencyLoss", net.ports(), process.ports());
    const Level first = level(options.smallest);
    const Scalings s = process.parameterization(first);
    check(std::abs(s.skip * first.signal - 1) < 1e-6 && std::abs(s.out) < 1e-6, "ConsistencyLoss",
          "the parameterization is not the identity at sigma ", options.smallest, ", where c_skip is ", s.skip,
          " and c_out ", s.out, "; take ConsistencyPreconditioning with this smallest");
    drawn_level(options.largest);
  }

  /// Adds the gradients of a batch to those of the network's parameters, and gives the loss.
  Tensor<B, typename B::master> operator()(const BatchPart<F, Given>& batch, const NoiseKey& key) const {
    const Tensor<F> x0 = detail::to_x0(process, batch.images);
    const Tensor<F> eps = normal_images(x0.on(), x0.shape(), key, "noise");
    const auto condition = process.conditioning.prepare(net.on(), batch.given, batch.rows, key);
    const Pair pair = drawn_pair(key);
    const Tensor<F> image = taught(noised(x0, eps, pair.lower), pair.lower, condition, key);
    const Tensor<F> noisy = noised(x0, eps, pair.upper);
    Tape<B> tape(key);
    const Var<B> prediction = process.predict(net, tape, noisy, pair.upper, condition);
    const Tensor<F> hole = detail::hole_of(process.conditioning, net.on(), condition);
    PseudoHuberTarget<B> wanted = target(image, noisy, pair);
    wanted.target = detail::counted_target(hole, wanted.target, prediction.value());
    Loss<B> loss = pseudo_huber_loss(prediction.value(), wanted, batch.share);
    tape.backward(prediction, std::move(loss.gradient));
    return loss.value;
  }
  /// What the items of a data set must be.
  WantedExamples wanted() const {
    return {detail::picture_size("ConsistencyLoss", process, net), options.pixel_range, "item"};
  }

  const Proc& process;
  const Net& net;
  ConsistencyLossOptions options;

 private:
  /// Neighbouring levels, a pair for each image, and the weights of their losses.
  struct Pair {
    std::vector<Level> lower, upper;
    std::vector<double> weights;
  };

  Level level(double sigma) const {
    const AnySchedule schedule(process.schedule);
    return schedule(time_of_sigma(schedule, sigma));
  }
  /// Throws std::invalid_argument where the network cannot be told of the level.
  Level drawn_level(double sigma) const { return detail::drawn_level(process, level(sigma).time); }
  Pair drawn_pair(const NoiseKey& key) const {
    const std::int64_t n = options.intervals(key.step);
    Pair pair;
    for (std::size_t i = 0; i < key.images.size(); ++i) {
      Uniform uniform{key.stream("level", i), 0, 0, 1};
      const std::int64_t at = options.drawn(uniform(), n);
      const double lower = options.sigma(at, n), upper = options.sigma(at + 1, n);
      pair.lower.push_back(level(lower));
      pair.upper.push_back(drawn_level(upper));
      pair.weights.push_back(1 / (upper - lower));
    }
    return pair;
  }
  static Tensor<F> noised(const Tensor<F>& x0, const Tensor<F>& eps, const std::vector<Level>& levels) {
    std::vector<double> signal, noise;
    for (const Level& at : levels) {
      signal.push_back(at.signal);
      noise.push_back(at.noise);
    }
    return blended_images<F>(signal, x0, noise, eps);
  }
  /// f(x, lower): the network on a tape of its own, for the dropout of the step, which keeps nothing.
  Tensor<F> taught(const Tensor<F>& x, const std::vector<Level>& levels, const auto& condition,
                   const NoiseKey& key) const {
    Tape<B> tape(key);
    keep_constant(tape, net);
    const Tensor<F> said = cast(x.on(), process.predict(net, tape, x, levels, condition).value());
    std::vector<double> skip, out;
    for (const Level& at : levels) {
      const Scalings s = process.parameterization(at);
      skip.push_back(s.skip);
      out.push_back(s.out);
    }
    return blended_images<F>(skip, x, out, said);
  }
  /// |skip x + out F - image| = out |F - (image - skip x) / out|.
  PseudoHuberTarget<B> target(const Tensor<F>& image, const Tensor<F>& x, const Pair& pair) const {
    std::vector<double> of_image, of_x, scales;
    for (const Level& at : pair.upper) {
      const Scalings s = process.parameterization(at);
      of_image.push_back(1 / s.out);
      of_x.push_back(-s.skip / s.out);
      scales.push_back(s.out * s.out);
    }
    const auto uploaded = [&](const std::vector<double>& numbers) {
      return upload(x.on(), {std::int64_t(numbers.size())}, std::span<const double>(numbers));
    };
    const double numbers = double(x.size()) / double(x.shape()[0]);
    return {blended_images<F>(of_image, image, of_x, x), uploaded(scales), uploaded(pair.weights),
            options.c > 0 ? options.c : .00054 * std::sqrt(numbers)};
  }
};
template <class Proc, class Net>
ConsistencyLoss(const Proc&, const Net&, ConsistencyLossOptions) -> ConsistencyLoss<Proc, Net>;

/// A consistency training in progress, for `train(trainer, observers...)`. Where the options of the loss name no steps,
/// they are those of the trainer. Throws std::invalid_argument for options that make no sense, and where process,
/// network and data do not fit. All four that it is given must outlive it.
template <class Proc, class Net, class Opt, class Data>
Trainer<Net, Opt, Data, ConsistencyLoss<Proc, Net>> start_consistency_training(const Proc& process, Net& net,
                                                                               const Opt& optimizer, const Data& data,
                                                                               const TrainerOptions& options,
                                                                               ConsistencyLossOptions of_loss = {}) {
  auto loss = on_all_ranks(options.communicator, [&] {
    options.validate(data.size());
    if (of_loss.steps == 0) of_loss.steps = options.total_steps(data.size());
    ConsistencyLoss<Proc, Net> made(process, net, of_loss);
    const std::int64_t item = 0;
    checked_examples(process.conditioning, data, {&item, 1}, 0, made.wanted());
    return made;
  });
  const CheckedReading read(process.conditioning, data, loss.wanted());
  return {net, optimizer, data, std::move(loss), options, read};
}

}  // namespace hush
