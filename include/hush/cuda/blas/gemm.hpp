#pragma once
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <hush/cuda/blas/blas.hpp>
#include <hush/cuda/gemm.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// A machine that has cuBLASLt.
template <class M>
concept BlasMachine = requires(M& machine) {
  { machine.template part<Blas>() } -> std::same_as<Blas&>;
};

/// How cuBLASLt is asked for a product, whose sizes are dense, in the arithmetic of precision P: floats in float, or
/// rounded to TF32; bf16 numbers exactly; sums in float.
template <class P, class T, class C>
BlasKey blas_key(const GemmProduct<T, C>& product) {
  const auto type = [](bool narrow) { return narrow ? CUDA_R_16BF : CUDA_R_32F; };
  const auto aligned = [](const void* p) {
    const auto at = reinterpret_cast<std::uintptr_t>(p);
    return unsigned(std::min<std::uintptr_t>(16, at & (~at + 1)));  // the largest power of two that divides it
  };
  const C* vector = product.bias ? product.bias : product.sums;
  return {.sizes = product.sizes,
          .factors = type(std::is_same_v<T, bf16>),
          .result = type(std::is_same_v<C, bf16>),
          .compute = std::is_same_v<P, tf32> ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F,
          .vector = product.bias   ? BlasKey::Vector::bias
                    : product.sums ? BlasKey::Vector::sums
                                   : BlasKey::Vector::none,
          .a_aligned = aligned(product.a),
          .b_aligned = aligned(product.b),
          .c_aligned = std::min(aligned(product.c), product.residual ? aligned(product.residual) : 16),
          .vector_aligned = vector ? aligned(vector) : 16};
}

/// Has cuBLASLt do a product. False where it has nothing for it. Throws CudaError, OutOfMemory.
template <class P, BlasMachine M, class T, class C>
bool library_gemm(const Cuda<P, M>& on, const GemmProduct<T, C>& product) {
  if (product.sizes.batch > std::numeric_limits<std::int32_t>::max() || (product.bias && product.sums)) return false;
  if (product.residual && product.beta != 0) return false;
  const C* vector = product.bias ? product.bias : product.sums;
  const BlasArrays arrays{product.a, product.b, product.c, const_cast<C*>(vector), product.residual};
  return on.machine().template part<Blas>().multiply(
      blas_key<P>(product), arrays, product.alpha, product.residual ? 1.f : product.beta,
      [&](std::size_t bytes) { return on.template allocate<std::byte>(std::int64_t(bytes)); });
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
