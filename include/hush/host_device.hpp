#pragma once
// The only header of the library that asks the preprocessor what it is compiled by and for.
#include <version>

#if defined(_LIBCPP_VERSION) && !defined(__cpp_lib_jthread)
#error "hush needs std::jthread, which libc++ before 20 has behind a flag: compile and link with -fexperimental-library"
#endif

// What it cannot be compiled without.
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "hush must see NaN and infinity, which -ffast-math and -Ofast hide: add -fno-finite-math-only behind them"
#endif
#if !defined(__cpp_exceptions) && !defined(__CUDA_ARCH__)
#error "hush says what is wrong by exceptions: compile without -fno-exceptions"
#endif

/// Whether the compiler was asked to optimise; where it does not say, it counts as asked.
#if defined(__GNUC__) && !defined(__OPTIMIZE__)
#define HUSH_OPTIMISED false
#else
#define HUSH_OPTIMISED true
#endif

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

/// Whether vectors have whole numbers of 32 bits and fma, eight or more at a time.
#if (defined(__AVX512F__) && defined(__AVX512DQ__)) || (defined(__AVX2__) && defined(__FMA__))
#define HUSH_CPU_HAS_LANES true
#else
#define HUSH_CPU_HAS_LANES false
#endif

/// Tells the processor that this thread is only waiting.
#if defined(__x86_64__) || defined(__i386__)
#define HUSH_CPU_PAUSE() __asm__ volatile("pause")
#elif defined(__aarch64__)
#define HUSH_CPU_PAUSE() __asm__ volatile("yield")
#else
#define HUSH_CPU_PAUSE() static_cast<void>(0)
#endif

/// Inline namespace of everything that stands on code for a device: two libraries that were built for different
/// architectures never share one of its symbols. nvcc names its architectures (900, or 800,900); other compilers see
/// host code only.
#define HUSH_CUDA_JOIN(a, b, c, d, e, f, g, h, ...) cuda_##a##_##b##_##c##_##d##_##e##_##f##_##g##_##h
#define HUSH_CUDA_NAME(...) HUSH_CUDA_JOIN(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0)
#if defined(__CUDA_ARCH_LIST__)
#define HUSH_CUDA_ABI HUSH_CUDA_NAME(__CUDA_ARCH_LIST__)
#else
#define HUSH_CUDA_ABI cuda_host
#endif
