#pragma once
#include <string>

namespace examples {

/// Where to compute: cpu or cuda, there with bf16, tf32 or fp32.
struct Where {
  std::string device = "cpu", precision = "bf16";
  int threads = 0;  // of the CPU
};

}  // namespace examples
