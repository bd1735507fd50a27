#include <doctest/doctest.h>

#include <cmath>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/optimizer.hpp>
#include <hush/io/safetensors.hpp>
#include <hush/optimizer.hpp>
#include <hush/optimizers/adam.hpp>
#include <hush/optimizers/adamw.hpp>

using namespace hush;

namespace {

using B = Cpu<double>;

/// Ten steps along the golden gradients.
template <class Opt>
std::vector<double> ten_steps(const Opt& optimizer, double gradient_factor = 1, double rate_factor = 1) {
  const io::Arrays golden = io::read_safetensors("tests/goldens/optimizers.safetensors");
  const auto start = io::values_of<double>(golden.items.at("start")),
             grads = io::values_of<double>(golden.items.at("grads"));
  const std::int64_t n = std::int64_t(start.size());
  auto w = upload(B{}, {n}, std::span<const double>(start));
  std::vector<Tensor<B>> past{filled(B{}, {n}, 0), filled(B{}, {n}, 0)};
  for (std::int64_t step = 0; step < 10; ++step) {
    const auto g = upload(B{}, {n}, std::span<const double>(grads).subspan(std::size_t(step * n), std::size_t(n)));
    optimizer.template operator()<B>(
        {.size = n, .number = step + 1, .rate_factor = rate_factor, .gradient_factor = &gradient_factor}, w, g, past);
  }
  return download<double>(w);
}

std::vector<double> golden(const char* name) {
  return io::values_of<double>(io::read_safetensors("tests/goldens/optimizers.safetensors").items.at(name));
}

void check_close(const std::vector<double>& found, const std::vector<double>& wanted) {
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(1e-12));
}

}  // namespace

TEST_CASE("adam: ten steps are PyTorch's, with and without l2") {
  check_close(ten_steps(Adam{.rate = 0.01, .beta2 = 0.99, .eps = 1e-6}), golden("adam"));
  check_close(ten_steps(Adam{.rate = 0.01, .beta2 = 0.99, .eps = 1e-6, .l2 = 0.1}), golden("adam_l2"));
}

TEST_CASE("adamw: ten steps are PyTorch's; a decay that is absolute equals one of rate times decay") {
  check_close(ten_steps(AdamW{.rate = 0.01, .beta2 = 0.99, .eps = 1e-6, .decay = 0.1}), golden("adamw"));
  check_close(ten_steps(AdamW{.rate = 0.01, .beta2 = 0.99, .eps = 1e-6, .decay = 0.001, .decay_is = Decay::absolute}),
              golden("adamw"));
  // Half the rate halves what times_rate takes, and leaves absolute as it is.
  CHECK(ten_steps(AdamW{.decay = 0.1}, 1, 0.5) != ten_steps(AdamW{.decay = 1e-4, .decay_is = Decay::absolute}, 1, 0.5));
}

TEST_CASE("adam: without decay the factor on the gradients cancels, up to eps") {
  const auto a = ten_steps(Adam{.eps = 1e-30}), b = ten_steps(Adam{.eps = 1e-30}, 1e-3);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-9));
}

TEST_CASE("adamw: finds the minimum of a parabola") {
  const std::vector<double> start{0.1, -0.2, -0.1}, target{0.4, 0.2, -0.5};
  auto w = upload(B{}, {3}, std::span<const double>(start));
  std::vector<Tensor<B>> past{filled(B{}, {3}, 0), filled(B{}, {3}, 0)};
  for (std::int64_t step = 1; step <= 100; ++step) {
    auto g = empty_like(w);
    for (int i = 0; i < 3; ++i) g.data()[i] = 2 * (w.data()[i] - target[std::size_t(i)]) / 3;
    AdamW{.rate = 0.2, .decay = 0}.operator()<B>({.size = 3, .number = step}, w, g, past);
  }
  for (int i = 0; i < 3; ++i) CHECK(std::abs(w.data()[i] - target[std::size_t(i)]) < 1e-2);
}

TEST_CASE("optimizers: hyper-parameters that cannot be are refused") {
  CHECK_THROWS_WITH_AS(Adam{.rate = 0}.validate(), "[Adam] rate must be positive and finite, is 0",
                       std::invalid_argument);
  CHECK_THROWS_AS(Adam{.beta2 = 1}.validate(), std::invalid_argument);
  CHECK_THROWS_AS(AdamW{.eps = 0}.validate(), std::invalid_argument);
  CHECK_THROWS_AS(AdamW{.decay = -1}.validate(), std::invalid_argument);
  CHECK_NOTHROW(AdamW{}.validate());
}

