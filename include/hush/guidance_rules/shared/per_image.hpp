#pragma once
#include <cstdint>

#include <hush/autograd/value.hpp>
#include <hush/kernels/group_norm_sizes.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/concat.hpp>

// Numbers of each image of a batch, as products and norms of rows [N, pixels]: on the backend, so that a run which is
// recorded waits for nothing. They are taken in full precision.
namespace hush::detail {

/// [N, ...] in full precision, a row an image.
template <Backend B>
Tensor<typename B::full> rows_in_full(const Tensor<B>& x) {
  const std::int64_t images = x.shape()[0];
  return cast(x.on().in_full(), x).reshaped({images, images > 0 ? x.size() / images : 0});
}

/// Rows of mean 0 and variance 1, and what they were multiplied by, 1 / sqrt(variance + eps) [N].
template <Backend F>
struct StandardRows {
  Tensor<F> y, rstd;

  StandardRows(const Tensor<F>& x, double eps) : y(empty_like(x)), rstd(x.on(), {x.shape()[0]}) {
    const Tensor<F> one = filled(x.on(), {1}, 1), none = filled(x.on(), {1}, 0);
    Tensor<F> mean = empty_like(rstd);
    group_norm(x.on(), {.batch = x.shape()[0], .pixels = x.shape()[1], .channels = 1, .eps = eps}, x.data(), one.data(),
               none.data(), y.data(), mean.data(), rstd.data());
  }
};

/// The means of a * b over each row, [N].
template <Backend F>
Tensor<F> mean_products(const Tensor<F>& a, const Tensor<F>& b) {
  Tensor<F> sums(a.on(), {a.shape()[0]});
  sum_pixels(a.on(), a.shape()[0], a.shape()[1], 1, (a * b).data(), sums.data());
  return 1 / double(a.shape()[1]) * sums;
}

/// The standard deviation of each image of a over that of the same image of b, [N].
template <Backend B>
Tensor<typename B::full> deviation_ratios(const Tensor<B>& a, const Tensor<B>& b) {
  const auto rows = rows_in_full(a);
  const StandardRows of_a(rows, 1e-20), of_b(rows_in_full(b), 1e-20);
  return mean_products(rows, of_a.y) * of_b.rstd;
}

/// <a, b> / |b|^2 over each image, [N]: rows b beside -b have mean 0, so their variance is the mean square of b.
template <Backend B>
Tensor<typename B::full> projections(const Tensor<B>& a, const Tensor<B>& b) {
  const auto with = rows_in_full(a), without = rows_in_full(b);
  const StandardRows both(concat(without, -without), 1e-8 / double(without.shape()[1]));
  return mean_products(with, without) * (both.rstd * both.rstd);
}

/// The number of each image at all of its pixels, for images like x: a constant to its tape.
template <Value V, Backend F>
V per_image(const V& x, const Tensor<F>& numbers) {
  const Shape& s = x.shape();
  const Tensor<F> zeros = filled(numbers.on(), s, 0);
  Tensor<F> y = empty_like(zeros);
  add_channels(numbers.on(), s[0], s.size() / s[0], 1, zeros.data(), numbers.data(), y.data());
  return constant_like(x, cast(x.on(), y));
}

}  // namespace hush::detail
