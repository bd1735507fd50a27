#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <ostream>
#include <span>
#include <tuple>
#include <vector>

#include <hush/autograd/value.hpp>
#include <hush/random/philox.hpp>

namespace hush {

/// Where the gradients of a function and its finite differences disagree the most. `worst` is
/// |gradient - difference| / (1e-5 + 1e-3 |difference|): at most 1 is good.
struct GradientError {
  double worst = 0;
  std::size_t input = 0;
  std::int64_t element = 0;
  double gradient = 0, difference = 0;
};

inline std::ostream& operator<<(std::ostream& out, const GradientError& e) {
  return out << "input " << e.input << ", element " << e.element << ": gradient " << e.gradient
             << ", finite difference " << e.difference;
}

namespace gradient_check {

template <Backend B>
Tensor<B, typename B::master>& memory(Parameter<B>& p) {
  return p.value;
}
template <Backend B>
Tensor<B>& memory(Tensor<B>& x) {
  return x;
}
template <Backend B>
const Parameter<B>& enter(Tape<B>&, Parameter<B>& p) {
  p.grad = {};
  return p;
}
template <Backend B>
Var<B> enter(Tape<B>& tape, const Tensor<B>& x) {
  return tape.variable(x);
}
template <Backend B>
std::vector<double> gradient(const Tape<B>&, const Parameter<B>& p) {
  return download<double>(p.grad);
}
template <Backend B>
std::vector<double> gradient(const Tape<B>& tape, const Var<B>& x) {
  return download<double>(tape.gradient(x));
}

/// Numbers without pattern in [-1, 1).
inline std::vector<double> weights(std::int64_t count) {
  std::vector<double> w(std::size_t(count), 0.0);
  Uniform uniform{{.seed = 1, .purpose = purpose("gradient_error")}};
  for (double& v : w) v = 2 * uniform() - 1;
  return w;
}

/// Makes `error` this element's if it is worse.
inline void judge(GradientError& error, std::size_t input, std::int64_t element, double gradient, double difference) {
  const double off = std::abs(gradient - difference) / (1e-5 + 1e-3 * std::abs(difference));
  if (off > error.worst || std::isnan(off))
    error = {std::isnan(off) ? std::numeric_limits<double>::infinity() : off, input, element, gradient, difference};
}

}  // namespace gradient_check

/// Compares the gradients of sum(w f(inputs...)), w fixed numbers, with central differences in every element of every
/// input. Inputs are tensors and parameters of a backend of doubles; f takes a Var for each tensor and each parameter
/// as it is, gives a Var, and must do the same every time. To check an op of your own on a Tensor<Cpu<double>> x:
///   REQUIRE(gradient_error([](const auto& v) { return my_op(v); }, x).worst <= 1);
template <class F, class... Inputs>
GradientError gradient_error(const F& f, Inputs&... inputs) {
  using namespace gradient_check;
  using B = typename std::tuple_element_t<0, std::tuple<Inputs...>>::backend;
  static_assert(std::is_same_v<typename B::scalar, double>, "gradient_error wants a backend of double: Cpu<double>");
  Tape<B> tape;
  const std::tuple<decltype(enter(tape, inputs))...> entered{enter(tape, inputs)...};
  const Var<B> y = std::apply(f, entered);
  const std::vector<double> w = weights(y.shape().size());
  tape.backward(y, upload(y.on(), y.shape(), std::span<const double>(w)));
  const std::vector<std::vector<double>> gradients =
      std::apply([&](const auto&... in) { return std::vector<std::vector<double>>{gradient(tape, in)...}; }, entered);

  const auto value = [&] {
    Tape<B> once;
    const std::vector<double> numbers = download<double>(f(enter(once, inputs)...).value());
    return std::inner_product(numbers.begin(), numbers.end(), w.begin(), 0.0);
  };
  GradientError error;
  std::size_t input = 0;
  const auto compare = [&](auto& x) {
    for (std::int64_t i = 0; i < x.size(); ++i) {
      const double here = download<double>(x.part(i, {1}))[0], step = 1e-5 * std::max(1.0, std::abs(here));
      const auto at = [&](double moved) {
        copy_in(x.on(), 1, &moved, x.data() + i);
        return value();
      };
      const double difference = (at(here + step) - at(here - step)) / (2 * step);
      copy_in(x.on(), 1, &here, x.data() + i);
      const std::vector<double>& g = gradients[input];
      judge(error, input, i, g.empty() ? 0 : g[std::size_t(i)], difference);
    }
    ++input;
  };
  (compare(memory(inputs)), ...);
  return error;
}

}  // namespace hush