TEST_CASE("adam: the moving average and the compute_copy follow the new weights") {
  const std::int64_t n = 131;
  auto w = filled(B{}, {n}, 0.5), average = filled(B{}, {n}, 2), compute_copy = filled(B{}, {n}, -1);
  std::vector<Tensor<B>> past{filled(B{}, {n}, 0), filled(B{}, {n}, 0)};
  auto g = empty_like(w);
  for (std::int64_t i = 0; i < n; ++i) g.data()[i] = double(i - 60);
  Adam{.rate = 0.1}.operator()<B>(
      {.size = n, .after = {.average = average.data(), .decay = 0.75, .compute_copy = compute_copy.data()}}, w, g,
      past);
  for (std::int64_t i = 0; i < n; ++i) {
    const double sign = double((i > 60) - (i < 60));  // Adam's first step is as long as the rate
    CHECK(w.data()[i] == doctest::Approx(0.5 - 0.1 * sign).epsilon(1e-7));
    CHECK(average.data()[i] == doctest::Approx(0.75 * 2 + 0.25 * w.data()[i]).epsilon(1e-14));
    CHECK(compute_copy.data()[i] == w.data()[i]);
  }
}

TEST_CASE("adam: a factor that is not a number changes nothing") {
  const std::int64_t n = 70;
  const double nan = std::nan("");
  auto w = filled(B{}, {n}, 1), average = filled(B{}, {n}, 2), compute_copy = filled(B{}, {n}, 3);
  const auto g = filled(B{}, {n}, 4);
  std::vector<Tensor<B>> past{filled(B{}, {n}, 5), filled(B{}, {n}, 6)};
  AdamW{}.operator()<B>({.size = n,
                         .gradient_factor = &nan,
                         .after = {.average = average.data(), .decay = 0.5, .compute_copy = compute_copy.data()}},
                        w, g, past);
  const auto all_are = [](const Tensor<B>& x, double value) {
    const auto values = download<double>(x);
    return values == std::vector<double>(values.size(), value);
  };
  CHECK(all_are(w, 1));
  CHECK(all_are(average, 2));
  CHECK(all_are(compute_copy, 3));
  CHECK(all_are(past[0], 5));
  CHECK(all_are(past[1], 6));
}

TEST_CASE("measure_gradient: loss, norm, and the factor that clips it; NaN for what is not finite") {
  std::vector<double> g{3, -4, 12};
  double report[GradientReport::size];
  const auto factor = [&](double loss, double clip) {
    measure_gradient(B{}, 3, clip, g.data(), &loss, report);
    return report[GradientReport::factor];
  };
  CHECK(factor(0.25, 0) == 1);
  CHECK(report[GradientReport::loss] == 0.25);
  CHECK(report[GradientReport::norm] == doctest::Approx(13).epsilon(1e-15));
  CHECK(factor(0.25, 13.5) == 1);
  CHECK(factor(0.25, 6.5) == doctest::Approx(0.5).epsilon(1e-15));
  CHECK(report[GradientReport::norm] == doctest::Approx(13).epsilon(1e-15));
  for (const double bad : {std::nan(""), double(INFINITY), -double(INFINITY)}) {
    CAPTURE(bad);
    CHECK(std::isnan(factor(bad, 1)));
    CHECK(report[GradientReport::norm] == doctest::Approx(13).epsilon(1e-15));
    g[1] = bad;
    CHECK(std::isnan(factor(0.25, 0)));
    CHECK(std::isnan(factor(0.25, 1)));
    CHECK(report[GradientReport::loss] == 0.25);
    CHECK_FALSE(std::isfinite(report[GradientReport::norm]));
    g[1] = -4;
  }
  g = {0, 0, 0};
  CHECK(factor(1, 1e-3) == 1);
}

TEST_CASE("cpu optimizer kernels: sums, averages and finiteness do not depend on threads") {
  std::vector<float> x(40000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(float(i));
  const auto n = std::int64_t(x.size());
  const double one = sum_of_squares(Cpu<float>{.threads = 1}, n, x.data());
  CHECK(one == sum_of_squares(Cpu<float>{.threads = 3}, n, x.data()));
  double plain = 0;
  for (const float v : x) plain += double(v) * v;
  CHECK(one == doctest::Approx(plain).epsilon(1e-12));
  const auto averages = [&](int threads) {
    std::vector<float> w(x.size(), 1.f), average(x.size(), 1.f), m(x.size(), 0.f), v(x.size(), 0.f);
    const AdamRule rule{.rate = 0.1, .beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8, .l2 = 0, .keep = 1, .number = 1};
    adam(Cpu<float>{threads}, n, rule, static_cast<const float*>(nullptr), x.data(), w.data(), m.data(), v.data(),
         {.average = average.data(), .decay = 0.75});
    CHECK(average[12345] == doctest::Approx(0.75 + 0.25 * w[12345]));
    return average;
  };
  CHECK(averages(1) == averages(3));
  CHECK(all_finite(Cpu<float>{}, n, x.data()));
  x[39999] = INFINITY;
  CHECK_FALSE(all_finite(Cpu<float>{}, n, x.data()));
  x[39999] = 1, x[0] = NAN;
  CHECK_FALSE(all_finite(Cpu<float>{}, n, x.data()));
}
