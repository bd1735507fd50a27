#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include <hush/io/progress.hpp>

namespace hush::io {

/// An observer of `sample` that draws a progress bar of the steps of all batches: `io::SamplingBar bar; sample(...,
/// bar)`. It looks every so many steps; 0: 50 times a batch.
class SamplingBar {
 public:
  explicit SamplingBar(ProgressOptions chosen = {.what = "sample"}, int looks_every = 0)
      : every(looks_every), options_(std::move(chosen)), looks_(looks_every) {
    check(looks_every >= 0, "SamplingBar", "looks_every must not be negative, is ", looks_every);
  }

  template <class Run>
  void start(const Run& run) {
    options_.total = run.steps * ((run.count + run.batch - 1) / run.batch);
    bar_ = std::make_unique<Progress>(options_);
    done_ = 0;
    if (looks_ == 0) every = std::max(1, run.steps / 50);
  }
  template <class S>
  void step(const S& step) {
    if (step.step > 0) bar_->update(step.step - done_);
    done_ = step.step == step.of ? 0 : step.step;
  }
  template <class Run>
  void finish(const Run&) {
    bar_->finish();
  }

  int every;

 private:
  ProgressOptions options_;
  int looks_;  // 0: by the steps of a run
  std::unique_ptr<Progress> bar_;
  std::int64_t done_ = 0;  // steps of this batch
};

}  // namespace hush::io
