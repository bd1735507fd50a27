#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <hush/autograd/op_watch.hpp>
#include <hush/autograd/tape.hpp>
#include <hush/backbone.hpp>
#include <hush/check.hpp>
#include <hush/io/number.hpp>
#include <hush/nn/walk.hpp>
#include <hush/process.hpp>
#include <hush/tensor/caching_memory.hpp>

namespace hush {

/// Bytes that a network takes, in all and by layer, as its backend's allocator saw them. What is said of passes is what
/// they take on top of what was in use before them.
struct MemoryReport {
  /// What a layer takes: the ops of its parameters, and those without parameters that follow. A name is the path of the
  /// layer's members (`down.0.conv1`); `(input)` is what comes before the first.
  struct Layer {
    std::string name;
    std::size_t parameters = 0;  // their values
    std::int64_t kept = 0;       // by the tape, for the backward pass, less what it lets go of before it
    std::size_t forward = 0;     // the most in use while it runs, without a tape
    std::size_t step = 0;        // the most in use while it runs, forward or backward, on a tape
  };
  std::int64_t batch = 0;
  std::size_t live = 0;        // in use by all tensors of the backend before the passes
  std::size_t held = 0;        // asked of the system, after them
  std::size_t parameters = 0;  // values; gradients take as much again
  std::size_t kept = 0;        // by the tape at the end of its forward pass
  std::size_t forward = 0;     // the most in use during a forward pass
  std::size_t step = 0;        // the most in use during a forward and a backward pass, gradients of parameters included
  std::vector<Layer> layers{};  // in the order in which they first run
};

namespace detail {

/// Watches the ops of a pass and keeps the rows of a report.
template <class Net>
class MemoryRows {
 public:
  using B = typename Net::backend;
  using Layer = MemoryReport::Layer;
  using Bytes = std::size_t Layer::*;  // forward or step

  explicit MemoryRows(const Net& net) : on_(net.on()) {
    walk(net, [&](const std::string& name, const Parameter<B>& p) {
      const std::string layer = name.substr(0, name.rfind('.') == std::string::npos ? name.size() : name.rfind('.'));
      names_[p.value.data()] = layer;
      bytes_[layer] += std::size_t(p.value.size()) * sizeof(typename B::master);
    });
  }
  /// Runs `pass`, counts for each layer the most in use in `most`, and, where `kept` says so, what stays.
  template <class Pass>
  std::size_t watch(Bytes most, const Pass& pass) {
    most_ = most;
    before_ = last_ = memory_use(on_).in_use;
    peak_ = 0;
    reset_memory_peak(on_);
    current_ = row("(input)");
    const OpWatch watching([&](std::string_view, const void* parameter) {
      close();
      const auto named = names_.find(parameter);
      if (named != names_.end()) current_ = row(named->second);
    });
    pass();
    close();
    return peak_;
  }
  /// From here on what ops leave behind is kept for a backward pass, or it is not.
  void keeps(bool on) {
    close();
    keeps_ = on;
  }
  std::size_t taken() const { return last_ - before_; }
  const std::vector<Layer>& rows() const { return rows_; }

 private:
  void close() {
    const MemoryUse use = memory_use(on_);
    const std::size_t most = use.peak - std::min(use.peak, before_);
    std::size_t& layer = rows_[current_].*most_;
    layer = std::max(layer, most);
    peak_ = std::max(peak_, most);
    if (keeps_) rows_[current_].kept += std::int64_t(use.in_use) - std::int64_t(last_);
    last_ = use.in_use;
    reset_memory_peak(on_);
  }
  std::size_t row(const std::string& name) {
    const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Layer& layer) { return layer.name == name; });
    if (found != rows_.end()) return std::size_t(found - rows_.begin());
    rows_.push_back({.name = name, .parameters = bytes_.count(name) ? bytes_.at(name) : 0});
    return rows_.size() - 1;
  }

