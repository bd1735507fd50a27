#include <hush/training/trainer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <hush/core.hpp>
#include <hush/cpu/cross_entropy.hpp>
#include <hush/io/checkpoints.hpp>
#include <hush/ops/cross_entropy.hpp>
#include <hush/train.hpp>

#include "../io/scratch.hpp"
#include "../tiny.hpp"

using namespace hush;

namespace {

using B = Cpu<float>;

/// The squares of tiny.hpp and their sizes, 0 to 2, as labels.
struct LabelledSquares {
  tiny::Squares squares{24};
  std::int64_t size() const { return squares.size(); }
  Examples<std::vector<std::int32_t>> batch(std::span<const std::int64_t> items) const {
    Examples<std::vector<std::int32_t>> examples{squares.batch(items), {}};
    for (const std::int64_t item : items) examples.given.push_back(std::int32_t(item % 3));
    return examples;
  }
};
static_assert(Dataset<LabelledSquares>);

/// Images [N, 8, 8, 1] to three logits, with dropout.
struct Classifier {
  using backend = B;
  nn::Linear<B> hidden{B{}, 64, 16}, last{B{}, 16, 3};

  explicit Classifier(std::uint64_t seed) { initialise(*this, Seed{seed}); }
  B on() const { return {}; }
  template <Value V>
  V operator()(const V& images) const {
    return last(dropout(silu(hidden(reshape(images, {images.shape()[0], 64}))), 0.1));
  }
  static void visit(auto& self, auto&& f) {
    f("hidden", self.hidden);
    f("last", self.last);
  }
};

struct Outcome {
  std::vector<float> weights, averaged;
  std::vector<double> losses;
  bool operator==(const Outcome&) const = default;
};

std::vector<float> weights_of(const Classifier& net) {
  std::vector<float> all;
  walk(net, [&](const std::string&, const auto& p) {
    for (const float v : download<float>(p.value)) all.push_back(v);
  });
  return all;
}

auto labels_loss(const Classifier& net) {
  return tape_loss<B>([&net](Tape<B>& tape, const auto& batch, const NoiseKey&) {
    const auto labels = std::span(batch.given).subspan(std::size_t(batch.rows.first), std::size_t(batch.rows.count));
    return cross_entropy(net(tape.constant(batch.images)), labels);
  });
}

template <class... Observers>
Outcome run(TrainerOptions options, Observers&&... observers) {
  const LabelledSquares data;
  Classifier net(3);
  const AdamW optimizer{.rate = 1e-2};
  Trainer trainer(net, optimizer, data, labels_loss(net), options);
  const auto trained = train(trainer, observers...);
  Outcome outcome{weights_of(net), weights_of(trained.averaged), {}};
  for (const EpochReport& epoch : trained.epochs) outcome.losses.push_back(epoch.loss);
  return outcome;
}

/// Ends the run after so many steps.
struct Until {
  std::int64_t last;
  template <class T>
  bool step(const T& training, const StepReport&) {
    return training.step < last;
  }
};

}  // namespace

TEST_CASE("trainer: any loss can be trained, with averaged weights, clipping and parts of a batch") {
  const Outcome plain = run({.epochs = 40, .batch = 8});
  CHECK(plain.losses.front() > 0.9);  // ln 3 is 1.1
  CHECK(plain.losses.back() < 0.2);
  CHECK(plain.weights != plain.averaged);
  CHECK(run({.epochs = 2, .batch = 8, .clip_gradient = .01}).weights != run({.epochs = 2, .batch = 8}).weights);
  const Outcome whole = run({.epochs = 3, .batch = 8}), parts = run({.epochs = 3, .batch = 8, .accumulate = 2});
  for (std::size_t e = 0; e < 3; ++e) CHECK(parts.losses[e] == doctest::Approx(whole.losses[e]).epsilon(1e-5));
}

