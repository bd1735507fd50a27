#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/attention.hpp>
#include <random>
#include <vector>

using hush::AttentionSizes, hush::Cpu;

namespace {

template <class T>
std::vector<T> random_numbers(std::int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& v : values) v = T(int(engine() % 2001) - 1000) / T(1000);
  return values;
}

template <class T>
struct Inputs {
  std::vector<T> q, k, v, dy;
  explicit Inputs(const AttentionSizes& s)
      : q(random_numbers<T>(s.batch * s.queries * s.heads * s.width, 1)),
        k(random_numbers<T>(s.batch * s.keys * s.heads * s.width, 2)),
        v(random_numbers<T>(s.batch * s.keys * s.heads * s.value_width, 3)),
        dy(random_numbers<T>(s.batch * s.queries * s.heads * s.value_width, 4)) {}
};

template <class T>
struct Results {
  std::vector<T> y, weights, dq, dk, dv;
  bool operator==(const Results&) const = default;
};

template <class T>
Results<T> computed(const Cpu<T>& cpu, const AttentionSizes& s, const Inputs<T>& in) {
  Results<T> r{std::vector<T>(in.dy.size()), std::vector<T>(s.batch * s.heads * s.queries * s.keys),
               std::vector<T>(in.q.size()), std::vector<T>(in.k.size()), std::vector<T>(in.v.size())};
  hush::attention(cpu, s, in.q.data(), in.k.data(), in.v.data(), r.y.data(), r.weights.data());
  hush::attention_backward(cpu, s, in.q.data(), in.k.data(), in.v.data(), r.weights.data(), in.dy.data(), r.dq.data(),
                           r.dk.data(), r.dv.data());
  return r;
}

/// The definition, one query at a time.
template <class T>
Results<double> expected(const AttentionSizes& s, const Inputs<T>& in) {
  Results<double> r{std::vector<double>(in.dy.size()), std::vector<double>(s.batch * s.heads * s.queries * s.keys),
                    std::vector<double>(in.q.size()), std::vector<double>(in.k.size()),
                    std::vector<double>(in.v.size())};
  for (std::int64_t n = 0; n < s.batch; ++n)
    for (std::int64_t h = 0; h < s.heads; ++h)
      for (std::int64_t i = 0; i < s.queries; ++i) {
        const std::int64_t q = ((n * s.queries + i) * s.heads + h) * s.width;
        const std::int64_t y = ((n * s.queries + i) * s.heads + h) * s.value_width;
        const auto key = [&](std::int64_t j) { return ((n * s.keys + j) * s.heads + h) * s.width; };
        const auto value = [&](std::int64_t j) { return ((n * s.keys + j) * s.heads + h) * s.value_width; };
        double* w = r.weights.data() + ((n * s.heads + h) * s.queries + i) * s.keys;
        double top = -1e300, total = 0, mean = 0;
        for (std::int64_t j = 0; j < s.keys; ++j) {
          for (std::int64_t c = 0; c < s.width; ++c) w[j] += s.scale * double(in.q[q + c]) * double(in.k[key(j) + c]);
          top = std::max(top, w[j]);
        }
        for (std::int64_t j = 0; j < s.keys; ++j) total += w[j] = std::exp(w[j] - top);
        std::vector<double> dw(s.keys);
        for (std::int64_t j = 0; j < s.keys; ++j) {
          w[j] /= total;
          for (std::int64_t c = 0; c < s.value_width; ++c) {
            r.y[y + c] += w[j] * double(in.v[value(j) + c]);
            r.dv[value(j) + c] += w[j] * double(in.dy[y + c]);
            dw[j] += double(in.dy[y + c]) * double(in.v[value(j) + c]);
          }
          mean += w[j] * dw[j];
        }
        for (std::int64_t j = 0; j < s.keys; ++j)
          for (std::int64_t c = 0; c < s.width; ++c) {
            r.dq[q + c] += s.scale * w[j] * (dw[j] - mean) * double(in.k[key(j) + c]);
            r.dk[key(j) + c] += s.scale * w[j] * (dw[j] - mean) * double(in.q[q + c]);
          }
      }
  return r;
}

template <class T>
void close_to(const std::vector<T>& a, const std::vector<double>& b) {
  double worst = 0, scale = 1e-30;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double error = std::abs(double(a[i]) - b[i]);
    worst = std::isnan(error) ? 1e30 : std::max(worst, error);
    scale = std::max(scale, std::abs(b[i]));
  }
  CHECK(worst / scale < (sizeof(T) == 4 ? 1e-5 : 1e-13));
}

}  // namespace

