#include <hush/training/gan_loss.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <hush/core.hpp>

#include "gans.hpp"

using namespace hush;
using gans::Gan;
using B = Cpu<double>;

namespace {

/// Latents [N, 2] to images [N, 1, 1, 1]: their weighted sum.
struct Line {
  using backend = B;
  nn::Linear<B> sum{B{}, 2, 1, false};
  B on() const { return {}; }
  std::int64_t latents() const { return 2; }
  template <Value V>
  V operator()(const V& z) const {
    return reshape(sum(z), {z.shape()[0], 1, 1, 1});
  }
  static void visit(auto& self, auto&& f) { f("sum", self.sum); }
};
/// Logits: a w, and whether it says so of each image alone.
struct Slope {
  using backend = B;
  nn::Linear<B> factor{B{}, 1, 1, false};
  bool alone = true;
  mutable int calls = 0;
  B on() const { return {}; }
  bool per_image() const { return alone; }
  template <Value V>
  V operator()(const V& images) const {
    ++calls;
    return reshape(factor(images), {images.shape()[0]});
  }
  static void visit(auto& self, auto&& f) { f("factor", self.factor); }
};

const std::vector<std::uint32_t> three{5, 1, 8};
const NoiseKey key{.seed = 7, .step = 2, .images = three};

double softplus(double x) { return std::log1p(std::exp(x)); }
/// What the generator makes of latents w . z.
double made(const char* word, std::size_t image) {
  return .5 * double(normal_at(key.stream(word, image), 0)) - 2 * double(normal_at(key.stream(word, image), 1));
}

struct Networks {
  Line generator;
  Slope critic;
  Networks() {
    const double w[] = {.5, -2}, a = 3;
    copy_in(B{}, 2, w, generator.sum.weight.value.data());
    copy_in(B{}, 1, &a, critic.factor.weight.value.data());
  }
  BatchPart<B, Nothing> batch() const {
    static const Nothing nothing;
    const std::vector<double> pixels{.25, -1, .5};
    return {upload(B{}, {3, 1, 1, 1}, std::span<const double>(pixels)), nothing, {0, 3}, .5};
  }
};

}  // namespace

TEST_CASE("generator loss: -ln sigmoid of what the critic says, the critic constant, gradients times the share") {
  Networks nets;
  const GeneratorLoss loss{nets.generator, nets.critic};
  double wanted = 0, slope = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const double logit = 3 * made("generator's latents", i);
    wanted += softplus(-logit) / 3;
    slope += .5 * -1 / (1 + std::exp(logit)) * 3 * double(normal_at(key.stream("generator's latents", i), 1)) / 3;
  }
  CHECK(download<double>(loss(nets.batch(), key))[0] == doctest::Approx(wanted).epsilon(1e-6));
  CHECK(download<double>(nets.generator.sum.weight.grad)[1] == doctest::Approx(slope).epsilon(1e-6));
  CHECK(nets.critic.factor.weight.grad.empty());
}

TEST_CASE("critic loss: both errors added, as one batch or as two, with smoothed labels, the generator constant") {
  for (const double real : {1., .9}) {
    double wanted = 0, slope = 0;
    const std::vector<double> pixels{.25, -1, .5};
    for (std::size_t i = 0; i < 3; ++i) {
      const double logit = 3 * pixels[i], fake = made("critic's latents", i);
      wanted += (softplus(logit) - real * logit + softplus(3 * fake)) / 3;
      slope += .5 * ((1 / (1 + std::exp(-logit)) - real) * pixels[i] + fake / (1 + std::exp(-3 * fake))) / 3;
    }
    for (const bool alone : {true, false}) {
      CAPTURE(alone);
      Networks nets;
      nets.critic.alone = alone;
      const CriticLoss loss{nets.generator, nets.critic, GanLossOptions{.real = real}};
      CHECK(download<double>(loss(nets.batch(), key))[0] == doctest::Approx(wanted).epsilon(1e-6));
      CHECK(nets.critic.calls == (alone ? 1 : 2));
      CHECK(download<double>(nets.critic.factor.weight.grad)[0] == doctest::Approx(slope).epsilon(1e-6));
      CHECK(nets.generator.sum.weight.grad.empty());
    }
  }
}

TEST_CASE("critic loss: targets beyond 0 and 1 are refused, and images of another size than the generator's") {
  Networks nets;
  const CriticLoss loss{nets.generator, nets.critic, GanLossOptions{.real = 1.5}};
  CHECK_THROWS_WITH_AS(loss(nets.batch(), key), "[CriticLoss] real must lie in (0, 1], is 1.5", std::invalid_argument);
  const CriticLoss fine{nets.generator, nets.critic};
  static const Nothing nothing;
  const BatchPart<B, Nothing> wide{filled(B{}, {3, 2, 2, 1}, 0), nothing, {0, 3}, 1};
  CHECK_THROWS_WITH_AS(fine(wide, key), "[CriticLoss] real images are [3, 2, 2, 1], made ones [3, 1, 1, 1]",
                       std::invalid_argument);
}

TEST_CASE("no images: items without pixels, as many as are asked for") {
  const NoImages none{5};
  CHECK(none.size() == 5);
  const std::vector<std::int64_t> items{3, 1};
  CHECK(none.batch(items) == Images<float>(2, 1, 1, 1));
  static_assert(Dataset<NoImages>);
}
