#pragma once
#include <map>
#include <stdexcept>
#include <string>

namespace examples {

/// Where to compute: cpu or cuda, there with bf16, tf32 or fp32.
struct Where {
  std::string device = "cpu", precision = "bf16";
  int threads = 0;  // of the CPU
};

/// The commands of a program on a GPU, by precision. It is compiled once for each, in files of their own, which put it
/// here before main begins; `Commands` are pointers to functions.
template <class Commands>
std::map<std::string, Commands>& cuda_commands() {
  static std::map<std::string, Commands> by_precision;
  return by_precision;
}
template <class Commands>
bool offer(const std::string& precision, const Commands& commands) {
  return cuda_commands<Commands>().emplace(precision, commands).second;
}

/// The commands on a GPU in a precision. Throws std::runtime_error in words where the program was built without it.
template <class Commands>
const Commands& on_cuda(const std::string& precision) {
  const auto& all = cuda_commands<Commands>();
  if (all.empty())
    throw std::runtime_error(
        "this program was built without CUDA. Where nvcc and cuDNN are found, CMake builds it with; see docs/gpu.md");
  const auto found = all.find(precision);
  if (found != all.end()) return found->second;
  std::string there;
  for (const auto& [name, commands] : all) there += (there.empty() ? "" : ", ") + name;
  throw std::runtime_error("this program was built without the precision " + precision + ", with " + there +
                           " (HUSH_EXAMPLE_PRECISIONS of CMake)");
}

}  // namespace examples
