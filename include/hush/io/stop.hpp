#pragma once
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <functional>
#include <mutex>
#include <utility>

#include <hush/check.hpp>

namespace hush::io {

/// Options of `Stop`: the time limit in minutes, 0: none. `clock` (in seconds) is for tests.
struct StopOptions {
  double minutes = 0;
  std::function<double()> clock = {};
};

/// While it lives, Ctrl-C (SIGINT) and SIGTERM ask the program to stop instead of ending it: `Stop stop; train(...,
/// {.stop = std::ref(stop)})`, or as an observer: `sample(..., stop)`, `train(..., stop)`. A second such signal ends
/// the program as if there were no Stop. The end of the last Stop restores the old handlers; a signal that was ignored
/// before stays ignored. Throws std::invalid_argument for minutes that are negative or not finite.
class Stop {
 public:
  static constexpr bool on_every_rank = true;  // a signal may reach one rank of many

  explicit Stop(StopOptions chosen = {}) : options_(std::move(chosen)) {
    check(options_.minutes >= 0 && options_.minutes < 1e12, "Stop", "minutes must be 0 (no limit) to 1e12, is ",
          options_.minutes);
    if (!options_.clock)
      options_.clock = [] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
      };
    begin_ = options_.clock();
    const std::lock_guard lock(shared().mutex);
    if (shared().living++ == 0) listen();
  }
  Stop(const Stop&) = delete;
  ~Stop() {
    const std::lock_guard lock(shared().mutex);
    if (--shared().living > 0) return;
    for (Listened& one : shared().signals)
      if (std::exchange(one.listening, false)) ::sigaction(one.number, &one.before, nullptr);
  }

  /// True once a signal has come or the time is over.
  bool operator()() const {
    return signal() != 0 || (options_.minutes > 0 && options_.clock() - begin_ >= 60 * options_.minutes);
  }
  /// As an observer of `sample` or `train`: false ends the run.
  bool step(const auto&...) const { return !(*this)(); }
  /// The signal that has come, 0: none.
  int signal() const { return asked.load(); }
  /// The exit status of a program ended by a signal, 128 + its number; 0 if none has come.
  int exit_code() const { return signal() ? 128 + signal() : 0; }

 private:
  struct Listened {
    int number;
    bool listening = false;
    struct sigaction before = {};
  };
  struct Shared {
    std::mutex mutex;
    int living = 0;
    std::array<Listened, 2> signals{Listened{.number = SIGINT}, Listened{.number = SIGTERM}};
  };
  static Shared& shared() {
    static Shared all;
    return all;
  }
  static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may touch nothing that locks");
  static inline std::atomic<int> asked = 0;

  static void listen() {
    asked = 0;
    for (Listened& one : shared().signals) {
      ::sigaction(one.number, nullptr, &one.before);
      if (one.before.sa_handler == SIG_IGN) continue;
      struct sigaction ours = {};
      ours.sa_handler = caught;
      ours.sa_flags = SA_RESTART;
      ::sigemptyset(&ours.sa_mask);
      one.listening = ::sigaction(one.number, &ours, nullptr) == 0;
    }
  }
  static void caught(int number) {
    if (asked.exchange(number) == 0) return;
    const int error = errno;
    for (const Listened& one : shared().signals)
      if (one.number == number) ::sigaction(number, &one.before, nullptr);
    ::raise(number);  // pending until this handler returns
    errno = error;
  }

  StopOptions options_;
  double begin_ = 0;
};

}  // namespace hush::io
