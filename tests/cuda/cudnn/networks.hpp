#pragma once
#include <cstdint>
#include <functional>
#include <hush/backbones/adm.hpp>
#include <hush/backbones/attention_unet.hpp>
#include <hush/backbones/simple_unet.hpp>
#include <hush/kernels/conv2d_sizes.hpp>
#include <memory>
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
void dropout(const Survey&, const auto&...) {}
void embedding(const Survey&, const auto&...) {}
void fill(const Survey&, const auto&...) {}
void gelu_exact(const Survey&, const auto&...) {}
void gelu_tanh(const Survey&, const auto&...) {}
void group_norm(const Survey&, const auto&...) {}
void layer_norm(const Survey&, const auto&...) {}
void linear(const Survey&, const auto&...) {}
void max_pool2d(const Survey&, const auto&...) {}
void multiply(const Survey&, const auto&...) {}
void normalise_channels(const Survey&, const auto&...) {}
void relu(const Survey&, const auto&...) {}
void scale(const Survey&, const auto&...) {}
void silu(const Survey&, const auto&...) {}
void sinusoidal_embedding(const Survey&, const auto&...) {}
void subtract(const Survey&, const auto&...) {}
void upsample_bilinear(const Survey&, const auto&...) {}
void upsample_nearest(const Survey&, const auto&...) {}
void upsample_nearest_backward(const Survey&, const auto&...) {}

/// There is nothing to draw numbers for.
inline void initialise(hush::Adm<Survey>&, hush::Seed) {}
inline void initialise(hush::SimpleUnet<Survey>&, hush::Seed) {}

/// The convolutions of one call of a network with `batch` images.
template <class Net>
std::vector<hush::Conv2dSizes> convolutions(const Net& net, std::int64_t batch) {
  const Survey& on = net.on();
  on.met->clear();
  const auto image = net.image();
  const auto channels = image.channels + net.ports().extra_channels;
  net(hush::Input<hush::Tensor<Survey>>{hush::Tensor<Survey>(on, {batch, image.height, image.width, channels}),
                                        hush::Tensor<Survey>(on, {batch})});
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

/// Every network that the project ships or its documents name: a line each.
inline std::vector<Network> networks() {
  using hush::Adm, hush::AttentionUnet, hush::SimpleUnet;
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
      network("SimpleUnet, small", SimpleUnet<Survey>({.image = {32, 32, 1}, .widths = {8, 12, 24, 40, 56}}, {}, {})),
  };
}

}  // namespace survey
