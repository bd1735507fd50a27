#pragma once
#include <string>

/// What a library on the GPU answers: the names that its code bears, silu(1) by a kernel of its own, or the error.
struct Answer {
  std::string code, error;
  float silu = 0;
};

/// Whether silu(1) is right, or there is no GPU for this code.
bool plausible(const Answer& answer);
