#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hush/autograd/gradient_error.hpp>
#include <hush/backbones/broadcast_unet.hpp>
#include <hush/conditionings/multi_hot.hpp>
#include <hush/cpu/activation.hpp>
#include <hush/cpu/batch_norm.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/embedding.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/pooling.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/process.hpp>

#include "../thrown.hpp"

using namespace hush;

namespace {

using B = Cpu<double>;
static_assert(Backbone<BroadcastUnet<Cpu<float>>> && Backbone<BroadcastUnet<B>>);

BroadcastUnetConfig small_config() { return {.image = {8, 8, 3}, .widths = {4, 6}, .embedding = 8}; }

/// Element i in PyTorch's order of a parameter, which is the j-th by name, as a multiple of a sine.
void fill_by_sines(BroadcastUnet<B>& net) {
  std::map<std::string, Parameter<B>*> sorted;
  walk(net, [&](const std::string& name, Parameter<B>& p) { sorted[name] = &p; });
  double j = 0;
  for (auto& [name, p] : sorted) {
    const Shape& s = p->value.shape();
    const std::int64_t spatial = s.rank() == 4 ? s[1] * s[2] : 1, in = s.rank() == 4 ? s[3] : s.size() / s[0];
    const bool one = name.ends_with("weight") || name.ends_with("running_var");
    std::vector<double> values(std::size_t(s.size()));
    for (std::int64_t i = 0; i < s.size(); ++i) {  // [O, kH, kW, I] in memory, [O, I, kH, kW] there
      const std::int64_t o = i / (spatial * in), at = i / in % spatial, c = i % in;
      const double wave = std::sin(.5 + .13 * j + .17 * double((o * in + c) * spatial + at));
      values[std::size_t(i)] = s.rank() > 1 ? 4 * wave / std::sqrt(double(s.size() / s[0])) : (one ? 1 : 0) + .1 * wave;
    }
    copy_in(B{}, s.size(), values.data(), p->value.data());
    ++j;
  }
}

/// sin(.3 i) over [N, C, H, W], as [N, H, W, C].
Tensor<B> waves(std::int64_t n, std::int64_t c, std::int64_t side) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < n * c * side * side; ++i)
    values.push_back(std::sin(.3 * double((i / (side * side * c) * c + i % c) * side * side + i / c % (side * side))));
  return upload(B{}, {n, side, side, c}, std::span<const double>(values));
}

Input<Tensor<B>> golden_input() {
  const std::vector<double> t{10, 500}, labels{1, 0, 0, 1, 0, 0, 0, 1, 0, 1};
  return {waves(2, 3, 8), upload(B{}, {2}, std::span<const double>(t)),
          upload(B{}, {2, 5}, std::span<const double>(labels))};
}

/// The sum, the sum of magnitudes, and elements 0, 1 and the last of [N, C, H, W].
std::vector<double> summary(const Tensor<B>& y) {
  const auto v = download<double>(y);
  double sum = 0, magnitudes = 0;
  for (const double x : v) sum += x, magnitudes += std::abs(x);
  return {sum, magnitudes, v[0], v[std::size_t(y.shape()[3])], v.back()};
}
void check_near(const std::vector<double>& found, const std::vector<double>& wanted) {
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(1e-9));
}

}  // namespace

TEST_CASE("broadcast unet: what it says, in training and with running statistics, and its gradients are PyTorch's") {
  BroadcastUnet<B> net(small_config(), {.label_dim = 5}, Seed{1});
  CHECK(count_parameters(net) == 3911);
  fill_by_sines(net);
  const auto input = golden_input();
  check_near(summary(net(input)),
             {11100.293262995805, 13602.467751610791, 1.081341014239, 0.069576574801, 29.666468739419});
  Tape<B> tape;
  const auto said = net(on_tape(tape, input));
  check_near(summary(said.value()),
             {4673.958209786504, 4673.958209786504, 2.361650650021, 2.376822605156, 16.846630318926});
  tape.backward(said, waves(2, 3, 8));
  const auto gradient = [&](const std::string& of) {
    double sum = 0;
    walk(net, [&](const std::string& name, const Parameter<B>& p) {
      if (p.trained && name.starts_with(of))
        for (const double g : download<double>(p.grad)) sum += std::abs(g);
    });
    return sum;
  };
  check_near(
      {gradient(""), gradient("labels"), gradient("broadcast"), gradient("middle"), gradient("down.0.conv1.weight"),
       gradient("up.1.conv1.weight")},
      {8173.085620202403, 119.541337637213, 2679.186796758270, 1368.790542945317, 68.357912256316, 1322.200389726626});
}

