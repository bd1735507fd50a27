#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/tile.hpp>
#include <limits>
#include <random>
#include <vector>

using hush::Cpu, hush::GemmSizes, hush::Transpose;

namespace {

template <class T>
std::vector<T> random_numbers(std::int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& v : values) v = T(int(engine() % 2001) - 1000) / T(1000);
  return values;
}

template <class T>
void close_to(const std::vector<T>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0, scale = 1e-30;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(b[i])) continue;  // what must not be touched
    const double error = std::abs(double(a[i]) - b[i]);
    worst = std::isnan(error) ? 1e30 : std::max(worst, error);
    scale = std::max(scale, std::abs(b[i]));
  }
  CHECK(worst / scale < (sizeof(T) == 4 ? 2e-5 : 1e-13));
}

template <class T>
void compare(GemmSizes s, T alpha, T beta) {
  const GemmSizes d = hush::dense(s);
  INFO(s.rows, " x ", s.columns, " x ", s.depth, ", batch ", s.batch, ", transposed ", int(s.a), int(s.b), ", alpha ",
       alpha, ", beta ", beta);
  const auto a = random_numbers<T>(d.stride_a * s.batch, 1), b = random_numbers<T>(d.stride_b * s.batch, 2);
  auto c = random_numbers<T>(d.stride_c * s.batch, 3);
  std::vector<double> expected(c.begin(), c.end());
  for (std::int64_t n = 0; n < s.batch; ++n)
    for (std::int64_t i = 0; i < s.rows; ++i)
      for (std::int64_t j = 0; j < s.columns; ++j) {
        double sum = 0;
        for (std::int64_t k = 0; k < s.depth; ++k)
          sum += double(a[n * d.stride_a + (s.a == Transpose::no ? i * d.lda + k : k * d.lda + i)]) *
                 double(b[n * d.stride_b + (s.b == Transpose::no ? k * d.ldb + j : j * d.ldb + k)]);
        double& at = expected[n * d.stride_c + i * d.ldc + j];
        at = double(alpha) * sum + (beta == T(0) ? 0 : double(beta) * at);
        if (beta == T(0)) c[n * d.stride_c + i * d.ldc + j] = std::numeric_limits<T>::quiet_NaN();  // must not be read
      }
  hush::gemm(Cpu<T>{2}, s, alpha, a.data(), b.data(), beta, c.data());
  close_to(c, expected);
}

void compare_both(const GemmSizes& s, double alpha = 1, double beta = 0) {
  compare<float>(s, float(alpha), float(beta));
  compare<double>(s, alpha, beta);
}

}  // namespace

TEST_CASE("gemm: all transpositions and odd sizes agree with plain loops") {
  for (Transpose a : {Transpose::no, Transpose::yes})
    for (Transpose b : {Transpose::no, Transpose::yes}) {
      for (std::int64_t n : {1, 2, 5, 12, 13, 31, 32, 33, 65}) {
        compare_both({.rows = n, .columns = 7, .depth = 9, .a = a, .b = b});
        compare_both({.rows = 11, .columns = n, .depth = 9, .a = a, .b = b}, 0.5, 2);
        compare_both({.rows = 11, .columns = 7, .depth = n, .a = a, .b = b}, -1, 1);
      }
      compare_both({.rows = 130, .columns = 70, .depth = 2100, .a = a, .b = b}, 1, 0.25);  // several depth blocks
      compare_both({.rows = 6, .columns = 20, .depth = 10, .batch = 5, .a = a, .b = b}, 1, 1);
    }
}

TEST_CASE("gemm: leading dimensions and strides larger than dense leave what lies between alone") {
  for (Transpose a : {Transpose::no, Transpose::yes})
    for (Transpose b : {Transpose::no, Transpose::yes})
      compare_both({.rows = 13,
                    .columns = 17,
                    .depth = 11,
                    .batch = 3,
                    .a = a,
                    .b = b,
                    .stride_a = 500,
                    .stride_b = 700,
                    .stride_c = 900,
                    .lda = 20,
                    .ldb = 23,
                    .ldc = 40},
                   1, 1);
}

TEST_CASE("gemm: an empty depth scales C, and empty matrices are left alone") {
  std::vector<float> c(6, 3);
  hush::gemm(Cpu<float>{}, {.rows = 2, .columns = 3, .depth = 0}, 1.f, c.data(), c.data(), 2.f, c.data());
  CHECK(c == std::vector<float>(6, 6));
  hush::gemm(Cpu<float>{}, {.rows = 2, .columns = 3, .depth = 0}, 1.f, c.data(), c.data(), 0.f, c.data());
  CHECK(c == std::vector<float>(6, 0));
  for (GemmSizes s : {GemmSizes{.rows = 0, .columns = 3, .depth = 2}, GemmSizes{.rows = 2, .columns = 0, .depth = 2},
                      GemmSizes{.rows = 2, .columns = 2, .depth = 2, .batch = 0}})
    hush::gemm(Cpu<float>{}, s, 1.f, c.data(), c.data(), 0.f, static_cast<float*>(nullptr));
}

