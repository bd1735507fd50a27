#include <doctest/doctest.h>

#include <cmath>

#include <hush/hush.hpp>

using namespace hush;

namespace {

AttentionUnetConfig small_config() {
  return {.image = {16, 8, 2}, .widths = {4, 6, 8}, .bottleneck = 10, .heads = 2, .head_width = 3, .embedding = 16};
}

template <class T>
Tensor<Cpu<T>> tensor(const io::Array& array) {
  const auto values = io::values_of<double>(array);
  const auto& s = array.shape;
  const Shape shape = s.size() == 4 ? Shape{s[0], s[1], s[2], s[3]} : Shape{s[0]};
  return upload(Cpu<T>{}, shape, std::span<const double>(values));
}

double length(const std::vector<double>& x) {
  double sum = 0;
  for (const double v : x) sum += v * v;
  return std::sqrt(sum);
}

double distance(const std::vector<double>& found, const std::vector<double>& wanted) {
  REQUIRE(found.size() == wanted.size());
  std::vector<double> difference;
  for (std::size_t i = 0; i < found.size(); ++i) difference.push_back(found[i] - wanted[i]);
  return length(difference);
}

/// Relative errors against PyTorch's doubles: of the forward pass or of the whole gradient, whichever is larger, and
/// the largest of any parameter's gradient.
struct Errors {
  double whole = 0, part = 0;
};
template <class T>
Errors golden_errors() {
  const io::Arrays golden = io::read_safetensors("tests/goldens/attention_unet.safetensors");
  AttentionUnet<Cpu<T>> net(small_config(), {}, Seed{1});
  FlatParameters<Cpu<T>> layout(net);
  layout.attach_gradients(net);
  io::Arrays weights;
  for (const auto& [name, array] : golden.items)
    if (name.starts_with("weight:")) weights.items[name.substr(7)] = array;
  io::fill_from(layout, weights, "golden", layout.values());

  Tape<Cpu<T>> tape;
  const auto x = tensor<T>(golden.items.at("x")), target = tensor<T>(golden.items.at("target"));
  const auto t = tensor<T>(golden.items.at("t"));
  const auto recorded = net(Input<Var<Cpu<T>>>{tape.constant(x), t});
  tape.backward(mse(recorded, tape.constant(target)));

  const auto wanted = io::values_of<double>(golden.items.at("out"));
  const auto ran = download<double>(net(Input<Tensor<Cpu<T>>>{x, t}));
  Errors errors;
  errors.whole = std::max(distance(download<double>(recorded.value()), wanted), distance(ran, wanted)) / length(wanted);

  double whole = 0, off = 0;  // the gradient of a key's bias is 0: errors are measured against the whole gradient too
  for (const auto& [name, array] : golden.items)
    if (name.starts_with("grad:")) whole = std::hypot(whole, length(io::values_of<double>(array)));
  const io::Arrays grads = io::arrays_of(layout, layout.gradients());
  for (const auto& [name, array] : grads.items) {
    const auto theirs = io::values_of<double>(golden.items.at("grad:" + name));
    const double error = distance(io::values_of<double>(array), theirs);
    off = std::hypot(off, error);
    const std::string& which = name;  // clang 14 captures no structured binding
    CAPTURE(which);
    const double part = error / std::max(length(theirs), 1e-3 * whole);
    CHECK(part < 2e-5);
    errors.part = std::max(errors.part, part);
  }
  errors.whole = std::max(errors.whole, off / whole);
  return errors;
}

/// Numbers in [-1, 1) without order, the same in tools/make_network_goldens.py.
std::vector<double> scattered(std::int64_t seed, std::size_t count) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < std::int64_t(count); ++i)
    values.push_back(double((i + 40009 * seed) * 7919 % 65537 * 30011 % 65537) / 32768.5 - 1);
  return values;
}

/// A network wide enough for minimal filtering, weights by the golden's formula.
template <class T>
AttentionUnet<Cpu<T>> wide_network(const Cpu<T>& cpu) {
  AttentionUnet<Cpu<T>> net(
      {.image = {16, 16, 1}, .widths = {16, 32}, .bottleneck = 32, .heads = 2, .head_width = 8, .embedding = 16}, {},
      Seed{1}, cpu);
  const FlatParameters<Cpu<T>> layout(net);
  io::Arrays weights;
  std::int64_t seed = 0;
  for (const auto& [name, extents] : io::extents_of(layout)) {
    const auto count = io::elements(extents).value();
    std::vector<double> values = scattered(++seed, count);
    const bool factors = name.find("norm") != name.npos && name.ends_with("weight");
    for (double& v : values)
      v = extents.size() > 1 ? v * std::sqrt(3.0 * double(extents[0]) / double(count)) : 0.3 * v + factors;
    weights.items[name] = io::array_of(extents, std::span<const double>(values));
  }
  io::fill_from(layout, weights, "golden", layout.values());
  return net;
}

/// The relative error of its forward pass against PyTorch's doubles, with weights that are kept.
template <class T>
double wide_error(Winograd winograd) {
  const Cpu<T> cpu{.winograd = winograd};
  const auto net = wide_network(cpu);
  const ComputeCopies<Cpu<T>> copies(net);
  const auto images = scattered(0, 2 * 16 * 16);
  const std::vector<double> times{3, 250};
  const auto out = net(Input<Tensor<Cpu<T>>>{upload(cpu, {2, 16, 16, 1}, std::span<const double>(images)),
                                             upload(cpu, {2}, std::span<const double>(times))});
  const io::Arrays golden = io::read_safetensors("tests/goldens/wide_unet.safetensors");
  const auto wanted = io::values_of<double>(golden.items.at("out"));
  return distance(download<double>(out), wanted) / length(wanted);
}

}  // namespace

