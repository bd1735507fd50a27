#include <hush/ops/pseudo_huber.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <stdexcept>
#include <vector>

#include <hush/cpu/levels.hpp>
#include <hush/cpu/reduce.hpp>
#include <ops/inputs.hpp>

using namespace hush;

namespace {

using Double = Cpu<double>;
using List = std::vector<double>;

Tensor<Double> tensor(const Shape& shape, const List& values) {
  return upload(Double{1}, shape, std::span<const double>(values));
}

/// Two images by hand; what is printed to many digits comes from tools/make_consistency_golden.py.
const PseudoHuberTarget<Double> by_hand{tensor({2, 3}, {4, -2, 1, 1, .25, -1}), tensor({2}, {.5, 3}),
                                        tensor({2}, {2, .25}), .3};
const Tensor<Double> said = tensor({2, 3}, {1, -2, 3, .5, 0, -1});
const List slopes{-0.584317040348715, 0, 0.38954469356581, -0.184973858875121, -0.0924869294375606, 0};

}  // namespace

TEST_CASE("pseudo_huber: value and gradient are those of PyTorch") {
  Tape<Double> tape;
  const auto x = tape.variable(said);
  const auto y = pseudo_huber(x, by_hand);
  CHECK(download<double>(y.value())[0] == doctest::Approx(2.35630662392815).epsilon(1e-13));
  CHECK(download<double>(pseudo_huber(said, by_hand))[0] == download<double>(y.value())[0]);
  tape.backward(y);
  const List found = download<double>(tape.gradient(x));
  for (std::size_t i = 0; i < 6; ++i) CHECK(std::abs(found[i] - slopes[i]) < 1e-14);
  const Loss<Double> loss = pseudo_huber_loss(said, by_hand, .5);
  CHECK(download<double>(loss.value) == download<double>(y.value()));
  const List half = download<double>(loss.gradient);
  for (std::size_t i = 0; i < 6; ++i) CHECK(std::abs(half[i] - slopes[i] / 2) < 1e-14);
}

TEST_CASE("pseudo_huber: gradients agree with finite differences") {
  for (const Shape& shape : image_shapes) {
    const PseudoHuberTarget<Double> wanted{input(shape, 2), filled(Double{}, {shape[0]}, .7),
                                           filled(Double{}, {shape[0]}, 1.3), .5};
    require_gradients([&](const auto& x) { return pseudo_huber(x, wanted); }, input(shape, 1));
  }
}

TEST_CASE("pseudo_huber: like the square far below c, like the distance far above it") {
  const PseudoHuberTarget<Double> square{tensor({1, 2}, {0, 0}), tensor({1}, {1}), tensor({1}, {1}), 1e4};
  const PseudoHuberTarget<Double> distance{square.target, square.scales, square.weights, 1e-6};
  const auto x = tensor({1, 2}, {3, -4});
  CHECK(download<double>(pseudo_huber(x, square))[0] == doctest::Approx(25 / 2e4).epsilon(1e-6));
  CHECK(download<double>(pseudo_huber(x, distance))[0] == doctest::Approx(5).epsilon(1e-6));
}

TEST_CASE("pseudo_huber: what does not fit is refused") {
  const auto refused = [](const PseudoHuberTarget<Double>& wanted, const char* words) {
    CHECK_THROWS_WITH_AS(pseudo_huber(said, wanted), words, std::invalid_argument);
  };
  PseudoHuberTarget<Double> wrong = by_hand;
  wrong.target = tensor({3, 2}, List(6, 0.));
  refused(wrong, "[pseudo_huber] prediction is [2, 3], target [3, 2]");
  wrong = by_hand;
  wrong.weights = tensor({1}, {1});
  refused(wrong, "[pseudo_huber] scales are [2] and weights [1], the prediction is [2, 3]");
  wrong = by_hand;
  wrong.c = 0;
  refused(wrong, "[pseudo_huber] c must be positive and finite, is 0");
}
