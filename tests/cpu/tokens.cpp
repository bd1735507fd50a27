// The kernels of transformers over patches: the formulas in double, and the same bits for any number of threads.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include <hush/cpu/gated_add.hpp>
#include <hush/cpu/modulated_norm.hpp>
#include <hush/cpu/rms_norm.hpp>
#include <hush/cpu/rotary_embedding.hpp>
#include <hush/cpu/swap_axes.hpp>

using namespace hush;

namespace {

template <class T = float>
std::vector<T> waves(std::int64_t n, double offset = 0) {
  std::vector<T> x(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = T(float(offset + std::sin(double(i) * 0.7 + double(i % 13) + offset)));
  return x;
}

struct Sizes {
  std::int64_t images, tokens, width;
};
const Sizes all[] = {{1, 1, 1}, {2, 5, 3}, {3, 16, 64}, {2, 100, 65}, {5, 7, 384}, {2, 1, 1000}};

/// The greatest of |found - wanted|.
double off(const std::vector<float>& found, const std::vector<double>& wanted) {
  double worst = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) worst = std::max(worst, std::abs(double(found[i]) - wanted[i]));
  return worst;
}

/// Forward and backward results of a norm, one behind the other.
struct Norm {
  std::vector<float> y, dx, dscale, dshift;
  bool operator==(const Norm&) const = default;
};
Norm modulated(int threads, const Sizes& s, bool centred, bool scaled) {
  const ModulatedNormSizes sizes{s.images, s.tokens, s.width, 1e-6, centred};
  const auto x = waves(sizes.rows() * s.width, 1), dy = waves(sizes.rows() * s.width, .5);
  const auto scale = waves(s.images * s.width, .2), shift = waves(s.images * s.width, -.3);
  Norm n{std::vector<float>(x.size()), std::vector<float>(x.size()), std::vector<float>(scale.size()),
         std::vector<float>(scale.size())};
  std::vector<float> mean(std::size_t(sizes.rows())), rstd = mean;
  const Cpu<float> cpu{threads};
  modulated_norm(cpu, sizes, x.data(), scaled ? scale.data() : nullptr, scaled ? shift.data() : nullptr, n.y.data(),
                 centred ? mean.data() : nullptr, rstd.data());
  modulated_norm_backward(cpu, sizes, dy.data(), x.data(), scaled ? scale.data() : nullptr,
                          centred ? mean.data() : nullptr, rstd.data(), n.dx.data(), n.dscale.data(), n.dshift.data());
  return n;
}

/// The same by the formulas, in double.
struct Wanted {
  std::vector<double> y, dx, dscale, dshift;
};
Wanted formula(const Sizes& s, bool centred, bool scaled) {
  const std::int64_t rows = s.images * s.tokens, w = s.width;
  const auto x = waves<double>(rows * w, 1), dy = waves<double>(rows * w, .5);
  auto scale = waves<double>(s.images * w, .2), shift = waves<double>(s.images * w, -.3);
  if (!scaled) scale.assign(scale.size(), 0), shift = scale;
  Wanted n{x, x, std::vector<double>(scale.size()), std::vector<double>(scale.size())};
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto at = [&](std::int64_t c) { return std::size_t(r * w + c); };
    const auto of = [&](std::int64_t c) { return std::size_t(r / s.tokens * w + c); };
    double mean = 0, squares = 0, of_g = 0, of_g_xhat = 0;
    for (std::int64_t c = 0; c < w; ++c) mean += centred ? x[at(c)] / double(w) : 0;
    for (std::int64_t c = 0; c < w; ++c) squares += std::pow(x[at(c)] - mean, 2) / double(w);
    const double rstd = 1 / std::sqrt(squares + 1e-6);
    const auto xhat = [&](std::int64_t c) { return (x[at(c)] - mean) * rstd; };
    for (std::int64_t c = 0; c < w; ++c) {
      const double g = dy[at(c)] * (1 + scale[of(c)]);
      of_g += centred ? g / double(w) : 0;
      of_g_xhat += g * xhat(c) / double(w);
      n.y[at(c)] = xhat(c) * (1 + scale[of(c)]) + shift[of(c)];
      n.dscale[of(c)] += dy[at(c)] * xhat(c);
      n.dshift[of(c)] += dy[at(c)];
    }
    for (std::int64_t c = 0; c < w; ++c)
      n.dx[at(c)] = rstd * (dy[at(c)] * (1 + scale[of(c)]) - of_g - xhat(c) * of_g_xhat);
  }
  return n;
}

}  // namespace

