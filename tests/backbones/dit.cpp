#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <hush/cpu/kernels.hpp>

#include <hush/autograd/gradient_error.hpp>
#include <hush/backbones/dit.hpp>
#include <hush/backbones/shared/dit_config.hpp>
#include <hush/io/dit_keys.hpp>
#include <hush/random/noise.hpp>

#include "shapes_only.hpp"
#include "sine_weights.hpp"
#include "thrown.hpp"

using namespace hush;

namespace shapes_only {
inline void initialise(Dit<Shapes>&, Seed) {}
template <class H, class Y>
void copy_in(const Shapes&, std::int64_t, const H*, Y*) {}
}  // namespace shapes_only
using shapes_only::Shapes;

namespace {

std::int64_t count(const DitConfig& config, const Ports& ports) {
  return count_parameters(Dit<Shapes>(config, ports, Seed{}));
}

/// DiT of diffusers with two blocks.
DitConfig base() {
  return {.image = {8, 8, 2},
          .outputs = 4,
          .patch = 2,
          .width = 16,
          .depth = 2,
          .heads = 2,
          .half_minus_one = true,
          .mlp_eps = 1e-5};
}
DitConfig modern() {
  return {.image = {4, 6, 2},
          .patch = 2,
          .width = 8,
          .depth = 2,
          .heads = 2,
          .mlp_ratio = 2,
          .frequencies = 6,
          .time_scale = 1000,
          .qk_norm = true,
          .rope = true,
          .rms_norm = true,
          .swiglu = true};
}
DitConfig plain() {
  DitConfig c = modern();
  c.qk_norm = c.rope = c.rms_norm = c.swiglu = false;
  return c;
}

template <class B>
Tensor<B> tensor(const B& on, const Shape& shape, const std::vector<double>& values) {
  return upload(on, shape, std::span<const double>(values));
}

/// The network with numbers in all weights, also in those that start at zero.
template <class B>
Dit<B> filled_in(const DitConfig& config, const Ports& ports = {}, const B& on = {}) {
  Dit<B> net(config, ports, Seed{1}, on);
  walk(net, [](const std::string& name, auto& p) {
    if (p.init.kind == Init::Kind::zeros || name.ends_with("bias")) p.init = Init::uniform(0.2);
  });
  initialise(net, Seed{1});
  return net;
}

/// Input of images first, first + 1, ..., of which each has its own numbers and class.
template <class B>
Input<Tensor<B>> input(const Dit<B>& net, std::int64_t images, std::uint32_t first = 0) {
  const ImageSize s = net.image();
  const Ports ports = net.ports();
  std::vector<std::uint32_t> numbers;
  std::vector<double> levels, labels(std::size_t(images * ports.label_dim), 0.);
  for (std::int64_t i = 0; i < images; ++i) {
    const std::uint32_t number = first + std::uint32_t(i);
    numbers.push_back(number);
    levels.push_back(.03 + .1 * number);
    if (ports.label_dim) labels[std::size_t(i * ports.label_dim + number % ports.label_dim)] = 1;
  }
  const B& on = net.on();
  Input<Tensor<B>> in{
      normal_images(on, {images, s.height, s.width, s.channels + ports.extra_channels}, Stream{.seed = 5}, numbers),
      upload(on.in_full(), {images}, std::span<const double>(levels)).handled_by(on)};
  if (ports.label_dim) in.labels = tensor(on, {images, ports.label_dim}, labels);
  return in;
}

/// The sum and the sum of the magnitudes of the output, its first two numbers and its last.
struct Golden {
  double sum, magnitude, first, second, last;
};

/// The arrays of a file by the rule of sine_weights.hpp, which counts the embeddings in all blocks; those of the first
/// are then all.
template <class Net>
io::Arrays weights_by_rule(const Net& net) {
  io::Extents native;
  for (const auto& [name, extents] : io::detail::parameters_of(net)) native[name] = extents;
  io::Arrays shapes;
  for (const auto& [name, extents] : io::stored_extents(io::diffusers_keys(net), native))
    shapes.items[name] = {io::Dtype::F64, extents, {}};
  io::add_dit_copies(shapes, net.config().depth);
  io::Extents all;
  for (const auto& [name, array] : shapes.items) all[name] = array.shape;
  io::Arrays weights = sine::weights(all);
  io::add_dit_copies(weights, net.config().depth);
  io::take_dit_copies(weights, net.config().depth, "sines");
  return weights;
}

std::string message(const DitConfig& config, const Ports& ports = {}) {
  return thrown::message([&] { Dit<Shapes>(config, ports, Seed{}); });
}

}  // namespace

