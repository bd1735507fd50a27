#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <hush/cpu/activation.hpp>
#include <hush/cpu/attention.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/conv2d_weight.hpp>
#include <hush/cpu/dropout.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/embedding.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/indirection.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>

#include <hush/backbones/adm.hpp>
#include <hush/process.hpp>
#include <hush/random/noise.hpp>

#include "shapes_only.hpp"

using namespace hush;

namespace shapes_only {
inline void initialise(Adm<Shapes>&, Seed) {}
}  // namespace shapes_only
using shapes_only::Shapes;

namespace {

AdmConfig small() {
  return {.image = {16, 8, 2},
          .channels = 4,
          .multipliers = {1, 2},
          .blocks = 1,
          .attention = {.factors = {2}},
          .head_channels = 0,
          .heads = 2,
          .groups = 2};
}

/// Random weights in the layers that start at zero too.
template <class B>
Adm<B> filled_in(const AdmConfig& config, const Ports& ports = {}, const B& on = {}) {
  Adm<B> net(config, ports, Seed{1}, on);
  walk(net, [](const std::string&, Parameter<B>& p) { p.init = p.init.scale > 0 ? p.init : Init::uniform(0.5); });
  initialise(net, Seed{2});
  return net;
}

template <class B>
Input<Tensor<B>> input(const Adm<B>& net, std::int64_t count, std::uint32_t first = 0) {
  std::vector<std::uint32_t> images;
  std::vector<double> noise_labels, labels;
  const Ports ports = net.ports();
  for (std::int64_t i = 0; i < count; ++i) {
    images.push_back(first + std::uint32_t(i)), noise_labels.push_back(0.1 * double(images.back()));
    for (std::int64_t k = 0; k < ports.label_dim; ++k) labels.push_back(k == images.back() % ports.label_dim);
  }
  const ImageSize s = net.image();
  Input<Tensor<B>> in{
      normal_images(net.on(), {count, s.height, s.width, s.channels + ports.extra_channels}, Stream{.seed = 5}, images),
      upload(net.on(), {count}, std::span<const double>(noise_labels))};
  if (ports.label_dim) in.labels = upload(net.on(), {count, ports.label_dim}, std::span<const double>(labels));
  return in;
}

std::string message(const AdmConfig& config, const Ports& ports = {}) {
  try {
    Adm<Shapes>(config, ports, Seed{});
  } catch (const std::invalid_argument& error) { return error.what(); }
  return "";
}

}  // namespace

TEST_CASE("adm: the published networks have the published numbers of parameters") {
  const auto count = [](const AdmConfig& config, const Ports& ports) {
    return count_parameters(Adm<Shapes>(config, ports, Seed{}));
  };
  CHECK(count({}, {.extra_channels = 3}) == 62'641'347);                               // Palette, inpainting
  CHECK(count({.image = {128, 128, 2}}, {.extra_channels = 1}) == 62'639'042);         // colourisation
  CHECK(count({.attention = {.factors = {8}}}, {.extra_channels = 3}) == 67'899'587);  // attention at 32 x 32 too
  CHECK(count({.attention = {.resolutions = {32}}}, {.extra_channels = 3}) == 67'899'587);
  const AdmConfig labelled{.image = {64, 64, 3},
                           .outputs = 6,
                           .channels = 192,
                           .multipliers = {1, 2, 3, 4},
                           .blocks = 3,
                           .attention = {.resolutions = {32, 16, 8}},
                           .head_channels = 64};
  CHECK(count(labelled, {.label_dim = 1000}) == 295'904'454);  // ImageNet 64, learned variance
  const AdmConfig large{.outputs = 6,
                        .channels = 256,
                        .multipliers = {1, 1, 2, 2, 4, 4},
                        .attention = {.resolutions = {32, 16, 8}},
                        .head_channels = 64};
  CHECK(count(large, {}) == 552'814'086);  // ImageNet 256, learned variance
}

TEST_CASE("adm: a network of numbers has as many parameters as one of shapes") {
  for (const bool labels : {false, true}) {
    const Ports ports{.extra_channels = 1, .label_dim = labels ? 3 : 0};
    CHECK(count_parameters(Adm<Cpu<float>>(small(), ports, Seed{})) ==
          count_parameters(Adm<Shapes>(small(), ports, Seed{})));
  }
}

TEST_CASE("adm: it starts by saying nothing: the last layers of all branches are zero") {
  using B = Cpu<float>;
  const Adm<B> net(small(), {}, Seed{1});
  for (const float y : download<float>(net(input(net, 2)))) REQUIRE(y == 0);
  int zero = 0;
  walk(net, [&](const std::string& name, const Parameter<B>& p) {
    if (p.init.kind != Init::Kind::zeros || name.find("norm") != std::string::npos) return;
    ++zero;
    const bool expected = name.find("conv2.") != std::string::npos ||
                          name.find("attention.out.") != std::string::npos || name.starts_with("last.");
    CAPTURE(name);
    CHECK(expected);
  });
  CHECK(zero == 2 * (2 + 1 + 2 + 4 + 1 + (1 + 1 + 2) + 1));  // blocks, resampling, attention, last; weight and bias
}

