#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include <hush/data/shapes.hpp>
#include <hush/io/weights.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/ops/reshape.hpp>
#include <hush/ops/silu.hpp>

#include "../shared/small_classifier.hpp"

// A multi-label classifier of scenes: which of 24 objects a picture shows. Generated pictures are scored by it.
namespace iclevr {

using namespace hush;

/// A 3x3 convolution at the full resolution, a norm over groups of 8 channels and SiLU, then a `Stage`: what tells a
/// cube from a cylinder is a pixel or two wide.
template <Backend B>
struct TwoConvolutions {
  nn::Conv2d<B> conv;
  nn::GroupNorm<B> norm;
  examples::Stage<B> pooled;

  TwoConvolutions(const B& on, std::int64_t in, std::int64_t out)
      : conv(on, in, out, {.bias = false}), norm(on, out, out / 8), pooled(on, out, out) {}
  template <Value V>
  V operator()(const V& x) const {
    return pooled(silu(norm(conv(x))));
  }
  static void visit(auto& self, auto&& f) { f("conv", self.conv), f("norm", self.norm), f("pooled", self.pooled); }
};

/// Pictures [N, side, side, 3] in [-1, 1], side 32 or 64, to a logit for each of the 24 labels, [N, 24].
template <Backend B>
class Evaluator {
 public:
  using backend = B;
  static constexpr std::int64_t labels = data::shape_labels, last_width = 96;

  Evaluator(std::int64_t side, Seed seed, const B& on = {}) : on_(on), side_(side) {
    check(side == 32 || side == 64, "Evaluator", "judges pictures of 32x32 or 64x64, not ", side, 'x', side);
    std::int64_t in = 3, out = side == 64 ? 16 : 32;
    for (std::int64_t extent = side; extent > 4; extent /= 2) {
      stages_.emplace_back(on, in, out);
      in = out;
      out = std::min<std::int64_t>(2 * out, last_width);
    }
    hidden_ = nn::Linear<B>(on, 4 * 4 * in, 128);
    last_ = nn::Linear<B>(on, 128, labels);
    initialise(*this, seed);
  }
  template <Value V>
  V operator()(const V& pictures) const {
    const Shape& s = pictures.shape();
    check(s.rank() == 4 && s[1] == side_ && s[2] == side_ && s[3] == 3, "Evaluator", "wants [N, ", side_, ", ", side_,
          ", 3], got ", s);
    V x = pictures;
    for (const TwoConvolutions<B>& stage : stages_) x = stage(x);
    return last_(silu(hidden_(reshape(x, {s[0], x.shape().size() / s[0]}))));
  }
  std::int64_t side() const { return side_; }
  const B& on() const { return on_; }
  static void visit(auto& self, auto&& f) {
    f("stages", self.stages_), f("hidden", self.hidden_), f("last", self.last_);
  }

 private:
  B on_;
  std::int64_t side_;
  std::vector<TwoConvolutions<B>> stages_;
  nn::Linear<B> hidden_, last_;
};

}  // namespace iclevr
