#pragma once
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <hush/autograd/apply.hpp>
#include <hush/random/noise.hpp>
#include <hush/random/noise_key.hpp>

namespace hush {
namespace detail {

/// The shape of the numbers whose moments are [N, ..., 2 C]: [N, ..., C].
inline Shape gaussian_shape(const char* where, const Shape& moments) {
  check(moments.rank() >= 2 && moments.back() % 2 == 0, where,
        "wants moments [N, ..., 2 C], the means and then the logarithms of the variances; got ", moments);
  return moments.with_back(moments.back() / 2);
}

}  // namespace detail

namespace ops {

/// Saves the moments; the noise is a constant.
template <Backend B>
struct GaussianSample {
  Tensor<typename B::full> noise;

  Tensor<B> forward(const Tensor<B>& moments) const {
    const Shape s = detail::gaussian_shape("gaussian_sample", moments.shape());
    check(noise.shape() == s, "gaussian_sample", "noise ", noise.shape(), " for moments ", moments.shape());
    Tensor<B> z(moments.on(), s);
    gaussian_sample(z.on(), rows(s), s.back(), moments.data(), noise.data(), z.data());
    return z;
  }
  auto record(const Tensor<B>& moments) const { return Recorded{forward(moments), std::tuple{moments}}; }
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dz, const Tensor<B>& moments) const {
    const Shape& s = dz.shape();
    Tensor<B> dmoments = empty_like(moments);
    gaussian_sample_backward(dz.on(), rows(s), s.back(), dz.data(), moments.data(), noise.data(), dmoments.data());
    return {dmoments};
  }
  static std::int64_t rows(const Shape& s) { return s.back() ? s.size() / s.back() : 0; }
};

}  // namespace ops

/// A sample of Gaussians of independent numbers, z = mean + exp(log_variance / 2) noise [N, ..., C], with a gradient
/// for both moments (Kingma and Welling 2014, section 2.4). `moments` [N, ..., 2 C] are the means and then the
/// logarithms of the variances, kept within [-30, 20] with gradient 0 outside. Throws std::invalid_argument for noise
/// of another shape than z.
template <Value V>
V gaussian_sample(const V& moments, const Tensor<typename V::backend::full>& noise) {
  return apply(ops::GaussianSample<typename V::backend>{noise}, moments);
}

/// The same with the key's noise for "posterior": an image's belongs to the seed, the step and the image's number, not
/// to its place in the batch.
template <Value V>
V gaussian_sample(const V& moments, const NoiseKey& key) {
  const Shape shape = detail::gaussian_shape("gaussian_sample", moments.shape());
  std::vector<std::uint32_t> images(key.images.begin(), key.images.end());
  if (images.empty()) {
    images.resize(std::size_t(shape[0]));
    std::iota(images.begin(), images.end(), 0u);
  }
  return gaussian_sample(moments, normal_images(value_of(moments).on().in_full(), shape, key.stream("posterior"),
                                                std::span<const std::uint32_t>(images)));
}

}  // namespace hush
