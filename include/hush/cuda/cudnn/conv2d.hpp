#pragma once
#include <concepts>
#include <cstdint>
#include <memory>
#include <utility>

#include <hush/cuda/conv2d.hpp>
#include <hush/cuda/conv2d_channels.hpp>
#include <hush/cuda/cudnn/cudnn.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// A machine that has cuDNN.
template <class M>
concept CudnnMachine = requires(M& machine) {
  { machine.stream() } -> std::same_as<cudaStream_t>;
  { machine.template part<Cudnn>() } -> std::same_as<Cudnn&>;
};

/// The arrays of a convolution, or wider copies of them where its channels are widened, or room for a wider result.
template <class P, class M>
class WideConv2d {
 public:
  using T = typename Cuda<P, M>::scalar;

  WideConv2d(const Cuda<P, M>& on, Conv2dDirection direction, const Conv2dSizes& s, const Conv2dArrays& arrays)
      : on_(on),
        direction_(direction),
        s_(s),
        wide_(with_wide_channels(s, conv2d_precision<P>)),
        given_(arrays),
        arrays_(arrays) {
    // The fusion that cuDNN has ready ends with a bias: a residual without one gets a bias of zeros.
    const bool bias = arrays.bias || arrays.residual;
    if (bias && (!arrays.bias || wide_.out != s.out))
      arrays_.bias = fitted(bias_, arrays.bias ? s.out : 0, 1, arrays.bias, wide_.out, 1);
    if (wide_.in != s.in) arrays_.x = wider(x_, Conv2dDirection::backward_input, x_rows(), s.in, arrays.x, wide_.in);
    if (wide_.out != s.out) {
      arrays_.y = wider(y_, Conv2dDirection::forward, y_rows(), s.out, arrays.y, wide_.out);
      if (arrays.residual) arrays_.residual = fitted(residual_, y_rows(), s.out, arrays.residual, y_rows(), wide_.out);
    }
    if (changed()) {
      if (direction == Conv2dDirection::backward_weight)
        arrays_.weight = room(weight_, wide_.out * taps() * wide_.in);
      else
        arrays_.weight = fitted(weight_, s.out * taps(), s.in, arrays.weight, wide_.out * taps(), wide_.in);
    }
  }

  const Conv2dSizes& sizes() const { return wide_; }
  const Conv2dArrays& arrays() const { return arrays_; }
  bool aligned() const {
    const auto fits = [](const void* p) { return reinterpret_cast<std::uintptr_t>(p) % 16 == 0; };
    return fits(arrays_.x) && fits(arrays_.weight) && fits(arrays_.y) && fits(arrays_.bias) && fits(arrays_.residual);
  }
  /// Brings the result to where it was asked for.
  void finish() {
    if (direction_ == Conv2dDirection::forward && y_)
      fit_matrix(on_, y_rows(), wide_.out, y_.get(), y_rows(), s_.out, mine(given_.y));
    if (direction_ == Conv2dDirection::backward_input && x_)
      fit_matrix(on_, x_rows(), wide_.in, x_.get(), x_rows(), s_.in, mine(given_.x));
    if (direction_ == Conv2dDirection::backward_weight && weight_)
      fit_matrix(on_, wide_.out * taps(), wide_.in, weight_.get(), s_.out * taps(), s_.in, mine(given_.weight));
  }

 private:
  using Array = std::shared_ptr<T[]>;
  static T* mine(const void* at) { return static_cast<T*>(const_cast<void*>(at)); }
  bool changed() const { return wide_.in != s_.in || wide_.out != s_.out; }
  std::int64_t taps() const { return s_.kernel_h * s_.kernel_w; }
  std::int64_t x_rows() const { return s_.batch * s_.height * s_.width; }
  std::int64_t y_rows() const { return s_.batch * s_.out_height * s_.out_width; }

  T* room(Array& array, std::int64_t count) {
    array = on_.template allocate<T>(count);
    return array.get();
  }
  T* fitted(Array& array, std::int64_t rows, std::int64_t columns, const void* from, std::int64_t to_rows,
            std::int64_t to_columns) {
    room(array, to_rows * to_columns);
    fit_matrix(on_, rows, columns, static_cast<const T*>(from), to_rows, to_columns, array.get());
    return array.get();
  }
  /// Images with more channels: a copy, or room only for those that direction `result` writes.
  T* wider(Array& array, Conv2dDirection result, std::int64_t rows, std::int64_t columns, const void* from,
           std::int64_t to_columns) {
    return direction_ == result ? room(array, rows * to_columns) : fitted(array, rows, columns, from, rows, to_columns);
  }

  const Cuda<P, M>& on_;
  Conv2dDirection direction_;
  Conv2dSizes s_, wide_;
  Conv2dArrays given_, arrays_;
  Array x_, weight_, y_, bias_, residual_;
};

/// Runs a convolution by cuDNN. False where cuDNN has no engine that fits the rules, or where an array that was given
/// lies askew in memory. Throws CudaError, OutOfMemory.
template <class P, CudnnMachine M>
bool library_conv2d(const Cuda<P, M>& on, Conv2dDirection direction, const Conv2dSizes& s, const Conv2dArrays& arrays) {
  WideConv2d<P, M> wide(on, direction, s, arrays);
  if (!wide.aligned()) return false;
  Cudnn& cudnn = on.machine().template part<Cudnn>();
  const Conv2dKey key{.direction = direction,
                      .sizes = wide.sizes(),
                      .precision = conv2d_precision<P>,
                      .bias = wide.arrays().bias != nullptr,
                      .residual = wide.arrays().residual != nullptr,
                      .fast = on.fast};
  const auto scratch = [&](const Conv2dEngine& engine) { return on.template allocate<std::byte>(engine.workspace()); };
  const auto milliseconds = [&](const Conv2dEngine& engine) {
    return cudnn.milliseconds(engine, wide.arrays(), scratch(engine).get());
  };
  const bool may_time = cudnn.engines().settings().autotune && !cudnn.capturing();
  const Conv2dEngine* engine = may_time ? cudnn.engines().find(key, milliseconds) : cudnn.engines().find(key);
  if (!engine) return false;
  cudnn.run(*engine, wide.arrays(), scratch(*engine).get());
  wide.finish();
  return true;
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
