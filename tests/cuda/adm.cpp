// Adm on the CUDA backend: what it says, its gradients, and sampling with it, against the CPU.
#include "against.hpp"
#include "kernels.hpp"

#include <hush/core.hpp>

#include <hush/backbones/adm.hpp>

using namespace against;

namespace {

using Single = Cuda<float, Machine>;
using Half = Cuda<bf16, Machine>;

static_assert(Backbone<Adm<Single>> && TimedBackbone<Adm<Half>, Half>);

/// The network, and no layer of it starts at zero.
template <class B>
Adm<B> with_no_zeros(Adm<B> net) {
  walk(net, [](const std::string&, Parameter<B>& p) {
    if (p.init.kind == Init::Kind::zeros) p.init = Init::uniform(0.1);
  });
  initialise(net, Seed{8});
  return net;
}

/// Blocks that scale and resample, or blocks that only shift, convolutions that resample, and labels.
template <class B>
Adm<B> network(bool scaled, bool twice = false) {
  const AdmConfig config{.image = {8, 8, 2},
                         .channels = 8,
                         .multipliers = {1, 2},
                         .blocks = 1,
                         .attention = {.factors = {2}},
                         .head_channels = 4,
                         .scale_shift = scaled,
                         .residual_resampling = scaled,
                         .groups = 4,
                         .checkpoint = twice};
  const Ports ports{.extra_channels = scaled ? 1 : 0, .label_dim = scaled ? 0 : 3};
  return with_no_zeros(Adm<B>(config, ports, Seed{9}));
}

/// What the network says of three images, and the gradient of all its parameters, one behind the other.
template <class B>
std::pair<std::vector<double>, std::vector<double>> said_and_learned(const Adm<B>& net) {
  const auto put_in = [&](const Shape& shape, const std::vector<double>& v) {
    return upload(B{}, shape, std::span<const double>(v));
  };
  const std::vector<double> seen{3, 17, 39};
  const Ports ports = net.ports();
  Tensor<B, typename B::master> noise_labels(B{}, {3});
  copy_in(B{}, 3, seen.data(), noise_labels.data());
  const Shape shape{3, 8, 8, 2 + ports.extra_channels};
  Input<Tensor<B>> input{put_in(shape, random<bf16>(shape.size(), 1)), noise_labels};
  if (ports.label_dim) input.labels = put_in({3, 3}, {1, 0, 0, 0, 0, 1, 0, 1, 0});
  Tape<B> tape;
  const auto said = net(on_tape(tape, input));
  CHECK(download<double>(net(input)).size() == 3 * 64 * 2);
  tape.backward(said, put_in({3, 8, 8, 2}, random<bf16>(3 * 64 * 2, 2)));
  std::vector<double> gradients;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    for (const double v : download<double>(p.grad)) gradients.push_back(v);
  });
  return {download<double>(said.value()), gradients};
}

const Process process{LinearBeta{.first = 1e-3, .last = 0.7, .steps = 20}, PredictNoise<Gamma>{}};

template <class B>
std::vector<float> pictures(int steps = 20, bool record = true) {
  const AdmConfig config{
      .image = {8, 8, 2}, .channels = 8, .multipliers = {1, 2}, .blocks = 1, .head_channels = 8, .groups = 4};
  const auto net = with_no_zeros(Adm<B>(config, process.ports(), Seed{9}));
  return sample(process, net, Ddim{.eta = 0.3}, {.steps = steps, .count = 3, .batch = 2, .seed = 4, .record = record})
      .pixels;
}

}  // namespace

TEST_CASE("cuda adm: what it says and the gradients of all its parameters against the CPU in double") {
  for (const bool scaled : {true, false}) {
    const auto wanted = said_and_learned(network<Double>(scaled));
    each_machine([&](const auto& on) {
      using B = std::decay_t<decltype(on)>;
      const bool half = std::is_same_v<typename B::precision, bf16>;
      for (const bool twice : {false, true}) {
        const auto found = said_and_learned(network<B>(scaled, twice));
        CHECK(distance(found.first, wanted.first) < (half ? 2e-2 : 10 * tolerance<typename B::precision>()));
        // A key's bias has no gradient, so the whole is compared; bf16 rounds at each layer.
        CHECK(distance(found.second, wanted.second) < (half ? 6e-2 : 10 * tolerance<typename B::precision>()));
      }
    });
  }
}

TEST_CASE("cuda adm: the same seed is the CPU's picture; recorded, it has the same bits") {
  const auto cpu = pictures<Cpu<float>>(), single = pictures<Single>(), half = pictures<Half>();
  CHECK(distance({single.begin(), single.end()}, {cpu.begin(), cpu.end()}) < 1e-3);
  CHECK(distance({half.begin(), half.end()}, {cpu.begin(), cpu.end()}) < 0.1);
  for (const int steps : {5, 20}) {
    CHECK(pictures<Single>(steps, true) == pictures<Single>(steps, false));
    CHECK(pictures<Half>(steps, true) == pictures<Half>(steps, false));
  }
}
