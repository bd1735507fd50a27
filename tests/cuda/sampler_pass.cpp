#include <hush/cuda/sampler_pass.hpp>

#include "against.hpp"

#include <hush/cpu/sampler_pass.hpp>

using namespace against;

namespace {

/// A run's state: at `step`, images from `first` on.
template <class B>
Tensor<B, std::int32_t> state(const B& on, std::int32_t step, std::int32_t first) {
  Tensor<B, std::int32_t> s(on, {RunPlace::size});
  const std::int32_t numbers[]{step, first};
  copy_in(on, 2, numbers, s.data());
  return s;
}

/// The numbers of two steps: c_in, c_noise, the rule, the coefficients of the estimates and of others.
std::vector<double> two_steps(const std::vector<double>& rule, std::vector<double> coefficients) {
  std::vector<double> numbers(9 + coefficients.size() - 2, 9.);
  numbers.insert(numbers.end(), {2, -1});
  numbers.insert(numbers.end(), rule.begin(), rule.end());
  numbers.insert(numbers.end(), coefficients.begin(), coefficients.end());
  return numbers;
}

}  // namespace

TEST_CASE("cuda sampler_pass: a sum of terms and draws with a step's coefficients is that of the CPU") {
  each_machine([](const auto& on) {
    for (const std::int64_t stride : {1, 5, 16, 2056})
      for (const int terms : {0, 1, 2, 16})
        for (const int draws : {0, 1, 8}) {
          CAPTURE(stride);
          CAPTURE(terms);
          CAPTURE(draws);
          const std::int64_t images = 3, n = images * stride;
          std::vector<double> coefficients{0, 0};
          for (int i = 0; i < terms + draws; ++i) coefficients.push_back(0.25 * i - 1);
          const auto numbers = two_steps({0, 0, 0, 0, 0}, coefficients);
          const auto made = [&]<class F, class T>(const F& full, T, const RunPlace& at) {
            const auto table = put<T>(full, numbers);
            std::vector<Tensor<F, T>> x;
            for (int i = 0; i < terms; ++i) x.push_back(put<T>(full, random<float>(n, unsigned(i))));
            auto y = terms > 0 ? x.back() : room<T>(full, n);  // in place of a term
            SamplerPass<T, T> pass{
                .at = at, .numbers = {table.data(), std::int32_t(numbers.size() / 2)}, .y = y.data()};
            for (int i = 0; i < terms; ++i) pass.term[pass.terms++] = x[std::size_t(i)].data();
            for (int i = 0; i < draws; ++i) pass.purpose[pass.draws++] = draw_purpose(i);
            pass.seed = 9;
            sampler_pass(full, images, stride, pass);
            return download<double>(y);
          };
          const auto at = state(on, 1, 40);
          const auto found = made(on.in_full(), 0.f, {at.data()}), wanted = made(Double{1}, 0., {nullptr, 1, 40});
          CHECK(distance(found, wanted) < 1e-6);
          if (terms == 0 && draws == 1) CHECK(found == made(Cpu<float>{1}, 0.f, {nullptr, 1, 40}));
        }
  });
}

TEST_CASE("cuda sampler_pass: estimates, alone and in one pass with their sum, in place, and the flag of infinities") {
  each_machine([](const auto& on) {
    using T = typename std::decay_t<decltype(on)>::scalar;
    for (const std::int64_t stride : {1, 5, 301})
      for (const bool kept : {true, false})
        for (const bool summed : {true, false})
          for (const double clip : {0., 1.}) {
            CAPTURE(stride);
            CAPTURE(kept);
            CAPTURE(summed);
            const std::int64_t images = 3, n = images * stride;
            const auto numbers = two_steps({2, -1, 0.5, 0.25, clip}, {0.5, 1.5, -2, 0.25});
            const auto made = [&]<class F, class X, class Y>(const F& full, X, Y, const RunPlace& at,
                                                             const std::vector<double>& output) {
              const auto table = put<X>(full, numbers), other = put<X>(full, random<float>(n, 5));
              const auto f = put<Y>(full, output);
              auto x = put<X>(full, random<float>(n, 3)), x0 = room<X>(full, n), eps = room<X>(full, n);
              auto bad = put<std::int32_t>(full, {0, 0});
              SamplerPass<X, Y> pass{.at = at, .numbers = {table.data(), std::int32_t(numbers.size() / 2)}};
              pass.x = x.data(), pass.f = f.data(), pass.bad = bad.data(), pass.seed = 9;
              if (kept) pass.x0 = x0.data(), pass.eps = eps.data();
              if (summed) {
                pass.y = x.data(), pass.adds_eps = true;
                pass.term[pass.terms++] = other.data(), pass.purpose[pass.draws++] = draw_purpose(0);
              }
              sampler_pass(full, images, stride, pass);
              std::vector<double> all = download<double>(x);
              for (const auto* estimate : {&x0, &eps})
                if (kept)
                  for (const double v : download<double>(*estimate)) all.push_back(v);
              return std::pair(all, download<int>(bad));
            };
            const auto at = state(on, 1, 40);
            auto output = random<T>(n, 4);
            const auto found = made(on.in_full(), 0.f, T(0.f), {at.data()}, output);
            CHECK(distance(found.first, made(Double{1}, 0., 0., {nullptr, 1, 40}, output).first) < 1e-6);
            CHECK(found.second == std::vector{0, 0});
            for (const double wrong : {double(NAN), double(INFINITY), -double(INFINITY)}) {
              output[std::size_t(n / 2)] = wrong;
              CHECK(made(on.in_full(), 0.f, T(0.f), {at.data()}, output).second == std::vector{0, 1});
            }
          }
  });
}

TEST_CASE("cuda sampler_pass: what the network is given of the image and of the level") {
  each_machine([](const auto& on) {
    using T = typename std::decay_t<decltype(on)>::scalar;
    const std::int64_t n = 300;
    const auto a = random<float>(n, 3);
    const auto numbers = put<float>(on, two_steps({0, 0, 0, 0, 0}, {0, 0}));
    const auto x = put<float>(on, a);
    auto at = state(on, 1, 0);
    auto seen = room<T>(on, n);
    scale_input(on, n, {at.data()}, {numbers.data(), 9}, x.data(), seen.data());
    std::vector<double> twice(a);
    for (double& v : twice) v *= 2;
    CHECK(distance(download<double>(seen), twice) < tolerance<typename std::decay_t<decltype(on)>::precision>());
    auto told = room<float>(on, 3);
    fill_c_noise(on, 3, {at.data()}, {numbers.data(), 9}, told.data());
    CHECK(download<double>(told) == std::vector<double>{-1, -1, -1});
    next_step(on, at.data());
    CHECK(download<int>(at) == std::vector{2, 0});
  });
}

TEST_CASE("cuda sampler_pass: rows of tables, for every image") {
  each_machine([](const auto& on) {
    using T = typename std::decay_t<decltype(on)>::scalar;
    const auto narrow = put<T>(on, {1, 2, 3}), wide = put<T>(on, {1, 2, 3, 4, 5, 6});
    auto a = room<T>(on, 2), b = room<T>(on, 4);
    StepRows rows{.count = 2};
    rows.width[0] = 1, rows.width[1] = 2;
    rows.from[0] = narrow.data(), rows.from[1] = wide.data();
    rows.to[0] = a.data(), rows.to[1] = b.data();
    const auto at = state(on, 2, 0);
    fetch_step(on, 2, {at.data()}, rows);
    CHECK(download<double>(a) == std::vector<double>{3, 3});
    CHECK(download<double>(b) == std::vector<double>{5, 6, 5, 6});
  });
}
