#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/activation.hpp>
#include <hush/cpu/block.hpp>
#include <hush/cpu/elementwise.hpp>
#include <limits>
#include <vector>

using namespace hush;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

template <class T>
std::vector<T> ramp(std::int64_t n, double from, double to) {
  std::vector<T> x(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) x[std::size_t(i)] = T(from + (to - from) * double(i) / double(n - 1));
  return x;
}

/// The greatest error of kernel(x) against f(x), relative to |f(x)| where that is above `floor`.
template <class T, class Kernel, class F>
double error_of(const Kernel& kernel, const F& f, double from, double to, double floor = 1e-30) {
  const std::vector<T> x = ramp<T>(20001, from, to);
  std::vector<T> y(x.size());
  kernel(Cpu<T>{2}, std::int64_t(x.size()), x.data(), y.data());
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double want = f(double(x[i]));
    worst = std::max(worst, std::abs(double(y[i]) - want) / std::max(std::abs(want), floor));
  }
  return worst;
}

double exact(double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }
double by_tanh(double x) { return x / (1 + std::exp(-2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }
double swish(double x) { return x / (1 + std::exp(-x)); }

const auto silu_of = [](auto... a) { silu(a...); };
const auto exact_of = [](auto... a) { gelu_exact(a...); };
const auto tanh_of = [](auto... a) { gelu_tanh(a...); };

}  // namespace

TEST_CASE_TEMPLATE("activations: accurate far down the tails", T, float, double) {
  const double eps = std::numeric_limits<T>::epsilon();
  CHECK(error_of<T>(silu_of, swish, -80, 80) < 8 * eps);
  CHECK(error_of<T>([](auto... a) { sigmoid(a...); }, [](double x) { return 1 / (1 + std::exp(-x)); }, -80, 80) <
        8 * eps);
  CHECK(error_of<T>([](auto... a) { tanh(a...); }, [](double x) { return std::tanh(x); }, -12, 12) < 8 * eps);
  CHECK(error_of<T>([](auto... a) { tanh(a...); }, [](double x) { return std::tanh(x); }, -1e-3, 1e-3) < 8 * eps);
  CHECK(error_of<T>(exact_of, exact, -4, 30) < 16 * eps);
  CHECK(error_of<T>(exact_of, exact, -12, -4) < 100 * eps);
  CHECK(error_of<T>(tanh_of, by_tanh, -2, 20) < 16 * eps);
  CHECK(error_of<T>(tanh_of, by_tanh, -8, -2) < 100 * eps);
}

TEST_CASE_TEMPLATE("activations: a bad number stays one, great ones stay finite", T, float, double) {
  const std::vector<T> x{T(NAN), T(inf), T(-1e30), T(1e30), T(-0.0)};
  const Cpu<T> cpu{1};
  std::vector<T> y(5);
  const auto expect = [&](const char* name) {
    CAPTURE(name);
    CHECK(std::isnan(y[0]));
    CHECK(y[1] == T(inf));
    CHECK(std::abs(y[2]) < T(1));
    CHECK(y[3] == T(1e30));
    CHECK(y[4] == T(0));
  };
  silu(cpu, 5, x.data(), y.data()), expect("silu");
  relu(cpu, 5, x.data(), y.data()), expect("relu");
  leaky_relu(cpu, 5, 1e-31, x.data(), y.data()), expect("leaky_relu");
  gelu_exact(cpu, 5, x.data(), y.data()), expect("gelu_exact");
  gelu_tanh(cpu, 5, x.data(), y.data()), expect("gelu_tanh");
}

TEST_CASE_TEMPLATE("tanh and sigmoid: a bad number stays one, great ones come to the ends", T, float, double) {
  const std::vector<T> x{T(NAN), T(inf), T(-inf), T(1e30), T(-1e30), T(0)};
  const Cpu<T> cpu{1};
  std::vector<T> y(6);
  tanh(cpu, 6, x.data(), y.data());
  CHECK(std::isnan(y[0]));
  CHECK(std::vector<T>(y.begin() + 1, y.end()) == std::vector<T>{1, -1, 1, -1, 0});
  sigmoid(cpu, 6, x.data(), y.data());
  CHECK(std::isnan(y[0]));
  CHECK(y[1] == 1);
  CHECK(y[2] < T(1e-30));
  CHECK(y[3] == 1);
  CHECK(y[4] < T(1e-30));
  CHECK(y[5] == T(0.5));
}

TEST_CASE_TEMPLATE("elementwise: a number's fate does not depend on its place or on threads", T, float, double) {
  const std::vector<T> x = ramp<T>(70000, -6, 6), d = ramp<T>(70000, 1, -2);
  const auto run = [&](int threads, std::int64_t first, std::int64_t n) {
    std::vector<T> all;
    const auto one = [&](const auto& kernel) {
      std::vector<T> y(static_cast<std::size_t>(n));
      kernel(Cpu<T>{threads}, n, y.data());
      all.insert(all.end(), y.begin(), y.end());
    };
    const T *a = x.data() + first, *b = d.data() + first;
    one([&](const auto& cpu, std::int64_t k, T* y) { silu(cpu, k, a, y); });
    one([&](const auto& cpu, std::int64_t k, T* y) { silu_backward(cpu, k, b, a, y); });
    one([&](const auto& cpu, std::int64_t k, T* y) { gelu_exact(cpu, k, a, y); });
    one([&](const auto& cpu, std::int64_t k, T* y) { gelu_exact_backward(cpu, k, b, a, y); });
    one([&](const auto& cpu, std::int64_t k, T* y) { gelu_tanh(cpu, k, a, y); });
    one([&](const auto& cpu, std::int64_t k, T* y) { gelu_tanh_backward(cpu, k, b, a, y); });
    one([&](const auto& cpu, std::int64_t k, T* y) { leaky_relu(cpu, k, 0.2, a, y); });
    one([&](const auto& cpu, std::int64_t k, T* y) { leaky_relu_backward(cpu, k, 0.2, b, a, y); });
    one([&](const auto& cpu, std::int64_t k, T* y) { tanh(cpu, k, a, y); });
    one([&](const auto& cpu, std::int64_t k, T* y) { tanh_backward(cpu, k, b, a, y); });
    one([&](const auto& cpu, std::int64_t k, T* y) { sigmoid(cpu, k, a, y); });
    one([&](const auto& cpu, std::int64_t k, T* y) { sigmoid_backward(cpu, k, b, a, y); });
    one([&](const auto& cpu, std::int64_t k, T* y) { multiply(cpu, k, a, b, y); });
    return all;
  };
  const std::vector<T> whole = run(2, 0, 70000);
  CHECK(run(1, 0, 70000) == whole);
  for (const auto& [first, n] : {std::pair{1, 1}, std::pair{3, 63}, std::pair{60000, 131}}) {
    const std::vector<T> part = run(2, first, n);
    for (std::size_t op = 0; op < 13; ++op)
      for (std::size_t i = 0; i < std::size_t(n); ++i)
        REQUIRE(part[op * std::size_t(n) + i] == whole[op * 70000 + std::size_t(first) + i]);
  }
}

TEST_CASE("elementwise: nothing outside of the array is written") {
  std::vector<float> x(70, 1.f), y(72, -7.f);
  add(Cpu<float>{1}, 70, x.data(), x.data(), y.data() + 1);
  CHECK(y.front() == -7);
  CHECK(y.back() == -7);
  CHECK(y[1] == 2);
  CHECK(y[70] == 2);
}

TEST_CASE("elementwise: the plain ones") {
  const Cpu<double> cpu{1};
  const std::vector<double> a{1, 2, 3}, b{4, 6, 8};
  std::vector<double> y(3);
  subtract(cpu, 3, b.data(), a.data(), y.data());
  CHECK(y == std::vector<double>{3, 4, 5});
  scale(cpu, 3, 2, a.data(), y.data());
  CHECK(y == std::vector<double>{2, 4, 6});
  add_into(cpu, 3, a.data(), y.data());
  CHECK(y == std::vector<double>{3, 6, 9});
  spread(cpu, 3, 0.5, b.data(), y.data());
  CHECK(y == std::vector<double>{2, 2, 2});
  fill(cpu, 3, -1, y.data());
  CHECK(y == std::vector<double>{-1, -1, -1});
  relu_backward(cpu, 3, a.data(), y.data(), y.data());
  CHECK(y == std::vector<double>{0, 0, 0});
}

TEST_CASE("copy_in and copy_out: between types; whole numbers are rounded and kept in range") {
  const Cpu<float> cpu{1};
  const std::vector<std::uint8_t> bytes{0, 7, 255};
  std::vector<float> x(3);
  copy_in(cpu, 3, bytes.data(), x.data());
  CHECK(x == std::vector<float>{0, 7, 255});
  const std::vector<float> out{-3.f, 1.6f, 300.f};
  std::vector<std::uint8_t> back(3);
  copy_out(cpu, 3, out.data(), back.data());
  CHECK(back == std::vector<std::uint8_t>{0, 2, 255});
  std::vector<double> wide(3);
  copy_out(cpu, 3, out.data(), wide.data());
  CHECK(wide[1] == double(1.6f));
}

TEST_CASE("copy_columns and add_channels: lines apart, one shift an image") {
  const Cpu<float> cpu{2};
  const std::vector<float> x{1, 2, 3, 4};
  std::vector<float> y(6, 0.f);
  copy_columns(cpu, 2, 2, x.data(), 2, y.data() + 1, 3);
  CHECK(y == std::vector<float>{0, 1, 2, 0, 3, 4});
  const std::vector<float> shift{10, 20};
  add_channels(cpu, 2, 2, 1, x.data(), shift.data(), y.data());
  CHECK(y[0] == 11);
  CHECK(y[1] == 12);
  CHECK(y[2] == 23);
  CHECK(y[3] == 24);
}