TEST_CASE_TEMPLATE("attention: forward and gradients agree with the definition", T, float, double) {
  for (const AttentionSizes& s :
       {AttentionSizes{1, 1, 1, 1, 1, 1, 1.0}, AttentionSizes{2, 16, 16, 4, 32, 32, std::sqrt(1 / 32.0)},
        AttentionSizes{3, 7, 5, 2, 9, 11, 3.0}, AttentionSizes{1, 150, 67, 3, 8, 8, 2.5},
        AttentionSizes{2, 4, 33, 1, 65, 3, 0.5}, AttentionSizes{1, 1000, 20, 1, 5, 40, 1.0}}) {
    INFO(s.batch, " x ", s.queries, " x ", s.keys, ", heads ", s.heads, ", widths ", s.width, " ", s.value_width);
    const Inputs<T> in(s);
    const auto r = computed<T>({2}, s, in);
    const auto e = expected(s, in);
    close_to(r.y, e.y);
    close_to(r.weights, e.weights);
    close_to(r.dq, e.dq);
    close_to(r.dk, e.dk);
    close_to(r.dv, e.dv);
    std::vector<T> y(r.y.size());
    hush::attention(Cpu<T>{1}, s, in.q.data(), in.k.data(), in.v.data(), y.data(), static_cast<T*>(nullptr));
    CHECK(y == r.y);  // weights that are not kept change nothing
    Results<T> again = r;
    hush::attention_backward(Cpu<T>{2}, s, in.q.data(), in.k.data(), in.v.data(), static_cast<const T*>(nullptr),
                             in.dy.data(), again.dq.data(), again.dk.data(), again.dv.data());
    CHECK(again == r);
    if (s.width != s.value_width) continue;
    std::vector<T> over = in.q;
    hush::attention(Cpu<T>{2}, s, over.data(), in.k.data(), in.v.data(), over.data(), static_cast<T*>(nullptr));
    CHECK(over == r.y);  // the result may take the place of the queries
  }
}

TEST_CASE_TEMPLATE("attention: weights sum to one and logits of any size do not overflow", T, float, double) {
  const AttentionSizes s{1, 6, 37, 2, 4, 4, 1e8};
  Inputs<T> in(s);
  auto r = computed<T>({1}, s, in);
  for (std::size_t row = 0; row < 12; ++row) {
    double total = 0;
    for (std::size_t j = 0; j < 37; ++j) {
      const double w = double(r.weights[row * 37 + j]);
      CHECK(w >= 0);
      total += w;
    }
    CHECK(total == doctest::Approx(1).epsilon(1e-6));
  }
  for (T v : r.y) CHECK(std::abs(v) <= T(1.001));
  for (const auto* gradient : {&r.dq, &r.dk, &r.dv})
    for (T v : *gradient) CHECK(std::isfinite(v));
}

TEST_CASE("attention: equal keys share the weight equally") {
  const AttentionSizes s{1, 3, 5, 1, 4, 2, 1.0};
  Inputs<double> in(s);
  std::fill(in.k.begin(), in.k.end(), 0.3);
  const auto r = computed<double>({1}, s, in);
  for (double w : r.weights) CHECK(w == doctest::Approx(0.2).epsilon(1e-14));
}

TEST_CASE("attention: an image's result is the same to the last bit in any batch, for any number of threads") {
  const AttentionSizes all{16, 20, 20, 2, 24, 24, 0.2};
  const Inputs<float> in(all);
  const auto whole = computed<float>({1}, all, in);
  for (int threads : {2, 4}) CHECK(computed<float>({threads}, all, in) == whole);
  for (std::int64_t batch : {1, 3}) {
    auto some = all;
    some.batch = batch;
    const auto cut = [&](const std::vector<float>& v) {
      const auto one = std::ptrdiff_t(v.size()) / 16;
      return std::vector<float>(v.begin() + 5 * one, v.begin() + (5 + batch) * one);
    };
    Inputs<float> part(some);
    part.q = cut(in.q), part.k = cut(in.k), part.v = cut(in.v), part.dy = cut(in.dy);
    const auto r = computed<float>({2}, some, part);
    CHECK(r.y == cut(whole.y));
    CHECK(r.dq == cut(whole.dq));
    CHECK(r.dk == cut(whole.dk));
    CHECK(r.dv == cut(whole.dv));
  }
}

TEST_CASE("attention: empty batches, queries and keys") {
  float none = 7;
  for (const AttentionSizes& s : {AttentionSizes{0, 4, 4, 2, 8, 8, 1.0}, AttentionSizes{2, 0, 4, 2, 8, 8, 1.0}}) {
    Inputs<float> in(s);
    std::vector<float> dk(in.k.size(), 7), dv(in.v.size(), 7);
    hush::attention(Cpu<float>{}, s, in.q.data(), in.k.data(), in.v.data(), &none, static_cast<float*>(nullptr));
    hush::attention_backward(Cpu<float>{}, s, in.q.data(), in.k.data(), in.v.data(), static_cast<const float*>(nullptr),
                             in.dy.data(), &none, dk.data(), dv.data());
    CHECK(none == 7);
    CHECK(dk == std::vector<float>(dk.size(), 0));  // no query pulls at any key
    CHECK(dv == std::vector<float>(dv.size(), 0));
  }
  const AttentionSizes s{2, 3, 0, 1, 4, 4, 1.0};  // nothing to look at: zero
  Inputs<float> in(s);
  std::vector<float> y(in.dy.size(), 7);
  hush::attention(Cpu<float>{}, s, in.q.data(), in.k.data(), in.v.data(), y.data(), static_cast<float*>(nullptr));
  CHECK(y == std::vector<float>(y.size(), 0));
}
