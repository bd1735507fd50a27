#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hush/cpu/kernels.hpp>

#include <hush/nn/cross_attention.hpp>
#include <hush/nn/walk.hpp>
#include <ops/inputs.hpp>

using namespace hush;
using B = Cpu<double>;
using V = Tensor<B>;

namespace {

/// softmax(scale q k^T) v over the keys that are there, head by head, as the equation reads.
std::vector<double> by_hand(const V& q, const V& k, const V& v, int heads, double scale, const V& mask) {
  const Shape &s = q.shape(), &t = k.shape(), &u = v.shape();
  const std::int64_t width = s[2] / heads, value_width = u[2] / heads;
  const auto a = download<double>(q), b = download<double>(k), c = download<double>(v), there = download<double>(mask);
  std::vector<double> y(std::size_t(s[0] * s[1] * u[2]));
  for (std::int64_t n = 0; n < s[0]; ++n)
    for (std::int64_t h = 0; h < heads; ++h)
      for (std::int64_t i = 0; i < s[1]; ++i) {
        std::vector<double> weights;
        double total = 0;
        for (std::int64_t j = 0; j < t[1]; ++j) {
          double dot = 0;
          for (std::int64_t d = 0; d < width; ++d)
            dot += a[std::size_t((n * s[1] + i) * s[2] + h * width + d)] *
                   b[std::size_t((n * t[1] + j) * t[2] + h * width + d)];
          weights.push_back(there[std::size_t(n * t[1] + j)] * std::exp(scale * dot));
          total += weights.back();
        }
        for (std::int64_t j = 0; j < t[1]; ++j)
          for (std::int64_t d = 0; d < value_width; ++d)
            y[std::size_t((n * s[1] + i) * u[2] + h * value_width + d)] +=
                weights[std::size_t(j)] / total * c[std::size_t((n * t[1] + j) * u[2] + h * value_width + d)];
      }
  return y;
}

const V mask = upload(B{}, {2, 5}, std::span<const double>(std::vector<double>{1, 0, 1, 1, 0, 0, 0, 0, 1, 0}));

}  // namespace

TEST_CASE("masked attention: it is the softmax over the keys that are there") {
  const V q = input({2, 3, 4}, 1), k = input({2, 5, 4}, 2), v = input({2, 5, 6}, 3);
  const auto found = download<double>(nn::masked_attention(q, k, v, 2, 0.7, mask));
  const auto wanted = by_hand(q, k, v, 2, 0.7, mask);
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(1e-12));
}

TEST_CASE("masked attention: with all keys there it is attention, bit for bit, and with none there all count alike") {
  const V q = input({2, 3, 4}, 1), k = input({2, 5, 4}, 2), v = input({2, 5, 4}, 3);
  const auto plain = download<double>(attention(q, k, v, 2, 0.5));
  CHECK(download<double>(nn::masked_attention(q, k, v, 2, 0.5, filled(B{}, {2, 5}, 1))) == plain);
  const auto none = download<double>(nn::masked_attention(q, k, v, 2, 0.5, filled(B{}, {2, 5}, 0)));
  for (std::size_t i = 0; i < plain.size(); ++i) CHECK(none[i] == doctest::Approx(plain[i]).epsilon(1e-10));
}

TEST_CASE("masked attention: its gradients are those of finite differences, and none reach what is not there") {
  V q = input({2, 2, 4}, 1), k = input({2, 5, 4}, 2), v = input({2, 5, 4}, 3);
  const auto masked = [](const auto& a, const auto& b, const auto& c) {
    return nn::masked_attention(a, b, c, 2, 0.6, constant_like(a, mask));
  };
  CHECK(gradient_error(masked, q, k, v).worst <= 1);
  Tape<B> tape;
  const auto values = tape.variable(v);
  const auto y = masked(tape.variable(q), tape.variable(k), values);
  tape.backward(y, filled(B{}, y.shape(), 1));
  const auto gradient = download<double>(tape.gradient(values)), there = download<double>(mask);
  for (std::size_t i = 0; i < gradient.size(); ++i) CHECK((std::abs(gradient[i]) > 1e-100) == (there[i / 4] == 1));
}

TEST_CASE("masked attention: shapes that do not fit are refused in words") {
  const V q = input({2, 3, 4}, 1), k = input({2, 5, 4}, 2);
  CHECK_THROWS_WITH_AS(nn::masked_attention(q, k, k, 2, 1, filled(B{}, {2, 3}, 1)),
                       "[masked_attention] keys [2, 5, 4] want a mask [2, 5], got [2, 3]", std::invalid_argument);
  CHECK_THROWS_WITH_AS(nn::masked_attention(q, k, k, 3, 1, mask),
                       "[masked_attention] queries [2, 3, 4] and keys [2, 5, 4] do not fall into 3 heads",
                       std::invalid_argument);
}

TEST_CASE("cross attention: it projects, attends, projects and adds; only the last layer has a bias") {
  nn::CrossAttention<B> layer(B{}, 6, 3, 2, 2);
  std::uint32_t seed = 10;
  std::vector<std::string> names;
  walk(layer, [&](const std::string& name, Parameter<B>& p) {
    p.value = input(p.value.shape(), seed++);
    names.push_back(name);
  });
  CHECK(names == std::vector<std::string>{"q.weight", "k.weight", "v.weight", "out.weight", "out.bias"});
  const V x = input({2, 4, 6}, 1), context = input({2, 5, 3}, 2);
  const auto wanted = download<double>(
      x + layer.out(nn::masked_attention(layer.q(x), layer.k(context), layer.v(context), 2, std::sqrt(0.5), mask)));
  CHECK(download<double>(layer.onto<V>(x, x, context, mask)) == wanted);
  CHECK(download<double>(layer.onto(x, x, context)) != wanted);
}
