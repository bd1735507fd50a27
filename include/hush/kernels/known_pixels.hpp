#pragma once
#include <utility>

#include <hush/images.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// Pictures [N, H, W, C] of which some pixels are known: not those where `hole` [N, H, W, 1] is 1; elsewhere it is 0.
template <Backend F>
struct KnownPixels {
  Tensor<F> picture, hole;
  static void visit(auto& self, auto&& f) {
    f("picture", self.picture);
    f("hole", self.hole);
  }
};

/// `inside` where the hole is, `outside` elsewhere: images [N, H, W, C], in the numbers of `inside`. The two may have
/// different precisions. Throws std::invalid_argument for shapes that do not fit.
template <Backend B, Backend O, Backend F>
Tensor<B> choose(const Tensor<F>& hole, const Tensor<B>& inside, const Tensor<O>& outside) {
  const Shape& s = inside.shape();
  check(s.rank() == 4 && outside.shape() == s && hole.shape() == Shape{s[0], s[1], s[2], 1}, "choose", inside.shape(),
        " within holes ", hole.shape(), " of ", outside.shape());
  Tensor<B> y = empty_like(inside);
  choose_pixels(inside.on(), s[0] * s[1] * s[2], s[3], hole.data(), inside.data(), outside.data(), y.data());
  return y;
}

/// Puts the known pixels into images of the same shape.
template <Backend F>
void put_back(const KnownPixels<F>& known, Tensor<F>& x) {
  const Shape& s = x.shape();
  check(s.rank() == 4 && known.picture.shape() == s && known.hole.shape() == Shape{s[0], s[1], s[2], 1}, "put_back",
        "pixels of ", known.picture.shape(), " with holes ", known.hole.shape(), " are not those of ", s);
  choose_pixels(x.on(), s[0] * s[1] * s[2], s[3], known.hole.data(), std::as_const(x).data(), known.picture.data(),
                x.data());
}

}  // namespace hush
