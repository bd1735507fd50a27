#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hush/metrics/features.hpp>

namespace hush::metrics {

/// Precision: the share of the generated images that lie among the real ones. Recall: the share of the real images that
/// lie among the generated ones. Both in [0, 1].
struct PrecisionRecall {
  double precision = 0, recall = 0;
};

namespace detail {

inline double squared_distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

/// The squared distance of each vector of a set to its k-th nearest neighbour in the set, itself not counted.
inline std::vector<double> squared_radii(const FeatureSet& set, int k) {
  std::vector<double> radii;
  for (std::int64_t i = 0; i < set.count; ++i) {
    std::vector<double> others;
    for (std::int64_t j = 0; j < set.count; ++j)
      if (j != i) others.push_back(squared_distance(set[i], set[j]));
    std::nth_element(others.begin(), others.begin() + (k - 1), others.end());
    radii.push_back(others[std::size_t(k - 1)]);
  }
  return radii;
}

/// The share of `points` that lie within the radius of at least one vector of `manifold` (eq. 1 and 2).
inline double share_within(const FeatureSet& points, const FeatureSet& manifold, int k) {
  const std::vector<double> radii = squared_radii(manifold, k);
  std::int64_t inside = 0;
  for (std::int64_t i = 0; i < points.count; ++i)
    for (std::int64_t j = 0; j < manifold.count; ++j)
      if (squared_distance(points[i], manifold[j]) <= radii[std::size_t(j)]) {
        ++inside;
        break;
      }
  return double(inside) / double(points.count);
}

}  // namespace detail

/// Improved precision and recall (Kynkaanniemi et al. 2019): a vector counts if it lies in the ball around some vector
/// of the other set that reaches to that one's k-th nearest neighbour. They depend on the sizes of the sets: compare
/// sets of one size. Throws std::invalid_argument for sets of k vectors or fewer, and for different widths.
inline PrecisionRecall precision_recall(const FeatureSet& real, const FeatureSet& made, int k = 3) {
  check_same_width(real, made, "precision_recall");
  check(k >= 1, "precision_recall", "k must be at least 1, is ", k);
  const std::int64_t fewest = std::min(real.count, made.count);
  check(fewest > k, "precision_recall", "the ", k, ". neighbour wants ", k + 1, " vectors or more, got ", fewest);
  return {detail::share_within(made, real, k), detail::share_within(real, made, k)};
}

}  // namespace hush::metrics
