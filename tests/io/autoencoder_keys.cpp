#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <hush/cpu/kernels.hpp>
#include <hush/io/autoencoder_keys.hpp>

using namespace hush;
using B = Cpu<float>;

namespace {

template <class Net>
io::Extents stored(const Net& net) {
  io::Extents native;
  for (const auto& [name, extents] : io::detail::parameters_of(net)) native[name] = extents;
  return io::stored_extents(io::diffusers_keys(net), native);
}
using Extent = std::vector<std::int64_t>;

void check_some(const io::Extents& there, const std::map<std::string, Extent>& wanted) {
  for (const auto& [name, extents] : wanted) {
    CAPTURE(name);
    REQUIRE(there.count(name) == 1);
    CHECK(there.at(name) == extents);
  }
}

}  // namespace

TEST_CASE("autoencoder keys: layers of an AutoencoderKl have the names and extents that diffusers gives them") {
  const AutoencoderKlConfig c{
      .image = {32, 32, 3}, .block_out_channels = {32, 64, 64}, .layers_per_block = 1, .latent_channels = 4};
  const io::Extents there = stored(AutoencoderKl<B>(c, Seed{1}));
  CHECK(there.size() == 152);
  check_some(there, {{"encoder.conv_in.weight", {32, 3, 3, 3}},
                     {"encoder.down_blocks.0.resnets.0.norm1.weight", {32}},
                     {"encoder.down_blocks.1.resnets.0.conv_shortcut.weight", {64, 32, 1, 1}},
                     {"encoder.down_blocks.1.downsamplers.0.conv.bias", {64}},
                     {"encoder.mid_block.attentions.0.group_norm.bias", {64}},
                     {"encoder.mid_block.attentions.0.to_q.weight", {64, 64}},
                     {"encoder.mid_block.resnets.1.conv2.weight", {64, 64, 3, 3}},
                     {"encoder.conv_norm_out.weight", {64}},
                     {"encoder.conv_out.weight", {8, 64, 3, 3}},
                     {"decoder.conv_in.weight", {64, 4, 3, 3}},
                     {"decoder.mid_block.attentions.0.to_out.0.bias", {64}},
                     {"decoder.up_blocks.0.resnets.1.conv1.weight", {64, 64, 3, 3}},
                     {"decoder.up_blocks.2.resnets.0.conv_shortcut.weight", {32, 64, 1, 1}},
                     {"decoder.up_blocks.1.upsamplers.0.conv.weight", {64, 64, 3, 3}},
                     {"decoder.conv_out.bias", {3}},
                     {"quant_conv.weight", {8, 8, 1, 1}},
                     {"post_quant_conv.bias", {4}}});
}

TEST_CASE("autoencoder keys: an AutoencoderTiny counts activations and up-samplings as diffusers does") {
  const io::Extents there = stored(AutoencoderTiny<B>({}, Seed{1}));
  CHECK(there.size() == 134);
  // Modules of TAESD: 0 stem, 1 block, 2 halving, 3 to 5 blocks, ..., 14 last; and 0 stem, 1 ReLU, 2 to 4 blocks,
  // 5 up-sampling, 6 convolution, ..., 17 block, 18 last.
  check_some(there, {{"encoder.layers.0.weight", {64, 3, 3, 3}},
                     {"encoder.layers.1.conv.4.bias", {64}},
                     {"encoder.layers.2.weight", {64, 64, 3, 3}},
                     {"encoder.layers.13.conv.0.weight", {64, 64, 3, 3}},
                     {"encoder.layers.14.bias", {4}},
                     {"decoder.layers.0.weight", {64, 4, 3, 3}},
                     {"decoder.layers.2.conv.2.bias", {64}},
                     {"decoder.layers.6.weight", {64, 64, 3, 3}},
                     {"decoder.layers.16.weight", {64, 64, 3, 3}},
                     {"decoder.layers.17.conv.0.bias", {64}},
                     {"decoder.layers.18.weight", {3, 64, 3, 3}}});
  CHECK(there.count("encoder.layers.2.bias") == 0);
  CHECK(there.count("decoder.layers.6.bias") == 0);
}
