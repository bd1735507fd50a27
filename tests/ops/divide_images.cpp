#include <doctest/doctest.h>

#include <span>
#include <vector>

#include <hush/cpu/levels.hpp>
#include <hush/ops/divide_images.hpp>
#include <ops/inputs.hpp>

using namespace hush;
using B = Cpu<double>;

TEST_CASE("divide_images: each image by its number, and the gradient") {
  const std::vector<double> by{2, -0.5, 8};
  const auto t = upload(B{}, {3}, std::span<const double>(by));
  for (const Shape& shape : {Shape{3, 2, 1, 4}, Shape{3, 5}, Shape{3}}) {
    const auto x = input(shape, 1);
    const auto before = download<double>(x), after = download<double>(divide_images(x, t));
    const std::size_t stride = before.size() / 3;
    for (std::size_t i = 0; i < before.size(); ++i) CHECK(after[i] == before[i] / by[i / stride]);
    require_gradients([&](const auto& v) { return divide_images(v, t); }, x);
  }
  CHECK_THROWS_WITH_AS(divide_images(input({2, 3}, 1), t), "[divide_images] images [2, 3] want numbers [2], got [3]",
                       std::invalid_argument);
}
