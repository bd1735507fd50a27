// A whole pipeline on the CUDA backend: the network, sampling, training, and what happens when memory ends.
#include "against.hpp"
#include "kernels.hpp"

#include <hush/core.hpp>

using namespace against;

namespace {

using Single = Cuda<float, Machine>;
using Half = Cuda<bf16, Machine>;

static_assert(TimedBackbone<AttentionUnet<Half>, Half>);

const Process process{LinearBeta{.first = 1e-3, .last = 0.2, .steps = 40}, PredictNoise{}};

template <class B>
AttentionUnet<B> network() {
  return {{.image = {8, 8, 1}, .widths = {8, 16}, .bottleneck = 16, .heads = 2, .head_width = 4, .embedding = 8},
          process.ports(),
          Seed{9}};
}

/// Pictures of a bright square whose place and size follow from their number.
struct Squares {
  std::int64_t size() const { return 12; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> images(std::int64_t(items.size()), 8, 8, 1);
    for (std::size_t i = 0; i < items.size(); ++i)
      for (std::int64_t p = 0; p < 64; ++p) {
        const std::int64_t y = p / 8, x = p % 8, at = items[i] % 4, side = 2 + items[i] % 3;
        images[std::int64_t(i)][std::size_t(p)] = y >= at && y < at + side && x >= at && x < at + side ? 1 : -1;
      }
    return images;
  }
};

template <class B>
std::vector<double> weights(const AttentionUnet<B>& net) {
  std::vector<double> all;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    for (const double v : download<double>(p.value)) all.push_back(v);
  });
  return all;
}

/// What the network says of three images, and the gradient of all its parameters, one behind the other.
template <class B>
std::pair<std::vector<double>, std::vector<double>> said_and_learned(const AttentionUnet<B>& net) {
  const auto x = random<float>(3 * 64, 1), dy = random<bf16>(3 * 64, 2);
  const std::vector<double> t{3, 17, 39};
  const auto put_in = [&](const std::vector<double>& v) {
    return upload(B{}, {3, 8, 8, 1}, std::span<const double>(v));
  };
  Tape<B> tape;
  Tensor<B, typename B::master> noise_labels(B{}, {3});
  copy_in(B{}, 3, t.data(), noise_labels.data());
  const auto said = net(on_tape(tape, Input<Tensor<B>>{put_in(x), noise_labels}));
  tape.backward(said, put_in(dy));
  std::vector<double> gradients;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    for (const double v : download<double>(p.grad)) gradients.push_back(v);
  });
  return {download<double>(said.value()), gradients};
}

template <class B>
std::vector<float> pictures(const AttentionUnet<B>& net, int steps = 40, bool record = true) {
  return sample(process, net, Ddim{.eta = 0.3}, {.steps = steps, .count = 3, .batch = 2, .seed = 4, .record = record})
      .pixels;
}

/// Losses of some steps, and the weights after them.
template <class B>
std::vector<double> trained(AttentionUnet<B>& net, bool record = false, std::int64_t accumulate = 1,
                            AnyWeighting weighting = nullptr) {
  const Squares data;
  const TrainOptions<Squares> options{.batch = 4,
                                      .seed = 2,
                                      .clip_gradient = 1,
                                      .weighting = std::move(weighting),
                                      .accumulate = accumulate,
                                      .record = record};
  const auto curve = train(process, net, AdamW{.rate = 1e-2}, data, options);
  std::vector<double> all = weights(net);
  for (const double v : weights(curve.averaged)) all.push_back(v);
  all.push_back(curve.epochs.back().loss);
  return all;
}

}  // namespace

TEST_CASE("cuda pipeline: the network and the gradients of all its parameters against the CPU in double") {
  const auto wanted = said_and_learned(network<Double>());
  each_machine([&](const auto& on) {
    using B = std::decay_t<decltype(on)>;
    const auto found = said_and_learned(network<B>());
    const bool half = std::is_same_v<typename B::precision, bf16>;
    CHECK(distance(found.first, wanted.first) < (half ? 2e-2 : 10 * tolerance<typename B::precision>()));
    // A key's bias has no gradient, so the whole is compared; bf16 rounds at each of some sixty layers.
    CHECK(distance(found.second, wanted.second) < (half ? 6e-2 : 10 * tolerance<typename B::precision>()));
  });
}

