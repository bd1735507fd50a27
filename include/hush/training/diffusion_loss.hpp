#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

#include <hush/level_distributions/discrete_uniform.hpp>
#include <hush/ops/mse.hpp>
#include <hush/process.hpp>
#include <hush/random/noise_key.hpp>
#include <hush/training/checked_examples.hpp>
#include <hush/training/dataset.hpp>
#include <hush/training/hybrid_numbers.hpp>
#include <hush/training/loss_pass.hpp>
#include <hush/training/noised_batch.hpp>
#include <hush/training/trainer.hpp>

namespace hush {

/// How the loss of diffusion draws, weighs and checks.
template <class Data>
struct DiffusionLossOptions {
  AnyLevelDistribution level_distribution = DiscreteUniform{};
  AnyWeighting weighting = nullptr;     // factor on the squared error at a level; empty: 1
  std::int64_t batch = 64;              // images of a step: what a level distribution may spread over
  bool record = false;                  // on a GPU: the step's forward and backward pass as a graph (no dropout then)
  PixelRange pixel_range{};             // of the data
  KeptElsewhere<Data> validation = {};  // its loss is always taken with the same noise
  std::uint64_t seed = 0;               // of that noise

  static constexpr void fields(auto& self, auto&& f) {
    f("level_distribution", self.level_distribution), f("weighting", self.weighting), f("batch", self.batch),
        f("record", self.record), f("pixel_range", self.pixel_range), f("validation", self.validation),
        f("seed", self.seed);
  }
  // change no result
  static constexpr std::array<std::string_view, 3> aside{"record", "pixel_range", "validation"};
};

/// The loss of diffusion (Ho et al. 2020, eq. 14): the mean squared error of the network's prediction, weighted by
/// level; for a parameterization with a learned variance the hybrid loss (Nichol and Dhariwal 2021, eq. 16), whose
/// bound is not weighted. Process, network and validation set must outlive it.
template <class Proc, class Net, class Data>
class DiffusionLoss {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using Given = typename Proc::Given;
  static constexpr bool learns_variance = LearnsVariance<std::remove_cvref_t<decltype(Proc::parameterization)>>;
  static_assert(!learns_variance || !KnowsPixels<std::remove_cvref_t<decltype(Proc::conditioning)>, B>,
                "train: a learned variance is that of all pixels; this conditioning knows some");

  /// Throws std::invalid_argument where network, process and data do not fit.
  DiffusionLoss(const Proc& process_, const Net& net_, const Data& data, DiffusionLossOptions<Data> options_)
      : process(process_), net(net_), options(std::move(options_)), pass_(net_, options.record) {
    check(bool(options.level_distribution), "train", "level_distribution must not be empty");
    check(options.pixel_range.low < options.pixel_range.high, "train", "pixel_range must go up, is ",
          options.pixel_range);
    check_ports("train", net.ports(), process.ports());
    const std::int64_t item = 0;
    checked_examples(process.conditioning, data, {&item, 1}, 0, wanted());
    if (options.validation && options.validation->size() > 0)
      checked_examples(process.conditioning, *options.validation, {&item, 1}, 0, wanted("validation item"));
    detail::check_noisiest_level(process);
    if constexpr (learns_variance) detail::check_has_bound(process.schedule);
    // A distribution that does not fit the schedule says so here.
    Uniform uniform{NoiseKey{.seed = options.seed}.stream("level"), 0, 0, std::uint32_t(options.batch)};
    detail::drawn_level(process, options.level_distribution(process.schedule, uniform));
  }

  /// Adds the gradients of a batch to those of the network's parameters, and gives the error.
  Tensor<B, typename B::master> operator()(const BatchPart<F, Given>& batch, const NoiseKey& key) {
    detail::LossInputs<B> inputs = pair(batch.images, batch.given, batch.rows, key);
    inputs.share = batch.share;
    return pass_(inputs, key);
  }
  /// The mean loss over the validation set, item i always at the same level and with the same noise.
  ValidationLoss validation() const {
    if (!options.validation || options.validation->size() == 0) return {};
    const Data& set = *options.validation;
    double sum = 0, asked = 0;
    for (std::int64_t first = 0; first < set.size(); first += options.batch) {
      std::vector<std::int64_t> items;
      for (std::int64_t i = first; i < std::min(first + options.batch, set.size()); ++i) items.push_back(i);
      const std::vector<std::uint32_t> images(items.begin(), items.end());
      const auto examples = checked_examples(process.conditioning, set, items, 0, wanted("validation item"));
      const detail::LossInputs<B> inputs =
          pair(upload(net.on().in_full(), examples.images), examples.given, {0, std::int64_t(items.size())},
               {options.seed, 0, NoiseKey::validation, images});
      sum += download<double>(detail::loss_of(inputs, net(inputs.input)).value)[0] * double(items.size());
      for (const double unknown : download<double>(inputs.hole)) asked += unknown;
    }
    const double mean = sum / double(set.size());
    const double pixels = double(set.size() * net.image().height * net.image().width);
    return {mean, asked > 0 ? mean * (pixels / asked) : ValidationLoss{}.hole};
  }
  /// What the items of a data set must be.
  WantedExamples wanted(const char* name = "item") const {
    return {detail::picture_size("train", process, net), options.pixel_range, name};
  }

  const Proc& process;
  const Net& net;
  DiffusionLossOptions<Data> options;

 private:
  /// What the network is called with for these images and their conditions under the key's noise, and the target.
  detail::LossInputs<B> pair(const Tensor<F>& images, const Given& given, const Rows& rows, const NoiseKey& key) const {
    const Tensor<F> x0 = detail::to_x0(process, images);
    const detail::NoisedBatch<F> shown = detail::noised_batch(process, options.level_distribution, x0, key,
                                                              std::uint32_t(options.batch), options.weighting);
    const auto condition = process.conditioning.prepare(net.on(), given, rows, key);
    detail::LossInputs<B> made{process.input(net.on(), shown.xt, shown.levels, condition), shown.target, shown.weights,
                               detail::hole_of(process.conditioning, net.on(), condition)};
    if constexpr (learns_variance) {
      made.x0 = x0;
      made.numbers = detail::hybrid_numbers(process, options.weighting, x0.on(), shown.levels);
    }
    return made;
  }

  detail::LossPass<Net> pass_;
};

}  // namespace hush
