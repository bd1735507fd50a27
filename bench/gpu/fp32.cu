#include "gpu.cuh"

template gpu_bench::Measured gpu_bench::measure_on_gpu<float>(const gpu_bench::Order&);
