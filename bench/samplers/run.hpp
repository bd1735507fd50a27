#pragma once
#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "cell.hpp"

namespace bench_samplers {

/// The cells of one table: first all are planned, so that the time is known, then they are measured.
template <class Net>
class Run {
 public:
  Run(Subject<Net> subject, const Order& order, const Observers& observers)
      : subject_(std::move(subject)), order_(order), observers_(observers) {}

  void plan(const std::string& name, const SamplerRun<Net>& runner) {
    if (!any_) any_ = runner;
    const auto& wanted = order_.samplers;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) return;
    for (const int most : order_.most) {
      Entry entry{planned_cell(subject_, name, runner, most), runner};
      if (const auto known = observers_.known(entry.cell)) entry = {*known, runner, true};
      if (entry.known == order_.only_times) calls_ += entry.cell.calls;
      entries_.push_back(std::move(entry));
    }
  }

  /// Measures what is not known yet, few calls first, so that a run that is stopped leaves whole columns. Returns all
  /// cells that are measured or cannot be.
  std::vector<Cell> measure() {
    const double each = entries_.empty() ? 0 : seconds_of_a_call();
    const std::int64_t images = order_.only_times ? order_.batch : order_.images;
    std::printf("%zu cells; to do: %lld network calls an image, %.2f ms each, about %.0f minutes for %lld images\n",
                entries_.size(), static_cast<long long>(calls_), 1e3 * each, each * double(calls_ * images) / 60,
                static_cast<long long>(images));
    std::fflush(stdout);
    std::vector<Cell> cells;
    if (order_.only_plan) return cells;
    for (const int most : order_.most)
      for (Entry& entry : entries_) {
        if (entry.cell.most != most || entry.known != order_.only_times) continue;
        if (entry.cell.steps > 0 && order_.is_late()) continue;
        entry.cell = order_.only_times ? timed_cell(subject_, entry.runner, entry.cell)
                                       : measured_cell(subject_, entry.runner, entry.cell, observers_.quality);
        observers_.measured(entry.cell);
        entry.known = true;
      }
    for (const Entry& entry : entries_)
      if (entry.known) cells.push_back(entry.cell);
    return cells;
  }

 private:
  struct Entry {
    Cell cell;
    SamplerRun<Net> runner;
    bool known = false;  // measured, now or by an earlier run
  };
  /// Seconds that the network takes for an image, the better of two batches after a first one.
  double seconds_of_a_call() const {
    auto options = subject_.options;
    options.count = options.batch;
    const auto once = [&] {
      const Counted<Net> net{subject_.net};
      StepCounter counter;
      const double begin = now();
      any_(net, options, 1, counter);
      return (now() - begin) / double(options.count * *net.calls);
    };
    once();
    return std::min(once(), once());
  }

  Subject<Net> subject_;
  const Order& order_;
  const Observers& observers_;
  std::vector<Entry> entries_;
  SamplerRun<Net> any_;
  std::int64_t calls_ = 0;
};

}  // namespace bench_samplers
