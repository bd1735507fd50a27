#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/nn/walk.hpp>

namespace hush {

/// All parameters of a network in one piece of memory, and all gradients in another: the network's parameters become
/// parts of them. So one kernel updates, averages, clips or measures the whole network. What is trained comes first,
/// `size()` numbers that an optimizer may see; buffers stand behind, up to `extent()`. Parameters begin at multiples of
/// 64 bytes; the gaps hold zeros.
template <Backend B>
class FlatParameters {
 public:
  using master = typename B::master;
  struct Part {
    std::string name;
    Shape shape;
    std::int64_t offset;
    bool trained;
  };

  FlatParameters() = default;
  /// Moves the parameters of `net` into fresh memory; copies of `net` made earlier keep the old one.
  template <class Net>
  explicit FlatParameters(Net& net) {
    B on{};
    std::int64_t buffers = 0;
    walk(net, [&](const std::string& name, const Parameter<B>& p) {
      if (parts_.empty()) on = p.value.on();
      std::int64_t& end = p.trained ? size_ : buffers;
      parts_.push_back({name, p.value.shape(), end, p.trained});
      end += (p.value.size() + gap - 1) / gap * gap;
    });
    for (Part& part : parts_)
      if (!part.trained) part.offset += size_;
    extent_ = size_ + buffers;
    values_ = Tensor<B, master>(on, {extent_});
    fill(on, extent_, 0, values_.data());
    std::size_t i = 0;
    walk(net, [&](const std::string&, Parameter<B>& p) {
      auto home = part(values_, i++);
      copy(on, p.value.size(), p.value.data(), home.data());
      p.value = home;
      p.grad = {};
    });
  }

  /// Gives the network's gradients their memory, all zeros.
  template <class Net>
  void attach_gradients(Net& net) {
    grads_ = Tensor<B, master>(values_.on(), values_.shape());
    zero_gradients();
    std::size_t i = 0;
    walk(net, [&](const std::string&, Parameter<B>& p) { p.grad = part(grads_, i++); });
  }
  void zero_gradients() { fill(grads_.on(), extent_, 0, grads_.data()); }

  /// Gives the buffers `share` of what the backward passes since `zero_gradients` wanted added to them: 1 / n after n.
  void move_buffers(double share) {
    blend(1, std::as_const(values_).data(), share, std::as_const(grads_).data(), values_.data());
  }
  /// buffers = decay * buffers + (1 - decay) * those of `other`, of the same layout: a moving average of them.
  void average_buffers(const FlatParameters& other, double decay) {
    blend(decay, std::as_const(values_).data(), 1 - decay, other.values_.data(), values_.data());
  }

  /// Keeps a copy of the trained values in the scalars that layers compute with, where these are others;
  /// `refresh_compute_copy` fills it, and so does an optimizer that is given it.
  template <class Net>
  void attach_compute_copy(const Net& net) {
    if constexpr (!std::is_same_v<typename B::scalar, master>) {
      compute_copy_ = Tensor<B>(values_.on(), {size_});
      std::size_t i = 0;
      walk(net, [&](const std::string&, const Parameter<B>& p) {
        if (p.trained) p.compute_copy = compute_copy_.part(parts_[i].offset, parts_[i].shape);
        ++i;
      });
      refresh_compute_copy();
    }
  }
  void refresh_compute_copy() {
    if (!compute_copy_.empty()) copy(values_.on(), size_, std::as_const(values_).data(), compute_copy_.data());
  }

  /// The part of an array of this layout (values, gradients, a moment) that belongs to parameter i.
  Tensor<B, master> part(const Tensor<B, master>& array, std::size_t i) const {
    return array.part(parts_[i].offset, parts_[i].shape);
  }
  /// An array of this layout, all zeros.
  Tensor<B, master> zeros() const {
    Tensor<B, master> array(values_.on(), values_.shape());
    fill(array.on(), extent_, 0, array.data());
    return array;
  }

  const std::vector<Part>& parts() const { return parts_; }
  std::int64_t size() const { return size_; }
  std::int64_t extent() const { return extent_; }
  Tensor<B, master>& values() { return values_; }
  const Tensor<B, master>& values() const { return values_; }
  Tensor<B, master>& gradients() { return grads_; }
  const Tensor<B, master>& gradients() const { return grads_; }
  Tensor<B>& compute_copy() { return compute_copy_; }  // empty where nothing else than the values is needed

 private:
  static constexpr std::int64_t gap = std::int64_t(64 / sizeof(master));
  /// z = a x + b y, among the buffers of arrays that begin there.
  void blend(double a, const master* x, double b, const master* y, master* z) const {
    if (extent_ > size_)
      blend_images(values_.on().in_full(), std::span<const double>(&a, 1), std::span<const double>(&b, 1),
                   extent_ - size_, x + size_, y + size_, z + size_);
  }
  std::vector<Part> parts_;
  std::int64_t size_ = 0, extent_ = 0;
  Tensor<B, master> values_, grads_;
  Tensor<B> compute_copy_;
};

}  // namespace hush