TEST_CASE("dit: the published sizes have the published numbers of parameters") {
  const Ports classes{.label_dim = 1000};
  const auto latent = [](std::int64_t width, std::int64_t depth, std::int64_t heads, std::int64_t patch) {
    return DitConfig{.outputs = 8, .patch = patch, .width = width, .depth = depth, .heads = heads};
  };
  CHECK(count(latent(384, 12, 6, 2), classes) == 32'865'056);  // S/2
  CHECK(count(latent(384, 12, 6, 4), classes) == 32'920'448);
  CHECK(count(latent(768, 12, 12, 2), classes) == 130'315'808);  // B/2
  CHECK(count(latent(768, 12, 12, 4), classes) == 130'426'496);
  CHECK(count(latent(1024, 24, 16, 2), classes) == 457'840'672);  // L/2
  CHECK(count(latent(1152, 28, 16, 2), classes) == 674'834'720);  // XL/2
  CHECK(count({.image = {32, 32, 1}, .patch = 4, .width = 192, .depth = 6}, {.label_dim = 10}) == 4'167'568);
  CHECK(count({.image = {32, 32, 3}, .patch = 4, .width = 256, .depth = 8, .heads = 4}, {.label_dim = 24}) ==
        9'762'352);
}

TEST_CASE("dit: what diffusers says with places and noise levels in double precision too, of sine_weights' weights") {
  // DiTTransformer2DModel 0.42.1 in double, its table of places and its embedding of times, which it computes in single
  // precision, put in double; the embeddings of its second block are those of its first.
  using B = Cpu<double>;
  Dit<B> net(base(), {.label_dim = 5}, Seed{1});
  CHECK(count_parameters(net) == 19'616 - 4'480);  // less the second block's embeddings
  io::load_arrays(weights_by_rule(net), "sines", net, io::diffusers_keys(net));
  const auto check_said = [&](const std::vector<double>& labels, const Golden& golden) {
    Input<Tensor<B>> in{tensor(B{}, {2, 8, 8, 2}, sine::images(2, 2, 8, 8)), tensor(B{}, {2}, {10, 500})};
    in.labels = tensor(B{}, {2, 5}, labels);
    const std::vector<double> y = download<double>(net(in));
    double sum = 0, magnitude = 0;
    for (const double v : y) {
      sum += v;
      magnitude += std::abs(v);
    }
    CHECK(std::abs(sum - golden.sum) < 1e-9);
    CHECK(std::abs(magnitude - golden.magnitude) < 1e-9);
    CHECK(std::abs(y[0] - golden.first) < 1e-9);
    CHECK(std::abs(y[4] - golden.second) < 1e-9);  // the pixel to the right
    CHECK(std::abs(y.back() - golden.last) < 1e-9);
  };
  check_said({0, 1, 0, 0, 0, 0, 0, 0, 0, 1},
             {25.2502265960, 140.6467723922, -0.2023076272, 0.4649386252, -0.0620913793});
  check_said({0, 0, 0, 0, 0, 1, 0, 0, 0, 0},  // no label, the last row: class 5 there
             {24.6005357555, 162.4182977072, -0.2798604075, 0.4807404883, 0.0633461424});
}

TEST_CASE("dit: it starts by giving zeros, and its first weights are those of the authors' program") {
  using B = Cpu<double>;
  const Dit<B> net(base(), {.label_dim = 5}, Seed{1});
  for (const double v : download<double>(net(input(net, 2)))) CHECK(v == 0);
  std::map<std::string, double> most, spread;
  walk(net, [&](const std::string& name, const Parameter<B>& p) {
    double squares = 0;
    for (const double v : download<double>(p.value)) {
      most[name] = std::max(most[name], std::abs(v));
      squares += v * v / double(p.value.size());
    }
    spread[name] = std::sqrt(squares);
  });
  const auto uniform = [&](const std::string& name, double in, double out) {
    CAPTURE(name);
    const double bound = std::sqrt(6 / (in + out));
    CHECK(most.at(name) <= bound);
    CHECK(most.at(name) > .95 * bound);
  };
  uniform("first.weight", 2 * 2 * 2, 16);
  uniform("blocks.1.attention.q.weight", 16, 3 * 16);  // a third of one matrix there
  uniform("blocks.1.attention.out.weight", 16, 16);
  uniform("blocks.0.feed_forward.in.weight", 16, 64);
  for (const std::string name : {"time1.weight", "time2.weight", "labels.weight"})
    CHECK(spread.at(name) == doctest::Approx(.02).epsilon(.2));
  for (const auto& [name, value] : most)
    if (name.ends_with("bias") || name.find("modulation") != name.npos || name.starts_with("last")) CHECK(value == 0);
}

