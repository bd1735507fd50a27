#include <hush/training/gan_trainer.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <hush/baselines/generate.hpp>
#include <hush/io/checkpoints.hpp>

#include "../communicators/threads.hpp"
#include "../io/scratch.hpp"
#include "gans.hpp"

using namespace hush;
using gans::B, gans::Gan, gans::numbers;

namespace {

struct Outcome {
  std::vector<float> generator, averaged, critic;
  std::vector<double> losses, critic_losses;
  bool operator==(const Outcome&) const = default;
};

template <class... Observers>
Outcome run(Gan& gan, Observers&&... observers) {
  const auto trained = train(gan.training, observers...);
  Outcome outcome{numbers(gan.generator), numbers(trained.averaged), numbers(gan.critic), {}, {}};
  for (const EpochReport& epoch : trained.epochs) outcome.losses.push_back(epoch.loss);
  for (const EpochReport& epoch : gan.judging.epochs) outcome.critic_losses.push_back(epoch.loss);
  return outcome;
}

/// Ends the run after so many steps.
struct Until {
  std::int64_t last;
  template <class T>
  bool step(const T& training, const StepReport&) {
    return training.step < last;
  }
};

io::Checkpoints checkpoints(const Scratch& scratch) {
  return io::Checkpoints({.run = scratch / "run", .every = 1, .say = [](std::string_view) {}});
}

/// The means of the left and the right half of images.
std::pair<double, double> halves(const Images<float>& images) {
  double left = 0, right = 0;
  for (std::size_t p = 0; p < images.pixels.size(); ++p) (p % 8 < 4 ? left : right) += double(images.pixels[p]);
  const double each = double(images.pixels.size()) / 2;
  return {left / each, right / each};
}

}  // namespace

TEST_CASE("gan trainer: a generator comes to the one image there is, with either critic, and so does its average") {
  for (const CriticNorm norm : {CriticNorm::spectral, CriticNorm::batch}) {
    CAPTURE(int(norm));
    Gan gan({.epochs = 200, .batch = 12, .ema = {.decay = .98}}, norm, 1, 3e-3);
    const auto before = halves(generate(gan.generator, {.count = 32}));
    CHECK(std::abs(before.first) < .1);
    const auto trained = train(gan.training);
    const auto after = halves(generate(trained.averaged, {.count = 32}));
    CHECK(std::abs(after.first - .6) < .15);
    CHECK(std::abs(after.second + .4) < .15);
  }
}

TEST_CASE("gan trainer: stopped and resumed, a run ends with the same bits of both networks, their buffers included") {
  for (const CriticNorm norm : {CriticNorm::spectral, CriticNorm::batch})
    for (const std::int64_t critic_steps : {1, 2}) {
      CAPTURE(int(norm));
      CAPTURE(critic_steps);
      const TrainerOptions options{.epochs = 3, .batch = 12, .seed = 5, .rate = learning_rates::Cosine{.warm_up = 2}};
      Gan undisturbed(options, norm, critic_steps);
      const Outcome whole = run(undisturbed);
      REQUIRE(whole.losses.size() == 3);
      CHECK(whole.critic_losses.size() == std::size_t(3 * critic_steps));
      for (const std::int64_t stop : {1, 3, 4}) {
        CAPTURE(stop);
        const Scratch scratch("gan");
        Gan first(options, norm, critic_steps), second(options, norm, critic_steps);
        run(first, checkpoints(scratch), Until{stop});
        CHECK(first.judging.step == stop * critic_steps);
        CHECK(run(second, checkpoints(scratch)) == whole);
      }
    }
}

TEST_CASE("gan trainer: on two and four ranks both networks end with the bits of one, their buffers included") {
  for (const CriticNorm norm : {CriticNorm::spectral, CriticNorm::batch}) {
    CAPTURE(int(norm));
    const TrainerOptions options{.epochs = 2, .batch = 12, .seed = 5, .accumulate = 4};
    Gan alone(options, norm, 2);
    const Outcome whole = run(alone);
    for (const int ranks : {2, 4}) {
      const auto ended = ranks_of_threads::run(ranks, [&](const AnyCommunicator& here) {
        TrainerOptions mine = options;
        mine.communicator = here;
        Gan gan(mine, norm, 2);
        CHECK(run(gan) == whole);
      });
      for (const std::string& words : ended.words) CHECK(words == "");
    }
  }
}

