#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <hush/core.hpp>

#include "../labelled.hpp"

using namespace hush;

namespace {

using B = Cpu<float>;

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

Unet2dConfig sizes(UnetBlock deep, UnetMiddle middle) {
  Unet2dConfig c;
  c.image = {8, 8, 1};
  c.block_out_channels = {4, 8};
  c.layers_per_block = 1;
  c.down_block_types = {UnetBlock::resnet, deep};
  c.up_block_types = {deep, UnetBlock::resnet};
  c.mid_block_type = middle;
  c.norm_num_groups = 2;
  c.attention_head_dim = 4;
  c.num_attention_heads = {2};
  return c;
}

}  // namespace

TEST_CASE("unet2d: tokens of labels reach it by cross-attention, a set, and guidance exaggerates them") {
  const Process process{tiny::process.schedule, PredictNoise{}, MultiHot{.labels = 2, .dropout = .2}};
  const LabelTokens<B> tokens({.width = 6}, process.ports(), Seed{1}, B{.threads = 2});
  WithEmbedding net{process.ports(),
                    Unet2d<B>(sizes(UnetBlock::cross_attention, UnetMiddle::cross_attention),
                              tokens.network_ports(process.ports()), Seed{2}, B{.threads = 2}),
                    tokens};
  const auto trained =
      train(process, net, Adam{.rate = 5e-3}, OneLabel{}, {.epochs = 60, .batch = 8, .ema = {.decay = .9}});
  const auto made = [&](const auto& network, std::vector<std::int32_t> set) {
    return sample(process, network, Ddim{}, LabelSets{std::vector<std::vector<std::int32_t>>(8, set)},
                  {.steps = 10, .count = 8, .seed = 2});
  };
  const auto brightness = [&](const auto& network, std::vector<std::int32_t> set) {
    const auto images = made(network, set);
    return std::accumulate(images.pixels.begin(), images.pixels.end(), 0.) / double(images.pixels.size());
  };
  CHECK(made(trained.averaged, {0, 1}) == made(trained.averaged, {1, 0}));
  const double plain = brightness(trained.averaged, {1}) - brightness(trained.averaged, {0});
  CHECK(plain > .02);
  const Guided guided{trained.averaged, process.conditioning, 3.};
  const double exaggerated = brightness(guided, {1}) - brightness(guided, {0});
  CHECK(exaggerated > plain);
}

TEST_CASE("unet2d: channels of labels, made or fused, are the same network") {
  const Process process{tiny::process.schedule, PredictNoise{}, MultiHot{.labels = 2, .dropout = .2}};
  const auto made = [&](bool fused, bool centred) {
    const LabelChannels<B> labels({.channels = 5, .fused = fused}, process.ports(), Seed{1});
    Unet2dConfig c = sizes(UnetBlock::attention, UnetMiddle::attention);
    c.center_input_sample = centred;
    WithEmbedding net{process.ports(), Unet2d<B>(c, labels.network_ports(process.ports()), Seed{2}), labels};
    walk(net, [](const std::string&, auto& p) {
      if (p.init.kind == Init::Kind::zeros) p.init = Init::uniform(0.1);
    });
    initialise(net, Seed{3});
    return sample(process, net, Ddim{}, LabelSets{{{0}, {1}}}, {.steps = 4, .count = 2, .seed = 3}).pixels;
  };
  for (const bool centred : {false, true}) {
    const auto exact = made(false, centred), fused = made(true, centred);
    for (std::size_t i = 0; i < exact.size(); ++i) CHECK(fused[i] == doctest::Approx(exact[i]).epsilon(1e-4));
  }
}