TEST_CASE("dit: its gradients by image and each parameter are those of finite differences") {
  using B = Cpu<double>;
  for (const DitConfig& config : {plain(), modern()}) {
    auto net = filled_in<B>(config, {.extra_channels = 1, .label_dim = 3});
    const auto in = input(net, 2);
    Tensor<B> image = in.image;
    const auto run = [&]<class V>(const V& x) {
      return net(Input<V>{x, in.noise_labels, constant_like(x, *in.labels)});
    };
    CHECK(gradient_error(run, image).worst <= 1);
    int checked = 0;
    walk(net, [&](const std::string& name, Parameter<B>& p) {
      if (name.starts_with("blocks.0")) return;  // as the other one
      const auto error = gradient_error([&](const auto& x, const auto&) { return run(x); }, image, p);
      CAPTURE(name);
      CAPTURE(error);
      CHECK(error.worst <= 1);
      ++checked;
    });
    CHECK(checked > 15);
  }
}

TEST_CASE("dit: blocks computed again in the backward pass give the same gradients") {
  using B = Cpu<double>;
  const auto learned = [](bool again) {
    DitConfig config = modern();
    config.checkpoint = again;
    const auto net = filled_in<B>(config, {.label_dim = 3});
    Tape<B> tape;
    const auto in = input(net, 2);
    const Var<B> image = tape.variable(in.image);
    const auto y = net(Input<Var<B>>{image, in.noise_labels, tape.constant(*in.labels)});
    tape.backward(y, net(in));
    std::vector<double> all = download<double>(tape.gradient(image));
    walk(net, [&](const std::string&, const Parameter<B>& p) {
      for (const double v : download<double>(p.grad)) all.push_back(v);
    });
    return all;
  };
  const auto once = learned(false), twice = learned(true);
  REQUIRE(once.size() == twice.size());
  for (std::size_t i = 0; i < once.size(); ++i) CHECK(twice[i] == doctest::Approx(once[i]).epsilon(1e-10));
}

TEST_CASE("dit: what it makes of levels beforehand changes nothing, with labels and without") {
  using B = Cpu<float>;
  for (const std::int64_t labels : {0, 3}) {
    const auto net = filled_in<B>(modern(), {.label_dim = labels});
    auto in = input(net, 3);
    const auto wanted = download<float>(net(in));
    in.timed = net.timed(in.noise_labels);
    CHECK(in.timed.size() == (labels ? 1u : 3u));
    in.noise_labels = filled(B{}, {3}, -1);
    CHECK(download<float>(net(in)) == wanted);
    in.timed.clear();
    CHECK(download<float>(net(in)) != wanted);
  }
}

TEST_CASE("dit: labels are summed rows of a table, and an image without any has the last row") {
  using B = Cpu<double>;
  const auto net = filled_in<B>(plain(), {.label_dim = 3});
  const auto said = [](const Dit<B>& of, const std::vector<double>& labels) {
    auto in = input(of, 1);
    in.labels = tensor(B{}, {1, of.ports().label_dim}, labels);
    return download<double>(of(in));
  };
  // the same embedding as the one row of another network, which is put together by hand
  std::vector<double> rows;  // [width, 3 + 1]
  walk(net, [&](const std::string& name, const Parameter<B>& p) {
    if (name == "labels.weight") rows = download<double>(p.value);
  });
  const auto one_row = [&](const std::vector<std::size_t>& summed) {
    auto other = filled_in<B>(plain(), {.label_dim = 1});
    walk(other, [&](const std::string& name, Parameter<B>& p) {
      walk(net, [&](const std::string& also, const Parameter<B>& q) {
        if (name == also && name != "labels.weight") p.value = q.value;
      });
      if (name != "labels.weight") return;
      std::vector<double> row(16, 0.);
      for (std::size_t c = 0; c < 8; ++c)
        for (const std::size_t r : summed) row[2 * c] += rows[4 * c + r];
      p.value = tensor(B{}, {8, 2}, row);
    });
    return said(other, {1});
  };
  const auto close = [](const std::vector<double>& a, const std::vector<double>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-12));
  };
  close(said(net, {0, 1, 0}), one_row({1}));
  close(said(net, {1, 0, 1}), one_row({0, 2}));
  close(said(net, {0, 0, 0}), one_row({3}));
}

