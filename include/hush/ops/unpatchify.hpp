#pragma once
#include <cstdint>

#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// Tokens as the images of which they are the patches. The gradient goes the way back.
struct Unpatchify {
  std::int64_t height = 0, width = 0, patch = 1;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    const Shape& s = x.shape();
    check(patch >= 1 && height % patch == 0 && width % patch == 0, "unpatchify", "images of ", height, " x ", width,
          " do not fall into patches of ", patch, " x ", patch);
    check(s.rank() == 3 && s[1] == height / patch * (width / patch) && s[2] % (patch * patch) == 0, "unpatchify",
          "images of ", height, " x ", width, " are tokens [N, ", height / patch * (width / patch), ", ", patch * patch,
          " * C], got ", s);
    Tensor<B> y(x.on(), {s[0], height, width, s[2] / (patch * patch)});
    swap_axes(x.on(), s[0] * (height / patch), width / patch, patch, s[2] / patch, x.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x) const {
    return Recorded{forward(x), std::tuple{x.shape()}};
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Shape& s) const {
    Tensor<B> dx(dy.on(), s);
    swap_axes(dy.on(), s[0] * (height / patch), patch, width / patch, s[2] / patch, dy.data(), dx.data());
    return {dx};
  }
};

/// Images as tokens: the inverse.
struct Patchify {
  std::int64_t patch = 1;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    const Shape& s = x.shape();
    check(s.rank() == 4 && patch >= 1 && s[1] % patch == 0 && s[2] % patch == 0, "patchify", "images ", s,
          " do not fall into patches of ", patch, " x ", patch);
    const Shape tokens{s[0], s[1] / patch * (s[2] / patch), patch * patch * s[3]};
    return std::get<0>(Unpatchify{s[1], s[2], patch}.backward({true}, x, tokens));
  }
  template <Backend B>
  auto record(const Tensor<B>& x) const {
    return Recorded{forward(x), std::tuple{x.shape()}};
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Shape& s) const {
    return {Unpatchify{s[1], s[2], patch}.forward(dy)};
  }
};

}  // namespace ops

/// Tokens x [N, T, patch * patch * C] as images [N, height, width, C]: token row * (width / patch) + column is the
/// patch there, and its numbers are pixels row by row, the channel fastest.
template <Value V>
V unpatchify(const V& x, std::int64_t height, std::int64_t width, std::int64_t patch) {
  return apply(ops::Unpatchify{height, width, patch}, x);
}
/// Images x [N, H, W, C] as tokens of their patches, in the same order: [N, T, patch * patch * C].
template <Value V>
V patchify(const V& x, std::int64_t patch) {
  return apply(ops::Patchify{patch}, x);
}

}  // namespace hush
