#include <hush/cpu/activation.hpp>
#include <hush/cpu/attention.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/embedding.hpp>
#include <hush/cpu/gather.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/layer_norm.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/pooling.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/cpu/threshold.hpp>
#include <hush/io/weights.hpp>
#include <hush/samplers/annealed_langevin.hpp>
#include <hush/samplers/predictor_corrector.hpp>
#include <hush/tensor/by_norms.hpp>

#include "../../examples/ncsn/recipe.hpp"
#include "run.hpp"

namespace bench_samplers {

std::vector<Cell> score_cells(const Order& order, const Observers& observers) {
  using Net = AttentionUnet<Cpu<float>>;
  const auto process = ncsn::process();
  Net net(ncsn::described(order.ncsn), process.ports(), Seed{}, Cpu<float>{.threads = order.threads});
  io::load_weights(order.ncsn, net);
  Run<Net> run({net,
                {.steps = process.schedule.steps(),
                 .count = order.images,
                 .batch = order.batch,
                 .seed = order.seed,
                 .clip = 0,
                 .start = FromUniform{0, 1}}},
               order, observers);
  using Options = SampleOptions<Cpu<float>>;
  run.plan("langevin", [&](const Counted<Net>& counted, const Options& options, int repeats) {
    return ncsn::to_picture(sample(process, counted, AnnealedLangevin{.repeats = repeats, .denoise = true}, options));
  });
  run.plan("pc", [&](const Counted<Net>& counted, const Options& options, int corrections) {
    return ncsn::to_picture(sample(process, counted, PredictorCorrector{.corrections = corrections}, options));
  });
  return run.measure();
}

}  // namespace bench_samplers
