#include <hush/latent.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hush/autoencoders/autoencoder_tiny.hpp>
#include <hush/core.hpp>

#include "thrown.hpp"
#include "tiny.hpp"

using namespace hush;

namespace {

using B = Cpu<float>;

/// An autoencoder whose latents are the images.
struct Same {
  using backend = B;
  ImageSize size{8, 8, 1};
  LatentScaling taken{};

  ImageSize image() const { return size; }
  ImageSize latent() const { return size; }
  LatentScaling scaling() const { return taken; }
  B on() const { return {}; }
  Tensor<B> encode(const Tensor<B>& x) const { return x; }
  template <Value V>
  V decode(const V& x) const {
    return x;
  }
  static void visit(auto&, auto&&) {}
};
static_assert(Autoencoder<Same>);

/// A convolution of all that it is shown, and a layer of the labels.
struct Toy {
  using backend = B;
  ImageSize size;
  Ports wants;
  nn::Conv2d<B> layer;
  nn::Linear<B> labels;

  Toy(const ImageSize& of, const Ports& ports)
      : size(of), wants(ports), layer(B{}, of.channels + ports.extra_channels, of.channels) {
    if (ports.label_dim) labels = nn::Linear<B>(B{}, ports.label_dim, of.channels);
    initialise(*this, Seed{4});
  }
  ImageSize image() const { return size; }
  Ports ports() const { return wants; }
  B on() const { return {}; }
  template <Value V>
  V operator()(const Input<V>& input) const {
    check_input("Toy", *this, input);
    const V y = layer(input.image);
    return input.labels ? add_channels(y, labels(*input.labels)) : y;
  }
  static void visit(auto& self, auto&& f) { f("layer", self.layer), f("labels", self.labels); }
};
static_assert(Backbone<Toy>);

AutoencoderTiny<B> autoencoder(std::uint64_t seed = 3) {
  AutoencoderTiny<B> net({.image = {8, 8, 1},
                          .encoder_block_out_channels = {4, 4},
                          .num_encoder_blocks = {1, 1},
                          .decoder_block_out_channels = {4, 4},
                          .num_decoder_blocks = {1, 1},
                          .latent_channels = 2},
                         Seed{seed});
  net.set_scaling({.shift = .3, .factor = 1.7});
  return net;
}

template <class Condition>
auto process_of(const Condition& condition) {
  return Process{LinearBeta{.first = 1e-3, .last = .2, .steps = 20}, PredictNoise{}, condition};
}
const SampleOptions<B> options{.steps = 5, .count = 3, .batch = 2, .seed = 6, .clip = 0};

Images<float> pictures(std::int64_t count = 3) {
  std::vector<std::int64_t> items;
  for (std::int64_t i = 0; i < count; ++i) items.push_back(i);
  return tiny::Squares{}.batch(items);
}
/// A hole of 3x3 pixels.
MaskedImages holed() {
  MaskedImages given{pictures(), Images<float>(1, 8, 8, 1)};
  for (std::size_t p = 0; p < 64; ++p) given.hole.pixels[p] = p / 8 >= 1 && p / 8 < 4 && p % 8 >= 4 && p % 8 < 7;
  return given;
}

/// Whether a process on the latents of `Same` samples the bits of the process itself.
template <class Condition, class Given>
void check_same(const Condition& condition, const Given& given) {
  const auto process = process_of(condition);
  const Latent latent{Same{}, process};
  CHECK(latent.ports() == process.ports());
  const Toy net({8, 8, 1}, process.ports());
  SampleOptions<B> usual = options;
  usual.clip = 1;  // does nothing on latents
  const auto wanted = sample(process, net, Ddpm{}, given, options);
  CHECK(sample(latent, net, Ddpm{}, given, usual).pixels == wanted.pixels);
  usual.execution = Execution::eager;
  const auto eager = sample(latent, net, Ddpm{}, given, usual);
  for (std::size_t i = 0; i < eager.pixels.size(); ++i)
    CHECK(eager.pixels[i] == doctest::Approx(wanted.pixels[i]).epsilon(1e-4));
}

void check_near(const Images<float>& found, const Images<float>& wanted) {
  REQUIRE(found.count == wanted.count);
  REQUIRE(found.pixels.size() == wanted.pixels.size());
  float worst = 0;
  for (std::size_t i = 0; i < found.pixels.size(); ++i)
    worst = std::max(worst, std::abs(found.pixels[i] - wanted.pixels[i]));
  CHECK(worst < 1e-5);
}

/// Pictures with labels.
struct Labelled {
  std::int64_t size() const { return 12; }
  Examples<LabelSets> batch(std::span<const std::int64_t> items) const {
    Examples<LabelSets> examples{tiny::Squares{}.batch(items), {}};
    for (const std::int64_t item : items) examples.given.sets.push_back({std::int32_t(item % 3)});
    return examples;
  }
};

/// Pictures that somebody made of others.
struct Kept {
  Images<float> all;
  std::int64_t size() const { return all.count; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> some(std::int64_t(items.size()), all.height, all.width, all.channels);
    for (std::int64_t i = 0; i < some.count; ++i) std::ranges::copy(all[items[std::size_t(i)]], some[i].begin());
    return some;
  }
};

std::vector<float> weights(const Toy& net) {
  std::vector<float> all;
  walk(net, [&](const std::string&, const auto& p) {
    const auto values = download<float>(p.value);
    all.insert(all.end(), values.begin(), values.end());
  });
  return all;
}

}  // namespace

