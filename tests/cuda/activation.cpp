#include <cuda/against.hpp>

#include <hush/cpu/activation.hpp>
#include <hush/cuda/activation.hpp>

using namespace against;

namespace {

/// Calls f for the sizes that matter to loads of eight: none, single, odd, whole, and more than a team has at a time.
template <class F>
void each_size(const F& f) {
  for (const std::int64_t n : {0, 1, 7, 8, 9, 64, 1003}) {
    CAPTURE(n);
    f(n);
  }
}

/// Compares y = op(x) with the CPU's in double.
template <class Op>
void require_values(const Op& op) {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    each_size([&](std::int64_t n) {
      auto x = random<T>(n, unsigned(n) + 1);
      for (double& v : x) v = double(float(T(float(3 * v))));
      const auto wide = put<double>(Double{}, x);
      auto wanted = room<double>(Double{}, n);
      op(Double{}, n, std::as_const(wide).data(), wanted.data());
      const auto narrow = put<T>(on, x);
      auto found = room<T>(on, n);
      op(on, n, std::as_const(narrow).data(), found.data());
      CHECK(distance(download<double>(found), download<double>(wanted)) < tolerance<P>());
    });
  });
}
/// Compares dx = op(dy, x) with the CPU's in double.
template <class Op>
void require_slopes(const Op& op) {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    each_size([&](std::int64_t n) {
      const auto dy = random<T>(n, unsigned(n) + 2), x = random<T>(n, unsigned(n) + 3);
      const auto wide_dy = put<double>(Double{}, dy), wide = put<double>(Double{}, x);
      auto wanted = room<double>(Double{}, n);
      op(Double{}, n, wide_dy.data(), wide.data(), wanted.data());
      const auto narrow_dy = put<T>(on, dy), narrow = put<T>(on, x);
      auto found = room<T>(on, n);
      op(on, n, narrow_dy.data(), narrow.data(), found.data());
      CHECK(distance(download<double>(found), download<double>(wanted)) < tolerance<P>());
    });
  });
}

}  // namespace

TEST_CASE("cuda activation: values are the CPU's") {
  require_values([](auto on, auto n, auto x, auto y) { silu(on, n, x, y); });
  require_values([](auto on, auto n, auto x, auto y) { relu(on, n, x, y); });
  require_values([](auto on, auto n, auto x, auto y) { leaky_relu(on, n, 0.2, x, y); });
  require_values([](auto on, auto n, auto x, auto y) { tanh(on, n, x, y); });
  require_values([](auto on, auto n, auto x, auto y) { sigmoid(on, n, x, y); });
  require_values([](auto on, auto n, auto x, auto y) { gelu_tanh(on, n, x, y); });
  require_values([](auto on, auto n, auto x, auto y) { gelu_exact(on, n, x, y); });
}

TEST_CASE("cuda activation: gradients are the CPU's") {
  require_slopes([](auto on, auto n, auto dy, auto x, auto dx) { silu_backward(on, n, dy, x, dx); });
  require_slopes([](auto on, auto n, auto dy, auto x, auto dx) { relu_backward(on, n, dy, x, dx); });
  require_slopes([](auto on, auto n, auto dy, auto x, auto dx) { leaky_relu_backward(on, n, 0.2, dy, x, dx); });
  require_slopes([](auto on, auto n, auto dy, auto y, auto dx) { tanh_backward(on, n, dy, y, dx); });
  require_slopes([](auto on, auto n, auto dy, auto y, auto dx) { sigmoid_backward(on, n, dy, y, dx); });
  require_slopes([](auto on, auto n, auto dy, auto x, auto dx) { gelu_tanh_backward(on, n, dy, x, dx); });
  require_slopes([](auto on, auto n, auto dy, auto x, auto dx) { gelu_exact_backward(on, n, dy, x, dx); });
}

TEST_CASE("cuda activation: far from 0, and what is not a number") {
  const Cuda<float, Machine> on;
  const auto x = put<float>(on, {-90, 90, std::nan(""), 0, -10});
  const auto after = [&](const auto& op) {
    auto y = room<float>(on, 5);
    op(on, 5, x.data(), y.data());
    return download<double>(y);
  };
  const auto check_ends = [](const std::vector<double>& y, double at_minus_ten) {
    CHECK(std::abs(y[0]) < 1e-30);
    CHECK(y[1] == 90);
    CHECK(std::isnan(y[2]));
    CHECK(y[3] == 0);
    CHECK(y[4] == doctest::Approx(at_minus_ten).epsilon(1e-5));
  };
  check_ends(after([](auto b, auto n, auto in, auto out) { silu(b, n, in, out); }), -10 / (1 + std::exp(10.)));
  check_ends(after([](auto b, auto n, auto in, auto out) { relu(b, n, in, out); }), 0);
  check_ends(after([](auto b, auto n, auto in, auto out) { gelu_exact(b, n, in, out); }),
             -5 * std::erfc(10 / std::sqrt(2.)));
  CHECK(std::isnan(after([](auto b, auto n, auto in, auto out) { gelu_tanh(b, n, in, out); })[2]));
  check_ends(after([](auto b, auto n, auto in, auto out) { leaky_relu(b, n, 1e-33, in, out); }), -1e-32);
  const auto tanhs = after([](auto b, auto n, auto in, auto out) { tanh(b, n, in, out); });
  CHECK((tanhs[0] == -1 && tanhs[1] == 1 && std::isnan(tanhs[2]) && tanhs[3] == 0));
  const auto sigmoids = after([](auto b, auto n, auto in, auto out) { sigmoid(b, n, in, out); });
  CHECK((sigmoids[0] < 1e-30 && sigmoids[1] == 1 && std::isnan(sigmoids[2]) && sigmoids[3] == 0.5));
}
