#pragma once
#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <vector>

namespace examples {

/// How many letters must be put in, taken out, replaced or swapped with the next to make one word of the other (optimal
/// string alignment).
inline std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

/// Of some words the one that was probably meant: at most a third of the letters away, or begun with; empty if none is.
inline std::string nearest(const std::string& word, const std::vector<std::string>& words) {
  std::string best;
  std::size_t least = word.size() / 3 + 1;
  for (const std::string& one : words)
    if (const std::size_t off = distance(word, one); off < least) best = one, least = off;
  for (const std::string& one : words)
    if (best.empty() && word.size() >= 3 && one.starts_with(word)) best = one;
  return best;
}

}  // namespace examples
