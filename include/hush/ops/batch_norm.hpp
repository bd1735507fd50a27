#pragma once
#include <algorithm>
#include <tuple>

#include <hush/autograd/apply.hpp>
#include <hush/kernels/group_norm_sizes.hpp>

namespace hush {

/// `eps` is added to variances; `momentum` is how far a training step moves the running statistics towards those of its
/// batch.
struct BatchNormOptions {
  double momentum = 0.1, eps = 1e-5;
};

namespace ops {

/// Group normalization of the batch as one image, a group a channel. Saves x, mean and 1 / standard deviation [1, C],
/// and the running statistics. The gradients of these two are what should be added to them.
struct BatchNorm {
  BatchNormOptions options;

  template <Backend B>
  using Master = Tensor<B, typename B::master>;

  template <Backend B>
  GroupNormSizes sizes(const Tensor<B>& x, const Master<B>& gamma, const Master<B>& beta, const Master<B>& mean,
                       const Master<B>& variance) const {
    const Shape &s = x.shape(), channels{s.back()};
    check(s.rank() >= 2, "batch_norm", "wants x [N, ..., C], got ", s);
    check(gamma.shape() == channels && beta.shape() == channels, "batch_norm", "input has ", s.back(),
          " channels, gamma is ", gamma.shape(), " and beta ", beta.shape());
    check(mean.shape() == channels && variance.shape() == channels, "batch_norm", "input has ", s.back(),
          " channels, the running mean is ", mean.shape(), " and the running variance ", variance.shape());
    check(options.eps > 0, "batch_norm", "eps must be positive, is ", options.eps);
    check(options.momentum >= 0 && options.momentum <= 1, "batch_norm", "momentum must lie in [0, 1], is ",
          options.momentum);
    const std::int64_t pixels = s.size() / std::max<std::int64_t>(1, s.back());
    return {.batch = 1, .pixels = pixels, .channels = s.back(), .groups = s.back(), .eps = options.eps};
  }
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Master<B>& gamma, const Master<B>& beta, const Master<B>& mean,
                    const Master<B>& variance) const {
    const GroupNormSizes s = sizes(x, gamma, beta, mean, variance);
    Tensor<B> y = empty_like(x);
    normalise_channels(x.on(), s, x.data(), mean.data(), variance.data(), gamma.data(), beta.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x, const Master<B>& gamma, const Master<B>& beta, const Master<B>& running_mean,
              const Master<B>& running_variance) const {
    const GroupNormSizes s = sizes(x, gamma, beta, running_mean, running_variance);
    check(s.pixels >= 2, "batch_norm", "training wants 2 numbers a channel or more, ", x.shape(), " has ", s.pixels);
    Master<B> mean(x.on(), {1, s.channels}), rstd = empty_like(mean);
    Tensor<B> y = empty_like(x);
    group_norm(x.on(), s, x.data(), gamma.data(), beta.data(), y.data(), mean.data(), rstd.data());
    return Recorded{y, std::tuple{x, gamma, mean, rstd, running_mean, running_variance, s}};
  }
  template <Backend B>
  auto backward(const Needs<5>& needs, const Tensor<B>& dy, const Tensor<B>& x, const Master<B>& gamma,
                const Master<B>& mean, const Master<B>& rstd, const Master<B>& running_mean,
                const Master<B>& running_variance, const GroupNormSizes& s) const {
    const auto wanted = [&](int i) { return needs[std::size_t(i)] ? empty_like(gamma) : Master<B>(); };
    std::tuple<Tensor<B>, Master<B>, Master<B>, Master<B>, Master<B>> grads{needs[0] ? empty_like(x) : Tensor<B>(),
                                                                            wanted(1), wanted(2), wanted(3), wanted(4)};
    auto& [dx, dgamma, dbeta, to_mean, to_variance] = grads;
    group_norm_backward(dy.on(), s, dy.data(), x.data(), gamma.data(), mean.data(), rstd.data(), dx.data(),
                        dgamma.data(), dbeta.data());
    running_changes(dy.on(), s, options.momentum, mean.data(), rstd.data(), running_mean.data(),
                    running_variance.data(), to_mean.data(), to_variance.data());
    return grads;
  }
};

}  // namespace ops

/// Batch normalization (Ioffe and Szegedy 2015) of x [N, ..., C]. On a Var, which is training, mean and variance are
/// those of each channel over the batch and all pixels; on a Tensor they are the running ones, two buffers [C] of the
/// layer. A forward pass leaves these alone: the backward pass hands in what should be added to them as if it were
/// their gradient, and FlatParameters::move_buffers adds it. So a step that fails or repeats itself (checkpoint.hpp)
/// counts once or not at all. Throws std::invalid_argument for training on one number a channel, whose variance nobody
/// knows.
template <Value V>
V batch_norm(const V& x, const Parameter<typename V::backend>& gamma, const Parameter<typename V::backend>& beta,
             const Parameter<typename V::backend>& running_mean, const Parameter<typename V::backend>& running_variance,
             const BatchNormOptions& options = {}) {
  return apply(ops::BatchNorm{options}, x, gamma, beta, running_mean, running_variance);
}

}  // namespace hush
