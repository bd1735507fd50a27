#include <doctest/doctest.h>

#include <cmath>

#include <hush/cpu/noise.hpp>
#include <hush/kernels/combination.hpp>
#include <hush/random/normal.hpp>
#include <hush/tensor/tensor.hpp>

using namespace hush;
using B = Cpu<float>;

TEST_CASE("noise: a network's output becomes both estimates, in place too, and clips x0 alone") {
  const B on;
  auto x = upload(on, {3}, std::span<const double>(std::vector<double>{1, 2, -3}));
  const auto f = upload(on, {3}, std::span<const double>(std::vector<double>{1, 1, 1}));
  auto eps = empty_like(x);
  std::int32_t bad = 0;
  const EstimateRule rule{1, -0.5, 0.25, 1, 0.75};
  estimates(on, 3, rule, x.data(), f.data(), x.data(), eps.data(), &bad);
  CHECK(download<double>(x) == std::vector<double>{0.5, 0.75, -0.75});
  CHECK(download<double>(eps) == std::vector<double>{1.25, 1.5, 0.25});
  CHECK(bad == 0);
  const float wild[]{1, INFINITY, 1};
  estimates(on, 3, rule, x.data(), wild, static_cast<float*>(nullptr), eps.data(), &bad);
  CHECK(bad == 1);
}

TEST_CASE("noise: a combination adds terms and draws, and may overwrite a term") {
  const B on;
  auto x = filled(on, {2, 70}, 2);
  const auto y = filled(on, {2, 70}, 3);
  const std::vector<Term<float>> terms{{x.data(), 1}, {y.data(), -2}};
  const std::vector<DrawTerm> draws{{purpose("draw"), 0.5}};
  combine(on, 2, 70, std::span<const Term<float>>(terms), std::span<const DrawTerm>(draws), DrawPlace{8, 5, 3},
          x.data());
  for (std::int64_t i = 0; i < 2; ++i)
    for (const std::uint64_t at : {0, 1, 63, 64, 69}) {
      const Stream stream{8, std::uint32_t(5 + i), 3, purpose("draw")};
      CHECK(x.data()[i * 70 + std::int64_t(at)] == doctest::Approx(-4 + 0.5 * normal_at(stream, at)));
    }
}
