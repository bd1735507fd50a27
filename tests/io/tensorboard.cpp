#include <doctest/doctest.h>

#include <algorithm>

#include <hush/io/checkpoints.hpp>
#include <hush/io/tensorboard.hpp>
#include <hush/train.hpp>

#include "../tiny.hpp"
#include "event_reader.hpp"
#include "scratch.hpp"
#include "thrown.hpp"

using namespace hush;

namespace {

// [pictures]
/// An observer that adds pictures and numbers of its own: after each epoch, to the event file of `board`.
struct Samples {
  io::TensorBoard& board;
  template <class T>
  void epoch(const T& training, const EpochReport& report) {
    const auto images = sample(training.loss.process, training.averaged, Ddim{}, {.steps = 4, .count = 4});
    board.events().grid(report.step, "samples", images);
    board.events().scalar(report.step, "epoch/brightest", *std::ranges::max_element(images.pixels));
  }
};
// [/pictures]

/// Three epochs of five steps; stops after `stop` steps of this part, if it is not 0.
void part(const Scratch& scratch, std::int64_t stop, std::int64_t every = 2) {
  const tiny::Squares data{20}, held_out{4};
  tiny::Net net = tiny::net();
  std::int64_t steps = 0;
  const auto run = scratch / "run";
  const TrainOptions<tiny::Squares> options{
      .epochs = 3, .batch = 4, .validation = &held_out, .stop = [&] { return ++steps == stop; }};
  const io::CheckpointOptions saving{.run = run, .every = 2, .say = [](std::string_view) {}};
  // [board]
  io::TensorBoard board(run / "tensorboard", every);
  train(tiny::process, net, AdamW{}, data, options, io::Checkpoints(saving), board, Samples{board});
  // [/board]
}

std::vector<std::int64_t> steps_of(const events::Shown& shown, const std::string& tag) {
  std::vector<std::int64_t> steps;
  for (const auto& value : shown.at(tag)) steps.push_back(value.first);
  return steps;
}

}  // namespace

TEST_CASE("tensorboard: losses every few steps and of each epoch, and what other observers add") {
  const Scratch scratch("tensorboard");
  part(scratch, 0);
  const auto shown = events::shown(scratch / "run/tensorboard");
  using Steps = std::vector<std::int64_t>;
  for (const char* tag : {"step/loss", "step/rate", "step/gradient_norm"})
    CHECK(steps_of(shown, tag) == Steps{2, 4, 6, 8, 10, 12, 14});
  for (const char* tag : {"epoch/loss", "epoch/validation_loss", "epoch/brightest", "samples"})
    CHECK(steps_of(shown, tag) == Steps{5, 10, 15});
  CHECK(shown.size() == 7);  // nothing of a hole, where there is none
  CHECK(shown.at("step/rate")[0].second.number == float(AdamW{}.rate));
  CHECK(shown.at("step/loss")[0].second.number > 0);
  CHECK(shown.at("samples")[2].second.height == 8 + 2 + 8);
}

TEST_CASE("tensorboard: of a run that was stopped and resumed it shows what it shows of one that never stopped") {
  const Scratch scratch("tensorboard-resume"), straight("tensorboard-straight");
  part(straight, 0);
  part(scratch, 7);
  std::filesystem::remove_all(scratch / "run/ckpt-00000007");  // as if it was killed before the last save
  part(scratch, 0);
  CHECK(entries(scratch / "run/tensorboard") == 2);
  const auto shown = events::shown(scratch / "run/tensorboard"), wanted = events::shown(straight / "run/tensorboard");
  REQUIRE(shown.size() == wanted.size());
  for (const auto& entry : wanted) {
    const auto& found = shown.at(entry.first);
    REQUIRE(found.size() == entry.second.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(found[i].first == entry.second[i].first);
      CHECK(found[i].second.number == entry.second[i].second.number);
      CHECK(found[i].second.png == entry.second[i].second.png);
    }
  }
}

TEST_CASE("tensorboard: bad input is refused in words") {
  CHECK_THROWS_WITH_AS(io::TensorBoard("run", 0), "[TensorBoard] every must be at least 1, is 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(io::TensorBoard("run").events(), "[TensorBoard] there is no event file before training starts",
                       std::invalid_argument);
}
