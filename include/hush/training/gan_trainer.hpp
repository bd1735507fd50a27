#pragma once
#include <cstdint>
#include <limits>
#include <type_traits>

#include <hush/check.hpp>
#include <hush/training/trainer.hpp>

namespace hush {

/// Two trainers as one training (Goodfellow et al. 2014, algorithm 1): in each step the critic's makes `critic_steps`
/// of its own and then the generator's one. Observers see the generator's training: its step, its losses, its network
/// and its average; the critic's is `critic`. `io::Checkpoints` stores both, weights, averages, moments, buffers and
/// reports, and continues both bit for bit. Any two losses will do that read each other's network. Both trainers must
/// outlive it.
template <class Generating, class Judging>
class GanTrainer {
 public:
  using B = typename Generating::B;
  using F = typename Generating::F;
  using master = typename Generating::master;
  static_assert(std::is_same_v<B, typename Judging::B>, "GanTrainer: both networks must be on one backend");

  /// Throws std::invalid_argument unless the critic's training is `critic_steps_` times as long, or both have begun.
  GanTrainer(Generating& generator_, Judging& critic_, std::int64_t critic_steps_ = 1)
      : generator(generator_),
        critic(critic_),
        critic_steps(critic_steps_),
        net(generator_.net),
        averaged(generator_.averaged),
        optimizer(generator_.optimizer),
        data(generator_.data),
        loss(generator_.loss),
        options(generator_.options),
        step(generator_.step),
        weights(generator_.weights),
        average(generator_.average),
        moments(generator_.moments),
        epoch_loss(generator_.epoch_loss),
        epochs(generator_.epochs) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    check(critic_steps >= 1, "GanTrainer", "critic_steps must be at least 1, is ", critic_steps);
    const std::int64_t own = generator.total_steps(), wanted = own > most / critic_steps ? most : own * critic_steps;
    check(critic.total_steps() == wanted, "GanTrainer", "the critic's options are for ", critic.total_steps(),
          " steps, but it makes ", critic_steps, " in each of the generator's ", own, ": give it ", wanted,
          " by its epochs and batch");
    check(generator.step == 0 && critic.step == 0, "GanTrainer", "the generator's trainer has made ", generator.step,
          " steps and the critic's ", critic.step, ": give trainers that have made none");
    generator.role = "generator's ";
    critic.role = "critic's ";
  }
  GanTrainer(const GanTrainer&) = delete;

  std::int64_t steps_per_epoch() const { return generator.steps_per_epoch(); }
  std::int64_t total_steps() const { return generator.total_steps(); }
  bool finished() const { return generator.finished(); }
  bool epoch_finished() const { return generator.epoch_finished(); }

  /// One step of the generator, after those of the critic. Throws NonFinite, which says whose loss or gradient it was;
  /// a critic that went ahead of a generator that failed stays ahead.
  StepReport advance() {
    for (std::int64_t i = critic.step; i < (generator.step + 1) * critic_steps; ++i) {
      critic_report = critic.advance();
      if (critic.epoch_finished()) critic.close_epoch();
    }
    return generator.advance();
  }
  EpochReport close_epoch() { return generator.close_epoch(); }

  Generating& generator;
  Judging& critic;
  std::int64_t critic_steps;
  StepReport critic_report;  // of the critic's newest step

  // The generator's, where observers look for them.
  decltype(Generating::net) net;
  decltype(Generating::averaged)& averaged;
  decltype(Generating::optimizer) optimizer;
  decltype(Generating::data) data;
  decltype(Generating::loss)& loss;
  TrainerOptions& options;
  std::int64_t& step;
  decltype(Generating::weights)& weights;
  decltype(Generating::average)& average;
  decltype(Generating::moments)& moments;
  double& epoch_loss;
  decltype(Generating::epochs)& epochs;
};

}  // namespace hush
