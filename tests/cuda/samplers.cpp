// Samplers of every kind on a GPU: recorded, one kernel after the other, and as the CPU has it.
#include <cuda/against.hpp>

#include <hush/core.hpp>
#if !defined(__CUDACC__)
#include <hush/cuda/activation.hpp>
#include <hush/cuda/noise.hpp>
#include <hush/cuda/reduce.hpp>
#include <hush/cuda/runtime/graph.hpp>
#include <hush/cuda/sampler_pass.hpp>
#include <hush/cuda/threshold.hpp>
#endif

using namespace against;

namespace {

/// A network that is a curve: silu of every pixel.
template <class B>
struct Curve {
  using backend = B;
  ImageSize image() const { return {4, 3, 2}; }
  Ports ports() const { return {}; }
  B on() const { return {}; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    return silu(input.image);
  }
};

/// The pictures of both machines are equal but for rounding.
template <class Proc, class S>
void judge(const Proc& process, const S& sampler, int steps, double within) {
  const auto made = [&]<class B>(const B&, bool record, Execution execution) {
    return sample(process, Curve<B>{}, sampler,
                  SampleOptions<B>{.steps = steps,
                                   .count = 5,
                                   .batch = 3,
                                   .seed = 5,
                                   .clip = 0,
                                   .grid = UniformLogSnr{},
                                   .execution = execution,
                                   .record = record})
        .pixels;
  };
  using Near = Cuda<float, Machine>;
  const auto graph = made(Near{}, true, Execution::planned);
  CHECK(graph == made(Near{}, false, Execution::planned));
  const auto far = made(Cpu<double>{}, true, Execution::eager), near = made(Near{}, true, Execution::eager);
  double largest = 0, size = 0;
  for (std::size_t i = 0; i < far.size(); ++i) {
    largest = std::max({largest, double(std::abs(graph[i] - far[i])), double(std::abs(near[i] - far[i]))});
    size = std::max(size, double(std::abs(far[i])));
  }
  REQUIRE(std::isfinite(size));
  CHECK(largest < within * size);
}

const Process preserving{LinearBeta{}, PredictVelocity<>{}};
const Process exploding{Geometric{.steps = 20}, PredictScore<>{.divided = true}};

}  // namespace

TEST_CASE("cuda samplers: one call a step, with a past") {
  for (const int steps : {1, 5, 40}) {
    judge(preserving, DpmSolverPp{.order = 3}, steps, 2e-5);
    judge(preserving, UniPc{}, steps, 2e-5);
    judge(preserving, Lms{}, steps, 2e-5);
    judge(preserving, ResMultistep{}, steps, 2e-5);
    judge(preserving, GradientEstimation{}, steps, 2e-5);
    judge(preserving, MultistepConsistency{}, steps, 2e-5);
  }
}

TEST_CASE("cuda samplers: several calls a step, at levels in between, and with fresh noise") {
  for (const int steps : {5, 40}) {
    judge(preserving, Heun{.churn = 10}, steps, 2e-5);
    judge(preserving, Dpm2Ancestral{}, steps, 2e-5);
    judge(preserving, Pndm{}, steps, 2e-5);
    judge(preserving, ResMultistep{.eta = 1}, steps, 2e-5);
    judge(preserving, ErSde{}, steps, 2e-5);
    judge(preserving, Seeds2{}, steps, 2e-5);
    judge(preserving, SaSolver{}, steps, 2e-5);
  }
}

TEST_CASE("cuda samplers: runs that do not go straight down, and one that is not linear") {
  judge(preserving, RePaint{Ddpm{}, 5, 3}, 20, 2e-5);
  judge(exploding, AnnealedLangevin{.repeats = 7, .denoise = true}, 20, 2e-5);
  const auto made = [&]<class B>(const B&) {
    return sample(exploding, Curve<B>{}, PredictorCorrector{}, SampleOptions<B>{.steps = 20, .count = 5, .clip = 0})
        .pixels;
  };
  const auto near = made(Cuda<float, Machine>{}), far = made(Cpu<double>{});
  for (std::size_t i = 0; i < far.size(); ++i) CHECK(near[i] == doctest::Approx(far[i]).epsilon(1e-3));
}
