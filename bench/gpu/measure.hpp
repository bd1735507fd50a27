#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/backbones/adm.hpp>
#include <hush/backbones/attention_unet.hpp>
#include <hush/backbones/broadcast_unet.hpp>
#include <hush/backbones/simple_unet.hpp>
#include <hush/backbones/unet2d.hpp>
#include <hush/grids/leading.hpp>
#include <hush/io/number.hpp>
#include <hush/nn/compute_copies.hpp>
#include <hush/optimizers/adamw.hpp>
#include <hush/sample.hpp>
#include <hush/train.hpp>

#include "../../examples/iclevr/labelled_unet.hpp"
#include "tasks.hpp"

// What hush_gpu_bench measures, written once for every backend.

namespace gpu_bench {

/// The options of the program, and those that its JSON object repeats.
struct Order {
  std::string network, precision, part = "forward", way = "eager";
  std::int64_t batch = 1;
  int steps = 0;  // network calls of a sampling run; 0: as many as the task has
  double seconds = 2;
};

/// What was measured: seconds of one call, how many calls, and the most bytes that tensors used on the device.
struct Measured {
  double seconds = 0, prepare_seconds = 0;
  std::int64_t calls = 0, parameters = 0, peak_bytes = 0;
  int steps = 0;
};

using Clock = std::chrono::steady_clock;
inline double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Seconds a call takes: the median of blocks of about a tenth of a second, with one wait for the device in each.
template <class Call, class Wait>
void take_time(Measured& measured, double seconds, const Call& call, const Wait& wait) {
  const auto block = [&](std::int64_t count) {
    wait();
    const auto start = Clock::now();
    for (std::int64_t i = 0; i < count; ++i) call();
    wait();
    return since(start) / double(count);
  };
  const auto start = Clock::now();
  const std::int64_t count = std::max<std::int64_t>(1, std::int64_t(std::ceil(0.1 / std::max(block(1), 1e-7))));
  std::vector<double> blocks;
  while (blocks.empty() || since(start) < seconds) blocks.push_back(block(count));
  std::sort(blocks.begin(), blocks.end());
  const std::size_t middle = blocks.size() / 2;
  measured.seconds = blocks.size() % 2 ? blocks[middle] : (blocks[middle - 1] + blocks[middle]) / 2;
  measured.calls = std::int64_t(blocks.size()) * count;
}

/// The execution of an order, eager or graph: on a GPU, a whole plan is one graph, and so are the two passes of a
/// training step. Throws std::invalid_argument for another word.
inline hush::Execution execution(const Order& order) {
  hush::check(order.way == "eager" || order.way == "graph", "gpu_bench", "there is no way ", order.way,
              ": take eager or graph");
  return order.way == "graph" ? hush::Execution::planned : hush::Execution::eager;
}

template <class Net>
using ConfigOf = std::remove_cvref_t<decltype(std::declval<const Net&>().config())>;

/// One network at one task on one backend. `Machine` says how to use its device: wait(on), recorded(on, work), which
/// gives a call that does the work again as a graph, and peak(on, order), the most bytes that this program ever needed
/// there.
template <class Net, class Task, class Machine>
class Bench {
 public:
  using B = typename Net::backend;

  Bench(const Order& order, ConfigOf<Net> config, const Machine& machine)
      : order_(order), machine_(machine), net_(std::move(config), task_.process.ports(), hush::Seed{1}) {
    measured_.parameters = hush::count_parameters(net_);
    measured_.steps = order.steps > 0 ? order.steps : task_.steps;
  }

  Measured run() {
    if (order_.part == "forward") return forward();
    if (order_.part == "sampling") return sampling();
    if (order_.part == "training") return training();
    throw std::invalid_argument("[gpu_bench] there is no part " + order_.part + ": take forward, sampling or training");
  }

 private:
  using Data = Pictures<Task>;
  using Process = decltype(Task::process);

