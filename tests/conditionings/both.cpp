#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <vector>

#include <hush/conditionings/both.hpp>
#include <hush/core.hpp>

#include "../labelled.hpp"
#include "../thrown.hpp"

using namespace hush;

namespace {

using B = Cpu<float>;
using labelled::Classes;

/// `count` tokens of two numbers an image, all `value`; none stands for no condition.
struct Repeated {
  std::int64_t count = 1, width = 2;
  double value = 1;

  using Given = Nothing;
  template <class On>
  using BatchCondition = Nothing;
  Ports ports() const { return {.tokens = count, .token_dim = width}; }
  void fits(const Nothing&, std::int64_t, const ImageSize&) const {}
  Nothing prepare(const auto&, const Nothing&, const Rows&, const NoiseKey&) const { return {}; }
  template <class On>
  void add_to(const Nothing&, Input<Tensor<On>>& input) const {
    const std::int64_t n = input.image.shape()[0];
    input.tokens = filled(input.image.on(), {n, count, width}, value);
    input.token_mask = filled(input.image.on(), {n, count}, 1);
  }
  template <Value V>
  void set_null(Input<V>& input) const {
    input.token_mask = 0.0 * *input.token_mask;
  }
};

/// `count` channels of one number, all `value`; zeros stand for no condition, if there is one that does.
template <bool has_null>
struct Constant {
  std::int64_t count = 1;
  double value = 1;

  using Given = Nothing;
  template <class On>
  using BatchCondition = Nothing;
  Ports ports() const { return {.constant_channels = count}; }
  void fits(const Nothing&, std::int64_t, const ImageSize&) const {}
  Nothing prepare(const auto&, const Nothing&, const Rows&, const NoiseKey&) const { return {}; }
  template <class On>
  void add_to(const Nothing&, Input<Tensor<On>>& input) const {
    input.constants = filled(input.image.on(), {input.image.shape()[0], count}, value);
  }
  template <Value V>
  void set_null(Input<V>& input) const requires has_null {
    input.constants = 0.0 * *input.constants;
  }
};

constexpr Mask mask{.channels = 1};
using MaskAndClasses = Both<Mask, Classes>;
static_assert(Conditioning<MaskAndClasses, B> && KnowsPixels<MaskAndClasses, B> && HasNullCondition<MaskAndClasses, B>);
static_assert(Conditioning<Both<Lightness, ConcatImage>, B> && !KnowsPixels<Both<Lightness, ConcatImage>, B>);
static_assert(!HasNullCondition<Both<Lightness, ConcatImage>, B>);
static_assert(KnowsPixels<Both<Classes, Both<Repeated, Mask>>, B>);

const std::vector<std::uint32_t> numbers{0, 1};

/// Two pictures of 8x8 pixels with a hole in the left half.
MaskedImages holed() {
  MaskedImages given{Images<float>(2, 8, 8, 1), Images<float>(1, 8, 8, 1)};
  for (std::size_t p = 0; p < given.picture.pixels.size(); ++p) given.picture.pixels[p] = float(p) / 128 - .5f;
  for (std::size_t p = 0; p < 64; ++p) given.hole.pixels[p] = p % 8 < 4;
  return given;
}

template <class Both>
Input<Tensor<B>> input_of(const Both& both, const typename Both::Given& given, const Shape& image) {
  Input<Tensor<B>> input{filled(B{}, image, 5), filled(B{}, {2}, 0)};
  both.add_to(both.prepare(B{}, given, {0, 2}, {.seed = 3, .images = numbers}), input);
  return input;
}

/// The squares with their classes, as labels of a conditioning, and a hole.
template <class Labels = Classes>
struct HoledSquares {
  labelled::Squares squares;
  std::int64_t size() const { return squares.size(); }
  Examples<typename Both<Mask, Labels>::Given> batch(std::span<const std::int64_t> items) const {
    auto examples = squares.batch(items);
    return {examples.images, {{examples.images, holed().hole}, examples.given}};
  }
};

}  // namespace