TEST_CASE("adm: on a tape it says the same, and blocks that are computed twice have the same gradients, dropout too") {
  using B = Cpu<double>;
  for (const bool scaled : {true, false}) {
    AdmConfig config = small();
    config.scale_shift = config.residual_resampling = scaled;
    const Ports ports{.extra_channels = 1, .label_dim = scaled ? 0 : 3};
    const auto plain = filled_in<B>(config, ports);
    Tape<B> quiet;
    CHECK(download<double>(plain(on_tape(quiet, input(plain, 3))).value()) == download<double>(plain(input(plain, 3))));

    const auto learned = [&](bool twice, double rate) {
      config.checkpoint = twice, config.dropout = rate;
      const auto net = filled_in<B>(config, ports);
      Tape<B> tape({.seed = 3, .step = 7});
      const auto y = net(on_tape(tape, input(net, 3)));
      tape.backward(y, filled(B{}, y.shape(), 0.5));
      std::vector<std::vector<double>> all{download<double>(y.value())};
      walk(net, [&](const std::string&, const Parameter<B>& p) { all.push_back(download<double>(p.grad)); });
      return all;
    };
    for (const double rate : {0., 0.3}) {
      const auto once = learned(false, rate), twice = learned(true, rate);
      CHECK(twice[0] == once[0]);
      double whole = 0, off = 0;  // sums of gradients are taken in another order
      for (std::size_t i = 1; i < once.size(); ++i)
        for (std::size_t k = 0; k < once[i].size(); ++k)
          whole += once[i][k] * once[i][k], off += std::pow(once[i][k] - twice[i][k], 2);
      CHECK(whole > 0);
      CHECK(std::sqrt(off / whole) < 1e-14);
    }
    CHECK(learned(false, 0.3)[0] != learned(false, 0)[0]);
  }
}

TEST_CASE("adm: what it makes of levels beforehand changes nothing, whatever the condition") {
  using B = Cpu<float>;
  for (const std::int64_t labels : {0, 3})
    for (const bool scaled : {true, false}) {
      AdmConfig config = small();
      config.scale_shift = scaled;
      const auto net = filled_in<B>(config, {.label_dim = labels});
      auto in = input(net, 3);
      const auto wanted = download<float>(net(in));
      in.timed = net.timed(in.noise_labels);
      // 2 + 2 + 4 blocks and two that resample; with labels the embedding alone.
      CHECK(in.timed.size() == (labels ? 1u : scaled ? 20u : 10u));
      in.noise_labels = filled(B{}, {3}, -1);
      CHECK(download<float>(net(in)) == wanted);
      in.timed.clear();
      CHECK(download<float>(net(in)) != wanted);
      if (labels == 0) continue;
      in = input(net, 3);
      in.labels = filled(B{}, {3, labels}, 0);
      CHECK(download<float>(net(in)) != wanted);
    }
}

TEST_CASE("adm: a gamma that is scaled is seen better") {
  using B = Cpu<double>;
  const auto difference = [](double scale) {
    AdmConfig config = small();
    config.embedding.scale = scale;
    const auto net = filled_in<B>(config);
    auto in = input(net, 1);
    const auto at = [&](double noise_labels) {
      in.noise_labels = filled(B{}, {1}, noise_labels);
      return download<double>(net(in));
    };
    const auto a = at(0.5), b = at(0.51);
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
  };
  CHECK(difference(100) > 100 * difference(1));
}

TEST_CASE("adm: image i does not depend on batch or threads, bit for bit") {
  using B = Cpu<float>;
  const auto run = [](std::int64_t batch, int threads) {
    const auto net = filled_in<B>(small(), {.label_dim = 2}, B{.threads = threads});
    std::vector<float> all;
    for (std::int64_t first = 0; first < 8; first += batch) {
      const auto y = download<float>(net(input(net, std::min<std::int64_t>(8 - first, batch), std::uint32_t(first))));
      all.insert(all.end(), y.begin(), y.end());
    }
    return all;
  };
  const auto one = run(1, 1);
  CHECK(run(3, 2) == one);
  CHECK(run(8, 2) == one);
}

TEST_CASE("adm: inference allocates no gradient and, once warm, no memory") {
  using B = Cpu<float>;
  const Adm<B> net(small(), {}, Seed{1});
  const auto in = input(net, 2);
  const auto before = CpuMemory::shared().use();
  CpuMemory::shared().keep_blocks(true);
  { const auto y = net(in); }
  const auto warm = CpuMemory::shared().use();
  { const auto y = net(in); }
  const auto after = CpuMemory::shared().use();
  CHECK(after.in_use == before.in_use);
  CHECK(after.system_calls == warm.system_calls);
  walk(net, [](const std::string&, const auto& p) { CHECK(p.grad.empty()); });
}

