#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include <hush/baselines/vae.hpp>
#include <hush/core.hpp>
#include <hush/cpu/gaussian.hpp>

#include "goldens.hpp"

using namespace hush;
using goldens::B, goldens::check_golden, goldens::fill_by_sines, goldens::tensor;

namespace {

const VaeConfig small{.image = {8, 8, 2}, .widths = {4, 6}, .latents = 3};

}  // namespace

TEST_CASE("vae: parameters as in the same network of PyTorch") {
  CHECK(count_parameters(Vae<Cpu<float>>({}, Seed{1})) == 742'915);
  CHECK(count_parameters(Vae<B>(small, Seed{1})) == 1526);
}

TEST_CASE("vae: encoder and decoder say what PyTorch says") {
  Vae<B> net(small, Seed{1});
  fill_by_sines(net);
  check_golden(net.encode(tensor({2, 8, 8, 2}, sine::images(2, 2, 8, 8))),
               {0.0315192769367, 1.8227583944, -0.189630910992, -0.0340260083337});
  check_golden(net(tensor({2, 3}, sine::numbers(6))), {17.0291109873, 17.0291109873, 0.0728711417452, 0.0606156745033});
}

TEST_CASE("vae: its loss in training says what PyTorch says: a mean over pixels, a sum over latents") {
  Vae<B> net(small, Seed{1});
  fill_by_sines(net);
  const auto images = tensor({2, 8, 8, 2}, sine::images(2, 2, 8, 8));
  Tape<B> tape;
  const auto moments = net.encode(tape.constant(images));
  const auto decoded = net(gaussian_sample(moments, tensor({2, 3}, sine::numbers(6))));
  const double error = download<double>(mse(decoded.value(), images))[0],
               divergence = download<double>(gaussian_kl(moments).value())[0];
  CHECK(error == doctest::Approx(0.6292237866833333).epsilon(1e-11));
  CHECK(divergence == doctest::Approx(1.0149396706528573).epsilon(1e-11));

  // vae_loss draws the noise of its key.
  const std::vector<std::uint32_t> numbers{4, 9};
  const NoiseKey key{.seed = 5, .step = 2, .images = numbers};
  const auto drawn = net(gaussian_sample(moments, normal_images(B{}, {2, 3}, key, "posterior")));
  const double wanted = download<double>(mse(drawn.value(), images))[0] + .25 * divergence;
  Tape<B> other;
  CHECK(download<double>(vae_loss(net, other.constant(images), key, .25).value())[0] ==
        doctest::Approx(wanted).epsilon(1e-12));
}

TEST_CASE("vae: sizes that make no network are refused, and inputs of other shapes") {
  using F = Cpu<float>;
  const auto made = [](const VaeConfig& config) { return Vae<F>(config, Seed{1}); };
  CHECK_THROWS_WITH_AS(made({.image = {20, 32, 1}}),
                       "[Vae] sides of 20x32x1 must be multiples of 8: there are 3 halvings", std::invalid_argument);
  CHECK_THROWS_WITH_AS(made({.widths = {}}), "[Vae] widths wants 1 to 16 entries, has 0", std::invalid_argument);
  CHECK_THROWS_WITH_AS(made({.latents = 0}), "[Vae] latents must be at least 1, is 0", std::invalid_argument);
  CHECK_THROWS_WITH_AS(made({.slope = -.5}), "[Vae] slope must be finite and not negative, is -0.5",
                       std::invalid_argument);
  const Vae<F> net = made(small);
  CHECK_THROWS_WITH_AS(net(filled(F{}, {2, 4}, 0)), "[Vae] wants latents [N, 3], got [2, 4]", std::invalid_argument);
  CHECK_THROWS_WITH_AS(net.encode(filled(F{}, {2, 8, 8, 1}, 0)), "[Vae] wants images [N, 8, 8, 2], got [2, 8, 8, 1]",
                       std::invalid_argument);
}
