#include <cuda/against.hpp>

#include <hush/cpu/optimizer.hpp>
#include <hush/cuda/optimizer.hpp>

using namespace against;

TEST_CASE("cuda optimizer: five updates are the CPU's, with averages and compute_copies") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using S = ScalarOf<P>;
    for (const std::int64_t n : {1, 8, 13, 4099}) {
      CAPTURE(n);
      const auto start = random<float>(n, 1);
      const std::vector<double> zeros(std::size_t(n), 0.0);
      auto w = put<double>(Double{}, start), m = put<double>(Double{}, zeros), v = put<double>(Double{}, zeros);
      auto average = put<double>(Double{}, start), compute_copy = room<double>(Double{}, n);
      auto near_w = put<float>(on, start), near_m = put<float>(on, zeros), near_v = put<float>(on, zeros);
      auto near_average = put<float>(on, start);
      auto near_shadow = room<S>(on, n);
      const auto factor = put<double>(Double{}, {0.5});
      const auto near_factor = put<float>(on, {0.5});
      for (std::int64_t number = 1; number <= 5; ++number) {
        const AdamRule rule{
            .rate = 0.01, .beta1 = 0.9, .beta2 = 0.99, .eps = 1e-6, .l2 = 0.1, .keep = 0.999, .number = number};
        const auto g = random<float>(n, unsigned(number) + 10);
        const auto wide_g = put<double>(Double{}, g);
        const auto near_g = put<float>(on, g);
        adam(Double{}, n, rule, factor.data(), wide_g.data(), w.data(), m.data(), v.data(),
             {.average = average.data(), .decay = 0.9, .compute_copy = compute_copy.data()});
        adam(on, n, rule, near_factor.data(), near_g.data(), near_w.data(), near_m.data(), near_v.data(),
             {.average = near_average.data(), .decay = 0.9, .compute_copy = near_shadow.data()});
      }
      CHECK(distance(download<double>(near_w), download<double>(w)) < 1e-5);
      CHECK(distance(download<double>(near_m), download<double>(m)) < 1e-5);
      CHECK(distance(download<double>(near_v), download<double>(v)) < 1e-5);
      CHECK(distance(download<double>(near_average), download<double>(average)) < 1e-5);
      CHECK(distance(download<double>(near_shadow), download<double>(compute_copy)) < tolerance<P>());
    }
  });
}

TEST_CASE("cuda optimizer: no factor is 1, and one that is not a number changes nothing") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using S = ScalarOf<P>;
    const AdamRule rule{.rate = 0.1, .beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8, .l2 = 0, .keep = 1, .number = 1};
    auto w = put<float>(on, {1, 2, 3}), m = put<float>(on, {0, 0, 0}), v = m, average = put<float>(on, {4, 5, 6});
    v = put<float>(on, {0, 0, 0});
    auto compute_copy = put<S>(on, {7, 8, 9});
    const auto g = put<float>(on, {1, -1, 0}), nan = put<float>(on, {std::nan("")});
    adam(on, 3, rule, nan.data(), g.data(), w.data(), m.data(), v.data(),
         {.average = average.data(), .decay = 0.5, .compute_copy = compute_copy.data()});
    CHECK(download<double>(w) == std::vector<double>{1, 2, 3});
    CHECK(download<double>(m) == std::vector<double>{0, 0, 0});
    CHECK(download<double>(v) == std::vector<double>{0, 0, 0});
    CHECK(download<double>(average) == std::vector<double>{4, 5, 6});
    CHECK(download<double>(compute_copy) == std::vector<double>{7, 8, 9});
    adam(on, 3, rule, nullptr, g.data(), w.data(), m.data(), v.data());
    CHECK(distance(download<double>(w), {0.9, 2.1, 3}) < 1e-6);
    CHECK(download<double>(average) == std::vector<double>{4, 5, 6});
    CHECK(download<double>(compute_copy) == std::vector<double>{7, 8, 9});
  });
}

TEST_CASE("cuda optimizer: the report on a gradient") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    for (const std::int64_t n : {1, 9, 30011}) {
      CAPTURE(n);
      const auto g = random<float>(n, unsigned(n));
      double square = 0;
      for (const double v : g) square += v * v;
      const double norm = std::sqrt(square);
      auto gradient = put<float>(on, g), loss = put<float>(on, {0.25}), report = room<float>(on, GradientReport::size);
      const auto measured = [&](double clip) {
        measure_gradient(on, n, clip, gradient.data(), loss.data(), report.data());
        return download<double>(report);
      };
      CHECK(distance(measured(0), {0.25, norm, 1}) < 1e-6);
      CHECK(distance(measured(2 * norm), {0.25, norm, 1}) < 1e-6);
      const double factor = measured(norm / 4)[GradientReport::factor];
      CHECK(factor == doctest::Approx(0.25).epsilon(1e-6));
      for (const float bad : {NAN, INFINITY, -INFINITY}) {
        fill(on, 1, bad, gradient.data() + n - 1);
        CHECK(std::isnan(measured(1)[GradientReport::factor]));
        CHECK_FALSE(std::isfinite(measured(0)[GradientReport::norm]));
        fill(on, 1, g.back(), gradient.data() + n - 1);
        fill(on, 1, bad, loss.data());
        CHECK(std::isnan(measured(0)[GradientReport::factor]));
        CHECK(std::isfinite(measured(0)[GradientReport::norm]));
        fill(on, 1, 0.25, loss.data());
      }
    }
    auto huge = put<float>(on, {1e30, 1e30}), loss = put<float>(on, {1}), report = room<float>(on, 3);
    measure_gradient(on, 2, 1., huge.data(), loss.data(), report.data());
    CHECK(distance({download<double>(report)[GradientReport::norm]}, {std::sqrt(2.) * 1e30}) < 1e-6);
  });
}