TEST_CASE("gemm: a row is the same to the last bit for any number of rows, matrices and threads") {
  const std::int64_t columns = 45, depth = 1500, most = 64;
  const auto a = random_numbers<float>(most * depth, 1), b = random_numbers<float>(columns * depth, 2);
  std::vector<float> whole(most * columns);
  hush::gemm(Cpu<float>{1}, {.rows = most, .columns = columns, .depth = depth}, 1.f, a.data(), b.data(), 0.f,
             whole.data());
  for (std::int64_t rows : {1, 2, 4, 5, 12, 17, 63})
    for (int threads : {1, 2, 4})
      for (std::int64_t first : {0, 1}) {
        std::vector<float> part(rows * columns);
        hush::gemm(Cpu<float>{threads}, {.rows = rows, .columns = columns, .depth = depth}, 1.f,
                   a.data() + first * depth, b.data(), 0.f, part.data());
        CHECK(std::equal(part.begin(), part.end(), whole.begin() + first * columns));
      }
  std::vector<float> rows_as_batch(most * columns);
  hush::gemm(Cpu<float>{2}, {.rows = 1, .columns = columns, .depth = depth, .batch = most, .stride_b = 0}, 1.f,
             a.data(),
             std::vector<float>([&] {
               std::vector<float> copies;
               for (int i = 0; i < most; ++i) copies.insert(copies.end(), b.begin(), b.end());
               return copies;
             }())
                 .data(),
             0.f, rows_as_batch.data());
  CHECK(rows_as_batch == whole);
}

TEST_CASE_TEMPLATE("linear: forward and gradients agree with plain loops", T, float, double) {
  for (std::int64_t rows : {1, 3, 16, 70, 2500})
    for (auto [in, out] : {std::pair<int, int>{1, 1}, {10, 3}, {37, 64}, {64, 65}, {128, 33}}) {
      const auto x = random_numbers<T>(rows * in, 1), w = random_numbers<T>(out * in, 2), b = random_numbers<T>(out, 3),
                 dy = random_numbers<T>(rows * out, 4);
      std::vector<double> y(rows * out), dx(rows * in), dw(out * in), db(out);
      for (std::int64_t r = 0; r < rows; ++r)
        for (int o = 0; o < out; ++o) {
          y[r * out + o] += double(b[o]);
          db[o] += double(dy[r * out + o]);
          for (int i = 0; i < in; ++i) {
            y[r * out + o] += double(x[r * in + i]) * double(w[o * in + i]);
            dx[r * in + i] += double(dy[r * out + o]) * double(w[o * in + i]);
            dw[o * in + i] += double(x[r * in + i]) * double(dy[r * out + o]);
          }
        }
      const Cpu<T> cpu{2};
      std::vector<T> got_y(y.size()), got_dx(dx.size()), got_dw(dw.size()), got_db(db.size()), plain(y.size());
      hush::linear(cpu, rows, in, out, x.data(), w.data(), b.data(), got_y.data());
      hush::linear_backward_input(cpu, rows, in, out, dy.data(), w.data(), got_dx.data());
      hush::linear_backward_weight(cpu, rows, in, out, x.data(), dy.data(), got_dw.data(), got_db.data());
      close_to(got_y, y);
      close_to(got_dx, dx);
      close_to(got_dw, dw);
      close_to(got_db, db);
      hush::linear(cpu, rows, in, out, x.data(), w.data(), static_cast<const T*>(nullptr), plain.data());
      for (std::size_t i = 0; i < y.size(); ++i) y[i] -= double(b[i % std::size_t(out)]);
      close_to(plain, y);
      std::vector<T> again_dw(dw.size()), again_db(db.size());
      hush::linear_backward_weight(Cpu<T>{1}, rows, in, out, x.data(), dy.data(), again_dw.data(), again_db.data());
      CHECK(again_dw == got_dw);
      CHECK(again_db == got_db);
    }
}

TEST_CASE("linear: no rows give a zero weight gradient") {
  std::vector<float> dw(12, 7), db(3, 7);
  hush::linear_backward_weight(Cpu<float>{}, 0, 4, 3, dw.data(), dw.data(), dw.data(), db.data());
  CHECK(dw == std::vector<float>(12, 0));
  CHECK(db == std::vector<float>(3, 0));
}

TEST_CASE("gemm: a linear layer onto a residual is the sum of both, bit for bit") {
  const Cpu<float> cpu{2};
  const float* const none = nullptr;
  for (const std::int64_t rows : {1, 13, 40})
    for (const std::int64_t in : {0, 5, 1500})  // 1500: more than one block of depth
      for (const std::int64_t out : {7, 33, 64})
        for (const bool biased : {false, true}) {
          INFO(rows, " x ", in, " to ", out, ", bias ", biased);
          const auto x = random_numbers<float>(rows * in, 1), w = random_numbers<float>(out * in, 2),
                     b = random_numbers<float>(out, 3), past = random_numbers<float>(rows * out, 4);
          std::vector<float> y(past.size()), alone(past.size());
          const float* bias = biased ? b.data() : none;
          hush::linear(cpu, rows, in, out, x.data(), w.data(), bias, alone.data());
          hush::linear(cpu, rows, in, out, x.data(), w.data(), bias, past.data(), y.data());
          for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == past[i] + alone[i]);
        }
}
