#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <hush/autograd/gradient_error.hpp>
#include <hush/backbones/with_embedding.hpp>
#include <hush/conditionings/class_label.hpp>
#include <hush/conditionings/multi_hot.hpp>
#include <hush/cpu/attention.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/embeddings/label_tokens.hpp>
#include <hush/nn/flat_parameters.hpp>
#include <hush/nn/linear.hpp>
#include <hush/ops/attention.hpp>
#include <hush/ops/reshape.hpp>
#include <hush/process.hpp>

#include "../thrown.hpp"

using namespace hush;

namespace {

using B = Cpu<double>;
const MultiHot labels{.labels = 3};

/// Attention of each pixel over the tokens that there are, without weights: a masked token gets none, as its key has a
/// channel more, of -1e4, which the query's 1 meets.
struct Attending {
  using backend = B;
  Ports wanted;
  ImageSize image() const { return {2, 2, 2}; }
  Ports ports() const { return wanted; }
  B on() const { return {}; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    check_input("Attending", *this, input);
    const std::int64_t n = input.image.shape()[0], tokens = wanted.tokens;
    const auto constant = [&](const Shape& shape, double number) {
      return constant_like(input.image, filled(B{}, shape, number));
    };
    const V mask = *input.token_mask - constant({n, tokens}, 1);
    const V keys = concat(*input.tokens, reshape(1e4 * mask, {n, tokens, 1}));
    const V queries = concat(reshape(input.image, {n, 4, 2}), constant({n, 4, 1}, 1));
    return reshape(attention(queries, keys, *input.tokens, 1, 1), {n, 2, 2, 2});
  }
};

using Net = WithEmbedding<Attending, LabelTokens<B>>;
static_assert(Backbone<Net>);

Net network() {
  const LabelTokens<B> tokens({.width = 2}, labels.ports(), Seed{4});
  return {labels.ports(), Attending{tokens.network_ports(labels.ports())}, tokens};
}

Input<Tensor<B>> input_of(const LabelSets& given) {
  const auto n = std::int64_t(given.sets.size());
  std::vector<double> pixels;
  for (std::int64_t i = 0; i < 8 * n; ++i) pixels.push_back(std::sin(double(i)));
  Input<Tensor<B>> input{upload(B{}, {n, 2, 2, 2}, std::span<const double>(pixels)), filled(B{}, {n}, 0)};
  labels.add_to(labels.prepare(B{}, given, {0, n}, {.split = NoiseKey::sampling}), input);
  return input;
}

}  // namespace

TEST_CASE("label tokens: a token a label and one for none, the same for all images; the mask says which there are") {
  const LabelTokens<B> tokens({.width = 2}, labels.ports(), Seed{4});
  CHECK(tokens.network_ports({.extra_channels = 1, .label_dim = 3}) ==
        Ports{.extra_channels = 1, .tokens = 4, .token_dim = 2});
  CHECK(count_parameters(tokens) == 4 * 2);
  const auto embedded = tokens(input_of({{{0, 2}, {}}}));
  CHECK(embedded.tokens->shape() == Shape{2, 4, 2});
  const auto table = download<double>(tokens.table.value), all = download<double>(*embedded.tokens);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == table[i % 8]);
  CHECK(download<double>(*embedded.token_mask) == std::vector<double>{1, 0, 1, 1, 0, 0, 0, 1});
  CHECK_FALSE(embedded.labels.has_value());
}

TEST_CASE(
    "label tokens: a network sees those that there are, in no order, and the last one alone where labels are none") {
  Net net = network();
  const auto said = [&](const LabelSets& given) { return download<double>(net(input_of(given))); };
  const auto before = said({{{0, 2}}});
  CHECK(before == said({{{2, 0}}}));
  CHECK(before != said({{{0, 1}}}));
  Tensor<B> absent = net.embedding.table.value.part(2, {2});
  fill(B{}, 2, 9, absent.data());
  CHECK(said({{{0, 2}}}) == before);

  auto input = input_of({{{0, 2}}});
  labels.set_null(input);
  const auto null = download<double>(net(input)), table = download<double>(net.embedding.table.value);
  for (std::size_t i = 0; i < null.size(); ++i) CHECK(null[i] == doctest::Approx(table[6 + i % 2]));
}

TEST_CASE("label tokens: the table learns, of the labels that there are and of none") {
  Net net = network();
  auto given = input_of({{{0, 2}, {0}}});
  Parameter<B>& table = net.embedding.table;
  const GradientError error = gradient_error(
      [&](const auto& image, const Parameter<B>&) {
        using V = std::decay_t<decltype(image)>;
        return net(Input<V>{image, given.noise_labels, constant_like(image, *given.labels)});
      },
      given.image, table);
  INFO(error);
  CHECK(error.worst <= 1);
  Tape<B> tape;
  tape.backward(net(on_tape(tape, given)), given.image);
  const auto gradient = download<double>(table.grad);
  REQUIRE(gradient.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) CHECK((std::abs(gradient[i]) > 1e-100) == (i / 2 != 1));
}

TEST_CASE("label tokens: what cannot be is refused in words") {
  const auto said = [](LabelTokensConfig config, const Ports& ports) {
    return thrown::message([&] { LabelTokens<B>(config, ports, Seed{}); });
  };
  CHECK(said({.width = 0}, {.label_dim = 2}) == "[LabelTokens] width must be at least 1, is 0");
  CHECK(said({}, {.extra_channels = 3}) == "[LabelTokens] the process has no labels: give it MultiHot or ClassLabel");
  CHECK(said({}, {.label_dim = 2, .tokens = 4, .token_dim = 8}) ==
        "[LabelTokens] the process has 4 tokens of its own, which these would replace");
  CHECK(said({}, ClassLabel{}.ports()) == "nothing was thrown");
}
