// SimpleUnet on the CUDA backend: its transposed convolutions, what it says, its gradients, sampling, training with its
// running statistics, and what happens to them when memory ends.
#include "against.hpp"
#include "kernels.hpp"

#include <hush/core.hpp>

#include <hush/backbones/simple_unet.hpp>
#include <hush/cpu/batch_norm.hpp>

using namespace against;

namespace {

using Single = Cuda<float, Machine>;
using Half = Cuda<bf16, Machine>;

static_assert(Backbone<SimpleUnet<Single>> && TimedBackbone<SimpleUnet<Half>, Half>);

/// A transposed convolution of numbers that bf16 can hold, and the gradients of image, weight and bias.
template <class B>
std::vector<std::vector<double>> transposed(const B& on, const Shape& of_x, std::int64_t out, std::int64_t kernel,
                                            const Conv2dTransposedOptions& options, bool with_bias) {
  const auto numbers = [&](const Shape& shape, unsigned seed) {
    return upload(on, shape, std::span<const double>(random<bf16>(shape.size(), seed)));
  };
  const auto parameter = [&](const Shape& shape, unsigned seed) {
    Parameter<B> p(on, shape, Init::zeros());
    copy_in(on, shape.size(), random<bf16>(shape.size(), seed).data(), p.value.data());
    return p;
  };
  const auto weight = parameter({of_x[3], kernel, kernel, out}, 2);
  const auto bias = with_bias ? parameter({out}, 3) : Parameter<B>();
  Tape<B> tape;
  const Var<B> x = tape.variable(numbers(of_x, 1)), y = conv2d_transposed(x, weight, bias, options);
  tape.backward(y, numbers(y.shape(), 4));
  return {download<double>(y.value()), download<double>(tape.gradient(x)), download<double>(weight.grad),
          download<double>(bias.grad)};
}

const Process process{LinearBeta{.first = 1e-3, .last = 0.7, .steps = 20}, PredictNoise<Gamma>{}};

template <class B>
SimpleUnet<B> network() {
  return {{.image = {8, 8, 1}, .widths = {8, 12, 16}, .embedding = 8}, process.ports(), Seed{9}};
}

/// What the network says of three images with a tape and without, and the gradient of all its parameters and the change
/// of its running statistics, one behind the other.
template <class B>
std::array<std::vector<double>, 3> said_and_learned(const SimpleUnet<B>& net) {
  const auto put_in = [&](unsigned seed) {
    return upload(B{}, {3, 8, 8, 1}, std::span<const double>(random<bf16>(3 * 64, seed)));
  };
  const std::vector<double> seen{3, 17, 39};
  Tensor<B, typename B::master> noise_labels(B{}, {3});
  copy_in(B{}, 3, seen.data(), noise_labels.data());
  const Input<Tensor<B>> input{put_in(1), noise_labels};
  Tape<B> tape;
  const auto said = net(on_tape(tape, input));
  tape.backward(said, put_in(2));
  std::vector<double> gradients;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    for (const double v : download<double>(p.grad)) gradients.push_back(v);
  });
  return {download<double>(said.value()), download<double>(net(input)), gradients};
}

/// Pictures of a bright square whose place and size follow from their number.
struct Squares {
  std::int64_t size() const { return 12; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> images(std::int64_t(items.size()), 8, 8, 1);
    for (std::size_t i = 0; i < items.size(); ++i)
      for (std::int64_t p = 0; p < 64; ++p) {
        const std::int64_t y = p / 8, x = p % 8, at = items[i] % 4, side = 2 + items[i] % 3;
        images[std::int64_t(i)][std::size_t(p)] = y >= at && y < at + side && x >= at && x < at + side ? 1 : -1;
      }
    return images;
  }
};

/// All numbers of a network, or those of its buffers.
template <class B>
std::vector<double> numbers(const SimpleUnet<B>& net, bool only_buffers = false) {
  std::vector<double> all;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    if (p.trained && only_buffers) return;
    for (const double v : download<double>(p.value)) all.push_back(v);
  });
  return all;
}

struct Run {
  std::vector<double> net, averaged, buffers;
  std::vector<float> pictures;
  bool operator==(const Run&) const = default;
};

