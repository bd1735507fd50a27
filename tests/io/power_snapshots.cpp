#include <hush/io/power_snapshots.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/optimizer.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/training/power_averages.hpp>

#include "io/scratch.hpp"

using namespace hush;

namespace {

using B = Cpu<double>;

/// Two parameters and a buffer.
struct Few {
  using backend = B;
  Parameter<B> a, b;
  explicit Few(const B& on) {
    a.value = filled(on, {2, 3}, 1);
    b.value = filled(on, {4}, 2);
    b.trained = false;
  }
  static void visit(auto& self, auto&& f) { f("a", self.a), f("b", self.b); }
};

/// As much of a trainer as an observer reads: weights that are a function of the step.
struct Run {
  Few net{B{1}};
  FlatParameters<B> weights{net};
  std::int64_t step = 0;

  double number(std::int64_t i) const { return std::sin(.03 * double(step) + double(i)) + .01 * double(step); }
  void advance() {
    ++step;
    std::vector<double> values;
    for (std::int64_t i = 0; i < weights.extent(); ++i) values.push_back(number(i));
    copy_in(B{1}, weights.extent(), values.data(), weights.values().data());
  }
};

/// Steps of a run with an observer, from where it stands on.
void go_on(Run& run, io::PowerSnapshots<B>& observer, std::int64_t until) {
  observer.start(run);
  while (run.step < until) {
    run.advance();
    observer.step(run, StepReport{});
  }
  observer.finish(run);
}

std::vector<double> numbers(const io::Arrays& arrays, const char* name) {
  return io::values_of<double>(arrays.items.at(name));
}

}  // namespace

TEST_CASE("power snapshots: an average of another length, made of files after the training") {
  const Scratch scratch("power");
  Run run;
  io::PowerSnapshots<B> observer({.folder = scratch / "snapshots", .every = 100});
  go_on(run, observer, 800);
  PowerAverages<B> exact(Run{}.weights, {.07});
  Run again;
  while (again.step < 800) {
    again.advance();
    exact.follow(again.weights, again.step);
  }
  const io::Arrays made = io::post_hoc_ema(scratch / "snapshots", .07);
  const io::Arrays wanted = io::arrays_of(again.weights, exact.values[0]);
  for (const char* name : {"a", "b"}) {
    const auto x = numbers(made, name), y = numbers(wanted, name);
    REQUIRE(x.size() == y.size());
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(std::abs(x[i] - y[i]) < .01 * (1 + std::abs(y[i])));
  }
  CHECK(made.items.at("a").dtype == io::Dtype::F32);
  CHECK(made.metadata.at("power_ema_step") == "800");
  // One of the snapshots' own is that snapshot.
  const auto file = scratch / "snapshots" / "power-0.05-00000300.safetensors";
  const auto own = numbers(io::post_hoc_ema(scratch / "snapshots", .05, 300), "a"),
             theirs = numbers(io::read_safetensors(file), "a");
  for (std::size_t i = 0; i < own.size(); ++i) CHECK(own[i] == doctest::Approx(theirs[i]).epsilon(1e-6));
}

TEST_CASE("power snapshots: a run that goes on has the same files as one that never stopped") {
  const Scratch scratch("power");
  Run whole, begun;
  io::PowerSnapshots<B> one({.folder = scratch / "whole", .every = 20}),
      two({.folder = scratch / "parts", .every = 20}), three({.folder = scratch / "parts", .every = 20});
  go_on(whole, one, 60);
  go_on(begun, two, 40);
  go_on(begun, three, 60);
  for (const char* name : {"power-0.05-00000060.safetensors", "power-0.1-00000060.safetensors"})
    CHECK(get(scratch / "whole" / name) == get(scratch / "parts" / name));
  Run late;
  late.step = 10;
  io::PowerSnapshots<B> without({.folder = scratch / "parts", .every = 20});
  CHECK_THROWS_AS(without.start(late), FileError);
}

TEST_CASE("power snapshots: what is refused, in words") {
  const Scratch scratch("power");
  CHECK_THROWS_WITH_AS(io::PowerSnapshots<B>({}), "[PowerSnapshots] folder is not given", std::invalid_argument);
  CHECK_THROWS_WITH_AS(io::post_hoc_ema(scratch.folder, .05),
                       (scratch.folder.string() + ": has no snapshots of averages, power-*.safetensors").c_str(),
                       FileError);
  CHECK_THROWS_AS(io::post_hoc_ema(scratch.folder, .4), std::invalid_argument);
  Run run;
  io::PowerSnapshots<B> observer({.folder = scratch.folder, .every = 5});
  go_on(run, observer, 10);
  CHECK_THROWS_WITH_AS(io::post_hoc_ema(scratch.folder, .05, 7),
                       "[post_hoc_ema] no snapshot is of step 7, where the average is to end", std::invalid_argument);
  io::Arrays other = io::read_safetensors(scratch / "power-0.05-00000010.safetensors");
  other.items["a"].shape = {3, 2};
  io::write_safetensors(scratch / "power-0.05-00000010.safetensors", other);
  CHECK_THROWS_AS(io::post_hoc_ema(scratch.folder, .07), FileError);
  other.metadata.clear();
  io::write_safetensors(scratch / "power-0.05-00000010.safetensors", other);
  CHECK_THROWS_AS(io::post_hoc_ema(scratch.folder, .07), FileError);
}