TEST_CASE("modulated_norm: the formulas in double, and the same bits for any number of threads") {
  for (const Sizes& s : all)
    for (const bool centred : {true, false})
      for (const bool scaled : {true, false}) {
        CAPTURE(s.width);
        CAPTURE(centred);
        const Norm found = modulated(1, s, centred, scaled);
        CHECK(found == modulated(3, s, centred, scaled));
        const Wanted wanted = formula(s, centred, scaled);
        CHECK(off(found.y, wanted.y) < 1e-5);
        if (s.width > 1) CHECK(off(found.dx, wanted.dx) < 2e-5);  // in one number the terms cancel
        CHECK(off(found.dscale, wanted.dscale) < 1e-4);
        CHECK(off(found.dshift, wanted.dshift) < 1e-4);
      }
}

TEST_CASE("modulated_norm_backward: gradients that are not wanted are left out") {
  const ModulatedNormSizes s{2, 3, 5};
  const auto x = waves(30, 1), dy = waves(30, .5), scale = waves(10), zero = std::vector<float>(6, 0),
             one = std::vector<float>(6, 1);
  std::vector<float> dx(30), dscale(10), dshift(10), again(30), alone(10);
  float* none = nullptr;
  const Cpu<float> cpu{1};
  modulated_norm_backward(cpu, s, dy.data(), x.data(), scale.data(), zero.data(), one.data(), dx.data(), dscale.data(),
                          dshift.data());
  modulated_norm_backward(cpu, s, dy.data(), x.data(), scale.data(), zero.data(), one.data(), again.data(), none, none);
  CHECK(again == dx);
  modulated_norm_backward(cpu, s, dy.data(), x.data(), scale.data(), zero.data(), one.data(), none, alone.data(), none);
  CHECK(alone == dscale);
  modulated_norm_backward(cpu, s, dy.data(), x.data(), scale.data(), zero.data(), one.data(), none, none, alone.data());
  CHECK(alone == dshift);
}

TEST_CASE("rms_norm: is modulated_norm without a mean, for one image and a scale of gamma - 1") {
  for (const Sizes& s : all) {
    const std::int64_t rows = s.images * s.tokens;
    const auto x = waves<double>(rows * s.width, 1), dy = waves<double>(rows * s.width, .5),
               gamma = waves<double>(s.width, 1);
    std::vector<double> y(x.size()), rstd(std::size_t(rows), 0.), dx = y, dgamma = gamma, wanted = y, wanted_dx = y,
                                                                  dscale = gamma, less = gamma;
    for (double& v : less) v -= 1;
    for (const int threads : {1, 3}) {
      const Cpu<double> cpu{threads};
      rms_norm(cpu, rows, s.width, 1e-6, x.data(), gamma.data(), y.data(), rstd.data());
      rms_norm_backward(cpu, s.images, rows, s.width, dy.data(), x.data(), gamma.data(), rstd.data(), dx.data(),
                        dgamma.data());
      const ModulatedNormSizes one{1, rows, s.width, 1e-6, false};
      double* none = nullptr;
      modulated_norm(cpu, one, x.data(), less.data(), none, wanted.data(), none, rstd.data());
      modulated_norm_backward(cpu, one, dy.data(), x.data(), less.data(), none, rstd.data(), wanted_dx.data(),
                              dscale.data(), none);
      for (std::size_t i = 0; i < y.size(); ++i) {
        CHECK(std::abs(y[i] - wanted[i]) < 1e-12);
        CHECK(std::abs(dx[i] - wanted_dx[i]) < 1e-12);
      }
      for (std::size_t i = 0; i < gamma.size(); ++i) CHECK(std::abs(dgamma[i] - dscale[i]) < 1e-10);
    }
  }
}

