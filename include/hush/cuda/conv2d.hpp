#pragma once
#include <cstdint>
#include <type_traits>

#include <hush/cuda/conv2d_key.hpp>
#include <hush/cuda/conv2d_plain.hpp>
#include <hush/cuda/reduce.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Runs a convolution by a library of the machine's and says whether there was one to do it. This one stands for
/// machines without a library; cuda/cudnn_conv2d.hpp has the other.
template <class P, class M>
bool library_conv2d(const Cuda<P, M>&, Conv2dDirection, const Conv2dSizes&, const Conv2dArrays&) {
  static_assert(!std::is_same_v<M, Device>, "convolutions on a GPU want #include <hush/cuda.cuh>");
  return false;
}

/// Whether a convolution has anything to multiply: libraries refuse empty arrays.
inline bool conv2d_multiplies(const Conv2dSizes& s) {
  return s.batch > 0 && s.height > 0 && s.width > 0 && s.in > 0 && s.out > 0 && s.out_height > 0 && s.out_width > 0;
}

/// Whether a convolution of few channels is for our own kernels: a library would copy images and weights first, to
/// widen their channels, for a handful of products. The limits are estimates; nobody has measured them.
inline bool conv2d_has_few_inputs(const Conv2dSizes& s, Conv2dPrecision precision) {
  return with_wide_channels(s, precision).in != s.in && s.in * s.kernel_h * s.kernel_w <= 16;
}
inline bool conv2d_has_few_outputs(const Conv2dSizes& s, Conv2dPrecision precision) {
  return with_wide_channels(s, precision).out != s.out && s.out <= bodies::Conv2dFewOutputs<float>::most &&
         s.kernel_h == 1 && s.kernel_w == 1 && s.out_height == s.height && s.out_width == s.width && s.pad_top == 0 &&
         s.pad_left == 0 && s.stride == 1;
}

/// y[n, h, w, o] = the sum over kh, kw, i of weight[o, kh, kw, i] x[n, h * stride + kh - pad_top, ..., i], plus
/// residual[n, h, w, o], plus bias[o]; either of these may be null. Products are summed in float and rounded to the
/// scalar once at the end. `residual` and `y` do not overlap.
template <class P, class M, class T>
void conv2d(const Cuda<P, M>& on, const Conv2dSizes& s, const T* x, const T* weight,
            const std::type_identity_t<T>* bias, const std::type_identity_t<T>* residual, T* y) {
  static_assert(std::is_same_v<T, typename Cuda<P, M>::scalar>);
  const std::int64_t pixels = s.batch * s.height * s.width;
  if (conv2d_has_few_outputs(s, conv2d_precision<P>))
    return launch(on, bodies::Conv2dFewOutputs<T>{pixels, s.in, s.out, x, weight, bias, residual, y},
                  pixels > 0 ? grid_for(pixels, 1, 64) : TeamGrid{.teams = 0});
  if (conv2d_multiplies(s) && !conv2d_has_few_inputs(s, conv2d_precision<P>) &&
      library_conv2d(on, Conv2dDirection::forward, s, {x, weight, y, bias, residual}))
    return;
  launch(on, bodies::Conv2dForward<T>{s, x, weight, bias, residual, y}, grid_for(bodies::Conv2dForward<T>::items(s)));
}

template <class P, class M, class T>
void conv2d(const Cuda<P, M>& on, const Conv2dSizes& s, const T* x, const T* weight,
            const std::type_identity_t<T>* bias, T* y) {
  conv2d(on, s, x, weight, bias, nullptr, y);
}

/// The gradient of conv2d with respect to its images: dx has the shape of x.
template <class P, class M, class T>
void conv2d_backward_input(const Cuda<P, M>& on, const Conv2dSizes& s, const T* dy, const T* weight, T* dx) {
  static_assert(std::is_same_v<T, typename Cuda<P, M>::scalar>);
  if (conv2d_multiplies(s) && library_conv2d(on, Conv2dDirection::backward_input, s, {dx, weight, dy})) return;
  launch(on, bodies::Conv2dBackwardInput<T>{s, dy, weight, dx}, grid_for(bodies::Conv2dBackwardInput<T>::items(s)));
}

/// The gradient of conv2d with respect to its weights [out, kernel_h, kernel_w, in], and to its bias [out] unless
/// `dbias` is null. Summed in float and rounded to the scalar at the end.
template <class P, class M, class T>
void conv2d_backward_weight(const Cuda<P, M>& on, const Conv2dSizes& s, const T* x, const T* dy, T* dweight,
                            std::type_identity_t<T>* dbias) {
  static_assert(std::is_same_v<T, typename Cuda<P, M>::scalar>);
  if (dbias) sum_pixels(on, 1, s.batch * s.out_height * s.out_width, s.out, dy, dbias);
  if (conv2d_multiplies(s) && library_conv2d(on, Conv2dDirection::backward_weight, s, {x, dweight, dy})) return;
  launch(on, bodies::Conv2dBackwardWeight<T>{s, x, dy, dweight}, grid_for(bodies::Conv2dBackwardWeight<T>::items(s)));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
