#pragma once
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <hush/io.hpp>
#include <hush/training.hpp>

// What the training programs share: how they are stopped, what they print, draw and plot.
namespace examples {

using namespace hush;

inline volatile std::sig_atomic_t asked_to_stop = 0;

/// From now on SIGINT and SIGTERM ask to stop. True once they did, or after so many minutes (0: never).
inline std::function<bool()> stop_when_asked(double minutes) {
  std::signal(SIGINT, [](int signal) { asked_to_stop = signal; });
  std::signal(SIGTERM, [](int signal) { asked_to_stop = signal; });
  return [minutes, begin = std::chrono::steady_clock::now()] {
    const std::chrono::duration<double, std::ratio<60>> passed = std::chrono::steady_clock::now() - begin;
    return asked_to_stop != 0 || (minutes > 0 && passed.count() >= minutes);
  };
}
/// What a shell expects of a program that a signal has ended, 0 otherwise.
inline int exit_code() { return asked_to_stop ? 128 + asked_to_stop : 0; }

/// An observer that writes epoch-N.png every few epochs (0: never): what `draw(training)` gives, images in [-1, 1].
template <class Draw>
class Pictures {
 public:
  Pictures(std::filesystem::path folder_, std::int64_t every_, Draw draw_)
      : folder(std::move(folder_)), every(every_), draw(std::move(draw_)) {}
  template <class T>
  void epoch(const T& training, const EpochReport& report) {
    if (every <= 0 || (report.epoch + 1) % every != 0) return;
    io::write_grid(folder / words("epoch-", report.epoch + 1, ".png"), draw(training), {.scale = 2});
  }

 private:
  std::filesystem::path folder;
  std::int64_t every;
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
    if (training.options.validation) std::printf(", validation MSE %.4f", report.validation_loss);
    std::printf(", %.1f s\n", std::chrono::duration<double>(now - begin).count());
    std::fflush(stdout);
    begin = now;
  }
};

/// The loss curve of the whole run in loss.svg: the running mean of what steps.csv holds, and the validation loss of
/// each epoch. `y` says what the loss is.
inline void plot(const std::filesystem::path& run, const std::vector<EpochReport>& epochs, const std::string& title,
                 const std::string& y) {
  io::Curve training{.name = "training (running mean)"}, validation{.name = "validation"};
  std::ifstream rows(run / "steps.csv");
  std::string row;
  std::getline(rows, row);  // the names of the columns
  double mean = 0, weight = 0;
  for (std::int64_t step = 1; std::getline(rows, row); ++step) {
    mean += 0.03 * (std::stod(row.substr(row.find(',') + 1)) - mean), weight += 0.03 * (1 - weight);
    if (step % 5 == 0) training.x.push_back(double(step)), training.y.push_back(mean / weight);
  }
  for (const EpochReport& e : epochs)
    if (std::isfinite(e.validation_loss))
      validation.x.push_back(double(e.step)), validation.y.push_back(e.validation_loss);
  io::write_curves(run / "loss.svg", {training, validation},
                   {.title = title, .x = "step", .y = y, .logarithmic = true});
}

}  // namespace examples
