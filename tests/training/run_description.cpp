#include <hush/training/run_description.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include <hush/core.hpp>
#include <hush/training/trainer_options.hpp>
#include <hush/training/training.hpp>

#include "../tiny.hpp"

using namespace hush;

TEST_CASE("describe_start: the weights count to the last bit, and what changes no result does not count") {
  const tiny::Squares data;
  const AdamW optimizer;
  const auto of = [&](auto&& change, TrainOptions<tiny::Squares> options = {.batch = 8}) {
    tiny::Net net = tiny::net(1);
    auto training = start_training(tiny::process, net, optimizer, data, options);
    change(training.weights.values().data()[3]);
    return detail::describe_start(training);
  };
  const auto same = [](float&) {};
  const Description usual = of(same);
  CHECK(differences(usual, of(same, {.batch = 8, .validate_every = 3})).empty());
  const auto weights = differences(usual, of([](float& weight) { weight = std::nextafter(weight, 9.f); }));
  REQUIRE(weights.size() == 1);
  CHECK(weights[0].path == "sum of the weights");
  const auto longer = differences(usual, of(same, {.epochs = 2, .batch = 8}));
  REQUIRE(longer.size() == 1);
  CHECK(longer[0].path == "epochs");
  CHECK(usual.find("items")->text == "40");
  CHECK(usual.find("network")->text == "AttentionUnet");
}

TEST_CASE("TrainerOptions: micro-batches fit the batch, and a description says their number") {
  CHECK_THROWS_WITH_AS((TrainerOptions{.batch = 8, .accumulate = 3}.validate(8)),
                       "[train] a batch of 8 does not fall into 3 equal parts", std::invalid_argument);
  CHECK(describe(TrainerOptions{.accumulate = 4}).find("accumulate")->text == "4");
}
