// expect: Bare lacks a kernel
#include <hush/core.hpp>

// A machine made of the CPU, of which one kernel is not there.
struct Bare : hush::Cpu<float> {
  using full = Bare;
  Bare in_full() const { return *this; }
};
#ifndef HUSH_WRITTEN_RIGHT
void sum_pixels(const Bare&, std::int64_t, std::int64_t, std::int64_t, const float*, float*) = delete;
#endif
static_assert(hush::Kernels<Bare>, "Bare lacks a kernel");
