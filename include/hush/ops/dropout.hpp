#pragma once
#include <vector>

#include <hush/autograd/apply.hpp>
#include <hush/random/philox.hpp>

namespace hush {
namespace ops {

/// The mask is never stored: backward draws it again.
struct Dropout {
  double rate = 0;
  Stream stream;
  std::vector<std::uint32_t> images;

  template <Backend B>
  auto record(const Tensor<B>& x) const {
    Tensor<B, std::uint32_t> streams(x.on(), {std::int64_t(images.size())});
    copy_in(x.on(), streams.size(), images.data(), streams.data());
    return Recorded{masked(x, streams), std::tuple{streams}};
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Tensor<B, std::uint32_t>& streams) const {
    return {masked(dy, streams)};
  }
  template <Backend B>
  Tensor<B> masked(const Tensor<B>& x, const Tensor<B, std::uint32_t>& streams) const {
    Tensor<B> y = empty_like(x);
    const std::int64_t batch = streams.size();
    dropout(x.on(), batch, batch ? x.size() / batch : 0, rate, stream, streams.data(), x.data(), y.data());
    return y;
  }
};

}  // namespace ops

/// Without a tape dropout is the identity.
template <Backend B>
Tensor<B> dropout(const Tensor<B>& x, double rate) {
  check(rate >= 0 && rate < 1, "dropout", "rate ", rate, " lies outside of [0, 1)");
  return x;
}

/// Dropout (Srivastava et al. 2014) of x [N, ...]: each element is 0 with probability `rate` and divided by 1 - rate
/// else. An image's mask belongs to the seed, the step and the image's number in the tape's NoiseKey, not to its
/// place in the batch; without numbers the images of the batch count from 0.
template <Backend B>
Var<B> dropout(const Var<B>& x, double rate) {
  check(rate >= 0 && rate < 1, "dropout", "rate ", rate, " lies outside of [0, 1)");
  const std::uint32_t draw = x.tape().next_draw();
  if (rate == 0) return x;
  const NoiseKey& key = x.tape().noise_key();
  const std::int64_t batch = x.shape().rank() > 0 ? x.shape()[0] : 1;
  ops::Dropout op{rate,
                  {.seed = key.seed, .image = 0, .step = key.step, .purpose = purpose("dropout", draw)},
                  {key.images.begin(), key.images.end()}};
  if (op.images.empty())
    for (std::int64_t i = 0; i < batch; ++i) op.images.push_back(std::uint32_t(i));
  check(std::int64_t(op.images.size()) == batch, "dropout", "a batch of ", batch, " images, but the tape numbers ",
        op.images.size());
  return apply(op, x);
}

}  // namespace hush