  B on_;
  std::map<const void*, std::string> names_;
  std::map<std::string, std::size_t> bytes_;
  std::vector<Layer> rows_;
  Bytes most_ = &Layer::forward;
  std::size_t current_ = 0, before_ = 0, last_ = 0, peak_ = 0;
  bool keeps_ = false;
};

/// Zeros of the shapes that a network of these ports is called with.
template <class Net>
Input<Tensor<typename Net::backend>> zero_input(const Net& net, std::int64_t batch) {
  using B = typename Net::backend;
  const B& on = net.on();
  const Ports ports = net.ports();
  const ImageSize size = net.image();
  const auto zeros = [&](const Shape& shape) { return filled(on, shape, 0); };
  Tensor<B, typename B::master> levels(on, {batch});
  fill(on, batch, 0, levels.data());
  Input<Tensor<B>> input{zeros({batch, size.height, size.width, size.channels + ports.extra_channels}), levels};
  if (ports.label_dim > 0) input.labels = zeros({batch, ports.label_dim});
  if (ports.constant_channels > 0) input.constants = zeros({batch, ports.constant_channels});
  if (ports.tokens > 0) {
    input.tokens = zeros({batch, ports.tokens, ports.token_dim});
    input.token_mask = filled(on, {batch, ports.tokens}, 1);
  }
  return input;
}

}  // namespace detail

/// What `net` takes for batches of so many images: it runs a forward pass, and a forward and a backward pass on a copy
/// that shares its values, so that its gradients stay as they are. A training step has the optimizer's moments and the
/// averaged weights besides, as large as the parameters each. Restarts the peak of `memory_use`; other threads should
/// use no tensors meanwhile. Throws std::invalid_argument for a batch below 1, and what the network throws.
template <class Net>
MemoryReport memory_report(const Net& net, std::int64_t batch) {
  using B = typename Net::backend;
  using Layer = MemoryReport::Layer;
  check(batch >= 1, "memory_report", "a batch of ", batch, " images: give 1 or more");
  const B on = net.on();
  MemoryReport report{.batch = batch, .live = memory_use(on).in_use};
  Net copy = net;
  walk(copy, [&](const std::string&, Parameter<B>& p) {
    report.parameters += std::size_t(p.value.size()) * sizeof(typename B::master);
    p.grad = {};
  });
  const Input<Tensor<B>> input = detail::zero_input(net, batch);
  detail::MemoryRows<Net> rows(copy);
  report.forward = rows.watch(&Layer::forward, [&] { copy(input); });
  report.step = rows.watch(&Layer::step, [&] {
    Tape<B> tape;
    rows.keeps(true);
    const Var<B> y = copy(on_tape(tape, input));
    rows.keeps(false);
    report.kept = rows.taken();
    tape.backward(y, filled(on, y.shape(), 1));
  });
  report.held = memory_use(on).held;
  report.layers = rows.rows();
  return report;
}

/// A table in MiB, a line for each layer.
inline std::ostream& operator<<(std::ostream& out, const MemoryReport& report) {
  const auto mib = [](auto bytes) { return io::fixed(double(bytes) / (1 << 20), 2); };
  const auto line = [&](std::string name, const auto&... columns) {
    name.resize(std::max<std::size_t>(40, name.size()), ' ');
    out << name;
    for (const std::string& column : {columns...})
      out << std::string(12 - std::min<std::size_t>(11, column.size()), ' ') << column;
    out << '\n';
  };
  const auto text = [](const char* name) { return std::string(name); };
  out << "MiB for a batch of " << report.batch << ", on top of " << mib(report.live) << " in use; " << mib(report.held)
      << " held\n";
  line("layer", text("parameters"), text("kept"), text("forward"), text("step"));
  for (const MemoryReport::Layer& layer : report.layers)
    line(layer.name, mib(layer.parameters), mib(layer.kept), mib(layer.forward), mib(layer.step));
  line("all", mib(report.parameters), mib(report.kept), mib(report.forward), mib(report.step));
  return out;
}

}  // namespace hush
