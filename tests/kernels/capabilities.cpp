#include <doctest/doctest.h>

#include <hush/core.hpp>

#include <utility>
#include <vector>

using namespace hush;

namespace adding {

/// The CPU with one kernel more: it adds many gradients at once, but has no graphs and no fused norms.
struct Machine : Cpu<float> {
  using full = Machine;
  static constexpr bool has_batched_adds = true;
  static inline std::vector<std::size_t> batches = {};  // how many additions each call did
  Machine in_full() const { return *this; }
};
inline void add_into_all(const Machine& on, std::span<const Addition<float, float>> all) {
  Machine::batches.push_back(all.size());
  for (const Addition<float, float>& one : all) add_into(on, one.n, one.scalars ? one.scalars : one.masters, one.sum);
}

}  // namespace adding

namespace norming {

/// The CPU with a fused normalization, of SiLU behind the norm and nothing else; it adds gradients one by one.
struct Machine : Cpu<float> {
  using full = Machine;
  static constexpr bool has_fused_norms = true;
  static inline int fused = 0;
  Machine in_full() const { return *this; }
};
inline void group_norm_fused(const Machine& on, const GroupNormSizes& s, const NormFusion<float>& fusion,
                             const float* x, const float* gamma, const float* beta, float* y, float* mean,
                             float* rstd) {
  REQUIRE((fusion.activation == Activation::silu && fusion.resample == Resample::none && !fusion.scale &&
           !fusion.shift && !fusion.residual && !fusion.beside));
  ++Machine::fused;
  group_norm(on, s, x, gamma, beta, y, mean, rstd);
  silu(on, s.batch * s.pixels * s.channels, y, y);
}
inline void group_norm_fused_backward(const Machine&, const GroupNormSizes&, const NormFusion<float>&, const float*,
                                      const float*, const float*, const float*, const float*, const float*,
                                      const NormFusionGrads<float, float>&) {
  FAIL("no gradient is asked for");
}

}  // namespace norming

namespace {

static_assert(HasHostKernels<Cpu<float>> && HasHostMemory<Cpu<float>> && HasPackedWeights<Cpu<float>> &&
              !HasFusedNorms<Cpu<float>> && HasResidualProducts<Cpu<float>> && HasImageParts<Cpu<float>> &&
              !HasConcatUpsample<Cpu<float>> && !HasBatchedAdds<Cpu<float>> && !HasGraphs<Cpu<float>> &&
              !HasAsyncCopies<Cpu<float>> && HasRecomputing<Cpu<float>>);
static_assert(HasBatchedAdds<adding::Machine> && !HasGraphs<adding::Machine> && !HasFusedNorms<adding::Machine>);
static_assert(HasFusedNorms<norming::Machine> && !HasGraphs<norming::Machine> && !HasBatchedAdds<norming::Machine>);
static_assert(Kernels<adding::Machine> && Kernels<norming::Machine>);

/// No handle of a machine with kernels; declares what it does not have.
struct Bare {
  using scalar = float;
  using master = float;
  static constexpr bool has_residual_products = true, has_image_parts = true, has_recomputing = true;
};
static_assert(!ImagePartKernels<Bare> && !RecomputingKernels<Bare> && RecomputingKernels<Cpu<float>>);

/// A handle that declares what it does not have.
template <int>
struct Boasts : Cpu<float> {
  using full = Boasts;
  Boasts in_full() const { return *this; }
};
struct FusedNorms : Boasts<0> {
  static constexpr bool has_fused_norms = true;
};
struct ConcatUpsample : Boasts<2> {
  static constexpr bool has_concat_upsample = true;
};
struct BatchedAdds : Boasts<3> {
  static constexpr bool has_batched_adds = true;
};
struct Graphs : Boasts<4> {
  static constexpr bool has_graphs = true;
};
struct AsyncCopies : Boasts<5> {
  static constexpr bool has_async_copies = true;
};
static_assert(FusedNormKernels<Boasts<0>> && !FusedNormKernels<FusedNorms>);
static_assert(ResidualKernels<Cpu<float>> && !ResidualKernels<Bare>);
static_assert(ConcatUpsampleKernels<Boasts<2>> && !ConcatUpsampleKernels<ConcatUpsample>);
static_assert(BatchedAddKernels<Boasts<3>> && !BatchedAddKernels<BatchedAdds>);
static_assert(GraphKernels<Boasts<4>> && !GraphKernels<Graphs>);
static_assert(AsyncCopyKernels<Boasts<5>> && !AsyncCopyKernels<AsyncCopies>);

template <class B>
struct TwoLayers {
  nn::Linear<B> first, second;
  static void visit(auto& self, auto&& f) { f("first", self.first), f("second", self.second); }
};

/// The gradients of a small network's parameters.
template <class B>
std::vector<double> gradients(const B& on) {
  TwoLayers<B> net{{on, 3, 4}, {on, 4, 2}};
  initialise(net, Seed{3});
  Tape<B> tape;
  std::vector<double> x(15, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = double(i % 7) - 3;
  const Var<B> y = net.second(silu(net.first(tape.constant(upload(on, Shape{5, 3}, std::span<const double>(x))))));
  tape.backward(mse(y, 3 * y));
  std::vector<double> all;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    for (const double g : download<double>(p.grad)) all.push_back(g);
  });
  return all;
}

}  // namespace

TEST_CASE("capabilities: a backend that adds gradients together needs no graphs, and has the bits of one by one") {
  adding::Machine::batches.clear();
  CHECK(gradients(adding::Machine{}) == gradients(Cpu<float>{}));
  CHECK(adding::Machine::batches == std::vector<std::size_t>{4});
}

TEST_CASE("capabilities: a backend that fuses norms needs nothing else") {
  using B = norming::Machine;
  nn::GroupNorm<B> fused(B{}, 4, 2, 1e-5);
  nn::GroupNorm<Cpu<float>> chained(Cpu<float>{}, 4, 2, 1e-5);
  initialise(fused, Seed{1});
  initialise(chained, Seed{1});
  std::vector<double> x(2 * 6 * 4, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = double(i * i % 11) - 5;
  const Shape shape{2, 3, 2, 4};
  B::fused = 0;
  const auto one = fused(upload(B{}, shape, std::span<const double>(x)), {.activation = Activation::silu});
  CHECK(B::fused == 1);
  const auto two = chained(upload(Cpu<float>{}, shape, std::span<const double>(x)), {.activation = Activation::silu});
  CHECK(download<double>(one) == download<double>(two));
}
