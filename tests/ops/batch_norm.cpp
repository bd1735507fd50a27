#include <doctest/doctest.h>

#include <cmath>

#include <hush/autograd/checkpoint.hpp>
#include <hush/cpu/batch_norm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/ops/batch_norm.hpp>
#include <ops/inputs.hpp>

using namespace hush;
using D = Cpu<double>;

namespace {

/// Running statistics [C] that are not those of any batch.
struct Running {
  Parameter<D> mean, variance;
  explicit Running(std::int64_t channels) : mean(parameter({channels}, 7)), variance(parameter({channels}, 8)) {
    for (std::int64_t c = 0; c < channels; ++c) variance.value.data()[c] = 0.5 + std::abs(variance.value.data()[c]);
  }
};

/// The numbers of one channel of x [..., C].
std::vector<double> channel(const Tensor<D>& x, std::int64_t c) {
  std::vector<double> values;
  for (std::int64_t i = c; i < x.size(); i += x.shape().back()) values.push_back(x.data()[i]);
  return values;
}
double mean_of(const std::vector<double>& x) {
  double sum = 0;
  for (const double v : x) sum += v;
  return sum / double(x.size());
}
/// The sum of squared deviations from the mean.
double squares_of(const std::vector<double>& x) {
  const double mean = mean_of(x);
  double sum = 0;
  for (const double v : x) sum += (v - mean) * (v - mean);
  return sum;
}

}  // namespace

TEST_CASE("batch_norm: gradients agree with finite differences") {
  for (const Shape& s : {Shape{1, 3, 5, 4}, Shape{2, 4, 3, 6}, Shape{3, 7, 6, 1}, Shape{1, 2, 2, 66}, Shape{2, 5, 4}}) {
    const Running running(s.back());
    const auto norm = [&](const auto& x, const auto& g, const auto& b) {
      return batch_norm(x, g, b, running.mean, running.variance, {.eps = 1e-3});
    };
    require_gradients(norm, input(s, 1), parameter({s.back()}, 2), parameter({s.back()}, 3));
  }
}

TEST_CASE("batch_norm: a Var is normalised by its batch, a Tensor by the running statistics") {
  for (const Shape& s : {Shape{3, 4, 5, 6}, Shape{2, 67, 3, 5}, Shape{4, 9}, Shape{1, 30, 300, 1}}) {
    CAPTURE(s);
    const std::int64_t channels = s.back();
    const auto x = input(s, 1);
    const auto gamma = parameter({channels}, 2), beta = parameter({channels}, 3);
    const Running running(channels);
    Tape<D> tape;
    const auto trained = batch_norm(tape.constant(x), gamma, beta, running.mean, running.variance).value();
    const auto ran = batch_norm(x, gamma, beta, running.mean, running.variance);
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto from = channel(x, c), to = channel(trained, c), also = channel(ran, c);
      const double mean = mean_of(from), variance = squares_of(from) / double(from.size());
      const double g = gamma.value.data()[c], b = beta.value.data()[c];
      const double m = running.mean.value.data()[c], v = running.variance.value.data()[c];
      for (std::size_t i = 0; i < from.size(); ++i) {
        CHECK(to[i] == doctest::Approx((from[i] - mean) / std::sqrt(variance + 1e-5) * g + b).epsilon(1e-9));
        CHECK(also[i] == doctest::Approx((from[i] - m) / std::sqrt(v + 1e-5) * g + b).epsilon(1e-9));
      }
    }
  }
}

TEST_CASE("batch_norm: what a pass wants added to the running statistics") {
  const Shape s{3, 4, 5, 6};
  const auto x = input(s, 1), more = input(s, 4);
  const auto gamma = parameter({6}, 2), beta = parameter({6}, 3);
  const Running running(6);
  const auto before_mean = download<double>(running.mean.value), before = download<double>(running.variance.value);
  const auto pass = [&](const Tensor<D>& images, bool back) {
    Tape<D> tape;
    const auto y =
        batch_norm(tape.constant(images), gamma, beta, running.mean, running.variance, {.momentum = 0.3, .eps = 0.1});
    if (back) tape.backward(y, filled(D{}, s, 1));
  };
  pass(x, false);
  CHECK(running.mean.grad.empty());  // a forward pass leaves nothing behind
  pass(x, true);
  pass(more, true);
  CHECK(download<double>(running.mean.value) == before_mean);
  CHECK(download<double>(running.variance.value) == before);
  for (std::int64_t c = 0; c < 6; ++c) {
    const auto i = std::size_t(c);
    double mean = 0, variance = 0;
    for (const auto& images : {x, more}) {
      mean += 0.3 * (mean_of(channel(images, c)) - before_mean[i]);
      variance += 0.3 * (squares_of(channel(images, c)) / 59 - before[i]);
    }
    CHECK(running.mean.grad.data()[c] == doctest::Approx(mean).epsilon(1e-10));
    CHECK(running.variance.grad.data()[c] == doctest::Approx(variance).epsilon(1e-10));
  }
}

