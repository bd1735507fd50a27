#pragma once
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <hush/io.hpp>
#include <hush/training/training.hpp>

#include "ranks.hpp"
#include "training_files.hpp"

// What the training programs share: what they print and draw.
namespace examples {

using namespace hush;

/// An observer that writes epoch-N.png every few epochs (0: never): what `draw(training)` gives, images in [-1, 1].
template <class Draw>
class Pictures {
 public:
  Pictures(std::filesystem::path folder_, std::int64_t every_, Draw draw_)
      : folder(std::move(folder_)), sample_every(every_), draw(std::move(draw_)) {}
  template <class T>
  void epoch(const T& training, const EpochReport& report) {
    if (sample_every <= 0 || (report.epoch + 1) % sample_every != 0) return;
    io::write_grid(folder / to_text("epoch-", report.epoch + 1, ".png"), draw(training), {.scale = 2});
  }

 private:
  std::filesystem::path folder;
  std::int64_t sample_every;
  Draw draw;
};

/// An observer that prints an epoch's losses.
struct Report {
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  template <class T>
  void epoch(const T& training, const EpochReport& report) {
    const auto now = std::chrono::steady_clock::now();
    std::printf("epoch %lld of %lld: training MSE %.4f", static_cast<long long>(report.epoch + 1),
                static_cast<long long>(training.options.epochs), report.loss);
    if (std::isfinite(report.validation_loss)) std::printf(", validation MSE %.4f", report.validation_loss);
    std::printf(", %.1f s\n", std::chrono::duration<double>(now - begin).count());
    std::fflush(stdout);
    begin = now;
  }
};

/// The loss curve of the whole run in loss.svg. `y` says what the loss is.
inline void plot(const std::filesystem::path& run, const std::string& title, const std::string& y) {
  io::write_loss_plot(run, {.title = title, .x = "step", .y = y, .logarithmic = true});
}

}  // namespace examples
