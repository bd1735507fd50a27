// The code of docs/labels.md; compiled, and run on little.
#include <doctest/doctest.h>

#include <hush/hush.hpp>

using namespace hush;

namespace {

using B = Cpu<float>;

// [rule]
/// Guidance whose scale is halved.
struct Half {
  template <Value V>
  V operator()(const V& with, const V& without, double scale) const {
    return without + (scale / 2) * (with - without);
  }
};
// [/rule]

Images<float> made_with(const AdmConfig& sizes, const LabelSets& wanted) {
  // [channels]
  const Process process{Cosine{.steps = 2000}, PredictNoise{}, MultiHot{.labels = 24}};
  const LabelChannels<B> labels({.channels = 512}, process.ports(), Seed{1});
  WithEmbedding unet{process.ports(), Adm<B>(sizes, labels.network_ports(process.ports()), Seed{2}), labels};
  // [/channels]
  const auto& net = unet;
  const auto& weaker = unet;
  const auto checked = [&] {
    // [guided]
    const Guided guided{net, process.conditioning, 3};
    const Images<float> made = sample(process, guided, Ddim{}, wanted, {.steps = 50, .count = 2});
    // [/guided]
    return made;
  };
  // [interval]
  const Guided limited{net, process.conditioning, 3, GuidanceInterval{.3, 3, RescaledGuidance{}}};
  // [/interval]
  // [auto]
  const AutoGuided better{net, weaker, 2};
  // [/auto]
  const Guided half{net, process.conditioning, 6, Half{}};
  CHECK(sample(process, limited, Ddim{}, wanted, {.steps = 2, .count = 2}).count == 2);
  CHECK(sample(process, better, Ddim{}, wanted, {.steps = 2, .count = 2}).count == 2);
  CHECK(sample(process, half, Ddim{}, wanted, {.steps = 50, .count = 2}) == checked());
  return checked();
}

}  // namespace

TEST_CASE("labels: the page's pipeline makes pictures of the sizes asked for") {
  const Images<float> made =
      made_with({.image = {8, 8, 1}, .channels = 4, .multipliers = {1}, .blocks = 1, .head_channels = 0, .groups = 2},
                {{{1}, {2, 23}}});
  CHECK(made.count == 2);
}
