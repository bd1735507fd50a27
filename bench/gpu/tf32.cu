#include "gpu.cuh"

template gpu_bench::Measured gpu_bench::measure_on_gpu<hush::tf32>(const gpu_bench::Order&);
