#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include <hush/io/progress.hpp>

namespace hush::io {

/// A progress bar for `sample`: `SamplingBar bar(64); sample(..., {.count = 64, .each_step = std::ref(bar)})`. It
/// counts the steps of all batches of `count` images, by however many `every` lets it see, and is done with the last.
/// Beside other observers: `.each_step = [&](const auto& step) { return bar(step) && frames(step); }`.
class SamplingBar {
 public:
  explicit SamplingBar(std::int64_t count, ProgressOptions chosen = {.what = "sample"})
      : count_(count), options_(std::move(chosen)) {
    check(count >= 0, "SamplingBar", "count must not be negative, is ", count);
  }

  /// What `sample` calls; always true.
  template <class S>
  bool operator()(const S& step) {
    if (!bar_) {  // the first batch is the largest
      const std::int64_t batch = std::max<std::int64_t>(1, step.x.shape()[0]);
      options_.total = step.of * std::max<std::int64_t>(1, (count_ + batch - 1) / batch);
      bar_ = std::make_unique<Progress>(options_);
    }
    if (step.step > 0) bar_->update(step.step - done_), made_ += step.step - done_;
    done_ = step.step == step.of ? 0 : step.step;
    if (made_ == options_.total) bar_->finish();
    return true;
  }

 private:
  std::int64_t count_;
  ProgressOptions options_;
  std::unique_ptr<Progress> bar_;
  std::int64_t done_ = 0, made_ = 0;  // steps of this batch, of all
};

}  // namespace hush::io
