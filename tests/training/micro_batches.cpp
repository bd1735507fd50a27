#include <hush/training/micro_batches.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <hush/core.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/team/host_gpu.hpp>
#include <hush/io/checkpoints.hpp>
#include <hush/train.hpp>

#include "../communicators/threads.hpp"
#include "../io/scratch.hpp"
#include "../tiny.hpp"

using namespace hush;

namespace {

struct Outcome {
  std::vector<float> weights, averaged;
  std::vector<double> losses, norms;
  std::int64_t told = 0;  // steps that an observer was told of
  bool operator==(const Outcome&) const = default;
};

/// Notes the steps.
struct Watch {
  Outcome& outcome;
  void step(const auto&, const StepReport& report) {
    outcome.losses.push_back(report.loss);
    outcome.norms.push_back(report.gradient_norm);
    ++outcome.told;
  }
};

/// An observer that fails.
struct Full {
  void epoch(const auto&, const EpochReport&) { throw std::runtime_error("the disk is full"); }
};

/// The squares, of which a set may have more or fewer, and one that rank `of` cannot read.
struct Squares {
  tiny::Squares squares{48};
  std::int64_t broken = -1;
  std::int64_t size() const { return squares.size(); }
  Images<float> batch(std::span<const std::int64_t> items) const {
    for (const std::int64_t item : items)
      if (item == broken) throw std::runtime_error("cannot read picture " + std::to_string(item));
    return squares.batch(items);
  }
};

using Options = TrainOptions<Squares>;
const Options usual{.epochs = 2, .batch = 8, .seed = 3, .clip_gradient = 1, .accumulate = 8};

template <class... Observers>
Outcome train_here(Options options, const AnyCommunicator& ranks, const Squares& data = {}, std::uint64_t seed = 9,
                   Observers&&... observers) {
  options.communicator = ranks;
  tiny::Net net({.image = {8, 8, 1}, .widths = {4}, .bottleneck = 4, .heads = 1, .head_width = 2, .embedding = 4},
                tiny::process.ports(), Seed{seed}, tiny::B{.threads = 1});
  Outcome outcome;
  const auto trained = train(tiny::process, net, AdamW{.rate = 1e-2}, data, options, observers..., Watch{outcome});
  outcome.weights = tiny::weights(net);
  outcome.averaged = tiny::weights(trained.averaged);
  return outcome;
}

/// The outcome on each of so many ranks.
std::vector<Outcome> train_on(int ranks, const Options& options) {
  std::vector<Outcome> all;
  all.resize(std::size_t(ranks));
  const auto ended = ranks_of_threads::run(
      ranks, [&](const AnyCommunicator& here) { all[std::size_t(here.rank())] = train_here(options, here); });
  for (const std::string& words : ended.words) CHECK(words == "");
  return all;
}

/// What all ranks say when the run fails; `f` runs on each.
template <class F>
std::string said(int ranks, const F& f) {
  const auto ended = ranks_of_threads::run(ranks, f);
  for (const std::string& words : ended.words) CHECK(words == ended.words[0]);
  return ended.words[0];
}

/// One parameter of five numbers.
template <Backend B>
struct Five {
  using backend = B;
  Parameter<B> p;
  explicit Five(const B& on) {
    p.value = Tensor<B, typename B::master>(on, {5});
    fill(on, 5, 0, p.value.data());
  }
  static void visit(auto& self, auto&& f) { f("p", self.p); }
};

template <Backend B>
std::vector<float> summed(const B& on, std::span<const std::vector<float>> micro_batches) {
  Five<B> net(on);
  FlatParameters<B> weights(net);
  weights.attach_gradients(net);
  detail::MicroBatches<B> sum;
  const auto count = std::int64_t(micro_batches.size());
  std::vector<float> all;
  for (int round = 0; round < 2; ++round) {  // what is kept of one step does not reach the next
    weights.zero_gradients();
    for (std::int64_t i = 0; i < count; ++i) {
      const auto& one = micro_batches[std::size_t(i)];
      CHECK(download<float>(net.p.grad) == std::vector<float>(5));
      copy_in(on, 5, one.data(), net.p.grad.data());
      sum.add(i, count, weights, upload(on.in_full(), {1}, std::span(one).first(1)), 1);
    }
    all = download<float>(net.p.grad);
    CHECK(download<float>(sum.loss())[0] == all[0]);
  }
  return all;
}

}  // namespace