TEST_CASE("cuda pipeline: the same seed is the CPU's picture; graphs and kernels one by one agree to the last bit") {
  const auto cpu = pictures(network<Cpu<float>>());
  const auto single = pictures(network<Single>()), half = pictures(network<Half>());
  CHECK(distance({single.begin(), single.end()}, {cpu.begin(), cpu.end()}) < 1e-3);
  CHECK(distance({half.begin(), half.end()}, {cpu.begin(), cpu.end()}) < 0.1);
  for (const int steps : {5, 40}) {
    CHECK(pictures(network<Single>(), steps, true) == pictures(network<Single>(), steps, false));
    CHECK(pictures(network<Half>(), steps, true) == pictures(network<Half>(), steps, false));
  }
}

TEST_CASE("cuda pipeline: training is the CPU's; recorded, it has the same bits") {
  auto cpu = network<Cpu<float>>();
  auto single = network<Single>(), again = network<Single>(), parts = network<Single>();
  auto half = network<Half>(), half_again = network<Half>();
  const auto wanted = trained(cpu), found = trained(single);
  CHECK(distance(found, wanted) < 2e-3);
  CHECK(trained(again, true) == found);
  CHECK(distance(trained(parts, false, 2), wanted) < 2e-3);
  const auto rough = trained(half);
  CHECK(distance(rough, wanted) < 0.1);
  CHECK(trained(half_again, true) == rough);
}

TEST_CASE("cuda pipeline: weighted training is the CPU's, recorded, it has the same bits, and weights of 1 are none") {
  const auto after = []<class B>(const B&, bool record, AnyWeighting rule, std::int64_t parts = 1) {
    auto net = network<B>();
    return trained(net, record, parts, std::move(rule));
  };
  const auto wanted = after(Cpu<float>{}, false, MinSnr{}), found = after(Single{}, false, MinSnr{});
  CHECK(distance(found, wanted) < 2e-3);
  CHECK(distance(after(Cpu<float>{}, false, nullptr), wanted) > 5e-3);
  CHECK(after(Single{}, true, MinSnr{}) == found);
  CHECK(distance(after(Single{}, true, MinSnr{}, 2), wanted) < 2e-3);
  CHECK(after(Half{}, true, MinSnr{}) == after(Half{}, false, MinSnr{}));
  CHECK(after(Cpu<float>{}, false, Unweighted{}) == after(Cpu<float>{}, false, nullptr));
  CHECK(after(Single{}, true, Unweighted{}) == after(Single{}, true, nullptr));
}

TEST_CASE("cuda pipeline: whichever allocation fails, the model is as it was and goes on to the same result") {
  auto& memory = Single{}.machine().memory();
  memory.keep_blocks(true);
  memory.trim();
  const Squares data;
  auto net = network<Single>(), reference = network<Single>();
  const TrainOptions<Squares> options{.batch = 4, .seed = 2};
  const AdamW rule{.rate = 1e-2};
  auto training = start_training(process, net, rule, data, options),
       undisturbed = start_training(process, reference, rule, data, options);
  const auto wanted_loss = undisturbed.advance().loss;
  const std::size_t held = memory.use().in_use;
  std::int64_t failures = 0;
  for (std::int64_t n = 0;; n += 1 + n / 40) {  // each of the first, later ones in growing strides
    memory.fail_at(n);
    try {
      const double loss = training.advance().loss;
      memory.fail_at(-1);
      CHECK(loss == wanted_loss);
      break;
    } catch (const OutOfMemory& error) {
      memory.fail_at(-1);
      ++failures;
      CHECK(std::string(error.what()).find("wanted") != std::string::npos);
      // Gradients may be where they were not; nothing else stays.
      CHECK(memory.use().in_use <= held);
      CHECK(training.step == 0);
    }
  }
  CHECK(failures > 40);
  CHECK(weights(net) == weights(reference));

  const auto wanted = pictures(net);
  const std::size_t before = memory.use().in_use;
  failures = 0;
  for (std::int64_t n = 0;; n += 1 + n / 40) {
    memory.fail_at(n);
    try {
      const auto found = pictures(net);
      memory.fail_at(-1);
      CHECK(found == wanted);
      break;
    } catch (const OutOfMemory&) {
      memory.fail_at(-1);
      ++failures;
      CHECK(memory.use().in_use == before);
    }
  }
  CHECK(failures > 40);
}

