#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <optional>

#include <hush/hush.hpp>

#include <hush/backbones/simple_unet.hpp>
#include <hush/cpu/batch_norm.hpp>

#include "../io/scratch.hpp"
#include "../tiny.hpp"

using namespace hush;

namespace {

using F = Cpu<float>;

SimpleUnetConfig small_config() { return {.image = {16, 8, 2}, .widths = {4, 6, 8}, .embedding = 8}; }

template <class T>
Tensor<Cpu<T>> tensor(const io::Array& array) {
  const auto values = io::values_of<double>(array);
  const auto& s = array.shape;
  const Shape shape = s.size() == 4 ? Shape{s[0], s[1], s[2], s[3]} : Shape{s[0]};
  return upload(Cpu<T>{}, shape, std::span<const double>(values));
}

/// |found - wanted| / |wanted|, or / `least` where that is more.
double distance(const std::vector<double>& found, const std::vector<double>& wanted, double least = 0) {
  REQUIRE(found.size() == wanted.size());
  double off = 0, length = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    off = std::hypot(off, found[i] - wanted[i]), length = std::hypot(length, wanted[i]);
  return off / std::max(length, least);
}

/// The largest relative error against PyTorch: of a training pass, of any parameter's gradient, of the running
/// statistics after two passes, and of the network that samples with them.
template <class T>
double golden_error() {
  using B = Cpu<T>;
  const io::Arrays golden = io::read_safetensors("tests/goldens/simple_unet.safetensors");
  SimpleUnet<B> net(small_config(), {}, Seed{1});
  FlatParameters<B> layout(net);
  layout.attach_gradients(net);
  io::Arrays weights;
  double whole = 0;
  for (const auto& [name, array] : golden.items) {
    if (name.starts_with("weight:")) weights.items[name.substr(7)] = array;
    if (!name.starts_with("grad:")) continue;
    for (const double g : io::values_of<double>(array)) whole = std::hypot(whole, g);
  }
  io::fill_from(layout, weights, "golden", layout.values());
  const auto array = [&](const std::string& name) { return io::values_of<double>(golden.items.at(name)); };
  const auto x = tensor<T>(golden.items.at("x")), more = tensor<T>(golden.items.at("more"));
  const auto target = tensor<T>(golden.items.at("target")), t = tensor<T>(golden.items.at("t"));

  const auto pass = [&](const Tensor<B>& images) {
    Tape<B> tape;
    const auto said = net(Input<Var<B>>{tape.constant(images), t});
    tape.backward(mse(said, tape.constant(target)));
    return download<double>(said.value());
  };
  double worst = distance(pass(x), array("trained"));
  const io::Arrays grads = io::arrays_of(layout, layout.gradients());
  std::size_t compared = 0;
  for (const auto& [name, found] : grads.items) {
    if (name.find("running") != std::string::npos) continue;
    const double error = distance(io::values_of<double>(found), array("grad:" + name), 1e-3 * whole);
    const std::string& which = name;  // clang 14 captures no structured binding
    CAPTURE(which);
    CHECK(error < 1e-5);
    worst = std::max(worst, error), ++compared;
  }
  CHECK(compared == 4 * 12 + 6);
  layout.move_buffers(1);
  layout.zero_gradients();
  pass(more);
  layout.move_buffers(1);
  compared = 0;
  const io::Arrays after = io::arrays_of(layout, layout.values());
  for (const auto& [name, found] : after.items)
    if (name.find("running") != std::string::npos)
      worst = std::max(worst, distance(io::values_of<double>(found), array("after:" + name))), ++compared;
  CHECK(compared == 4 * 4);
  const auto sampled = net(Input<Tensor<B>>{x, t}),
             told = net(Input<Tensor<B>>{.image = x, .noise_labels = t, .timed = net.timed(t)});
  CHECK(download<double>(told) == download<double>(sampled));
  return std::max(worst, distance(download<double>(sampled), array("sampled")));
}

const Process process{LinearBeta{.first = 1e-3, .last = 0.2, .steps = 20}, PredictNoise<Gamma>{}};

SimpleUnet<F> tiny_net(int threads = 2) {
  return {{.image = {8, 8, 1}, .widths = {4, 6}, .embedding = 4}, process.ports(), Seed{9}, F{.threads = threads}};
}

/// Numbers of a network by the name of their parameter: all, or the buffers only.
std::map<std::string, std::vector<float>> numbers(const SimpleUnet<F>& net, bool only_buffers = false) {
  std::map<std::string, std::vector<float>> all;
  walk(net, [&](const std::string& name, const auto& p) {
    if (!p.trained || !only_buffers) all[name] = download<float>(p.value);
  });
  return all;
}

struct Outcome {
  std::map<std::string, std::vector<float>> net, averaged;
  std::vector<double> losses;
  bool operator==(const Outcome&) const = default;
};

template <class Rule = Adam, class... Observers>
Outcome run(TrainOptions<tiny::Squares> options, const Rule& rule = {}, int threads = 2, Observers&&... observers) {
  const tiny::Squares data{20}, held_out{6};
  SimpleUnet<F> net = tiny_net(threads);
  options.validation = &held_out;
  const auto trained = train(process, net, rule, data, options, observers...);
  Outcome outcome{numbers(net), numbers(trained.averaged), {}};
  for (const auto& e : trained.epochs) outcome.losses.insert(outcome.losses.end(), {e.loss, e.validation_loss});
  return outcome;
}

}  // namespace

