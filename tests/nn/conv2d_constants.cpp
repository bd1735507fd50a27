#include <doctest/doctest.h>

#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/nn/conv2d_constants.hpp>
#include <ops/inputs.hpp>

using namespace hush;

namespace {

using B = Cpu<double>;
const Conv2dOptions options[] = {
    {}, {.stride = 2, .pad = 1}, {.stride = 2, .pad = 0, .extra = {.bottom = 1, .right = 1}}, {.stride = 3, .pad = 2}};

/// constants [N, K] at every pixel behind x.
template <class T>
Tensor<Cpu<T>> beside(const Tensor<Cpu<T>>& x, const Tensor<Cpu<T>>& constants) {
  const Shape s = x.shape().with_back(constants.shape()[1]);
  std::vector<double> all;
  const auto each = download<double>(constants);
  for (std::int64_t i = 0; i < s.size(); ++i)
    all.push_back(each[std::size_t(i / (s[1] * s[2] * s[3]) * s[3] + i % s[3])]);
  return ops::Concat{}.forward(x, upload(x.on(), s, std::span<const double>(all)));
}

}  // namespace

TEST_CASE("conv2d of constants: the result and its gradients are those of the channels written out") {
  for (const Conv2dOptions& o : options)
    for (const std::int64_t k : {1, 3, 4}) {
      if (k % 2 == 0 && o.pad < 0) continue;
      const auto x = input({2, 6, 5, 3}, 1), c = input({2, 4}, 2), dy = conv2d(x, c, parameter({5, k, k, 7}, 3), {}, o);
      const auto w = parameter({5, k, k, 7}, 3), b = parameter({5}, 4);
      const auto found = download<double>(conv2d(x, c, w, b, o)),
                 wanted = download<double>(conv2d(beside(x, c), w, b, o));
      REQUIRE(found.size() == wanted.size());
      for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(1e-12));

      Tape<B> tape;
      tape.backward(conv2d(tape.constant(x), tape.constant(c), w, b, o), dy);
      Tape<B> other;
      const auto w2 = parameter({5, k, k, 7}, 3), b2 = parameter({5}, 4);
      other.backward(conv2d(other.variable(beside(x, c)), w2, b2, o), dy);
      const auto grad = download<double>(w.grad), wanted_grad = download<double>(w2.grad);
      REQUIRE(grad.size() == wanted_grad.size());
      for (std::size_t i = 0; i < grad.size(); ++i) CHECK(grad[i] == doctest::Approx(wanted_grad[i]).epsilon(1e-10));
      CHECK(download<double>(b.grad) == download<double>(b2.grad));
    }
}

TEST_CASE("conv2d of constants: gradients agree with finite differences") {
  for (const Conv2dOptions& o : options) {
    const auto conv = [&](const auto& x, const auto& c, const auto& w, const auto& b) { return conv2d(x, c, w, b, o); };
    require_gradients(conv, input({2, 5, 4, 2}, 1), input({2, 3}, 2), parameter({3, 3, 3, 5}, 3), parameter({3}, 4));
    const Parameter<B> none;
    const auto bare = [&](const auto& x, const auto& c, const auto& w) { return conv2d(x, c, w, none, o); };
    require_gradients(bare, input({1, 4, 4, 1}, 5), input({1, 1}, 6), parameter({2, 3, 3, 2}, 7));
  }
}

TEST_CASE("conv2d of constants: in float it is the exact one to 1e-5, and an image does not depend on its batch") {
  const auto x = input<float>({3, 16, 16, 3}, 1), c = input<float>({3, 64}, 2);
  const auto w = parameter<float>({32, 3, 3, 67}, 3), b = parameter<float>({32}, 4);
  const auto found = download<double>(conv2d(x, c, w, b)), wanted = download<double>(conv2d(beside(x, c), w, b));
  double largest = 0, worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    largest = std::max(largest, std::abs(wanted[i]));
    worst = std::max(worst, std::abs(found[i] - wanted[i]));
  }
  CHECK(worst < 1e-5 * largest);
  const auto alone = download<double>(conv2d(input<float>({1, 16, 16, 3}, 1), input<float>({1, 64}, 2), w, b));
  CHECK(std::equal(alone.begin(), alone.end(), found.begin()));
}

TEST_CASE("conv2d of constants: shapes that do not fit are refused in words") {
  const auto x = filled(B{1}, {2, 5, 5, 3}, 1), c = filled(B{1}, {2, 4}, 1);
  const Parameter<B> none;
  CHECK_THROWS_WITH_AS(conv2d(x, c, parameter({2, 3, 3, 5}, 1), none),
                       "[conv2d] input has 3 channels and 4 constants, weight wants 5 in all", std::invalid_argument);
  CHECK_THROWS_WITH_AS(conv2d(x, filled(B{1}, {1, 4}, 1), parameter({2, 3, 3, 7}, 1), none),
                       "[conv2d] wants images [N, H, W, C] and constants [N, K], got [2, 5, 5, 3] and [1, 4]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(conv2d(x, c, parameter({2, 3, 3, 7}, 1), parameter({3}, 1)),
                       "[conv2d] weight has 2 outputs, bias is [3]", std::invalid_argument);
}
