#include <algorithm>
#include <hush/cpu/activation.hpp>
#include <hush/cpu/attention.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/embedding.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/indirection.hpp>
#include <hush/cpu/layer_norm.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/pooling.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/cpu/threshold.hpp>
#include <hush/grids/trailing.hpp>
#include <hush/io/weights.hpp>

#include "../../examples/fashion_mnist/recipe.hpp"
#include "../../examples/shared/samplers.hpp"
#include "run.hpp"

namespace bench_samplers {

std::vector<Cell> diffusion_cells(const Order& order, const Observers& observers) {
  const fashion::Described model = fashion::described(order.weights);
  check(!model.literal, "bench_samplers", "the weights are of a literal run, which has a sampler of its own");
  using Net = AttentionUnet<Cpu<float>>;
  const auto process = fashion::process();
  Net net(model.network, process.ports(), Seed{}, Cpu<float>{.threads = order.threads});
  io::load_weights(order.weights, net);
  Run<Net> run({net, {.count = order.images, .batch = order.batch, .seed = order.seed, .grid = Trailing{}}}, order,
               observers);
  samplers::each(samplers::all, [&](const auto& named) {
    run.plan(named.name,
             [&](const Counted<Net>& counted, SampleOptions<Cpu<float>> options, int steps, StepCounter& counter) {
               options.steps = steps;
               Images<float> images = sample(process, counted, named.sampler, options, counter);
               for (float& value : images.pixels) value = std::clamp(value, -1.f, 1.f);
               return images;
             });
  });
  return run.measure();
}

}  // namespace bench_samplers
