#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hush/cpu/kernels.hpp>

#include <hush/autoencoders/autoencoder_kl.hpp>
#include <hush/autoencoders/shared/checks.hpp>
#include <hush/autograd/gradient_error.hpp>
#include <hush/ops/gaussian_kl.hpp>
#include <hush/ops/gaussian_sample.hpp>
#include <hush/ops/sum.hpp>
#include <hush/random/noise.hpp>

#include "shapes_only.hpp"

using namespace hush;

namespace shapes_only {
inline void initialise(AutoencoderKl<Shapes>&, Seed) {}
}  // namespace shapes_only
using shapes_only::Shapes;

namespace {

static_assert(Autoencoder<AutoencoderKl<Cpu<float>>> && Autoencoder<AutoencoderKl<Cpu<double>>>);

std::int64_t count(const AutoencoderKlConfig& config, const std::string& half = "") {
  std::int64_t sum = 0;
  const AutoencoderKl<Shapes> net(config, Seed{});
  walk(net, [&](const std::string& name, const auto& p) {
    if (name.starts_with(half)) sum += p.value.size();
  });
  return sum;
}

AutoencoderKlConfig small() {
  return {.image = {8, 4, 2}, .block_out_channels = {4, 6}, .latent_channels = 3, .norm_num_groups = 2};
}

template <class B>
Tensor<B> images(const B& on, const Shape& shape, std::uint32_t first = 0) {
  std::vector<std::uint32_t> numbers;
  for (std::int64_t i = 0; i < shape[0]; ++i) numbers.push_back(first + std::uint32_t(i));
  return normal_images(on, shape, Stream{.seed = 5}, numbers);
}

}  // namespace

