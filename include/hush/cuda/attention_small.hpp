#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/pieces.hpp>
#include <hush/tensor/attention_sizes.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {
namespace bodies {

/// Body: attention without stored weights for few keys: a team does a block of queries of one head, whose weights stay
/// in its scratch, in float.
template <class T>
struct SmallAttention {
  static constexpr int queries = 16, together = 4, lanes = 16, threads = 128;
  AttentionSizes s;
  const T *q, *k, *v;
  T* y;

  static std::int64_t blocks(const AttentionSizes& s) {
    return s.batch * s.heads * ((s.queries + queries - 1) / queries);
  }
  static std::size_t scratch(const AttentionSizes& s) {
    return std::size_t(queries * (s.keys + 2 * lanes)) * sizeof(float);
  }

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    float *weights = team.template shared<float>(), *tops = weights + queries * s.keys, *sums = tops + queries * lanes;
    const std::int64_t cuts = (s.queries + queries - 1) / queries;
    for (std::int64_t task = team.block(); task < s.batch * s.heads * cuts; task += team.blocks()) {
      const std::int64_t image = task / cuts / s.heads, head = task / cuts % s.heads, first = task % cuts * queries;
      multiply_keys(team, image, head, first, weights);
      team.sync();
      normalise(team, weights, tops, sums);
      multiply_values(team, image, head, first, weights, sums);
      team.sync();
    }
  }

 private:
  /// weights [queries, keys] = scale q k^T, `together` queries with one key by a member; queries beyond the last are
  /// the last.
  template <class Team>
  HUSH_HOST_DEVICE void multiply_keys(const Team& team, std::int64_t image, std::int64_t head, std::int64_t first,
                                      float* weights) const {
    const std::int64_t line = s.heads * s.width;
    const T *q_rows = q + image * s.queries * line + head * s.width,
            *k_rows = k + image * s.keys * line + head * s.width;
    for (std::int64_t item = team.rank(); item < queries / together * s.keys; item += team.size()) {
      const std::int64_t key = item % s.keys, query = item / s.keys * together;
      float dots[together] = {};
      for (std::int64_t c = 0; c < s.width; c += 8) {
        const Eight<float> of_key = load_floats(k_rows + key * line + c, s.width - c);
        for (int j = 0; j < together; ++j) {
          const std::int64_t row = first + query + j < s.queries ? first + query + j : s.queries - 1;
          const Eight<float> of_query = load_floats(q_rows + row * line + c, s.width - c);
          for (int e = 0; e < 8; ++e) dots[j] += of_key.v[e] * of_query.v[e];
        }
      }
      for (int j = 0; j < together; ++j) weights[(query + j) * s.keys + key] = float(s.scale) * dots[j];
    }
  }
  /// weights = e^(weights - the greatest of their query), sums [queries, lanes] theirs; each lane has every 16th key.
  template <class Team>
  HUSH_HOST_DEVICE void normalise(const Team& team, float* weights, float* tops, float* sums) const {
    for (int item = team.rank(); item < queries * lanes; item += team.size()) {
      const float* row = weights + item / lanes * s.keys;
      float top = row[0];
      for (std::int64_t key = item % lanes; key < s.keys; key += lanes) top = row[key] > top ? row[key] : top;
      tops[item] = top;
    }
    team.sync();
    for (int item = team.rank(); item < queries * lanes; item += team.size()) {
      float *row = weights + item / lanes * s.keys, top = tops[item / lanes * lanes], sum = 0;
      for (int lane = 1; lane < lanes; ++lane) {
        const float other = tops[item / lanes * lanes + lane];
        top = other > top ? other : top;
      }
      for (std::int64_t key = item % lanes; key < s.keys; key += lanes) sum += row[key] = std::exp(row[key] - top);
      sums[item] = sum;
    }
    team.sync();
  }
  /// y = weights v over their sums, eight channels of one query by a member.
  template <class Team>
  HUSH_HOST_DEVICE void multiply_values(const Team& team, std::int64_t image, std::int64_t head, std::int64_t first,
                                        const float* weights, const float* sums) const {
    const std::int64_t line = s.heads * s.value_width, eights = (s.value_width + 7) / 8;
    const T* v_rows = v + image * s.keys * line + head * s.value_width;
    for (std::int64_t item = team.rank(); item < queries * eights; item += team.size()) {
      const std::int64_t query = item / eights, c = item % eights * 8;
      if (first + query >= s.queries) continue;
      Eight<float> mean{};
      for (std::int64_t key = 0; key < s.keys; ++key) {
        const Eight<float> of_key = load_floats(v_rows + key * line + c, s.value_width - c);
        for (int e = 0; e < 8; ++e) mean.v[e] += weights[query * s.keys + key] * of_key.v[e];
      }
      float sum = 0;
      for (int lane = 0; lane < lanes; ++lane) sum += sums[query * lanes + lane];
      for (int e = 0; e < 8; ++e) mean.v[e] /= sum;
      T* to = y + (image * s.queries + first + query) * line + head * s.value_width;
      store_floats(to + c, s.value_width - c, mean);
    }
  }
};

}  // namespace bodies
}  // namespace HUSH_CUDA_ABI
}  // namespace hush