  Measured forward() {
    const auto shown = examples();
    std::vector<std::uint32_t> images(std::size_t(order_.batch));
    std::iota(images.begin(), images.end(), 0u);
    const Process& process = task_.process;
    const auto condition = process.conditioning.prepare(net_.on(), shown.given, {0, order_.batch}, {.images = images});
    const std::vector<hush::Level> levels(images.size(), process.schedule(0.5 * process.schedule.steps()));
    const auto input = process.input(net_.on(), hush::upload(net_.on().in_full(), shown.images), levels, condition);
    const hush::ComputeCopies<B> compute_copies(net_);
    const auto call = [&] { net_(input); };
    if (execution(order_) == hush::Execution::eager) return timed(call);
    call();  // whatever is made for the first time is not recorded
    return timed(machine_.recorded(net_.on(), call));
  }
  Measured sampling() {
    const auto given = examples().given;
    const hush::SampleOptions<B> options{.steps = measured_.steps,
                                         .count = order_.batch,
                                         .batch = order_.batch,
                                         .grid = hush::Leading{},
                                         .execution = execution(order_)};
    return timed([&] { hush::sample(task_.process, net_, task_.sampler, given, options); });
  }
  Measured training() {
    const Data data(order_.batch, net_.image());
    const hush::AdamW optimizer{.rate = 1e-4};
    const hush::TrainOptions<Data> options{.epochs = std::int64_t(1) << 40,
                                           .batch = order_.batch,
                                           .record = execution(order_) == hush::Execution::planned};
    auto training = hush::start_training(task_.process, net_, optimizer, data, options);
    return timed([&] { training.advance(); });
  }

  /// A batch, and what the task is given with it.
  auto examples() const {
    const std::vector<std::int64_t> items(std::size_t(order_.batch), 0);
    return hush::examples_of(Data(order_.batch, net_.image()), items);
  }
  /// Warms up, measures.
  template <class Call>
  Measured timed(const Call& call) {
    const auto wait = [&] { machine_.wait(net_.on()); };
    for (int i = 0; i < 3; ++i) call();
    wait();
    measured_.prepare_seconds = since(started_);
    take_time(measured_, order_.seconds, call, wait);
    measured_.peak_bytes = machine_.peak(net_.on(), order_);
    return measured_;
  }

  Clock::time_point started_ = Clock::now();
  Order order_;
  const Machine& machine_;
  Task task_;
  Net net_;
  Measured measured_;
};

/// Text within a JSON string.
inline std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

inline void print(std::ostream& out, const Order& order, const Measured& m, const std::string& device) {
  out << hush::to_text("{\"program\": \"hush\", \"network\": ", quoted(order.network),
                       ", \"parameters\": ", m.parameters, ", \"batch\": ", order.batch,
                       ", \"precision\": ", quoted(order.precision), ", \"part\": ", quoted(order.part),
                       ", \"way\": ", quoted(order.way), ", \"steps\": ", m.steps, ", \"device\": ", quoted(device),
                       ", \"seconds\": ", m.seconds, ", \"calls\": ", m.calls, ", \"peak_bytes\": ", m.peak_bytes,
                       ", \"prepare_seconds\": ", m.prepare_seconds, "}")
      << std::endl;
}

/// A Unet2d that reads 24 labels, of blocks as given on the way down and reversed on the way up.
inline iclevr::LabelledUnetConfig labelled_unet(hush::Unet2dConfig unet, iclevr::LabelMode mode, std::int64_t width) {
  unet.up_block_types.assign(unet.down_block_types.rbegin(), unet.down_block_types.rend());
  unet.mid_block_type =
      mode == iclevr::LabelMode::tokens ? hush::UnetMiddle::cross_attention : hush::UnetMiddle::attention;
  return {std::move(unet), mode, width};
}

/// The Unet2ds of networks.json; none for another name.
inline std::optional<iclevr::LabelledUnetConfig> labelled_unet(const std::string& name) {
  using iclevr::LabelMode;
  constexpr auto plain = hush::UnetBlock::resnet, tokens = hush::UnetBlock::cross_attention;
  if (name == "unet2d")
    return labelled_unet({.image = {32, 32, 3},
                          .down_block_types = {plain, hush::UnetBlock::attention, plain, plain},
                          .block_out_channels = {128, 256, 256, 256},
                          .attention_head_dim = std::nullopt},
                         LabelMode::vector, 0);
  if (name == "iclevr_small")
    return labelled_unet({.image = {32, 32, 3},
                          .down_block_types = {plain, plain, tokens},
                          .block_out_channels = {32, 64, 80},
                          .layers_per_block = 1,
                          .num_attention_heads = {4},
                          .norm_num_groups = 8,
                          .scale_shift = true},
                         LabelMode::tokens, 64);
  if (name == "iclevr_medium")
    return labelled_unet({.image = {64, 64, 3},
                          .down_block_types = {plain, plain, tokens, tokens},
                          .block_out_channels = {64, 128, 192, 256},
                          .num_attention_heads = {4},
                          .scale_shift = true},
                         LabelMode::tokens, 128);
  return std::nullopt;
}

/// The networks of bench/gpu/networks.json, a line each. Throws std::invalid_argument for another name.
template <class B, class Machine>
Measured measure_network(const Order& order, const Machine& machine) {
  using hush::Adm, hush::AttentionUnet, hush::BroadcastUnet, hush::SimpleUnet;
  const auto on = [&]<class Net, class Task>(std::type_identity<Net>, Task, ConfigOf<Net> config) {
    return Bench<Net, Task, Machine>(order, std::move(config), machine).run();
  };
  constexpr std::type_identity<AttentionUnet<B>> attention_unet;
  constexpr std::type_identity<Adm<B>> adm;
  constexpr std::type_identity<SimpleUnet<B>> simple_unet;
  constexpr std::type_identity<BroadcastUnet<B>> broadcast_unet;
  const std::string& name = order.network;
  if (name == "fashion_mnist") return on(attention_unet, Generation{}, {});
  if (name == "fashion_mnist_small")
    return on(attention_unet, Generation{}, {.widths = {32, 64, 64}, .bottleneck = 128, .head_width = 16});
  if (name == "palette_inpainting") return on(adm, Inpainting{}, {});
  if (name == "palette_small")
    return on(adm, Inpainting{},
              {.image = {32, 32, 3},
               .channels = 32,
               .multipliers = {1, 2, 4},
               .blocks = 1,
               .attention = {.factors = {4}},
               .embedding = {.scale = 1000}});
  if (name == "simple_unet") return on(simple_unet, Generation{}, {});
  if (name == "simple_unet_small")
    return on(simple_unet, Generation{}, {.image = {32, 32, 3}, .widths = {32, 64, 128}});
  if (name == "broadcast_unet") return on(broadcast_unet, Labelled{}, {});
  if (name == "broadcast_unet_small")
    return on(broadcast_unet, Labelled{}, {.image = {32, 32, 3}, .widths = {16, 32, 64}, .embedding = 32});
  if (const auto config = labelled_unet(name))
    return on(std::type_identity<iclevr::LabelledUnet<B>>{}, Labelled{}, *config);
  throw std::invalid_argument("[gpu_bench] there is no network " + name +
                              ": take one of bench/gpu/networks.json (scripts/gpu_bench --help)");
}

inline constexpr const char* help =
    R"(usage: hush_gpu_bench --network N --batch B --precision bf16|tf32|fp32 [--part forward|sampling|training]
                      [--way eager|graph] [--steps S] [--seconds S]

Measures one part of one network and prints one JSON object (scripts/gpu_bench runs this, and PyTorch in turn). An
error is an object too, with the words in "error". Exit code 77: there is no device.
)";

