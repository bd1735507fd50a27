// Unet2d on the CUDA backend: what it says and its gradients against the CPU.
#include "against.hpp"
#include "kernels.hpp"

#include <hush/core.hpp>

#include <hush/backbones/unet2d.hpp>

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

/// What the network says of two images, and the gradient of all its parameters, one behind the other.
template <class B>
std::pair<std::vector<double>, std::vector<double>> said_and_learned(const Unet2d<B>& net) {
  const auto put_in = [&](const Shape& shape, const std::vector<double>& v) {
    return upload(B{}, shape, std::span<const double>(v));
  };
  const std::vector<double> seen{3, 39};
  Tensor<B, typename B::master> noise_labels(B{}, {2});
  copy_in(B{}, 2, seen.data(), noise_labels.data());
  const Input<Tensor<B>> input{put_in({2, 4, 4, 2}, random<bf16>(64, 1)), noise_labels,
                               put_in({2, 3}, {1, 0, 0, 0, 1, 1}), put_in({2, 2, 8}, random<bf16>(32, 3)),
                               put_in({2, 2}, {1, 1, 1, 0})};
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

}  // namespace

TEST_CASE("cuda unet2d: what it says and the gradients of all its parameters against the CPU in double") {
  // by teams of one: those of others are the tests' of the kernels
  for (const bool scaled : {true, false}) {
    const auto wanted = said_and_learned(network<Double>(scaled));
    const auto single = said_and_learned(network<Single>(scaled)), half = said_and_learned(network<Half>(scaled));
    CHECK(distance(single.first, wanted.first) < 20 * tolerance<float>());
    CHECK(distance(single.second, wanted.second) < 20 * tolerance<float>());
    CHECK(distance(half.first, wanted.first) < 3e-2);  // bf16 rounds at each layer
    CHECK(distance(half.second, wanted.second) < 8e-2);
  }
}
