#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <hush/sample.hpp>

#include "tables.hpp"

// How a cell is measured.
namespace bench_samplers {

/// A network whose calls are counted. An idle one answers with its input, which costs nothing.
template <class Net>
struct Counted {
  using backend = typename Net::backend;
  Net net;
  bool idle = false;
  std::shared_ptr<std::int64_t> calls = std::make_shared<std::int64_t>(0);

  template <Value V>
  V operator()(const Input<V>& input) const {
    ++*calls;
    return idle ? input.image : net(input);
  }
  ImageSize image() const { return net.image(); }
  Ports ports() const { return net.ports(); }
  const backend& on() const { return net.on(); }
  static void visit(auto& self, auto&& f) { f("net", self.net); }
};

/// A network that is counted, and the options that all samplers share.
template <class Net>
struct Subject {
  Net net;
  SampleOptions<typename Net::backend> options;
};

/// An observer that asks how many steps a run has.
struct StepCounter {
  int steps = 0;
  void start(const SamplingRun& run) { steps = run.steps; }
};

/// A sampling run with a counted network. `setting` is the parameter that makes it longer or shorter, mostly its steps.
/// Behind one type, so that a cell is compiled once for all samplers.
template <class Net>
using SamplerRun = std::function<Images<float>(const Counted<Net>&, const SampleOptions<typename Net::backend>&,
                                               int setting, StepCounter&)>;

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The cell of a run with this setting, whose steps and network calls are counted; none if the sampler refuses it.
template <class Net>
std::optional<Cell> counted_cell(const Subject<Net>& subject, const SamplerRun<Net>& run, int setting) {
  const Counted<Net> idle{subject.net, true};
  Cell cell;
  cell.setting = setting;
  auto options = subject.options;
  options.count = options.batch = 1;
  StepCounter counter;
  try {
    run(idle, options, setting, counter);
  } catch (const std::invalid_argument&) { return {}; }
  cell.steps = counter.steps;
  cell.calls = int(*idle.calls);
  return cell;
}

/// The cell with the most network calls that are not more than `most`; its images are not made yet.
template <class Net>
Cell planned_cell(const Subject<Net>& subject, const std::string& name, const SamplerRun<Net>& run, int most) {
  Cell best;
  for (int setting = most; setting >= 0 && best.steps == 0; --setting) {
    const auto cell = counted_cell(subject, run, setting);
    if (cell && cell->calls <= most) best = *cell;
  }
  best.sampler = name, best.most = most;
  return best;
}

/// Seconds that a step of 16 images takes without the network, everything else counted: the median of nine runs.
template <class Net>
double overhead(const Subject<Net>& subject, const SamplerRun<Net>& run, const Cell& cell) {
  const Counted<Net> idle{subject.net, true};
  auto options = subject.options;
  options.count = options.batch = 16;
  StepCounter counter;
  std::vector<double> runs;
  for (int turn = 0; turn < 9; ++turn) {
    const double begin = now();
    run(idle, options, cell.setting, counter);
    runs.push_back((now() - begin) / cell.steps);
  }
  std::nth_element(runs.begin(), runs.begin() + 4, runs.end());
  return runs[4];
}

/// The cell with its times alone measured again, on one batch of images.
template <class Net>
Cell timed_cell(const Subject<Net>& subject, const SamplerRun<Net>& run, Cell cell) {
  if (cell.steps == 0) return cell;
  cell.overhead = overhead(subject, run, cell);
  auto options = subject.options;
  options.count = options.batch;
  const Counted<Net> net{subject.net};
  StepCounter counter;
  const double begin = now();
  run(net, options, cell.setting, counter);
  cell.seconds = (now() - begin) / double(options.count);
  return cell;
}

/// The cell with all that is measured; `quality` takes the images.
template <class Net>
Cell measured_cell(const Subject<Net>& subject, const SamplerRun<Net>& run, Cell cell,
                   const std::function<Quality(const Images<float>&)>& quality) {
  if (cell.steps == 0) return cell;
  cell.overhead = overhead(subject, run, cell);
  const Counted<Net> net{subject.net};
  const auto& options = subject.options;
  StepCounter counter;
  const double begin = now();
  const Images<float> images = run(net, options, cell.setting, counter);
  cell.seconds = (now() - begin) / double(images.count);
  const std::int64_t batches = (options.count + options.batch - 1) / options.batch;
  check(*net.calls == cell.calls * batches, "bench_samplers", cell.sampler, " called the network ", *net.calls,
        " times in ", batches, " batches, ", cell.calls, " a batch were counted before");
  const Quality q = quality(images);
  cell.frechet = q.frechet, cell.precision = q.precision, cell.recall = q.recall;
  return cell;
}

}  // namespace bench_samplers
