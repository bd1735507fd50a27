#pragma once
#include <nvtx3/nvToolsExt.h>

#include <hush/cuda/cuda.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Ranges of the time lines of Nsight Systems and others (NVTX 3, which does nothing unless a profiler is attached).
template <class P>
void begin_range(const Cuda<P, Device>&, const char* name) {
  nvtxRangePushA(name);
}
template <class P>
void end_range(const Cuda<P, Device>&) {
  nvtxRangePop();
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
