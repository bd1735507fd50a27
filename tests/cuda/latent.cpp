// Autoencoders on the CUDA backend, their training, and diffusion on their latents, against the CPU.
#include "against.hpp"
#include "kernels.hpp"

#include <hush/core.hpp>

#include <hush/autoencoders/autoencoder_kl.hpp>
#include <hush/autoencoders/autoencoder_tiny.hpp>
#include <hush/latent.hpp>
#include <hush/training/autoencoder_loss.hpp>

using namespace against;

namespace {

using Half = Cuda<bf16, Machine>;
static_assert(Autoencoder<AutoencoderKl<Half>> && Autoencoder<AutoencoderTiny<Half>>);

template <class B>
AutoencoderKl<B> kl() {
  AutoencoderKl<B> net({.image = {8, 8, 1}, .block_out_channels = {8, 16}, .latent_channels = 2, .norm_num_groups = 4},
                       Seed{3});
  net.set_scaling({.shift = .1, .factor = 2});
  return net;
}
template <class B>
AutoencoderTiny<B> tiny() {
  return {{.image = {8, 8, 1},
           .encoder_block_out_channels = {8, 8},
           .num_encoder_blocks = {1, 1},
           .decoder_block_out_channels = {8, 8},
           .num_decoder_blocks = {1, 1},
           .latent_channels = 2},
          Seed{3}};
}

/// What an autoencoder makes of two images, and the gradients of its loss by all parameters.
template <class Net>
std::pair<std::vector<double>, std::vector<double>> said_and_learned(const Net& net) {
  using B = typename Net::backend;
  const Tensor<B> x = upload(B{}, {2, 8, 8, 1}, std::span<const double>(random<bf16>(128, 1)));
  Tape<B> tape({.seed = 2});
  const AutoencoderLoss loss(net, {.kl_weight = 1});
  tape.backward(loss.of(tape.constant(x), {.seed = 2}));
  std::vector<double> gradients;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    for (const double v : download<double>(p.grad)) gradients.push_back(v);
  });
  return {download<double>(net.decode(net.encode(x))), gradients};
}

void check_against_cpu(const auto& network) {
  const auto wanted = said_and_learned(network(Double{}));
  each_precision([&]<class P>(const Cuda<P, Machine>& on) {
    const auto found = said_and_learned(network(on));
    const bool half = std::is_same_v<P, bf16>;  // which rounds at each layer
    CHECK(distance(found.first, wanted.first) < (half ? 3e-2 : 20 * tolerance<P>()));
    CHECK(distance(found.second, wanted.second) < (half ? 1e-1 : 20 * tolerance<P>()));
  });
}

/// Three pictures whose left half is drawn anew, in two batches.
template <class B>
std::vector<double> restored(bool record = true) {
  const Latent latent{kl<B>(),
                      Process{LinearBeta{.first = 1e-3, .last = .7, .steps = 20}, PredictNoise{}, Mask{.channels = 1}}};
  const AttentionUnet<B> net(
      {.image = latent.autoencoder().latent(), .widths = {8}, .bottleneck = 8, .heads = 1, .embedding = 8},
      latent.ports(), Seed{9});
  MaskedImages given{Images<float>(3, 8, 8, 1), Images<float>(1, 8, 8, 1)};
  for (std::size_t p = 0; p < given.picture.pixels.size(); ++p) given.picture.pixels[p] = float(p) / 192 - .5f;
  for (std::size_t p = 0; p < 64; ++p) given.hole.pixels[p] = p % 8 < 4;
  const auto made =
      sample(latent, net, Ddim{}, given, {.steps = 5, .count = 3, .batch = 2, .seed = 4, .record = record});
  for (std::size_t p = 0; p < made.pixels.size(); ++p)
    if (p % 8 >= 4) CHECK(made.pixels[p] == given.picture.pixels[p]);
  return {made.pixels.begin(), made.pixels.end()};
}

}  // namespace

// On the host by teams of one: those of others are the tests' of the kernels.

TEST_CASE("cuda latent: what autoencoders make and the gradients of their loss against the CPU in double") {
  check_against_cpu([]<class B>(const B&) { return kl<B>(); });
  check_against_cpu([]<class B>(const B&) { return tiny<B>(); });
}

TEST_CASE("cuda latent: a picture with a hole is the CPU's; recorded, it has the same bits") {
  const auto cpu = restored<Cpu<float>>();
  CHECK(distance(restored<Cuda<float, Machine>>(), cpu) < 1e-3);
  CHECK(distance(restored<Half>(), cpu) < .2);
  CHECK(restored<Half>(true) == restored<Half>(false));
}
