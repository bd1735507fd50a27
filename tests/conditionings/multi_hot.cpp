#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include <hush/backbones/adm.hpp>
#include <hush/conditionings/multi_hot.hpp>
#include <hush/core.hpp>

#include "labelled.hpp"
#include "thrown.hpp"

using namespace hush;

namespace {

using B = Cpu<float>;
static_assert(Conditioning<MultiHot, B> && HasNullCondition<MultiHot, B> && !KnowsPixels<MultiHot, B>);

std::vector<float> rows_of(const MultiHot& labels, const LabelSets& given, const NoiseKey& key) {
  return download<float>(labels.prepare(B{}, given, {0, std::int64_t(given.sets.size())}, key));
}

/// Squares whose class is a label set of one.
struct OneLabel {
  labelled::Squares squares;
  std::int64_t size() const { return squares.size(); }
  Examples<LabelSets> batch(std::span<const std::int64_t> items) const {
    const auto examples = squares.batch(items);
    Examples<LabelSets> made{examples.images, {}};
    for (const std::int32_t label : examples.given) made.given.sets.push_back({label});
    return made;
  }
};

}  // namespace

TEST_CASE("multi-hot: a vector of ones where labels are, in any order, and none for an empty set") {
  const MultiHot labels{.labels = 4};
  const LabelSets given{{{2, 0}, {}, {3}}};
  CHECK(rows_of(labels, given, {.split = NoiseKey::sampling}) ==
        std::vector<float>{1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  const LabelSets other{{{0, 2}, {}, {3}}};
  CHECK(rows_of(labels, given, {.split = NoiseKey::sampling}) == rows_of(labels, other, {.split = NoiseKey::sampling}));
  Input<Tensor<B>> input{filled(B{}, {1, 1, 1, 1}, 0), filled(B{}, {1}, 0)};
  labels.add_to(labels.prepare(B{}, given, {2, 1}, {.split = NoiseKey::sampling}), input);
  CHECK(download<float>(*input.labels) == std::vector<float>{0, 0, 0, 1});
  labels.set_null(input);
  CHECK(download<float>(*input.labels) == std::vector<float>{0, 0, 0, 0});
}

TEST_CASE("multi-hot: labels are left out in training alone, as often as asked, an image's by its number") {
  const MultiHot labels{.labels = 1, .dropout = .2};
  const LabelSets given{std::vector<std::vector<std::int32_t>>(5000, {0})};
  const auto kept = [&](std::uint32_t split) {
    const auto rows = rows_of(labels, given, {.seed = 3, .step = 1, .split = split});
    return std::accumulate(rows.begin(), rows.end(), 0.);
  };
  CHECK(std::abs(kept(NoiseKey::training) - 4000) < 150);  // 5 deviations
  CHECK(kept(NoiseKey::validation) == 5000);
  CHECK(kept(NoiseKey::sampling) == 5000);

  const std::vector<std::uint32_t> numbers{17, 4, 90};
  const LabelSets some{{{0}, {0}, {0}}};
  const auto whole = rows_of(labels, given, {.seed = 3, .step = 1});
  const auto few = rows_of(labels, some, {.seed = 3, .step = 1, .images = numbers});
  for (std::size_t i = 0; i < 3; ++i) CHECK(few[i] == whole[numbers[i]]);
}

TEST_CASE("multi-hot: what does not fit is refused in words, and so is guidance of a network that always had labels") {
  const MultiHot labels{.labels = 3};
  const auto refused = [&](const LabelSets& given) {
    return thrown::message([&] { labels.fits(given, 2, {8, 8, 1}); });
  };
  CHECK(refused({{{0}}}) == "[MultiHot] 1 sets of labels for 2 images");
  CHECK(refused({{{0}, {3}}}) == "[MultiHot] image 1 has the label 3, labels are 0 to 2");
  CHECK(refused({{{0}, {-1}}}) == "[MultiHot] image 1 has the label -1, labels are 0 to 2");
  CHECK(refused({{{1, 1}, {0}}}) == "[MultiHot] image 0 has the label 1 twice");
  Input<Tensor<B>> input{filled(B{}, {1, 1, 1, 1}, 0), filled(B{}, {1}, 0)};
  CHECK(thrown::message([&] { MultiHot{.labels = 3, .dropout = 0}.set_null(input); }) ==
        "[MultiHot] guidance wants a network that was trained without labels at times: .dropout is 0");
}

TEST_CASE("multi-hot: a network learns what labels mean, and guidance exaggerates it") {
  const Process process{tiny::process.schedule, PredictNoise{}, MultiHot{.labels = 2, .dropout = .2}};
  Adm<B> net({.image = {8, 8, 1}, .channels = 4, .multipliers = {1, 2}, .blocks = 1, .head_channels = 0, .groups = 2},
             process.ports(), Seed{1}, B{.threads = 2});
  const auto trained =
      train(process, net, Adam{.rate = 5e-3}, OneLabel{}, {.epochs = 60, .batch = 8, .ema = {.decay = .9}});
  const auto brightness = [&](const auto& network, const LabelSets& given) {
    const auto made = sample(process, network, Ddim{}, given, {.steps = 10, .count = 8, .seed = 2});
    return std::accumulate(made.pixels.begin(), made.pixels.end(), 0.) / double(made.pixels.size());
  };
  const LabelSets dark{std::vector<std::vector<std::int32_t>>(8, {0})};
  const LabelSets bright{std::vector<std::vector<std::int32_t>>(8, {1})};
  const double plain = brightness(trained.averaged, bright) - brightness(trained.averaged, dark);
  CHECK(plain > .02);
  const Guided guided{trained.averaged, process.conditioning, 2.};
  CHECK(brightness(guided, bright) - brightness(guided, dark) > plain);
}
