#pragma once
#include <hush/cuda/runtime/calls.hpp>
#include <hush/errors.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Throws CudaError("[call] what CUDA says of it; parts...") unless all is well, and says so if CUDA refuses all work
/// from then on. Memory that is exhausted has its own exception; see CudaMemory.
template <class... Parts>
void require(cudaError_t status, const char* call, const Parts&... parts) {
  if (status == cudaSuccess) [[likely]]
    return;
  calls().last_error();                                    // an error is told once,
  const bool stays = calls().last_error() != cudaSuccess;  // unless the device is lost to this process
  throw CudaError(call, int(status),
                  to_text(cudaGetErrorString(status), sizeof...(parts) ? "; " : "", parts...,
                          stays ? "; CUDA refuses all further work of this process: start the program anew" : ""));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
