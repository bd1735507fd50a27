#include "../silu.hpp"

Answer ask_ampere();
Answer ask_hopper();

int main() {
  const Answer one = ask_ampere(), two = ask_hopper();
  const bool apart =
      one.code.find("::cuda_800_") != std::string::npos && two.code.find("::cuda_900_") != std::string::npos;
  const bool plain = plausible(one), other = plausible(two);
  return apart && plain && other ? 0 : 1;
}
