#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <hush/data/shapes.hpp>

// What an evaluator finds where it misses labels.
namespace iclevr {

using namespace hush;

/// The labels that were missed, and those that were found in their places: of the right colours and shapes of a
/// picture one is right, both are (of two objects), or neither.
struct Mistakes {
  std::int64_t labels = 0, missed = 0, shape = 0, colour = 0, swapped = 0, neither = 0;

  Mistakes& operator+=(const Mistakes& other) {
    for (const auto part : {&Mistakes::labels, &Mistakes::missed, &Mistakes::shape, &Mistakes::colour,
                            &Mistakes::swapped, &Mistakes::neither})
      this->*part += other.*part;
    return *this;
  }
};

/// The `count` labels with the highest scores of picture i, the highest first; rows of scores [n, 24].
inline std::vector<std::int32_t> found_in(std::span<const float> rows, std::size_t i, std::size_t count) {
  const auto row = rows.subspan(i * std::size_t(data::shape_labels), std::size_t(data::shape_labels));
  std::vector<std::int32_t> order(row.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](auto a, auto b) { return row[std::size_t(a)] > row[std::size_t(b)]; });
  order.resize(std::min(count, order.size()));
  return order;
}

/// The mistakes of pictures with these labels, whose scores are the rows.
inline Mistakes mistakes_in(std::span<const float> rows, const std::vector<std::vector<std::int32_t>>& labels) {
  Mistakes mistakes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto& wanted = labels[i];
    mistakes.labels += std::int64_t(wanted.size());
    for (const std::int32_t found : found_in(rows, i, wanted.size())) {
      if (std::ranges::find(wanted, found) != wanted.end()) continue;
      ++mistakes.missed;  // for each that is too much one is missing
      const bool colour = std::ranges::any_of(wanted, [&](std::int32_t one) { return one % 8 == found % 8; });
      const bool shape = std::ranges::any_of(wanted, [&](std::int32_t one) { return one / 8 == found / 8; });
      ++(colour && shape ? mistakes.swapped : colour ? mistakes.shape : shape ? mistakes.colour : mistakes.neither);
    }
  }
  return mistakes;
}

}  // namespace iclevr
