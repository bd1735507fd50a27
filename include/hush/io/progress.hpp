#pragma once
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <iostream>
#include <optional>
#include <ostream>
#include <string>

#include <hush/check.hpp>
#include <hush/io/number.hpp>

namespace hush::io {

/// Options of a progress bar. If the output is no terminal (a file, a pipe), it writes a plain line every `quiet`
/// seconds instead of redrawing one. `clock` (in seconds), `terminal` and `width` replace the system's, for tests.
struct ProgressOptions {
  std::string what = {};
  std::int64_t total = 0;  ///< 0: unknown
  std::int64_t from = 0;   ///< already done before, in a run that resumes
  std::ostream* out = &std::cerr;
  std::optional<bool> terminal = {};
  int width = 0;  ///< columns, 0: ask the terminal
  double quiet = 10;
  bool shown = true;
  std::function<double()> clock = {};
};

/// A progress bar: `what:  37%|###---| 370/1000 [00:12<00:21, 29.8it/s, loss=0.031]`. A terminal line is redrawn at
/// most ten times a second.
class Progress {
 public:
  explicit Progress(ProgressOptions chosen) : options(std::move(chosen)), done(options.from) {
    check(options.total >= 0 && options.from >= 0, "Progress", "total and from must not be negative");
    if (!options.clock)
      options.clock = [] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
      };
    terminal = options.terminal.value_or(options.out == &std::cerr && ::isatty(STDERR_FILENO) == 1);
    start = drawn = measured = options.clock();
    if (terminal) draw();
  }
  Progress(const Progress&) = delete;
  ~Progress() {
    try {
      if (terminal && !finished && options.shown) *options.out << '\n' << std::flush;
    } catch (...) {}
  }

  /// `n` more are done; `note` is shown at the end of the line until the next call.
  void update(std::int64_t n = 1, std::string note = {}) {
    done += n;
    noted = std::move(note);
    const double now = options.clock();
    smooth(now);
    if (now - drawn < (terminal ? 0.1 : options.quiet)) return;
    drawn = now;
    draw();
  }

  /// Writes a line above the bar.
  void say(const std::string& text) {
    if (terminal && !finished && options.shown) *options.out << "\r\x1b[K";
    *options.out << text << '\n' << std::flush;
    if (terminal) draw();
  }

  /// Shows the final state. Nothing is shown afterwards.
  void finish() {
    if (finished) return;
    draw();
    if (terminal && options.shown) *options.out << '\n' << std::flush;
    finished = true;
  }

  /// The line as it is now, without colour or control characters.
  std::string line() const {
    const double elapsed = options.clock() - start;
    const std::string head = options.what.empty() ? "" : options.what + ": ";
    std::string tail = to_text(done, options.total ? to_text('/', options.total) : "it", " [", time(elapsed));
    if (options.total)
      tail += '<' + (rate > 0 ? time(double(std::max<std::int64_t>(0, options.total - done)) / rate) : "?");
    tail += ", " + speed() + (noted.empty() ? "" : ", " + noted) + ']';
    if (!options.total) return head + tail;
    const double share = std::clamp(double(done) / double(options.total), 0.0, 1.0);
    char percent[8];
    std::snprintf(percent, sizeof percent, "%3d%%", int(std::floor(share * 100)));
    const int room = columns() - 1 - int(head.size() + tail.size()) - 7;
    return head + percent + '|' + bar(share, std::clamp(room, 4, 40)) + "| " + tail;
  }

 private:
  /// Seconds as mm:ss, or h:mm:ss.
  static std::string time(double seconds) {
    const auto s = std::int64_t(std::clamp(seconds, 0.0, 3.6e8));
    char text[32];
    if (s < 3600)
      std::snprintf(text, sizeof text, "%02d:%02d", int(s / 60), int(s % 60));
    else
      std::snprintf(text, sizeof text, "%d:%02d:%02d", int(s / 3600), int(s / 60 % 60), int(s % 60));
    return text;
  }

  std::string speed() const {
    if (rate >= 1) return fixed(rate, 1) + "it/s";
    return rate > 0 ? fixed(1 / rate, 2) + "s/it" : "?it/s";
  }

  /// A bar of `width` columns, filled to an eighth of a column.
  static std::string bar(double share, int width) {
    static constexpr const char* part[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const int eighths = int(share * width * 8);
    std::string text;
    for (int i = 0; i < eighths / 8; ++i) text += "█";
    text += part[eighths % 8];
    text.append(std::size_t(width - (eighths + 7) / 8), ' ');
    return text;
  }

  int columns() const {
    winsize size{};
    if (options.width > 0) return options.width;
    return terminal && ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 100;
  }

  /// Updates the rate: measured over at least a tenth of a second and averaged with the past, so that it does not jump.
  void smooth(double now) {
    if (now - measured < 0.1) return;
    const double fresh = double(done - counted - options.from) / (now - measured);
    rate = rate > 0 ? 0.7 * rate + 0.3 * fresh : fresh;
    measured = now;
    counted = done - options.from;
  }

  void draw() {
    if (finished || !options.shown) return;
    if (terminal)
      *options.out << '\r' << line() << "\x1b[K" << std::flush;
    else
      *options.out << line() << '\n' << std::flush;
  }

  ProgressOptions options;
  std::int64_t done = 0, counted = 0;
  double start = 0, drawn = 0, measured = 0, rate = 0;
  std::string noted;
  bool terminal = false, finished = false;
};

}  // namespace hush::io
