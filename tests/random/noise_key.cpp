#include <hush/random/noise_key.hpp>

#include <doctest/doctest.h>

#include <array>

using namespace hush;

TEST_CASE("noise key: a stream belongs to seed, step, split, image and word") {
  constexpr std::array<std::uint32_t, 3> images{8, 9, 2};
  const NoiseKey key{.seed = 5, .step = 7, .images = images};
  CHECK(key.stream("noise", 1) == Stream{5, 9, 7, purpose("noise", 0)});
  CHECK(key.stream("noise") == Stream{5, 8, 7, purpose("noise", 0)});
  const NoiseKey held_out{.seed = 5, .step = 7, .split = NoiseKey::validation, .images = images};
  CHECK(held_out.stream("level", 2) == Stream{5, 2, 7, purpose("level", 1)});
  CHECK(held_out.stream("level", 2).purpose != key.stream("level", 2).purpose);
  CHECK(key.stream("level", 2).purpose != key.stream("noise", 2).purpose);
}

TEST_CASE("noise key: a part has the noise of its images, and images without numbers count from 0") {
  constexpr std::array<std::uint32_t, 3> images{8, 9, 2};
  const NoiseKey key{.seed = 5, .step = 7, .split = NoiseKey::validation, .images = images};
  const NoiseKey rest = key.part(1, 2);
  CHECK(rest.images.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) CHECK(rest.stream("noise", i) == key.stream("noise", i + 1));
  CHECK(NoiseKey{.seed = 5}.stream("noise", 3) == Stream{5, 3, 0, purpose("noise", 0)});
}
