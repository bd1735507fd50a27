#include <hush/autograd/checkpoint.hpp>

#include <doctest/doctest.h>

#include <hush/autograd/gradient_error.hpp>
#include <hush/cpu/activation.hpp>
#include <hush/cpu/cpu.hpp>
#include <hush/cpu/dropout.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/dropout.hpp>
#include <hush/ops/silu.hpp>

using namespace hush;

namespace {

using B = Cpu<double>;

struct Block {
  nn::Linear<B> inner{B{}, 5, 5};
  double rate = 0;
  static void visit(auto& self, auto&& f) { f("inner", self.inner); }
  template <Value V>
  V operator()(const V& x) const {
    return x * silu(dropout(inner(x), rate));
  }
};

Tensor<B> numbers(const Shape& shape, std::uint64_t seed) {
  std::vector<double> values(std::size_t(shape.size()));
  Uniform uniform{{.seed = seed}};
  for (double& v : values) v = 2 * uniform() - 1;
  return upload(B{}, shape, std::span<const double>(values));
}

}  // namespace

TEST_CASE("checkpoint: the same result and the same gradients, dropout included, and fewer tensors kept") {
  Block block{.rate = 0.4};
  initialise(block, Seed{3});
  const Tensor<B> x = numbers({7, 5}, 1), dy = numbers({7, 5}, 2);
  const auto run = [&](bool checkpointed) {
    walk(block, [](const std::string&, auto& p) { p.grad = {}; });
    Tape<B> tape(NoiseKey{.seed = 4, .step = 2});
    const Var<B> v = tape.variable(x);
    const auto f = [&](const auto& in) { return block(in); };
    const Var<B> once = checkpointed ? checkpoint(f, v) : f(v);
    const Var<B> twice = checkpointed ? checkpoint(f, once) : f(once);
    const std::size_t entries = tape.size();
    const std::uint32_t draws = tape.draws();
    tape.backward(twice, dy);
    std::vector<double> all = download<double>(twice.value());
    for (const auto& g : {tape.gradient(v), block.inner.weight.grad, block.inner.bias.grad})
      for (const double d : download<double>(g)) all.push_back(d);
    CHECK(draws == 2);
    return std::pair(entries, all);
  };
  const auto plain = run(false), kept = run(true);
  CHECK(plain.second == kept.second);
  CHECK(kept.first == 3);  // the variable and two blocks
  CHECK(plain.first > 6);
}

TEST_CASE("checkpoint: gradients of several inputs are those of finite differences; a tensor just runs") {
  Tensor<B> a = numbers({3, 2}, 5), b = numbers({3, 2}, 6);
  const auto f = [](const auto& x, const auto& y) { return x * silu(y) + y; };
  CHECK(gradient_error([&](const auto& x, const auto& y) { return checkpoint(f, x, y); }, a, b).worst <= 1);
  CHECK(download<double>(checkpoint(f, a, b)) == download<double>(f(a, b)));
  for (const bool again : {false, true}) {
    Tape<B> tape;
    const auto x = tape.variable(a);
    const auto y = checkpoint_if(again, f, x, tape.variable(b));
    CHECK(y.node() + 1 == (again ? 3 : 5));  // two variables, and one block or its three operations
    CHECK(download<double>(y.value()) == download<double>(f(a, b)));
  }
}

TEST_CASE("checkpoint: parameters that the tape keeps constant get no gradient there either") {
  Block block;
  initialise(block, Seed{3});
  const Tensor<B> x = numbers({7, 5}, 1);
  const auto run = [&](bool checkpointed) {
    Tape<B> tape;
    keep_constant(tape, block);
    const Var<B> v = tape.variable(x);
    const auto f = [&](const auto& in) { return block(in); };
    tape.backward(checkpointed ? checkpoint(f, v) : f(v), numbers({7, 5}, 2));
    CHECK(block.inner.weight.grad.empty());
    CHECK(block.inner.bias.grad.empty());
    return download<double>(tape.gradient(v));
  };
  const auto plain = run(false);
  CHECK(plain.size() == 35);
  CHECK(run(true) == plain);
}
