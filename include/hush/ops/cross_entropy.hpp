#pragma once
#include <cstdint>
#include <span>
#include <utility>

#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// Saves the logits and the labels: the softmax is as quickly made again as read.
struct CrossEntropy {
  std::span<const std::int32_t> labels;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& logits) const {
    return record(logits).y;
  }
  template <Backend B>
  auto record(const Tensor<B>& logits) const {
    const Shape& s = logits.shape();
    check(s.rank() == 2 && s.size() > 0, "cross_entropy", "wants logits [rows, classes], got ", s);
    check(std::int64_t(labels.size()) == s[0], "cross_entropy", labels.size(), " labels for logits ", s);
    for (std::size_t i = 0; i < labels.size(); ++i)
      check(labels[i] >= 0 && labels[i] < s[1], "cross_entropy", "label ", i, " is ", labels[i], ", there are ", s[1],
            " classes");
    const B& on = logits.on();
    Tensor<B, std::int32_t> wanted(on, {s[0]});
    copy_in(on, s[0], labels.data(), wanted.data());
    Tensor<B, typename B::master> each(on, {s[0]});
    cross_entropy(on, s[0], s[1], logits.data(), std::as_const(wanted).data(), each.data());
    Tensor<B> y(on, {1});
    sum(on, 1, s[0], 1 / double(s[0]), std::as_const(each).data(), y.data());
    return Recorded{y, std::tuple{logits, wanted}};
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Tensor<B>& logits,
                       const Tensor<B, std::int32_t>& wanted) const {
    const Shape& s = logits.shape();
    Tensor<B> dx = empty_like(logits);
    cross_entropy_backward(dy.on(), s[0], s[1], 1 / double(s[0]), logits.data(), wanted.data(), dy.data(), dx.data());
    return {dx};
  }
};

}  // namespace ops

/// The mean over the rows of logits [rows, classes] of -ln softmax(row)[label], one number of shape [1]. Throws
/// std::invalid_argument for a label that is no class.
template <Value V>
V cross_entropy(const V& logits, std::span<const std::int32_t> labels) {
  return apply(ops::CrossEntropy{labels}, logits);
}

}  // namespace hush
