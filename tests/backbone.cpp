#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hush/backbone.hpp>
#include <hush/cuda/additions.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/known_pixels.hpp>
#include <hush/cuda/learned_variance.hpp>
#include <hush/cuda/noise.hpp>
#include <hush/cuda/reduce.hpp>
#include <hush/cuda/runtime/graph.hpp>
#include <hush/cuda/team/host_gpu.hpp>

#include "thrown.hpp"
#include "tiny.hpp"

using namespace hush;

namespace {

using B = Cpu<float>;

/// The tiny squares, each given beside itself.
struct Given {
  tiny::Squares squares;
  std::int64_t size() const { return squares.size(); }
  Examples<Images<float>> batch(std::span<const std::int64_t> items) const {
    return {squares.batch(items), squares.batch(items)};
  }
};

template <class On>
Tensor<On> numbers(const Shape& shape, double first) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < shape.size(); ++i) values.push_back(first + double(i) / 8);
  return upload(On{}, shape, std::span<const double>(values));
}

/// An input of all ports for two images, its numbers from `first` on.
template <class On>
Input<Tensor<On>> full(double first) {
  return {.image = numbers<On>({2, 2, 2, 1}, first),
          .noise_labels = numbers<On>({2}, first + 1),
          .labels = numbers<On>({2, 3}, first + 2),
          .tokens = numbers<On>({2, 2, 2}, first + 3),
          .token_mask = numbers<On>({2, 2}, first + 4),
          .constants = numbers<On>({2, 1}, first + 7),
          .timed = {numbers<On>({2, 5}, first + 5), numbers<On>({2, 1}, first + 6)},
          .variant = 2};
}

/// All numbers of an input, in order.
template <class V>
std::vector<double> numbers_of(const Input<V>& input) {
  std::vector<double> all;
  const auto add = [&](const auto& x) {
    for (const double v : download<double>(x)) all.push_back(v);
  };
  const auto one = [&](const auto& x) {
    if constexpr (std::is_same_v<std::decay_t<decltype(x)>, int>)
      all.push_back(x);
    else if constexpr (requires { x.value(); })
      add(x.value());
    else
      add(x);
  };
  Input<V>::visit(input, [&](const char*, const auto& member) {
    if constexpr (requires { member.has_value(); }) {
      if (member) one(*member);
    } else if constexpr (requires { member.begin(); }) {
      for (const auto& x : member) one(x);
    } else {
      one(member);
    }
  });
  return all;
}

/// A network of all ports: w x, to which each number of the condition and of the levels adds at a pixel.
template <class On>
struct Everything {
  using backend = On;
  Parameter<On> w{On{}, {2, 2, 2, 1}, Init::ones()};
  Everything() { fill(On{}, 8, 0.5, w.value.data()); }
  ImageSize image() const { return {2, 2, 1}; }
  Ports ports() const { return {.label_dim = 3, .tokens = 2, .token_dim = 2, .constant_channels = 1}; }
  On on() const { return {}; }
  static void visit(auto& self, auto&& f) { f("w", self.w); }
  template <Value V>
  V operator()(const Input<V>& input) const {
    check_input("Everything", *this, input);
    const V level = constant_like(input.image, input.noise_labels.reshaped({2, 1}));
    const V mask = concat(*input.token_mask, *input.token_mask), labels = concat(*input.labels, level);
    const V condition = mask * reshape(*input.tokens, {2, 4}) + labels;
    const V constants = concat(concat(*input.constants, *input.constants), concat(*input.constants, *input.constants));
    return reshape(constants, {2, 2, 2, 1}) + apply(ops::Multiply{}, input.image, in_scalars(w)) +
           reshape(condition, {2, 2, 2, 1});
  }
};
static_assert(Backbone<Everything<B>>);

/// It lists no parameters.
struct WithoutVisit {
  using backend = B;
  ImageSize image() const { return {}; }
  Ports ports() const { return {}; }
  B on() const { return {}; }
  template <Value V>
  V operator()(const Input<V>& input) const {
    return input.image;
  }
};
static_assert(!Backbone<WithoutVisit>);

}  // namespace

