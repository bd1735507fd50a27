#pragma once
#include <chrono>
#include <cstdio>
#include <iostream>

#include <hush/io.hpp>
#include <hush/latent.hpp>
#include <hush/sample.hpp>

#include "../shared/samplers.hpp"
#include "files.hpp"
#include "recipe.hpp"

namespace latents {

/// `sample` on a machine.
template <class B>
int sample_on(const SampleArguments& a, const B& on) {
  io::FilePlan files;
  files.reads("--autoencoder", a.autoencoder);
  files.reads("--weights", a.weights);
  files.writes("--out", a.out, ".png");
  files.check();
  const Latent latent{autoencoder_of(a.autoencoder, on), latents::process()};
  AttentionUnet<B> unet(io::read_config<AttentionUnetConfig>(a.weights), latent.ports(), Seed{}, on);
  io::load_model(a.weights, latent, unet);
  io::tiled_size(a.count, latent.autoencoder().image(), {.columns = a.columns});  // too large for a picture?
  io::SamplingBar bar;
  const auto begin = std::chrono::steady_clock::now();
  Images<float> images;
  samplers::with(a.sampler, [&](const auto& sampler) {
    images = hush::sample(latent, unet, sampler, {.steps = a.steps, .count = a.count, .batch = a.batch, .seed = a.seed},
                          bar);
  });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  io::write_grid(a.out, images,
                 {.columns = a.columns,
                  .text = {{"sampler", to_text(a.sampler, ", ", a.steps, " steps")},
                           {"seed", to_text(a.seed)},
                           {"weights", a.weights.filename().string()}}});
  std::cout << a.count << " images in " << a.out.string() << ", ";
  std::printf("%.2f s an image\n", seconds / double(a.count));
  return 0;
}

}  // namespace latents
