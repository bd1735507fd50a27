#include <doctest/doctest.h>

#include <hush/autograd/apply.hpp>
#include <hush/autograd/gradient_error.hpp>
#include <hush/autograd/op_watch.hpp>
#include <hush/autograd/parameter.hpp>
#include <hush/autograd/tape.hpp>
#include <hush/autograd/value.hpp>
#include <hush/cpu/activation.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/group_norm.hpp>
#include <hush/ops/silu.hpp>
#include <hush/ops/sum.hpp>
#include <ops/inputs.hpp>

using namespace hush;
using B = Cpu<double>;

namespace {

/// x^2 whose backward forgets the 2.
struct WrongSquare {
  Tensor<B> forward(const Tensor<B>& x) const { return ops::Multiply{}.forward(x, x); }
  auto record(const Tensor<B>& x) const { return Recorded{forward(x), std::tuple{x}}; }
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Tensor<B>& x) const {
    return {ops::Multiply{}.forward(dy, x)};
  }
};

/// The identity, counting how often its backward runs.
struct Counted {
  int* runs;
  Tensor<B> forward(const Tensor<B>& x) const { return 1.0 * x; }
  auto record(const Tensor<B>& x) const { return Recorded{forward(x), std::tuple{x}}; }
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Tensor<B>&) const { return {(++*runs, dy)}; }
};

std::size_t bytes_in_use() { return CpuMemory::shared().use().in_use; }

}  // namespace

static_assert(Value<Tensor<B>> && Value<Var<B>> && !Value<Parameter<B>>);

TEST_CASE("gradient_error: a wrong backward is found, and named") {
  Tensor<B> x = input({2, 3}, 1);
  const GradientError error = gradient_error([](const auto& v) { return apply(WrongSquare{}, v); }, x);
  CHECK(error.worst > 100);
  CHECK(error.difference == doctest::Approx(2 * error.gradient));
  CHECK(gradient_error([](const auto& v) { return v * v; }, x).worst <= 1);
}

TEST_CASE("gradient_error: a forgotten gradient, one of a parameter and a number that is none are found") {
  Tensor<B> x = input({2, 3}, 1);
  Parameter<B> gamma = parameter({3}, 2), beta = parameter({3}, 3);
  const auto cut = [](const auto& v) { return constant_like(v, v.value()) * v; };
  CHECK(gradient_error(cut, x).worst > 100);
  const auto blind = [&](const auto& v, const auto& g) { return group_norm(v, g, beta, 3, 1e10); };
  CHECK(gradient_error(blind, x, gamma).worst <= 1);
  const auto infinite = [](const auto& v) { return std::numeric_limits<double>::infinity() * v; };
  CHECK(gradient_error(infinite, x).worst > 1);
}

TEST_CASE("tape: gradients of a value used twice add up") {
  Tape<B> tape;
  const Var<B> x = tape.variable(upload(B{1}, {2}, std::span<const double>(std::vector{2.0, -3.0})));
  const Var<B> y = x * x + 3.0 * x;  // slope 2x + 3
  tape.backward(sum(y));
  CHECK(download<double>(tape.gradient(x)) == std::vector{7.0, -3.0});
}

TEST_CASE("tape: one gradient that reaches two places is changed in neither") {
  Tape<B> tape;
  const Var<B> a = tape.variable(filled(B{1}, {2}, 1)), b = tape.variable(filled(B{1}, {2}, 1));
  const Var<B> y = a + b;
  tape.backward(sum(y + a));
  CHECK(download<double>(tape.gradient(a)) == std::vector{2.0, 2.0});
  CHECK(download<double>(tape.gradient(b)) == std::vector{1.0, 1.0});
}

TEST_CASE("tape: gradients of a parameter add up over uses and over passes") {
  Parameter<B> gamma = parameter({2}, 1), beta = parameter({2}, 2);
  const Tensor<B> x = input({1, 3, 2}, 3);
  const auto pass = [&](int uses) {
    Tape<B> tape;
    Var<B> y = group_norm(tape.constant(x), gamma, beta, 1, 1e-5);
    for (int i = 1; i < uses; ++i) y = y + group_norm(tape.constant(x), gamma, beta, 1, 1e-5);
    tape.backward(sum(y));
    return download<double>(beta.grad);
  };
  CHECK(pass(1) == std::vector{3.0, 3.0});
  CHECK(pass(2) == std::vector{9.0, 9.0});
}

TEST_CASE("tape: constants get no node") {
  Tape<B> tape;
  const Var<B> c = tape.constant(filled(B{1}, {2}, 1));
  const Var<B> y = silu(c + c) * c;
  CHECK(y.node() == -1);
  CHECK(tape.size() == 0);
  const Var<B> x = tape.variable(filled(B{1}, {2}, 1));
  tape.backward(sum(x * y));
  CHECK(download<double>(tape.gradient(x)) == download<double>(y.value()));
}

TEST_CASE("tape: what the loss does not depend on is not run backward") {
  Tape<B> tape;
  int runs = 0;
  const Var<B> x = tape.variable(filled(B{1}, {2}, 1));
  const Var<B> aside = apply(Counted{&runs}, x);
  tape.backward(sum(x));
  CHECK(runs == 0);
  CHECK(download<double>(tape.gradient(x)) == std::vector{1.0, 1.0});
}