TEST_CASE("batch_norm: constant channels have no variance, and theirs is not below 0") {
  const Running running(3);
  const auto gamma = parameter({3}, 2), beta = parameter({3}, 3);
  Tape<D> tape;
  const auto y = batch_norm(tape.constant(filled(D{}, {2, 3, 3, 3}, 7)), gamma, beta, running.mean, running.variance,
                            {.momentum = 1});
  tape.backward(y, filled(D{}, y.shape(), 1));
  for (std::int64_t c = 0; c < 3; ++c) {
    CHECK(y.value().data()[c] == doctest::Approx(beta.value.data()[c]));
    const double variance = running.variance.value.data()[c] + running.variance.grad.data()[c];
    CHECK(variance >= 0);
    CHECK(variance < 1e-15);
  }
}

TEST_CASE("batch_norm: computed twice in a checkpointed block, a batch counts once") {
  const auto gamma = parameter({4}, 2), beta = parameter({4}, 3);
  const auto changes = [&](bool twice) {
    const Running running(4);
    Tape<D> tape;
    const auto block = [&](const auto& x) { return batch_norm(x, gamma, beta, running.mean, running.variance); };
    const auto x = tape.variable(input({2, 3, 3, 4}, 1));
    tape.backward(twice ? checkpoint(block, x) : block(x), input({2, 3, 3, 4}, 5));
    auto all = download<double>(running.mean.grad);
    for (const double v : download<double>(running.variance.grad)) all.push_back(v);
    return all;
  };
  CHECK(changes(true) == changes(false));
}

TEST_CASE("batch_norm: an image's result on a Tensor is the same bits in any batch, by any number of threads") {
  const auto gamma = parameter<float>({5}, 2), beta = parameter<float>({5}, 3), mean = parameter<float>({5}, 4);
  auto variance = parameter<float>({5}, 5);
  for (std::int64_t c = 0; c < 5; ++c) variance.value.data()[c] = 1 + float(c);
  const auto run = [&](std::int64_t images, int threads) {
    return download<float>(batch_norm(input<float>({images, 29, 31, 5}, 1, threads), gamma, beta, mean, variance));
  };
  const auto one = run(1, 1), many = run(7, 3);
  CHECK(std::equal(one.begin(), one.end(), many.begin()));
  CHECK(run(7, 1) == many);
  CHECK(batch_norm(Tensor<Cpu<float>>({}, {0, 4, 4, 5}), gamma, beta, mean, variance).shape() == Shape{0, 4, 4, 5});
}

TEST_CASE("batch_norm: what makes no sense is refused in words") {
  const auto x = filled(D{1}, {2, 3, 3, 6}, 1);
  const auto p = parameter({6}, 1), q = parameter({5}, 1);
  const auto refused = [&](const auto& images, const auto& g, const auto& b, const auto& m, const auto& v,
                           BatchNormOptions options = {}) -> std::string {
    try {
      batch_norm(images, g, b, m, v, options);
    } catch (const std::invalid_argument& error) { return error.what(); }
    return "";
  };
  CHECK(refused(filled(D{1}, {6}, 1), p, p, p, p) == "[batch_norm] wants x [N, ..., C], got [6]");
  CHECK(refused(x, p, q, p, p) == "[batch_norm] input has 6 channels, gamma is [6] and beta [5]");
  CHECK(refused(x, p, p, p, q) ==
        "[batch_norm] input has 6 channels, the running mean is [6] and the running variance [5]");
  CHECK(refused(x, p, p, p, p, {.eps = 0}) == "[batch_norm] eps must be positive, is 0");
  CHECK(refused(x, p, p, p, p, {.momentum = 1.5}) == "[batch_norm] momentum must lie in [0, 1], is 1.5");
  CHECK(refused(x, p, p, p, p, {.momentum = -0.5}) == "[batch_norm] momentum must lie in [0, 1], is -0.5");
  Tape<D> tape;
  CHECK(refused(tape.constant(filled(D{1}, {1, 1, 1, 6}, 1)), p, p, p, p) ==
        "[batch_norm] training wants 2 numbers a channel or more, [1, 1, 1, 6] has 1");
  CHECK(refused(tape.constant(filled(D{1}, {0, 4, 4, 6}, 1)), p, p, p, p) ==
        "[batch_norm] training wants 2 numbers a channel or more, [0, 4, 4, 6] has 0");
  CHECK(refused(filled(D{1}, {1, 1, 1, 6}, 1), p, p, p, p).empty());
}
