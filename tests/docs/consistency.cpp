// What docs/consistency.md shows.
#include <doctest/doctest.h>

#include <cmath>

#include <hush/hush.hpp>

#include "io/scratch.hpp"
#include "tiny.hpp"

using namespace hush;

TEST_CASE("docs: a consistency model is trained by a loss of its own, and sampled in one and two steps") {
  const Scratch scratch("docs-consistency");
  const auto run = scratch / "run";
  const tiny::Squares pictures;
  // [train]
  const Process process{LinearSigma{.largest = 80}, ConsistencyPreconditioning{}};
  AttentionUnet<Cpu<float>> unet({.image = {8, 8, 1}, .widths = {8}, .bottleneck = 8, .heads = 2, .head_width = 4},
                                 process.ports(), Seed{1});
  const Adam optimizer{.rate = 4e-4};
  auto trainer =
      start_consistency_training(process, unet, optimizer, pictures, {.epochs = 5, .batch = 8, .ema = {.decay = .99}});
  const auto trained = train(trainer, io::Checkpoints({.run = run}));
  // [/train]
  CHECK(std::isfinite(trained.epochs.back().loss));
  // [sample]
  auto images = sample(process, trained, MultistepConsistency{}, {.steps = 1, .count = 4});
  const Times two{{1, .821 / 80}};  // sigma 80, and .821
  images = sample(process, trained, MultistepConsistency{}, {.steps = 2, .count = 4, .grid = two});
  // [/sample]
  CHECK(images.count == 4);
}