TEST_CASE("tape: the loss must be one number, and a given gradient of its shape") {
  Tape<B> tape;
  const Var<B> x = tape.variable(filled(B{1}, {2, 3}, 1));
  CHECK_THROWS_WITH_AS(tape.backward(x), "[backward] the loss must be one number, it is [2, 3]", std::invalid_argument);
  CHECK_THROWS_AS(tape.backward(x, filled(B{1}, {3, 2}, 1)), std::invalid_argument);
  tape.backward(x, filled(B{1}, {2, 3}, 2));
  CHECK(download<double>(tape.gradient(x))[5] == 2);
}

TEST_CASE("tape: backward frees what was saved as it goes, and the tape holds nothing in the end") {
  constexpr std::int64_t big = 1 << 16;
  const std::size_t before = bytes_in_use();
  Parameter<B> gamma = parameter({1}, 1), beta = parameter({1}, 2);
  Tape<B> tape;
  Var<B> loss = [&] {
    Var<B> x = tape.constant(filled(B{1}, {1, big, 1}, 1));
    for (int i = 0; i < 8; ++i) x = silu(group_norm(x, gamma, beta, 1, 1));
    return sum(x);
  }();
  CHECK(bytes_in_use() - before > 8 * big * sizeof(double));
  tape.backward(loss);
  CHECK(bytes_in_use() - before < big * sizeof(double));
}

TEST_CASE("recomputed: a result is not kept, and the gradients are the same bits") {
  constexpr std::int64_t big = 1 << 16;
  Parameter<B> gamma = parameter({1}, 1), beta = parameter({1}, 2);
  CpuMemory::shared().keep_blocks(true);
  struct Found {
    std::vector<double> value, x, gamma;
    std::size_t kept;
  };
  const auto run = [&](bool again) {
    gamma.grad = beta.grad = {};
    const Tensor<B> from = input({1, big, 1}, 3);
    const std::size_t before = bytes_in_use();
    Tape<B> tape;
    const Var<B> x = tape.variable(from);
    const Var<B> y = [&] {
      const Var<B> normed = group_norm(x, gamma, beta, 1, 1), activated = silu(again ? recomputed(normed) : normed);
      const Var<B> shown = again ? recomputed(activated) : activated;
      return sum(shown * shown);
    }();
    const std::size_t kept = bytes_in_use() - before;
    tape.backward(y);
    return Found{download<double>(y.value()), download<double>(tape.gradient(x)), download<double>(gamma.grad), kept};
  };
  const Found kept = run(false), made = run(true);
  CHECK(kept.kept >= 2 * big * sizeof(double));  // the norm's result and that of SiLU
  CHECK(made.kept < big * sizeof(double) / 8);
  CHECK(made.value == kept.value);
  CHECK(made.x == kept.x);
  CHECK(made.gamma == kept.gamma);
  CHECK(recomputed(gamma.value).data() == std::as_const(gamma.value).data());
}

TEST_CASE("op watch: tells the ops of a thread and their parameters, forward and backward, while it lives") {
  Parameter<B> gamma = parameter({2}, 1), beta = parameter({2}, 2);
  std::vector<std::pair<std::string, const void*>> told;
  Tape<B> tape;
  {
    const hush::detail::OpWatch watch([&](std::string_view op, const void* p) { told.emplace_back(op, p); });
    tape.backward(sum(silu(group_norm(tape.variable(input({1, 3, 2}, 1)), gamma, beta, 1, 1))));
  }
  silu(input({1}, 1));
  const void* first = std::as_const(gamma.value).data();
  CHECK(told == std::vector<std::pair<std::string, const void*>>{{"GroupNorm", first},
                                                                 {"Silu", nullptr},
                                                                 {"Sum", nullptr},
                                                                 {"Sum", nullptr},
                                                                 {"Silu", nullptr},
                                                                 {"GroupNorm", first}});
}

TEST_CASE("inference: a forward pass on tensors keeps nothing") {
  constexpr std::int64_t big = 1 << 16;
  Parameter<B> gamma = parameter({1}, 1), beta = parameter({1}, 2);
  CpuMemory::shared().keep_blocks(true);
  const auto peak_of = [&](int layers) {
    std::size_t peak = 0;
    Tensor<B> x = filled(B{1}, {1, big, 1}, 1);
    for (int i = 0; i < layers; ++i) {
      x = silu(group_norm(x, gamma, beta, 1, 1));
      peak = std::max(peak, bytes_in_use());
    }
    return peak;
  };
  CHECK(peak_of(1) == peak_of(16));
  CHECK(gamma.grad.empty());
  CHECK(beta.grad.empty());
}

TEST_CASE("tape: random ops are numbered in the order of recording") {
  const std::uint32_t image = 7;
  Tape<B> tape({.seed = 3, .step = 4, .images = {&image, 1}});
  CHECK(tape.noise_key().seed == 3);
  CHECK(tape.next_draw() == 0);
  CHECK(tape.next_draw() == 1);
}
