#pragma once
// The only header of the library that asks the preprocessor what it is compiled by and for.

/// Marks a function that runs on the host and, when nvcc compiles it, on the device too.
#if defined(__CUDACC__)
#define HUSH_HOST_DEVICE __host__ __device__
#else
#define HUSH_HOST_DEVICE
#endif

/// Inline namespace of everything whose machine code depends on the vector width: two libraries that were built with
/// different -march settings never share one of its symbols.
#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define HUSH_CPU_ABI cpu_avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define HUSH_CPU_ABI cpu_avx2
#elif defined(__AVX__)
#define HUSH_CPU_ABI cpu_avx
#elif defined(__ARM_NEON)
#define HUSH_CPU_ABI cpu_neon
#else
#define HUSH_CPU_ABI cpu_128
#endif
