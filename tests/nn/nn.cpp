#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <hush/core.hpp>
#include <hush/nn/attention.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/flat_parameters.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/nn/norm.hpp>
#include <hush/nn/walk.hpp>

#include "../tiny.hpp"

using namespace hush;
using B = Cpu<double>;

namespace {

struct Pair {
  nn::Conv2d<B> conv{B{}, 3, 4, {.kernel = 3, .bias = false}};
  std::vector<nn::Linear<B>> list{{B{}, 4, 2}, {B{}, 2, 5}};
  static void visit(auto& self, auto&& f) { f("conv", self.conv), f("list", self.list); }
};

}  // namespace

TEST_CASE(
    "walk: names are dotted paths, lists by index, in the order of members, and empty parameters are passed over") {
  const Pair pair;
  std::vector<std::string> names;
  walk(pair, [&](const std::string& name, const auto&) { names.push_back(name); });
  CHECK(names ==
        std::vector<std::string>{"conv.weight", "list.0.weight", "list.0.bias", "list.1.weight", "list.1.bias"});
  CHECK(count_parameters(pair) == 3 * 4 * 9 + 4 * 2 + 2 + 2 * 5 + 5);
}

TEST_CASE("initialise: normal numbers have the mean and the standard deviation that are asked for") {
  nn::Linear<B> layer(B{}, 200, 100, false);
  layer.weight.init = Init::normal(16);
  initialise(layer, Seed{3});
  double sum = 0, squares = 0, most = 0;
  const auto values = download<double>(layer.weight.value);
  for (const double v : values) {
    sum += v;
    squares += v * v;
    most = std::max(most, std::abs(v));
  }
  const double count = double(values.size());
  CHECK(std::abs(sum / count) < 4 * 16 / std::sqrt(count));
  CHECK(std::abs(squares / count / 256 - 1) < 4 * std::sqrt(2 / count));
  CHECK(most > 3 * 16);  // no uniform distribution of this deviation reaches so far
  layer.weight.init = Init::normal(16, 100);
  initialise(layer, Seed{3});
  const auto about = download<double>(layer.weight.value);
  for (std::size_t i = 0; i < about.size(); i += 997) CHECK(about[i] == doctest::Approx(values[i] + 100).epsilon(1e-6));
}

TEST_CASE("keep_constant: a network's gradient goes to its inputs alone, and is the same") {
  const Pair pair;
  const auto x = normal_images(B{}, {1, 3, 3, 3}, Stream{.seed = 1}, std::vector<std::uint32_t>{0});
  const auto input_gradient = [&](bool constant) {
    Tape<B> tape;
    if (constant) keep_constant(tape, pair);
    const auto v = tape.variable(x);
    tape.backward(sum(pair.list[1](pair.list[0](pair.conv(v)))));
    return download<double>(tape.gradient(v));
  };
  const auto kept = input_gradient(true);
  CHECK(pair.conv.weight.grad.empty());
  CHECK(pair.list[1].bias.grad.empty());
  CHECK(input_gradient(false) == kept);
  CHECK(!pair.conv.weight.grad.empty());
  Tape<B> tape;
  keep_constant(tape, pair);
  CHECK(pair.conv(tape.constant(x)).node() == -1);
}

TEST_CASE("initialise: within 1/sqrt(fan in), spread over it, and a function of seed and name") {
  Pair pair, other;
  initialise(pair, Seed{3}), initialise(other, Seed{3});
  CHECK(download<double>(pair.conv.weight.value) == download<double>(other.conv.weight.value));
  initialise(other, Seed{4});
  CHECK(download<double>(pair.conv.weight.value) != download<double>(other.conv.weight.value));
  const double bound = 1 / std::sqrt(27.0);
  double low = 0, high = 0;
  for (const double w : download<double>(pair.conv.weight.value)) {
    CHECK(std::abs(w) <= bound);
    low = std::min(low, w), high = std::max(high, w);
  }
  CHECK(low < -0.9 * bound);
  CHECK(high > 0.9 * bound);
  nn::GroupNorm<B> norm(B{}, 4, 2);
  initialise(norm, Seed{});
  CHECK(download<double>(norm.weight.value) == std::vector<double>{1, 1, 1, 1});
  CHECK(download<double>(norm.bias.value) == std::vector<double>{0, 0, 0, 0});
}

TEST_CASE("flat parameters: one buffer holds them all, aligned, and writing it writes the network") {
  Pair pair;
  initialise(pair, Seed{1});
  const auto before = download<double>(pair.list[1].bias.value);
  const Pair shared = pair;
  FlatParameters<B> flat(pair);
  CHECK(download<double>(pair.list[1].bias.value) == before);
  for (const auto& part : flat.parts()) CHECK(part.offset % 8 == 0);
  fill(B{}, flat.size(), 7, flat.values().data());
  CHECK(download<double>(pair.list[1].bias.value) == std::vector<double>(5, 7.0));
  CHECK(download<double>(shared.list[1].bias.value) == before);  // the copy made before keeps its memory
}

TEST_CASE("flat parameters: gradients arrive in the buffer and are zeroed with it") {
  Pair pair;
  initialise(pair, Seed{1});
  FlatParameters<B> flat(pair);
  flat.attach_gradients(pair);
  Tape<B> tape;
  const auto x = tape.constant(filled(B{}, {2, 4}, 1));
  tape.backward(mean(pair.list[1](pair.list[0](x))));
  CHECK(sum_of_squares(B{}, flat.size(), flat.gradients().data()) > 0);
  double direct = 0;
  walk(pair, [&](const std::string&, const auto& p) { direct += sum_of_squares(B{}, p.grad.size(), p.grad.data()); });
  CHECK(sum_of_squares(B{}, flat.size(), flat.gradients().data()) == doctest::Approx(direct));
  flat.zero_gradients();
  CHECK(sum_of_squares(B{}, pair.list[1].bias.grad.size(), pair.list[1].bias.grad.data()) == 0);
}

TEST_CASE("layers: shapes come out as their docstrings say") {
  const B on;
  const auto image = filled(on, {2, 6, 5, 4}, 0.5);
  nn::Conv2d<B> conv(on, 4, 3), down(on, 4, 3, {.options = {.stride = 2}});
  nn::GroupNorm<B> group(on, 4, 4);
  nn::LayerNorm<B> layer(on, 4);
  nn::Linear<B> linear_layer(on, 4, 7);
  nn::SelfAttention<B> attention_layer(on, 4, 3, 5);
  initialise(conv, Seed{}), initialise(down, Seed{}), initialise(group, Seed{}), initialise(layer, Seed{});
  initialise(linear_layer, Seed{}), initialise(attention_layer, Seed{});
  CHECK(conv(image).shape() == Shape{2, 6, 5, 3});
  CHECK(down(image).shape() == Shape{2, 3, 3, 3});
  CHECK(group(image).shape() == image.shape());
  CHECK(layer(image).shape() == image.shape());
  CHECK(linear_layer(image).shape() == Shape{2, 6, 5, 7});
  CHECK(attention_layer(filled(on, {2, 9, 4}, 1)).shape() == Shape{2, 9, 4});
  // Equal tokens attend equally: every token is the projection of the one value.
  const auto y = download<double>(attention_layer(filled(on, {1, 3, 4}, 1)));
  for (std::size_t i = 0; i < 4; ++i) CHECK(y[i] == doctest::Approx(y[i + 8]));
  CHECK_THROWS_WITH_AS(nn::GroupNorm<B>(on, 6, 4), "[GroupNorm] 6 channels do not fall into 4 groups",
                       std::invalid_argument);
}
