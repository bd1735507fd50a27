#include <doctest/doctest.h>

#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/conv2d_weight.hpp>
#include <hush/cpu/indirection.hpp>
#include <numeric>
#include <random>
#include <vector>

using hush::Conv2dSizes, hush::Cpu;

namespace {

template <class T>
std::vector<T> random_numbers(std::int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& v : values) v = T(int(engine() % 2001) - 1000) / T(1000);
  return values;
}

std::int64_t x_size(const Conv2dSizes& s) { return s.batch * s.height * s.width * s.in; }
std::int64_t w_size(const Conv2dSizes& s) { return s.out * s.kernel_h * s.kernel_w * s.in; }
std::int64_t y_size(const Conv2dSizes& s) { return s.batch * s.out_height * s.out_width * s.out; }

/// Calls f(x index, weight index, y index) for every product of a convolution.
template <class F>
void every_product(const Conv2dSizes& s, const F& f) {
  for (std::int64_t n = 0; n < s.batch; ++n)
    for (std::int64_t h = 0; h < s.out_height; ++h)
      for (std::int64_t w = 0; w < s.out_width; ++w)
        for (std::int64_t kh = 0; kh < s.kernel_h; ++kh)
          for (std::int64_t kw = 0; kw < s.kernel_w; ++kw) {
            const std::int64_t ih = h * s.stride - s.pad_top + kh, iw = w * s.stride - s.pad_left + kw;
            if (ih < 0 || ih >= s.height || iw < 0 || iw >= s.width) continue;
            for (std::int64_t o = 0; o < s.out; ++o)
              for (std::int64_t i = 0; i < s.in; ++i)
                f(((n * s.height + ih) * s.width + iw) * s.in + i, ((o * s.kernel_h + kh) * s.kernel_w + kw) * s.in + i,
                  ((n * s.out_height + h) * s.out_width + w) * s.out + o);
          }
}

/// The greatest difference, relative to the greatest value.
template <class T>
double difference(const std::vector<T>& a, const std::vector<double>& b) {
  double worst = 0, scale = 1e-30;
  for (std::size_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::abs(double(a[i]) - b[i]));
    scale = std::max(scale, std::abs(b[i]));
    if (!(double(a[i]) == double(a[i]))) return 1e30;
  }
  return worst / scale;
}

template <class T>
struct Results {
  std::vector<T> y, dx, dw, db;
  bool operator==(const Results&) const = default;
};

template <class T>
Results<T> computed(const Cpu<T>& cpu, const Conv2dSizes& s, const std::vector<T>& x, const std::vector<T>& w,
                    const std::vector<T>& b, const std::vector<T>& dy) {
  const T poison = std::numeric_limits<T>::quiet_NaN();  // nothing may be left unwritten
  Results<T> r{std::vector<T>(y_size(s), poison), std::vector<T>(x_size(s), poison), std::vector<T>(w_size(s), poison),
               std::vector<T>(s.out, poison)};
  hush::conv2d(cpu, s, x.data(), w.data(), b.data(), r.y.data());
  hush::conv2d_backward_input(cpu, s, dy.data(), w.data(), r.dx.data());
  hush::conv2d_backward_weight(cpu, s, x.data(), dy.data(), r.dw.data(), r.db.data());
  return r;
}

template <class T>
void compare(const Conv2dSizes& s) {
  INFO(s.batch, " x ", s.height, " x ", s.width, ", ", s.in, " -> ", s.out, ", kernel ", s.kernel_h, " x ", s.kernel_w,
       ", stride ", s.stride, ", pads ", s.pad_top, " ", s.pad_left);
  const auto x = random_numbers<T>(x_size(s), 1), w = random_numbers<T>(w_size(s), 2), b = random_numbers<T>(s.out, 3),
             dy = random_numbers<T>(y_size(s), 4);
  std::vector<double> y(y_size(s)), dx(x_size(s)), dw(w_size(s)), db(s.out);
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] = double(b[i % std::size_t(s.out)]);
    db[i % std::size_t(s.out)] += double(dy[i]);
  }
  every_product(s, [&](std::int64_t i, std::int64_t k, std::int64_t o) {
    y[o] += double(x[i]) * double(w[k]);
    dx[i] += double(dy[o]) * double(w[k]);
    dw[k] += double(x[i]) * double(dy[o]);
  });
  const auto r = computed<T>({2}, s, x, w, b, dy);
  const double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-13;
  CHECK(difference(r.y, y) < tolerance);
  CHECK(difference(r.dx, dx) < tolerance);
  CHECK(difference(r.dw, dw) < tolerance);
  CHECK(difference(r.db, db) < tolerance);
}