TEST_CASE("latent: where latents are the images every conditioning samples the bits of the process itself") {
  const LabelSets labels{{{0}, {2}, {1, 2}}};
  check_same(Unconditional{}, Nothing{});
  check_same(MultiHot{.labels = 3}, labels);
  check_same(Mask{.channels = 1}, holed());
  check_same(Replacement{}, holed());
  check_same(ConcatImage{.channels = 1}, pictures());
  using Two = Both<Mask, MultiHot>;
  check_same(Two{{.channels = 1}, {.labels = 3}}, Two::Given{holed(), labels});
}

TEST_CASE("latent: guidance and samplers that go their own way are those of the process itself") {
  const auto process = process_of(MultiHot{.labels = 3});
  const Latent latent{Same{}, process};
  const Toy net({8, 8, 1}, process.ports());
  const LabelSets labels{{{0}, {2}, {1, 2}}};
  CHECK(sample(latent, Guided{net, latent.conditioning, 2.}, Ddim{}, labels, options) ==
        sample(process, Guided{net, process.conditioning, 2.}, Ddim{}, labels, options));
  const auto inpainting = process_of(Replacement{});
  const Latent on_latents{Same{}, inpainting};
  const Toy plain({8, 8, 1}, {});
  const RePaint<Ddpm> around{.jump_length = 2, .resamples = 2};
  CHECK(sample(on_latents, plain, around, holed(), options) == sample(inpainting, plain, around, holed(), options));
}

TEST_CASE("latent: where latents are the images training has the bits of the process itself") {
  const auto process = process_of(MultiHot{.labels = 3});
  const Latent latent{Same{}, process};
  Toy one({8, 8, 1}, process.ports()), other = Toy({8, 8, 1}, process.ports());
  const Labelled data;
  const TrainOptions<Labelled> how{.epochs = 2, .batch = 4, .validation = data};
  const auto a = train(process, one, AdamW{}, data, how), b = train(latent, other, AdamW{}, data, how);
  CHECK(weights(b.averaged) == weights(a.averaged));
  CHECK(b.epochs.back().validation_loss == a.epochs.back().validation_loss);
}

TEST_CASE("latent: a run is the encoded start, the process on latents, and the decoded end, by hand") {
  const auto process = process_of(Unconditional{});
  const Latent latent{autoencoder(), process};
  const Toy net({4, 4, 2}, process.ports());
  const auto made = sample(latent, net, Ddpm{}, SampleOptions<B>{.steps = 5, .count = 3, .batch = 2, .seed = 6});
  CHECK(ImageSize{made.height, made.width, made.channels} == ImageSize{8, 8, 1});
  check_near(made, latent.decode(sample(process, net, Ddpm{}, options)));

  SampleOptions<B> from = options, by_hand = options;
  from.start = FromImages{pictures(), .6};
  by_hand.start = FromImages{latent.encode(pictures()), .6};
  check_near(sample(latent, net, Ddim{}, from), latent.decode(sample(process, net, Ddim{}, by_hand)));
  from.start = by_hand.start = FromLatents{latent.encode(pictures()), .6};
  check_near(sample(latent, net, Ddim{}, from), latent.decode(sample(process, net, Ddim{}, by_hand)));
  from.clip = by_hand.clip = .25;  // any other number than the default acts on latents
  check_near(sample(latent, net, Ddim{}, from), latent.decode(sample(process, net, Ddim{}, by_hand)));
}

