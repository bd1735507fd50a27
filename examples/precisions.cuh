#pragma once
#include <hush/cuda.cuh>
#include <string>

namespace examples {

/// f(backend) for the precision that is asked for.
template <class F>
int with_precision(const std::string& precision, const F& f) {
  using namespace hush;
  if (precision == "bf16") return f(Cuda<bf16>{});
  if (precision == "tf32") return f(Cuda<tf32>{});
  check(precision == "fp32", "precision", "there is no precision ", precision, ": take bf16, tf32 or fp32");
  return f(Cuda<float>{});
}

}  // namespace examples
