#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/cpu/kernels.hpp>

#include <hush/autograd/gradient_error.hpp>
#include <hush/backbones/unet2d.hpp>
#include <hush/process.hpp>
#include <hush/random/noise.hpp>

#include "shapes_only.hpp"

using namespace hush;

namespace shapes_only {
inline void initialise(Unet2d<Shapes>&, Seed) {}
}  // namespace shapes_only
using shapes_only::Shapes;

namespace {

std::int64_t count(const Unet2dConfig& config, const Ports& ports = {}) {
  return count_parameters(Unet2d<Shapes>(config, ports, Seed{}));
}

constexpr UnetBlock plain = UnetBlock::resnet, attn = UnetBlock::attention, cross = UnetBlock::cross_attention;

/// All kinds of blocks but one, labels and tokens.
Unet2dConfig small() {
  return {.image = {8, 4, 2},
          .down_block_types = {attn, cross},
          .mid_block_type = UnetMiddle::cross_attention,
          .up_block_types = {UnetBlock::resnet_resampling, cross},
          .block_out_channels = {4, 6},
          .layers_per_block = 1,
          .mid_block_scale_factor = 2,
          .downsample_type = UnetResampling::resnet,
          .attention_head_dim = 4,
          .num_attention_heads = {2, 3},
          .norm_num_groups = 2,
          .class_embed_type = ClassEmbedType::simple_projection};
}
const Ports small_ports{.extra_channels = 1, .label_dim = 3, .tokens = 2, .token_dim = 5};

template <class B>
Tensor<B> tensor(const B& on, const Shape& shape, const std::vector<double>& values) {
  return upload(on, shape, std::span<const double>(values));
}

/// Input of images first, first + 1, ..., of which each has its own numbers.
template <class B>
Input<Tensor<B>> input(const Unet2d<B>& net, std::int64_t images, std::uint32_t first = 0) {
  const Ports ports = net.ports();
  const ImageSize s = net.image();
  std::vector<std::uint32_t> numbers;
  std::vector<double> levels, labels, tokens, mask;
  for (std::int64_t i = 0; i < images; ++i) {
    const double number = first + double(i);
    numbers.push_back(first + std::uint32_t(i));
    levels.push_back(3 + 40 * number);
    for (std::int64_t k = 0; k < ports.label_dim; ++k) labels.push_back(std::cos(number + double(k)));
    for (std::int64_t k = 0; k < ports.tokens; ++k) mask.push_back(k == 0 || numbers.back() % 2 == 0);
    for (std::int64_t k = 0; k < ports.tokens * ports.token_dim; ++k)
      tokens.push_back(std::sin(5 * number + 1.7 * double(k)));
  }
  const B& on = net.on();
  Input<Tensor<B>> in{
      normal_images(on, {images, s.height, s.width, s.channels + ports.extra_channels}, Stream{.seed = 5}, numbers),
      upload(on.in_full(), {images}, std::span<const double>(levels)).handled_by(on)};
  if (ports.label_dim) in.labels = tensor(on, {images, ports.label_dim}, labels);
  if (ports.tokens) {
    in.tokens = tensor(on, {images, ports.tokens, ports.token_dim}, tokens);
    in.token_mask = tensor(on, {images, ports.tokens}, mask);
  }
  return in;
}

}  // namespace

