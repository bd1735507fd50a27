// Labels and guidance on the CUDA backend: channels that are never made, tokens, and rules that combine two answers,
// against the CPU; recorded or not, with the same bits.
#include "against.hpp"
#include "kernels.hpp"

#include <hush/core.hpp>

#include <type_traits>
#include <utility>

#include <hush/backbones/adm.hpp>
#include <hush/backbones/broadcast_unet.hpp>
#include <hush/embeddings/label_channels.hpp>
#include <hush/embeddings/label_tokens.hpp>

using namespace against;

namespace {

using Single = Cuda<float, Machine>;
using Half = Cuda<bf16, Machine>;

const Process process{LinearBeta{.first = 1e-3, .last = 0.7, .steps = 20}, PredictNoise{}, MultiHot{.labels = 3}};
const LabelSets given{{{0}, {1, 2}, {2}}};

/// The network, and no layer of it starts at zero.
template <class Net>
Net with_no_zeros(Net net) {
  walk(net, [](const std::string&, auto& p) {
    if (p.init.kind == Init::Kind::zeros && p.trained) p.init = Init::uniform(0.1);
  });
  initialise(net, Seed{8});
  return net;
}

/// Labels as 8 channels that are never made, in front of an Adm.
template <class B>
auto fused_adm(std::int64_t channels = 8) {
  const LabelChannels<B> embedding({.channels = 8}, process.ports(), Seed{1});
  const AdmConfig sizes{
      .image = {4, 4, 2}, .channels = channels, .multipliers = {1}, .blocks = 1, .head_channels = 8, .groups = 4};
  WithEmbedding net{process.ports(), Adm<B>(sizes, embedding.network_ports(process.ports()), Seed{9}), embedding};
  return with_no_zeros(net);
}
template <class B>
auto broadcasting() {
  return with_no_zeros(BroadcastUnet<B>({.image = {4, 4, 2}, .widths = {4}, .embedding = 4}, process.ports(), Seed{9}));
}

/// What a network says of three images, and the gradient of all its parameters, one behind the other.
template <class Net>
std::pair<std::vector<double>, std::vector<double>> said_and_learned(const Net& net) {
  using B = typename Net::backend;
  const auto put_in = [&](const Shape& shape, const std::vector<double>& v) {
    return upload(B{}, shape, std::span<const double>(v));
  };
  const std::vector<double> seen{3, 17, 19};
  Tensor<B, typename B::master> noise_labels(B{}, {3});
  copy_in(B{}, 3, seen.data(), noise_labels.data());
  const Input<Tensor<B>> input{put_in({3, 4, 4, 2}, random<bf16>(3 * 16 * 2, 1)), noise_labels,
                               put_in({3, 3}, {1, 0, 0, 0, 1, 1, 0, 0, 1})};
  Tape<B> tape;
  const auto said = net(on_tape(tape, input));
  tape.backward(said, put_in({3, 4, 4, 2}, random<bf16>(3 * 16 * 2, 2)));
  std::vector<double> gradients;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    if (!p.trained) return;
    for (const double v : download<double>(p.grad)) gradients.push_back(v);
  });
  return {download<double>(said.value()), gradients};
}

/// Guided pictures by a network and a rule.
template <class Net, class Rule = ClassifierFree>
std::vector<double> pictures(const Net& network, const Rule& rule = {}, int steps = 4, bool record = true) {
  const Guided net{network, process.conditioning, 1.5, rule};
  const auto made =
      sample(process, net, Ddim{}, given, {.steps = steps, .count = 3, .batch = 2, .seed = 4, .record = record});
  return {made.pixels.begin(), made.pixels.end()};
}
template <class B, class Rule>
std::vector<double> guided(const Rule& rule, int steps = 4, bool record = true) {
  return pictures(fused_adm<B>(), rule, steps, record);
}
template <class B>
std::vector<double> auto_guided(bool record = true) {
  const AutoGuided net{fused_adm<B>(16), fused_adm<B>(8), 2.};
  const auto made =
      sample(process, net, Ddim{}, given, {.steps = 5, .count = 3, .batch = 2, .seed = 4, .record = record});
  return {made.pixels.begin(), made.pixels.end()};
}

}  // namespace

TEST_CASE("cuda labels: a convolution of constants and its gradients against the CPU in double") {
  const Shape x{2, 3, 4, 2}, constants{2, 3}, weight{4, 3, 3, 5};
  each_machine([&](const auto& on) {
    using B = std::decay_t<decltype(on)>;
    const auto learned = [&](const auto& where) {
      using Where = std::decay_t<decltype(where)>;
      const auto put_in = [&](const Shape& shape, unsigned seed) {
        const auto numbers = random<bf16>(shape.size(), seed);
        return upload(where, shape, std::span<const double>(numbers));
      };
      Parameter<Where> w(where, weight, Init::zeros());
      const auto values = random<bf16>(weight.size(), 3);
      copy_in(where, weight.size(), values.data(), w.value.data());
      Tape<Where> tape;
      const auto image = tape.variable(put_in(x, 1)), numbers = tape.variable(put_in(constants, 2));
      const auto y = conv2d(image, numbers, w, Parameter<Where>());
      tape.backward(y, put_in(y.shape(), 4));
      return std::vector{download<double>(y.value()), download<double>(tape.gradient(image)),
                         download<double>(tape.gradient(numbers)), download<double>(w.grad)};
    };
    const auto found = learned(B{}), wanted = learned(Double{});
    for (std::size_t i = 0; i < 4; ++i) CHECK(distance(found[i], wanted[i]) < tolerance<typename B::precision>());
  });
}