/// A network after some steps, its average, and pictures by that.
template <class B>
Run trained(bool record, std::int64_t accumulate = 1) {
  const Squares data;
  auto net = network<B>();
  const auto done = train(process, net, AdamW{.rate = 1e-3}, data,
                          {.epochs = 2, .batch = 4, .seed = 2, .accumulate = accumulate, .record = record});
  const auto images = sample(process, done.averaged, Ddim{.eta = 0.3},
                             {.steps = 10, .count = 3, .batch = 2, .seed = 4, .record = record});
  return {numbers(net), numbers(done.averaged), numbers(net, true), images.pixels};
}

std::vector<double> doubles(const std::vector<float>& x) { return {x.begin(), x.end()}; }

}  // namespace

TEST_CASE("cuda conv2d_transposed: forward and gradients are the CPU's in double") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    struct Case {
      Shape x;
      std::int64_t out, kernel;
      Conv2dTransposedOptions options;
      bool bias;
    };
    for (const Case& c : {Case{{2, 3, 4, 8}, 8, 4, {.stride = 2, .pad = 1}, true},
                          Case{{1, 1, 1, 3}, 5, 4, {.stride = 2, .pad = 1}, true},
                          Case{{2, 4, 3, 16}, 3, 4, {.stride = 2, .pad = 1}, false}, Case{{1, 3, 3, 1}, 9, 3, {}, true},
                          Case{{2, 2, 5, 7}, 1, 2, {.stride = 3}, true}}) {
      CAPTURE(c.x);
      const auto found = transposed(on, c.x, c.out, c.kernel, c.options, c.bias),
                 wanted = transposed(Double{}, c.x, c.out, c.kernel, c.options, c.bias);
      for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(distance(found[i], wanted[i]) < tolerance<P>());
    }
  });
}

TEST_CASE("cuda simple unet: what it says and the gradients of all its parameters against the CPU in double") {
  const auto wanted = said_and_learned(network<Double>());
  each_machine([&](const auto& on) {
    using B = std::decay_t<decltype(on)>;
    const auto found = said_and_learned(network<B>());
    using P = typename B::precision;
    const bool half = std::is_same_v<P, bf16>;
    CHECK(distance(found[0], wanted[0]) < (half ? 6e-2 : 10 * tolerance<P>()));
    CHECK(distance(found[1], wanted[1]) < (half ? 6e-2 : 10 * tolerance<P>()));
    // Numbers near 0 fall on the other side of a ReLU: of such a network PyTorch's bf16 gradients are off by 0.05 to
    // 0.35.
    CHECK(distance(found[2], wanted[2]) < (half ? 0.4 : std::is_same_v<P, tf32> ? 0.1 : 20 * tolerance<P>()));
  });
}

TEST_CASE("cuda simple unet: training is the CPU's; recorded, it has the same bits, running statistics included") {
  const Run wanted = trained<Cpu<float>>(false), found = trained<Single>(false), rough = trained<Half>(false);
  CHECK(distance(found.net, wanted.net) < 2e-3);
  CHECK(distance(found.averaged, wanted.averaged) < 2e-3);
  CHECK(distance(found.buffers, wanted.buffers) < 2e-3);
  CHECK(distance(doubles(found.pictures), doubles(wanted.pictures)) < 5e-3);
  CHECK(trained<Single>(true) == found);
  CHECK(distance(rough.buffers, wanted.buffers) < 0.05);
  CHECK(distance(rough.net, wanted.net) < 0.1);
  CHECK(trained<Half>(true) == rough);
  CHECK(distance(numbers(network<Single>(), true), wanted.buffers) > 0.1);
  CHECK(trained<Single>(true, 2) == trained<Single>(false, 2));
}

TEST_CASE("cuda simple unet: whichever allocation fails, the running statistics are as they were") {
  auto& memory = Single{}.machine().memory();
  memory.keep_blocks(true);
  memory.trim();
  const Squares data;
  auto net = network<Single>(), reference = network<Single>();
  const TrainOptions<Squares> options{.batch = 4, .seed = 2};
  const AdamW rule{.rate = 1e-2};
  auto training = start_training(process, net, rule, data, options),
       undisturbed = start_training(process, reference, rule, data, options);
  undisturbed.advance();
  const auto before = numbers(net, true);
  std::int64_t failures = 0;
  for (std::int64_t n = 0;; n += 1 + n / 20) {  // each of the first, later ones in growing strides
    memory.fail_at(n);
    try {
      training.advance();
      memory.fail_at(-1);
      break;
    } catch (const OutOfMemory&) {
      memory.fail_at(-1);
      ++failures;
      REQUIRE(numbers(net, true) == before);
    }
  }
  CHECK(failures > 40);
  CHECK(numbers(net) == numbers(reference));
}
