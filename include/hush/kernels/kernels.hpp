#pragma once
#include <cstdint>
#include <span>

#include <hush/kernels/adam_rule.hpp>
#include <hush/kernels/attention_sizes.hpp>
#include <hush/kernels/capability_kernels.hpp>
#include <hush/kernels/conv2d_sizes.hpp>
#include <hush/kernels/group_norm_sizes.hpp>
#include <hush/kernels/image_sizes.hpp>
#include <hush/kernels/sampler_pass.hpp>
#include <hush/kernels/token_kernels.hpp>
#include <hush/random/philox.hpp>
#include <hush/tensor/backend.hpp>

// The list of kernels: what a backend implements as free functions in the namespace of its handle, which comes first.
// The groups are the files of cpu/ and cuda/. S is the type of activations (B::scalar), M that of parameters,
// statistics and losses (B::master), F the handle in full precision (B::full). Arrays are contiguous, images are
// [N, H, W, C]; outputs stand behind inputs. What each kernel computes is said in cpu/.
namespace hush {
/// SiLU, ReLU, leaky ReLU, tanh, the sigmoid and both forms of GELU of n numbers, and their derivatives times dy: from
/// the numbers for SiLU and GELU, from the results for the others.
template <class B, class S = typename B::scalar>
concept ActivationKernels = requires(const B& on, std::int64_t n, double slope, const S* x, const S* dy, S* y) {
  silu(on, n, x, y);
  silu_backward(on, n, dy, x, y);
  relu(on, n, x, y);
  relu_backward(on, n, dy, x, y);
  leaky_relu(on, n, slope, x, y);
  leaky_relu_backward(on, n, slope, dy, x, y);
  tanh(on, n, x, y);
  tanh_backward(on, n, dy, x, y);
  sigmoid(on, n, x, y);
  sigmoid_backward(on, n, dy, x, y);
  gelu_tanh(on, n, x, y);
  gelu_tanh_backward(on, n, dy, x, y);
  gelu_exact(on, n, x, y);
  gelu_exact_backward(on, n, dy, x, y);
};

/// |a - b| of n numbers, and its gradient times a factor and the number at dy.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept AbsoluteErrorKernels = requires(const B& on, std::int64_t n, double factor, const S* x, S* y, M* q) {
  absolute_error(on, n, x, x, q);
  absolute_error_backward(on, n, factor, x, x, x, y);
};

/// Attention of all heads; the weights of all pairs are kept for the backward pass unless their pointer is nullptr.
template <class B, class S = typename B::scalar>
concept AttentionKernels = requires(const B& on, const AttentionSizes& s, const S* x, S* y) {
  attention(on, s, x, x, x, y, y);
  attention_backward(on, s, x, x, x, x, x, y, y, y);
};

/// Batch normalization by running statistics, and what a training step adds to these.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept BatchNormKernels = requires(const B& on, const GroupNormSizes& s, double momentum, const S* x, const M* p, S* y,
                                    M* q) {
  normalise_channels(on, s, x, p, p, p, p, y);
  running_changes(on, s, momentum, p, p, p, p, q, q);
};

/// ln(1 + e^x) - target x of n logits, and its gradient times a factor and the number at dy.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept BinaryCrossEntropyKernels = requires(const B& on, std::int64_t n, double factor, const S* x, S* y, M* q) {
  binary_cross_entropy(on, n, x, x, q);
  binary_cross_entropy_backward(on, n, factor, x, x, x, y);
};

/// Convolution with bias (or nullptr), and its gradients by input, weight and bias (or nullptr).
template <class B, class S = typename B::scalar>
concept ConvolutionKernels = requires(const B& on, const Conv2dSizes& s, const S* x, S* y) {
  conv2d(on, s, x, x, x, y);
  conv2d_backward_input(on, s, x, x, y);
  conv2d_backward_weight(on, s, x, x, y, y);
};

/// -ln softmax(row)[label] of each row, and its gradient times a factor and the number at dy.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept CrossEntropyKernels = requires(const B& on, std::int64_t n, double factor, const S* x,
                                       const std::int32_t* labels, S* y, M* q) {
  cross_entropy(on, n, n, x, labels, q);
  cross_entropy_backward(on, n, n, factor, x, labels, x, y);
};

/// A mask drawn from a stream for each image; forward and backward alike.
template <class B, class S = typename B::scalar>
concept DropoutKernels = requires(const B& on, std::int64_t n, double rate, const Stream& stream,
                                  const std::uint32_t* images, const S* x, S* y) {
  dropout(on, n, n, rate, stream, images, x, y);
};