TEST_CASE("simple unet: training, gradients, running statistics and sampling are PyTorch's") {
  CHECK(golden_error<double>() < 1e-10);
  CHECK(golden_error<float>() < 1e-5);
}

TEST_CASE("simple unet: the document's widths have 62,438,883 parameters; buffers do not count") {
  const SimpleUnet<F> net({}, {}, Seed{0});
  CHECK(net.image() == ImageSize{256, 256, 3});
  CHECK(count_parameters(net) == 62'438'883);
  std::int64_t all = 0;
  walk(net, [&](const std::string&, const auto& p) { all += p.value.size(); });
  CHECK(all == 62'438'883 + 2 * 2 * (128 + 256 + 512 + 1024 + 512 + 256 + 128 + 64));
}

TEST_CASE("simple unet: channels of a condition come in beside the image") {
  const SimpleUnet<F> net(small_config(), {.extra_channels = 3}, Seed{1});
  const auto y = net(Input<Tensor<F>>{filled(F{}, {2, 16, 8, 5}, 0.5), filled(F{}, {2}, 3)});
  CHECK(y.shape() == Shape{2, 16, 8, 2});
}

TEST_CASE("simple unet: the same seed starts the same network, another seed another") {
  const auto first = [](std::uint64_t seed) { return numbers(SimpleUnet<F>(small_config(), {}, Seed{seed})); };
  CHECK(first(3) == first(3));
  CHECK(first(3) != first(4));
}

TEST_CASE("simple unet: an image that is sampled does not depend on its batch, bit for bit; one in training does") {
  const SimpleUnet<F> net(small_config(), {}, Seed{1});
  const auto run = [&](std::int64_t count, bool recorded) {
    std::vector<std::uint32_t> images;
    std::vector<double> times;
    for (std::int64_t i = 0; i < count; ++i) images.push_back(std::uint32_t(i)), times.push_back(double(i));
    const auto x = normal_images(F{}, {count, 16, 8, 2}, Stream{.seed = 5}, images);
    const auto t = upload(F{}, {count}, std::span<const double>(times));
    Tape<F> tape;
    auto said = recorded ? download<float>(net(Input<Var<F>>{tape.constant(x), t}).value())
                         : download<float>(net(Input<Tensor<F>>{x, t}));
    said.resize(2 * 16 * 8 * 2);
    return said;
  };
  CHECK(run(2, false) == run(7, false));
  CHECK(run(2, true) != run(7, true));
}

