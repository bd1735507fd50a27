#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/autograd/parameter.hpp>
#include <hush/kernels/addition.hpp>
#include <hush/kernels/capabilities.hpp>
#include <hush/random/noise_key.hpp>

namespace hush {

template <Backend B>
class Tape;

/// A tensor whose making is on a tape. `node` is -1 for a constant: nothing before it wants a gradient. `again`
/// computes the value once more from what the op that made it keeps for the backward pass; empty where that op cannot.
template <Backend B>
class Var {
 public:
  using backend = B;
  using Again = std::shared_ptr<const std::function<Tensor<B>()>>;
  Var(Tape<B>& tape, Tensor<B> value, int node = -1, Again again = {})
      : tape_(&tape), value_(std::move(value)), node_(node), again_(std::move(again)) {}
  const Tensor<B>& value() const { return value_; }
  const Shape& shape() const { return value_.shape(); }
  const B& on() const { return value_.on(); }
  Tape<B>& tape() const { return *tape_; }
  int node() const { return node_; }
  const Again& again() const { return again_; }
  /// Whether ops that take this keep `again` in place of the value.
  bool recomputed() const { return recomputed_ && again_; }
  void recompute(bool on) { recomputed_ = on; }

 private:
  Tape<B>* tape_;
  Tensor<B> value_;
  int node_;
  bool recomputed_ = false;
  Again again_;
};

/// a + b in fresh memory.
template <Backend B>
Tensor<B> sum_of(const Tensor<B>& a, const Tensor<B>& b) {
  Tensor<B> y = empty_like(a);
  add(a.on(), y.size(), a.data(), b.data(), y.data());
  return y;
}

/// Gradients on their way into the sums of parameters, where a backend does many at once until enough have come
/// together; elsewhere they are added as they come. The sums of one parameter are added in order.
template <Backend B>
class GradientSums {
 public:
  using Sum = Tensor<B, typename B::master>;
  static constexpr std::size_t most = 64;
  static constexpr std::int64_t most_numbers = std::int64_t(1) << 22;  // they hold memory for so long

  template <class T>
  void add(Tensor<B, T> grad, Sum& sum) {
    if constexpr (HasBatchedAdds<B>) {
      for (const Waiting& one : waiting_)
        if (std::as_const(one.sum).data() == std::as_const(sum).data()) {
          flush();
          break;
        }
      numbers_ += grad.size();
      if constexpr (std::is_same_v<T, typename B::scalar>)
        waiting_.push_back({std::move(grad), {}, sum});
      else
        waiting_.push_back({{}, std::move(grad), sum});
      if (waiting_.size() == most || numbers_ >= most_numbers) flush();
    } else {
      add_into(grad.on(), grad.size(), std::as_const(grad).data(), sum.data());
    }
  }
  void flush() {
    if constexpr (HasBatchedAdds<B>) {
      if (waiting_.empty()) return;
      std::vector<Addition<typename B::scalar, typename B::master>> all;
      for (Waiting& one : waiting_)
        all.push_back(
            {one.sum.size(), std::as_const(one.scalars).data(), std::as_const(one.masters).data(), one.sum.data()});
      add_into_all(waiting_[0].sum.on(), std::span<const typename decltype(all)::value_type>(all));
      waiting_.clear();
      numbers_ = 0;
    }
  }

 private:
  struct Waiting {
    Tensor<B> scalars;
    Sum masters, sum;
  };
  std::vector<Waiting> waiting_;
  std::int64_t numbers_ = 0;
};

/// The record of one forward pass. `backward` runs it in reverse, frees each entry as it goes, and adds the gradients
/// of the parameters into Parameter::grad.
template <Backend B>
class Tape {
 public:
  using Pull = std::function<void(Tape&, const Tensor<B>& dy)>;