TEST_CASE("latent: latents are shifted and scaled by what the autoencoder says") {
  const AutoencoderTiny<B> net = autoencoder();
  const Latent latent{net, process_of(Unconditional{})};
  const auto z = download<float>(net.encode(upload(B{}, pictures()))), seen = latent.encode(pictures()).pixels;
  for (std::size_t i = 0; i < z.size(); ++i) CHECK(seen[i] == doctest::Approx((z[i] - .3f) * 1.7f).epsilon(1e-5));
  const auto back = download<float>(net.decode(net.encode(upload(B{}, pictures()))));
  const auto decoded = latent.decode(latent.encode(pictures())).pixels;
  for (std::size_t i = 0; i < back.size(); ++i) CHECK(decoded[i] == doctest::Approx(back[i]).epsilon(1e-4));
}

TEST_CASE("latent: training is that of the process on pictures that were encoded before") {
  const auto process = process_of(Unconditional{});
  const Latent latent{autoencoder(), process};
  const tiny::Squares data{.count = 12};
  const Kept encoded{latent.encode(pictures(12))};
  Toy one({4, 4, 2}, process.ports()), other = Toy({4, 4, 2}, process.ports());
  const auto a = train(process, one, AdamW{}, encoded,
                       TrainOptions<Kept>{.epochs = 3, .batch = 4, .pixel_range = PixelRange::any()});
  const auto b = train(latent, other, AdamW{}, data, TrainOptions<tiny::Squares>{.epochs = 3, .batch = 4});
  const auto wanted = weights(a.averaged), found = weights(b.averaged);
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(1e-5));
  CHECK(b.epochs.back().loss == doctest::Approx(a.epochs.back().loss).epsilon(1e-6));
}

TEST_CASE("latent: with a mask known pixels are the picture's bit for bit; a latent pixel is known if all of it is") {
  const auto process = process_of(Mask{.channels = 1});
  const Latent latent{autoencoder(), process};
  CHECK(latent.ports() == Ports{.extra_channels = 2});
  const MaskedImages given = holed();
  const std::vector<std::uint32_t> numbers{0, 1, 2};
  const auto condition = latent.conditioning.prepare(B{}, given, {0, 3}, {.images = numbers});
  const auto hole = download<float>(latent.conditioning.known(condition).hole);
  for (std::size_t p = 0; p < 16; ++p) CHECK(hole[p] == (p / 4 < 2 && p % 4 >= 2));  // rows 1 to 3, columns 4 to 6
  // What is in the hole is not told: known latents are those of the picture with a grey hole.
  Images<float> grey = given.picture;
  for (std::size_t p = 0; p < grey.pixels.size(); ++p)
    if (given.hole.pixels[p % 64] == 1) grey.pixels[p] = 0;
  const auto shown = latent.encode(grey).pixels, known = download<float>(latent.conditioning.known(condition).picture);
  for (std::size_t i = 0; i < shown.size(); ++i)
    if (hole[i / 2 % 16] == 0) CHECK(known[i] == doctest::Approx(shown[i]).epsilon(1e-5));

  const Toy net({4, 4, 2}, latent.ports());
  const auto made = sample(latent, net, Ddim{}, given, options);
  bool moved = false;
  for (std::size_t i = 0; i < made.pixels.size(); ++i)
    if (given.hole.pixels[i % 64] == 0)
      CHECK(made.pixels[i] == given.picture.pixels[i]);
    else
      moved |= made.pixels[i] != given.picture.pixels[i];
  CHECK(moved);
}

TEST_CASE("latent: pictures of other channels than the autoencoder's are seen as means over each latent pixel") {
  AutoencoderTinyConfig colours = autoencoder().config();
  colours.image.channels = 3;
  const Latent latent{AutoencoderTiny<B>(colours, Seed{1}), process_of(ConcatImage{.channels = 1})};
  CHECK(latent.ports() == Ports{.extra_channels = 1});
  const auto seen = download<float>(latent.conditioning.prepare(B{}, pictures(), {0, 3}, {}));
  REQUIRE(seen.size() == 3 * 16);
  const Images<float> given = pictures();
  const auto first = given[0];
  CHECK(seen[0] == doctest::Approx((first[0] + first[1] + first[8] + first[9]) / 4));
  const Toy net({4, 4, 2}, latent.ports());
  CHECK(sample(latent, net, Ddim{}, pictures(), options).channels == 3);
}