TEST_CASE("backbone: a network of another process is refused with the ports of both") {
  const auto said = [](Ports network, Ports process) {
    return thrown::message([&] { check_ports("sample", network, process); });
  };
  CHECK(said({4, 7}, {4, 7}) == "nothing was thrown");
  CHECK(said({0, 7}, {4, 0}) ==
        "[sample] the network was built for another process: its ports are {.label_dim = 7}, those of the process are "
        "{.extra_channels = 4}. Build it with process.ports()");
  CHECK(said({}, {.label_dim = 2, .tokens = 3, .token_dim = 5}) ==
        "[sample] the network was built for another process: its ports are {}, those of the process are {.label_dim = "
        "2, .tokens = 3, .token_dim = 5}. Build it with process.ports()");
  CHECK(said({.tokens = 3, .token_dim = 5}, {.tokens = 3, .token_dim = 6}) != "nothing was thrown");

  const Process conditional{tiny::process.schedule, PredictNoise{}, ConcatImage{.channels = 1}};
  tiny::Net net = tiny::net();
  const std::string wanted = "its ports are {}, those of the process are {.extra_channels = 1}";
  CHECK(thrown::message([&] {
          sample(conditional, net, Ddim{}, Images<float>(1, 8, 8, 1), {.steps = 2});
        }).find(wanted) != std::string::npos);
  CHECK(thrown::message([&] { train(conditional, net, Adam{}, Given{}, {.batch = 4}); }).find(wanted) !=
        std::string::npos);
}

TEST_CASE("backbone: ports that a network has not are refused by name, not ignored") {
  const auto said = [](const Ports& wanted) {
    return thrown::message([&] { check_supported("Net", wanted, {"extra_channels", "label_dim"}); });
  };
  CHECK(said({.extra_channels = 3, .label_dim = 40}) == "nothing was thrown");
  CHECK(said({.tokens = 8, .token_dim = 16}) ==
        "[Net] has no port tokens, the process has one of 8; it has extra_channels, label_dim");
  CHECK(said({.label_dim = -1}) == "[Net] ports.label_dim must be at least 0, is -1");
  CHECK(thrown::message([&] {
          check_supported("Net", {.tokens = 8}, {"tokens", "token_dim"});
        }) == "[Net] ports.tokens is 8 and ports.token_dim 0: give both or none");

  const Ports tokens{.tokens = 8, .token_dim = 16};
  const std::string adm =
      "[Adm] has no port tokens, the process has one of 8; it has extra_channels, label_dim, constant_channels";
  CHECK(thrown::message([&] { Adm<B>({}, tokens, Seed{1}); }) == adm);
  const std::string others = " has no port tokens, the process has one of 8; it has extra_channels";
  CHECK(thrown::message([&] { AttentionUnet<B>({}, tokens, Seed{1}); }) == "[AttentionUnet]" + others);
  CHECK(thrown::message([&] { SimpleUnet<B>({}, tokens, Seed{1}); }) == "[SimpleUnet]" + others);
}

TEST_CASE("backbone: an input lists all of its members") {
  auto input = full<B>(0);
  // As many as it has, or it does not compile.
  auto& [image, noise_labels, labels, tokens, token_mask, constants, timed, variant] = input;
  std::vector<const void*> listed;
  Input<Tensor<B>>::visit(input, [&](const char*, const auto& member) { listed.push_back(&member); });
  CHECK(listed ==
        std::vector<const void*>{&image, &noise_labels, &labels, &tokens, &token_mask, &constants, &timed, &variant});
}

TEST_CASE("backbone: on a tape an input is the same, with all that it has and without what it has not") {
  Tape<B> tape;
  const auto input = full<B>(0);
  CHECK(numbers_of(on_tape(tape, input)) == numbers_of(input));
  const Input<Tensor<B>> bare{input.image, input.noise_labels};
  const auto recorded = on_tape(tape, bare);
  CHECK(numbers_of(recorded) == numbers_of(bare));
  CHECK_FALSE(recorded.labels.has_value());
}

