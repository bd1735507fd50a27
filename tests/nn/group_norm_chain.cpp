#include <doctest/doctest.h>

#include <hush/cpu/activation.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/nn/group_norm_around.hpp>
#include <hush/nn/group_norm_chain.hpp>
#include <ops/inputs.hpp>

using namespace hush;
using nn::group_norm_chain;

TEST_CASE("group_norm_chain: gradients agree with finite differences") {
  const Shape s{2, 4, 2, 3}, more = s.with_back(1), all = s.with_back(4), each{2, 4};
  const Activation activations[] = {Activation::silu, Activation::gelu_tanh, Activation::gelu_exact, Activation::none};
  const Resample resamples[] = {Resample::none, Resample::average2, Resample::nearest2};
  for (const Resample resample : resamples)
    for (const Activation activation : activations) {
      const auto chain = [&](const auto& x, const auto& beside, const auto& gamma, const auto& beta, const auto& scale,
                             const auto& shift, const auto& residual) {
        return group_norm_chain(x, gamma, beta, 2, 1e-3, {activation, resample, scale, shift, residual, beside});
      };
      require_gradients(chain, input(s, 1), input(more, 2), parameter({4}, 3), parameter({4}, 4), input(each, 5),
                        input(each, 6), input(all, 7));
    }
}

TEST_CASE("group_norm_chain: on the CPU it is its parts, bit for bit") {
  const Shape s{2, 6, 4, 8};
  const auto x = input<float>(s, 1), residual = input<float>(s, 2), shift = input<float>({2, 8}, 3);
  const auto gamma = parameter<float>({8}, 4), beta = parameter<float>({8}, 5);
  const auto v = group_norm(x, gamma, beta, 1, 1e-3);
  const auto chain = [&](const NormEpilogue<Tensor<Cpu<float>>>& around) {
    return download<float>(group_norm_chain(x, gamma, beta, 1, 1e-3, around));
  };
  CHECK(chain({}) == download<float>(v));
  CHECK(chain({.shift = shift}) == download<float>(add_channels(v, shift)));
  CHECK(chain({.activation = Activation::relu}) == download<float>(relu(v)));
  CHECK(chain({.activation = Activation::gelu_tanh, .residual = residual}) ==
        download<float>(gelu(residual + v, Gelu::tanh)));
  CHECK(chain({.activation = Activation::silu, .resample = Resample::average2}) ==
        download<float>(average_pool2d(silu(v), 2)));
}

TEST_CASE("group_norm_chain: gradients and what is computed again on the CPU are those of the parts, bit for bit") {
  using B = Cpu<float>;
  const Shape s{2, 6, 4, 8};
  const auto gamma = parameter<float>({8}, 4), beta = parameter<float>({8}, 5);
  for (const Activation activation : {Activation::none, Activation::silu, Activation::gelu_tanh})
    for (const bool around : {false, true}) {
      const auto run = [&](const auto& norm) {
        gamma.grad = beta.grad = {};
        Tape<B> tape;
        const auto x = tape.variable(input<float>(s, 1)), residual = tape.variable(input<float>(s, 2));
        const auto scale = tape.variable(input<float>({2, 8}, 3)), shift = tape.variable(input<float>({2, 8}, 6));
        NormEpilogue<Var<B>> epilogue{activation};
        if (around) epilogue.scale = scale, epilogue.shift = shift, epilogue.residual = residual;
        const Var<B> y = norm(x, gamma, beta, 2, 1e-3, epilogue);
        std::vector<std::vector<float>> found{download<float>(y.value())};
        if (y.again()) CHECK(download<float>((*y.again())()) == found[0]);
        tape.backward(y, input<float>(s, 7));
        for (const auto& v : {x, residual, scale, shift}) found.push_back(download<float>(tape.gradient(v)));
        for (const auto* p : {&gamma, &beta}) found.push_back(download<float>(p->grad));
        return found;
      };
      CHECK(run([](const auto&... a) { return group_norm_chain(a...); }) ==
            run([](const auto&... a) { return nn::norm_by_parts(a...); }));
    }
}

TEST_CASE("group_norm_chain: what does not fit is refused in words") {
  using V = Tensor<Cpu<double>>;
  const auto of = [](const Shape& s) { return filled(Cpu<double>{1}, s, 1); };
  const auto p = parameter({4}, 1);
  const auto refused = [&](const Shape& s, const NormEpilogue<V>& around) -> std::string {
    try {
      group_norm_chain(of(s), p, p, 2, 1e-3, around);
    } catch (const std::invalid_argument& error) { return error.what(); }
    return "";
  };
  CHECK(refused({2, 4, 4, 4}, {.scale = of({2, 3})}) ==
        "[group_norm] images [2, 4, 4, 4] want a scale and a shift [2, 4], got [2, 3]");
  CHECK(refused({2, 4, 4, 4}, {.shift = of({1, 4})}) ==
        "[group_norm] images [2, 4, 4, 4] want a scale and a shift [2, 4], got [1, 4]");
  CHECK(refused({2, 4, 4, 4}, {.residual = of({2, 4, 4, 2})}) ==
        "[group_norm] wants a residual [2, 4, 4, 4], got [2, 4, 4, 2]");
  CHECK(refused({2, 4, 4, 2}, {.beside = of({2, 4, 3, 2})}) ==
        "[group_norm] [2, 4, 4, 2] and [2, 4, 3, 2] beside it differ in more than their channels");
  CHECK(refused({2, 3, 4, 4}, {.resample = Resample::average2}) ==
        "[group_norm] windows of 2 do not tile [2, 3, 4, 4]");
  CHECK(refused({2, 4, 4}, {.resample = Resample::nearest2}) ==
        "[group_norm] resampling wants images [N, H, W, C], got [2, 4, 4]");
  CHECK(refused({2, 4, 4, 3}, {}) == "[group_norm] 3 channels do not fall into 2 groups");
}