TEST_CASE("gated_add: the formulas in double, and the same bits for any number of threads") {
  for (const Sizes& s : all) {
    const std::int64_t n = s.images * s.tokens * s.width;
    const auto x = waves(n), y = waves(n, 1), dz = waves(n, .5), gate = waves(s.images * s.width, .3);
    std::vector<float> z(x.size()), dy = z, dgate(gate.size()), again = z, again_dy = z, again_dgate = dgate;
    std::vector<double> wanted(x.begin(), x.end()), wanted_dy = wanted, wanted_dgate(gate.size(), 0.);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t g = std::size_t(std::int64_t(i) / s.width / s.tokens * s.width + std::int64_t(i) % s.width);
      wanted[i] += double(gate[g]) * double(y[i]);
      wanted_dy[i] = double(gate[g]) * double(dz[i]);
      wanted_dgate[g] += double(dz[i]) * double(y[i]);
    }
    const auto run = [&](int threads, std::vector<float>& a, std::vector<float>& b, std::vector<float>& c) {
      gated_add(Cpu<float>{threads}, s.images, s.tokens, s.width, x.data(), gate.data(), y.data(), a.data());
      gated_add_backward(Cpu<float>{threads}, s.images, s.tokens, s.width, dz.data(), gate.data(), y.data(), b.data(),
                         c.data());
    };
    run(1, z, dy, dgate);
    run(3, again, again_dy, again_dgate);
    CHECK((z == again && dy == again_dy && dgate == again_dgate));
    CHECK(off(z, wanted) < 1e-6);
    CHECK(off(dy, wanted_dy) < 1e-6);
    CHECK(off(dgate, wanted_dgate) < 1e-5);
  }
}

TEST_CASE("rotary_embedding: turned and turned back is what it was") {
  const RotarySizes s{2, 300, 3, 8};
  const auto x = waves(2 * 300 * 24);
  std::vector<float> table, y(x.size()), z(x.size()), again(x.size());
  for (int token = 0; token < 300; ++token)
    for (int i = 0; i < 8; ++i) table.push_back(float(i < 4 ? std::cos(token * (i + 1.)) : std::sin(token * (i - 3.))));
  rotary_embedding(Cpu<float>{1}, s, false, x.data(), table.data(), y.data());
  rotary_embedding(Cpu<float>{3}, s, false, x.data(), table.data(), again.data());
  CHECK(y == again);
  CHECK(y[8 * 3] == doctest::Approx(x[24] * std::cos(1.) - x[28] * std::sin(1.)));  // token 1, head 0, pair 0
  rotary_embedding(Cpu<float>{2}, s, true, y.data(), table.data(), z.data());
  for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(z[i] == doctest::Approx(x[i]).epsilon(1e-5));
}

TEST_CASE("swap_axes: each number is where it belongs, and swapped again where it was") {
  for (const std::int64_t inner : {1, 3, 64, 5000}) {
    const std::int64_t outer = 3, a = 4, b = 2, n = outer * a * b * inner;
    const auto x = waves(n);
    std::vector<float> y(x.size()), z(x.size());
    swap_axes(Cpu<float>{3}, outer, a, b, inner, x.data(), y.data());
    for (std::int64_t o = 0; o < outer; ++o)
      for (std::int64_t i = 0; i < a; ++i)
        for (std::int64_t j = 0; j < b; ++j)
          for (std::int64_t k = 0; k < inner; ++k)
            REQUIRE(y[std::size_t(((o * b + j) * a + i) * inner + k)] ==
                    x[std::size_t(((o * a + i) * b + j) * inner + k)]);
    swap_axes(Cpu<float>{1}, outer, b, a, inner, y.data(), z.data());
    CHECK(z == x);
  }
}
