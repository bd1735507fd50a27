#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <hush/conditionings/mask.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/known_pixels.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/cpu/threshold.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/samplers/heun.hpp>
#include <hush/schedules/linear_beta.hpp>

using namespace hush;

namespace {

using B = Cpu<float>;
static_assert(Conditioning<Mask, B> && KnowsPixels<Mask, B> && KnowsPixels<Mask, Cpu<double>>);

/// Two pictures of 2x3 pixels and 2 channels, and a hole each.
MaskedImages holed() {
  MaskedImages given{Images<float>(2, 2, 3, 2), Images<float>(2, 2, 3, 1, {0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0})};
  for (std::size_t i = 0; i < given.picture.pixels.size(); ++i) given.picture.pixels[i] = float(i) / 24;
  return given;
}
constexpr Mask mask{.channels = 2};
const std::vector<std::uint32_t> numbers{7, 8};

/// Says nothing about the noise, but shows what it was called with.
struct Watched {
  using backend = B;
  std::vector<std::vector<float>>* seen;
  ImageSize image() const { return {2, 3, 2}; }
  Ports ports() const { return mask.ports(); }
  B on() const { return {}; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    const auto& x = value_of(input.image);
    seen->push_back(download<float>(x));
    const Shape& s = x.shape();
    return constant_like(input.image, filled(B{}, {s[0], s[1], s[2], 2}, .3));
  }
};

}  // namespace

TEST_CASE("mask: the condition is the picture with noise in its hole, the image shows the known pixels") {
  const MaskedImages given = holed();
  const auto condition = mask.prepare(B{}, given, {0, 2}, {.seed = 3, .images = numbers});
  Input<Tensor<B>> input{filled(B{}, {2, 2, 3, 2}, 5), filled(B{}, {2}, 0)};
  const Tensor<B> before = input.image;
  mask.add_to(condition, input);
  CHECK(input.image.shape() == Shape{2, 2, 3, 4});
  const auto x = download<float>(input.image);
  for (std::size_t p = 0; p < 12; ++p)
    for (std::size_t c = 0; c < 2; ++c) {
      const float shown = x[4 * p + c], image = x[4 * p + 2 + c], known = given.picture.pixels[2 * p + c];
      if (given.hole.pixels[p] == 0) {
        CHECK(shown == known);
        CHECK(image == known);
      } else {
        CHECK(shown != known);
        CHECK(std::abs(shown) < 5);
        CHECK(image == 5);
      }
    }
  CHECK(download<float>(before) == std::vector<float>(24, 5));  // it may be the sampler's own
}

TEST_CASE("mask: the noise in the hole belongs to seed, image and step; without it there are zeros") {
  const auto shown = [&](const Mask& how, const NoiseKey& key, const Rows& rows = {0, 2}) {
    return download<float>(how.prepare(B{}, holed(), rows, key).condition);
  };
  const auto first = shown(mask, {.seed = 3, .images = numbers});
  CHECK(shown(mask, {.seed = 3, .images = numbers}) == first);
  const auto second = shown(mask, {.seed = 3, .images = std::span(numbers).last(1)}, {1, 1});
  CHECK(std::vector<float>(first.begin() + 12, first.end()) == second);
  CHECK(shown(mask, {.seed = 4, .images = numbers}) != first);
  CHECK(shown(mask, {.seed = 3, .step = 1, .images = numbers}) != first);
  CHECK(shown(mask, {.seed = 3, .split = NoiseKey::validation, .images = numbers}) != first);
  const auto plain = shown({.channels = 2, .filling = HoleFilling::zeros}, {.images = numbers});
  CHECK(plain[2] == 0);
  CHECK(plain[3] == 0);
  CHECK(plain[0] == first[0]);
}

TEST_CASE("mask: the condition can show the very noise that sampling starts from, as Palette's program does") {
  const MaskedImages given = holed();
  for (const HoleFilling filling : {HoleFilling::start, HoleFilling::noise}) {
    const Process process{LinearBeta{.steps = 20}, PredictNoise<>{}, Mask{.channels = 2, .filling = filling}};
    std::vector<std::vector<float>> seen;
    const SampleOptions<B> options{.steps = 2, .count = 2, .batch = 2, .seed = 5, .first_image = 3};
    sample(process, Watched{&seen}, Ddpm{}, given, options);
    REQUIRE(seen.size() == 2);
    for (std::size_t p = 0; p < 12; ++p)
      for (std::size_t c = 0; c < 2; ++c) {
        const bool same = seen[0][4 * p + c] == seen[0][4 * p + 2 + c], hole = given.hole.pixels[p] == 1;
        CHECK(same == (!hole || filling == HoleFilling::start));
        if (hole) CHECK(seen[1][4 * p + c] != seen[1][4 * p + 2 + c]);  // later the image has moved on
      }
  }
}