TEST_CASE("both: ports add up, and tokens of two widths are refused") {
  CHECK(Both{mask, Classes{}}.ports() == Ports{.extra_channels = 1, .label_dim = 3});
  CHECK(Both{Classes{}, Both{Classes{4}, ConcatImage{.channels = 2}}}.ports() ==
        Ports{.extra_channels = 2, .label_dim = 8});
  CHECK(Both{Repeated{3}, Repeated{4}}.ports() == Ports{.tokens = 7, .token_dim = 2});
  CHECK(Both{Classes{}, Repeated{3}}.ports() == Ports{.label_dim = 3, .tokens = 3, .token_dim = 2});
  CHECK(thrown::message([] {
          Both{Repeated{1, 2}, Repeated{1, 5}}.ports();
        }) == "[Both] tokens of widths 2 and 5 do not stand in one sequence");
}

TEST_CASE("both: each part adds its condition, the one that knows pixels first, whichever it is") {
  const MaskedImages given = holed();
  Input<Tensor<B>> alone{filled(B{}, {2, 8, 8, 1}, 5), filled(B{}, {2}, 0)};
  mask.add_to(mask.prepare(B{}, given, {0, 2}, {.seed = 3, .images = numbers}), alone);
  const auto first = input_of(Both{mask, Classes{}}, {given, {1, 0}}, {2, 8, 8, 1});
  const auto second = input_of(Both{Classes{}, mask}, {{1, 0}, given}, {2, 8, 8, 1});
  for (const auto& input : {first, second}) {
    CHECK(download<float>(input.image) == download<float>(alone.image));
    CHECK(download<float>(*input.labels) == std::vector<float>{0, 1, 0, 1, 0, 0});
  }
  // Images of what comes second stand in front.
  const Images<float> ones(2, 8, 8, 1, std::vector<float>(128, 1));
  const ConcatImage image{.channels = 1};
  const auto before = download<float>(input_of(Both{mask, image}, {given, ones}, {2, 8, 8, 1}).image);
  const auto behind = download<float>(input_of(Both{image, mask}, {ones, given}, {2, 8, 8, 1}).image);
  CHECK(before == behind);
  const auto masked = download<float>(alone.image);
  for (std::size_t p = 0; p < 128; ++p) {
    CHECK(before[3 * p] == 1);
    CHECK(before[3 * p + 1] == masked[2 * p]);
    CHECK(before[3 * p + 2] == masked[2 * p + 1]);
  }
}

TEST_CASE("both: labels and tokens of the first, then of the second; the null condition of those that have one") {
  const Both both{Both{Classes{1}, Repeated{1, 2, 3}}, Both{Repeated{2, 2, 4}, Both{Classes{2}, mask}}};
  auto input = input_of(both, {{{0, 0}, {}}, {{}, {{1, 0}, holed()}}}, {2, 8, 8, 1});
  const auto image = download<float>(input.image);
  CHECK(download<float>(*input.labels) == std::vector<float>{1, 0, 0, 1, 0, 1, 0, 1, 0, 0});
  REQUIRE(input.tokens->shape() == Shape{2, 3, 2});
  CHECK(download<float>(*input.tokens) == std::vector<float>{3, 3, 4, 4, 4, 4, 3, 3, 4, 4, 4, 4});
  CHECK(download<float>(*input.token_mask) == std::vector<float>(6, 1));
  both.set_null(input);
  CHECK(download<float>(input.image) == image);
  CHECK(download<float>(*input.labels) == std::vector<float>{0, 1, 0, 0, 1, 0, 1, 0, 0, 1});
  CHECK(download<float>(*input.tokens) == std::vector<float>{3, 3, 4, 4, 4, 4, 3, 3, 4, 4, 4, 4});
  CHECK(download<float>(*input.token_mask) == std::vector<float>(6, 0));

  auto tokens = input_of(Both{mask, Repeated{}}, {holed(), {}}, {2, 8, 8, 1});
  Both{mask, Repeated{}}.set_null(tokens);
  CHECK(download<float>(*tokens.tokens) == std::vector<float>(4, 1));
  CHECK(download<float>(*tokens.token_mask) == std::vector<float>(2, 0));
  CHECK_FALSE(tokens.labels.has_value());
}

TEST_CASE("both: constants stand side by side, and each part takes its own for the null condition") {
  const Both both{Constant<true>{1, 2}, Constant<false>{2, 3}};
  CHECK(both.ports() == Ports{.constant_channels = 3});
  auto input = input_of(both, {}, {2, 2, 2, 1});
  CHECK(download<float>(*input.constants) == std::vector<float>{2, 3, 3, 2, 3, 3});
  both.set_null(input);
  CHECK(download<float>(*input.constants) == std::vector<float>{0, 3, 3, 0, 3, 3});
}

