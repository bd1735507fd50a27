#pragma once
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hush/baselines/dcgan.hpp>
#include <hush/core.hpp>
#include <hush/cpu/batch_norm.hpp>
#include <hush/cpu/binary_cross_entropy.hpp>
#include <hush/cpu/spectral_norm.hpp>
#include <hush/train.hpp>
#include <hush/training/gan_loss.hpp>
#include <hush/training/gan_trainer.hpp>

// A GAN that trains in a blink, for the tests of what trains it.
namespace gans {

using namespace hush;
using B = Cpu<float>;

/// Images of 8x8 pixels whose left half is bright and whose right half is dark, all alike.
struct Halves {
  std::int64_t count = 24;
  std::int64_t size() const { return count; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> images(std::int64_t(items.size()), 8, 8, 1);
    for (std::size_t p = 0; p < images.pixels.size(); ++p) images.pixels[p] = p % 8 < 4 ? 0.6f : -0.4f;
    return images;
  }
};

template <class Net>
std::vector<float> numbers(const Net& net) {
  std::vector<float> all;
  walk(net, [&](const std::string&, const auto& p) {
    for (const float v : download<float>(p.value)) all.push_back(v);
  });
  return all;
}

/// A generator, a critic and their trainers.
struct Gan {
  Halves data;
  DcganGenerator<B> generator{{.image = {8, 8, 1}, .width = 4, .latents = 3}, Seed{1}};
  DcganCritic<B> critic;
  Adam optimizer;
  NoImages none{data.size()};
  Trainer<DcganGenerator<B>, Adam, NoImages, GeneratorLoss<DcganGenerator<B>, DcganCritic<B>>> generating;
  Trainer<DcganCritic<B>, Adam, Halves, CriticLoss<DcganGenerator<B>, DcganCritic<B>>> judging;
  GanTrainer<decltype(generating), decltype(judging)> training;

  explicit Gan(TrainerOptions options, CriticNorm norm = CriticNorm::spectral, std::int64_t critic_steps = 1,
               double rate = 2e-3)
      : critic({.image = {8, 8, 1}, .width = 4, .norm = norm}, Seed{2}),
        optimizer{.rate = rate, .beta1 = .5},
        generating(generator, optimizer, none, GeneratorLoss{generator, critic}, options),
        judging(critic, optimizer, data, CriticLoss{generator, critic}, of_critic(options, critic_steps)),
        training(generating, judging, critic_steps) {}
  Gan(const Gan&) = delete;

  static TrainerOptions of_critic(TrainerOptions options, std::int64_t steps) {
    options.epochs *= steps;
    return options;
  }
};

}  // namespace gans