TEST_CASE("simple unet: what cannot be is refused in words") {
  const auto message = [](SimpleUnetConfig config, Ports ports = {}) -> std::string {
    try {
      SimpleUnet<F>(config, ports, Seed{});
    } catch (const std::invalid_argument& error) { return error.what(); }
    return "";
  };
  CHECK(message({.image = {40, 32, 3}}) ==
        "[SimpleUnet] sides of 40x32x3 must be multiples of 16: there are 4 down-samplings by 2");
  CHECK(message({.image = {0, 32, 3}}) ==
        "[SimpleUnet] sides of 0x32x3 must be multiples of 16: there are 4 down-samplings by 2");
  CHECK(message({.image = {32, 32, 0}}) == "[SimpleUnet] image.channels must be at least 1, is 0");
  CHECK(message({.widths = {8}}) == "[SimpleUnet] widths wants 2 to 16 entries, has 1");
  CHECK(message({.widths = {8, 0}}) == "[SimpleUnet] each width must be at least 1, is 0");
  CHECK(message({.embedding = 2}) == "[SimpleUnet] embedding must be at least 4, is 2");
  CHECK(message(small_config(), {.label_dim = 24}) ==
        "[SimpleUnet] has no port label_dim, the process has one of 24; it has extra_channels");
  // The coarsest image has one pixel: a single image says nothing of its spread.
  const SimpleUnet<F> net({.image = {4, 4, 1}, .widths = {4, 4, 4}, .embedding = 4}, {}, Seed{});
  Tape<F> tape;
  const auto one = tape.constant(filled(F{}, {1, 4, 4, 1}, 0));
  CHECK_THROWS_WITH_AS(net(Input<Var<F>>{one, filled(F{}, {1}, 0)}),
                       "[batch_norm] training wants 2 numbers a channel or more, [1, 1, 1, 4] has 1",
                       std::invalid_argument);
}

TEST_CASE("simple unet: the loss falls, in training and where running statistics stand in for the batch's") {
  const Outcome outcome = run({.epochs = 150, .batch = 10, .seed = 4}, Adam{.rate = 5e-3});
  REQUIRE(outcome.losses.size() == 300);
  CHECK(outcome.losses[298] < 0.6 * outcome.losses[0]);
  CHECK(outcome.losses[299] < 0.6 * outcome.losses[1]);
}

TEST_CASE("simple unet: a training is a function of its options, not of the number of threads") {
  const TrainOptions<tiny::Squares> options{.epochs = 2, .batch = 5, .seed = 4};
  CHECK(run(options, Adam{}, 1) == run(options, Adam{}, 3));
}

TEST_CASE("simple unet: running statistics follow the batches, the average's follow those as its weights do") {
  const SimpleUnet<F> untrained = tiny_net();
  int steps = 0;
  const Outcome one = run({.batch = 5, .stop = [&] { return ++steps == 1; }}), five = run({.epochs = 2, .batch = 5});
  CHECK(one.averaged == one.net);
  for (const auto& [name, before] : numbers(untrained, true)) {
    const std::string& which = name;  // clang 14 captures no structured binding
    CAPTURE(which);
    CHECK(one.net.at(name) != before);
    CHECK(five.net.at(name) != one.net.at(name));
    CHECK(five.averaged.at(name) != five.net.at(name));
  }
  // One step moves them by a tenth of the way to the batch's: a variance of 1 becomes at least 0.9.
  for (const float v : one.net.at("down.0.norm1.running_var")) CHECK(v >= 0.9f);
  // The averaged network makes sense of pictures: with the statistics of an untrained one it would not.
  const tiny::Squares data{20};
  SimpleUnet<F> net = tiny_net();
  const auto trained =
      train(process, net, Adam{.rate = 5e-3}, data, {.epochs = 150, .batch = 10, .seed = 4, .ema = {.decay = 0.98}});
  const auto loss = [&](SimpleUnet<F>& judged) {
    const Adam rule{};
    return start_training(process, judged, rule, data, TrainOptions<tiny::Squares>{.batch = 10, .validation = data})
        .loss.validation()
        .all;
  };
  SimpleUnet<F> averaged = trained.averaged, forgetful = trained.averaged;
  const FlatParameters<F> own(forgetful);
  const double good = loss(averaged);
  walk(forgetful, [&](const std::string&, Parameter<F>& p) {
    if (!p.trained) fill(F{}, p.value.size(), p.init.kind == Init::Kind::ones ? 1 : 0, p.value.data());
  });
  CHECK(good < 1.1 * loss(net));
  CHECK(good < 0.5 * loss(forgetful));
}

