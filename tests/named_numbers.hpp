#pragma once
#include <cstdint>
#include <string>
#include <vector>

/// `count` numbers in [-1, 1) that belong to a name, the same as the tools that make the goldens have them: splitmix64
/// from the FNV-1a hash of the name.
inline std::vector<double> u(const std::string& name, std::int64_t count) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char letter : name) hash = (hash ^ std::uint64_t(static_cast<unsigned char>(letter))) * 0x100000001B3;
  std::vector<double> all;
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint64_t z = hash + std::uint64_t(i + 1) * 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    z = z ^ z >> 31;
    all.push_back(double(z >> 11) * 0x1p-52 - 1);
  }
  return all;
}
