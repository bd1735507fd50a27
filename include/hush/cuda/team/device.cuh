#pragma once
#include <cuda_runtime.h>

#include <hush/cuda/runtime/device.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// A block of threads as a team.
class BlockTeam {
 public:
  __device__ std::int64_t block() const { return blockIdx.x; }
  __device__ std::int64_t blocks() const { return gridDim.x; }
  __device__ int rank() const { return int(threadIdx.x); }
  __device__ int size() const { return int(blockDim.x); }
  __device__ void sync() const { __syncthreads(); }
  template <class T>
  __device__ T sum(T value) const {
    return exchange(value, [](T a, T b) { return a + b; });
  }
  template <class T>
  __device__ T max(T value) const {
    return exchange(value, [](T a, T b) { return a < b ? b : a; });
  }
  template <class T>
  __device__ T* shared() const {
    extern __shared__ __align__(16) unsigned char hush_team_scratch[];
    return reinterpret_cast<T*>(hush_team_scratch);
  }

 private:
  /// Within warps by shuffles, then over the warps in order: the same result for all, and the same every time.
  template <class T, class F>
  __device__ T exchange(T value, const F& f) const {
    static_assert(sizeof(T) <= 8);
    __shared__ double lanes[32];
    T* all = reinterpret_cast<T*>(lanes);
    for (int offset = 16; offset > 0; offset /= 2) value = f(value, __shfl_xor_sync(0xffffffffu, value, offset));
    __syncthreads();  // the numbers of an earlier exchange have been read
    if (threadIdx.x % 32 == 0) all[threadIdx.x / 32] = value;
    __syncthreads();
    T result = all[0];
    for (unsigned i = 1; i < blockDim.x / 32; ++i) result = f(result, all[i]);
    return result;
  }
};

/// Every kernel of the library.
template <class Body>
__global__ void run_body(const Body body) {
  body(BlockTeam{});
}
/// Those of teams of more than 256 members, whose registers must be enough for all: the body says how many there may
/// be.
template <class Body>
__global__ void __launch_bounds__(Body::most_members) run_body_of_many(const Body body) {
  body(BlockTeam{});
}
template <class Body>
const void* kernel_of() {
  if constexpr (requires { Body::most_members; })
    return reinterpret_cast<const void*>(&run_body_of_many<Body>);
  else
    return reinterpret_cast<const void*>(&run_body<Body>);
}

/// Ends a round of a graph's loop: one less is left; at 0 the loop ends.
template <class Handle>
__global__ void count_down(Handle loop, std::int32_t* left) {
  cudaGraphSetConditional(loop, unsigned(--*left > 0));
}
template <class Handle>
const void* countdown_kernel() {
  return reinterpret_cast<const void*>(&count_down<Handle>);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