/// Reads the command line. Throws std::invalid_argument in words.
inline Order read(int argc, char** argv) {
  Order order;
  const auto whole = [](const std::string& name, const std::string& text) {
    const std::optional<double> value = hush::io::read_number(text);
    hush::check(value && std::isfinite(*value) && *value >= 0, "gpu_bench", name, " wants a number, got ", text);
    return *value;
  };
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    hush::check(i + 1 < argc, "gpu_bench", name, " wants a value (see --help)");
    const std::string value = argv[i + 1];
    if (name == "--network")
      order.network = value;
    else if (name == "--precision")
      order.precision = value;
    else if (name == "--part")
      order.part = value;
    else if (name == "--way")
      order.way = value;
    else if (name == "--batch")
      order.batch = std::int64_t(whole(name, value));
    else if (name == "--steps")
      order.steps = int(whole(name, value));
    else if (name == "--seconds")
      order.seconds = whole(name, value);
    else
      throw std::invalid_argument("[gpu_bench] unknown option " + name + " (see --help)");
  }
  hush::check(order.batch >= 1, "gpu_bench", "--batch must be at least 1, is ", order.batch);
  return order;
}

/// The program: `measure_it(order)` measures on whatever device it knows, `device` names it.
template <class MeasureIt>
int run(int argc, char** argv, const std::string& device, const MeasureIt& measure_it) {
  if (argc > 1 && (std::string(argv[1]) == "--help" || std::string(argv[1]) == "-h")) {
    std::cout << help;
    return 0;
  }
  try {
    const Order order = read(argc, argv);
    print(std::cout, order, measure_it(order), device);
    return 0;
  } catch (const std::exception& error) {
    std::cout << "{\"program\": \"hush\", \"error\": " << quoted(error.what()) << "}" << std::endl;
    return 1;
  }
}

}  // namespace gpu_bench
