#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include <hush/baselines/dcgan.hpp>
#include <hush/baselines/generate.hpp>
#include <hush/baselines/vae.hpp>
#include <hush/core.hpp>

using namespace hush;
using B = Cpu<float>;

static_assert(LatentGenerator<DcganGenerator<B>> && LatentGenerator<Vae<B>>);
static_assert(!LatentGenerator<DcganCritic<B>>);

namespace {

DcganGenerator<B> generator(int threads) {
  return {{.image = {8, 8, 2}, .width = 4, .latents = 6}, Seed{1}, B{.threads = threads}};
}

}  // namespace

TEST_CASE("generate: image i is the same in any batch and for any number of threads; other seeds make others") {
  const Images<float> all = generate(generator(1), {.count = 7, .batch = 7, .seed = 3});
  CHECK((all.count == 7 && all.height == 8 && all.width == 8 && all.channels == 2));
  CHECK(generate(generator(2), {.count = 7, .batch = 3, .seed = 3}) == all);
  const Images<float> two = generate(generator(1), {.count = 2, .seed = 3, .first_image = 5});
  const std::vector<float> last(all.pixels.begin() + 5 * all.stride(), all.pixels.end());
  CHECK(two.pixels == last);
  CHECK(generate(generator(1), {.count = 7, .seed = 4}).pixels != all.pixels);
  CHECK(generate(generator(1), {.count = 0}).pixels.empty());
}

TEST_CASE("generate: latents are of N(0, 1)") {
  const std::vector<std::uint32_t> images{8, 2};
  const NoiseKey key{.seed = 3, .split = NoiseKey::sampling, .images = images};
  const auto z = download<float>(latents_of(generator(1), key));
  REQUIRE(z.size() == 12);
  CHECK(z[7] == normal_at(key.stream("latents", 1), 1));
}

TEST_CASE("generate: options that make no sense are refused") {
  CHECK_THROWS_WITH_AS(generate(generator(1), {.batch = 0}), "[generate] batch must be at least 1, is 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(generate(generator(1), {.count = -1}), "[generate] count must not be negative, is -1",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(generate(generator(1), {.first_image = -1}),
                       "[generate] first_image must not be negative, is -1", std::invalid_argument);
}