void compare_both(const Conv2dSizes& s) {
  compare<float>(s);
  compare<double>(s);
}

Conv2dSizes same(std::int64_t batch, std::int64_t height, std::int64_t width, std::int64_t in, std::int64_t out,
                 std::int64_t kernel, std::int64_t stride = 1) {
  return hush::conv2d_sizes(batch, height, width, in, out, kernel, kernel, stride,
                            {(kernel - 1) / 2, (kernel - 1) / 2, kernel / 2, kernel / 2});
}

}  // namespace

TEST_CASE("conv2d: every kernel size and stride agrees with plain loops") {
  for (std::int64_t kernel = 1; kernel <= 7; ++kernel)
    for (std::int64_t stride : {1, 2, 3}) compare_both(same(2, 9, 11, 5, 7, kernel, stride));
  compare_both(same(13, 4, 4, 17, 33, 3));
  compare_both(same(13, 4, 4, 17, 33, 3, 2));
}

TEST_CASE("conv2d: any number of channels agrees with plain loops") {
  for (auto [in, out] : {std::pair<int, int>{1, 1},
                         {1, 64},
                         {64, 1},
                         {2, 31},
                         {3, 65},
                         {4, 3},
                         {65, 3},
                         {5, 48},
                         {16, 16},
                         {32, 32},
                         {33, 15},
                         {12, 40}})
    for (std::int64_t kernel : {1, 3}) {
      compare_both(same(2, 6, 5, in, out, kernel));
      compare_both(same(3, 7, 6, in, out, kernel, 2));
    }
}

TEST_CASE("conv2d: asymmetric padding and kernels that are not square agree with plain loops") {
  compare_both(hush::conv2d_sizes(2, 8, 6, 3, 5, 3, 3, 2, {0, 0, 1, 1}));
  compare_both(hush::conv2d_sizes(2, 8, 6, 6, 5, 3, 3, 2, {1, 1, 0, 0}));
  compare_both(hush::conv2d_sizes(1, 5, 9, 6, 5, 1, 4, 1, {0, 3, 0, 0}));
  compare_both(hush::conv2d_sizes(1, 5, 9, 6, 5, 5, 2, 1, {4, 0, 4, 1}));
  compare_both(hush::conv2d_sizes(2, 3, 3, 6, 5, 2, 2, 1, {3, 3, 3, 3}));  // outputs that meet no pixel at all
  compare_both(hush::conv2d_sizes(2, 5, 5, 1, 5, 2, 2, 2, {4, 3, 4, 3}));
  compare_both(hush::conv2d_sizes(2, 9, 9, 6, 5, 3, 3, 2, {0, 0, 0, 0}));  // pixels that no output meets
  compare_both(hush::conv2d_sizes(2, 9, 10, 6, 5, 1, 1, 3, {0, 0, 0, 0}));
  compare_both(hush::conv2d_sizes(2, 4, 4, 6, 5, 4, 4, 1, {0, 0, 0, 0}));
}

TEST_CASE("conv2d: images of one pixel, one row, and larger than a chunk agree with plain loops") {
  compare_both(same(30, 1, 1, 20, 40, 3));
  compare_both(same(3, 1, 40, 9, 10, 3));
  compare_both(same(2, 70, 64, 33, 40, 3));
  compare_both(same(40, 8, 8, 70, 34, 3));
  compare_both(same(3, 20, 24, 64, 40, 3, 2));
}

