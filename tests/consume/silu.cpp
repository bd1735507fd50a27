#include "silu.hpp"

#include <cmath>
#include <cstdio>

bool plausible(const Answer& answer) {
  std::printf("%s: %s\n", answer.code.c_str(),
              answer.error.empty() ? std::to_string(answer.silu).c_str() : answer.error.c_str());
  return answer.error.empty()
             ? std::abs(answer.silu - 0.731059f) < 4e-3f
             : answer.error.starts_with("[cudaDriverGetVersion]") || answer.error.starts_with("[cudaGetDeviceCount]") ||
                   answer.error.find("holds no code") != std::string::npos;
}
