#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/activation.hpp>
#include <hush/ops/gelu.hpp>
#include <hush/ops/leaky_relu.hpp>
#include <hush/ops/relu.hpp>
#include <hush/ops/sigmoid.hpp>
#include <hush/ops/silu.hpp>
#include <hush/ops/tanh.hpp>
#include <ops/inputs.hpp>

using namespace hush;

TEST_CASE("activations: gradients agree with finite differences") {
  for (const Shape& shape : image_shapes) {
    require_gradients([](const auto& x) { return silu(x); }, input(shape, 1));
    require_gradients([](const auto& x) { return relu(x); }, input(shape, 2));
    require_gradients([](const auto& x) { return gelu(x, Gelu::exact); }, input(shape, 3));
    require_gradients([](const auto& x) { return gelu(x, Gelu::tanh); }, input(shape, 4));
    require_gradients([](const auto& x) { return leaky_relu(x, 0.2); }, input(shape, 5));
    require_gradients([](const auto& x) { return tanh(x); }, input(shape, 6));
    require_gradients([](const auto& x) { return sigmoid(x); }, input(shape, 7));
  }
}

TEST_CASE("activations: a recorded pass gives what an unrecorded one gives") {
  const Tensor<Cpu<float>> x = input<float>({2, 5, 7}, 1);
  Tape<Cpu<float>> tape;
  const Var<Cpu<float>> v = tape.variable(x);
  CHECK(download<float>(silu(v).value()) == download<float>(silu(x)));
  CHECK(download<float>(relu(v).value()) == download<float>(relu(x)));
  CHECK(download<float>(gelu(v).value()) == download<float>(gelu(x)));
  CHECK(download<float>(leaky_relu(v).value()) == download<float>(leaky_relu(x)));
  CHECK(download<float>(tanh(v).value()) == download<float>(tanh(x)));
  CHECK(download<float>(sigmoid(v).value()) == download<float>(sigmoid(x)));
  CHECK(gelu(x).shape() == Shape{2, 5, 7});
}

TEST_CASE("relu: the slope at 0 is 0") {
  Tape<Cpu<float>> tape;
  const auto x = tape.variable(filled(Cpu<float>{1}, {1}, 0));
  tape.backward(relu(x));
  CHECK(download<float>(tape.gradient(x))[0] == 0);
}

TEST_CASE("leaky_relu: 0.01 by default, the slope at 0 is that below it") {
  Tape<Cpu<double>> tape;
  const auto x = tape.variable(upload(Cpu<double>{1}, {3}, std::span<const double>(std::vector<double>{-4, 0, 3})));
  const auto y = leaky_relu(x);
  CHECK(download<double>(y.value()) == std::vector<double>{-0.04, 0, 3});
  tape.backward(y, filled(Cpu<double>{1}, {3}, 2));
  CHECK(download<double>(tape.gradient(x)) == std::vector<double>{0.02, 0.02, 2});
  CHECK(download<double>(leaky_relu(x.value(), 0)) == std::vector<double>{0, 0, 3});
}

TEST_CASE("leaky_relu: a negative slope would turn values over, and is refused") {
  const auto x = filled(Cpu<float>{1}, {1}, 1);
  CHECK_THROWS_WITH_AS(leaky_relu(x, -0.5), "[leaky_relu] slope must be finite and not negative, is -0.5",
                       std::invalid_argument);
  CHECK_THROWS_AS(leaky_relu(x, std::nan("")), std::invalid_argument);
}
