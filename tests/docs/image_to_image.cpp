// The pipeline that docs/image-to-image.md shows; compiled, and run on nothing.
#include <doctest/doctest.h>

#include <filesystem>

#include <hush/hush.hpp>

using namespace hush;

namespace {

Images<float> restored_like(const std::filesystem::path& folder, const Images<float>& damaged,
                            const Images<float>& hole) {
  // [pipeline]
  const auto faces = data::image_folder(folder, {.size = {64, 64}, .cache = "faces.cache"});
  const auto [first, last] = data::split(faces, {.count = 200});
  const data::WithHoles pairs(first, data::masks::Centre{});

  const Process process{LinearBeta{.first = 1e-6, .last = .01, .steps = 2000}, PredictNoise<Gamma>{},
                        Mask{.channels = 3}};
  Adm<Cpu<float>> unet({.image = {64, 64, 3}, .channels = 32}, process.ports(), Seed{7});
  const auto trained = train(process, unet, Adam{.rate = 1e-4}, pairs,
                             {.epochs = 20, .batch = 16, .level_distribution = BetweenNeighbours{}});

  const Process sampling{LinearBeta{.first = 1e-4, .last = .09, .steps = 1000}, PredictNoise<Gamma>{},
                         Mask{.channels = 3}};
  const auto restored =
      sample(sampling, trained.averaged, Ddim{}, MaskedImages{damaged, hole}, {.steps = 50, .count = damaged.count});
  // [/pipeline]
  return restored;
}

Images<float> repainted(const std::filesystem::path& weights, const Images<float>& damaged, const Images<float>& hole) {
  // [repaint]
  const Process process{LinearBeta{}, PredictNoise<>{}, Replacement{}};
  Adm<Cpu<float>> unet({.image = {64, 64, 3}, .channels = 32}, process.ports(), Seed{});
  io::load_weights(weights, unet);
  const auto restored = sample(process, unet, RePaint{Ddpm{}, 10, 10}, MaskedImages{damaged, hole},
                               {.steps = 250, .count = damaged.count});
  // [/repaint]
  return restored;
}

}  // namespace

TEST_CASE("image to image: where there is no folder the pipeline says so") {
  CHECK_THROWS_AS(restored_like("tests/docs/no such folder", {}, {}), FileError);
  CHECK_THROWS_AS(repainted("tests/docs/no such file", {}, {}), FileError);
}
