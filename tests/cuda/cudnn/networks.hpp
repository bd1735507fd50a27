#pragma once
#include <cstdint>
#include <functional>
#include <hush/autoencoders/autoencoder_kl.hpp>
#include <hush/autoencoders/autoencoder_tiny.hpp>
#include <hush/backbones/adm.hpp>
#include <hush/backbones/attention_unet.hpp>
#include <hush/backbones/broadcast_unet.hpp>
#include <hush/backbones/simple_unet.hpp>
#include <hush/backbones/unet2d.hpp>
#include <hush/kernels/conv2d_sizes.hpp>
#include <memory>
#include <optional>
#include <vector>

/// A backend that computes nothing: a network that runs on it leaves the list of its convolutions. Its tensors have
/// shapes and no memory to speak of.
namespace survey {

struct Survey {
  using scalar = float;
  using master = float;
  using full = Survey;
  std::shared_ptr<std::vector<hush::Conv2dSizes>> met = std::make_shared<std::vector<hush::Conv2dSizes>>();

  full in_full() const { return *this; }
  template <class U>
  std::shared_ptr<U[]> allocate(std::int64_t) const {
    return std::make_shared<U[]>(1);
  }
};

inline void conv2d(const Survey& on, const hush::Conv2dSizes& s, const auto&...) { on.met->push_back(s); }
/// Forwards it is a transposed convolution; its gradients are those of the convolution whose sizes it has.
inline void conv2d_backward_input(const Survey& on, const hush::Conv2dSizes& s, const auto&...) {
  on.met->push_back(s);
}

void add(const Survey&, const auto&...) {}
void add_channels(const Survey&, const auto&...) {}
void add_into(const Survey&, const auto&...) {}
void attention(const Survey&, const auto&...) {}
void copy(const Survey&, const auto&...) {}
void copy_columns(const Survey&, const auto&...) {}
void copy_in(const Survey&, const auto&...) {}
void divide_images(const Survey&, const auto&...) {}
void dropout(const Survey&, const auto&...) {}
void embedding(const Survey&, const auto&...) {}
void fill(const Survey&, const auto&...) {}
void fourier_embedding(const Survey&, const auto&...) {}
void gelu_exact(const Survey&, const auto&...) {}
void gelu_tanh(const Survey&, const auto&...) {}
void group_norm(const Survey&, const auto&...) {}
void layer_norm(const Survey&, const auto&...) {}
void linear(const Survey&, const auto&...) {}
void max_pool2d(const Survey&, const auto&...) {}
void multiply(const Survey&, const auto&...) {}
void nearest_rows(const Survey&, const auto&...) {}
void normalise_channels(const Survey&, const auto&...) {}
void relu(const Survey&, const auto&...) {}
void scale(const Survey&, const auto&...) {}
void silu(const Survey&, const auto&...) {}
void sinusoidal_embedding(const Survey&, const auto&...) {}
void subtract(const Survey&, const auto&...) {}
void tanh(const Survey&, const auto&...) {}
void upsample_bilinear(const Survey&, const auto&...) {}
void upsample_nearest(const Survey&, const auto&...) {}
void upsample_nearest_backward(const Survey&, const auto&...) {}

/// There is nothing to draw numbers for.
inline void initialise(hush::Adm<Survey>&, hush::Seed) {}
inline void initialise(hush::SimpleUnet<Survey>&, hush::Seed) {}
inline void initialise(hush::BroadcastUnet<Survey>&, hush::Seed) {}
inline void initialise(hush::Unet2d<Survey>&, hush::Seed) {}
inline void initialise(hush::AutoencoderKl<Survey>&, hush::Seed) {}
inline void initialise(hush::AutoencoderTiny<Survey>&, hush::Seed) {}

/// The convolutions of one call of a network with `batch` images.
template <class Net>
std::vector<hush::Conv2dSizes> convolutions(const Net& net, std::int64_t batch) {
  const Survey& on = net.on();
  on.met->clear();
  const auto image = net.image();
  const hush::Ports ports = net.ports();
  const auto made = [&](const hush::Shape& shape) { return hush::Tensor<Survey>(on, shape); };
  hush::Input<hush::Tensor<Survey>> input{
      made({batch, image.height, image.width, image.channels + ports.extra_channels}), made({batch})};
  if (ports.label_dim) input.labels = made({batch, ports.label_dim});
  if (ports.constant_channels) input.constants = made({batch, ports.constant_channels});
  if (ports.tokens) {
    input.tokens = made({batch, ports.tokens, ports.token_dim});
    input.token_mask = made({batch, ports.tokens});
  }
  net(input);
  return *on.met;
}

struct Network {
  const char* name;
  std::function<std::vector<hush::Conv2dSizes>(std::int64_t batch)> convolutions;
};

template <class Net>
Network network(const char* name, const Net& net) {
  return {name, [net](std::int64_t batch) { return convolutions(net, batch); }};
}

/// An autoencoder, which encodes and decodes.
template <class Net>
Network autoencoder(const char* name, const Net& net) {
  return {name, [net](std::int64_t batch) {
            const hush::ImageSize size = net.image();
            net.on().met->clear();
            net.decode(net.encode(hush::Tensor<Survey>(net.on(), {batch, size.height, size.width, size.channels})));
            return *net.on().met;
          }};
}

/// Unet2d: a UNet2DModel of diffusers, and those of examples/iclevr by their presets.
inline hush::Unet2d<Survey> diffusers_unet() {
  using enum hush::UnetBlock;
  return {{.image = {32, 32, 3},
           .down_block_types = {resnet, attention, resnet, resnet},
           .up_block_types = {resnet, resnet, attention, resnet},
           .block_out_channels = {128, 256, 256, 256},
           .downsample_padding = 0,
           .attention_head_dim = std::nullopt},
          {},
          {}};
}
inline hush::Unet2d<Survey> iclevr_small() {
  using enum hush::UnetBlock;
  return {{.image = {32, 32, 3},
           .down_block_types = {resnet, resnet, cross_attention},
           .mid_block_type = hush::UnetMiddle::cross_attention,
           .up_block_types = {cross_attention, resnet, resnet},
           .block_out_channels = {32, 64, 80},
           .layers_per_block = 1,
           .num_attention_heads = {4},
           .norm_num_groups = 8,
           .scale_shift = true},
          {.tokens = 25, .token_dim = 64},
          {}};
}
inline hush::Unet2d<Survey> iclevr_medium() {
  using enum hush::UnetBlock;
  return {{.image = {64, 64, 3},
           .down_block_types = {resnet, resnet, cross_attention, cross_attention},
           .mid_block_type = hush::UnetMiddle::cross_attention,
           .up_block_types = {cross_attention, cross_attention, resnet, resnet},
           .block_out_channels = {64, 128, 192, 256},
           .num_attention_heads = {4},
           .scale_shift = true},
          {.tokens = 25, .token_dim = 128},
          {}};
}
inline hush::Unet2d<Survey> iclevr_paper() {
  using enum hush::UnetBlock;
  return {{.image = {64, 64, 3},
           .down_block_types = {resnet, resnet, resnet, resnet, attention, attention},
           .up_block_types = {attention, attention, resnet, resnet, resnet, resnet},
           .block_out_channels = {128, 128, 256, 256, 512, 512},
           .layers_per_block = 3},
          {.constant_channels = 512},
          {}};
}

/// Every network that the project ships or its documents name: a line each.
inline std::vector<Network> networks() {
  using hush::Adm, hush::AttentionUnet, hush::BroadcastUnet, hush::SimpleUnet;
  return {
      network("AttentionUnet", AttentionUnet<Survey>({}, {}, {})),
      network("AttentionUnet, small", AttentionUnet<Survey>({.widths = {32, 64, 64}, .bottleneck = 128}, {}, {})),
      network("Adm, inpainting", Adm<Survey>({}, {.extra_channels = 3}, {})),
      network("Adm, colourisation", Adm<Survey>({.image = {128, 128, 2}}, {.extra_channels = 1}, {})),
      network(
          "Adm, small, by convolutions",
          Adm<Survey>({.image = {32, 32, 3}, .channels = 32, .multipliers = {1, 2, 2}, .residual_resampling = false},
                      {.extra_channels = 3}, {})),
      network("SimpleUnet, inpainting", SimpleUnet<Survey>({}, {.extra_channels = 3}, {})),
      network("Unet2d, diffusers", diffusers_unet()),
      network("Unet2d, iclevr small", iclevr_small()),
      network("Unet2d, iclevr medium", iclevr_medium()),
      network("Unet2d, iclevr paper", iclevr_paper()),
      network("BroadcastUnet", BroadcastUnet<Survey>({}, {.label_dim = 24}, {})),
      autoencoder("AutoencoderKl, examples/latent",
                  hush::AutoencoderKl<Survey>(
                      {.image = {128, 128, 3}, .block_out_channels = {32, 64, 64, 128}, .norm_num_groups = 16}, {})),
      autoencoder("AutoencoderKl, Stable Diffusion",
                  hush::AutoencoderKl<Survey>(
                      {.image = {128, 128, 3}, .block_out_channels = {128, 256, 512, 512}, .layers_per_block = 2}, {})),
      autoencoder("AutoencoderTiny", hush::AutoencoderTiny<Survey>({.image = {128, 128, 3}}, {})),
      network("SimpleUnet, small", SimpleUnet<Survey>({.image = {32, 32, 1}, .widths = {8, 12, 24, 40, 56}}, {}, {})),
  };
}

}  // namespace survey