TEST_CASE("gan trainer: a step of the generator leaves the critic as it is, and the other way round") {
  for (const CriticNorm norm : {CriticNorm::spectral, CriticNorm::batch}) {
    Gan gan({.epochs = 2, .batch = 12}, norm);
    const auto generator = numbers(gan.generator), critic = numbers(gan.critic);
    gan.judging.advance();
    CHECK(numbers(gan.generator) == generator);
    const auto learned = numbers(gan.critic);
    CHECK(learned != critic);
    gan.generating.advance();
    CHECK(numbers(gan.critic) == learned);
    CHECK(numbers(gan.generator) != generator);
  }
}

TEST_CASE("gan trainer: what is stored is a model file of either network") {
  const Scratch scratch("gan_files");
  Gan gan({.epochs = 1, .batch = 12});
  const Outcome end = run(gan, checkpoints(scratch));
  const auto folder = scratch / "run/ckpt-00000002";
  Gan other({.epochs = 1, .batch = 12});
  io::load_model(folder / "ema.safetensors", other.generator);
  CHECK(numbers(other.generator) == end.averaged);
  io::load_model(folder / "critic-weights.safetensors", other.critic);
  CHECK(numbers(other.critic) == end.critic);
}

TEST_CASE("gan trainer: a loss that is no number says whose it is, and leaves no checkpoint") {
  const Scratch scratch("gan_nan");
  Gan gan({.epochs = 2, .batch = 12});
  const float bad = std::numeric_limits<float>::quiet_NaN();
  copy_in(B{}, 1, &bad, gan.judging.weights.values().data());
  const auto said = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const NonFinite& error) { return error.what(); }
    return {};
  };
  const std::string critics = said([&] { run(gan, checkpoints(scratch)); });
  CHECK(critics.starts_with("[train] the critic's loss is "));
  CHECK(
      critics.ends_with("nan at step 1 (epoch 1); the weights of step 0 are kept. Lower the rate, warm it up, or clip "
                        "the gradient."));
  CHECK(!std::filesystem::exists(scratch / "run/ckpt-00000001"));

  Gan fine({.epochs = 2, .batch = 12});
  const auto spoilt = tape_loss<B>([&](Tape<B>& tape, const auto&, const NoiseKey& key) {
    return double(NAN) * mean(fine.generator(tape.constant(latents_of(fine.generator, key))));
  });
  Trainer wrong(fine.generator, fine.optimizer, fine.none, spoilt, {.epochs = 2, .batch = 12});
  GanTrainer training(wrong, fine.judging);
  const std::string generators = said([&] { training.advance(); });
  CHECK(generators.starts_with("[train] the generator's loss is "));
  CHECK(generators.find("nan at step 1 (epoch 1)") != std::string::npos);
}

TEST_CASE("gan trainer: trainers that do not go together are refused") {
  Gan gan({.epochs = 2, .batch = 12});
  CHECK_THROWS_WITH_AS((GanTrainer(gan.generating, gan.judging, 2)),
                       "[GanTrainer] the critic's options are for 4 steps, but it makes 2 in each of the generator's "
                       "4: give it 8 by its "
                       "epochs and batch",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS((GanTrainer(gan.generating, gan.judging, 0)),
                       "[GanTrainer] critic_steps must be at least 1, is 0", std::invalid_argument);
  gan.judging.advance();
  CHECK_THROWS_WITH_AS((GanTrainer(gan.generating, gan.judging)),
                       "[GanTrainer] the generator's trainer has made 0 steps and the critic's 1: give trainers that "
                       "have made none",
                       std::invalid_argument);
}

TEST_CASE("gan trainer: epochs without end go on until they are stopped") {
  Gan gan({.epochs = std::numeric_limits<std::int64_t>::max(), .batch = 12}), four({.epochs = 2, .batch = 12});
  CHECK(run(gan, Until{4}).generator == run(four).generator);
}
