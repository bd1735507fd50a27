#include <cuda/against.hpp>

#include <hush/cpu/activation.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/cuda/additions.hpp>
#include <hush/cuda/group_norm.hpp>
#include <hush/nn/group_norm_chain.hpp>
#include <hush/ops/group_norm_fused.hpp>

using namespace against;

static_assert(HasFusedNorms<Cuda<bf16, Machine>> && !HasFusedNorms<Double>);

namespace {

struct Case {
  Shape shape;
  std::int64_t groups, beside;
  Activation activation;
  Resample resample;
  bool scale, shift, residual;
};

/// y, then the gradients of x, beside, scale, shift, residual, gamma and beta; empty where there is no such thing.
template <class B>
std::vector<std::vector<double>> chain(const B& on, const Case& c, unsigned seed) {
  Tape<B> tape;
  const auto fresh = [&](const Shape& shape) {
    const auto numbers = random<bf16>(shape.size(), seed++);  // what all of the precisions hold
    return upload(on, shape, std::span<const double>(numbers));
  };
  std::vector<Var<B>> inputs;
  const auto variable = [&](const Shape& shape, bool there) -> std::optional<Var<B>> {
    if (!there) return {};
    inputs.push_back(tape.variable(fresh(shape)));
    return inputs.back();
  };
  const std::int64_t channels = c.shape.back() + c.beside;
  Parameter<B> gamma(on, {channels}, Init::ones()), beta(on, {channels}, Init::zeros());
  copy_in(on, channels, random<float>(channels, seed + 50).data(), gamma.value.data());
  copy_in(on, channels, random<float>(channels, seed + 51).data(), beta.value.data());
  NormEpilogue<Var<B>> around{c.activation, c.resample};
  const auto x = *variable(c.shape, true);
  around.beside = variable(c.shape.with_back(c.beside), c.beside > 0);
  around.scale = variable({c.shape[0], channels}, c.scale);
  around.shift = variable({c.shape[0], channels}, c.shift);
  around.residual = variable(c.shape.with_back(channels), c.residual);
  const auto y = nn::group_norm_chain(x, gamma, beta, c.groups, 1e-3, around);
  tape.backward(y, fresh(y.shape()));
  std::vector<std::vector<double>> found{download<double>(y.value())};
  for (const auto& each : inputs) found.push_back(download<double>(tape.gradient(each)));
  for (const auto* p : {&gamma, &beta}) found.push_back(download<double>(p->grad));
  return found;
}

const Case cases[] = {
    {{2, 3, 5, 4}, 2, 0, Activation::gelu_tanh, Resample::none, false, false, true},
    {{2, 6, 4, 16}, 1, 0, Activation::none, Resample::none, false, true, false},
    {{1, 4, 6, 12}, 3, 0, Activation::silu, Resample::average2, true, true, false},
    {{2, 2, 2, 8}, 4, 16, Activation::gelu_exact, Resample::nearest2, true, false, true},
    {{2, 3, 3, 5}, 1, 3, Activation::silu, Resample::nearest2, false, true, true},
    {{1, 1, 1, 6}, 1, 2, Activation::silu, Resample::none, true, true, true},
    {{2, 26, 34, 16}, 3, 8, Activation::silu, Resample::average2, true, true, true},
    {{1, 30, 38, 16}, 16, 0, Activation::gelu_tanh, Resample::nearest2, false, true, false},
    {{2, 64, 50, 7}, 7, 0, Activation::relu, Resample::none, true, false, true},
};

}  // namespace

TEST_CASE("group_norm_fused: forward and all gradients are those of the CPU's ops one after the other") {
  each_machine([](const auto& on) {
    using P = typename std::decay_t<decltype(on)>::precision;
    unsigned seed = 1;
    for (const Case& c : cases) {
      CAPTURE(c.shape);
      const auto found = chain(on, c, seed), wanted = chain(Double{}, c, seed);
      REQUIRE(found.size() == wanted.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        CHECK(distance(found[i], wanted[i]) < tolerance<P>());
      }
      seed += 100;
    }
  });
}
