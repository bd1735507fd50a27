#include "against.hpp"

#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/conv2d_weight.hpp>
#include <hush/cuda/additions.hpp>
#include <hush/cuda/conv2d.hpp>
#include <hush/cuda/conv2d_plain.hpp>
#include <hush/nn/conv2d.hpp>

using namespace against;

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
std::int64_t x_size(const Conv2dSizes& s) { return s.batch * s.height * s.width * s.in; }
std::int64_t w_size(const Conv2dSizes& s) { return s.out * s.kernel_h * s.kernel_w * s.in; }
std::int64_t y_size(const Conv2dSizes& s) { return s.batch * s.out_height * s.out_width * s.out; }

struct Members {
  explicit Members(int members) { teams_of(members); }
  ~Members() { teams_of(1); }
};

template <class P>
void compare(const Conv2dSizes& s, bool with_bias = true, bool with_residual = false) {
  using T = typename Cuda<P, Machine>::scalar;
  INFO(s.batch, " x ", s.height, " x ", s.width, ", ", s.in, " -> ", s.out, ", kernel ", s.kernel_h, " x ", s.kernel_w,
       ", stride ", s.stride, ", pads ", s.pad_top, " ", s.pad_left, ", bytes ", sizeof(T));
  const auto x = random_numbers<T>(x_size(s)), w = random_numbers<T>(w_size(s)), b = random_numbers<T>(s.out),
             r = random_numbers<T>(y_size(s)), dy = random_numbers<T>(y_size(s));
  std::vector<double> y(std::size_t(y_size(s))), dx(x.size()), dw(w.size()), db(b.size());
  const auto wide_x = in_double(x), wide_w = in_double(w), wide_b = in_double(b), wide_r = in_double(r),
             wide_dy = in_double(dy);
  const Double cpu{1};
  conv2d(cpu, s, wide_x.data(), wide_w.data(), with_bias ? wide_b.data() : nullptr, y.data());
  if (with_residual)
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += wide_r[i];
  conv2d_backward_input(cpu, s, wide_dy.data(), wide_w.data(), dx.data());
  conv2d_backward_weight(cpu, s, wide_x.data(), wide_dy.data(), dw.data(), db.data());

  const Cuda<P, Machine> on;
  const auto near_x = put<T>(on, x), near_w = put<T>(on, w), near_b = put<T>(on, b), near_r = put<T>(on, r),
             near_dy = put<T>(on, dy);
  auto got_y = room<T>(on, y_size(s)), got_dx = room<T>(on, x_size(s)), got_dw = room<T>(on, w_size(s)),
       got_db = room<T>(on, s.out);
  conv2d(on, s, near_x.data(), near_w.data(), with_bias ? near_b.data() : nullptr,
         with_residual ? near_r.data() : nullptr, got_y.data());
  conv2d_backward_input(on, s, near_dy.data(), near_w.data(), got_dx.data());
  conv2d_backward_weight(on, s, near_x.data(), near_dy.data(), got_dw.data(), with_bias ? got_db.data() : nullptr);
  CHECK(distance(download<double>(got_y), y) < tolerance<P>());
  CHECK(distance(download<double>(got_dx), dx) < tolerance<P>());
  CHECK(distance(download<double>(got_dw), dw) < tolerance<P>());
  if (with_bias) CHECK(distance(download<double>(got_db), db) < tolerance<P>());
}

