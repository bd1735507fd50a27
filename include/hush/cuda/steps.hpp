#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/cuda.hpp>
#include <hush/kernels/step_rows.hpp>
#include <hush/random/normal.hpp>

// The kernels of a recorded sampling run: what differs from step to step they read from the backend's memory.
namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {

/// The row of a table that belongs to the step at hand.
HUSH_HOST_DEVICE inline const float* row_of(const StepTable& table, const std::int32_t* state) {
  return table.numbers + std::int64_t(state[RunState::step] - table.first) * table.width;
}

/// y[i] = the step's number, for n images.
struct TellStep {
  std::int64_t n;
  const std::int32_t* state;
  StepTable table;
  float* y;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const float value = row_of(table, state)[0];
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) y[i] = value;
  }
};

/// y = the step's number times x, in the network's scalars.
template <class S>
struct ShowStep {
  std::int64_t n;
  const std::int32_t* state;
  StepTable table;
  const float* x;
  S* y;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const float in = row_of(table, state)[0];
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) y[i] = S(in * x[i]);
  }
};

/// x0 = clamp(a x + b f), eps = c x + d f with the step's a, b, c, d, clip; see EstimateRule.
template <class S>
struct EstimateStep {
  std::int64_t n;
  const std::int32_t* state;
  StepTable table;
  const float* x;
  const S* f;
  float *x0, *eps;
  std::int32_t* bad;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const float* r = row_of(table, state);
    const float clip = r[4];
    float nothing = 0;  // 0 * f is 0 for every finite f, and NaN for the others
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) {
      const float xi = x[i], fi = float(f[i]);
      nothing += 0.f * fi;
      if (eps) eps[i] = std::fma(r[2], xi, r[3] * fi);
      if (!x0) continue;
      float v = std::fma(r[0], xi, r[1] * fi);
      if (clip > 0) v = v < -clip ? -clip : v > clip ? clip : v;
      x0[i] = v;
    }
    const int found = team.max(nothing == 0.f ? 0 : 1);
    if (found && team.rank() == 0) bad[state[RunState::step]] = 1;
  }
};

/// One look at x and the network's output f: the estimates of both, kept where there is a pointer.
template <class S>
struct StepLook {
  StepTable rule;
  const float* x = nullptr;
  const S* f = nullptr;
  float *x0 = nullptr, *eps = nullptr;
  std::int32_t* bad = nullptr;
};

/// y = the sum of terms and draws with the step's coefficients, four elements (one block of Philox) at a time; with a
/// look, its estimates are made in the same pass and may be terms.
template <class S>
struct CombineStep {
  std::int64_t images, stride;
  const std::int32_t* state;
  StepTable table;
  StepSum sum;
  StepLook<S> look;
  std::uint64_t seed;
  float* y;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const float* c = row_of(table, state);
    const std::int64_t blocks = (stride + 3) / 4;
    float nothing = 0;
    for (std::int64_t i = first_of(team); i < images * blocks; i += all_of(team)) {
      const std::int64_t image = i / blocks, at = i % blocks * 4, from = image * stride + at;
      const int count = stride - at < 4 ? int(stride - at) : 4;
      float total[4] = {0, 0, 0, 0}, x0[4] = {0, 0, 0, 0}, eps[4] = {0, 0, 0, 0};
      if (look.f) nothing += estimate(from, count, x0, eps);
      for (int t = 0; t < sum.terms; ++t)
        for (int k = 0; k < count; ++k) {
          const float v = sum.term[t] ? sum.term[t][from + k] : t == sum.fresh_eps ? eps[k] : x0[k];
          total[k] = std::fma(c[t], v, total[k]);
        }
      for (int d = 0; d < sum.draws; ++d) {
        const Stream stream{seed, std::uint32_t(state[RunState::first_image]) + std::uint32_t(image),
                            std::uint32_t(state[RunState::step]), sum.purpose[d]};
        const Words words = random_words(stream, std::uint32_t(at / 4));
        const NormalPair a = box_muller(words.x, words.y), b = box_muller(words.z, words.w);
        const float z[4] = {a.first, a.second, b.first, b.second}, factor = c[sum.terms + d];
        for (int k = 0; k < 4; ++k) total[k] = std::fma(factor, z[k], total[k]);
      }
      for (int k = 0; k < count; ++k) y[from + k] = total[k];
    }
    if (!look.f) return;
    const int found = team.max(nothing == 0.f ? 0 : 1);
    if (found && team.rank() == 0) look.bad[state[RunState::step]] = 1;
  }

 private:
  /// The estimates of a few elements; 0, or NaN if one of f is not finite.
  HUSH_HOST_DEVICE float estimate(std::int64_t from, int count, float* x0, float* eps) const {
    const float* r = row_of(look.rule, state);
    const float clip = r[4];
    float nothing = 0;
    for (int k = 0; k < count; ++k) {
      const float xi = look.x[from + k], fi = float(look.f[from + k]);
      nothing += 0.f * fi;
      const float v = std::fma(r[0], xi, r[1] * fi);
      x0[k] = clip > 0 && v < -clip ? -clip : clip > 0 && v > clip ? clip : v;
      eps[k] = std::fma(r[2], xi, r[3] * fi);
      if (look.x0) look.x0[from + k] = x0[k];
      if (look.eps) look.eps[from + k] = eps[k];
    }
    return nothing;
  }
};

