#pragma once
#include <hush/cuda/calls.hpp>
#include <hush/errors.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Throws CudaError("[call] what CUDA says of it; parts...") unless all is well. Memory that is exhausted has its own
/// exception; see CudaMemory.
template <class... Parts>
void require(cudaError_t status, const char* call, const Parts&... parts) {
  if (status == cudaSuccess) [[likely]]
    return;
  calls().last_error();  // an error that is not sticky is told once
  throw CudaError(call, int(status), words(cudaGetErrorString(status), sizeof...(parts) ? "; " : "", parts...));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
