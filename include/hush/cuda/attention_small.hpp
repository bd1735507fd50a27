#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <hush/cuda/team/columns.hpp>
#include <hush/kernels/attention_sizes.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// How attention without stored weights is cut into teams and their members: enough teams for a large GPU, so that a
/// single image is not left to a few of its processors, and for each member some loads that do not wait for each other.
/// The result depends on the cuts, these on the sizes alone.
struct AttentionCuts {
  static constexpr int threads = 256, together = 4;  // together: queries that a member has at once
  static constexpr std::int64_t enough_teams = 128;
  int queries = 16;                // of a team
  int lanes = 16;                  // members that share a query's greatest score
  int channels = 4;                // members that share a product of queries with keys
  int keys = 1;                    // members that share a mean of values
  int width = 0, value_width = 0;  // rounded up to whole loads of `wide` channels

  AttentionCuts(const AttentionSizes& s, std::int64_t wide) {
    while (queries > together && teams(s) < enough_teams) queries /= 2;
    const auto loads = [=](std::int64_t n) { return std::max<std::int64_t>(1, (n + wide - 1) / wide); };
    const std::int64_t groups = queries / together, pairs = (s.keys + 1) / 2;
    channels = int(std::min(loads(s.width), std::max<std::int64_t>(channels, threads / (groups * pairs))));
    keys = int(std::clamp<std::int64_t>(threads / (groups * loads(s.value_width)), 1, s.keys));
    width = int(loads(s.width) * wide);
    value_width = int(loads(s.value_width) * wide);
  }
  std::int64_t blocks(const AttentionSizes& s) const { return (s.queries + queries - 1) / queries; }
  std::int64_t teams(const AttentionSizes& s) const { return s.batch * s.heads * blocks(s); }
  /// Floats of scratch: first the queries and, later in the same place, the members' shares of the means.
  std::int64_t first_floats() const {
    return std::max<std::int64_t>(width, std::int64_t(keys) * value_width) * queries;
  }
  std::size_t scratch(const AttentionSizes& s) const {
    return std::size_t(first_floats() + queries * (channels * s.keys + 2 * lanes)) * sizeof(float);
  }
};

namespace bodies {

/// Body: attention without stored weights for few keys: a team does a block of queries of one head, whose weights stay
/// in its scratch, in float. Channels are read W at a time.
template <class T, int W>
struct SmallAttention {
  static constexpr int together = AttentionCuts::together;
  AttentionSizes s;
  AttentionCuts cuts;
  std::int64_t teams, blocks;
  const T *q, *k, *v;
  T* y;

