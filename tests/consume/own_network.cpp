// Samples from a network of its own by the kernels that it names: those of the network, and those that a run calls.
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/schedules/linear_beta.hpp>

#include <hush/parameterizations/predict_noise.hpp>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/cpu/threshold.hpp>

namespace {

/// Says that half of the image is noise.
struct Half {
  using backend = hush::Cpu<float>;
  template <hush::Value V>
  V operator()(const hush::Input<V>& input) const {
    return .5 * input.image;
  }
  hush::ImageSize image() const { return {4, 4, 1}; }
  hush::Ports ports() const { return {}; }
  backend on() const { return {}; }
  static void visit(auto&, auto&&) {}
};

}  // namespace

int main() {
  const hush::Process process{hush::LinearBeta{}, hush::PredictNoise{}};
  return hush::sample(process, Half{}, hush::Ddim{}, {.steps = 2, .count = 1}).count == 1 ? 0 : 1;
}