TEST_CASE("adm: sizes that cannot be are refused in words") {
  CHECK(message({.image = {100, 128, 3}}) ==
        "[Adm] sides of 100x128x3 must be multiples of 8: there are 3 down-samplings by 2");
  CHECK(message({.image = {128, 4, 3}}) ==
        "[Adm] sides of 128x4x3 must be multiples of 8: there are 3 down-samplings by 2");
  CHECK(message({.attention = {.factors = {8, 16}}}) ==
        "[Adm] no level stands at factor 16 for an attention: there are 1, 2, 4, 8");
  CHECK(message({.attention = {.resolutions = {16}}}) ==
        "[Adm] no level stands at resolution 16 for an attention: there are 256, 128, 64, 32");
  CHECK(message({.channels = 48}) == "[Adm] the 48 channels at factor 1 do not fall into 32 groups");
  CHECK(message({.attention = {.factors = {2}}, .head_channels = 48}) ==
        "[Adm] the 128 channels at factor 2 do not fall into heads of 48 channels");
  CHECK(message({.head_channels = 0, .heads = 7}) == "[Adm] the 512 channels at factor 8 do not fall into 7 heads");
  CHECK(message({.multipliers = {}}) == "[Adm] multipliers wants 1 to 15 entries, has 0");
  CHECK(message({.multipliers = {1, 0}}) == "[Adm] each multiplier must be at least 1, is 0");
  CHECK(message({.blocks = 0}) == "[Adm] blocks must be at least 1, is 0");
  CHECK(message({.channels = 1}) == "[Adm] channels must be at least 2, is 1");
  CHECK(message({.channels = 3, .embedding = {.half_minus_one = true}}) == "[Adm] channels must be at least 4, is 3");
  CHECK(message({.outputs = -1}) == "[Adm] outputs must be at least 0, is -1");
  CHECK(message({.image = {8, 8, 0}}) == "[Adm] image.channels must be at least 1, is 0");
  CHECK(message({.head_channels = -1}) == "[Adm] head_channels must be at least 0, is -1");
  CHECK(message({.heads = 0}) == "[Adm] heads must be at least 1, is 0");
  CHECK(message({.groups = 0}) == "[Adm] groups must be at least 1, is 0");
  CHECK(message({.dropout = -0.1}) == "[Adm] dropout must be in [0, 1), is -0.1");
  CHECK(message({.dropout = 1}) == "[Adm] dropout must be in [0, 1), is 1");
  CHECK(message({.downsample_padding = 2}) == "[Adm] downsample_padding must be 0 or 1, is 2");
  CHECK(message({.eps = 0}) == "[Adm] eps must be positive, is 0");
  CHECK(message({.embedding = {.scale = INFINITY}}) == "[Adm] embedding.scale must be finite, is inf");
  CHECK(message({.embedding = {.max_period = 0}}) == "[Adm] embedding.max_period must be positive, is 0");
  CHECK(message({}, {.extra_channels = -1}) == "[Adm] ports.extra_channels must be at least 0, is -1");
  CHECK(message({}, {.label_dim = -2}) == "[Adm] ports.label_dim must be at least 0, is -2");
}

TEST_CASE("adm: an input that is not the network's is refused in words") {
  using B = Cpu<float>;
  const Adm<B> net(small(), {.extra_channels = 1}, Seed{1}), labelled(small(), {.label_dim = 3}, Seed{1});
  auto in = input(net, 2);
  in.image = filled(B{}, {2, 16, 16, 3}, 0);
  CHECK_THROWS_WITH_AS(net(in), "[Adm] wants images [N, 16, 8, 3], got [2, 16, 16, 3]", std::invalid_argument);
  in = input(net, 2);
  in.labels = filled(B{}, {2, 3}, 0);
  CHECK_THROWS_WITH_AS(net(in), "[Adm] takes no labels, got some", std::invalid_argument);
  in = input(labelled, 2);
  in.labels.reset();
  CHECK_THROWS_WITH_AS(labelled(in), "[Adm] wants labels [2, 3], got none", std::invalid_argument);
  in.labels = filled(B{}, {2, 4}, 0);
  CHECK_THROWS_WITH_AS(labelled(in), "[Adm] wants labels [2, 3], got [2, 4]", std::invalid_argument);
  in = input(labelled, 2);
  in.noise_labels = filled(B{}, {3}, 0);
  CHECK_THROWS_WITH_AS(labelled(in), "[Adm] 2 images want noise_labels [2], got [3]", std::invalid_argument);
}

static_assert(Backbone<Adm<Cpu<float>>>);
static_assert(Backbone<Adm<Cpu<double>>>);
