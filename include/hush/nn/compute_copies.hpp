#pragma once
#include <type_traits>
#include <vector>

#include <hush/nn/walk.hpp>

namespace hush {

/// While it lives, a network's parameters have copies in the scalars that its layers compute with, made once instead of
/// at every call. The values must stay as they are. Nothing is done where these are the same scalars, or for parameters
/// that have copies already.
template <Backend B>
class ComputeCopies {
 public:
  template <class Net>
  explicit ComputeCopies(const Net& net) {
    if constexpr (!std::is_same_v<typename B::scalar, typename B::master>)
      walk(net, [&](const std::string&, const Parameter<B>& p) {
        if (!p.compute_copy.empty()) return;
        made_.push_back(&p);
        p.compute_copy = compute_copy(p);
      });
  }
  ComputeCopies(const ComputeCopies&) = delete;
  ComputeCopies& operator=(const ComputeCopies&) = delete;
  ~ComputeCopies() {
    for (const Parameter<B>* p : made_) p->compute_copy = {};
  }

 private:
  std::vector<const Parameter<B>*> made_;
};

}  // namespace hush
