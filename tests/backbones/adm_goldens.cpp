// Adm against diffusers and guided-diffusion: tools/make_adm_goldens.py says how these numbers were made.
#include <doctest/doctest.h>

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
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>

#include <hush/backbones/adm.hpp>
#include <hush/io/adm_keys.hpp>
#include <hush/io/safetensors.hpp>
#include <hush/io/weights.hpp>

#include "named_numbers.hpp"

using namespace hush;

namespace {

io::Array weight(const std::string& name, const std::vector<std::int64_t>& shape) {
  const auto count = std::int64_t(*io::elements(shape));
  auto values = u(name, count);
  for (double& v : values)
    v = shape.size() > 1 ? v * std::sqrt(3 / double(count / shape[0])) : 0.3 * v + (name.ends_with("weight") ? 1 : 0);
  return io::array_of<double>(shape, values);
}

/// [N, C, H, W] of that many numbers as [N, H, W, C].
template <class T>
Tensor<Cpu<T>> images(const std::vector<double>& from, std::int64_t channels, double scale) {
  std::vector<double> to;
  for (std::int64_t i = 0; i < 2 * 256 * channels; ++i) {
    const std::int64_t c = i % channels, p = i / channels % 256, n = i / channels / 256;
    to.push_back(scale * from[std::size_t((n * channels + c) * 256 + p)]);
  }
  return upload(Cpu<T>{}, {2, 16, 16, channels}, std::span<const double>(to));
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

enum class Layout { diffusers, by_head, by_kind, palette };

struct Case {
  const char* name;
  Layout layout;
  AdmConfig config;
  Ports ports;
  std::vector<double> noise_labels;
};

std::vector<Case> cases() {
  const AdmConfig c{.image = {16, 16, 3}, .channels = 32, .multipliers = {1, 2}, .blocks = 1, .head_channels = 16};
  std::vector<Case> all{{"diffusers, scaled, by blocks", Layout::diffusers, c, {.extra_channels = 3}, {17, 503}},
                        {"diffusers, shifted, by convolutions", Layout::diffusers, c, {1, 5}, {0, 999}},
                        {"guided-diffusion by head, with labels", Layout::by_head, c, {.label_dim = 5}, {17, 503}},
                        {"guided-diffusion by kind", Layout::by_kind, c, {}, {17, 503}},
                        {"palette", Layout::palette, c, {.extra_channels = 3}, {0.03, 0.97}},
                        {"diffusers, the published DDPM", Layout::diffusers, c, {}, {17, 503}}};
  for (std::size_t i = 0; i < 3; ++i) all[i].config.attention.factors = {2};
  all[0].config.attention = {.resolutions = {8}};
  all[1].config.attention.factors = {1}, all[3].config.attention.factors = {1, 2};
  for (const std::size_t i : {1, 3, 4}) all[i].config.blocks = 2;
  for (const std::size_t i : {1, 3}) all[i].config.scale_shift = false;
  for (const std::size_t i : {1, 2}) all[i].config.residual_resampling = false;
  for (const std::size_t i : {3, 4}) all[i].config.head_channels = 32;
  all[1].config.image.channels = 2, all[2].config.outputs = 6;
  AdmConfig& ddpm = all[5].config;
  ddpm.attention.factors = {2}, ddpm.blocks = 2, ddpm.scale_shift = ddpm.residual_resampling = false;
  ddpm.head_channels = 0, ddpm.eps = 1e-6, ddpm.downsample_padding = 0;
  ddpm.embedding = {.cosine_first = false, .half_minus_one = true};
  return all;
}

template <class Net>
io::KeyMap keys(const Net& net, Layout layout) {
  switch (layout) {
    case Layout::diffusers:
      return io::diffusers_keys(net);
    case Layout::by_head:
      return io::guided_diffusion_keys(net, io::QkvOrder::by_head);
    case Layout::by_kind:
      return io::guided_diffusion_keys(net, io::QkvOrder::by_kind);
    case Layout::palette:
      break;
  }
  return io::palette_keys(net, io::QkvOrder::by_head);
}

/// The largest relative error of the forward pass and of any parameter's gradient.
template <class T>
double golden_error(const Case& c) {
  using B = Cpu<T>;
  static const io::Arrays golden = io::read_safetensors("tests/goldens/adm.safetensors");
  Adm<B> net(c.config, c.ports, Seed{1});
  const io::KeyMap map = keys(net, c.layout);
  FlatParameters<B> layout(net);
  layout.attach_gradients(net);
  const io::Extents network = io::extents_of(layout), stored = io::stored_extents(map, network);
  io::Arrays weights;
  for (const auto& [name, shape] : stored) weights.items[name] = weight(name, shape);
  io::fill_from(layout, io::to_native(map, network, weights), "golden", layout.values());

  const std::int64_t in = c.config.image.channels + c.ports.extra_channels;
  const std::int64_t out = c.config.outputs ? c.config.outputs : c.config.image.channels;
  const auto x = images<T>(u("x", 2 * in * 256), in, std::sqrt(3.0));
  const auto noise_labels = upload(B{}, {2}, std::span<const double>(c.noise_labels));
  Tape<B> tape;
  Input<Tensor<B>> input{x, noise_labels};
  Input<Var<B>> recorded{tape.constant(x), noise_labels};
  if (c.ports.label_dim) {  // labels 3 and 1
    input.labels = upload(B{}, {2, 5}, std::span<const double>(std::vector<double>{0, 0, 0, 1, 0, 0, 1, 0, 0, 0}));
    recorded.labels = tape.constant(*input.labels);
  }
  const auto said = net(recorded);
  tape.backward(said, images<T>(u("dy", 2 * out * 256), out, 1));
  CHECK(download<T>(said.value()) == download<T>(net(input)));

  const auto wanted = io::values_of<double>(golden.items.at(c.name + std::string(": out")));
  double worst = distance(download<double>(said.value()), wanted) / length(wanted);
  const io::Arrays grads = io::to_stored(map, io::arrays_of(layout, layout.gradients()));
  const auto& rows = golden.items.at(c.name + std::string(": gradients"));
  REQUIRE(rows.shape == std::vector<std::int64_t>{std::int64_t(grads.items.size()), 3});
  const auto theirs = io::values_of<double>(rows);
  // The gradients of a key's bias, and of what shifts a norm's groups of one channel, are 0: errors are measured
  // against the whole gradient too.
  double whole = 0;
  for (std::size_t i = 0; i < theirs.size(); i += 3) whole = std::hypot(whole, theirs[i]);
  std::size_t row = 0;
  for (const auto& [name, array] : grads.items) {
    const auto grad = io::values_of<double>(array);
    const std::string& which = name;  // clang 14 captures no structured binding
    CAPTURE(which);
    const auto onto = [&](const std::string& projection) {
      const auto direction = u(projection + which, std::int64_t(grad.size()));
      double sum = 0;
      for (std::size_t i = 0; i < grad.size(); ++i) sum += direction[i] * grad[i];
      return sum;
    };
    const std::vector<double> ours{length(grad), onto("first "), onto("second ")};
    const std::vector<double> peers(theirs.begin() + std::ptrdiff_t(row), theirs.begin() + std::ptrdiff_t(row + 3));
    const double error = distance(ours, peers) / std::max(peers[0], 1e-2 * whole);
    CHECK(error < 1e-5);
    worst = std::max(worst, error);
    row += 3;
  }
  return worst;
}

}  // namespace

TEST_CASE("adm: forward and gradients are those of diffusers and guided-diffusion, in their layouts") {
  for (const Case& c : cases()) {
    CAPTURE(c.name);
    CHECK(golden_error<double>(c) < 1e-10);
    CHECK(golden_error<float>(c) < 1e-5);
  }
}