TEST_CASE("cuda pipeline: models that come and go leave no memory behind") {
  auto& memory = Half{}.machine().memory();
  memory.keep_blocks(true);
  memory.trim();
  const MemoryUse before = memory.use();
  for (int cycle = 0; cycle < 100; ++cycle) {
    auto net = network<Half>();
    if (cycle % 25 == 0) trained(net, cycle > 0), pictures(net, 30);
  }
  CHECK(memory.use().in_use == before.in_use);
  trim(Half{});
  CHECK(memory.use().held == before.held);
}

TEST_CASE("cuda pipeline: blocks that are computed twice have the same gradients") {
  const auto learned = [](bool twice) {
    AttentionUnet<Single> net({.image = {8, 8, 1},
                               .widths = {8, 16},
                               .bottleneck = 16,
                               .heads = 2,
                               .head_width = 4,
                               .embedding = 8,
                               .checkpoint = twice},
                              process.ports(), Seed{9});
    return said_and_learned(net);
  };
  CHECK(learned(true) == learned(false));
}

TEST_CASE("cuda pipeline: pictures with holes are learned from and restored as on the CPU") {
  struct Holes {
    Squares squares{};
    std::int64_t size() const { return squares.size(); }
    Examples<MaskedImages> batch(std::span<const std::int64_t> items) const {
      Examples<MaskedImages> examples{squares.batch(items), {}};
      examples.given = {examples.images, Images<float>(1, 8, 8, 1)};
      for (std::size_t p = 0; p < 64; ++p) examples.given.hole.pixels[p] = p / 8 % 8 > 2 && p % 8 < 5;
      return examples;
    }
  };
  const Process inpainting{process.schedule, PredictNoise<Gamma>{}, Mask{.channels = 1}};
  const Holes data;
  const std::vector<std::int64_t> items{1, 5, 7};
  const auto run = [&]<class B>(const B&, bool record) {
    AttentionUnet<B> net(
        {.image = {8, 8, 1}, .widths = {8, 16}, .bottleneck = 16, .heads = 2, .head_width = 4, .embedding = 8},
        inpainting.ports(), Seed{9});
    const auto trained = train(inpainting, net, Adam{.rate = 1e-3}, data,
                               {.epochs = 2, .batch = 4, .seed = 2, .record = record, .validation = &data});
    const auto restored = sample(inpainting, net, Ddpm{}, data.batch(items).given,
                                 {.steps = 10, .count = 3, .batch = 2, .seed = 4, .record = record});
    const Examples<MaskedImages> truth = data.batch(items);
    for (std::size_t i = 0; i < restored.pixels.size(); ++i)
      if (truth.given.hole.pixels[i % 64] == 0) CHECK(restored.pixels[i] == truth.images.pixels[i]);
    std::vector<double> found{restored.pixels.begin(), restored.pixels.end()};
    for (const auto& e : trained.epochs) {
      CHECK(e.validation_hole_loss > e.validation_loss);
      found.insert(found.end(), {e.loss, e.validation_loss, e.validation_hole_loss});
    }
    return found;
  };
  const auto wanted = run(Cpu<float>{}, false);
  for (const bool record : {false, true}) {
    CAPTURE(record);
    CHECK(distance(run(Single{}, record), wanted) < 1e-3);
    CHECK(distance(run(Half{}, record), wanted) < .1);
  }
}
