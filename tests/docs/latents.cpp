// What docs/latents.md shows.
#include <doctest/doctest.h>

#include <filesystem>

#include <hush/hush.hpp>
#include <hush/io/diffusers_autoencoder.hpp>

#include "io/scratch.hpp"
#include "tiny.hpp"

using namespace hush;

namespace {

using B = Cpu<float>;

/// An autoencoder of two levels for 8x8 images.
AutoencoderKl<B> trained_on(const tiny::Squares& pictures) {
  // [autoencoder]
  AutoencoderKl<B> autoencoder(
      {.image = {8, 8, 1}, .block_out_channels = {4, 8}, .latent_channels = 2, .norm_num_groups = 2}, Seed{1});
  const AdamW optimizer{.rate = 3e-3};
  Trainer trainer(autoencoder, optimizer, pictures, AutoencoderLoss(autoencoder, {.kl_weight = 1e-6}),
                  {.epochs = 5, .batch = 8});
  auto trained = train(trainer).averaged;
  trained.set_scaling(measured_scaling(trained, pictures));
  // [/autoencoder]
  return trained;
}

}  // namespace

TEST_CASE("docs: two stages, a mask on latents, and a folder of diffusers") {
  const tiny::Squares pictures;
  const AutoencoderKl<B> autoencoder = trained_on(pictures);
  // [latent]
  const Latent latent{autoencoder, Process{Cosine{}, PredictVelocity{}}};
  AttentionUnet<B> unet({.image = autoencoder.latent(), .widths = {8}, .bottleneck = 8, .heads = 2, .head_width = 4},
                        latent.ports(), Seed{1});
  auto trained = train(latent, unet, AdamW{}, pictures, {.epochs = 5, .batch = 8});
  auto images = sample(latent, trained.averaged, DpmSolverPp{}, {.steps = 10, .count = 4});  // 8x8x1
  // [/latent]
  CHECK(ImageSize{images.height, images.width, images.channels} == ImageSize{8, 8, 1});

  const Images<float> picture = pictures.batch(std::vector<std::int64_t>{3});
  Images<float> hole(1, 8, 8, 1);
  hole.pixels[20] = 1;
  // [mask]
  const Latent inpainting{autoencoder, Process{Cosine{}, PredictVelocity{}, Replacement{}}};
  images =
      sample(inpainting, trained.averaged, RePaint<Ddpm>{.jump_length = 2}, MaskedImages{picture, hole}, {.steps = 10});
  // [/mask]
  for (std::size_t p = 0; p < 64; ++p)
    if (p != 20) CHECK(images.pixels[p] == picture.pixels[p]);

  const Scratch scratch("docs-latents");
  const auto folder = scratch.folder;
  // [folder]
  io::save_diffusers(folder / "vae", autoencoder);
  AutoencoderKl<B> read(io::autoencoder_kl_config_of(folder / "vae" / "config.json"), Seed{});
  io::load_diffusers(folder, read);
  // [/folder]
  CHECK(Latent{read, Process{Cosine{}, PredictVelocity{}}} == latent);
}
