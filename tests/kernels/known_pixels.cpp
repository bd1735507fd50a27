#include <doctest/doctest.h>

#include <vector>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/known_pixels.hpp>
#include <hush/kernels/known_pixels.hpp>

using namespace hush;
using B = Cpu<double>;

namespace {

Tensor<B> of(const Shape& shape, const std::vector<double>& values) {
  return upload(B{}, shape, std::span<const double>(values));
}

}  // namespace

TEST_CASE("known pixels: inside and outside of holes, all channels of a pixel alike") {
  const Tensor<B> hole = of({2, 1, 2, 1}, {0, 1, 1, 0});
  const Tensor<B> inside = of({2, 1, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}),
                  outside = of({2, 1, 2, 2}, {-1, -2, -3, -4, -5, -6, -7, -8});
  CHECK(download<double>(choose(hole, inside, outside)) == std::vector<double>{-1, -2, 3, 4, 5, 6, -7, -8});
  Tensor<B> x = of({2, 1, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  put_back(KnownPixels<B>{outside, hole}, x);
  CHECK(download<double>(x) == std::vector<double>{-1, -2, 3, 4, 5, 6, -7, -8});
}

TEST_CASE("known pixels: shapes that do not fit") {
  const Tensor<B> hole = of({1, 1, 2, 1}, {0, 1}), image = of({1, 1, 2, 2}, {1, 2, 3, 4});
  CHECK_THROWS_WITH_AS(choose(image, image, image), "[choose] [1, 1, 2, 2] within holes [1, 1, 2, 2] of [1, 1, 2, 2]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(choose(hole, image, hole), "[choose] [1, 1, 2, 2] within holes [1, 1, 2, 1] of [1, 1, 2, 1]",
                       std::invalid_argument);
  Tensor<B> x = of({1, 2, 1, 2}, {1, 2, 3, 4});
  CHECK_THROWS_WITH_AS(put_back(KnownPixels<B>{image, hole}, x),
                       "[put_back] pixels of [1, 1, 2, 2] with holes [1, 1, 2, 1] are not those of [1, 2, 1, 2]",
                       std::invalid_argument);
}