TEST_CASE("cuda labels: networks that read constants, and the gradients of all their parameters, are the CPU's") {
  const auto check = [](const auto& found, const auto& wanted, double close, double far) {
    CHECK(distance(found.first, wanted.first) < close);
    CHECK(distance(found.second, wanted.second) < far);
  };
  const auto adm = said_and_learned(fused_adm<Double>()), unet = said_and_learned(broadcasting<Double>());
  each_precision([&]<class P>(const Cuda<P, Machine>&) {
    using B = Cuda<P, Machine>;
    const bool half = std::is_same_v<P, bf16>, rough = std::is_same_v<P, tf32>;
    check(said_and_learned(fused_adm<B>()), adm, half ? 3e-2 : 20 * tolerance<P>(), half ? 9e-2 : 60 * tolerance<P>());
    // Some maxima are other pixels in bf16, and in tf32.
    check(said_and_learned(broadcasting<B>()), unet, half ? 3e-2 : 20 * tolerance<P>(),
          half    ? .5
          : rough ? .2
                  : 60 * tolerance<P>());
  });
}

TEST_CASE("cuda labels: tokens and their mask are the CPU's") {
  each_machine([](const auto& on) {
    using B = std::decay_t<decltype(on)>;
    const auto tokens = [&](const auto& where) {
      using Where = std::decay_t<decltype(where)>;
      const LabelTokens<Where> embedding({.width = 5}, process.ports(), Seed{1}, where);
      const auto labels = process.conditioning.prepare(where, given, {0, 3}, {.split = NoiseKey::sampling});
      Tape<Where> tape;
      const auto said =
          embedding(Input<Var<Where>>{tape.constant(filled(where, {3, 1, 1, 1}, 0)), {}, tape.constant(labels)});
      tape.backward(*said.tokens, filled(where, {3, 4, 5}, 1));
      std::vector<double> all = download<double>(said.tokens->value());
      for (const double v : download<double>(said.token_mask->value())) all.push_back(v);
      for (const double v : download<double>(embedding.table.grad)) all.push_back(v);
      return all;
    };
    CHECK(distance(tokens(B{}), tokens(Double{})) < tolerance<typename B::precision>());
  });
}

TEST_CASE("cuda labels: rules combine two answers as the CPU does in double") {
  const Shape shape{3, 4, 4, 3};
  const auto with = random<bf16>(shape.size(), 1), without = random<bf16>(shape.size(), 2);
  each_machine([&](const auto& on) {
    using B = std::decay_t<decltype(on)>;
    const auto check = [&](const auto& rule) {
      const auto combined = [&](const auto& where) {
        const auto put_in = [&](const std::vector<double>& v) {
          return upload(where, shape, std::span<const double>(v));
        };
        return download<double>(rule(put_in(with), put_in(without), 2.));
      };
      CHECK(distance(combined(B{}), combined(Double{})) < tolerance<typename B::precision>());
    };
    check(RescaledGuidance{.phi = 1}), check(CfgZeroStar{}), check(ClassifierFree{});
  });
}

TEST_CASE("cuda labels: guidance by each rule makes the CPU's pictures; recorded, it has the same bits") {
  const auto check = [](const auto& rule) {
    const auto wanted = guided<Cpu<float>>(rule), single = guided<Single>(rule), half = guided<Half>(rule);
    CHECK(distance(single, wanted) < 1e-3);
    CHECK(distance(half, wanted) < 0.2);
    for (const int steps : {4, 20}) CHECK(guided<Half>(rule, steps, true) == guided<Half>(rule, steps, false));
  };
  check(RescaledGuidance{});
  check(GuidanceInterval{.3, 2, CfgZeroStar{}});
}

TEST_CASE(
    "cuda labels: a network that is told labels at every level makes the CPU's pictures; recorded, the same bits") {
  const auto wanted = pictures(broadcasting<Cpu<float>>()), single = pictures(broadcasting<Single>());
  CHECK(distance(single, wanted) < 1e-3);
  CHECK(distance(pictures(broadcasting<Half>()), wanted) < 0.2);
  CHECK(pictures(broadcasting<Single>(), ClassifierFree{}, 4, false) == single);
}

TEST_CASE("cuda labels: a weaker network guides to the CPU's pictures; recorded, it has the same bits") {
  const auto wanted = auto_guided<Cpu<float>>(), single = auto_guided<Single>();
  CHECK(distance(single, wanted) < 1e-3);
  CHECK(auto_guided<Single>(false) == single);
}
