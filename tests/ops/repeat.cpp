#include <doctest/doctest.h>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/ops/repeat.hpp>
#include <ops/inputs.hpp>

using namespace hush;

TEST_CASE("repeat: a parameter for each image, whose gradients add up") {
  const auto like = input({1}, 1);
  const auto y = repeat(like, parameter({2, 3}, 2), 4);
  CHECK(y.shape() == Shape{4, 2, 3});
  const auto once = numbers({2, 3}, 2), all = download<double>(y);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == once[i % 6]);
  for (const Shape& s : {Shape{5}, Shape{2, 3}, Shape{2, 1, 3}})
    require_gradients([&](const auto& x, const auto& p) { return repeat(x, p, 3); }, like, parameter(s, 3));
  CHECK_THROWS_WITH_AS(repeat(like, parameter({1, 1, 1, 1}, 1), 2),
                       "[repeat] has no rank left for the images before [1, 1, 1, 1]", std::invalid_argument);
}