TEST_CASE("mask: one hole may serve all pictures") {
  MaskedImages given = holed();
  given.hole = Images<float>(1, 2, 3, 1, {0, 1, 0, 0, 0, 1});
  mask.fits(given, 2, {2, 3, 2});
  const auto condition = mask.prepare(B{}, given, {1, 1}, {.images = std::span(numbers).first(1)});
  CHECK(download<float>(mask.known(condition).hole) == given.hole.pixels);
  CHECK(mask.prepare(B{}, given, {0, 2}, {.images = numbers}).pixels.hole.shape() == Shape{2, 2, 3, 1});
}

TEST_CASE("mask: known pixels of a restored image are the picture's, bit for bit, at every step") {
  const MaskedImages given = holed();
  const Process process{LinearBeta{.steps = 20}, PredictNoise<>{}, mask};
  for (const Execution execution : {Execution::planned, Execution::eager}) {
    std::vector<std::vector<float>> seen;
    int looks = 0;
    const SampleOptions<B> options{.steps = 5, .count = 2, .batch = 2, .seed = 1, .execution = execution};
    const auto known = [&](const std::vector<float>& x) {
      for (std::size_t p = 0; p < 12; ++p)
        for (std::size_t c = 0; c < 2; ++c)
          if (given.hole.pixels[p] == 0) CHECK(x[2 * p + c] == given.picture.pixels[2 * p + c]);
    };
    const auto look = [&](const Step<B>& step) {
      ++looks;
      known(download<float>(step.x));
    };
    const Images<float> restored = sample(process, Watched{&seen}, Ddpm{}, given, options, look);
    known(restored.pixels);
    CHECK(looks == 6);
    for (std::size_t p = 0; p < 12; ++p)
      if (given.hole.pixels[p] == 1) CHECK(restored.pixels[2 * p] != given.picture.pixels[2 * p]);
    // what the network was called with, within a step of Heun's method too
    seen.clear();
    sample(process, Watched{&seen}, Heun{}, given, options, look);
    CHECK(seen.size() > 5);
    for (const auto& x : seen)
      for (std::size_t p = 0; p < 12; ++p)
        if (given.hole.pixels[p] == 0) CHECK(x[4 * p + 2] == given.picture.pixels[2 * p]);
  }
}

TEST_CASE("mask: an image is the same alone and in a batch") {
  const MaskedImages given = holed();
  const Process process{LinearBeta{.steps = 20}, PredictNoise<>{}, mask};
  std::vector<std::vector<float>> seen;
  const auto run = [&](std::int64_t batch) {
    return sample(process, Watched{&seen}, Ddpm{}, given, {.steps = 5, .count = 2, .batch = batch});
  };
  CHECK(run(1) == run(2));
}

TEST_CASE("mask: what does not fit is refused in words") {
  const ImageSize size{2, 3, 2};
  const auto refused = [&](const auto& change, const char* words) {
    MaskedImages given = holed();
    change(given);
    CHECK_THROWS_WITH_AS(mask.fits(given, 2, size), words, std::invalid_argument);
  };
  CHECK_NOTHROW(mask.fits(holed(), 2, size));
  refused([](MaskedImages& g) { g.hole.pixels.assign(12, 0); },
          "[Mask] mask 0 is 0 everywhere: there is nothing to restore");
  CHECK_NOTHROW([&] {
    MaskedImages all = holed();
    all.hole.pixels.assign(12, 1);
    mask.fits(all, 2, size);
  }());
  refused([](MaskedImages& g) { g.hole.pixels[9] = .5f; },
          "[Mask] a mask holds 1 where pixels are unknown and 0 elsewhere, mask 1 has 0.5");
  refused([](MaskedImages& g) { g.hole = Images<float>(1, 3, 3, 1); }, "[Mask] the mask is 3x3x1, wanted is 2x3x1");
  refused([](MaskedImages& g) { g.hole = Images<float>(3, 2, 3, 1); },
          "[Mask] 3 masks for 2 pictures: give one for each, or one for all");
  refused([](MaskedImages& g) { g.picture = Images<float>(2, 4, 3, 2); },
          "[Mask] the pictures given are 4x3x2, wanted are 2x3x2");
  refused([](MaskedImages& g) { g.picture = Images<float>(1, 2, 3, 2); }, "[Mask] 1 pictures are given for 2 images");
  CHECK_THROWS_WITH_AS(Mask{}.fits(holed(), 2, size), "[Mask] is of 3 channels, the network makes images of 2",
                       std::invalid_argument);
}