TEST_CASE("micro-batches: gradients and losses are added in one tree, on both machines") {
  std::vector<std::vector<float>> g;
  for (int i = 0; i < 8; ++i) {
    g.emplace_back();
    for (int e = 0; e < 5; ++e)
      g.back().push_back(std::ldexp(float(1 + (7 * i + 3 * e) % 11) / 11.f, 3 * ((i + e) % 7)));
  }
  const auto plus = [](std::vector<float> a, const std::vector<float>& b) {
    for (std::size_t e = 0; e < a.size(); ++e) a[e] += b[e];
    return a;
  };
  const auto of = [&](std::size_t n) { return std::span(g).first(n); };
  const auto four = plus(plus(g[0], g[1]), plus(g[2], g[3]));
  const auto eight = plus(four, plus(plus(g[4], g[5]), plus(g[6], g[7])));
  const auto each = [&](const auto& on) {
    CHECK(summed(on, of(1)) == g[0]);
    CHECK(summed(on, of(2)) == plus(g[0], g[1]));
    CHECK(summed(on, of(3)) == plus(g[2], plus(g[0], g[1])));
    CHECK(summed(on, of(4)) == four);
    CHECK(summed(on, of(6)) == plus(plus(g[4], g[5]), four));
    CHECK(summed(on, of(7)) == plus(plus(g[6], plus(g[4], g[5])), four));
    CHECK(summed(on, of(8)) == eight);
  };
  each(Cpu<float>{.threads = 1});
  each(Cuda<float, HostGpu>{});
  auto in_order = g[0];
  for (std::size_t i = 1; i < 8; ++i) in_order = plus(in_order, g[i]);
  CHECK(in_order != eight);  // the order matters
}

TEST_CASE("micro-batches: what does not lie in the host's memory is added over ranks too") {
  using Gpu = Cuda<float, HostGpu>;
  static_assert(HasHostMemory<Cpu<float>> && !HasHostMemory<Gpu>);
  const Gpu on{};
  std::vector<Tensor<Gpu>> arrays;
  for (float i = 0; i < 4; ++i)
    arrays.push_back(upload(on, {3}, std::span<const float>(std::vector<float>{i, 2, 10 * i})));
  const auto words = said(4, [&](const AnyCommunicator& here) {
    detail::MicroBatches<Gpu> sum;
    sum.add_ranks(here, arrays[std::size_t(here.rank())]);
  });
  CHECK(words == "");
  for (const auto& array : arrays) CHECK(download<float>(array) == std::vector<float>{6, 8, 60});
}

TEST_CASE("ranks: a run on 1, 2, 4 and 8 of them has the same bits everywhere") {
  const Outcome alone = train_here(usual, SingleProcess{});
  REQUIRE(alone.losses.size() == 12);
  CHECK(alone.losses.back() < alone.losses.front());
  for (const int ranks : {2, 4, 8}) {
    CAPTURE(ranks);
    const auto all = train_on(ranks, usual);
    CHECK(all[0] == alone);
    for (std::size_t rank = 1; rank < all.size(); ++rank) {
      CHECK(all[rank].weights == alone.weights);
      CHECK(all[rank].averaged == alone.averaged);
      CHECK(all[rank].told == 0);  // observers are told on rank 0
    }
  }
  Options other = usual;
  other.accumulate = 1;
  CHECK(train_here(other, SingleProcess{}).weights != alone.weights);  // another order of sums
}

TEST_CASE("ranks: a run that one of them stops, stops on all after the same step") {
  const auto steps = [](int which, bool observer) {
    std::vector<std::int64_t> made(4);
    const auto words = said(4, [&](const AnyCommunicator& here) {
      Options options = usual;
      options.communicator = here;
      int asked = 0;
      if (!observer) options.stop = [&] { return ++asked == 3 && here.rank() == which; };
      tiny::Net net = tiny::net(1);
      const Squares data;
      const AdamW optimizer;
      auto training = start_training(tiny::process, net, optimizer, data, options);
      hush::detail::run_training(training, *std::make_unique<Every<std::function<bool(const StepReport&)>>>(
                                               1, [&](const StepReport& r) { return !observer || r.step < 5; }));
      made[std::size_t(here.rank())] = training.step;
    });
    CHECK(words == "");
    return made;
  };
  CHECK(steps(0, false) == std::vector<std::int64_t>(4, 3));
  CHECK(steps(3, false) == std::vector<std::int64_t>(4, 3));
  CHECK(steps(0, true) == std::vector<std::int64_t>(4, 5));
}

TEST_CASE("ranks: what goes wrong on one ends all, with its number and the reason") {
  const auto spoilt = [](int which, std::int64_t item) {
    return said(
        2, [&](const AnyCommunicator& here) { train_here(usual, here, {.broken = here.rank() == which ? item : -1}); });
  };
  CHECK(spoilt(1, 30) == "rank 1 of 2: cannot read picture 30");
  CHECK(spoilt(0, 30) == "rank 0 of 2: cannot read picture 30");
  CHECK(spoilt(1, 0) == "rank 1 of 2: cannot read picture 0");  // before the first step
  // A loss that is not finite.
  const auto words = said(2, [&](const AnyCommunicator& here) {
    Options options = usual;
    options.weighting = [heavy = here.rank() == 1](Level, const Scalings&) { return heavy ? 1e300 : 1; };
    train_here(options, here);
  });
  CHECK(words.starts_with("rank 1 of 2: [train] the loss is inf at step 1 "));
  // An observer on rank 0.
  CHECK(said(2, [&](const AnyCommunicator& here) { train_here(usual, here, {}, 9, Full{}); }) ==
        "rank 0 of 2: the disk is full");
}