TEST_CASE("simple unet: weight decay wears away weights, not running statistics") {
  const auto seen = [](double decay) {
    return run({.batch = 20}, AdamW{.rate = 1e-6, .decay = decay, .decay_is = Decay::absolute});
  };
  const Outcome kept = seen(0), worn = seen(0.5);  // one step, so that statistics are those of the same weights
  CHECK(worn.net.at("first.weight") != kept.net.at("first.weight"));
  for (const auto& [name, before] : numbers(tiny_net(), true)) CHECK(worn.net.at(name) == kept.net.at(name));
}

TEST_CASE("simple unet: a batch in parts moves the statistics once, by the mean of its parts") {
  const Outcome whole = run({.batch = 20}), parts = run({.batch = 20, .accumulate = 2});
  for (const char* name : {"down.0.norm1.running_mean", "down.0.norm1.running_var"})
    for (std::size_t c = 0; c < 6; ++c)
      CHECK(parts.net.at(name)[c] == doctest::Approx(whole.net.at(name)[c]).epsilon(0.02));
  CHECK(parts.net != whole.net);
}

TEST_CASE("simple unet: a step that is not finite leaves statistics as they were") {
  const tiny::Squares data{10};
  SimpleUnet<F> net = tiny_net();
  const Adam rule{};
  auto training = start_training(process, net, rule, data, TrainOptions<tiny::Squares>{.epochs = 4, .batch = 5});
  training.advance();
  const auto before = numbers(net, true), average = numbers(training.averaged);
  walk(net, [](const std::string& name, Parameter<F>& p) {
    if (name == "first.bias") fill(F{}, p.value.size(), std::numeric_limits<double>::quiet_NaN(), p.value.data());
  });
  CHECK_THROWS_AS(training.advance(), NonFinite);
  CHECK(numbers(net, true) == before);
  CHECK(numbers(training.averaged) == average);
}

TEST_CASE("simple unet: stopped and resumed, a training ends with the same bits, running statistics included") {
  const auto part = [](std::int64_t stop, const Scratch* scratch) {
    std::int64_t steps = 0;
    const TrainOptions<tiny::Squares> options{
        .epochs = 2, .batch = 5, .seed = 6, .stop = [&steps, stop] { return ++steps == stop; }};
    if (!scratch) return run(options);
    return run(options, Adam{}, 2,
               io::Checkpoints({.run = *scratch / "run", .every = 1, .say = [](std::string_view) {}}));
  };
  const Outcome whole = part(0, nullptr);
  for (const std::int64_t stop : {1, 4, 7}) {
    CAPTURE(stop);
    const Scratch scratch("simple_unet");
    part(stop, &scratch);
    CHECK(part(0, &scratch) == whole);
  }
}

TEST_CASE("simple unet: a file holds the running statistics, and one without them is refused") {
  const Scratch scratch("simple_unet");
  const auto file = scratch / "w.safetensors";
  SimpleUnet<F> net = tiny_net();
  train(process, net, Adam{}, tiny::Squares{20}, {.batch = 10});
  io::save_weights(file, net);
  SimpleUnet<F> other = tiny_net();
  CHECK(numbers(other) != numbers(net));
  io::load_weights(file, other);
  CHECK(numbers(other) == numbers(net));
  const auto sampled = [](const SimpleUnet<F>& from) {
    return sample(process, from, Ddim{}, {.steps = 5, .count = 2, .seed = 1}).pixels;
  };
  CHECK(sampled(other) == sampled(net));
  auto arrays = io::read_safetensors(file);
  arrays.items.erase("up.0.norm2.running_var");
  io::write_safetensors(file, arrays);
  try {
    io::load_weights(file, other);
    FAIL("loaded a network without all of its statistics");
  } catch (const FileError& error) {
    CHECK(error.rule ==
          "holds the weights of another network, 1 differences: up.0.norm2.running_var is missing, the network has it "
          "as [4]");
  }
}

static_assert(Backbone<SimpleUnet<Cpu<float>>>);
static_assert(Backbone<SimpleUnet<Cpu<double>>>);
static_assert(TimedBackbone<SimpleUnet<Cpu<float>>, Cpu<float>>);