TEST_CASE("both: what does not fit is refused by the part that it is for") {
  const ImageSize size{8, 8, 1};
  const Both both{mask, Classes{}};
  CHECK(thrown::message([&] { both.fits({holed(), {1}}, 2, size); }) == "[Classes] 1 classes for 2 images");
  CHECK(thrown::message([&] {
          both.fits({holed(), {1, 0, 1}}, 3, size);
        }) == "[Mask] 2 pictures are given for 3 images");
}

TEST_CASE("both: a mask and labels of one's own are trained together and sampled, also with guidance") {
  const Process process{tiny::process.schedule, PredictNoise{}, Both{mask, Classes{}}};
  Adm<B> net({.image = {8, 8, 1}, .channels = 4, .multipliers = {1, 2}, .blocks = 1, .head_channels = 0, .groups = 2},
             process.ports(), Seed{1}, B{.threads = 2});
  const auto trained =
      train(process, net, Adam{.rate = 5e-3}, HoledSquares<>{}, {.epochs = 30, .batch = 8, .ema = {.decay = .9}});
  CHECK(trained.epochs.back().loss < trained.epochs.front().loss / 2);

  const MaskedImages given = holed();
  const auto restored = [&](const auto& network, std::vector<std::int32_t> classes) {
    return sample(process, network, Ddim{}, {given, std::move(classes)}, {.steps = 5, .count = 2, .seed = 2});
  };
  const Images<float> made = restored(trained.averaged, {0, 1});
  for (std::size_t p = 0; p < 128; ++p)
    if (p % 8 >= 4) CHECK(made.pixels[p] == given.picture.pixels[p]);
  CHECK(made != restored(trained.averaged, {1, 1}));
  CHECK(restored(Guided{trained.averaged, process.conditioning, 0.}, {0, 1}) == restored(trained.averaged, {2, 2}));
  const Images<float> guided = restored(Guided{trained.averaged, process.conditioning, 3.}, {0, 1});
  CHECK(guided != made);
  for (std::size_t p = 0; p < 128; ++p)
    if (p % 8 >= 4) CHECK(guided.pixels[p] == given.picture.pixels[p]);
}

TEST_CASE("both: a mask and labels of the library, as channels behind those of the mask, with rules of guidance") {
  const Process process{tiny::process.schedule, PredictNoise{}, Both{mask, ClassLabel{.classes = 2, .dropout = .2}}};
  const LabelChannels<B> labels({.channels = 4}, process.ports(), Seed{1}, B{.threads = 2});
  CHECK(labels.network_ports(process.ports()) == Ports{.extra_channels = 1, .constant_channels = 4});
  const AdmConfig sizes{
      .image = {8, 8, 1}, .channels = 4, .multipliers = {1, 2}, .blocks = 1, .head_channels = 0, .groups = 2};
  WithEmbedding net{process.ports(), Adm<B>(sizes, labels.network_ports(process.ports()), Seed{2}, B{.threads = 2}),
                    labels};
  const auto trained = train(process, net, Adam{.rate = 5e-3}, HoledSquares<ClassLabel>{},
                             {.epochs = 30, .batch = 8, .ema = {.decay = .9}});
  CHECK(trained.epochs.back().loss < trained.epochs.front().loss / 2);

  const MaskedImages given = holed();
  const auto restored = [&](const auto& network, std::vector<std::int32_t> classes) {
    const Images<float> made =
        sample(process, network, Ddim{}, {given, std::move(classes)}, {.steps = 5, .count = 2, .seed = 2});
    for (std::size_t p = 0; p < 128; ++p)
      if (p % 8 >= 4) CHECK(made.pixels[p] == given.picture.pixels[p]);
    return made;
  };
  const Images<float> made = restored(trained.averaged, {0, 1});
  CHECK(made != restored(trained.averaged, {1, 1}));
  const Guided guided{trained.averaged, process.conditioning, 3.};
  CHECK(restored(guided, {0, 1}) != made);
  const Guided limited{trained.averaged, process.conditioning, 3., GuidanceInterval{.3, .6}};
  CHECK(restored(limited, {0, 1}) != restored(guided, {0, 1}));
  CHECK(restored(AutoGuided{trained.averaged, net, 2.}, {0, 1}) != made);
}
