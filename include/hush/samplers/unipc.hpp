#pragma once
#include <optional>
#include <vector>

#include <hush/check.hpp>
#include <hush/exponential_integrator.hpp>
#include <hush/sampler.hpp>

namespace hush {

/// B(h) of Zhao et al. 2023: h and e^h - 1, with h negative for predicted data.
enum class UniPcVariant { bh1, bh2 };

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
    std::vector<Estimate<X>> past;
    std::optional<X> x;  // where the last step began, as corrected
    int order = 0;       // of the last step
  };

  double b(const ExponentialStep& over) const { return variant == UniPcVariant::bh1 ? over.bh1() : over.bh2(); }

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, Memory<X>& memory, const Course& course) const {
    check(order >= 1 && order <= 3, "UniPc", "has the orders 1, 2 and 3, not ", order);
    const auto answer = denoise(x, from);
    if (to.noise == 0) return to.signal * answer.x0;
    remember<X>(memory.past, {from, Prediction::of(answer)}, order + 1);
    const bool corrects = corrector && memory.x && int(memory.past.size()) > memory.order;
    memory.x = corrects ? corrected(memory, from) : x;
    memory.order = order_now(order, memory.past, course, lower_order_final);

    const auto estimates = newest(memory.past, memory.order);
    const ExponentialStep over = Prediction::over(from, to);
    if (memory.order == 2) return over.slanted(*memory.x, estimates[1], estimates[0], b(over));
    return over.through(*memory.x, estimates);
  }

  /// UniC: the last step once more, with the estimate at its end as one more point.
  template <class X>
  X corrected(const Memory<X>& memory, Level end) const {
    const auto estimates = newest(memory.past, memory.order + 1);
    const Estimate<X>& begin = estimates[estimates.size() - 2];
    const ExponentialStep over = Prediction::over(begin.at, end);
    if (memory.order == 1) return over.slanted(*memory.x, begin, estimates.back(), b(over));
    return over.through(*memory.x, estimates);
  }
  friend constexpr bool operator==(const UnifiedPredictorCorrector&, const UnifiedPredictorCorrector&) = default;
};

/// UniPC on predicted data, its authors' default with guidance, and on predicted noise.
using UniPc = UnifiedPredictorCorrector<DataPrediction>;
using UniPcNoise = UnifiedPredictorCorrector<NoisePrediction>;
static_assert(Sampler<UniPc> && Sampler<UniPcNoise>);

}  // namespace hush
