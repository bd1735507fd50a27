#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <tuple>
#include <utility>
#include <vector>

#include <hush/level.hpp>
#include <hush/observer.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// A run, as observers of `sample` get it at the start and at the end: the steps of a batch, the images in all and at a
/// time.
struct SamplingRun {
  int steps;
  std::int64_t count, batch;
};

/// A step, as observers get it: `step` of `of` are done for the images from `first_image` on, which are x at `level`;
/// x0 is the last estimate of the clean images (empty before the first step). Both are written over afterwards:
/// download what you keep.
template <Backend B>
struct Step {
  int step, of;
  std::int64_t first_image;
  Level level;
  const Tensor<typename B::full>&x, &x0;
};

namespace detail {

/// The observers of a run behind one type, so that what runs a sampler is compiled once for all of them. They must
/// outlive it.
template <Backend B>
class StepObservers {
 public:
  using StepOf = Step<B>;  // named here: nvcc cannot check its constraint within the concepts that ask for it

  template <class... Observers>
  explicit StepObservers(const SamplingRun& run, Observers&... observers) {
    (start(run, observers), ...);
    (add(observers), ...);
  }

  bool empty() const { return all_.empty(); }
  /// Whether an observer is called when `step` of `of` are done: each after so many steps, and after the last.
  bool observe(int step, int of) const {
    return std::ranges::any_of(all_, [&](const One& one) { return one.is_due(step, of); });
  }
  /// Calls them, the last one first; false once one of them has ended the run.
  bool notify(const Step<B>& step) {
    for (auto one = all_.rbegin(); one != all_.rend(); ++one)
      if (one->is_due(step.step, step.of)) goes_on_ &= one->step(step);
    return goes_on_;
  }
  bool goes_on() const { return goes_on_; }
  /// The run is over: tells them, the last one first.
  template <class... Observers>
  static void finish(const SamplingRun& run, Observers&... observers) {
    const auto all = std::tie(observers...);
    [&]<std::size_t... I>(std::index_sequence<I...>) { (end(run, std::get<sizeof...(I) - 1 - I>(all)), ...); }
    (std::index_sequence_for<Observers...>{});
  }

 private:
  struct One {
    std::function<bool(const Step<B>&)> step;
    int every;
    bool is_due(int done, int of) const { return done % every == 0 || done == of; }
  };
  template <class Observer>
  static void start(const SamplingRun& run, Observer& observer) {
    if constexpr (requires { observer.start(run); }) observer.start(run);
  }
  template <class Observer>
  static void end(const SamplingRun& run, Observer& observer) {
    if constexpr (requires { observer.finish(run); }) observer.finish(run);
  }
  template <class Observer>
  void add(Observer& observer) {
    const int every = interval_of("sample", observer);
    if constexpr (watches_steps<Observer, StepOf>)
      all_.push_back({[&observer](const Step<B>& s) { return tell_step(observer, s); }, every});
  }

  std::vector<One> all_;
  bool goes_on_ = true;
};

}  // namespace detail
}  // namespace hush