/// Filling, copies from the host, to it and within the backend's memory, and sums element by element.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept ElementwiseKernels = requires(const B& on, std::int64_t n, double s, const S* x, const M* p,
                                      const double* doubles, const float* floats, const std::int32_t* integers,
                                      const std::uint32_t* words, S* y, M* q, std::int32_t* to_integers,
                                      std::uint32_t* to_words, double* to_doubles, float* to_floats) {
  fill(on, n, s, y);
  fill(on, n, s, q);
  fill(on, n, s, to_integers);
  copy_in(on, n, doubles, y);
  copy_in(on, n, doubles, q);
  copy_in(on, n, floats, y);
  copy_in(on, n, floats, q);
  copy_in(on, n, integers, to_integers);
  copy_in(on, n, words, to_words);
  copy_out(on, n, x, to_doubles);
  copy_out(on, n, p, to_doubles);
  copy_out(on, n, x, to_floats);
  copy_out(on, n, p, to_floats);
  copy_out(on, n, integers, to_integers);
  copy(on, n, x, y);
  copy(on, n, p, q);
  copy(on, n, p, y);
  copy(on, n, x, q);
  add(on, n, x, x, y);
  subtract(on, n, x, x, y);
  multiply(on, n, x, x, y);
  scale(on, n, s, x, y);
  spread(on, n, s, x, y);
  add_into(on, n, x, y);
  add_into(on, n, x, q);
  add_into(on, n, p, q);
  add_channels(on, n, n, n, x, x, y);
  copy_columns(on, n, n, x, n, y, n);
};

/// Rows of a table and their gradient; sines and cosines of noise labels.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept EmbeddingKernels = requires(const B& on, std::int64_t n, double number, bool cosine_first, const S* x,
                                    const M* p, const std::int32_t* rows, S* y) {
  embedding(on, n, n, x, rows, y);
  embedding_backward(on, n, n, n, rows, x, y);
  sinusoidal_embedding(on, n, n, number, number, number, cosine_first, p, y);
};

/// Samples of Gaussians and their divergence from N(0, 1), and the gradients of both.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept GaussianKernels = requires(const B& on, std::int64_t n, double factor, const S* x, const M* p, S* y, M* q) {
  gaussian_sample(on, n, n, x, p, y);
  gaussian_sample_backward(on, n, n, x, x, p, y);
  gaussian_kl(on, n, n, x, q);
  gaussian_kl_backward(on, n, n, factor, x, x, y);
};

/// Sines and cosines of 2 pi frequencies ln(noise labels), rows of a table nearest to them, images divided by them.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept LevelKernels = requires(const B& on, std::int64_t n, const S* x, const M* p, S* y, std::int32_t* rows) {
  fourier_embedding(on, n, n, p, p, y);
  nearest_rows(on, n, n, p, rows);
  divide_images(on, n, n, x, p, y);
};

/// Linear layers with bias (or nullptr), and their gradients by input, weight and bias (or nullptr).
template <class B, class S = typename B::scalar>
concept LinearKernels = requires(const B& on, std::int64_t n, const S* x, S* y) {
  linear(on, n, n, n, x, x, x, y);
  linear_backward_input(on, n, n, n, x, x, y);
  linear_backward_weight(on, n, n, n, x, x, y, y);
};

/// Group normalization, and its gradients; mean and 1 / standard deviation are kept in M.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept GroupNormKernels = requires(const B& on, const GroupNormSizes& s, const S* x, const M* p, S* y, M* q) {
  group_norm(on, s, x, p, p, y, q, q);
  group_norm_backward(on, s, x, x, p, p, p, y, q, q);
}
&&(!HasRecomputing<B> || requires(const B& on, const GroupNormSizes& s, const S* x, const M* p, S* y) {
  normalise(on, s, x, p, p, p, p, y);
});

/// Layer normalization, and its gradients.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept LayerNormKernels = requires(const B& on, std::int64_t n, double eps, const S* x, const M* p, S* y, M* q) {
  layer_norm(on, n, n, eps, x, p, p, y, q, q);
  layer_norm_backward(on, n, n, n, x, x, p, p, p, y, q, q);
};

/// One array inside a hole and another outside, in the numbers of either.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept KnownPixelKernels = requires(const B& on, const typename B::full& full, std::int64_t n, const S* x, const M* p,
                                     S* y, M* q) {
  choose_pixels(full, n, n, p, p, p, q);
  choose_pixels(full, n, n, p, p, x, q);
  choose_pixels(on, n, n, p, x, x, y);
};

/// The hybrid loss of networks that learn a variance, its gradient times a factor and the number at dy, and noise of a
/// deviation of its own in each number.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept LearnedVarianceKernels = requires(const B& on, const typename B::full& full, std::int64_t n, double number,
                                          const S* x, const M* p, S* y, M* q) {
  hybrid_loss(on, n, n, n, x, p, p, p, q);
  hybrid_loss_backward(on, n, n, n, number, x, p, p, p, x, y);
  hybrid_loss_backward(on, n, n, n, number, x, p, p, p, p, y);
  scale_geometrically(full, n, number, number, p, p, q);
};

