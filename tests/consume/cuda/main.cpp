#include <cstdio>

#include <hush/errors.hpp>

// [main]
#include "garments.hpp"

int main() {
  try {
    const auto images = garments<hush::bf16>(4, 1);
    std::printf("%zu pixels\n", images.pixels.size());
  } catch (const hush::CudaError& error) {
    std::printf("%s\n", error.what());  // [cudaDriverGetVersion] there is no NVIDIA driver on this machine, ...
  }
}
// [/main]
