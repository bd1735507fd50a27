#include <hush/cuda/steps.hpp>

#include "against.hpp"

#include <hush/cpu/noise.hpp>

using namespace against;

namespace {

/// A run's state: at `step`, images from `first` on.
template <class B>
Tensor<B, std::int32_t> state(const B& on, std::int32_t step, std::int32_t first) {
  Tensor<B, std::int32_t> s(on, {RunState::size});
  const std::int32_t numbers[]{step, first};
  copy_in(on, 2, numbers, s.data());
  return s;
}

}  // namespace

TEST_CASE("steps: a sum with a step's coefficients and draws is that of the CPU") {
  each_machine([](const auto& on) {
    for (const std::int64_t stride : {1, 5, 16}) {
      const std::int64_t images = 3, n = images * stride;
      const auto a = random<float>(n, 1), b = random<float>(n, 2);
      auto x = put<float>(on, a);
      const auto y = put<float>(on, b);
      const auto table = put<float>(on, {0, 0, 0, 0, 0.5, -2, 1.5, 0.25});  // two steps of four numbers, from step 6 on
      StepSum sum;
      sum.terms = 2, sum.draws = 2;
      sum.term[0] = std::as_const(x).data(), sum.term[1] = y.data();
      sum.purpose[0] = purpose("draw", 0), sum.purpose[1] = purpose("draw", 1);
      const auto at = state(on, 7, 40);
      combine_step(on, images, stride, at.data(), {table.data(), 6, 4}, sum, 9, x.data());
      std::vector<double> wanted(std::size_t(n), 0.0);
      const std::vector<Term<double>> terms{{a.data(), 0.5}, {b.data(), -2}};
      const std::vector<DrawTerm> draws{{purpose("draw", 0), 1.5}, {purpose("draw", 1), 0.25}};
      combine(Double{1}, images, stride, std::span<const Term<double>>(terms), draws, {9, 40, 7}, wanted.data());
      CHECK(distance(download<double>(x), wanted) < 1e-6);
    }
  });
}

TEST_CASE("steps: estimates, what the network noise_labels, and the flag of what is not finite") {
  each_machine([](const auto& on) {
    using T = typename std::decay_t<decltype(on)>::scalar;
    for (const std::int64_t n : {1, 7, 300}) {
      const auto a = random<float>(n, 3), b = random<T>(n, 4);
      const auto x = put<float>(on, a), rules = put<float>(on, {9, 9, 9, 9, 9, 2, -1, 0.5, 0.25, 1});
      auto f = put<T>(on, b);
      auto x0 = room<float>(on, n), eps = room<float>(on, n);
      auto bad = put<std::int32_t>(on, {0, 0});
      auto at = state(on, 1, 0);
      const auto estimate = [&] {
        estimate_step(on, n, std::as_const(at).data(), {rules.data(), 0, 5}, x.data(), std::as_const(f).data(),
                      x0.data(), eps.data(), bad.data());
      };
      estimate();
      std::vector<double> x0s(a.size()), noises(a.size());
      for (std::size_t i = 0; i < a.size(); ++i) {
        x0s[i] = std::clamp(2 * a[i] - b[i], -1.0, 1.0);
        noises[i] = 0.5 * a[i] + 0.25 * b[i];
      }
      CHECK(distance(download<double>(x0), x0s) < 1e-6);
      CHECK(distance(download<double>(eps), noises) < 1e-6);
      CHECK(download<int>(bad) == std::vector{0, 0});
      fill(on, 1, INFINITY, f.data() + n / 2);
      estimate();
      CHECK(download<int>(bad) == std::vector{0, 1});

      auto seen = room<T>(on, n);
      show_step(on, n, std::as_const(at).data(), {rules.data() + 4, 0, 1}, x.data(), seen.data());
      std::vector<double> twice(a);
      for (double& v : twice) v *= 2;
      CHECK(distance(download<double>(seen), twice) < tolerance<typename std::decay_t<decltype(on)>::precision>());
      auto told = room<float>(on, 3);
      tell_step(on, 3, std::as_const(at).data(), {rules.data() + 5, 0, 1}, told.data());
      CHECK(download<double>(told) == std::vector<double>{-1, -1, -1});
      next_step(on, at.data());
      CHECK(download<int>(at) == std::vector{2, 0});
    }
  });
}