TEST_CASE("conv2d: large images with few channels on one side agree with plain loops") {
  for (auto [in, out] : {std::pair<int, int>{20, 1}, {17, 3}, {9, 4}, {1, 20}, {3, 17}, {2, 2}})
    for (std::int64_t kernel : {1, 2, 3, 5})
      for (std::int64_t stride : {1, 2}) compare_both(same(2, 13, 12, in, out, kernel, stride));
  compare_both(hush::conv2d_sizes(2, 14, 12, 18, 3, 3, 3, 1, {0, 0, 0, 0}));
  compare_both(hush::conv2d_sizes(2, 14, 12, 18, 3, 3, 2, 1, {2, 1, 0, 3}));
}

TEST_CASE("conv2d: without a bias nothing is added") {
  const auto s = same(2, 5, 5, 8, 9, 3);
  const auto x = random_numbers<float>(x_size(s), 1), w = random_numbers<float>(w_size(s), 2);
  std::vector<float> with(y_size(s)), without(y_size(s)), zero(9, 0.f), dw(w_size(s)), dw2(w_size(s)), db(9);
  hush::conv2d(Cpu<float>{}, s, x.data(), w.data(), zero.data(), with.data());
  hush::conv2d(Cpu<float>{}, s, x.data(), w.data(), static_cast<const float*>(nullptr), without.data());
  CHECK(with == without);
  hush::conv2d_backward_weight(Cpu<float>{}, s, x.data(), with.data(), dw.data(), db.data());
  hush::conv2d_backward_weight(Cpu<float>{}, s, x.data(), with.data(), dw2.data(), static_cast<float*>(nullptr));
  CHECK(dw == dw2);
}

TEST_CASE("conv2d: the gradients are adjoint to the forward pass") {
  for (std::int64_t stride : {1, 2}) {
    const auto s = same(3, 10, 7, 11, 13, 3, stride);
    const auto x = random_numbers<double>(x_size(s), 1), w = random_numbers<double>(w_size(s), 2),
               dy = random_numbers<double>(y_size(s), 4);
    const auto r = computed<double>({2}, s, x, w, std::vector<double>(13, 0), dy);
    const auto dot = [](const auto& a, const auto& b) {
      return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
    };
    CHECK(dot(r.y, dy) == doctest::Approx(dot(x, r.dx)).epsilon(1e-12));
    CHECK(dot(r.y, dy) == doctest::Approx(dot(w, r.dw)).epsilon(1e-12));
  }
}

TEST_CASE("conv2d: an image's result is the same to the last bit in any batch, for any number of threads") {
  for (const auto& all : {same(16, 4, 4, 20, 40, 3), same(16, 8, 8, 33, 17, 3), same(16, 11, 12, 16, 33, 3, 2),
                          same(16, 16, 16, 1, 40, 3), same(16, 10, 10, 40, 1, 1), same(16, 2, 2, 16, 16, 3),
                          same(16, 12, 13, 20, 3, 3), same(16, 9, 9, 20, 40, 3), same(16, 7, 8, 40, 100, 3)}) {
    const auto x = random_numbers<float>(x_size(all), 1), w = random_numbers<float>(w_size(all), 2),
               b = random_numbers<float>(all.out, 3), dy = random_numbers<float>(y_size(all), 4);
    const auto whole = computed<float>({1}, all, x, w, b, dy);
    for (int threads : {2, 3, 4}) CHECK(computed<float>({threads}, all, x, w, b, dy) == whole);
    for (std::int64_t batch : {1, 3, 16})
      for (std::int64_t first : {0, 5}) {
        if (first + batch > 16) continue;
        auto some = all;
        some.batch = batch;
        const auto cut = [&](const std::vector<float>& v) {
          const auto one = v.size() / 16;
          return std::vector<float>(v.begin() + first * one, v.begin() + (first + batch) * one);
        };
        const auto part = computed<float>({2}, some, cut(x), w, b, cut(dy));
        CHECK(part.y == cut(whole.y));
        CHECK(part.dx == cut(whole.dx));
      }
  }
}

