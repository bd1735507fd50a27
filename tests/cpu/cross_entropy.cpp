#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/cross_entropy.hpp>
#include <vector>

using namespace hush;

TEST_CASE("cpu cross_entropy: a row's belongs to the row alone, and its slopes add up to 0") {
  const Cpu<float> on{2};
  constexpr std::int64_t rows = 6, classes = 5;
  std::vector<float> x, y(rows), dx(rows * classes);
  std::vector<std::int32_t> labels;
  for (int i = 0; i < rows * classes; ++i) x.push_back(3 * std::sin(float(i * i)));
  for (int i = 0; i < rows; ++i) labels.push_back(3 * i % 5);
  const float dy = 2;
  cross_entropy(on, rows, classes, x.data(), labels.data(), y.data());
  cross_entropy_backward(on, rows, classes, 0.5, x.data(), labels.data(), &dy, dx.data());
  for (std::int64_t row = 0; row < rows; ++row) {
    float alone = 0, sum = 0;
    cross_entropy(on, 1, classes, x.data() + row * classes, labels.data() + row, &alone);
    CHECK(y[std::size_t(row)] == alone);
    for (std::int64_t c = 0; c < classes; ++c) {
      const float slope = dx[std::size_t(row * classes + c)];
      CHECK((slope < 0) == (c == labels[std::size_t(row)]));
      sum += slope;
    }
    CHECK(std::abs(sum) < 1e-6f);
  }
}