TEST_CASE("backbone: an input is copied into the memory of another, or refused with the member that differs") {
  auto to = full<B>(0);
  const auto memory = to;  // shares it
  const auto from = full<B>(100);
  detail::copy_input("train", from, to);
  CHECK(numbers_of(memory) == numbers_of(from));

  const auto said = [&](auto change) {
    auto other = full<B>(0);
    change(other);
    return thrown::message([&] { detail::copy_input("train", other, to); });
  };
  CHECK(said([](auto& input) { input.tokens.reset(); }) ==
        "[train] an input with tokens was recorded, this one has none");
  CHECK(said([](auto& input) {
          input.labels = numbers<B>({2, 4}, 0);
        }) == "[train] an input with labels of [2, 3] was recorded, this one has [2, 4]");
  CHECK(said([](auto& input) { input.noise_labels = numbers<B>({1}, 0); }) ==
        "[train] an input with noise_labels of [2] was recorded, this one has [1]");
  CHECK(said([](auto& input) { input.constants.reset(); }) ==
        "[train] an input with constants was recorded, this one has none");
  CHECK(said([](auto& input) { input.variant = 1; }) == "[train] an input of variant 2 was recorded, this one has 1");
  CHECK(said([](auto& input) { input.timed.pop_back(); }) ==
        "[train] an input with 2 tensors in timed was recorded, this one has 1");
  Input<Tensor<B>> bare{to.image, to.noise_labels};
  CHECK(thrown::message([&] { detail::copy_input("train", from, bare); }) ==
        "[train] an input without labels was recorded, this one has them");
}

TEST_CASE("backbone: an input of other ports or sizes is refused with the member and both shapes") {
  const Everything<B> net;
  const auto said = [&](auto change) {
    auto input = full<B>(0);
    change(input);
    return thrown::message([&] { net(input); });
  };
  CHECK(said([](auto&) {}) == "nothing was thrown");
  CHECK(said([](auto& input) {
          input.image = numbers<B>({2, 2, 3, 1}, 0);
        }) == "[Everything] wants images [N, 2, 2, 1], got [2, 2, 3, 1]");
  CHECK(said([](auto& input) { input.image = numbers<B>({8}, 0); }) ==
        "[Everything] wants images [N, 2, 2, 1], got [8]");
  CHECK(said([](auto& input) { input.noise_labels = numbers<B>({3}, 0); }) ==
        "[Everything] 2 images want noise_labels [2], got [3]");
  CHECK(said([](auto& input) { input.labels.reset(); }) == "[Everything] wants labels [2, 3], got none");
  CHECK(said([](auto& input) {
          input.tokens = numbers<B>({2, 2, 4}, 0);
        }) == "[Everything] wants tokens [2, 2, 2], got [2, 2, 4]");
  CHECK(said([](auto& input) { input.token_mask.reset(); }) == "[Everything] wants a token_mask [2, 2], got none");

  auto unasked = full<B>(0);
  unasked.image = numbers<B>({2, 8, 8, 1}, 0);
  unasked.tokens.reset(), unasked.token_mask.reset();
  CHECK(thrown::message([&] { tiny::net()(unasked); }) == "[AttentionUnet] takes no labels, got some");
}

TEST_CASE("backbone: a recorded training pass reads each member of the input that it is given") {
  using Gpu = Cuda<float, HostGpu>;
  const auto run = [](bool record) {
    Everything<Gpu> net;
    detail::LossPass<Everything<Gpu>> pass(net, record);
    std::vector<double> all;
    for (int step = 0; step < 4; ++step) {
      if (!net.w.grad.empty()) fill(Gpu{}, 8, 0, net.w.grad.data());
      auto input = full<Gpu>(step);
      input.timed.clear();
      all.push_back(download<double>(pass({input, numbers<Gpu>({2, 2, 2, 1}, 3)}, {}))[0]);
      for (const double g : download<double>(net.w.grad)) all.push_back(g);
    }
    return all;
  };
  CHECK(run(true) == run(false));
}
