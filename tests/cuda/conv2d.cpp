#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/conv2d_weight.hpp>
#include <hush/cuda/conv2d.hpp>
#include <hush/cuda/conv2d_plain.hpp>
#include <hush/cuda/rehearsal.hpp>
#include <limits>
#include <random>
#include <vector>

using hush::bf16, hush::Conv2dSizes, hush::Cpu, hush::Cuda, hush::Rehearsal;

namespace {

std::mt19937 engine{20240611};

template <class T>
std::vector<T> random_numbers(std::int64_t count) {
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& v : values) v = T(uniform(engine));
  return values;
}
template <class T>
std::vector<double> in_double(const std::vector<T>& values) {
  std::vector<double> wide;
  for (const T& v : values) wide.push_back(double(float(v)));
  return wide;
}
/// What nobody writes stays NaN.
template <class T>
std::vector<T> poison(std::int64_t count) {
  return std::vector<T>(std::size_t(count), T(std::numeric_limits<float>::quiet_NaN()));
}

template <class T>
double relative_l2(const std::vector<T>& got, const std::vector<double>& want) {
  double difference = 0, size = 1e-30;
  for (std::size_t i = 0; i < want.size(); ++i) {
    difference += std::pow(double(float(got[i])) - want[i], 2);
    size += want[i] * want[i];
  }
  return std::isnan(difference) ? 1e30 : std::sqrt(difference / size);
}

std::int64_t x_size(const Conv2dSizes& s) { return s.batch * s.height * s.width * s.in; }
std::int64_t w_size(const Conv2dSizes& s) { return s.out * s.kernel_h * s.kernel_w * s.in; }
std::int64_t y_size(const Conv2dSizes& s) { return s.batch * s.out_height * s.out_width * s.out; }

struct Members {
  explicit Members(int members) { Rehearsal::members = members; }
  ~Members() { Rehearsal::members = 1; }
};

template <class P>
void compare(const Conv2dSizes& s, bool with_bias = true, bool with_residual = false) {
  using T = typename Cuda<P, Rehearsal>::scalar;
  INFO(s.batch, " x ", s.height, " x ", s.width, ", ", s.in, " -> ", s.out, ", kernel ", s.kernel_h, " x ", s.kernel_w,
       ", stride ", s.stride, ", pads ", s.pad_top, " ", s.pad_left, ", bytes ", sizeof(T), ", team of ",
       Rehearsal::members);
  const auto x = random_numbers<T>(x_size(s)), w = random_numbers<T>(w_size(s)), b = random_numbers<T>(s.out),
             r = random_numbers<T>(y_size(s)), dy = random_numbers<T>(y_size(s));
  std::vector<double> y(y_size(s)), dx(x_size(s)), dw(w_size(s)), db(s.out);
  const auto wide_x = in_double(x), wide_w = in_double(w), wide_b = in_double(b), wide_r = in_double(r),
             wide_dy = in_double(dy);
  const Cpu<double> cpu{1};
  hush::conv2d(cpu, s, wide_x.data(), wide_w.data(), with_bias ? wide_b.data() : nullptr, y.data());
  if (with_residual)
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += wide_r[i];
  hush::conv2d_backward_input(cpu, s, wide_dy.data(), wide_w.data(), dx.data());
  hush::conv2d_backward_weight(cpu, s, wide_x.data(), wide_dy.data(), dw.data(), db.data());

  auto got_y = poison<T>(y_size(s)), got_dx = poison<T>(x_size(s)), got_dw = poison<T>(w_size(s)),
       got_db = poison<T>(s.out);
  const Cuda<P, Rehearsal> on;
  conv2d(on, s, x.data(), w.data(), with_bias ? b.data() : nullptr, with_residual ? r.data() : nullptr, got_y.data());
  conv2d_backward_input(on, s, dy.data(), w.data(), got_dx.data());
  conv2d_backward_weight(on, s, x.data(), dy.data(), got_dw.data(), with_bias ? got_db.data() : nullptr);
  const double tolerance = sizeof(T) == 4 ? 1e-5 : 4e-3;
  CHECK(relative_l2(got_y, y) < tolerance);
  CHECK(relative_l2(got_dx, dx) < tolerance);
  CHECK(relative_l2(got_dw, dw) < tolerance);
  if (with_bias) CHECK(relative_l2(got_db, db) < tolerance);
}

void compare_all(const Conv2dSizes& s) {
  compare<float>(s);
  compare<bf16>(s);
  compare<hush::tf32>(s, false);
  compare<bf16>(s, false);
  compare<float>(s, true, true);
  compare<bf16>(s, false, true);
}

Conv2dSizes same(std::int64_t batch, std::int64_t height, std::int64_t width, std::int64_t in, std::int64_t out,
                 std::int64_t kernel, std::int64_t stride = 1) {
  return hush::conv2d_sizes(batch, height, width, in, out, kernel, kernel, stride,
                            {(kernel - 1) / 2, (kernel - 1) / 2, kernel / 2, kernel / 2});
}

}  // namespace