TEST_CASE("latent: what does not fit is refused in words") {
  const Latent latent{autoencoder(), process_of(Unconditional{})};
  CHECK_THROWS_WITH_AS(
      sample(latent, Toy({8, 8, 1}, {}), Ddim{}, options),
      "[sample] the network is for images of 8x8x1, the latents of the autoencoder are 4x4x2. Build it "
      "with .image = autoencoder.latent()",
      std::invalid_argument);
  Toy wrong({4, 4, 3}, {});
  CHECK_THROWS_WITH_AS(
      train(latent, wrong, AdamW{}, tiny::Squares{}, TrainOptions<tiny::Squares>{.batch = 4}),
      "[train] the network is for images of 4x4x3, the latents of the autoencoder are 4x4x2. Build it with .image = "
      "autoencoder.latent()",
      std::invalid_argument);
  Toy net({4, 4, 2}, {});
  CHECK_THROWS_WITH_AS(train(latent, net, AdamW{}, tiny::Squares{.side = 16}, TrainOptions<tiny::Squares>{.batch = 4}),
                       doctest::Contains("16x16x1"), std::invalid_argument);
  SampleOptions<B> from = options;
  from.start = FromImages{latent.encode(pictures())};
  CHECK_THROWS_WITH_AS(sample(latent, net, Ddim{}, from), "[sample] starts from 3 images of 4x4x2, wants 3 of 8x8x1",
                       std::invalid_argument);
  CHECK(thrown::message([&] {
          sample(Latent{autoencoder(), process_of(Mask{.channels = 3})}, Toy({4, 4, 2}, {.extra_channels = 3}), Ddim{},
                 holed(), options);
        }).find("is of 3 channels, the network makes images of 1") != std::string::npos);
}

namespace {

/// A conditioning with pictures that does not say how they are seen.
struct Sketch {
  using Given = Images<float>;
  template <class On>
  using BatchCondition = Tensor<On>;
  Ports ports() const { return {.extra_channels = 1}; }
  void fits(const Given&, std::int64_t, const ImageSize&) const {}
  template <class On>
  Tensor<On> prepare(const On& on, const Given& given, const Rows& rows, const NoiseKey&) const {
    return rows_of(on, given, rows);
  }
  void add_to(const auto& condition, auto& input) const { input.image = concat(input.image, condition); }
};

/// A square of latents that is not smaller by a whole factor.
struct Odd : Same {
  ImageSize latent() const { return {3, 3, 1}; }
};

}  // namespace

TEST_CASE("latent: conditionings and autoencoders that cannot be are refused in words") {
  const std::string sketch = thrown::message([] { Latent{Same{}, process_of(Sketch{})}; });
  CHECK(sketch.starts_with("[Latent] the conditioning shows pictures of the size of images to a network of latents."));
  CHECK(thrown::message([] {
          Latent{Odd{}, process_of(Unconditional{})};
        }) == "[Latent] latents of 3x3x1 are not images of 8x8x1 made smaller by one whole factor");
}

TEST_CASE("latent: processes on latents of other weights are told apart, by name") {
  const Latent one{autoencoder(3), process_of(Unconditional{})}, same{autoencoder(3), process_of(Unconditional{})},
      other{autoencoder(4), process_of(Unconditional{})};
  CHECK(one == same);
  CHECK(!(one == other));
  const auto found = differences(describe(other), describe(one));
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == "conditioning.weights");
  CHECK(describe(one).text == "Latent");
}

TEST_CASE("latent: the measured scaling makes the first latents of mean 0 and variance 1, whatever the batch") {
  AutoencoderTiny<B> net = autoencoder();
  const tiny::Squares data{.count = 30};
  const LatentScaling found = measured_scaling(net, data, 10, 4);
  CHECK(measured_scaling(net, data, 10, 10).factor == doctest::Approx(found.factor).epsilon(1e-12));
  net.set_scaling(found);
  const auto seen = Latent{net, process_of(Unconditional{})}.encode(pictures(10)).pixels;
  double sum = 0, squares = 0;
  for (const float v : seen) {
    sum += v;
    squares += double(v) * v;
  }
  CHECK(std::abs(sum / double(seen.size())) < 1e-5);
  CHECK(squares / double(seen.size()) == doctest::Approx(1).epsilon(1e-5));
  CHECK(measured_scaling(Same{}, Labelled{}, 100).shift ==
        doctest::Approx(measured_scaling(Same{}, Kept{pictures(12)}).shift));
  CHECK_THROWS_WITH_AS(measured_scaling(Same{}, Kept{Images<float>(2, 8, 8, 1)}),
                       "[measured_scaling] the variance of the latents is 0, must be finite and positive",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(measured_scaling(Same{}, Kept{Images<float>(0, 8, 8, 1)}),
                       "[measured_scaling] wants images, got 0 in batches of 16", std::invalid_argument);
}
