#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <hush/cuda/team/pieces.hpp>
#include <hush/kernels/combination.hpp>
#include <hush/random/normal.hpp>

// What differs from image to image, and the terms of a sum, travel with the launch: nothing is uploaded, and a recorded
// graph keeps them.
namespace hush {
inline namespace HUSH_CUDA_ABI {

/// How many images a launch tells apart; larger batches take several.
inline constexpr std::int64_t images_a_launch = 64;

namespace bodies {
/// Numbers `at` to `at` + 7 of a stream of normals; `at` is a multiple of 4.
HUSH_HOST_DEVICE inline Vec8 eight_normals(const Stream& stream, std::int64_t at) {
  Vec8 z;
  for (int half = 0; half < 2; ++half) {
    const Words words = random_words(stream, std::uint32_t(at / 4 + half));
    const NormalPair a = box_muller(words.x, words.y), b = box_muller(words.z, words.w);
    z.v[4 * half] = a.first, z.v[4 * half + 1] = a.second;
    z.v[4 * half + 2] = b.first, z.v[4 * half + 3] = b.second;
  }
  return z;
}

/// Body: z = N(0, 1) for images of their own streams.
template <class T>
struct Normals {
  Pieces pieces;
  Stream stream;
  T* z;
  std::uint32_t images[images_a_launch];

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t piece = team.block(); piece < pieces.count(); piece += team.blocks()) {
      const std::int64_t image = pieces.image(piece), end = pieces.end(piece), from = image * pieces.size;
      Stream own = stream;
      own.image = images[image];
      for (std::int64_t i = pieces.begin(piece) + 8 * team.rank(); i < end; i += 8 * team.size())
        eight_normals(own, i).store(z + from + i, end - i);
    }
  }
};
/// Body: z = a[image] x + b[image] y.
template <class T>
struct BlendImages {
  Pieces pieces;
  const T *x, *y;
  T* z;
  float a[images_a_launch], b[images_a_launch];

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t piece = team.block(); piece < pieces.count(); piece += team.blocks()) {
      const std::int64_t image = pieces.image(piece), end = pieces.end(piece), from = image * pieces.size;
      const float p = a[image], q = b[image];
      for (std::int64_t i = pieces.begin(piece) + 8 * team.rank(); i < end; i += 8 * team.size()) {
        Vec8 v = Vec8::load(x + from + i, end - i);
        const Vec8 other = Vec8::load(y + from + i, end - i);
        for (int k = 0; k < 8; ++k) v.v[k] = std::fma(p, v.v[k], q * other.v[k]);
        v.store(z + from + i, end - i);
      }
    }
  }
};
}  // namespace bodies

/// z = N(0, 1) for images of `stride` elements whose streams differ by `images[i]`: the CPU's floats.
template <class P, class M, class T>
void normals(const Cuda<P, M>& on, std::span<const std::uint32_t> images, std::int64_t stride, const Stream& stream,
             T* z) {
  const auto all = std::int64_t(images.size());
  for (std::int64_t first = 0; first < all; first += images_a_launch) {
    const std::int64_t count = std::min(all - first, images_a_launch);
    bodies::Normals<T> body{{count, stride}, stream, z + first * stride, {}};
    std::copy_n(images.begin() + first, count, body.images);
    launch(on, body, body.pieces.grid());
  }
}

/// z = a[i] x + b[i] y for image i.
template <class P, class M, class T>
void blend_images(const Cuda<P, M>& on, std::span<const double> a, std::span<const double> b, std::int64_t stride,
                  const T* x, const T* y, T* z) {
  const auto all = std::int64_t(a.size());
  for (std::int64_t first = 0; first < all; first += images_a_launch) {
    const std::int64_t count = std::min(all - first, images_a_launch), at = first * stride;
    bodies::BlendImages<T> body{{count, stride}, x + at, y + at, z + at, {}, {}};
    for (std::int64_t i = 0; i < count; ++i)
      body.a[i] = float(a[std::size_t(first + i)]), body.b[i] = float(b[std::size_t(first + i)]);
    launch(on, body, body.pieces.grid());
  }
}

namespace bodies {
/// Body of `estimates`. Teams that find a number that is not finite write the same 1.
template <class X, class F>
struct Estimates {
  std::int64_t n;
  float a, b, c, d, clip;
  const X* x;
  const F* f;
  X *x0, *eps;
  std::int32_t* bad;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    float nothing = 0;  // 0 * f is 0 for every finite f, and NaN for the others
    for (std::int64_t i = 8 * first_of(team); i < n; i += 8 * all_of(team)) {
      const Vec8 p = Vec8::load(x + i, n - i), q = Vec8::load(f + i, n - i);
      Vec8 clean, noise;
      for (int k = 0; k < 8; ++k) {
        nothing += 0.f * q.v[k];
        noise.v[k] = std::fma(c, p.v[k], d * q.v[k]);
        const float v = std::fma(a, p.v[k], b * q.v[k]);
        clean.v[k] = clip > 0 && v < -clip ? -clip : clip > 0 && v > clip ? clip : v;
      }
      if (eps) noise.store(eps + i, n - i);
      if (x0) clean.store(x0 + i, n - i);
    }
    if (team.max(nothing == 0.f ? 0.f : 1.f) > 0.f && team.rank() == 0) *bad = 1;
  }
};
}  // namespace bodies
/// A network's output f as estimates of the clean image and of the noise, see EstimateRule; x0 or eps may be nullptr,
/// and may stand where x or f does. `bad` becomes 1 if f is not finite somewhere, else it is left as it is.
template <class P, class M, class X, class F>
void estimates(const Cuda<P, M>& on, std::int64_t n, const EstimateRule& rule, const X* x, const F* f, X* x0, X* eps,
               std::int32_t* bad) {
  const bodies::Estimates<X, F> body{
      n, float(rule.a), float(rule.b), float(rule.c), float(rule.d), float(rule.clip), x, f, x0, eps, bad};
  if (n > 0) launch(on, body, grid_for(n, 8));
}