TEST_CASE("broadcast unet: the document's widths have 19,275,771 parameters for 24 labels") {
  const BroadcastUnet<Cpu<float>> net({}, MultiHot{.labels = 24}.ports(), Seed{0});
  CHECK(count_parameters(net) == 19'275'771);
  CHECK(net.image() == ImageSize{64, 64, 3});
}

TEST_CASE("broadcast unet: gradients agree with finite differences") {
  const BroadcastUnet<B> made({.image = {4, 4, 1}, .widths = {2}, .embedding = 4}, {.label_dim = 2}, Seed{3});
  auto x = waves(2, 1, 4), labels = filled(B{}, {2, 2}, .5);
  const auto levels = filled(B{}, {2}, 3);
  const GradientError error = gradient_error(
      [&](const auto& image, const auto& told) {
        return made(Input<std::decay_t<decltype(image)>>{image, levels, told});
      },
      x, labels);
  INFO(error);
  CHECK(error.worst <= 1);
}

TEST_CASE("broadcast unet: labels and levels reach it, extra channels come in; an image does not depend on its batch") {
  const BroadcastUnet<B> net(small_config(), {.extra_channels = 1, .label_dim = 5}, Seed{1});
  auto input = golden_input();
  input.image = waves(2, 4, 8);
  const auto before = download<double>(net(input));
  const auto changed = [&](auto change) {
    auto other = input;
    change(other);
    return download<double>(net(other)) != before;
  };
  CHECK(changed([](auto& i) { i.labels = filled(B{}, {2, 5}, 0); }));
  CHECK(changed([](auto& i) { i.noise_labels = filled(B{}, {2}, 10); }));
  const Input<Tensor<B>> first{input.image.part(0, {1, 8, 8, 4}), input.noise_labels.part(0, {1}),
                               input.labels->part(0, {1, 5})};
  const auto alone = download<double>(net(first));
  CHECK(std::equal(alone.begin(), alone.end(), before.begin()));
  const BroadcastUnet<B> unlabelled(small_config(), {}, Seed{1});
  CHECK(unlabelled(Input<Tensor<B>>{waves(2, 3, 8), input.noise_labels}).shape() == Shape{2, 8, 8, 3});
}

TEST_CASE("broadcast unet: what cannot be is refused in words") {
  const auto message = [](BroadcastUnetConfig config, Ports ports = {}) {
    return thrown::message([&] { BroadcastUnet<B>(config, ports, Seed{}); });
  };
  CHECK(message({.image = {40, 64, 3}}) ==
        "[BroadcastUnet] sides of 40x64x3 must be multiples of 16: there are 4 down-samplings by 2");
  CHECK(message({.image = {64, 64, 0}}) == "[BroadcastUnet] image.channels must be at least 1, is 0");
  CHECK(message({.widths = {}}) == "[BroadcastUnet] widths wants 1 to 15 entries, has 0");
  CHECK(message({.widths = {8, 0}}) == "[BroadcastUnet] each width must be at least 1, is 0");
  CHECK(message({.embedding = 3}) == "[BroadcastUnet] embedding must be at least 4, is 3");
  CHECK(message(small_config(), {.tokens = 2, .token_dim = 3}) ==
        "[BroadcastUnet] has no port tokens, the process has one of 2; it has extra_channels, label_dim");
}
