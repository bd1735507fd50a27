#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/noise.hpp>
#include <hush/cuda/team/pieces.hpp>
#include <hush/kernels/sampler_pass.hpp>

// The kernels of a sampling run: what differs from step to step they read from the backend's memory, so that a
// recording of them serves all steps.
namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {

/// Body: one pass, eight numbers at a time.
template <class S>
struct SamplerPassBody {
  Pieces pieces;
  SamplerPass<float, S> pass;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const float* c = pass.numbers.row(pass.at);
    float nothing = 0;  // 0 * f is 0 for every finite f, and NaN for the others
    for (std::int64_t piece = team.block(); piece < pieces.count(); piece += team.blocks()) {
      const std::int64_t image = pieces.image(piece), end = pieces.end(piece), from = image * pieces.size;
      for (std::int64_t i = pieces.begin(piece) + 8 * team.rank(); i < end; i += 8 * team.size()) {
        Vec8 sum{};
        if (pass.f) nothing += add_estimates(c, from + i, end - i, sum);
        if (pass.y) store_sum(c + pass.numbers.others, image, i, end - i, sum);
      }
    }
    if (!pass.f) return;
    if (team.max(nothing == 0.f ? 0.f : 1.f) > 0.f && team.rank() == 0) pass.bad[pass.at.step()] = 1;
  }

 private:
  static HUSH_HOST_DEVICE void add(Vec8& sum, float coefficient, const Vec8& v) {
    for (int k = 0; k < 8; ++k) sum.v[k] = std::fma(coefficient, v.v[k], sum.v[k]);
  }
  /// The estimates at a place, which are kept where there is a pointer and added to a sum; 0, or NaN if one of f is not
  /// finite.
  HUSH_HOST_DEVICE float add_estimates(const float* c, std::int64_t at, std::int64_t left, Vec8& sum) const {
    const float* rule = c + pass.numbers.rule;
    const float clip = rule[4];
    const Vec8 x = Vec8::load(pass.x + at, left), f = Vec8::load(pass.f + at, left);
    Vec8 x0, eps;
    float nothing = 0;
    for (int k = 0; k < 8; ++k) {
      nothing += 0.f * f.v[k];
      const float v = std::fma(rule[0], x.v[k], rule[1] * f.v[k]);
      x0.v[k] = clip > 0 && v < -clip ? -clip : clip > 0 && v > clip ? clip : v;
      eps.v[k] = std::fma(rule[2], x.v[k], rule[3] * f.v[k]);
    }
    if (pass.x0) x0.store(pass.x0 + at, left);
    if (pass.eps) eps.store(pass.eps + at, left);
    add(sum, c[pass.numbers.of_x0], x0);
    if (pass.adds_eps) add(sum, c[pass.numbers.of_eps], eps);
    return nothing;
  }
  /// Adds the terms and draws at number i of an image, and writes the sum.
  HUSH_HOST_DEVICE void store_sum(const float* c, std::int64_t image, std::int64_t i, std::int64_t left,
                                  Vec8& sum) const {
    const std::int64_t at = image * pieces.size + i;
    for (int t = 0; t < pass.terms; ++t) add(sum, c[t], Vec8::load(pass.term[t] + at, left));
    for (int d = 0; d < pass.draws; ++d) {
      const Stream own{pass.seed, pass.at.first_image() + std::uint32_t(image), pass.at.step() + pass.draws_later,
                       pass.purpose[d]};
      add(sum, c[pass.terms + d], eight_normals(own, i));
    }
    sum.store(pass.y + at, left);
  }
};

/// Body: y[i] = the step's c_noise, for n images.
struct FillCNoise {
  std::int64_t n;
  RunPlace at;
  StepNumbers<float> numbers;
  float* y;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const float value = numbers.row(at)[numbers.c_noise];
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) y[i] = value;
  }
};

/// Body: y = the step's c_in times x, in the network's scalars.
template <class S>
struct ScaleInput {
  std::int64_t n;
  RunPlace at;
  StepNumbers<float> numbers;
  const float* x;
  S* y;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const float in = numbers.row(at)[numbers.in];
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) y[i] = S(in * x[i]);
  }
};

/// Body: for every table of StepRows its row of the step, once for each of n images.
template <class S>
struct FetchStep {
  std::int64_t n;
  RunPlace at;
  StepRows rows;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (int t = 0; t < rows.count; ++t) {
      const std::int64_t width = rows.width[t];
      const S* from = static_cast<const S*>(rows.from[t]) + std::int64_t(at.step()) * width;
      S* to = static_cast<S*>(rows.to[t]);
      for (std::int64_t i = first_of(team); i < n * width; i += all_of(team)) to[i] = from[i % width];
    }
  }
};

/// Body: on to the next step.
struct NextStep {
  std::int32_t* state;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    if (team.rank() == 0) ++state[0];
  }
};

}  // namespace bodies

/// One pass of a sampling run over images of `stride` numbers, see SamplerPass.
template <class P, class M, class S>
void sampler_pass(const Cuda<P, M>& on, std::int64_t images, std::int64_t stride, const SamplerPass<float, S>& pass) {
  const bodies::SamplerPassBody<S> body{{images, stride}, pass};
  launch(on, body, body.pieces.grid());
}
/// y[0 .. n) = the step's c_noise, the network's noise labels, for n images.
template <class P, class M>
void fill_c_noise(const Cuda<P, M>& on, std::int64_t n, const RunPlace& at, const StepNumbers<float>& numbers,
                  float* y) {
  launch(on, bodies::FillCNoise{n, at, numbers, y}, grid_for(n));
}
/// y = the step's c_in times x, n numbers: the image as the network is given it.
template <class P, class M>
void scale_input(const Cuda<P, M>& on, std::int64_t n, const RunPlace& at, const StepNumbers<float>& numbers,
                 const float* x, typename Cuda<P, M>::scalar* y) {
  launch(on, bodies::ScaleInput<typename Cuda<P, M>::scalar>{n, at, numbers, x, y}, grid_for(n, 4));
}
/// The step's rows of tables of the network's scalars, repeated for n images.
template <class P, class M>
void fetch_step(const Cuda<P, M>& on, std::int64_t n, const RunPlace& at, const StepRows& rows) {
  std::int64_t widest = 0;
  for (int t = 0; t < rows.count; ++t) widest = widest < rows.width[t] ? rows.width[t] : widest;
  if (rows.count > 0) launch(on, bodies::FetchStep<typename Cuda<P, M>::scalar>{n, at, rows}, grid_for(n * widest));
}
/// On to the next step.
template <class P, class M>
void next_step(const Cuda<P, M>& on, std::int32_t* state) {
  launch(on, bodies::NextStep{state}, {.teams = 1, .threads = 32});
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
