// A VAE, a GAN's generator and its critic on the CUDA backend: what they say, their gradients, and a training of two
// networks.
#include "against.hpp"
#include "kernels.hpp"

#include <hush/core.hpp>

#include <hush/baselines/dcgan.hpp>
#include <hush/baselines/generate.hpp>
#include <hush/baselines/vae.hpp>
#include <hush/cpu/kernels.hpp>
#include <hush/training/gan_loss.hpp>
#include <hush/training/gan_trainer.hpp>

using namespace against;

namespace {

using Single = Cuda<float, Machine>;

/// A vector for each of: a pass on a tape, one without, the gradients of all parameters and the changes of all buffers.
template <class Net>
std::array<std::vector<double>, 3> said_and_learned(const Net& net, const Shape& of_x, const auto& run) {
  using B = typename Net::backend;
  const auto x = upload(B{}, of_x, std::span<const double>(random<bf16>(of_x.size(), 1)));
  Tape<B> tape;
  const Var<B> y = run(net, tape.constant(x));
  tape.backward(y, upload(B{}, y.shape(), std::span<const double>(random<bf16>(y.shape().size(), 2))));
  std::vector<double> gradients;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    for (const double v : download<double>(p.grad)) gradients.push_back(v);
  });
  return {download<double>(y.value()), download<double>(run(net, x)), gradients};
}

/// Compares networks that `make(on)` gives with the CPU's in double.
void require_same(const auto& make, const Shape& of_x, const auto& run) {
  const auto wanted = said_and_learned(make(Double{}), of_x, run);
  each_machine([&](const auto& on) {
    using P = typename std::decay_t<decltype(on)>::precision;
    const auto found = said_and_learned(make(on), of_x, run);
    const bool half = std::is_same_v<P, bf16>;
    CHECK(distance(found[0], wanted[0]) < (half ? 0.15 : 10 * tolerance<P>()));
    CHECK(distance(found[1], wanted[1]) < (half ? 0.15 : 10 * tolerance<P>()));
    CHECK(distance(found[2], wanted[2]) < (half ? 0.5 : std::is_same_v<P, tf32> ? 0.1 : 20 * tolerance<P>()));
  });
}

const auto forward = [](const auto& net, const auto& x) { return net(x); };

/// Images whose left half is bright and whose right half is dark.
struct Halves {
  std::int64_t size() const { return 8; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> images(std::int64_t(items.size()), 8, 8, 1);
    for (std::size_t p = 0; p < images.pixels.size(); ++p) images.pixels[p] = p % 8 < 4 ? 0.6f : -0.4f;
    return images;
  }
};

/// All numbers of both networks after some steps.
template <class B>
std::vector<double> trained(CriticNorm norm) {
  const Halves data;
  const NoImages none{data.size()};
  DcganGenerator<B> generator({.image = {8, 8, 1}, .width = 8, .latents = 4}, Seed{1});
  DcganCritic<B> critic({.image = {8, 8, 1}, .width = 8, .norm = norm}, Seed{2});
  const Adam optimizer{.rate = 1e-3, .beta1 = .5};
  const TrainerOptions options{.epochs = 2, .batch = 4};
  Trainer generating(generator, optimizer, none, GeneratorLoss{generator, critic}, options);
  Trainer judging(critic, optimizer, data, CriticLoss{generator, critic}, options);
  GanTrainer both(generating, judging);
  const auto done = train(both);
  std::vector<double> all;
  const auto add = [&](const auto& net) {
    walk(net, [&](const std::string&, const Parameter<B>& p) {
      for (const double v : download<double>(p.value)) all.push_back(v);
    });
  };
  add(generator);
  add(critic);
  add(done.averaged);
  return all;
}

}  // namespace

TEST_CASE("cuda dcgan: what generator and critic say and their gradients against the CPU in double") {
  require_same(
      [](const auto& on) {
        return DcganGenerator<std::decay_t<decltype(on)>>({.image = {16, 16, 3}, .width = 8, .latents = 5}, Seed{1});
      },
      {4, 5}, forward);
  for (const CriticNorm norm : {CriticNorm::batch, CriticNorm::spectral})
    require_same(
        [norm](const auto& on) {
          return DcganCritic<std::decay_t<decltype(on)>>({.image = {16, 16, 3}, .width = 8, .norm = norm}, Seed{2});
        },
        {4, 16, 16, 3}, forward);
}

TEST_CASE("cuda vae: what decoder and encoder say and their gradients against the CPU in double") {
  const auto make = [](const auto& on) {
    return Vae<std::decay_t<decltype(on)>>({.image = {8, 8, 1}, .widths = {8, 16}, .latents = 4}, Seed{3});
  };
  require_same(make, {4, 4}, forward);
  require_same(make, {4, 8, 8, 1}, [](const auto& net, const auto& x) { return net.encode(x); });
}

TEST_CASE("cuda gan trainer: training two networks is the CPU's") {
  for (const CriticNorm norm : {CriticNorm::batch, CriticNorm::spectral})
    CHECK(distance(trained<Single>(norm), trained<Cpu<float>>(norm)) < 2e-3);
}
