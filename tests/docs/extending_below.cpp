// What docs/extending.md writes below the policies: a kernel, an op, an observer, features, a backend.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <hush/core.hpp>
#include <limits>
#include <memory>
#include <vector>

#include "tiny.hpp"

using namespace hush;

namespace {

// [kernel]
/// y = ln(1 + e^x), for n numbers.
template <class T>
void softplus(const Cpu<T>& on, std::int64_t n, const T* x, T* y) {
  constexpr std::int64_t block = 4096;
  parallel(on, (n + block - 1) / block, [&](std::int64_t part) {
    for (std::int64_t i = part * block; i < std::min(n, (part + 1) * block); ++i)
      y[i] = std::max(x[i], T(0)) + std::log1p(std::exp(-std::abs(x[i])));
  });
}
/// dx = dy / (1 + e^-x).
template <class T>
void softplus_backward(const Cpu<T>& on, std::int64_t n, const T* dy, const T* x, T* dx) {
  constexpr std::int64_t block = 4096;
  parallel(on, (n + block - 1) / block, [&](std::int64_t part) {
    for (std::int64_t i = part * block; i < std::min(n, (part + 1) * block); ++i) dx[i] = dy[i] / (1 + std::exp(-x[i]));
  });
}
// [/kernel]

// [op]
struct Softplus {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    Tensor<B> y = empty_like(x);
    softplus(x.on(), x.size(), x.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x) const {
    return Recorded{forward(x), std::tuple{x}};  // backward is given x
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Tensor<B>& x) const {
    Tensor<B> dx = empty_like(x);
    softplus_backward(x.on(), x.size(), dy.data(), x.data(), dx.data());
    return {dx};
  }
};

/// ln(1 + e^x), any shape.
template <Value V>
V softplus(const V& x) {
  return hush::apply(Softplus{}, x);
}
// [/op]

// [observer]
/// Remembers the epoch whose validation loss was the smallest.
struct Best {
  double loss = std::numeric_limits<double>::infinity();
  std::int64_t number = -1;
  void epoch(const auto&, const EpochReport& report) {
    if (report.validation_loss >= loss) return;
    loss = report.validation_loss;
    number = report.epoch;
  }
};
// [/observer]

// [features]
/// Mean and standard deviation of an image's pixels, [n, 2].
struct MeanAndSpread {
  metrics::FeatureSet operator()(const Images<float>& images) const {
    std::vector<double> values;
    for (std::int64_t i = 0; i < images.count; ++i) {
      double sum = 0, squares = 0;
      for (const float v : images[i]) {
        sum += v;
        squares += double(v) * v;
      }
      const double mean = sum / double(images.stride());
      values.push_back(mean);
      values.push_back(std::sqrt(std::max(0., squares / double(images.stride()) - mean * mean)));
    }
    return {images.count, 2, std::move(values)};
  }
};
static_assert(metrics::Features<MeanAndSpread>);
// [/features]

// [backend]
/// The CPU backend, counting the numbers that its tensors allocate.
struct Counted : Cpu<float> {
  using full = Counted;
  static inline std::int64_t numbers = 0;

  Counted in_full() const { return *this; }
  template <class U>
  std::shared_ptr<U[]> allocate(std::int64_t count) const {
    numbers += count;
    return Cpu<float>::allocate<U>(count);
  }
};
static_assert(Backend<Counted>);
// [/backend]

}  // namespace

TEST_CASE("extending: an op of one's own has the gradient that finite differences have") {
  using D = Cpu<double>;
  auto x = upload(D{}, {2, 3}, std::span<const double>(std::vector<double>{-40, -1, -.1, 0, 2, 30}));
  const GradientError error = gradient_error([](const auto& v) { return softplus(v); }, x);
  CHECK_MESSAGE(error.worst < 1, error);
  CHECK(download<double>(softplus(x))[3] == doctest::Approx(std::log(2)));
}

TEST_CASE("extending: an observer sees each epoch, and the smallest validation loss is one of them") {
  auto net = tiny::net();
  const tiny::Squares data;
  Best best;
  const auto trained =
      train(tiny::process, net, Adam{.rate = 1e-3}, data, {.epochs = 3, .batch = 4, .validation = data}, best);
  REQUIRE(best.number >= 0);
  for (const EpochReport& report : trained.epochs) CHECK(report.validation_loss >= best.loss);
  CHECK(trained.epochs[std::size_t(best.number)].validation_loss == best.loss);
}

TEST_CASE("extending: a distance over features of one's own") {
  const Images<float> dark(3, 1, 2, 1, {-1, -.9f, -.8f, -.9f, -1, -1}), light(3, 1, 2, 1, {1, .9f, .8f, .9f, 1, 1});
  CHECK(metrics::frechet(MeanAndSpread{}(dark), MeanAndSpread{}(dark)) == doctest::Approx(0));
  CHECK(metrics::frechet(MeanAndSpread{}(dark), MeanAndSpread{}(light)) > 3);
}

TEST_CASE("extending: a backend that counts computes what the CPU does") {
  const auto squared = []<class B>(const B& on) {
    const auto x = upload(on, {2, 2}, std::span<const double>(std::vector<double>{1, 2, 3, 4}));
    return download<float>(silu(x * x));
  };
  Counted::numbers = 0;
  CHECK(squared(Counted{}) == squared(Cpu<float>{}));
  CHECK(Counted::numbers == 12);  // x, its square, and what silu makes of it
}