TEST_CASE("trainer: stopped by an observer and resumed, a run ends with the same bits") {
  const TrainerOptions options{.epochs = 4, .batch = 8, .seed = 5, .rate = learning_rates::Cosine{.warm_up = 2}};
  const Outcome whole = run(options);
  REQUIRE(whole.losses.size() == 4);
  for (const std::int64_t stop : {1, 5, 6}) {
    CAPTURE(stop);
    const Scratch scratch("trainer");
    const auto checkpoints = [&] {
      return io::Checkpoints({.run = scratch / "run", .every = 1, .say = [](std::string_view) {}});
    };
    CHECK(run(options, checkpoints(), Until{stop}).losses.size() == std::size_t(stop / 3));
    CHECK(run(options, checkpoints()) == whole);
    // What a checkpoint holds is a model file of a network that no process trains.
    Classifier averaged(4);
    io::load_model(scratch / "run/ckpt-00000012/ema.safetensors", averaged);
    CHECK(weights_of(averaged) == whole.averaged);
  }
}

TEST_CASE("trainer: two networks may learn in turn, one with the other in its loss") {
  const LabelledSquares data;
  Classifier teacher(3), student(4);
  const AdamW optimizer{.rate = 1e-2};
  const TrainerOptions options{.epochs = 60, .batch = 8};
  const auto answers = tape_loss<B>([&](Tape<B>& tape, const auto& batch, const NoiseKey&) {
    return mse(student(tape.constant(batch.images)), tape.constant(teacher(batch.images)));
  });
  Trainer first(teacher, optimizer, data, labels_loss(teacher), options);
  Trainer second(student, optimizer, data, answers, options);
  while (!first.finished()) {
    first.advance();
    second.advance();
  }
  std::vector<std::int64_t> items(24);
  std::iota(items.begin(), items.end(), 0);
  const auto examples = data.batch(items);
  const auto logits = download<float>(student(upload(B{}, examples.images)));
  int right = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto of = logits.begin() + std::ptrdiff_t(3 * i);
    right += std::max_element(of, of + 3) - of == examples.given[i];
  }
  CHECK(right == 24);
}

TEST_CASE("trainer: a rate that is no number is refused before it reaches the weights") {
  const LabelledSquares data;
  for (const double factor : {double(NAN), double(INFINITY), -.5}) {
    CAPTURE(factor);
    Classifier net(3);
    const auto before = weights_of(net);
    const AdamW optimizer{.rate = 1e-2};
    Trainer trainer(net, optimizer, data, labels_loss(net),
                    {.batch = 8, .rate = [factor](std::int64_t step, std::int64_t) { return step == 1 ? factor : 0; }});
    trainer.advance();
    CHECK_THROWS_WITH_AS(trainer.advance(),
                         to_text("[train] the factor of the learning rate is ", factor,
                                 " at step 1 of 3 (counted from 0); it must be finite and not negative")
                             .c_str(),
                         std::invalid_argument);
    CHECK(weights_of(net) == before);
    CHECK(trainer.step == 1);
  }
}

TEST_CASE("trainer: epochs without end go on until they are stopped") {
  const Outcome four = run({.epochs = 4, .batch = 8}, Until{4});
  CHECK(run({.epochs = std::numeric_limits<std::int64_t>::max(), .batch = 8}, Until{4}) == four);
}

TEST_CASE("trainer: options that make no sense are refused in words, and so is a loss of more than one number") {
  const auto refused = [](const TrainerOptions& options) {
    try {
      run(options);
    } catch (const std::invalid_argument& error) { return std::string(error.what()); }
    return std::string();
  };
  CHECK(refused({.epochs = 0}) == "[train] epochs must be at least 1, is 0");
  CHECK(refused({.batch = 25}) == "[train] the data set has 24 images, fewer than one batch of 25");
  CHECK(refused({.batch = 8, .validate_every = 0}) == "[train] validate_every must be at least 1, is 0");
  CHECK(refused({.batch = 8, .accumulate = 3}) == "[train] a batch of 8 does not fall into 3 equal parts");
  CHECK(refused({.batch = 8, .rate = nullptr}) == "[train] rate must not be empty");
  const LabelledSquares data;
  Classifier net(3);
  const AdamW optimizer;
  const auto logits = [&](Tape<B>& tape, const auto& batch, const NoiseKey&) {
    return net(tape.constant(batch.images));
  };
  Trainer trainer(net, optimizer, data, tape_loss<B>(logits), {.batch = 8});
  CHECK_THROWS_WITH_AS(trainer.advance(), "[tape_loss] a loss is one number, this one is [8, 3]",
                       std::invalid_argument);
}
