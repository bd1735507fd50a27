#pragma once
#include <type_traits>
#include <vector>

#include <hush/kernels/capabilities.hpp>
#include <hush/nn/walk.hpp>

namespace hush {

/// While it lives, a network's parameters have copies in the form that its layers compute with, made once instead of at
/// every call: in the layers' scalars where the values are in others, packed for matrix products where the backend
/// packs weights. The values must stay as they are. Parameters that have copies already keep theirs.
template <Backend B>
class ComputeCopies {
 public:
  template <class Net>
  explicit ComputeCopies(const Net& net) {
    if constexpr (!std::is_same_v<typename B::scalar, typename B::master>)
      walk(net, [&](const std::string&, const Parameter<B>& p) {
        if (!p.compute_copy.empty()) return;
        copied_.all.push_back(&p);
        p.compute_copy = compute_copy(p);
      });
    if constexpr (HasPackedWeights<B>)
      walk(net, [&](const std::string&, const Parameter<B>& p) {
        if (p.value.empty() || p.value.shape().rank() < 2) return;
        packed_.all.push_back(p.value);
        keep_packed(p.value.on(), p.value.data());
      });
  }
  ComputeCopies(const ComputeCopies&) = delete;
  ComputeCopies& operator=(const ComputeCopies&) = delete;

 private:
  // Members, as these are destroyed when the constructor throws.
  struct Copied {
    std::vector<const Parameter<B>*> all;
    ~Copied() {
      for (const Parameter<B>* p : all) p->compute_copy = {};
    }
  };
  struct Packed {
    std::vector<Tensor<B>> all;
    ~Packed() {
      if constexpr (HasPackedWeights<B>)
        for (const Tensor<B>& weight : all) drop_packed(weight.on(), weight.data());
    }
  };
  Copied copied_;
  Packed packed_;
};

}  // namespace hush
