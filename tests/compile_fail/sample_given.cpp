// expect: sample: the process has a condition, and none is given. Write: sample(process, net, sampler, given, {.steps =
#include <hush/core.hpp>

#include "small_training.hpp"

hush::Images<float> use(const Identity& net, [[maybe_unused]] const hush::MaskedImages& given) {
  const hush::Process process{hush::LinearBeta{}, hush::PredictNoise{}, hush::Mask{}};
#ifdef HUSH_WRITTEN_RIGHT
  return hush::sample(process, net, hush::Ddim{}, given, {.steps = 10});
#else
  return hush::sample(process, net, hush::Ddim{}, {.steps = 10});
#endif
}
