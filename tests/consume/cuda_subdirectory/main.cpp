#include "../silu.hpp"

Answer in_float();
Answer in_bf16();

int main() {
  const bool one = plausible(in_float()), two = plausible(in_bf16());
  return one && two ? 0 : 1;
}
