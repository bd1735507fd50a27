#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/cross_entropy.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/ops/cross_entropy.hpp>
#include <ops/inputs.hpp>

using namespace hush;

namespace {
const std::vector<std::int32_t> labels{2, 0, 1, 2, 2};
}

TEST_CASE("cross_entropy: gradients agree with finite differences") {
  for (const std::int64_t rows : {1, 2, 5})
    require_gradients(
        [&](const auto& x) { return cross_entropy(x, std::span<const std::int32_t>(labels).first(std::size_t(rows))); },
        input({rows, 3}, 4));
}

TEST_CASE("cross_entropy: by hand") {
  const Cpu<double> on{1};
  CHECK(download<double>(cross_entropy(filled(on, {5, 7}, 3), labels))[0] == doctest::Approx(std::log(7.)));
  const auto x = upload(on, {1, 2}, std::span<const double>(std::vector{0.0, std::log(3.0)}));
  CHECK(download<double>(cross_entropy(x, std::vector<std::int32_t>{1}))[0] == doctest::Approx(std::log(4. / 3)));
  CHECK(download<double>(cross_entropy(x, std::vector<std::int32_t>{0}))[0] == doctest::Approx(std::log(4.)));
}

TEST_CASE("cross_entropy: logits far from 0 do not overflow") {
  const Cpu<double> on{1};
  const auto x = upload(on, {2, 2}, std::span<const double>(std::vector{2000.0, 0.0, -3000.0, -3001.0}));
  CHECK(download<double>(cross_entropy(x, std::vector<std::int32_t>{1, 0}))[0] ==
        doctest::Approx((2000 + std::log1p(std::exp(-1.))) / 2));
}

TEST_CASE("cross_entropy: what does not fit is refused in words") {
  const Cpu<double> on{1};
  const auto x = filled(on, {5, 3}, 1);
  CHECK_THROWS_WITH_AS(cross_entropy(x, std::vector<std::int32_t>{1}), "[cross_entropy] 1 labels for logits [5, 3]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(cross_entropy(x, std::vector<std::int32_t>{0, 1, 2, 3, 0}),
                       "[cross_entropy] label 3 is 3, there are 3 classes", std::invalid_argument);
  CHECK_THROWS_WITH_AS(cross_entropy(x, std::vector<std::int32_t>{0, -1, 2, 3, 0}),
                       "[cross_entropy] label 1 is -1, there are 3 classes", std::invalid_argument);
  CHECK_THROWS_WITH_AS(cross_entropy(filled(on, {5, 3, 1}, 1), labels),
                       "[cross_entropy] wants logits [rows, classes], got [5, 3, 1]", std::invalid_argument);
}
