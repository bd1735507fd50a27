#pragma once
#include <array>
#include <vector>

#include <hush/kernels/adam_rule.hpp>
#include <hush/optimizer.hpp>

namespace hush {

/// The meaning of a weight decay d: a step subtracts from a weight w rate * d * w (`times_rate`, PyTorch), or d * w
/// whatever the rate (`absolute`, the paper's lambda with schedule factor 1; TensorFlow Addons).
enum class Decay { times_rate, absolute };
constexpr std::array<const char*, 2> names_of(Decay) { return {"times_rate", "absolute"}; }

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).
struct AdamW {
  double rate = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, decay = 1e-2;
  Decay decay_is = Decay::times_rate;
  static constexpr int moments = 2;

  void validate() const { validate_adam("AdamW", rate, beta1, beta2, eps, decay); }
  template <Backend B>
  void operator()(const Update<B>& update, Tensor<B, typename B::master>& values,
                  const Tensor<B, typename B::master>& grads, std::vector<Tensor<B, typename B::master>>& past) const {
    const double lost = decay_is == Decay::times_rate ? rate * update.rate_factor * decay : decay;
    const AdamRule rule{.rate = rate * update.rate_factor,
                        .beta1 = beta1,
                        .beta2 = beta2,
                        .eps = eps,
                        .l2 = 0,
                        .keep = 1 - lost,
                        .number = update.number};
    adam(values.on(), update.size, rule, update.gradient_factor, grads.data(), values.data(), past[0].data(),
         past[1].data(), update.after);
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("rate", self.rate), f("beta1", self.beta1), f("beta2", self.beta2), f("eps", self.eps), f("decay", self.decay),
        f("decay_is", self.decay_is);
  }
  friend bool operator==(const AdamW&, const AdamW&) = default;
};
static_assert(Optimizer<AdamW>);

}  // namespace hush
