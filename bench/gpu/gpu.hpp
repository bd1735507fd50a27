#pragma once
#include "measure.hpp"

namespace gpu_bench {

/// Measures on the GPU in one precision: hush::bf16, hush::tf32 or float. Each is compiled in a file of its own.
template <class Precision>
Measured measure_on_gpu(const Order& order);

}  // namespace gpu_bench