/// For every table of StepRows its row of the step, once for each of n images.
template <class S>
struct FetchStep {
  std::int64_t n;
  const std::int32_t* state;
  StepRows rows;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t row = state[RunState::step] - rows.first;
    for (int t = 0; t < rows.count; ++t) {
      const std::int64_t width = rows.width[t];
      const S* from = static_cast<const S*>(rows.from[t]) + row * width;
      S* to = static_cast<S*>(rows.to[t]);
      for (std::int64_t i = first_of(team); i < n * width; i += all_of(team)) to[i] = from[i % width];
    }
  }
};

/// On to the next step.
struct NextStep {
  std::int32_t* state;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    if (team.rank() == 0) ++state[RunState::step];
  }
};

}  // namespace bodies

/// What the network sees of the step's level, for n images.
template <class P, class M>
void tell_step(const Cuda<P, M>& on, std::int64_t n, const std::int32_t* state, const StepTable& table, float* y) {
  launch(on, bodies::TellStep{n, state, table, y}, grid_for(n));
}
/// The image as the network sees it: in * x.
template <class P, class M>
void show_step(const Cuda<P, M>& on, std::int64_t n, const std::int32_t* state, const StepTable& table, const float* x,
               typename Cuda<P, M>::scalar* y) {
  launch(on, bodies::ShowStep<typename Cuda<P, M>::scalar>{n, state, table, x, y}, grid_for(n, 4));
}
/// `estimates` with the step's rule; bad[step] becomes 1 if f is not finite somewhere.
template <class P, class M, class S>
void estimate_step(const Cuda<P, M>& on, std::int64_t n, const std::int32_t* state, const StepTable& table,
                   const float* x, const S* f, float* x0, float* eps, std::int32_t* bad) {
  launch(on, bodies::EstimateStep<S>{n, state, table, x, f, x0, eps, bad}, grid_for(n, 4));
}
/// `combine` with the step's coefficients, after a look if there is one; y may be one of the terms, or x.
template <class P, class M>
void combine_step(const Cuda<P, M>& on, std::int64_t images, std::int64_t stride, const std::int32_t* state,
                  const StepTable& table, const StepSum& sum, std::uint64_t seed, float* y) {
  launch(on, bodies::CombineStep<float>{images, stride, state, table, sum, {}, seed, y},
         grid_for(images * ((stride + 3) / 4)));
}
template <class P, class M, class S>
void combine_step(const Cuda<P, M>& on, std::int64_t images, std::int64_t stride, const std::int32_t* state,
                  const StepTable& table, const StepSum& sum, const StepTable& rule, const float* x, const S* f,
                  float* x0, float* eps, std::int32_t* bad, std::uint64_t seed, float* y) {
  launch(on, bodies::CombineStep<S>{images, stride, state, table, sum, {rule, x, f, x0, eps, bad}, seed, y},
         grid_for(images * ((stride + 3) / 4)));
}
/// The step's rows of tables of the network's scalars, repeated for n images.
template <class P, class M>
void fetch_step(const Cuda<P, M>& on, std::int64_t n, const std::int32_t* state, const StepRows& rows) {
  std::int64_t widest = 0;
  for (int t = 0; t < rows.count; ++t) widest = widest < rows.width[t] ? rows.width[t] : widest;
  if (rows.count > 0) launch(on, bodies::FetchStep<typename Cuda<P, M>::scalar>{n, state, rows}, grid_for(n * widest));
}
template <class P, class M>
void next_step(const Cuda<P, M>& on, std::int32_t* state) {
  launch(on, bodies::NextStep{state}, {.teams = 1, .threads = 32});
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
