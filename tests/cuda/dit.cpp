// Dit on the CUDA backend: what it says, its gradients, and sampling with it, against the CPU.
#include "against.hpp"
#include "kernels.hpp"

#include <hush/core.hpp>

#include <hush/backbones/dit.hpp>

using namespace against;

namespace {

using Single = Cuda<float, Machine>;
using Half = Cuda<bf16, Machine>;

static_assert(Backbone<Dit<Single>> && TimedBackbone<Dit<Half>, Half>);

/// Blocks as in the paper, or with all that is newer; no layer starts at zero.
template <class B>
Dit<B> network(bool newer, const Ports& ports, bool twice = false) {
  const DitConfig config{.image = {4, 8, 2},
                         .patch = 2,
                         .width = 16,
                         .depth = 2,
                         .heads = 2,
                         .mlp_ratio = 2,
                         .frequencies = 16,
                         .qk_norm = newer,
                         .rope = newer,
                         .rms_norm = newer,
                         .swiglu = newer,
                         .checkpoint = twice};
  Dit<B> net(config, ports, Seed{9});
  walk(net, [](const std::string&, Parameter<B>& p) {
    if (p.init.kind == Init::Kind::zeros) p.init = Init::uniform(0.1);
  });
  initialise(net, Seed{8});
  return net;
}

/// What the network says of three images, and the gradient of all its parameters, one behind the other.
template <class B>
std::pair<std::vector<double>, std::vector<double>> said_and_learned(const Dit<B>& net) {
  const auto put_in = [&](const Shape& shape, const std::vector<double>& v) {
    return upload(B{}, shape, std::span<const double>(v));
  };
  const std::vector<double> seen{3, 17, 39};
  const Ports ports = net.ports();
  Tensor<B, typename B::master> noise_labels(B{}, {3});
  copy_in(B{}, 3, seen.data(), noise_labels.data());
  const Shape shape{3, 4, 8, 2 + ports.extra_channels};
  Input<Tensor<B>> input{put_in(shape, random<bf16>(shape.size(), 1)), noise_labels};
  if (ports.label_dim) input.labels = put_in({3, 3}, {1, 0, 0, 0, 0, 0, 0, 1, 1});  // one, none and two
  Tape<B> tape;
  const auto said = net(on_tape(tape, input));
  CHECK(distance(download<double>(net(input)), download<double>(said.value())) < 2e-2);
  tape.backward(said, put_in({3, 4, 8, 2}, random<bf16>(3 * 32 * 2, 2)));
  std::vector<double> gradients;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    for (const double v : download<double>(p.grad)) gradients.push_back(v);
  });
  return {download<double>(said.value()), gradients};
}

const Process process{RectifiedFlow{}, PredictFlow{}};

template <class B>
std::vector<float> pictures(bool newer, int steps = 20, bool record = true) {
  const auto net = network<B>(newer, process.ports());
  return sample(process, net, Heun{}, {.steps = steps, .count = 3, .batch = 2, .seed = 4, .record = record}).pixels;
}

}  // namespace

TEST_CASE("cuda dit: what it says and the gradients of all its parameters against the CPU in double") {
  for (const bool newer : {true, false}) {
    const Ports ports{.extra_channels = newer ? 1 : 0, .label_dim = 3};
    const auto wanted = said_and_learned(network<Double>(newer, ports));
    each_machine([&](const auto& on) {
      using B = std::decay_t<decltype(on)>;
      const bool half = std::is_same_v<typename B::precision, bf16>;  // which rounds at each layer
      for (const bool twice : {false, true}) {
        const auto found = said_and_learned(network<B>(newer, ports, twice));
        CHECK(distance(found.first, wanted.first) < (half ? 3e-2 : 10 * tolerance<typename B::precision>()));
        CHECK(distance(found.second, wanted.second) < (half ? 8e-2 : 10 * tolerance<typename B::precision>()));
      }
    });
  }
}

TEST_CASE("cuda dit: the same seed is the CPU's picture; recorded, it has the same bits") {
  for (const bool newer : {true, false}) {
    const auto cpu = pictures<Cpu<float>>(newer), single = pictures<Single>(newer), half = pictures<Half>(newer);
    CHECK(distance({single.begin(), single.end()}, {cpu.begin(), cpu.end()}) < 1e-3);
    CHECK(distance({half.begin(), half.end()}, {cpu.begin(), cpu.end()}) < 0.1);
    for (const int steps : {5, 20}) {
      CHECK(pictures<Single>(newer, steps, true) == pictures<Single>(newer, steps, false));
      CHECK(pictures<Half>(newer, steps, true) == pictures<Half>(newer, steps, false));
    }
  }
}
