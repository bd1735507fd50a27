#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <hush/check.hpp>

namespace hush::metrics {

/// How many labels a multi-label classifier finds: of an image with k labels, those among its k highest scores.
struct LabelAccuracy {
  std::int64_t hits = 0, labels = 0;
  /// Hits of all labels, in [0, 1]; 0 where there are none.
  double value() const { return labels > 0 ? double(hits) / double(labels) : 0; }
};

/// Scores of n images, row by row [n, classes], against the labels of each: the accuracy that iCLEVR pictures are
/// judged by. It counts labels, not images. Of equal scores the lower class is the higher one. Throws
/// std::invalid_argument for scores that make no rows, and for a label that is no class.
inline LabelAccuracy label_accuracy(std::span<const float> scores, std::int64_t classes,
                                    std::span<const std::vector<std::int32_t>> labels) {
  check(classes >= 1 && std::int64_t(scores.size()) == std::int64_t(labels.size()) * classes, "label_accuracy",
        scores.size(), " scores for ", labels.size(), " images of ", classes, " classes");
  LabelAccuracy accuracy;
  std::vector<std::int32_t> order(std::size_t(classes), 0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = scores.subspan(i * std::size_t(classes), std::size_t(classes));
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order,
                             [&](std::int32_t a, std::int32_t b) { return row[std::size_t(a)] > row[std::size_t(b)]; });
    const std::size_t k = std::min(labels[i].size(), order.size());
    for (const std::int32_t label : labels[i]) {
      check(label >= 0 && label < classes, "label_accuracy", "image ", i, " has the label ", label, " of ", classes);
      accuracy.hits +=
          std::find(order.begin(), order.begin() + std::ptrdiff_t(k), label) != order.begin() + std::ptrdiff_t(k);
    }
    accuracy.labels += std::int64_t(labels[i].size());
  }
  return accuracy;
}

}  // namespace hush::metrics