TEST_CASE("conv2d: nothing happens to empty batches, and empty sums are zero") {
  auto s = same(0, 5, 5, 8, 9, 3);
  std::vector<float> w(w_size(s), 1), b(9, 2), dw(w_size(s), 7), db(9, 7), y(225, 7), x(200, 7);
  hush::conv2d(Cpu<float>{}, s, x.data(), w.data(), b.data(), y.data());
  hush::conv2d_backward_input(Cpu<float>{}, s, y.data(), w.data(), x.data());
  CHECK(y == std::vector<float>(225, 7));
  CHECK(x == std::vector<float>(200, 7));
  hush::conv2d_backward_weight(Cpu<float>{}, s, x.data(), y.data(), dw.data(), db.data());
  CHECK(dw == std::vector<float>(dw.size(), 0));
  CHECK(db == std::vector<float>(9, 0));
  s = same(1, 5, 5, 0, 9, 3);  // no input channels: the bias is left
  hush::conv2d(Cpu<float>{}, s, x.data(), w.data(), b.data(), y.data());
  CHECK(y == std::vector<float>(225, 2));
  s = same(1, 5, 5, 8, 0, 3);
  hush::conv2d_backward_input(Cpu<float>{}, s, y.data(), w.data(), x.data());
  CHECK(x == std::vector<float>(200, 0));
}

TEST_CASE("conv2d_sizes: says what is wrong") {
  CHECK_THROWS_WITH(same(1, 2, 2, 1, 1, 3, 0), "[conv2d] stride 0 is below 1");
  CHECK_THROWS_WITH(hush::conv2d_sizes(1, 2, 2, 1, 1, 5, 3, 1, {1, 1, 1, 1}),
                    "[conv2d] kernel 5 x 3 is larger than the padded image, 4 x 4");
  CHECK_THROWS_AS(hush::conv2d_sizes(1, 2, 2, 1, 1, 0, 3, 1, {}), std::invalid_argument);
  CHECK_THROWS_AS(hush::conv2d_sizes(1, 2, 2, 1, 1, 1, 1, 1, {-1, 0, 0, 0}), std::invalid_argument);
}

TEST_CASE("conv2d: onto a residual it is the sum of both, bit for bit, by every way") {
  const auto check = [](const Conv2dSizes& s, bool kept) {
    INFO(s.height, " x ", s.width, ", ", s.in, " to ", s.out, ", kernel ", s.kernel_h, ", stride ", s.stride);
    const Cpu<float> cpu{2};
    const auto x = random_numbers<float>(x_size(s), 1), w = random_numbers<float>(w_size(s), 2),
               b = random_numbers<float>(s.out, 3), past = random_numbers<float>(y_size(s), 4);
    std::vector<float> y(past.size()), alone(past.size());
    if (kept) keep_packed(cpu, w.data());
    for (const float* bias : {b.data(), static_cast<const float*>(nullptr)}) {
      hush::conv2d(cpu, s, x.data(), w.data(), bias, alone.data());
      hush::conv2d(cpu, s, x.data(), w.data(), bias, past.data(), y.data());
      for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == past[i] + alone[i]);
    }
    if (kept) drop_packed(cpu, w.data());
  };
  for (const bool kept : {false, true})  // tiles of 2 x 2, and of 4 x 4
    for (const std::int64_t out : {16, 50}) check(hush::conv2d_sizes(3, 16, 15, 20, out, 3, 3, 1, {1, 1, 1, 1}), kept);
  for (const std::int64_t out : {3, 50}) {
    check(hush::conv2d_sizes(3, 7, 6, 5, out, 3, 3, 1, {1, 1, 1, 1}), false);    // small images
    check(hush::conv2d_sizes(2, 13, 12, 5, out, 3, 3, 1, {1, 1, 1, 1}), false);  // large ones; of few columns
    check(hush::conv2d_sizes(2, 23, 24, 5, out, 3, 3, 2, {1, 1, 1, 1}), false);
    check(hush::conv2d_sizes(2, 13, 12, 5, out, 1, 1, 1, {0, 0, 0, 0}), false);
  }
}
