#pragma once
#include <cmath>
#include <vector>

#include <hush/kernels/adam_rule.hpp>
#include <hush/optimizer.hpp>

namespace hush {

/// Adam (Kingma and Ba 2015, algorithm 1). `l2` adds l2 * w to the gradient (L2 regularisation, PyTorch's
/// `weight_decay` of Adam).
struct Adam {
  double rate = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, l2 = 0;
  static constexpr int moments = 2;

  void validate() const { validate_adam("Adam", rate, beta1, beta2, eps, l2); }
  template <Backend B>
  void operator()(const Update<B>& update, Tensor<B, typename B::master>& values,
                  const Tensor<B, typename B::master>& grads, std::vector<Tensor<B, typename B::master>>& past) const {
    const AdamRule rule{.rate = rate * update.rate_factor,
                        .beta1 = beta1,
                        .beta2 = beta2,
                        .eps = eps,
                        .l2 = l2,
                        .keep = 1,
                        .number = update.number};
    adam(values.on(), update.size, rule, update.gradient_factor, grads.data(), values.data(), past[0].data(),
         past[1].data(), update.after);
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("rate", self.rate), f("beta1", self.beta1), f("beta2", self.beta2), f("eps", self.eps), f("l2", self.l2);
  }
  friend bool operator==(const Adam&, const Adam&) = default;
};
static_assert(Optimizer<Adam>);

}  // namespace hush
