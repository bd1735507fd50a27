#include <doctest/doctest.h>

#include <hush/cpu/dropout.hpp>
#include <hush/ops/dropout.hpp>
#include <ops/inputs.hpp>

using namespace hush;
using B = Cpu<float>;

namespace {
std::vector<float> mask(const Shape& shape, double rate, const NoiseKey& key, int draws = 0) {
  Tape<B> tape(key);
  for (int i = 0; i < draws; ++i) tape.next_draw();
  return download<float>(dropout(tape.constant(filled(B{2}, shape, 1)), rate).value());
}
}  // namespace

TEST_CASE("dropout: the identity on tensors and at rate 0") {
  const auto x = input<float>({2, 3}, 1);
  CHECK(dropout(x, 0.5).data() == x.data());
  CHECK(mask({2, 3}, 0, {}) == std::vector<float>(6, 1.f));
  CHECK_THROWS_WITH_AS(dropout(x, 1), "[dropout] rate 1 lies outside of [0, 1)", std::invalid_argument);
}

TEST_CASE("dropout: gradients agree with finite differences") {
  for (const Shape& shape : image_shapes)
    require_gradients([](const auto& x) { return dropout(x, 0.3); }, input(shape, 1));
}

TEST_CASE("dropout: drops its share, and the mean stays") {
  const auto m = mask({4, 50000}, 0.3, {.seed = 1});
  double dropped = 0, sum = 0;
  for (const float v : m) {
    REQUIRE((v == 0 || v == doctest::Approx(1 / 0.7)));
    dropped += v == 0, sum += double(v);
  }
  CHECK(dropped / 200000 == doctest::Approx(0.3).epsilon(0.02));
  CHECK(sum / 200000 == doctest::Approx(1).epsilon(0.02));
}

TEST_CASE("dropout: a mask belongs to seed, step, image and draw, not to the place in the batch") {
  const Shape two{2, 101}, one{1, 101};
  const std::vector<std::uint32_t> images{8, 9};
  const auto first_of = std::span(images).first(1), last_of = std::span(images).last(1);
  const auto both = mask(two, 0.5, {.seed = 1, .step = 2, .images = images});
  const std::vector<float> second(both.begin() + 101, both.end());
  CHECK(mask(one, 0.5, {.seed = 1, .step = 2, .images = last_of}) == second);
  CHECK(mask(one, 0.5, {.seed = 1, .step = 2, .images = first_of}) != second);
  CHECK(mask(one, 0.5, {.seed = 1, .step = 3, .images = last_of}) != second);
  CHECK(mask(one, 0.5, {.seed = 2, .step = 2, .images = last_of}) != second);
  CHECK(mask(one, 0.5, {.seed = 1, .step = 2, .images = last_of}, 1) != second);
  CHECK_THROWS_WITH_AS(mask(two, 0.5, {.images = first_of}), "[dropout] a batch of 2 images, but the tape numbers 1",
                       std::invalid_argument);
}

TEST_CASE("dropout: the mask is what the stream's uniform numbers say") {
  const Stream stream{.seed = 1, .image = 9, .step = 2, .purpose = purpose("dropout", 0)};
  const std::uint32_t image = 9;
  const auto m = mask({1, 101}, 0.5, {.seed = 1, .step = 2, .images = {&image, 1}});
  for (std::size_t e = 0; e < m.size(); ++e) CHECK((m[e] != 0) == (uniform01(random_word(stream, e)) > 0.5f));
}
