#pragma once
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/nn/walk.hpp>

namespace hush {

/// All parameters of a network in one buffer, and all gradients in another: the network's parameters become parts of
/// them. So one kernel updates, averages, clips or measures the whole network. Parameters begin at multiples of 64
/// bytes; the gaps hold zeros.
template <Backend B>
class FlatParameters {
 public:
  using master = typename B::master;
  struct Part {
    std::string name;
    Shape shape;
    std::int64_t offset;
  };

  FlatParameters() = default;
  /// Moves the parameters of `net` into a fresh buffer; copies of `net` made earlier keep the old memory.
  template <class Net>
  explicit FlatParameters(Net& net) {
    B on{};
    walk(net, [&](const std::string& name, const Parameter<B>& p) {
      if (parts_.empty()) on = p.value.on();
      parts_.push_back({name, p.value.shape(), size_});
      size_ += (p.value.size() + gap - 1) / gap * gap;
    });
    values_ = Tensor<B, master>(on, {size_});
    fill(on, size_, 0, values_.data());
    std::size_t i = 0;
    walk(net, [&](const std::string&, Parameter<B>& p) {
      auto home = part(values_, i++);
      copy(on, p.value.size(), p.value.data(), home.data());
      p.value = home;
      p.grad = {};
    });
  }

  /// Gives the network's gradients their buffer, all zeros.
  template <class Net>
  void attach_gradients(Net& net) {
    grads_ = Tensor<B, master>(values_.on(), values_.shape());
    zero_gradients();
    std::size_t i = 0;
    walk(net, [&](const std::string&, Parameter<B>& p) { p.grad = part(grads_, i++); });
  }
  void zero_gradients() { fill(grads_.on(), size_, 0, grads_.data()); }

  /// Keeps a copy of the values in the scalars that layers compute with, where these are others; `refresh_shadow` fills
  /// it, and so does an optimizer that is given it.
  template <class Net>
  void attach_shadow(const Net& net) {
    if constexpr (!std::is_same_v<typename B::scalar, master>) {
      shadow_ = Tensor<B>(values_.on(), values_.shape());
      std::size_t i = 0;
      walk(net, [&](const std::string&, const Parameter<B>& p) {
        p.shadow = shadow_.part(parts_[i].offset, parts_[i].shape);
        ++i;
      });
      refresh_shadow();
    }
  }
  void refresh_shadow() {
    if (!shadow_.empty()) copy(values_.on(), size_, std::as_const(values_).data(), shadow_.data());
  }

  /// The part of a buffer of this layout (values, gradients, a moment) that belongs to parameter i.
  Tensor<B, master> part(const Tensor<B, master>& buffer, std::size_t i) const {
    return buffer.part(parts_[i].offset, parts_[i].shape);
  }
  /// A buffer of this layout, all zeros.
  Tensor<B, master> zeros() const {
    Tensor<B, master> buffer(values_.on(), values_.shape());
    fill(buffer.on(), size_, 0, buffer.data());
    return buffer;
  }

  const std::vector<Part>& parts() const { return parts_; }
  std::int64_t size() const { return size_; }
  Tensor<B, master>& values() { return values_; }
  const Tensor<B, master>& values() const { return values_; }
  Tensor<B, master>& gradients() { return grads_; }
  const Tensor<B, master>& gradients() const { return grads_; }
  Tensor<B>& shadow() { return shadow_; }  // empty where nothing else than the values is needed

 private:
  static constexpr std::int64_t gap = std::int64_t(64 / sizeof(master));
  std::vector<Part> parts_;
  std::int64_t size_ = 0;
  Tensor<B, master> values_, grads_;
  Tensor<B> shadow_;
};

}  // namespace hush
