#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <hush/check.hpp>
#include <hush/io/number.hpp>
#include <hush/metrics/frechet.hpp>
#include <hush/metrics/precision_recall.hpp>

namespace examples {

/// The first `count` vectors of a set.
inline hush::metrics::FeatureSet first_of(const hush::metrics::FeatureSet& set, std::int64_t count) {
  return {count, set.width, std::vector<double>(set.values.begin(), set.values.begin() + count * set.width)};
}

/// The columns of a Markdown table: the Fréchet distance to the Gaussian of all training images, precision and recall
/// against as many of them as there are images, of which there must not be more.
inline std::string scores(const hush::metrics::FeatureSet& training, const hush::metrics::FeatureSet& made) {
  using namespace hush;
  const auto [precision, recall] = metrics::precision_recall(first_of(training, made.count), made);
  return to_text(io::fixed(metrics::frechet(metrics::gaussian_of(training), metrics::gaussian_of(made)), 2), " | ",
                 io::fixed(precision, 3), " | ", io::fixed(recall, 3));
}

}  // namespace examples
