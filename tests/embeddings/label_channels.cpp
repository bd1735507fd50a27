#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <hush/core.hpp>
#include <hush/embeddings/label_channels.hpp>
#include <hush/io/models.hpp>

#include "../io/scratch.hpp"
#include "../labelled.hpp"
#include "../thrown.hpp"

using namespace hush;

namespace {

using B = Cpu<float>;
template <class On>
using Net = WithEmbedding<Adm<On>, LabelChannels<On>>;
static_assert(Backbone<Net<B>> && TimedBackbone<Net<B>, B>);

const Process process{tiny::process.schedule, PredictNoise{}, ClassLabel{.classes = 2, .dropout = .2}};

template <class On>
Net<On> network(bool fused, std::uint64_t seed = 1) {
  const LabelChannels<On> embedding({.channels = 5, .fused = fused}, process.ports(), Seed{seed});
  const AdmConfig sizes{
      .image = {8, 8, 1}, .channels = 4, .multipliers = {1, 2}, .blocks = 1, .head_channels = 0, .groups = 2};
  Adm<On> adm(sizes, embedding.network_ports(process.ports()), Seed{seed + 1});
  walk(adm, [](const std::string&, auto& p) {
    if (p.init.kind == Init::Kind::zeros) p.init = Init::uniform(0.1);  // else it says nothing at first
  });
  initialise(adm, Seed{seed + 1});
  return {process.ports(), adm, embedding};
}

/// What a network says of two images with labels, and the gradient of each parameter.
template <class Any>
std::pair<std::vector<double>, std::vector<double>> said_and_learned(const Any& net) {
  using On = typename Any::backend;
  std::vector<double> pixels;
  for (int i = 0; i < 128; ++i) pixels.push_back(std::sin(i));
  const auto x = upload(On{}, {2, 8, 8, 1}, std::span<const double>(pixels));
  const auto labels = upload(On{}, {2, 2}, std::span<const double>(std::vector<double>{1, 0, 1, 1}));
  Tape<On> tape;
  const auto said = net(on_tape(tape, Input<Tensor<On>>{x, filled(On{}, {2}, 3), labels}));
  tape.backward(said, x);
  std::vector<double> gradients;
  walk(net, [&](const std::string&, const auto& p) {
    for (const double g : download<double>(p.grad)) gradients.push_back(g);
  });
  return {download<double>(said.value()), gradients};
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double off = 0, length = 0;
  for (std::size_t i = 0; i < a.size(); ++i) off = std::hypot(off, a[i] - b[i]), length = std::hypot(length, b[i]);
  return off / length;
}

}  // namespace

TEST_CASE("label channels: a linear layer's numbers behind the image's channels, at every pixel") {
  const LabelChannels<B> made({.channels = 2, .fused = false}, {.extra_channels = 3, .label_dim = 2}, Seed{1});
  CHECK(made.network_ports({.extra_channels = 3, .label_dim = 2}) == Ports{.extra_channels = 5});
  Input<Tensor<B>> input{filled(B{}, {2, 2, 2, 1}, 7), filled(B{}, {2}, 0), filled(B{}, {2, 2}, 1)};
  const auto numbers = download<float>(made.linear(*input.labels));
  const auto embedded = made(input);
  CHECK(embedded.image.shape() == Shape{2, 2, 2, 3});
  CHECK_FALSE(embedded.labels.has_value());
  const auto pixels = download<float>(embedded.image);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    CHECK(pixels[i] == (i % 3 == 0 ? 7 : numbers[i / 12 * 2 + i % 3 - 1]));

  const LabelChannels<B> fused({.channels = 2}, {.extra_channels = 3, .label_dim = 2}, Seed{1});
  CHECK(fused.network_ports({.extra_channels = 3, .label_dim = 2}) ==
        Ports{.extra_channels = 3, .constant_channels = 2});
  CHECK(download<float>(*fused(input).constants) == numbers);
}

TEST_CASE("label channels: fused they are the same network, its gradients and its files included") {
  const auto exact = said_and_learned(network<Cpu<double>>(false)),
             fused = said_and_learned(network<Cpu<double>>(true));
  CHECK(distance(fused.first, exact.first) < 1e-12);
  CHECK(distance(fused.second, exact.second) < 1e-11);
  CHECK(distance(said_and_learned(network<B>(true)).first, said_and_learned(network<B>(false)).first) < 1e-5);
  CHECK(count_parameters(network<B>(true)) == count_parameters(network<B>(false)));

  const Scratch scratch("label_channels");
  io::save_model(scratch / "fused.safetensors", process, network<B>(true));
  Net<B> again = network<B>(false, 7);
  io::load_model(scratch / "fused.safetensors", process, again);
  const auto made = [&](const Net<B>& net) {
    return sample(process, net, Ddim{}, {0, 1}, {.steps = 4, .count = 2, .seed = 3}).pixels;
  };
  const auto a = made(again), b = made(network<B>(true));
  CHECK(distance({a.begin(), a.end()}, {b.begin(), b.end()}) < 1e-5);
}

TEST_CASE("label channels: the document's 24 labels have 12,800 weights, and guidance finds their null condition") {
  CHECK(count_parameters(LabelChannels<B>({}, MultiHot{.labels = 24}.ports(), Seed{1})) == 12'800);
  const Net<B> net = network<B>(true);
  const auto made = [&](const auto& of, bool planned) {
    return sample(process, of, Ddim{}, {0, 1},
                  {.steps = 4, .count = 2, .seed = 3, .execution = planned ? Execution::planned : Execution::eager});
  };
  const Guided guided{net, process.conditioning, 3.};
  const auto planned = made(guided, true).pixels, eager = made(guided, false).pixels;
  CHECK(distance({planned.begin(), planned.end()}, {eager.begin(), eager.end()}) < 1e-5);
  CHECK(made(guided, true) != made(net, true));
}

TEST_CASE("label channels: what cannot be is refused in words") {
  const auto said = [](LabelChannelsConfig config, const Ports& ports) {
    return thrown::message([&] { LabelChannels<B>(config, ports, Seed{}); });
  };
  CHECK(said({.channels = 0}, {.label_dim = 2}) == "[LabelChannels] channels must be at least 1, is 0");
  CHECK(said({}, {.extra_channels = 3}) == "[LabelChannels] the process has no labels: give it MultiHot or ClassLabel");
  CHECK(thrown::message([&] { SimpleUnet<B>({}, {.constant_channels = 4}, Seed{}); }) ==
        "[SimpleUnet] has no port constant_channels, the process has one of 4; it has extra_channels");
}