void compare_all(const Conv2dSizes& s) {
  compare<float>(s);
  compare<bf16>(s);
  compare<tf32>(s, false);
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

TEST_CASE("cuda conv2d: few channels in or out are not for a library, as long as it would have to widen them") {
  const auto inputs = [](const Conv2dSizes& s, Conv2dPrecision p) { return conv2d_has_few_inputs(s, p); };
  const auto outputs = [](const Conv2dSizes& s, Conv2dPrecision p) { return conv2d_has_few_outputs(s, p); };
  CHECK(inputs(same(1, 8, 8, 1, 64, 3), Conv2dPrecision::bf16));
  CHECK(!inputs(same(1, 8, 8, 1, 64, 3), Conv2dPrecision::fp32));
  CHECK(!inputs(same(1, 8, 8, 3, 64, 3), Conv2dPrecision::bf16));
  CHECK(!inputs(same(1, 8, 8, 8, 64, 1), Conv2dPrecision::bf16));
  CHECK(outputs(same(1, 8, 8, 64, 4, 1), Conv2dPrecision::tf32));
  CHECK(!outputs(same(1, 8, 8, 64, 4, 1), Conv2dPrecision::fp32));
  CHECK(!outputs(same(1, 8, 8, 64, 5, 1), Conv2dPrecision::tf32));
  CHECK(!outputs(same(1, 8, 8, 64, 1, 3), Conv2dPrecision::bf16));
  CHECK(!outputs(same(1, 8, 8, 64, 1, 1, 2), Conv2dPrecision::bf16));
  CHECK(!outputs(hush::conv2d_sizes(1, 8, 8, 64, 1, 1, 1, 1, {1, 0, 0, 1}), Conv2dPrecision::bf16));
  for (const int members : {1, 32}) {
    const Members team(members);
    for (const std::int64_t out : {1, 3, 4})
      for (const std::int64_t in : {1, 8, 21, 64}) compare_all(same(2, 5, 3, in, out, 1));
    compare<bf16>(same(2, 5, 3, 16, 2, 1), true, true);
    compare<bf16>(same(0, 5, 3, 16, 2, 1), false);
  }
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
  const Cuda<float, Machine> on;
  for (const std::int64_t rows : {1, 63, 64, 65, 1000, 70000}) {
    const auto dy = random_numbers<float>(rows * 3);
    std::vector<double> want(3);
    for (std::size_t i = 0; i < dy.size(); ++i) want[i % 3] += double(dy[i]);
    const auto near = put<float>(on, dy);
    auto got = room<float>(on, 3);
    sum_pixels(on, 1, rows, 3, near.data(), got.data());
    CHECK(distance(download<double>(got), want) < 1e-5);
  }
  const Conv2dSizes none = same(0, 5, 5, 8, 9, 3);
  auto w = room<float>(on, w_size(none)), b = room<float>(on, 9);
  conv2d_backward_weight(on, none, static_cast<const float*>(nullptr), static_cast<const float*>(nullptr), w.data(),
                         b.data());
  CHECK(download<float>(w) == std::vector<float>(std::size_t(w.size()), 0));
  CHECK(download<float>(b) == std::vector<float>(9, 0));
}

TEST_CASE("cuda conv2d: a convolution onto a residual") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    using B = Cuda<P, Machine>;
    using T = ScalarOf<P>;
    const auto x = random<T>(2 * 30 * 8, 1), r = random<T>(2 * 30 * 5, 2), w = random<T>(5 * 72, 3),
               b = random<T>(5, 4), dy = random<T>(2 * 30 * 5, 5);
    for (const bool biased : {true, false}) {
      const auto run = [&]<class A>(const A& at) {
        const auto images = [&](const std::vector<double>& v, std::int64_t channels) {
          return upload(at, {2, 5, 6, channels}, std::span<const double>(v));
        };
        nn::Conv2d<A> layer(at, 8, 5, {.bias = biased});
        copy_in(at, 5 * 72, w.data(), layer.weight.value.data());
        if (biased) copy_in(at, 5, b.data(), layer.bias.value.data());
        Tape<A> tape;
        const Var<A> in = tape.variable(images(x, 8)), residual = tape.variable(images(r, 5));
        const Var<A> y = layer.onto(residual, in);
        tape.backward(y, images(dy, 5));
        return std::array{download<double>(y.value()), download<double>(tape.gradient(residual)),
                          download<double>(tape.gradient(in)), download<double>(layer.weight.grad),
                          download<double>(layer.bias.grad)};
      };
      const auto wanted = run(Double{}), found = run(on);
      for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(distance(found[i], wanted[i]) < tolerance<P>());
    }
    const Tensor<B> image(on, {1, 2, 2, 3}), wrong(on, {1, 2, 2, 4});
    const Parameter<B> weight(on, {5, 1, 1, 3}, Init::zeros());
    CHECK_THROWS_WITH_AS(conv2d_onto(wrong, image, weight, {}),
                         "[conv2d_onto] the residual is [1, 2, 2, 4], the layer gives [1, 2, 2, 5]",
                         std::invalid_argument);
  });
}

TEST_CASE("cuda conv2d: empty sums are zero, and a convolution of no channels is its bias") {
  const Cuda<float, Machine> on;
  Conv2dSizes s = same(1, 2, 2, 0, 3, 3);
  const auto b = put<float>(on, {1, 2, 3}), nothing = put<float>(on, {0});
  auto y = room<float>(on, 12), x = room<float>(on, 8);
  conv2d(on, s, nothing.data(), nothing.data(), b.data(), y.data());
  CHECK(download<float>(y) == std::vector<float>{1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3});
  s = same(1, 2, 2, 2, 0, 3);
  conv2d_backward_input(on, s, nothing.data(), nothing.data(), x.data());
  CHECK(download<float>(x) == std::vector<float>(8, 0));
}

TEST_CASE("cuda conv2d: the same bits every time, and from teams of any size") {
  const Conv2dSizes s = same(2, 9, 8, 8, 16, 3);
  const Cuda<bf16, Machine> on;
  const auto x = put<bf16>(on, random_numbers<bf16>(x_size(s))), w = put<bf16>(on, random_numbers<bf16>(w_size(s))),
             dy = put<bf16>(on, random_numbers<bf16>(y_size(s)));
  const auto all = [&](int members) {
    const Members team(members);
    auto y = room<bf16>(on, y_size(s)), dx = room<bf16>(on, x_size(s)), dw = room<bf16>(on, w_size(s)),
         db = room<bf16>(on, s.out);
    conv2d(on, s, x.data(), w.data(), static_cast<const bf16*>(nullptr), y.data());
    conv2d_backward_input(on, s, dy.data(), w.data(), dx.data());
    conv2d_backward_weight(on, s, x.data(), dy.data(), dw.data(), db.data());
    std::vector<std::uint16_t> bits;
    for (const auto* v : {&y, &dx, &dw, &db})
      for (const bf16 number : download<bf16>(*v)) bits.push_back(number.bits);
    return bits;
  };
  const auto alone = all(1);
  CHECK(all(7) == alone);
  CHECK(all(32) == alone);
}
