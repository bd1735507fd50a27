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
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/cpu/threshold.hpp>
#include <hush/io/weights.hpp>
#include <hush/kernels/by_norms.hpp>

#include "../../examples/ncsn/recipe.hpp"
#include "../../examples/shared/samplers.hpp"
#include "run.hpp"

namespace bench_samplers {

std::vector<Cell> score_cells(const Order& order, const Observers& observers) {
  using Net = AttentionUnet<Cpu<float>>;
  const auto process = ncsn::process();
  Net net(ncsn::described(order.ncsn).network, process.ports(), Seed{}, Cpu<float>{.threads = order.threads});
  io::load_weights(order.ncsn, net);
  Run<Net> run({net,
                {.steps = process.schedule.steps(),
                 .count = order.images,
                 .batch = order.batch,
                 .seed = order.seed,
                 .clip = 0,
                 .start = FromUniform{0, 1}}},
               order, observers);
  samplers::each(samplers::at_trained_levels, [&](const auto& named) {
    run.plan(named.name, [&](const Counted<Net>& counted, const SampleOptions<Cpu<float>>& options, int updates,
                             StepCounter& counter) {
      auto sampler = named.sampler;
      if constexpr (requires { sampler.repeats; }) {
        sampler.repeats = updates;
        if (updates < 4) sampler.epsilon = 1e-4;  // few of the published size do not lead from level to level
      } else {
        sampler.corrections = updates;
      }
      return ncsn::to_picture(sample(process, counted, sampler, options, counter));
    });
  });
  return run.measure();
}

}  // namespace bench_samplers