TEST_CASE("unet2d: the networks of diffusers have its numbers of parameters") {
  Unet2dConfig c{.image = {32, 32, 1},
                 .down_block_types = {plain, plain, attn},
                 .up_block_types = {attn, plain, plain},
                 .block_out_channels = {32, 64, 64}};
  CHECK(count(c) == 1'623'169);
  c.image.channels = 3;
  c.down_block_types = {plain, attn, plain};
  c.up_block_types = {plain, attn, plain};
  c.block_out_channels = {64, 128, 128};
  CHECK(count(c) == 6'472'195);
  c.down_block_types.push_back(plain);
  c.up_block_types = {plain, plain, attn, plain};
  c.block_out_channels = {64, 128, 128, 128};
  CHECK(count(c) == 8'952'067);
  c.block_out_channels = {128, 256, 256, 256};
  c.attention_head_dim = {};
  CHECK(count(c) == 35'746'307);  // google/ddpm-cifar10-32
  c = {.image = {64, 64, 3},
       .down_block_types = {plain, plain, attn, plain},
       .up_block_types = {plain, attn, plain, plain},
       .block_out_channels = {64, 128, 256, 256}};
  CHECK(count(c, {.label_dim = 24}) == 25'311'107);
  c.class_embed_type = ClassEmbedType::identity;
  CHECK(count(c, {.label_dim = 256}) == 25'304'963);
  c = {.image = {256, 256, 3},
       .down_block_types = {plain, plain, plain, plain, attn, plain},
       .up_block_types = {plain, attn, plain, plain, plain, plain},
       .block_out_channels = {128, 128, 256, 256, 512, 512},
       .downsample_padding = 0,
       .attention_head_dim = {}};
  CHECK(count(c) == 113'673'219);  // google/ddpm-celebahq-256
  c = {.image = {64, 64, 3},
       .down_block_types = {plain, plain, plain, plain, attn, attn},
       .up_block_types = {attn, attn, plain, plain, plain, plain},
       .block_out_channels = {128, 128, 256, 256, 512, 512},
       .layers_per_block = 3};
  CHECK(count(c, {.extra_channels = 512}) == 157'935'363);
  CHECK(count(c, {.extra_channels = 512}) + 24 * 512 + 512 == 157'948'163);  // and the layer that makes the 512
}

TEST_CASE("unet2d: Stable Diffusion's networks have the published numbers of parameters") {
  Unet2dConfig c{.image = {64, 64, 4},
                 .down_block_types = {cross, cross, cross, plain},
                 .mid_block_type = UnetMiddle::cross_attention,
                 .up_block_types = {plain, cross, cross, cross},
                 .block_out_channels = {320, 640, 1280, 1280}};
  CHECK(count(c, {.tokens = 77, .token_dim = 768}) == 859'520'964);  // 1.5
  c.num_attention_heads = {5, 10, 20, 20};
  c.use_linear_projection = true;
  CHECK(count(c, {.tokens = 77, .token_dim = 1024}) == 865'910'724);  // 2.1
}

TEST_CASE("unet2d: a network of numbers has as many parameters as one of shapes") {
  CHECK(count_parameters(Unet2d<Cpu<float>>(small(), small_ports, Seed{})) == count(small(), small_ports));
}

TEST_CASE("unet2d: each kind of label has its layers, and a change of the label changes the result") {
  using B = Cpu<double>;
  const auto layers = [](ClassEmbedType type, std::int64_t width) {
    Unet2dConfig c = small();
    c.class_embed_type = type;
    Ports ports = small_ports;
    ports.label_dim = width;
    const Unet2d<B> net(c, ports, Seed{1});
    auto in = input(net, 1);
    const auto before = download<double>(net(in));
    in.labels = filled(B{}, {1, width}, 0.25);
    CHECK(download<double>(net(in)) != before);
    std::string names;
    walk(net, [&](const std::string& name, const auto& p) {
      if (name.starts_with("label")) names += name + ' ' + to_text(p.value.shape()) + ' ';
    });
    return names;
  };
  CHECK(layers(ClassEmbedType::rows, 3) == "label1.weight [16, 3] ");
  CHECK(layers(ClassEmbedType::identity, 16).empty());
  CHECK(layers(ClassEmbedType::simple_projection, 3) == "label1.weight [16, 3] label1.bias [16] ");
  const std::string second = "label2.weight [16, 16] label2.bias [16] ";
  CHECK(layers(ClassEmbedType::projection, 3) == "label1.weight [16, 3] label1.bias [16] " + second);
  CHECK(layers(ClassEmbedType::timestep, 1) == "label1.weight [16, 4] label1.bias [16] " + second);
}

