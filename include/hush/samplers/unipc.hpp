#pragma once
#include <array>
#include <string_view>
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/shared/exponential_integrator.hpp>

namespace hush {

/// B(h) of Zhao et al. 2023: h and e^h - 1, with h negative for predicted data.
enum class UniPcVariant { bh1, bh2 };
constexpr std::array<const char*, 2> names_of(UniPcVariant) { return {"bh1", "bh2"}; }

/// UniPC (Zhao et al. 2023): a multistep predictor of order p, UniP-p, and UniC-p, which corrects its result to order
/// p + 1 with the network call that the next step makes there anyway. `variant`, B(h), matters where there is one
/// unknown, a_1 = 1/2; more of them solve the system of theorem 3.1, in which it cancels: that integrates the
/// polynomial through all estimates. A run begins with lower orders, and ends with them if `lower_order_final` (then
/// the whole is of order 2); a step that ends without noise ends at x0. The authors take order 3 without guidance, 2
/// with it. Throws std::invalid_argument for an order that is not 1, 2 or 3.
template <class Prediction>
struct UnifiedPredictorCorrector {
  int order = 2;
  UniPcVariant variant = UniPcVariant::bh2;
  bool corrector = true, lower_order_final = true;

  template <class X>
  struct Memory {
    std::vector<detail::Estimate<X>> past;
    int order = 0;  // of the last step
  };
  double b(const detail::ExponentialStep& over) const { return variant == UniPcVariant::bh1 ? over.bh1() : over.bh2(); }

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, Memory<X>& memory,
         const Trajectory& trajectory) const {
    check(order >= 1 && order <= 3, "UniPc", "has the orders 1, 2 and 3, not ", order);
    const auto estimates = denoise(x, from);
    if (to.noise == 0) return to.signal * estimates.x0;
    detail::remember<X>(memory.past, {from, Prediction::of(estimates)}, order + 1);
    // Corrector: the last step once more, with the estimate at its end.
    const bool corrects = corrector && memory.order > 0 && int(memory.past.size()) > memory.order;
    const X here = corrects ? x + correction(memory, 0. * x) : x;
    // Predictor.
    memory.order = detail::order_now(order, memory.past, trajectory, lower_order_final);
    return predicted(here, detail::newest(memory.past, memory.order), to);
  }

  /// UniP, from the level of the last estimate.
  template <class X>
  X predicted(const X& x, const std::vector<detail::Estimate<X>>& estimates, Level to) const {
    const detail::ExponentialStep over = Prediction::over(estimates.back().at, to);
    return estimates.size() == 2 ? over.slanted(x, estimates[1], estimates[0], b(over)) : over.through(x, estimates);
  }

  /// UniC does the last step once more, with the estimate at its end as one more point: what to add to its end.
  template <class X>
  X correction(const Memory<X>& memory, const X& zero) const {
    std::vector<detail::Estimate<X>> estimates = detail::newest(memory.past, memory.order + 1);
    const detail::Estimate<X> end = estimates.back(), begin = estimates[estimates.size() - 2];
    const detail::ExponentialStep over = Prediction::over(begin.at, end.at);
    const X corrected = memory.order == 1 ? over.slanted(zero, begin, end, b(over)) : over.through(zero, estimates);
    estimates.pop_back();
    return corrected - predicted(zero, estimates, end.at);
  }
  static constexpr std::string_view alias = Prediction::of_noise ? "UniPcNoise" : "UniPc";
  static constexpr void fields(auto& self, auto&& f) {
    f("order", self.order), f("variant", self.variant), f("corrector", self.corrector),
        f("lower_order_final", self.lower_order_final);
  }
  friend constexpr bool operator==(const UnifiedPredictorCorrector&, const UnifiedPredictorCorrector&) = default;
};

/// UniPC on predicted data, its authors' default with guidance, and on predicted noise.
using UniPc = UnifiedPredictorCorrector<detail::DataPrediction>;
using UniPcNoise = UnifiedPredictorCorrector<detail::NoisePrediction>;
static_assert(Sampler<UniPc> && Sampler<UniPcNoise>);

}  // namespace hush
