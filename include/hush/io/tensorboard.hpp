#pragma once
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include <hush/io/event_file.hpp>
#include <hush/training/training.hpp>

namespace hush::io {

/// An observer of `train` that writes an event file for TensorBoard: every `every` steps the loss, the rate and the
/// gradient's norm, and the losses of each epoch, all over the optimizer's step. Other observers may add numbers and
/// pictures of their own to `events()`. A resumed run shows no step twice.
class TensorBoard {
 public:
  explicit TensorBoard(std::filesystem::path folder_, std::int64_t every_ = 1, EventFileOptions options_ = {})
      : folder(std::move(folder_)), every(every_), options(std::move(options_)) {
    check(every >= 1, "TensorBoard", "every must be at least 1, is ", every);
  }

  template <class T>
  void start(const T& training) {
    options.resumed_from = training.step > 0 ? training.step : -1;
    file.emplace(folder, options);
  }
  template <class T>
  void step(const T&, const StepReport& report) {
    if (report.step % every != 0) return;
    events().scalars(
        report.step,
        {{"step/loss", report.loss}, {"step/rate", report.rate}, {"step/gradient_norm", report.gradient_norm}});
  }
  template <class T>
  void epoch(const T&, const EpochReport& report) {
    EventScalars losses{{"epoch/loss", report.loss}};
    if (!std::isnan(report.validation_loss)) losses.emplace_back("epoch/validation_loss", report.validation_loss);
    if (!std::isnan(report.validation_hole_loss))
      losses.emplace_back("epoch/validation_hole_loss", report.validation_hole_loss);
    events().scalars(report.step, losses);
  }
  template <class T>
  void finish(const T&) {
    events().sync();
  }

  /// The file of this run. Throws std::invalid_argument before training has started.
  EventFile& events() {
    check(file.has_value(), "TensorBoard", "there is no event file before training starts");
    return *file;
  }

 private:
  std::filesystem::path folder;
  std::int64_t every;
  EventFileOptions options;
  std::optional<EventFile> file;
};

}  // namespace hush::io
