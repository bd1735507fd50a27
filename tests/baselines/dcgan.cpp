#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <hush/baselines/dcgan.hpp>
#include <hush/core.hpp>

#include "goldens.hpp"

using namespace hush;
using goldens::B, goldens::check_golden, goldens::fill_by_sines, goldens::tensor;

TEST_CASE("dcgan: parameters as in PyTorch's example, at 64 and 32 pixels") {
  const auto generator = [](std::int64_t side, std::int64_t width) {
    return count_parameters(DcganGenerator<Cpu<float>>({.image = {side, side, 3}, .width = width}, Seed{1}));
  };
  const auto critic = [](std::int64_t side, std::int64_t width) {
    return count_parameters(DcganCritic<Cpu<float>>({.image = {side, side, 3}, .width = width}, Seed{1}));
  };
  CHECK(generator(64, 64) == 3'576'704);
  CHECK(critic(64, 64) == 2'765'568);
  CHECK(generator(32, 64) == 1'068'928);
  CHECK(critic(32, 64) == 663'296);
  CHECK(generator(32, 32) == 370'624);
  CHECK(critic(32, 32) == 167'808);
  CHECK(generator(64, 32) == 1'100'224);
  CHECK(critic(64, 32) == 694'656);
}

TEST_CASE("dcgan: the generator says what PyTorch says, by running statistics and by the batch's") {
  DcganGenerator<B> net({.image = {16, 16, 3}, .width = 4, .latents = 5}, Seed{1});
  CHECK(count_parameters(net) == 1368);
  fill_by_sines(net);
  const auto z = tensor({2, 5}, sine::numbers(10));
  check_golden(net(z), {-0.901173147525, 3.2384316676, 0.000272819465876, 0.000350377413821});
  Tape<B> tape;
  check_golden(net(tape.constant(z)).value(), {43.027842423, 311.96942319, 0.0856424981219, 0.108166633518});
}

TEST_CASE("dcgan: the critic says what PyTorch says, with either norm") {
  const auto x = tensor({2, 16, 16, 3}, sine::images(2, 3, 16, 16));
  DcganCritic<B> batch({.image = {16, 16, 3}, .width = 4}, Seed{1});
  CHECK(count_parameters(batch) == 848);
  CHECK(!batch.per_image());
  fill_by_sines(batch);
  check_golden(batch(x), {0.123403518491, 0.161496216587, 0.142449867539, -0.0190463490478});
  Tape<B> tape;
  check_golden(batch(tape.constant(x)).value(), {0.433655058277, 1.06930907669, 0.751482067484, -0.317827009206});

  DcganCritic<B> spectral({.image = {16, 16, 3}, .width = 4, .norm = CriticNorm::spectral}, Seed{1});
  CHECK(count_parameters(spectral) == 845);
  CHECK(spectral.per_image());
  fill_by_sines(spectral);
  check_golden(spectral(x), {-4.52976613109, 4.52976613109, -2.01873241613, -2.51103371497});
}

TEST_CASE("dcgan: first weights are normal of deviation 0.02, scales of norms about 1") {
  const DcganCritic<Cpu<float>> net({.image = {32, 32, 1}, .width = 16}, Seed{3});
  walk(net, [](const std::string& name, const auto& p) {
    CAPTURE(name);
    if (!p.trained) return;
    const auto values = download<double>(p.value);
    const double count = double(values.size());
    double sum = 0, squares = 0;
    for (const double v : values) sum += v;
    const double mean = sum / count;
    for (const double v : values) squares += (v - mean) * (v - mean);
    const bool norm = name.starts_with("norms"), bias = name.ends_with("bias");
    CHECK(std::abs(mean - (norm && !bias ? 1 : 0)) < (bias ? 1e-30 : 5 * 0.02 / std::sqrt(count)));
    if (count > 100) CHECK(std::sqrt(squares / count) == doctest::Approx(0.02).epsilon(5 / std::sqrt(count)));
  });
}

TEST_CASE("dcgan: a critic with spectral norms judges each image alone in training too, the other does not") {
  const auto x = tensor({2, 16, 16, 3}, sine::images(2, 3, 16, 16));
  const auto one = x.part(0, {1, 16, 16, 3});
  const auto off = [&](CriticNorm norm) {
    const DcganCritic<B> net({.image = {16, 16, 3}, .width = 4, .norm = norm}, Seed{1});
    Tape<B> tape;
    return std::abs(download<double>(net(tape.constant(x)).value())[0] -
                    download<double>(net(tape.constant(one)).value())[0]);
  };
  CHECK(off(CriticNorm::spectral) < 1e-14);
  CHECK(off(CriticNorm::batch) > 1e-6);
}

TEST_CASE("dcgan: sizes that make no network are refused, and inputs of other shapes") {
  using F = Cpu<float>;
  const auto made = [](const ImageSize& image) { return DcganGenerator<F>({.image = image}, Seed{1}); };
  CHECK_THROWS_WITH_AS(made({48, 48, 1}),
                       "[DcganGenerator] images are square with sides of 8, 16, 32, ...: 4 pixels, doubled; 48x48x1 is "
                       "no such size",
                       std::invalid_argument);
  CHECK_THROWS_AS(made({32, 64, 1}), std::invalid_argument);
  CHECK_THROWS_AS(made({4, 4, 1}), std::invalid_argument);
  CHECK_THROWS_WITH_AS(DcganGenerator<F>({.latents = 0}, Seed{1}), "[DcganGenerator] latents must be at least 1, is 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(DcganCritic<F>({.width = 0}, Seed{1}), "[DcganCritic] width must be at least 1, is 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(DcganCritic<F>({.slope = -1}, Seed{1}),
                       "[DcganCritic] slope must be finite and not negative, is -1", std::invalid_argument);
  const DcganGenerator<F> net({.image = {8, 8, 1}, .width = 2, .latents = 3}, Seed{1});
  CHECK_THROWS_WITH_AS(net(filled(F{}, {2, 4}, 0)), "[DcganGenerator] wants latents [N, 3], got [2, 4]",
                       std::invalid_argument);
  const DcganCritic<F> critic({.image = {8, 8, 1}, .width = 2}, Seed{1});
  CHECK_THROWS_WITH_AS(critic(filled(F{}, {2, 8, 8, 3}, 0)),
                       "[DcganCritic] wants images [N, 8, 8, 1], got [2, 8, 8, 3]", std::invalid_argument);
}
