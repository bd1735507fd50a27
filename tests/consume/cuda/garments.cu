// [source]
#include "garments.hpp"

#include <hush/cuda.cuh>
using namespace hush;

template <class Precision>
Images<float> garments(std::int64_t count, std::uint64_t seed) {
  Process process{OneBased{LinearBeta{.first = 1e-4, .last = 0.02, .steps = 500}}, PredictNoise{}};
  AttentionUnet<Cuda<Precision>> unet{{.image = {32, 32, 1}, .widths = {32, 64, 64}}, process.ports(), Seed{7}};
  return sample(process, unet, Ddim{.eta = 0}, {.steps = 50, .count = count, .seed = seed});
}
template Images<float> garments<bf16>(std::int64_t, std::uint64_t);
template Images<float> garments<tf32>(std::int64_t, std::uint64_t);
// [/source]