TEST_CASE("unet2d: the gradients by image, labels, tokens and each parameter are those of finite differences") {
  using B = Cpu<double>;
  Unet2dConfig config = small();
  config.image = {4, 2, 2};
  config.center_input_sample = true;
  for (const bool scaled : {false, true}) {
    config.scale_shift = scaled;
    const Unet2d<B> net(config, small_ports, Seed{3});
    const auto in = input(net, 1);
    Tensor<B> image = in.image, labels = *in.labels, tokens = *in.tokens;
    const auto run = [&](const auto& x, const auto& l, const auto& t) {
      using V = std::decay_t<decltype(x)>;
      return net(Input<V>{x, in.noise_labels, l, t, constant_like(x, *in.token_mask)});
    };
    CHECK(gradient_error(run, image, labels, tokens).worst <= 1);

    walk(net, [](const std::string&, const Parameter<B>& p) { p.grad = {}; });
    Tape<B> tape;
    const auto y = net(on_tape(tape, in));
    const auto weights = gradient_check::weights(y.shape().size());
    tape.backward(y, tensor(B{}, y.shape(), weights));
    const auto value = [&] {
      const auto said = download<double>(net(in));
      double sum = 0;
      for (std::size_t i = 0; i < said.size(); ++i) sum += weights[i] * said[i];
      return sum;
    };
    walk(std::as_const(net), [&](const std::string& name, const Parameter<B>& p) {
      Tensor<B> home = p.value;  // the same memory: each parameter is moved along its own direction
      const auto here = download<double>(p.value), g = download<double>(p.grad);
      const auto along = gradient_check::weights(std::int64_t(here.size()));
      const auto at = [&](double step) {
        std::vector<double> moved = here;
        for (std::size_t i = 0; i < here.size(); ++i) moved[i] += step * along[i];
        copy_in(home.on(), home.size(), moved.data(), home.data());
        return value();
      };
      const double difference = (at(1e-5) - at(-1e-5)) / 2e-5;
      at(0);
      double gradient = 0;
      for (std::size_t i = 0; i < g.size(); ++i) gradient += g[i] * along[i];
      CAPTURE(name);
      CHECK(std::abs(gradient - difference) <= 1e-6 + 1e-5 * std::abs(difference));
    });
  }
}

TEST_CASE("unet2d: blocks that are computed twice have the same result and gradients, dropout too") {
  using B = Cpu<double>;
  const auto learned = [](bool twice, double rate) {
    Unet2dConfig config = small();
    config.checkpoint = twice;
    config.dropout = rate;
    const Unet2d<B> net(config, small_ports, Seed{3});
    Tape<B> tape({.seed = 3, .step = 7});
    const auto y = net(on_tape(tape, input(net, 2)));
    tape.backward(y, filled(B{}, y.shape(), 0.5));
    std::vector<std::vector<double>> all{download<double>(y.value())};
    walk(net, [&](const std::string&, const Parameter<B>& p) { all.push_back(download<double>(p.grad)); });
    return all;
  };
  const auto once = learned(false, 0.3), twice = learned(true, 0.3);
  CHECK(twice[0] == once[0]);
  double whole = 0, off = 0;  // sums of gradients are taken in another order
  for (std::size_t i = 1; i < once.size(); ++i)
    for (std::size_t k = 0; k < once[i].size(); ++k) {
      whole += once[i][k] * once[i][k];
      off += std::pow(once[i][k] - twice[i][k], 2);
    }
  CHECK(whole > 0);
  CHECK(std::sqrt(off / whole) < 1e-13);
  CHECK(learned(false, 0)[0] != once[0]);
}

TEST_CASE("unet2d: on a tape it says the same, and what it makes of levels beforehand changes nothing") {
  using B = Cpu<float>;
  for (const bool labels : {true, false})
    for (const bool scaled : {true, false}) {
      Unet2dConfig config = small();
      Ports ports = small_ports;
      config.scale_shift = scaled;
      if (!labels) {
        config.class_embed_type = ClassEmbedType::rows;
        ports.label_dim = 0;
      }
      const Unet2d<B> net(config, ports, Seed{1});
      auto in = input(net, 3);
      const auto wanted = download<float>(net(in));
      Tape<B> tape;
      CHECK(download<float>(net(on_tape(tape, in)).value()) == wanted);
      in.timed = net.timed(in.noise_labels);
      CHECK(in.timed.size() == (labels ? 1u : scaled ? 20u : 10u));  // of 10 residual blocks
      in.noise_labels = filled(B{}, {3}, -1);
      CHECK(download<float>(net(in)) == wanted);
      in.timed.clear();
      CHECK(download<float>(net(in)) != wanted);
    }
}

TEST_CASE("unet2d: image i does not depend on batch or threads, bit for bit") {
  using B = Cpu<float>;
  const auto run = [](std::int64_t batch, int threads) {
    const Unet2d<B> net(small(), small_ports, Seed{1}, B{.threads = threads});
    std::vector<float> all;
    for (std::int64_t first = 0; first < 6; first += batch) {
      const auto y = download<float>(net(input(net, std::min<std::int64_t>(6 - first, batch), std::uint32_t(first))));
      all.insert(all.end(), y.begin(), y.end());
    }
    return all;
  };
  const auto one = run(1, 1);
  CHECK(run(4, 2) == one);
  CHECK(run(6, 2) == one);
}

