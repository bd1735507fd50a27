#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

#include <hush/cpu/levels.hpp>

using namespace hush;

TEST_CASE("levels: Fourier features, nearest rows and division, in floats") {
  const float t[] = {std::exp(0.25f), 1}, w[] = {1, 0.5f};
  float y[8];
  fourier_embedding(Cpu<float>{}, 2, 2, t, w, y);
  const float wanted[] = {1, std::sqrt(0.5f), 0, std::sqrt(0.5f), 0, 0, 1, 1};  // a quarter and an eighth of a turn
  for (int i = 0; i < 8; ++i) CHECK(std::abs(y[i] - wanted[i]) < 1e-6f);

  const float numbers[] = {-1, 0.49f, 0.5f, 998.7f, 1e9f, NAN};
  std::int32_t rows[6];
  nearest_rows(Cpu<float>{}, 6, 1000, numbers, rows);
  const std::int32_t nearest[] = {0, 0, 1, 999, 999, 0};
  for (int i = 0; i < 6; ++i) CHECK(rows[i] == nearest[i]);

  const float x[] = {3, -1, 5, 8}, by[] = {2, -4};
  divide_images(Cpu<float>{2}, 2, 2, x, by, y);
  CHECK((y[0] == 1.5f && y[1] == -0.5f && y[2] == -1.25f && y[3] == -2));
}
