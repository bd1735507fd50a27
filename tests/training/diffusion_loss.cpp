#include <hush/training/diffusion_loss.hpp>

#include <doctest/doctest.h>

#include <hush/core.hpp>

#include "../tiny.hpp"

using namespace hush;

namespace {

using TinyLoss = DiffusionLoss<std::remove_const_t<decltype(tiny::process)>, tiny::Net, tiny::Squares>;

}  // namespace

TEST_CASE("diffusion loss: the error of a batch is that of its noised images, and its share goes to the gradients") {
  const tiny::Squares data{8};
  tiny::Net net = tiny::net(1);
  FlatParameters<tiny::B> weights(net);
  weights.attach_gradients(net);
  TinyLoss loss(tiny::process, net, data, {.batch = 4});
  const std::vector<std::int64_t> items{0, 1, 2, 3};
  const std::vector<std::uint32_t> images{0, 1, 2, 3};
  const NoiseKey key{.seed = 7, .step = 2, .images = images};
  const auto x0 = upload(tiny::B{}, data.batch(items));
  const auto run = [&](double share) {
    weights.zero_gradients();
    const auto value = loss({x0, Nothing{}, {0, 4}, share}, key);
    return std::pair(download<double>(value)[0], download<double>(std::as_const(weights).gradients()));
  };
  const auto [whole, slope] = run(1);
  const auto [half, half_slope] = run(.5);
  const auto shown = detail::noised_batch(tiny::process, AnyLevelDistribution(DiscreteUniform{}), x0, key, 4);
  const auto prediction = download<double>(tiny::process.predict(net, shown.xt, shown.levels, {}));
  const auto target = download<double>(shown.target);
  double wanted = 0;
  for (std::size_t i = 0; i < target.size(); ++i)
    wanted += (prediction[i] - target[i]) * (prediction[i] - target[i]) / double(target.size());
  CHECK(whole == doctest::Approx(wanted).epsilon(1e-5));
  CHECK(half == whole);
  double steepest = 0;
  for (std::size_t i = 0; i < slope.size(); ++i) {
    CHECK(half_slope[i] == doctest::Approx(slope[i] / 2).epsilon(1e-4).scale(1e-3));
    steepest = std::max(steepest, std::abs(slope[i]));
  }
  CHECK(steepest > 1e-3);
}

TEST_CASE("diffusion loss: validation has the same noise each time, whatever the batch, and none without a set") {
  const tiny::Squares data{8}, held_out{10};
  const tiny::Net net = tiny::net(1);
  const auto validation = [&](std::int64_t batch, std::uint64_t seed) {
    return TinyLoss(tiny::process, net, data, {.batch = batch, .validation = held_out, .seed = seed}).validation();
  };
  const ValidationLoss once = validation(4, 1);
  CHECK(validation(4, 1).all == once.all);
  CHECK(validation(10, 1).all == doctest::Approx(once.all).epsilon(1e-6));
  CHECK(validation(4, 2).all != once.all);
  CHECK(std::isnan(once.hole));
  CHECK(std::isnan(TinyLoss(tiny::process, net, data, {}).validation().all));
}

TEST_CASE("diffusion loss: what does not fit is refused in words") {
  const tiny::Squares data{8}, large{.count = 8, .side = 16};
  const tiny::Net net = tiny::net(1);
  CHECK_THROWS_WITH_AS(TinyLoss(tiny::process, net, data, {.level_distribution = nullptr}),
                       "[train] level_distribution must not be empty", std::invalid_argument);
  CHECK_THROWS_WITH_AS(TinyLoss(tiny::process, net, data, {.pixel_range = {1, 1}}),
                       "[train] pixel_range must go up, is [1, 1]", std::invalid_argument);
  CHECK_THROWS_WITH_AS(TinyLoss(tiny::process, net, data, {.validation = large}),
                       "[train] validation item 0: the data are 16x16x1, the network makes 8x8x1",
                       std::invalid_argument);
}