TEST_CASE("unet2d: tokens that are masked change nothing, others do") {
  using B = Cpu<float>;
  const Unet2d<B> net(small(), small_ports, Seed{1});
  auto in = input(net, 2);  // the second image has one token
  const auto wanted = download<float>(net(in));
  auto tokens = download<float>(*in.tokens);
  const auto with = [&](std::size_t place, float value) {
    auto changed = tokens;
    changed[place] = value;
    in.tokens = upload(B{}, {2, 2, 5}, std::span<const float>(changed));
    return download<float>(net(in));
  };
  CHECK(with(15, 77) == wanted);
  CHECK(with(10, 77) != wanted);
  CHECK(with(5, 77) != wanted);
}

TEST_CASE("unet2d: a middle of nothing, of one block and of two are three networks") {
  using B = Cpu<double>;
  std::vector<std::int64_t> sizes;
  for (const UnetMiddle middle : {UnetMiddle::none, UnetMiddle::resnet, UnetMiddle::resnets, UnetMiddle::attention}) {
    Unet2dConfig c = small();
    c.mid_block_type = middle;
    const Unet2d<B> net(c, small_ports, Seed{1});
    CHECK(net(input(net, 2)).shape() == Shape{2, 8, 4, 2});
    sizes.push_back(count_parameters(net));
  }
  CHECK(sizes[1] > sizes[0]);
  CHECK(sizes[2] - sizes[1] == sizes[1] - sizes[0]);
  CHECK(sizes[3] - sizes[2] == 12 + 3 * 4 * (6 + 1) + 6 * (4 + 1));  // norm; q, k, v of one head of 4; out
}

TEST_CASE("unet2d: an input that is not the network's is refused in words") {
  using B = Cpu<float>;
  const Unet2d<B> net(small(), small_ports, Seed{1});
  auto in = input(net, 2);
  in.token_mask.reset();
  CHECK_THROWS_WITH_AS(net(in), "[Unet2d] wants a token_mask [2, 2], got none", std::invalid_argument);
  in = input(net, 2);
  in.tokens = filled(B{}, {2, 3, 5}, 0);
  CHECK_THROWS_WITH_AS(net(in), "[Unet2d] wants tokens [2, 2, 5], got [2, 3, 5]", std::invalid_argument);
  in = input(net, 2);
  in.image = filled(B{}, {2, 8, 4, 2}, 0);
  CHECK_THROWS_WITH_AS(net(in), "[Unet2d] wants images [N, 8, 4, 3], got [2, 8, 4, 2]", std::invalid_argument);
  CHECK_THROWS_WITH_AS((Unet2d<B>(small(), {}, Seed{1})),
                       "[Unet2d] blocks of type cross_attention read tokens, the process has none (ports.tokens)",
                       std::invalid_argument);
}

TEST_CASE(
    "unet2d: noise levels as Fourier features or rows of a table: what is made of them beforehand changes nothing") {
  using B = Cpu<float>;
  for (const TimeEmbedType type : {TimeEmbedType::fourier, TimeEmbedType::learned}) {
    Unet2dConfig config = small();
    config.time_embedding_type = type;
    config.class_embed_type = ClassEmbedType::rows;
    if (type == TimeEmbedType::learned) config.num_train_timesteps = 100;
    const Unet2d<B> net(config, {.tokens = 2, .token_dim = 5}, Seed{1});
    bool trained = true;
    walk(net, [&](const std::string& name, const Parameter<B>& p) {
      trained = name == "time0.weight" ? p.trained : trained;
    });
    CHECK(trained == (type == TimeEmbedType::learned));
    auto in = input(net, 2);
    const auto wanted = download<float>(net(in));
    Tape<B> tape;
    CHECK(download<float>(net(on_tape(tape, in)).value()) == wanted);
    in.timed = net.timed(in.noise_labels);
    CHECK(download<float>(net(in)) == wanted);
    in.timed.clear();
    in.noise_labels = filled(B{}, {2}, 4);
    CHECK(download<float>(net(in)) != wanted);
  }
}

static_assert(Backbone<Unet2d<Cpu<float>>> && TimedBackbone<Unet2d<Cpu<float>>, Cpu<float>>);
static_assert(Backbone<Unet2d<Cpu<double>>>);
