#pragma once
#include <cmath>
#include <vector>

#include <hush/level.hpp>

namespace samplers {

using namespace hush;

/// `count` sigmas that fall geometrically, and the clean level. `preserving`: the same sigmas, seen as VP levels.
inline std::vector<Level> geometric(double first, double last, int count, bool preserving = false) {
  std::vector<Level> levels;
  for (int i = 0; i < count; ++i) {
    const double sigma = first * std::pow(last / first, double(i) / (count - 1));
    const double signal = preserving ? 1 / std::sqrt(1 + sigma * sigma) : 1;
    levels.push_back({double(count - i), signal, sigma * signal});
  }
  levels.push_back({});
  return levels;
}

}  // namespace samplers