TEST_CASE("ranks: those that were started with something else are refused at the start") {
  const auto started = [](const auto& change, const Squares& data = {}, std::uint64_t seed = 9) {
    return said(2, [&](const AnyCommunicator& here) {
      Options options = usual;
      if (here.rank() == 1) change(options);
      options.stop = [] { return true; };
      train_here(options, here, here.rank() == 1 ? data : Squares{}, here.rank() == 1 ? seed : 9);
    });
  };
  const std::string start = "rank 1 of 2: [ranks] was started with ";
  CHECK(started([](Options&) {}) == "");
  CHECK(started([](Options& o) { o.batch = 16; }) == start + "batch = 16, and rank 0 with batch = 8");
  CHECK(started([](Options& o) { o.accumulate = 4; }) == start + "accumulate = 4, and rank 0 with accumulate = 8");
  CHECK(
      started([](Options& o) { o.ema.decay = .5; }).starts_with(start + "ema.decay = 0.5, and rank 0 with ema.decay"));
  CHECK(started([](Options& o) { o.epochs = 5; }) == start + "epochs = 5, and rank 0 with epochs = 2");
  CHECK(started([](Options&) {}, {{40}}) == start + "items = 40, and rank 0 with items = 48");
  CHECK(started([](Options&) {}, {}, 8).starts_with(start + "sum of the weights = "));
  CHECK(started([](Options& o) { o.validate_every = 7; }) == "");  // changes no result
}

TEST_CASE("ranks: micro-batches that they cannot share are refused, and so is a number of ranks") {
  const auto refused = [](int ranks, std::int64_t accumulate, std::int64_t batch) {
    return said(ranks, [&](const AnyCommunicator& here) {
      Options options = usual;
      options.accumulate = accumulate;
      options.batch = batch;
      train_here(options, here);
    });
  };
  const std::string start = "rank 0 of 4: [train] accumulate, the micro-batches of a batch, is ";
  CHECK(refused(4, 1, 8) == start + "1: 4 ranks want a power of two, and no fewer than they are");
  CHECK(refused(4, 12, 24) == start + "12: 4 ranks want a power of two, and no fewer than they are");
  CHECK(refused(4, 8, 12) == "rank 0 of 4: [train] a batch of 12 does not fall into 8 equal parts");
  CHECK(refused(3, 8, 24) == "[ranks] the number of ranks must be a power of two, is 3");
}

TEST_CASE("ranks: stopped on two and resumed on four or one, a run ends with the bytes of one that never stopped") {
  const Outcome whole = train_here(usual, SingleProcess{});
  for (const int then : {1, 4}) {
    const Scratch scratch("ranks");
    std::vector<std::string> notes;
    const auto checkpoints = [&](const AnyCommunicator& here) {
      return io::Checkpoints({.run = scratch / "run", .every = 1, .say = [&notes, here](std::string_view text) {
                                notes.push_back(to_text(here.rank(), ": ", text));
                              }});
    };
    const auto until = [&](int ranks, std::int64_t last) {
      std::vector<Outcome> all;
      all.resize(std::size_t(ranks));
      const auto words = said(ranks, [&](const AnyCommunicator& here) {
        Options options = usual;
        std::int64_t made = 0;
        options.stop = [&] { return ++made == last; };
        all[std::size_t(here.rank())] = train_here(options, here, {}, 9, checkpoints(here));
      });
      CHECK(words == "");
      return all;
    };
    until(2, 4);
    const auto all = until(then, -1);
    CHECK(notes == std::vector<std::string>{"0: resumed from step 4 of 12"});
    for (const Outcome& one : all) {
      CHECK(one.weights == whole.weights);
      CHECK(one.averaged == whole.averaged);
    }
    CHECK(all[0].told == 8);
  }
}

TEST_CASE("ranks: checkpoints that rank 0 cannot write or another cannot read end all") {
  const Scratch scratch("ranks");
  const auto at = [&](const AnyCommunicator&, const std::filesystem::path& run) {
    return io::Checkpoints({.run = run, .every = 1, .say = [](std::string_view) {}});
  };
  io::write_file(scratch / "file", std::string("in the way"));
  const auto blocked =
      said(2, [&](const AnyCommunicator& here) { train_here(usual, here, {}, 9, at(here, scratch / "file")); });
  CHECK(blocked.starts_with("rank 0 of 2: "));
  CHECK(blocked.find("file") != blocked.npos);
  CHECK(said(2, [&](const AnyCommunicator& here) {
          Options options = usual;
          options.stop = [] { return true; };
          train_here(options, here, {}, 9, at(here, scratch / "shared"));
        }) == "");
  const auto apart = said(2, [&](const AnyCommunicator& here) {
    train_here(usual, here, {}, 9, at(here, scratch / (here.rank() ? "elsewhere" : "shared")));
  });
  CHECK(apart.starts_with("rank 1 of 2: "));
  CHECK(apart.find("elsewhere") != apart.npos);
}
