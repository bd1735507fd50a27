// Unet2d on the CUDA backend: what it says, its gradients, and guided sampling with it, against the CPU; blocks of
// diffusers, and labels as tokens as in examples/iclevr.
#include "against.hpp"
#include "kernels.hpp"

#include <hush/core.hpp>

#include <hush/backbones/unet2d.hpp>
#include <hush/backbones/with_embedding.hpp>
#include <hush/embeddings/label_tokens.hpp>

using namespace against;

namespace {

using Single = Cuda<float, Machine>;
using Half = Cuda<bf16, Machine>;

static_assert(Backbone<Unet2d<Single>> && TimedBackbone<Unet2d<Half>, Half>);

/// All kinds of blocks, a middle that is divided, and a head width that does not divide the channels.
template <class B>
Unet2d<B> network(bool scaled) {
  Unet2dConfig c{.image = {4, 4, 2},
                 .down_block_types = {UnetBlock::attention, UnetBlock::cross_attention},
                 .mid_block_type = scaled ? UnetMiddle::attention : UnetMiddle::cross_attention,
                 .up_block_types = {UnetBlock::resnet_resampling, UnetBlock::resnet},
                 .block_out_channels = {8, 16},
                 .layers_per_block = 1,
                 .mid_block_scale_factor = 2,
                 .attention_head_dim = 5,
                 .num_attention_heads = {2},
                 .norm_num_groups = 4,
                 .scale_shift = scaled};
  if (scaled) {
    c.upsample_type = UnetResampling::resnet;
    c.downsample_padding = 0;
    c.time_embedding_type = TimeEmbedType::fourier;
  } else {
    c.down_block_types = {UnetBlock::resnet, UnetBlock::cross_attention};
    c.up_block_types = {UnetBlock::attention, UnetBlock::resnet};
    c.time_embedding_type = TimeEmbedType::learned;
    c.num_train_timesteps = 50;
  }
  return Unet2d<B>(c, {.label_dim = 3, .tokens = 2, .token_dim = 8}, Seed{9});
}

const Process process{LinearBeta{.first = 1e-3, .last = 0.7, .steps = 20}, PredictNoise{}, MultiHot{.labels = 3}};

/// Labels as tokens, with blocks as in the small networks of examples/iclevr, or with attention among the pixels too.
template <class B>
auto labelled(bool attends) {
  const LabelTokens<B> tokens({.width = 8}, process.ports(), Seed{1});
  const UnetBlock fine = attends ? UnetBlock::attention : UnetBlock::resnet;
  const Unet2dConfig sizes{.image = {4, 4, 2},
                           .down_block_types = {fine, UnetBlock::cross_attention},
                           .mid_block_type = UnetMiddle::cross_attention,
                           .up_block_types = {UnetBlock::cross_attention, fine},
                           .block_out_channels = {8, 16},
                           .layers_per_block = 1,
                           .attention_head_dim = 4,
                           .num_attention_heads = {4},
                           .norm_num_groups = 4,
                           .scale_shift = true};
  return WithEmbedding{process.ports(), Unet2d<B>(sizes, tokens.network_ports(process.ports()), Seed{9}), tokens};
}

/// What the network says of two images, and the gradient of all its parameters, one behind the other.
template <class Net>
std::pair<std::vector<double>, std::vector<double>> said_and_learned(const Net& net) {
  using B = typename Net::backend;
  const auto put_in = [&](const Shape& shape, const std::vector<double>& v) {
    return upload(B{}, shape, std::span<const double>(v));
  };
  const std::vector<double> seen{3, 39};
  Tensor<B, typename B::master> noise_labels(B{}, {2});
  copy_in(B{}, 2, seen.data(), noise_labels.data());
  Input<Tensor<B>> input{put_in({2, 4, 4, 2}, random<bf16>(64, 1)), noise_labels, put_in({2, 3}, {1, 0, 0, 0, 1, 1})};
  if (net.ports().tokens) {
    input.tokens = put_in({2, 2, 8}, random<bf16>(32, 3));
    input.token_mask = put_in({2, 2}, {1, 1, 1, 0});
  }
  Tape<B> tape;
  const auto said = net(on_tape(tape, input));
  CHECK(distance(download<double>(net(input)), download<double>(said.value())) < 2e-2);  // attention keeps no weights
  tape.backward(said, put_in({2, 4, 4, 2}, random<bf16>(64, 2)));
  std::vector<double> gradients;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    for (const double v : download<double>(p.grad)) gradients.push_back(v);
  });
  return {download<double>(said.value()), gradients};
}

void check_against_cpu(const auto& network) {
  const auto wanted = said_and_learned(network(Double{}));
  each_precision([&]<class P>(const Cuda<P, Machine>& on) {
    const auto found = said_and_learned(network(on));
    const bool half = std::is_same_v<P, bf16>;  // which rounds at each layer
    CHECK(distance(found.first, wanted.first) < (half ? 3e-2 : 20 * tolerance<P>()));
    CHECK(distance(found.second, wanted.second) < (half ? 8e-2 : 20 * tolerance<P>()));
  });
}

/// Guided pictures of three images, in two batches.
template <class B>
std::vector<double> pictures(bool attends, int steps = 5, bool record = true) {
  const Guided net{labelled<B>(attends), process.conditioning, 1.5};
  const LabelSets given{{{0}, {1, 2}, {2}}};
  const auto made =
      sample(process, net, Ddim{}, given, {.steps = steps, .count = 3, .batch = 2, .seed = 4, .record = record});
  return {made.pixels.begin(), made.pixels.end()};
}

}  // namespace

// On the host by teams of one: those of others are the tests' of the kernels.

TEST_CASE("cuda unet2d: what it says and the gradients of all its parameters against the CPU in double") {
  for (const bool scaled : {true, false}) check_against_cpu([&]<class B>(const B&) { return network<B>(scaled); });
}

TEST_CASE("cuda unet2d: Fourier features of level 0 are refused before a run, as on the CPU") {
  const Unet2d<Single> net = network<Single>(true);
  Tensor<Single> levels = put<float>(Single{}, {3, 0});
  CHECK_THROWS_AS(net.timed(levels), std::invalid_argument);
  fill(Single{}, 2, 1, levels.data());
  CHECK(net.timed(levels).size() == 1);  // it has labels: the embedding
}

TEST_CASE("cuda unet2d: with labels as tokens too, the tokens' gradients included") {
  for (const bool attends : {true, false}) check_against_cpu([&]<class B>(const B&) { return labelled<B>(attends); });
}

TEST_CASE("cuda unet2d: guided, the same seed is the CPU's picture; recorded, it has the same bits") {
  for (const bool attends : {true, false}) {
    const auto cpu = pictures<Cpu<float>>(attends), single = pictures<Single>(attends), half = pictures<Half>(attends);
    CHECK(distance(single, cpu) < 1e-3);
    CHECK(distance(half, cpu) < 0.2);
    for (const int steps : {5, 20})
      CHECK(pictures<Half>(attends, steps, true) == pictures<Half>(attends, steps, false));
    CHECK(pictures<Single>(attends, 5, false) == single);
  }
}
