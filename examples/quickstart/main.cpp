// The program of the README. Run it from the root of the project; it takes some minutes.
// [program]
#include <hush/hush.hpp>
using namespace hush;

int main() {
  Process process{OneBased{LinearBeta{.first = 1e-4, .last = 0.02, .steps = 500}}, PredictNoise{}};
  AttentionUnet<Cpu<float>> unet{{.image = {32, 32, 1}, .widths = {32, 64, 64}}, process.ports(), Seed{7}};

  auto garments = data::fashion_mnist("data/fashion_mnist_2000");
  auto trained = train(process, unet, AdamW{.rate = 1e-3}, garments, {.epochs = 20, .batch = 64}, io::TrainingBar{});

  auto images = sample(process, trained.averaged, DpmSolverSde{}, {.steps = 20, .count = 64, .seed = 1});
  io::write_grid("samples.png", images);
}
// [/program]