  /// What one team works on: images' rows of one head, and its scratch.
  struct Block {
    int queries, keys;  // that exist
    const T *q, *k, *v;
    T* y;
    float *first, *weights, *tops, *sums;
  };

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t task = team.block(); task < teams; task += team.blocks()) {
      const std::int64_t image = task / blocks / s.heads, head = task / blocks % s.heads;
      const std::int64_t first = task % blocks * cuts.queries, left = s.queries - first;
      const std::int64_t row = image * s.queries + first, line = s.heads * s.width,
                         value_line = s.heads * s.value_width;
      Block b{left < cuts.queries ? int(left) : cuts.queries,
              int(s.keys),
              q + row * line + head * s.width,
              k + image * s.keys * line + head * s.width,
              v + image * s.keys * value_line + head * s.value_width,
              y + row * value_line + head * s.value_width,
              team.template shared<float>(),
              nullptr,
              nullptr,
              nullptr};
      b.weights = b.first + first_floats();
      b.tops = b.weights + cuts.channels * cuts.queries * b.keys;
      b.sums = b.tops + cuts.queries * cuts.lanes;
      bring_queries(team, b);
      team.sync();
      multiply_keys(team, b);
      team.sync();
      normalise(team, b);
      multiply_values(team, b);
      team.sync();
      write(team, b);
      team.sync();
    }
  }

 private:
  HUSH_HOST_DEVICE std::int64_t first_floats() const {
    const int means = cuts.keys * cuts.value_width;
    return std::int64_t(cuts.width > means ? cuts.width : means) * cuts.queries;
  }
  /// The queries as floats, [queries, width]; zeros for those that do not exist.
  template <class Team>
  HUSH_HOST_DEVICE void bring_queries(const Team& team, const Block& b) const {
    for (int i = W * team.rank(); i < cuts.queries * cuts.width; i += W * team.size()) {
      const int row = i / cuts.width, c = i % cuts.width;
      const auto x = row < b.queries ? Vec<W>::load(b.q + row * s.heads * s.width + c) : Vec<W>{};
      x.store(b.first + i);
    }
  }
  /// weights [channel cuts, queries, keys] = q k^T over a share of the channels: `together` queries with two keys by a
  /// member, whose neighbours read the channels beside its own.
  template <class Team>
  HUSH_HOST_DEVICE void multiply_keys(const Team& team, const Block& b) const {
    const int pairs = (b.keys + 1) / 2, all = cuts.queries / together * pairs * cuts.channels;
    const std::int64_t line = s.heads * s.width;
    for (int item = team.rank(); item < all; item += team.size()) {
      const int cut = item % cuts.channels, key = item / cuts.channels % pairs;
      const int query = item / cuts.channels / pairs * together, other = key + pairs;
      const T *one = b.k + key * line, *two = b.k + (other < b.keys ? other : key) * line;
      const float* queries = b.first + query * cuts.width;
      float dots[together][2] = {};
      for (int c = W * cut; c < cuts.width; c += W * cuts.channels) {
        const Vec<W> p = Vec<W>::load(one + c), r = Vec<W>::load(two + c);
        for (int j = 0; j < together; ++j) {
          const Vec<W> of_query = Vec<W>::load(queries + j * cuts.width + c);
          for (int w = 0; w < W; ++w) {
            dots[j][0] += p.v[w] * of_query.v[w];
            dots[j][1] += r.v[w] * of_query.v[w];
          }
        }
      }
      for (int j = 0; j < together; ++j) {
        float* to = b.weights + (cut * cuts.queries + query + j) * b.keys;
        to[key] = dots[j][0];
        if (other < b.keys) to[other] = dots[j][1];
      }
    }
  }
  /// weights [queries, keys] = e^(scale q k^T - the greatest of its query), sums [queries, lanes] theirs; each lane has
  /// every 16th key.
  template <class Team>
  HUSH_HOST_DEVICE void normalise(const Team& team, const Block& b) const {
    const int plane = cuts.queries * b.keys;
    for (int item = team.rank(); item < cuts.queries * cuts.lanes; item += team.size()) {
      float* row = b.weights + item / cuts.lanes * b.keys;
      float top = 0;
      for (int first = item % cuts.lanes, key = first; key < b.keys; key += cuts.lanes) {
        float dot = row[key];
        for (int cut = 1; cut < cuts.channels; ++cut) dot += row[cut * plane + key];
        row[key] = dot *= float(s.scale);
        top = key == first || dot > top ? dot : top;
      }
      b.tops[item] = top;
    }
    team.sync();
    for (int item = team.rank(); item < cuts.queries * cuts.lanes; item += team.size()) {
      float* row = b.weights + item / cuts.lanes * b.keys;
      const float* tops = b.tops + item / cuts.lanes * cuts.lanes;
      float top = tops[0], sum = 0;
      for (int lane = 1; lane < cuts.lanes && lane < b.keys; ++lane) top = tops[lane] > top ? tops[lane] : top;
      for (int key = item % cuts.lanes; key < b.keys; key += cuts.lanes) sum += row[key] = std::exp(row[key] - top);
      b.sums[item] = sum;
    }
    team.sync();
  }
  /// first [key cuts, queries, value_width] = weights v over a share of the keys, W channels of `together` queries by a
  /// member.
  template <class Team>
  HUSH_HOST_DEVICE void multiply_values(const Team& team, const Block& b) const {
    const int loads = cuts.value_width / W, groups = cuts.queries / together;
    const std::int64_t line = s.heads * s.value_width;
    for (int item = team.rank(); item < loads * groups * cuts.keys; item += team.size()) {
      const int c = item % loads * W, query = item / loads % groups * together, cut = item / loads / groups;
      const float* weights = b.weights + query * b.keys;
      Vec<W> means[together] = {};
      for (int key = b.keys * cut / cuts.keys, end = b.keys * (cut + 1) / cuts.keys; key < end; ++key) {
        const Vec<W> of_key = Vec<W>::load(b.v + key * line + c);
        for (int j = 0; j < together; ++j)
          for (int w = 0; w < W; ++w) means[j].v[w] += weights[j * b.keys + key] * of_key.v[w];
      }
      for (int j = 0; j < together; ++j)
        means[j].store(b.first + (cut * cuts.queries + query + j) * cuts.value_width + c);
    }
  }
  /// y = the shares of the means together, over the sums of the weights.
  template <class Team>
  HUSH_HOST_DEVICE void write(const Team& team, const Block& b) const {
    const int plane = cuts.queries * cuts.value_width;
    for (int i = W * team.rank(); i < b.queries * cuts.value_width; i += W * team.size()) {
      const int query = i / cuts.value_width, c = i % cuts.value_width;
      Vec<W> mean = Vec<W>::load(b.first + i);
      for (int cut = 1; cut < cuts.keys; ++cut) {
        const Vec<W> more = Vec<W>::load(b.first + cut * plane + i);
        for (int w = 0; w < W; ++w) mean.v[w] += more.v[w];
      }
      float sum = 0;
      for (int lane = 0; lane < cuts.lanes; ++lane) sum += b.sums[query * cuts.lanes + lane];
      for (int w = 0; w < W; ++w) mean.v[w] /= sum;
      mean.store(b.y + query * s.heads * s.value_width + c);
    }
  }
};

}  // namespace bodies
}  // namespace HUSH_CUDA_ABI
}  // namespace hush
