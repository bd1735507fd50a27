// The programs of docs/from-diffusers.md.
#include <doctest/doctest.h>

#include <filesystem>

#include <hush/diffusers.hpp>
#include <hush/hush.hpp>

#include "io/scratch.hpp"

using namespace hush;

namespace {

Images<float> sampled(const std::filesystem::path& folder) {
  // [load]
  const Process process{LinearBeta{}, PredictNoise{}};
  io::check_scheduler(folder / "scheduler" / "scheduler_config.json", process);
  Adm<Cpu<float>> unet(io::adm_config_of(folder / "unet" / "config.json"), process.ports(), Seed{});
  io::load_diffusers(folder, unet);
  const auto images = sample(process, unet, Ddim{}, {.steps = 50, .count = 4, .seed = 1, .clip = 1, .grid = Leading{}});
  // [/load]
  return images;
}

Images<float> as_the_file_says(const std::filesystem::path& folder, const Adm<Cpu<float>>& unet) {
  Images<float> images;
  // [visit]
  const auto file = diffusers::read_scheduler(folder);  // of a pipeline, of a scheduler, or the file
  file.visit([&](const auto& process, const auto& sampler) {
    auto options = file.options<Cpu<float>>();  // grid, clip, threshold
    options.steps = 20;
    images = sample(process, unet, sampler, options);
  });
  // [/visit]
  return images;
}

Images<float> checked(const std::filesystem::path& folder, const Adm<Cpu<float>>& unet) {
  // [check]
  const Process process{LinearBeta{}, PredictNoise{}};
  const DpmSolverPp sampler{.curvature = .5};
  const SampleOptions<Cpu<float>> options{.steps = 20, .clip = 0, .grid = Linspace{.closed = false}};
  const auto file = folder / "scheduler" / "scheduler_config.json";
  io::check_scheduler(file, process);
  diffusers::check_sampling(file, process, sampler, options);
  return sample(process, unet, sampler, options);
  // [/check]
}

diffusers::Pipeline written(const std::filesystem::path& folder, const Unet2d<Cpu<float>>& unet) {
  // [pipeline]
  const Process process{LinearBeta{}, PredictNoise{}};
  diffusers::save_pipeline(folder, process, unet, Ddpm{}, SampleOptions<Cpu<float>>{.clip = 1, .grid = Leading{}});
  const diffusers::Pipeline pipeline = diffusers::read_pipeline(folder);  // its unet and scheduler
  // [/pipeline]
  return pipeline;
}

Images<float> changed(const std::filesystem::path& folder, const Adm<Cpu<float>>& unet) {
  const Process process{LinearBeta{}, PredictNoise{}};
  // [image]
  const Images<float> pictures = data::image_folder(folder, {.size = {64, 64}}).batch(std::vector<std::int64_t>{0, 1});
  const auto changed =
      sample(process, unet, Ddim{.eta = 1}, {.steps = 50, .count = pictures.count, .start = FromImages{pictures, .6}});
  // [/image]
  return changed;
}

void trained(const std::filesystem::path& folder) {
  // [train]
  const auto pictures = data::image_folder(folder, {.size = {64, 64}, .cache = "pictures.cache"});
  const Process process{LinearBeta{}, PredictNoise{}};
  Adm<Cpu<float>> unet({.image = {64, 64, 3},
                        .channels = 128,
                        .multipliers = {1, 1, 2, 2, 4, 4},
                        .attention = {.factors = {16}},
                        .head_channels = 8,
                        .scale_shift = false,
                        .residual_resampling = false},
                       process.ports(), Seed{7});
  const auto done = train(process, unet, AdamW{.rate = 1e-4, .beta1 = .95, .decay = 1e-6}, pictures,
                          {.epochs = 100,
                           .batch = 16,
                           .rate = learning_rates::Cosine{.warm_up = 500},
                           .clip_gradient = 1,
                           .ema = {.decay = .9999, .warm_up = Ema::WarmUp::power, .power = .75}},
                          io::Checkpoints({.run = "out/run"}), io::TrainingBar{});
  io::save_weights("unet_ema.safetensors", done.averaged, io::diffusers_keys(done.averaged));
  // [/train]
}

}  // namespace

TEST_CASE("from diffusers: where there is no folder its programs say so") {
  const std::filesystem::path nowhere = "tests/docs/no such folder";
  CHECK_THROWS_AS(sampled(nowhere), FileError);
  CHECK_THROWS_AS(trained(nowhere), FileError);
  const Adm<Cpu<float>> unet({.image = {8, 8, 3}, .channels = 4, .multipliers = {1}, .head_channels = 4, .groups = 2},
                             {}, Seed{});
  CHECK_THROWS_AS(as_the_file_says(nowhere, unet), FileError);
  CHECK_THROWS_AS(checked(nowhere, unet), FileError);
  CHECK_THROWS_AS(changed(nowhere, unet), FileError);
}

TEST_CASE("from diffusers: the folder that the page writes is read again") {
  const Scratch scratch("from_diffusers");
  const Unet2d<Cpu<float>> unet({.image = {8, 8, 3},
                                 .down_block_types = {UnetBlock::resnet},
                                 .up_block_types = {UnetBlock::resnet},
                                 .block_out_channels = {8},
                                 .layers_per_block = 1,
                                 .norm_num_groups = 4},
                                {}, Seed{});
  CHECK(written(scratch / "pipeline", unet).unet == scratch / "pipeline" / "unet");
}
