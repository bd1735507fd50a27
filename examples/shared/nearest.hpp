#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include <hush/data/label_names.hpp>

namespace examples {

/// Of some words the one that was probably meant: at most a third of the letters away, or begun with; empty if none is.
inline std::string nearest(const std::string& word, const std::vector<std::string>& words) {
  std::string best;
  std::size_t least = word.size() / 3 + 1;
  for (const std::string& one : words)
    if (const std::size_t off = hush::data::edit_distance(word, one); off < least) best = one, least = off;
  for (const std::string& one : words)
    if (best.empty() && word.size() >= 3 && one.starts_with(word)) best = one;
  return best;
}

}  // namespace examples
