// What docs/baselines.md shows.
#include <doctest/doctest.h>

#include <cmath>

#include <hush/hush.hpp>

#include "io/scratch.hpp"
#include "tiny.hpp"

using namespace hush;

TEST_CASE("docs: a GAN is two trainers as one training") {
  const Scratch scratch("docs-baselines");
  const auto run = scratch / "run";
  const tiny::Squares pictures;
  // [gan]
  DcganGenerator<Cpu<float>> generator({.image = {8, 8, 1}, .width = 8, .latents = 16}, Seed{1});
  DcganCritic<Cpu<float>> critic({.image = {8, 8, 1}, .width = 8, .norm = CriticNorm::spectral}, Seed{2});
  const Adam optimizer{.rate = 2e-4, .beta1 = 0.5};
  const TrainerOptions options{.epochs = 2, .batch = 20, .ema = {.decay = 0.999}};
  const NoImages noise_alone{pictures.size()};
  Trainer generating(generator, optimizer, noise_alone, GeneratorLoss{generator, critic}, options);
  Trainer judging(critic, optimizer, pictures, CriticLoss{generator, critic, GanLossOptions{.real = 0.9}}, options);
  GanTrainer trainer(generating, judging);
  const auto trained = train(trainer, io::Checkpoints({.run = run}));
  const Images<float> images = generate(trained.averaged, {.count = 64, .seed = 1});
  // [/gan]
  CHECK(images.count == 64);
  CHECK(trainer.step == 4);
}

TEST_CASE("docs: a VAE is a trainer with its loss on a tape") {
  using B = Cpu<float>;
  const tiny::Squares pictures;
  // [vae]
  Vae<B> vae({.image = {8, 8, 1}, .widths = {8, 16}, .latents = 4}, Seed{1});
  const auto loss = tape_loss<B>([&](Tape<B>& tape, const auto& batch, const NoiseKey& key) {
    return vae_loss(vae, tape.constant(batch.images), key, 2.5e-4);
  });
  const Adam optimizer{.rate = 1e-3};
  Trainer trainer(vae, optimizer, pictures, loss, {.epochs = 2, .batch = 20});
  const auto trained = train(trainer);
  // [/vae]
  CHECK(std::isfinite(trained.epochs.back().loss));
}
