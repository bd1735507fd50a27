// What diffusers 0.42.1 says in double precision, of weights and images by the rule of sine_weights.hpp.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hush/cpu/kernels.hpp>

#include <hush/backbones/unet2d.hpp>
#include <hush/io/unet2d_keys.hpp>

#include "sine_weights.hpp"

using namespace hush;
using B = Cpu<double>;

namespace {

/// Parameters; the sum and the sum of the magnitudes of the output [2, 3, 8, 8], its first two numbers and its last.
struct Golden {
  std::int64_t parameters;
  double sum, magnitude, first, second, last;
};

Unet2dConfig base() {
  return {.image = {8, 8, 3},
          .down_block_types = {UnetBlock::resnet, UnetBlock::attention},
          .up_block_types = {UnetBlock::attention, UnetBlock::resnet},
          .block_out_channels = {4, 8},
          .layers_per_block = 1,
          .norm_num_groups = 4};
}

Tensor<B> tensor(const Shape& shape, const std::vector<double>& values) {
  return upload(B{}, shape, std::span<const double>(values));
}

void check_golden(const Unet2dConfig& config, const Ports& ports, const Golden& golden,
                  const std::vector<double>& labels = {}, const std::vector<double>& levels = {10, 500}) {
  Unet2d<B> net(config, ports, Seed{1});
  CHECK(count_parameters(net) == golden.parameters);
  io::Extents native;
  for (const auto& [name, extents] : io::detail::parameters_of(net)) native[name] = extents;
  const io::KeyMap keys = io::diffusers_keys(net);
  io::load_arrays(sine::weights(io::stored_extents(keys, native)), "sines", net, keys);

  Input<Tensor<B>> input{tensor({2, 8, 8, 3}, sine::images(2, 3, 8, 8)), tensor({2}, levels)};
  if (ports.label_dim) input.labels = tensor({2, ports.label_dim}, labels);
  if (ports.tokens) {
    input.tokens = tensor({2, ports.tokens, ports.token_dim}, sine::numbers(2 * ports.tokens * ports.token_dim));
    input.token_mask = filled(B{}, {2, ports.tokens}, 1);
  }
  const std::vector<double> y = download<double>(net(input));
  double sum = 0, magnitude = 0;
  for (const double v : y) {
    sum += v;
    magnitude += std::abs(v);
  }
  CHECK(std::abs(sum - golden.sum) < 1e-5);
  CHECK(std::abs(magnitude - golden.magnitude) < 1e-5);
  CHECK(std::abs(y[0] - golden.first) < 1e-6);
  CHECK(std::abs(y[3] - golden.second) < 1e-6);  // the pixel to the right
  CHECK(std::abs(y.back() - golden.last) < 1e-6);
}

std::vector<double> multi_hot(std::int64_t width, const std::vector<std::vector<std::int64_t>>& hot) {
  std::vector<double> all(hot.size() * std::size_t(width));
  for (std::size_t n = 0; n < hot.size(); ++n)
    for (const std::int64_t k : hot[n]) all[n * std::size_t(width) + std::size_t(k)] = 1;
  return all;
}

}  // namespace

TEST_CASE("unet2d goldens: the defaults of UNet2DModel") {
  check_golden(base(), {}, {11'767, 14.098112184, 329.414938052, 0.151470327, -0.112014674, 0.675676897});
}

TEST_CASE("unet2d goldens: zeros below and to the right, sines first, one head, another eps") {
  Unet2dConfig c = base();
  c.downsample_padding = 0;
  c.flip_sin_to_cos = false;
  c.freq_shift = 1;
  c.norm_eps = 1e-6;
  c.attention_head_dim = {};
  check_golden(c, {}, {11'767, 2.367624788, 315.713435398, 0.074225813, -0.001606184, 0.687670403});
}

TEST_CASE("unet2d goldens: scales, residual blocks that resample, a norm in the middle") {
  Unet2dConfig c = base();
  c.scale_shift = true;
  c.downsample_type = c.upsample_type = UnetResampling::resnet;
  c.attn_norm_num_groups = 4;
  check_golden(c, {}, {13'539, 4.005861006, 228.408405088, -0.315366223, -0.752290223, 0.068570321});
}

TEST_CASE("unet2d goldens: no attention in the middle") {
  Unet2dConfig c = base();
  c.mid_block_type = UnetMiddle::resnets;
  check_golden(c, {}, {11'463, 26.168591445, 288.996716921, 0.043589109, 0.096929703, 0.094546391});
}

TEST_CASE("unet2d goldens: labels as rows of a table, and as vectors that are added") {
  check_golden(base(), {.label_dim = 5}, {11'847, 5.689626002, 269.988680795, 0.656803766, 0.625741785, 0.375857203},
               multi_hot(5, {{1}, {4}}));
  Unet2dConfig c = base();
  c.class_embed_type = ClassEmbedType::identity;
  check_golden(c, {.label_dim = 16}, {11'767, 24.389178000, 292.252704780, -0.489414276, -0.912508544, 0.159154059},
               sine::numbers(32));
}

TEST_CASE("unet2d goldens: UNet2DConditionModel with a projection of labels") {
  Unet2dConfig c = base();
  c.down_block_types = c.up_block_types = {UnetBlock::resnet, UnetBlock::resnet};
  c.mid_block_type = UnetMiddle::resnet;
  c.class_embed_type = ClassEmbedType::simple_projection;
  check_golden(c, {.label_dim = 24}, {9'615, 6.217769634, 307.720796672, 1.003309144, 1.380577676, 0.597344174},
               multi_hot(24, {{3}, {2, 7, 20}}));
}

TEST_CASE("unet2d goldens: UNet2DConditionModel with tokens") {
  Unet2dConfig c = base();
  c.down_block_types = {UnetBlock::resnet, UnetBlock::cross_attention};
  c.up_block_types = {UnetBlock::cross_attention, UnetBlock::resnet};
  c.mid_block_type = UnetMiddle::cross_attention;
  c.num_attention_heads = {2};
  check_golden(c, {.tokens = 3, .token_dim = 6},
               {16'727, 20.540774395, 258.931746834, 1.038704110, 1.479638579, 1.345684856});
}

TEST_CASE("unet2d goldens: noise levels as Fourier features of sigma, and as rows of a table") {
  Unet2dConfig c = base();
  c.time_embedding_type = TimeEmbedType::fourier;
  check_golden(c, {}, {11'831, 5.267875918, 261.107082365, 0.472797077, -0.054927128, 0.030333293}, {}, {0.5, 20});
  c.time_embedding_type = TimeEmbedType::learned;
  c.num_train_timesteps = 600;
  check_golden(c, {}, {14'167, -15.127334014, 268.278571974, 1.049114860, 1.244783823, 0.502692408});
  c.class_embed_type = ClassEmbedType::timestep;
  check_golden(c, {.label_dim = 1}, {14'519, 7.019843978, 98.635549552, 0.776002622, 0.752862542, 0.172927561},
               {3, 40});
}