TEST_CASE("autoencoder_kl: the networks of diffusers have its numbers of parameters") {
  AutoencoderKlConfig c;
  CHECK(count(c) == 563'175);
  c.block_out_channels = {32, 64, 64};
  CHECK(count(c) == 954'567);
  CHECK(count(c, "encoder") == 367'272);
  CHECK(count(c, "decoder") == 587'203);
  c = {.image = {64, 64, 3}, .block_out_channels = {64, 128, 256}, .layers_per_block = 2, .latent_channels = 3};
  CHECK(count(c) == 13'852'543);
  CHECK(count(c, "encoder") == 5'600'966);
  CHECK(count(c, "decoder") == 8'251'523);
  c.block_out_channels = {128, 256, 512};  // kl-f4 of latent diffusion
  CHECK(count(c) == 55'312'063);
  c.block_out_channels = {128, 256, 512, 512};
  c.latent_channels = 4;
  CHECK(count(c) == 83'653'863);  // Stable Diffusion 1
  c.latent_channels = 16;
  c.use_quant_conv = c.use_post_quant_conv = false;
  CHECK(count(c) == 83'819'683);  // Stable Diffusion 3, Flux
}

TEST_CASE(
    "autoencoder_kl: a network of numbers has as many parameters as one of shapes; the middle may lack attention") {
  CHECK(count_parameters(AutoencoderKl<Cpu<float>>(small(), Seed{})) == count(small()));
  AutoencoderKlConfig c = small();
  c.mid_block_add_attention = false;
  CHECK(count(small()) - count(c) == 2 * (12 + 4 * (36 + 6)));  // norm; q, k, v, out of 6 channels in both halves
}

TEST_CASE("autoencoder_kl: images to moments, their means, and back, of the sizes that it says") {
  using B = Cpu<float>;
  const AutoencoderKl<B> net(small(), Seed{1});
  CHECK(net.latent() == ImageSize{4, 2, 3});
  const auto x = images(B{}, {2, 8, 4, 2});
  const auto moments = net.moments(x), z = net.encode(x);
  CHECK(moments.shape() == Shape{2, 4, 2, 6});
  CHECK(z.shape() == Shape{2, 4, 2, 3});
  const auto all = download<float>(moments), means = download<float>(z);
  for (std::size_t p = 0; p < means.size(); ++p) CHECK(means[p] == all[p / 3 * 6 + p % 3]);
  CHECK(net.decode(z).shape() == x.shape());
  CHECK_THROWS_WITH_AS(net.encode(z), "[AutoencoderKl] wants images [N, 8, 4, 2], got [2, 4, 2, 3]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(net.decode(x), "[AutoencoderKl] wants latents [N, 4, 2, 3], got [2, 8, 4, 2]",
                       std::invalid_argument);
}

TEST_CASE("autoencoder_kl: down-samplings pad below and to the right only") {
  using B = Cpu<double>;
  AutoencoderKlConfig c{.image = {4, 4, 1}, .block_out_channels = {1, 1}, .latent_channels = 1, .norm_num_groups = 1};
  const AutoencoderKl<B> net(c, Seed{1});
  Conv2dOptions halving;
  decltype(net)::visit(net, [&](const std::string& name, const auto& half) {
    if constexpr (requires { half.down; })
      if (name == "encoder") halving = half.down[0].convolution[0].options;
  });
  CHECK(halving.stride == 2);
  CHECK(halving.pad == 0);
  CHECK((halving.extra.top == 0 && halving.extra.left == 0 && halving.extra.bottom == 1 && halving.extra.right == 1));
}

TEST_CASE("autoencoder_kl: the gradients of a reconstruction and its divergence are those of finite differences") {
  using B = Cpu<double>;
  AutoencoderKlConfig c = small();
  c.image = {4, 2, 1};
  const auto noise = images(B{}, {1, 2, 1, 3}, 7);
  for (const bool twice : {false, true}) {
    c.checkpoint = twice;
    const AutoencoderKl<B> net(c, Seed{3});
    auto x = images(B{}, {1, 4, 2, 1});
    CHECK(gradient_error(
              [&](const auto& v) {
                const auto moments = net.moments(v);
                return sum(net.decode(gaussian_sample(moments, noise))) + gaussian_kl(moments);
              },
              x)
              .worst <= 1);
  }
}

TEST_CASE("autoencoder_kl: image i does not depend on batch or threads, bit for bit") {
  using B = Cpu<float>;
  const auto run = [](std::int64_t batch, int threads) {
    const B on{.threads = threads};
    const AutoencoderKl<B> net(small(), Seed{1}, on);
    std::vector<float> all;
    for (std::int64_t first = 0; first < 6; first += batch) {
      const std::int64_t some = std::min<std::int64_t>(6 - first, batch);
      const auto y = download<float>(net.decode(net.encode(images(on, {some, 8, 4, 2}, std::uint32_t(first)))));
      all.insert(all.end(), y.begin(), y.end());
    }
    return all;
  };
  const auto one = run(1, 1);
  CHECK(run(4, 2) == one);
  CHECK(run(6, 2) == one);
}

TEST_CASE("autoencoder_kl: sizes that cannot be are refused in words") {
  using B = Cpu<float>;
  const auto refused = [](const auto& change, const char* words) {
    AutoencoderKlConfig c = small();
    change(c);
    CHECK_THROWS_WITH_AS((AutoencoderKl<B>(c, Seed{1})), words, std::invalid_argument);
  };
  refused([](auto& c) { c.image.width = 5; },
          "[AutoencoderKl] sides of 8x5x2 must be multiples of 2: there are 1 down-samplings by 2");
  refused([](auto& c) { c.block_out_channels = {}; },
          "[AutoencoderKl] block_out_channels wants 1 to 15 entries, has 0");
  refused([](auto& c) { c.norm_num_groups = 4; },
          "[AutoencoderKl] 6 of block_out_channels do not fall into 4 groups (norm_num_groups)");
  refused([](auto& c) { c.latent_channels = 0; }, "[AutoencoderKl] latent_channels must be in 1 to 16777216, is 0");
  refused([](auto& c) { c.scaling_factor = 0; }, "[AutoencoderKl] scaling_factor must be finite and positive, is 0");
  AutoencoderKl<B> net(small(), Seed{1});
  CHECK_THROWS_WITH_AS(net.set_scaling({.shift = NAN}), "[AutoencoderKl] shift_factor must be finite, is nan",
                       std::invalid_argument);
  net.set_scaling({.shift = .5, .factor = 2});
  CHECK(net.config().shift_factor == .5);
  CHECK(net.scaling() == LatentScaling{.5, 2});
}