/// Fresh normal numbers for a batch, and sums with factors of each image.
template <class B, class M = typename B::master>
concept NoiseKernels = requires(const typename B::full& full, std::int64_t stride,
                                std::span<const std::uint32_t> images, const Stream& stream,
                                std::span<const double> factors, const M* p, M* q) {
  normals(full, images, stride, stream, q);
  blend_images(full, factors, factors, stride, p, p, q);
};

/// The update of Adam, and the report on a step's gradient.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept OptimizerKernels = requires(const B& on, std::int64_t n, double clip, const AdamRule& rule,
                                    const AfterUpdate<M, S>& after, const M* p, M* q) {
  adam(on, n, rule, p, p, q, q, q, after);
  measure_gradient(on, n, clip, p, p, q);
};

/// Max pooling, and its gradient.
template <class B, class S = typename B::scalar>
concept PoolingKernels = requires(const B& on, const ImageSizes& s, std::int64_t window, const S* x, S* y) {
  max_pool2d(on, s, window, x, y);
  max_pool2d_backward(on, s, window, x, x, y);
};

/// Sums over everything and over pixels; mean squared errors with weights of each image (or nullptr), and distances of
/// images. In `Loss` the target, the weights and the result are in M.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept ReductionKernels = requires(const B& on, std::int64_t n, double factor, const S* x, const M* p, S* y, M* q) {
  sum(on, n, n, factor, x, y);
  sum(on, n, n, factor, p, y);
  mse(on, n, n, x, x, p, y);
  mse(on, n, n, x, p, p, q);
  mse_backward(on, n, n, x, x, p, x, y);
  mse_backward(on, n, n, x, p, p, p, y);
  image_distances(on, n, n, factor, x, p, p, q);
  sum_pixels(on, n, n, n, x, y);
};

/// Upsampling by a whole factor, and its gradients.
template <class B, class S = typename B::scalar>
concept ResamplingKernels = requires(const B& on, const ImageSizes& s, std::int64_t factor, const S* x, S* y) {
  upsample_nearest(on, s, factor, x, y);
  upsample_nearest_backward(on, s, factor, x, y);
  upsample_bilinear(on, s, factor, x, y);
  upsample_bilinear_backward(on, s, factor, x, y);
};

/// The steps of samplers: one pass of estimates and sums, what a network is given of image and level, dynamic
/// thresholding. All read their numbers from a table, so that they can be recorded.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept SamplingKernels = requires(const B& on, const typename B::full& full, std::int64_t n, const RunPlace& at,
                                   const StepNumbers<M>& numbers, const StepRows& rows, std::int32_t* state,
                                   double number, const SamplerPass<M, S>& pass, const M* p, M* q, S* y) {
  sampler_pass(full, n, n, pass);
  fill_c_noise(full, n, at, numbers, q);
  scale_input(on, n, at, numbers, p, y);
  fetch_step(on, n, at, rows);
  next_step(full, state);
  threshold_images(full, n, n, number, number, q);
};

/// Weights divided by their spectral norm, the gradient, and a power iteration of the vector that the norm stands on.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept SpectralNormKernels = requires(const B& on, std::int64_t n, const S* x, const M* p, S* y, M* q) {
  spectral_norm(on, n, n, x, p, y, q, q);
  spectral_norm_backward(on, n, n, x, x, p, p, p, y);
  power_iteration(on, n, n, x, p, p, q);
};

/// A backend that has every kernel which ops, networks, sampling and training call, and those of each capability that
/// it declares. Write static_assert(Kernels<B>) where all of them are known: they are looked up there and then.
template <class B>
concept Kernels = Backend<B> && ActivationKernels<B> && AbsoluteErrorKernels<B> && AttentionKernels<B> &&
    BatchNormKernels<B> && BinaryCrossEntropyKernels<B> && ConvolutionKernels<B> && CrossEntropyKernels<B> &&
    DropoutKernels<B> && ElementwiseKernels<B> && EmbeddingKernels<B> && GaussianKernels<B> && LevelKernels<B> &&
    LinearKernels<B> && GroupNormKernels<B> && LayerNormKernels<B> && KnownPixelKernels<B> && NoiseKernels<B> &&
    OptimizerKernels<B> && PoolingKernels<B> && ReductionKernels<B> && ResamplingKernels<B> && SamplingKernels<B> &&
    SpectralNormKernels<B> && FusedNormKernels<B> && ResidualKernels<B> && ConcatUpsampleKernels<B> &&
    BatchedAddKernels<B> && GraphKernels<B> && AsyncCopyKernels<B> && PackedWeightKernels<B> && TokenKernels<B> &&
    LearnedVarianceKernels<B> && RecomputingKernels<B> && ImagePartKernels<B>;

}  // namespace hush