TEST_CASE("steps: a look and its sum in one pass are the CPU's") {
  each_machine([](const auto& on) {
    using T = typename std::decay_t<decltype(on)>::scalar;
    for (const std::int64_t stride : {1, 5, 300}) {
      const std::int64_t images = 3, n = images * stride;
      const auto a = random<float>(n, 3), b = random<T>(n, 4), other = random<float>(n, 5);
      const auto rules = put<float>(on, {9, 9, 9, 9, 9, 2, -1, 0.5, 0.25, 1});
      const auto numbers = put<float>(on, {0, 0, 0, 0, 0.5, -2, 1.5, 0.25});
      const auto y = put<float>(on, other);
      auto f = put<T>(on, b);
      auto bad = put<std::int32_t>(on, {0, 0});
      const auto at = state(on, 1, 40);
      StepSum sum;
      sum.terms = 3, sum.draws = 1, sum.fresh_eps = 2;
      sum.term[1] = y.data(), sum.purpose[0] = purpose("draw", 0);
      for (const bool kept : {true, false}) {
        auto x = put<float>(on, a);
        auto x0 = room<float>(on, n), eps = room<float>(on, n);
        const auto step = [&] {
          combine_step(on, images, stride, at.data(), {numbers.data(), 0, 4}, sum, {rules.data(), 0, 5},
                       std::as_const(x).data(), std::as_const(f).data(), kept ? x0.data() : nullptr,
                       kept ? eps.data() : nullptr, bad.data(), 9, x.data());
        };
        step();
        std::vector<double> wanted(std::size_t(n), 0.0), x0s(wanted), noises(wanted);
        const std::vector<Term<double>> terms{{other.data(), -2}};
        const DrawTerm draw{purpose("draw", 0), 0.25};
        std::int32_t found = 0;
        combine_estimates(Double{1}, images, stride, {2, -1, 0.5, 0.25, 1}, a.data(), b.data(),
                          {x0s.data(), noises.data(), 0.5, 1.5}, std::span<const Term<double>>(terms),
                          std::span(&draw, 1), {9, 40, 1}, wanted.data(), &found);
        CHECK(distance(download<double>(x), wanted) < 1e-6);
        CHECK(found == 0);
        if (kept) {
          CHECK(distance(download<double>(x0), x0s) < 1e-6);
          CHECK(distance(download<double>(eps), noises) < 1e-6);
        }
        CHECK(download<int>(bad) == std::vector{0, 0});
      }
      fill(on, 1, INFINITY, f.data() + n / 2);
      auto x = put<float>(on, a);
      combine_step(on, images, stride, at.data(), {numbers.data(), 0, 4}, sum, {rules.data(), 0, 5},
                   std::as_const(x).data(), std::as_const(f).data(), nullptr, nullptr, bad.data(), 9, x.data());
      CHECK(download<int>(bad) == std::vector{0, 1});
    }
  });
}

TEST_CASE("steps: rows of tables, for every image") {
  each_machine([](const auto& on) {
    using T = typename std::decay_t<decltype(on)>::scalar;
    const auto narrow = put<T>(on, {1, 2, 3}), wide = put<T>(on, {1, 2, 3, 4, 5, 6});
    auto a = room<T>(on, 2), b = room<T>(on, 4);
    StepRows rows{.count = 2, .first = 3};
    rows.width[0] = 1, rows.width[1] = 2;
    rows.from[0] = narrow.data(), rows.from[1] = wide.data();
    rows.to[0] = a.data(), rows.to[1] = b.data();
    const auto at = state(on, 5, 0);
    fetch_step(on, 2, at.data(), rows);
    CHECK(download<double>(a) == std::vector<double>{3, 3});
    CHECK(download<double>(b) == std::vector<double>{5, 6, 5, 6});
  });
}