namespace bodies {
/// Body: y = a few terms and draws.
template <class T>
struct Combine {
  static constexpr std::size_t most_terms = 8, most_draws = 4;
  Pieces pieces;
  DrawPlace place;
  T* y;
  int term_count, draw_count;
  const T* terms[most_terms];
  float term_coefficients[most_terms];
  std::uint32_t purposes[most_draws];
  float draw_coefficients[most_draws];

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t piece = team.block(); piece < pieces.count(); piece += team.blocks()) {
      const std::int64_t image = pieces.image(piece), end = pieces.end(piece), from = image * pieces.size;
      for (std::int64_t i = pieces.begin(piece) + 8 * team.rank(); i < end; i += 8 * team.size()) {
        Vec8 sum{};
        for (int t = 0; t < term_count; ++t) add(sum, term_coefficients[t], Vec8::load(terms[t] + from + i, end - i));
        for (int d = 0; d < draw_count; ++d) {
          const Stream own{place.seed, place.first_image + std::uint32_t(image), place.step, purposes[d]};
          add(sum, draw_coefficients[d], eight_normals(own, i));
        }
        sum.store(y + from + i, end - i);
      }
    }
  }

 private:
  static HUSH_HOST_DEVICE void add(Vec8& sum, float coefficient, const Vec8& v) {
    for (int k = 0; k < 8; ++k) sum.v[k] = std::fma(coefficient, v.v[k], sum.v[k]);
  }
};
}  // namespace bodies
/// y = the sum of the terms and draws, over images of `stride` elements; y may be one of the terms. One kernel does up
/// to 8 terms and 4 draws; what is more is added by others.
template <class P, class M, class T>
void combine(const Cuda<P, M>& on, std::int64_t images, std::int64_t stride, std::span<const Term<T>> terms,
             std::span<const DrawTerm> draws, const DrawPlace& place, T* y) {
  using Body = bodies::Combine<T>;
  std::vector<Term<T>> left(terms.begin(), terms.end());
  if (left.size() > Body::most_terms || draws.size() > Body::most_draws) {  // the first kernel must read y, none later
    Term<T> own{y, 0};
    const auto mine = [&](const Term<T>& term) { return term.data == y; };
    for (const Term<T>& term : left) own.coefficient += mine(term) ? term.coefficient : 0;
    if (std::erase_if(left, mine) > 0) left.insert(left.begin(), own);
  }
  bool first = true;
  while (first || !left.empty() || !draws.empty()) {
    if (!first) left.insert(left.begin(), {y, 1});
    const std::size_t some = std::min(left.size(), Body::most_terms), few = std::min(draws.size(), Body::most_draws);
    Body body{{images, stride}, place, y, int(some), int(few), {}, {}, {}, {}};
    for (std::size_t i = 0; i < some; ++i)
      body.terms[i] = left[i].data, body.term_coefficients[i] = float(left[i].coefficient);
    for (std::size_t i = 0; i < few; ++i)
      body.purposes[i] = draws[i].purpose, body.draw_coefficients[i] = float(draws[i].coefficient);
    launch(on, body, body.pieces.grid());
    left.erase(left.begin(), left.begin() + std::ptrdiff_t(some));
    draws = draws.subspan(few);
    first = false;
  }
}

/// One step: the estimates that `rule` makes of x and the network's output f, and y = their share of `use` and the sum
/// of the terms and draws, over images of `stride` elements; y may be x or one of the terms. `bad` as in `estimates`. A
/// recorded run has a kernel of its own for this, see steps.hpp.
template <class P, class M, class S>
void combine_estimates(const Cuda<P, M>& on, std::int64_t images, std::int64_t stride, const EstimateRule& rule,
                       const float* x, const S* f, const EstimateUse<float>& use, std::span<const Term<float>> terms,
                       std::span<const DrawTerm> draws, const DrawPlace& place, float* y, std::int32_t* bad) {
  const std::int64_t n = images * stride;
  const auto room = on.template allocate<float>(2 * n);
  float *x0 = use.x0 ? use.x0 : room.get(), *eps = use.eps ? use.eps : room.get() + n;
  estimates(on, n, rule, x, f, x0, eps, bad);
  std::vector<Term<float>> all(terms.begin(), terms.end());
  if (use.of_x0 != 0) all.push_back({x0, use.of_x0});
  if (use.of_eps != 0) all.push_back({eps, use.of_eps});
  combine(on, images, stride, std::span<const Term<float>>(all), draws, place, y);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