  /// `key` names the noise of random ops (dropout); its images must outlive the tape.
  explicit Tape(const NoiseKey& key = {}, std::uint32_t first_draw = 0) : key_(key), draws_(first_draw) {}
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  Var<B> constant(Tensor<B> value) { return Var<B>(*this, std::move(value)); }
  /// A variable that wants its gradient: read it with `gradient` after `backward`.
  Var<B> variable(Tensor<B> value) { return Var<B>(*this, std::move(value), push(nullptr)); }
  int push(Pull pull) {
    nodes_.push_back({std::move(pull), {}});
    return int(nodes_.size()) - 1;
  }
  /// Takes a parameter as a constant from now on: no gradient arrives there, and a buffer stays where it is. What the
  /// network of such parameters makes still has gradients with respect to its inputs.
  void keep_constant(const Parameter<B>& p) { constant_.push_back(&p); }
  bool keeps_constant(const Parameter<B>& p) const { return std::ranges::find(constant_, &p) != constant_.end(); }
  /// The same parameters as another tape.
  void keep_constant_as(const Tape& other) { constant_ = other.constant_; }
  /// Adds to the gradient of a node; a constant (-1) takes none.
  void add(int node, Tensor<B> grad) {
    if (node < 0 || grad.empty()) return;
    Tensor<B>& sum = nodes_[std::size_t(node)].grad;
    if (sum.empty()) {
      sum = std::move(grad);
      return;
    }
    check(sum.shape() == grad.shape(), "backward", "gradients of shapes ", sum.shape(), " and ", grad.shape(), " meet");
    if (!sum.unshared()) std::swap(sum, grad);
    if (sum.unshared()) {
      add_into(sum.on(), sum.size(), grad.data(), sum.data());
    } else {
      sum = sum_of(sum, grad);
    }
  }
  /// Adds to the gradient of a parameter, at the latest when `backward` ends.
  template <class T>
  void add(const Parameter<B>& p, Tensor<B, T> grad) {
    if (grad.empty()) return;
    if (p.grad.empty()) {
      p.grad = Tensor<B, typename B::master>(grad.on(), grad.shape());
      fill(p.grad.on(), p.grad.size(), 0, p.grad.data());
    }
    sums_.add(std::move(grad), p.grad);
  }
  /// Gradients of `loss`, a single number, with respect to all that it was made from.
  void backward(const Var<B>& loss) {
    check(loss.shape().size() == 1, "backward", "the loss must be one number, it is ", loss.shape());
    backward(loss, filled(loss.on(), loss.shape(), 1));
  }
  /// The same from any tensor, given the gradient dy that arrives at it.
  void backward(const Var<B>& from, Tensor<B> dy) {
    check(from.shape() == dy.shape(), "backward", "the value is ", from.shape(), ", its gradient ", dy.shape());
    add(from.node(), std::move(dy));
    for (auto i = nodes_.size(); i-- > 0;) {
      Node& node = nodes_[i];
      if (!node.pull || node.grad.empty()) continue;
      const Tensor<B> grad = std::move(node.grad);
      const Pull pull = std::move(node.pull);
      node = {};
      pull(*this, grad);
    }
    sums_.flush();
  }
  /// The gradient that arrived at `variable`; empty if none did.
  const Tensor<B>& gradient(const Var<B>& variable) const { return nodes_.at(std::size_t(variable.node())).grad; }
  std::size_t size() const { return nodes_.size(); }

  const NoiseKey& noise_key() const { return key_; }
  /// A number for each random op of the pass, in order of recording.
  std::uint32_t next_draw() { return draws_++; }
  /// How many there were, and more that were drawn elsewhere.
  std::uint32_t draws() const { return draws_; }
  void skip_draws(std::uint32_t count) { draws_ += count; }

 private:
  struct Node {
    Pull pull;
    Tensor<B> grad;
  };
  std::vector<Node> nodes_;
  std::vector<const Parameter<B>*> constant_;
  GradientSums<B> sums_;
  NoiseKey key_;
  std::uint32_t draws_ = 0;
};

}  // namespace hush
