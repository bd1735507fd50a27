#pragma once
#include <type_traits>
#include <vector>

#include <hush/nn/walk.hpp>

namespace hush {

/// While it lives, a network's parameters have copies in the scalars that its layers compute with, made once instead of
/// at every call. The values must stay as they are. Nothing is done where these are the same scalars, or for parameters
/// that have copies already.
template <Backend B>
class Shadows {
 public:
  template <class Net>
  explicit Shadows(const Net& net) {
    if constexpr (!std::is_same_v<typename B::scalar, typename B::master>)
      walk(net, [&](const std::string&, const Parameter<B>& p) {
        if (!p.shadow.empty()) return;
        made_.push_back(&p);
        p.shadow = compute_copy(p);
      });
  }
  Shadows(const Shadows&) = delete;
  Shadows& operator=(const Shadows&) = delete;
  ~Shadows() {
    for (const Parameter<B>* p : made_) p->shadow = {};
  }

 private:
  std::vector<const Parameter<B>*> made_;
};

}  // namespace hush
