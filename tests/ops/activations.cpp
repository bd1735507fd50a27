#include <doctest/doctest.h>

#include <hush/cpu/activation.hpp>
#include <hush/ops/gelu.hpp>
#include <hush/ops/relu.hpp>
#include <hush/ops/silu.hpp>
#include <ops/inputs.hpp>

using namespace hush;

TEST_CASE("activations: gradients agree with finite differences") {
  for (const Shape& shape : image_shapes) {
    require_gradients([](const auto& x) { return silu(x); }, input(shape, 1));
    require_gradients([](const auto& x) { return relu(x); }, input(shape, 2));
    require_gradients([](const auto& x) { return gelu(x, Gelu::exact); }, input(shape, 3));
    require_gradients([](const auto& x) { return gelu(x, Gelu::tanh); }, input(shape, 4));
  }
}

TEST_CASE("activations: a recorded pass gives what an unrecorded one gives") {
  const Tensor<Cpu<float>> x = input<float>({2, 5, 7}, 1);
  Tape<Cpu<float>> tape;
  const Var<Cpu<float>> v = tape.variable(x);
  CHECK(download<float>(silu(v).value()) == download<float>(silu(x)));
  CHECK(download<float>(relu(v).value()) == download<float>(relu(x)));
  CHECK(download<float>(gelu(v).value()) == download<float>(gelu(x)));
  CHECK(gelu(x).shape() == Shape{2, 5, 7});
}

TEST_CASE("relu: the slope at 0 is 0") {
  Tape<Cpu<float>> tape;
  const auto x = tape.variable(filled(Cpu<float>{1}, {1}, 0));
  tape.backward(relu(x));
  CHECK(download<float>(tape.gradient(x))[0] == 0);
}
