#include <doctest/doctest.h>

#include <cmath>

#include <hush/core.hpp>
#include <hush/cpu/batch_norm.hpp>
#include <hush/nn/batch_norm.hpp>
#include <hush/nn/flat_parameters.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/nn/walk.hpp>
#include <hush/optimizers/adamw.hpp>

using namespace hush;
using B = Cpu<double>;

namespace {

/// Buffers between trained parameters, as networks have them.
struct Net {
  nn::Linear<B> first{B{}, 4, 3};
  nn::BatchNorm<B> norm{B{}, 3};
  nn::Linear<B> second{B{}, 3, 2};
  static void visit(auto& self, auto&& f) { f("first", self.first), f("norm", self.norm), f("second", self.second); }
};

std::vector<double> numbers(const Parameter<B>& p) { return download<double>(p.value); }

/// A training pass over images whose numbers follow from `seed`.
void pass(const Net& net, unsigned seed) {
  Tape<B> tape;
  const auto x = normal_images(B{}, {5, 1, 1, 4}, Stream{.seed = seed}, std::vector<std::uint32_t>{0, 1, 2, 3, 4});
  tape.backward(mean(net.second(net.norm(net.first(tape.constant(x))))));
}

}  // namespace

TEST_CASE("batch norm: its buffers have names and first values, and do not count") {
  Net net;
  initialise(net, Seed{1});
  std::vector<std::string> names, buffers;
  walk(net, [&](const std::string& name, const auto& p) { (p.trained ? names : buffers).push_back(name); });
  CHECK(names == std::vector<std::string>{"first.weight", "first.bias", "norm.weight", "norm.bias", "second.weight",
                                          "second.bias"});
  CHECK(buffers == std::vector<std::string>{"norm.running_mean", "norm.running_var"});
  CHECK(numbers(net.norm.weight) == std::vector<double>(3, 1));
  CHECK(numbers(net.norm.bias) == std::vector<double>(3, 0));
  CHECK(numbers(net.norm.running_mean) == std::vector<double>(3, 0));
  CHECK(numbers(net.norm.running_var) == std::vector<double>(3, 1));
  CHECK(count_parameters(net) == 4 * 3 + 3 + 2 * 3 + 3 * 2 + 2);
}

TEST_CASE("flat parameters: buffers stand behind what is trained, in the order of their names among themselves") {
  Net net;
  initialise(net, Seed{1});
  FlatParameters<B> flat(net);
  CHECK(flat.size() < flat.extent());
  CHECK(flat.values().size() == flat.extent());
  std::size_t i = 0;
  walk(net, [&](const std::string& name, const Parameter<B>& p) {
    const auto& part = flat.parts()[i++];
    CHECK(part.name == name);
    CHECK(part.trained == p.trained);
    CHECK((part.offset >= flat.size()) == !p.trained);
    CHECK(part.offset % 8 == 0);
    CHECK(p.value.data() == flat.values().data() + part.offset);
  });
  fill(B{}, flat.size(), 7, flat.values().data());
  CHECK(numbers(net.second.bias) == std::vector<double>(2, 7));
  CHECK(numbers(net.norm.running_var) == std::vector<double>(3, 1));
}

TEST_CASE("flat parameters: buffers move by the mean of what the passes want, and by nothing once it is zeroed") {
  Net net;
  initialise(net, Seed{1});
  FlatParameters<B> flat(net);
  flat.attach_gradients(net);
  const auto after = [&](std::initializer_list<unsigned> seeds) {
    flat.zero_gradients();
    for (const unsigned seed : seeds) pass(net, seed);
    return download<double>(net.norm.running_mean.grad);
  };
  const auto one = after({1}), two = after({2}), both = after({1, 2});
  for (std::size_t c = 0; c < 3; ++c) CHECK(both[c] == doctest::Approx(one[c] + two[c]));
  flat.move_buffers(0.5);
  for (std::size_t c = 0; c < 3; ++c) CHECK(numbers(net.norm.running_mean)[c] == doctest::Approx(0.5 * both[c]));
  const auto here = numbers(net.norm.running_var), weights = numbers(net.first.weight);
  CHECK(here != std::vector<double>(3, 1));
  CHECK(numbers(net.norm.weight) == std::vector<double>(3, 1));  // move_buffers moves nothing else
  after({});
  flat.move_buffers(1);
  CHECK(numbers(net.norm.running_var) == here);
  CHECK(numbers(net.first.weight) == weights);
}

TEST_CASE("flat parameters: averaged buffers are those of another network, less and less") {
  Net net, slow = net;
  initialise(net, Seed{1});
  FlatParameters<B> flat(net), lagging(slow);
  fill(B{}, flat.extent(), 3, flat.values().data());
  fill(B{}, flat.extent(), 1, lagging.values().data());
  lagging.average_buffers(flat, 0.75);
  CHECK(numbers(slow.norm.running_mean) == std::vector<double>(3, 1.5));
  CHECK(numbers(slow.first.bias) == std::vector<double>(3, 1));
  lagging.average_buffers(flat, 0);
  CHECK(numbers(slow.norm.running_var) == std::vector<double>(3, 3));
}

TEST_CASE("flat parameters: an optimizer with weight decay sees no buffer, nor does the norm of the gradient") {
  Net net;
  initialise(net, Seed{1});
  FlatParameters<B> flat(net);
  flat.attach_gradients(net);
  pass(net, 1);
  const auto before = numbers(net.norm.running_var), bias = numbers(net.first.bias);
  std::vector<Tensor<B>> moments{flat.zeros(), flat.zeros()};
  AdamW{.rate = 0.1, .decay = 0.5}(Update<B>{.size = flat.size()}, flat.values(), flat.gradients(), moments);
  CHECK(numbers(net.first.bias) != bias);
  CHECK(numbers(net.norm.running_var) == before);
  double trained = 0, buffers = 0;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    (p.trained ? trained : buffers) += sum_of_squares(B{}, p.grad.size(), p.grad.data());
  });
  CHECK(buffers > 0);
  CHECK(sum_of_squares(B{}, flat.size(), std::as_const(flat).gradients().data()) == doctest::Approx(trained));
}

TEST_CASE("flat parameters: a network without buffers has none to move") {
  nn::Linear<B> layer(B{}, 4, 3);
  initialise(layer, Seed{1});
  FlatParameters<B> flat(layer);
  CHECK(flat.size() == flat.extent());
  flat.attach_gradients(layer);
  const auto before = numbers(layer.weight);
  flat.move_buffers(1);
  flat.average_buffers(flat, 0.5);
  CHECK(numbers(layer.weight) == before);
}
