#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include <hush/backbones/adm.hpp>
#include <hush/conditionings/class_label.hpp>
#include <hush/conditionings/shared/labels.hpp>
#include <hush/core.hpp>

#include "labelled.hpp"
#include "thrown.hpp"

using namespace hush;

namespace {

using B = Cpu<float>;
static_assert(Conditioning<ClassLabel, B> && HasNullCondition<ClassLabel, B> && !KnowsPixels<ClassLabel, B>);

std::vector<float> rows_of(const ClassLabel& label, const std::vector<std::int32_t>& given, const Rows& rows,
                           const NoiseKey& key) {
  return download<float>(label.prepare(B{}, given, rows, key));
}

}  // namespace

TEST_CASE("class label: a one where the class is, and none for the null condition") {
  const ClassLabel label{.classes = 3};
  const std::vector<std::int32_t> given{2, 0, 1};
  CHECK(rows_of(label, given, {0, 3}, {.split = NoiseKey::sampling}) == std::vector<float>{0, 0, 1, 1, 0, 0, 0, 1, 0});
  Input<Tensor<B>> input{filled(B{}, {1, 1, 1, 1}, 0), filled(B{}, {1}, 0)};
  label.add_to(label.prepare(B{}, given, {2, 1}, {.split = NoiseKey::sampling}), input);
  CHECK(download<float>(*input.labels) == std::vector<float>{0, 1, 0});
  label.set_null(input);
  CHECK(download<float>(*input.labels) == std::vector<float>{0, 0, 0});
}

TEST_CASE("class label: the class is left out in training alone, as often as asked") {
  const ClassLabel label{.classes = 1, .dropout = .3};
  const std::vector<std::int32_t> given(5000, 0);
  const auto kept = [&](std::uint32_t split) {
    const auto rows = rows_of(label, given, {0, 5000}, {.seed = 3, .step = 1, .split = split});
    return std::accumulate(rows.begin(), rows.end(), 0.);
  };
  CHECK(std::abs(kept(NoiseKey::training) - 3500) < 165);  // 5 deviations
  CHECK(kept(NoiseKey::validation) == 5000);
  CHECK(kept(NoiseKey::sampling) == 5000);
}

TEST_CASE("class label: what does not fit is refused in words, and so is guidance of a network that always had one") {
  const ClassLabel label{.classes = 3};
  const auto refused = [&](const std::vector<std::int32_t>& given) {
    return thrown::message([&] { label.fits(given, 2, {8, 8, 1}); });
  };
  CHECK(refused({0, 2}) == "nothing was thrown");
  CHECK(refused({}) == "[ClassLabel] 0 classes for 2 images");
  CHECK(refused({0, 3}) == "[ClassLabel] image 1 is of class 3, classes are 0 to 2");
  CHECK(refused({-1, 0}) == "[ClassLabel] image 0 is of class -1, classes are 0 to 2");
  CHECK(thrown::message([&] {
          ClassLabel{.classes = 0}.fits({}, 0, {8, 8, 1});
        }) == "[ClassLabel] wants classes and a dropout in [0, 1), has 0 and 0.1");
  Input<Tensor<B>> input{filled(B{}, {1, 1, 1, 1}, 0), filled(B{}, {1}, 0)};
  CHECK(thrown::message([&] { ClassLabel{.classes = 3, .dropout = 0}.set_null(input); }) ==
        "[ClassLabel] guidance wants a network that was trained without labels at times: .dropout is 0");
}

TEST_CASE("class label: a network learns what classes mean") {
  const Process process{tiny::process.schedule, PredictNoise{}, ClassLabel{.classes = 2, .dropout = .2}};
  Adm<B> net({.image = {8, 8, 1}, .channels = 4, .multipliers = {1, 2}, .blocks = 1, .head_channels = 0, .groups = 2},
             process.ports(), Seed{1}, B{.threads = 2});
  const auto trained =
      train(process, net, Adam{.rate = 5e-3}, labelled::Squares{}, {.epochs = 60, .batch = 8, .ema = {.decay = .9}});
  const auto brightness = [&](std::int32_t of) {
    const auto made = sample(process, trained.averaged, Ddim{}, std::vector<std::int32_t>(8, of),
                             {.steps = 10, .count = 8, .seed = 2});
    return std::accumulate(made.pixels.begin(), made.pixels.end(), 0.) / double(made.pixels.size());
  };
  CHECK(brightness(1) - brightness(0) > .02);
}