TEST_CASE("attention unet: a wide one is PyTorch's by every way of its convolutions") {
  for (const auto winograd : {Winograd::none, Winograd::f2x2, Winograd::f4x4}) {
    CAPTURE(int(winograd));
    CHECK(wide_error<double>(winograd) < 1e-13);
    CHECK(wide_error<float>(winograd) < 5e-6);  // seen: 1.0e-6, 1.2e-6, 3.3e-6
  }
  CHECK(wide_error<float>(Winograd::f2x2) != wide_error<float>(Winograd::f4x4));
}

TEST_CASE("attention unet: forward and gradients are PyTorch's") {
  const Errors fine = golden_errors<double>(), coarse = golden_errors<float>();
  CHECK(fine.whole < 1e-10);
  CHECK(fine.part < 1e-10);
  CHECK(coarse.whole < 2e-6);
  // The gradients of some biases are sums over pixels that cancel: 9e-6 to 1.1e-5, as the compiler orders sums;
  // PyTorch's own floats are 5e-6 from its doubles there.
  CHECK(coarse.part < 2e-5);
}

TEST_CASE("attention unet: the tutorial's widths have 23,624,769 parameters") {
  const AttentionUnet<Cpu<float>> net({}, {}, Seed{0});
  CHECK(count_parameters(net) == 23'624'769);
}

TEST_CASE("attention unet: the same seed starts the same network, another seed another") {
  const auto first = [](std::uint64_t seed) {
    const AttentionUnet<Cpu<float>> net(small_config(), {}, Seed{seed});
    std::vector<float> all;
    walk(net, [&](const std::string&, const auto& p) {
      const auto values = download<float>(p.value);
      all.insert(all.end(), values.begin(), values.end());
    });
    return all;
  };
  CHECK(first(3) == first(3));
  CHECK(first(3) != first(4));
}

TEST_CASE("attention unet: image i does not depend on batch or threads, bit for bit") {
  using B = Cpu<float>;
  const auto run = [](std::int64_t batch, int threads) {
    const AttentionUnet<B> net(small_config(), {}, Seed{1}, B{.threads = threads});
    std::vector<float> all;
    for (std::int64_t first = 0; first < 16; first += batch) {
      std::vector<std::uint32_t> images;
      std::vector<double> times;
      for (std::int64_t i = first; i < std::min<std::int64_t>(16, first + batch); ++i)
        images.push_back(std::uint32_t(i)), times.push_back(double(i));
      const auto n = std::int64_t(images.size());
      const B on{.threads = threads};
      const auto x = normal_images(on, {n, 16, 8, 2}, Stream{.seed = 5}, images);
      const auto y = download<float>(net(Input<Tensor<B>>{x, upload(on, {n}, std::span<const double>(times))}));
      all.insert(all.end(), y.begin(), y.end());
    }
    return all;
  };
  const auto one = run(1, 1);
  CHECK(run(3, 2) == one);
  CHECK(run(16, 1) == one);
  CHECK(run(16, 2) == one);
}

TEST_CASE("attention unet: sizes that cannot be are refused in words") {
  const auto message = [](AttentionUnetConfig config, Ports ports = {}) -> std::string {
    try {
      AttentionUnet<Cpu<float>>(config, ports, Seed{});
    } catch (const std::invalid_argument& error) { return error.what(); }
    return "";
  };
  CHECK(message({.image = {28, 28, 1}}) ==
        "[AttentionUnet] sides of 28x28x1 must be multiples of 8: there are 3 down-samplings by 2");
  CHECK(message({.widths = {}}) == "[AttentionUnet] widths wants 1 to 15 entries, has 0");
  CHECK(message({.heads = 0}) == "[AttentionUnet] heads must be at least 1, is 0");
  CHECK(message({.widths = {8, 0}}) == "[AttentionUnet] each width must be at least 1, is 0");
  CHECK(message({.eps = 0}) == "[AttentionUnet] eps must be positive, is 0");
  CHECK(message(small_config(), {.label_dim = 24}) ==
        "[AttentionUnet] has no port label_dim, the process has one of 24; it has extra_channels");
}

TEST_CASE("attention unet: inference allocates no gradient and, once warm, no memory") {
  using B = Cpu<float>;
  const AttentionUnet<B> net(small_config(), {}, Seed{1});
  const auto x = filled(B{}, {2, 16, 8, 2}, 0.5), t = filled(B{}, {2}, 3);
  const auto before = CpuMemory::shared().use();
  CpuMemory::shared().keep_blocks(true);
  { const auto y = net(Input<Tensor<B>>{x, t}); }
  const auto warm = CpuMemory::shared().use();
  { const auto y = net(Input<Tensor<B>>{x, t}); }
  const auto after = CpuMemory::shared().use();
  CHECK(after.in_use == before.in_use);
  CHECK(after.system_calls == warm.system_calls);
  walk(net, [](const std::string&, const auto& p) { CHECK(p.grad.empty()); });
}

static_assert(Backbone<AttentionUnet<Cpu<float>>>);
static_assert(Backbone<AttentionUnet<Cpu<double>>>);
