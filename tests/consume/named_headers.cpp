// Trains and samples by the headers that it names: networks, policies and the two verbs say no machine's name, and
// <hush/cpu/kernels.hpp> is the CPU.
#include <hush/backbones/attention_unet.hpp>
#include <hush/data/image_set.hpp>
#include <hush/optimizers/adamw.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/process.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/train.hpp>

#include <hush/cpu/kernels.hpp>

int main() {
  using namespace hush;
  const Process process{LinearBeta{}, PredictNoise{}};
  AttentionUnet<Cpu<float>> unet{{.image = {4, 4, 1}, .widths = {32}}, process.ports(), Seed{7}};
  const data::ImageSet grey{Images<float>(4, 4, 4, 1), {}};
  train(process, unet, AdamW{}, grey, {.epochs = 1, .batch = 2});
  return sample(process, unet, Ddim{}, {.steps = 2, .count = 1}).count == 1 ? 0 : 1;
}