TEST_CASE("dit: patches meet by their places, in a network without a table of places too") {
  using B = Cpu<double>;
  // Two images whose patches are exchanged: without any places the answers would be exchanged likewise.
  for (const bool rope : {false, true}) {
    DitConfig config = plain();
    config.rope = rope;
    const auto net = filled_in<B>(config);
    auto in = input(net, 1);
    const auto as_is = download<double>(unpatchify(patchify(net(in), 2), 4, 6, 2));
    const auto swapped = [](const Tensor<B>& x) {
      auto tokens = download<double>(patchify(x, 2));
      for (std::size_t i = 0; i < 8; ++i) std::swap(tokens[i], tokens[8 + i]);
      return unpatchify(tensor(B{}, {1, 6, 8}, tokens), 4, 6, 2);
    };
    const Tensor<B> before = net(in);
    in.image = swapped(in.image);
    CHECK(download<double>(net(in)) != download<double>(swapped(before)));
    CHECK(as_is == download<double>(before));
  }
}

TEST_CASE("dit: image i does not depend on batch or threads, bit for bit") {
  using B = Cpu<float>;
  const auto run = [](std::int64_t batch, int threads) {
    const auto net = filled_in<B>(modern(), {.label_dim = 2}, B{.threads = threads});
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

TEST_CASE("dit: sizes that cannot be are refused in words") {
  CHECK(message({.image = {30, 32, 4}, .patch = 4}) == "[Dit] sides of 30x32x4 must be multiples of the patch, 4");
  CHECK(message({.image = {32, 2, 4}, .patch = 4}) == "[Dit] sides of 32x2x4 must be multiples of the patch, 4");
  CHECK(message({.heads = 5}) == "[Dit] 384 channels (width) do not fall into 5 heads");
  CHECK(message({.width = 6, .heads = 1}) ==
        "[Dit] width must be a multiple of 4, is 6: a quarter each are sines and cosines of a patch's column and row");
  CHECK(message({.width = 12, .heads = 6, .rope = true}) ==
        "[Dit] rope wants heads of a multiple of 4 channels, they have 2");
  CHECK(message({.patch = 0}) == "[Dit] patch must be at least 1, is 0");
  CHECK(message({.depth = 0}) == "[Dit] depth must be at least 1, is 0");
  CHECK(message({.heads = 0}) == "[Dit] heads must be at least 1, is 0");
  CHECK(message({.outputs = -1}) == "[Dit] outputs must be at least 0, is -1");
  CHECK(message({.image = {8, 8, 0}}) == "[Dit] image.channels must be at least 1, is 0");
  CHECK(message({.frequencies = 1}) == "[Dit] frequencies must be at least 2, is 1");
  CHECK(message({.frequencies = 3, .half_minus_one = true}) == "[Dit] frequencies must be at least 4, is 3");
  CHECK(message({.mlp_ratio = 0}) == "[Dit] mlp_ratio must be positive, at least 1 / width and at most 1024, is 0");
  CHECK(message({.time_scale = INFINITY}) == "[Dit] time_scale must be finite, is inf");
  CHECK(message({.eps = 0}) == "[Dit] eps must be positive, is 0");
  CHECK(message({.mlp_eps = 0}) == "[Dit] mlp_eps must be positive, is 0");
  CHECK(message({.width = 1 << 21}) == "[Dit] width must be at most 1048576, is 2097152");
  CHECK(message({}, {.tokens = 3, .token_dim = 8}) ==
        "[Dit] has no port tokens, the process has one of 3; it has extra_channels, label_dim");
}

TEST_CASE("dit: an input that is not the network's is refused in words") {
  using B = Cpu<float>;
  const Dit<B> net(plain(), {}, Seed{1}), labelled(plain(), {.label_dim = 3}, Seed{1});
  auto in = input(net, 2);
  in.labels = filled(B{}, {2, 3}, 0);
  CHECK_THROWS_WITH_AS(net(in), "[Dit] takes no labels, got some", std::invalid_argument);
  in = input(labelled, 2);
  in.labels.reset();
  CHECK_THROWS_WITH_AS(labelled(in), "[Dit] wants labels [2, 3], got none", std::invalid_argument);
  in = input(net, 2);
  in.image = filled(B{}, {2, 8, 8, 2}, 0);
  CHECK_THROWS_WITH_AS(net(in), "[Dit] wants images [N, 4, 6, 2], got [2, 8, 8, 2]", std::invalid_argument);
}

static_assert(Backbone<Dit<Cpu<float>>>);
static_assert(Backbone<Dit<Cpu<double>>>);
static_assert(TimedBackbone<Dit<Cpu<float>>, Cpu<float>>);
