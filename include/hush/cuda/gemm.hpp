#pragma once
#include <cstdint>
#include <type_traits>

#include <hush/cuda/gemm_plain.hpp>
#include <hush/cuda/reduce.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Has a matrix product done by a library of the machine's and says whether there was one to do it. This one stands for
/// machines without a library; cuda/blas_gemm.hpp has the other.
template <class P, class M, class T, class C>
bool library_gemm(const Cuda<P, M>&, const GemmProduct<T, C>&) {
  static_assert(!std::is_same_v<M, Device>, "matrix products on a GPU want #include <hush/cuda.cuh>");
  return false;
}

/// Queues a product without `sums`, by the library where it can, else by the plain kernel.
template <class P, class M, class T, class C>
void run_gemm(const Cuda<P, M>& on, GemmProduct<T, C> product) {
  product.sizes = dense(product.sizes);
  const GemmSizes& s = product.sizes;
  if (s.rows <= 0 || s.columns <= 0 || s.batch <= 0) return;
  if (s.depth <= 0 || !library_gemm(on, product)) plain::gemm(on, product);
}

/// C[rows, columns] = alpha op(A) op(B) + beta C, row-major, for every matrix of the batch; C is not read if beta is 0.
template <class P, class M, class T, class C>
void gemm(const Cuda<P, M>& on, const GemmSizes& sizes, float alpha, const T* a, const T* b, float beta, C* c) {
  run_gemm(on, GemmProduct<T, C>{.sizes = sizes, .alpha = alpha, .a = a, .b = b, .beta = beta, .c = c});
}

/// y[rows, out] = x[rows, in] weight[out, in]^T + bias[out] + residual[rows, out]; bias and residual may be nullptr.
template <class P, class M, class T>
void linear(const Cuda<P, M>& on, std::int64_t rows, std::int64_t in, std::int64_t out, const T* x, const T* weight,
            const T* bias, const T* residual, T* y) {
  run_gemm(on, GemmProduct<T>{.sizes = {.rows = rows, .columns = out, .depth = in, .b = Transpose::yes},
                              .a = x,
                              .b = weight,
                              .c = y,
                              .bias = bias,
                              .residual = residual});
}
template <class P, class M, class T>
void linear(const Cuda<P, M>& on, std::int64_t rows, std::int64_t in, std::int64_t out, const T* x, const T* weight,
            const T* bias, T* y) {
  linear(on, rows, in, out, x, weight, bias, static_cast<const T*>(nullptr), y);
}

/// dx[rows, in] = dy[rows, out] weight[out, in].
template <class P, class M, class T>
void linear_backward_input(const Cuda<P, M>& on, std::int64_t rows, std::int64_t in, std::int64_t out, const T* dy,
                           const T* weight, T* dx) {
  gemm(on, GemmSizes{.rows = rows, .columns = in, .depth = out}, 1, dy, weight, 0, dx);
}

/// dweight[out, in] = dy[rows, out]^T x[rows, in]; dbias[out] is the sum of dy over the rows, unless it is nullptr.
template <class P, class M, class T>
void linear_backward_weight(const Cuda<P, M>& on, std::int64_t rows, std::int64_t in, std::int64_t out, const T* x,
                            const T* dy, T* dweight, std::type_identity_t<T>* dbias) {
  GemmProduct<T> product{.sizes = dense({.rows = out, .columns = in, .depth = rows, .a = Transpose::yes}),
                         .a = dy,
                         .b = x,
                         .c = dweight,
                         .sums = dbias};
  if (dbias && rows > 0 && in > 0 && out > 0 && library_gemm(on, product)) return;
  product.sums = nullptr;
  run_gemm(on, product);
  if (dbias) sum_pixels(on, 1, rows, out, dy, dbias);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
