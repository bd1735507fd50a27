#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <hush/cpu/kernels.hpp>

#include <hush/autoencoders/autoencoder_tiny.hpp>
#include <hush/autograd/gradient_error.hpp>
#include <hush/random/noise.hpp>

#include "shapes_only.hpp"

using namespace hush;

namespace shapes_only {
inline void initialise(AutoencoderTiny<Shapes>&, Seed) {}
}  // namespace shapes_only
using shapes_only::Shapes;

namespace {

static_assert(Autoencoder<AutoencoderTiny<Cpu<float>>> && Autoencoder<AutoencoderTiny<Cpu<double>>>);

AutoencoderTinyConfig small() {
  return {.image = {4, 8, 2},
          .encoder_block_out_channels = {4, 4},
          .num_encoder_blocks = {1, 2},
          .decoder_block_out_channels = {6, 6},
          .num_decoder_blocks = {2, 0},
          .latent_channels = 3};
}

template <class B>
Tensor<B> images(const Shape& shape) {
  std::vector<std::uint32_t> numbers;
  for (std::int64_t i = 0; i < shape[0]; ++i) numbers.push_back(std::uint32_t(i));
  return normal_images(B{}, shape, Stream{.seed = 5}, numbers);
}

}  // namespace

TEST_CASE("autoencoder_tiny: the network of diffusers has its number of parameters") {
  CHECK(count_parameters(AutoencoderTiny<Shapes>({}, Seed{})) == 2'445'063);
}

TEST_CASE("autoencoder_tiny: images to latents and back, of the sizes that it says") {
  using B = Cpu<float>;
  const AutoencoderTiny<B> net(small(), Seed{1});
  CHECK(net.latent() == ImageSize{2, 4, 3});
  const auto x = images<B>({2, 4, 8, 2});
  const auto z = net.encode(x);
  CHECK(z.shape() == Shape{2, 2, 4, 3});
  CHECK(net.decode(z).shape() == x.shape());
  CHECK_THROWS_WITH_AS(net.encode(z), "[AutoencoderTiny] wants images [N, 4, 8, 2], got [2, 2, 4, 3]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(net.decode(x), "[AutoencoderTiny] wants latents [N, 2, 4, 3], got [2, 4, 8, 2]",
                       std::invalid_argument);
}

TEST_CASE("autoencoder_tiny: far latents are kept within 3, so that farther ones give the same image") {
  using B = Cpu<double>;
  const AutoencoderTiny<B> net(small(), Seed{1});
  const auto far = download<double>(net.decode(filled(B{}, {1, 2, 4, 3}, 1e3)));
  CHECK(download<double>(net.decode(filled(B{}, {1, 2, 4, 3}, 1e6))) == far);
  CHECK(download<double>(net.decode(filled(B{}, {1, 2, 4, 3}, 1))) != far);
}

TEST_CASE("autoencoder_tiny: the gradients of a reconstruction are those of finite differences") {
  using B = Cpu<double>;
  const AutoencoderTiny<B> net(small(), Seed{3});
  auto x = images<B>({1, 4, 8, 2});
  CHECK(gradient_error([&](const auto& v) { return net.decode(net.encode(v)); }, x).worst <= 1);
}

TEST_CASE("autoencoder_tiny: sizes that cannot be are refused in words") {
  using B = Cpu<float>;
  const auto refused = [](const auto& change, const char* words) {
    AutoencoderTinyConfig c = small();
    change(c);
    CHECK_THROWS_WITH_AS((AutoencoderTiny<B>(c, Seed{1})), words, std::invalid_argument);
  };
  refused([](auto& c) { c.num_decoder_blocks = {1}; },
          "[AutoencoderTiny] num_decoder_blocks has 1 entries, num_encoder_blocks 2");
  refused(
      [](auto& c) {
        c.encoder_block_out_channels = {4, 8};
      },
      "[AutoencoderTiny] encoder_block_out_channels wants one and the same number, has 4 and 8: no layer changes it");
  refused([](auto& c) { c.image.height = 3; },
          "[AutoencoderTiny] sides of 3x8x2 must be multiples of 2: there are 1 down-samplings by 2");
  refused(
      [](auto& c) {
        c.num_encoder_blocks = {-1, 1};
      },
      "[AutoencoderTiny] each of num_encoder_blocks must be in 0 to 1024, is -1");
  refused([](auto& c) { c.scaling_factor = -1; },
          "[AutoencoderTiny] scaling_factor must be finite and positive, is -1");
}
