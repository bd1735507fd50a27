#include <hush/cpu/sampler_pass.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <hush/tensor/tensor.hpp>

using namespace hush;
using B = Cpu<float>;

TEST_CASE("sampler_pass: a network's output becomes both estimates, in place too, and clips x0 alone") {
  const B on;
  auto x = upload(on, {3}, std::span<const double>(std::vector<double>{1, 2, -3}));
  const auto f = upload(on, {3}, std::span<const double>(std::vector<double>{1, 1, 1}));
  auto eps = empty_like(x);
  std::int32_t bad[2] = {0, 0};
  const float numbers[]{0, 0, 1, -0.5, 0.25, 1, 0.75, 0, 0};
  SamplerPass<float, float> pass{.at = {nullptr, 1, 0}, .numbers = {numbers, 0}, .bad = bad};
  pass.x = x.data(), pass.f = f.data(), pass.x0 = x.data(), pass.eps = eps.data();
  sampler_pass(on, 1, 3, pass);
  CHECK(download<double>(x) == std::vector<double>{0.5, 0.75, -0.75});
  CHECK(download<double>(eps) == std::vector<double>{1.25, 1.5, 0.25});
  CHECK((bad[0] == 0 && bad[1] == 0));
  const float wild[]{1, INFINITY, 1};
  pass.f = wild, pass.x0 = nullptr;
  sampler_pass(on, 1, 3, pass);
  CHECK((bad[0] == 0 && bad[1] == 1));
}

TEST_CASE("sampler_pass: a sum adds terms and draws, and may overwrite a term") {
  const B on;
  auto x = filled(on, {2, 70}, 2);
  const auto y = filled(on, {2, 70}, 3);
  std::int32_t state[]{2, 5};
  const float numbers[3][12]{{}, {}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, -2, 0.5}};
  SamplerPass<float, float> pass{.at = {state}, .numbers = {numbers[0], 12}, .y = x.data()};
  pass.terms = 2, pass.draws = 1, pass.draws_later = 1, pass.seed = 8;
  pass.term[0] = x.data(), pass.term[1] = y.data(), pass.purpose[0] = purpose("draw");
  sampler_pass(on, 2, 70, pass);
  for (std::int64_t i = 0; i < 2; ++i)
    for (const std::uint64_t at : {0, 1, 63, 64, 69}) {
      const Stream stream{8, std::uint32_t(5 + i), 3, purpose("draw")};
      CHECK(x.data()[i * 70 + std::int64_t(at)] == doctest::Approx(-4 + 0.5 * normal_at(stream, at)));
    }
}
