#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <hush/check.hpp>
#include <hush/conditioning.hpp>

namespace hush::detail {

/// Throws std::invalid_argument unless there are labels, and the share of images that lose theirs is in [0, 1).
inline void check_label_sizes(const char* who, const char* name, std::int64_t labels, double dropout) {
  check(labels >= 1 && dropout >= 0 && dropout < 1, who, "wants ", name, " and a dropout in [0, 1), has ", labels,
        " and ", dropout);
}

/// Vectors of zeros and ones [rows.count, labels]: ones where the labels are that each(i, f) calls f with, for image i
/// of all. In training an image keeps none with probability `dropout`.
template <Backend B, class Each>
Tensor<B> label_rows(const B& on, const Rows& rows, std::int64_t labels, double dropout, const NoiseKey& key,
                     const Each& each) {
  std::vector<float> values(std::size_t(rows.count * labels), 0);
  for (std::int64_t i = 0; i < rows.count; ++i) {
    Uniform uniform{key.stream("label dropout", std::size_t(i))};
    if (key.split == NoiseKey::training && uniform() < dropout) continue;
    each(std::size_t(rows.first + i), [&](std::int32_t label) { values[std::size_t(i * labels + label)] = 1; });
  }
  return upload(on, {rows.count, labels}, std::span<const float>(values));
}

/// No label of an image. Throws std::invalid_argument where training left none out: the network never met it.
template <Value V>
void set_no_labels(const char* who, double dropout, Input<V>& input) {
  check(dropout > 0, who, "guidance wants a network that was trained without labels at times: .dropout is 0");
  input.labels = 0.0 * *input.labels;
}

}  // namespace hush::detail