TEST_CASE("cuda conv2d: the plain kernels agree with the CPU in double, as teams of one") {
  for (const std::int64_t kernel : {1, 2, 3, 5})
    for (const std::int64_t stride : {1, 2, 3}) compare_all(same(2, 7, 9, 5, 6, kernel, stride));
  compare_all(same(1, 1, 1, 1, 1, 1));
  compare_all(same(3, 1, 1, 7, 2, 3));
  compare_all(same(1, 1, 13, 3, 1, 3));
  compare_all(same(2, 6, 5, 1, 17, 3));
  compare_all(same(2, 6, 5, 17, 1, 1));
  compare_all(same(1, 4, 4, 33, 31, 3));
}

TEST_CASE("cuda conv2d: the plain kernels agree with the CPU in double, as teams of 32") {
  const Members team(32);
  compare_all(same(2, 7, 9, 5, 6, 3));
  compare_all(same(2, 8, 9, 5, 3, 3, 2));
  compare_all(same(1, 1, 1, 1, 1, 1));
  compare_all(same(3, 5, 3, 1, 40, 3));
}

TEST_CASE("cuda conv2d: asymmetric padding, kernels that are not square, pixels that nothing meets") {
  compare_all(hush::conv2d_sizes(2, 8, 6, 3, 5, 3, 3, 2, {0, 0, 1, 1}));
  compare_all(hush::conv2d_sizes(2, 8, 6, 6, 5, 3, 3, 2, {1, 1, 0, 0}));
  compare_all(hush::conv2d_sizes(1, 5, 9, 6, 5, 1, 4, 1, {0, 3, 0, 0}));
  compare_all(hush::conv2d_sizes(1, 5, 9, 6, 5, 5, 2, 1, {4, 0, 4, 1}));
  compare_all(hush::conv2d_sizes(2, 3, 3, 6, 5, 2, 2, 1, {3, 3, 3, 3}));
  compare_all(hush::conv2d_sizes(2, 9, 10, 6, 5, 1, 1, 3, {}));
}

TEST_CASE("cuda conv2d: random sizes") {
  for (int trial = 0; trial < 20; ++trial) {
    const auto pick = [&](int least, int most) {
      return std::uniform_int_distribution<std::int64_t>(least, most)(engine);
    };
    const std::int64_t kernel_h = pick(1, 4), kernel_w = pick(1, 4);
    compare_all(hush::conv2d_sizes(pick(1, 3), pick(4, 9), pick(4, 9), pick(1, 9), pick(1, 9), kernel_h, kernel_w,
                                   pick(1, 3), {pick(0, 2), pick(0, 2), pick(0, 2), pick(0, 2)}));
  }
}

TEST_CASE("cuda conv2d: the bias's gradient over many rows, and over none") {
  const Cuda<float, Rehearsal> on;
  for (const std::int64_t rows : {1, 63, 64, 65, 1000, 70000}) {
    const auto dy = random_numbers<float>(rows * 3);
    std::vector<double> want(3);
    for (std::size_t i = 0; i < dy.size(); ++i) want[i % 3] += double(dy[i]);
    auto got = poison<float>(3);
    sum_rows(on, rows, 3, dy.data(), got.data());
    CHECK(relative_l2(got, want) < 1e-5);
  }
  const Conv2dSizes none = same(0, 5, 5, 8, 9, 3);
  std::vector<float> w(w_size(none), 7), b(9, 7);
  conv2d_backward_weight(on, none, static_cast<const float*>(nullptr), static_cast<const float*>(nullptr), w.data(),
                         b.data());
  CHECK(w == std::vector<float>(w.size(), 0));
  CHECK(b == std::vector<float>(9, 0));
}

TEST_CASE("cuda conv2d: empty sums are zero, and a convolution of no channels is its bias") {
  const Cuda<float, Rehearsal> on;
  Conv2dSizes s = same(1, 2, 2, 0, 3, 3);
  const std::vector<float> b{1, 2, 3};
  auto y = poison<float>(12), x = poison<float>(8);
  const float nothing = 0;
  conv2d(on, s, &nothing, &nothing, b.data(), y.data());
  CHECK(y == std::vector<float>{1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3});
  s = same(1, 2, 2, 2, 0, 3);
  conv2d_backward_input(on, s, &nothing, &nothing, x.data());
  CHECK(x == std::vector<float>(8, 0));
}

TEST_CASE("cuda conv2d: one thread and many give the same bits") {
  const Conv2dSizes s = same(2, 9, 8, 5, 7, 3, 2);
  const auto x = random_numbers<bf16>(x_size(s)), w = random_numbers<bf16>(w_size(s)),
             dy = random_numbers<bf16>(y_size(s));
  const auto all = [&](int members) {
    const Members team(members);
    const Cuda<bf16, Rehearsal> on;
    std::vector<bf16> y(y_size(s)), dx(x_size(s)), dw(w_size(s)), db(s.out);
    conv2d(on, s, x.data(), w.data(), nullptr, y.data());
    conv2d_backward_input(on, s, dy.data(), w.data(), dx.data());
    conv2d_backward_weight(on, s, x.data(), dy.data(), dw.data(), db.data());
    std::vector<std::uint16_t> bits;
    for (const auto* v : {&y, &dx, &dw, &db})
      for (const bf16 number : *v) bits.push_back(number.bits);
    return bits;
  };
  const auto alone = all(1);
  CHECK(all(7) == alone);
  CHECK(all(32) == alone);
}
