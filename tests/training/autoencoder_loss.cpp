#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <hush/autoencoders/autoencoder_kl.hpp>
#include <hush/autoencoders/autoencoder_tiny.hpp>
#include <hush/cpu/absolute_error.hpp>
#include <hush/training/autoencoder_loss.hpp>

#include "../tiny.hpp"

using namespace hush;

namespace {

using Wide = Cpu<double>;
AutoencoderKl<Wide> small() {
  return {{.image = {8, 8, 1}, .block_out_channels = {4, 8}, .latent_channels = 2, .norm_num_groups = 2}, Seed{2}};
}
Tensor<Wide> pictures() { return upload(Wide{}, tiny::Squares{}.batch(std::vector<std::int64_t>{0, 1, 2})); }
double loss_of(const auto& net, const AutoencoderLossOptions& options, const NoiseKey& key) {
  Tape<Wide> tape(key);
  return download<double>(AutoencoderLoss(net, options).of(tape.constant(pictures()), key).value())[0];
}

}  // namespace

TEST_CASE("autoencoder loss: the mean error and the share of the divergence, by hand") {
  const AutoencoderKl<Wide> net = small();
  const NoiseKey key{.seed = 4, .step = 3};
  const auto moments = net.moments(pictures());
  const auto made = download<double>(net.decode(gaussian_sample(moments, key))), wanted = download<double>(pictures());
  double magnitudes = 0, squares = 0, divergence = 0;
  for (std::size_t i = 0; i < made.size(); ++i) {
    magnitudes += std::abs(made[i] - wanted[i]) / double(made.size());
    squares += std::pow(made[i] - wanted[i], 2) / double(made.size());
  }
  const auto all = download<double>(moments);
  for (std::size_t i = 0; i < all.size(); i += 4)
    for (std::size_t c = 0; c < 2; ++c)
      divergence += (all[i + c] * all[i + c] + std::exp(all[i + 2 + c]) - 1 - all[i + 2 + c]) / 2 / 3;
  CHECK(loss_of(net, {.kl_weight = 0}, key) == doctest::Approx(magnitudes).epsilon(1e-12));
  CHECK(loss_of(net, {.kl_weight = .5}, key) == doctest::Approx(magnitudes + .5 * divergence / 64).epsilon(1e-12));
  CHECK(loss_of(net, {ReconstructionError::mse, .5}, key) ==
        doctest::Approx(squares + .5 * divergence / 64).epsilon(1e-12));
  CHECK(loss_of(net, {}, {.seed = 4, .step = 4}) != loss_of(net, {}, key));
  CHECK_THROWS_WITH_AS(AutoencoderLoss(net, {.kl_weight = -1}),
                       "[AutoencoderLoss] kl_weight must be finite and not negative, is -1", std::invalid_argument);
}

TEST_CASE("autoencoder loss: a trainer brings down the error of both autoencoders") {
  using B = Cpu<float>;
  const tiny::Squares data{.count = 24};
  const auto error_of = [&](auto net, ReconstructionError error) {
    const AdamW optimizer{.rate = 5e-3};
    AutoencoderLoss loss(net, {.error = error});
    Trainer trainer(net, optimizer, data, loss, {.epochs = 40, .batch = 8, .seed = 1});
    const auto trained = train(trainer);
    return std::pair{trained.epochs.front().loss, trained.epochs.back().loss};
  };
  const auto kl = error_of(
      AutoencoderKl<B>({.image = {8, 8, 1}, .block_out_channels = {4, 8}, .latent_channels = 2, .norm_num_groups = 2},
                       Seed{2}),
      ReconstructionError::l1);
  CHECK(kl.second < .5 * kl.first);
  const auto small = error_of(AutoencoderTiny<B>({.image = {8, 8, 1},
                                                  .encoder_block_out_channels = {8, 8},
                                                  .num_encoder_blocks = {1, 1},
                                                  .decoder_block_out_channels = {8, 8},
                                                  .num_decoder_blocks = {1, 1},
                                                  .latent_channels = 2},
                                                 Seed{2}),
                              ReconstructionError::mse);  // the median of these pixels is black everywhere
  CHECK(small.second < .75 * small.first);
}
