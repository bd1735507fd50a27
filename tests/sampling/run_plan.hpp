#pragma once
#include <cstddef>
#include <utility>
#include <vector>

#include <hush/sampler.hpp>
#include <hush/sampling/lower.hpp>

// A plan on anything with double * X and X + X: what tests compare samplers with.
namespace hush {

/// Executes a lowered plan: `denoise(x, level)` gives Denoised<X>, `draw(step, ordinal)` an X.
template <class X, class D, class N>
X run(const detail::LoweredPlan& lowered, const X& start, D&& denoise, N&& draw) {
  std::vector<X> registers(std::size_t(lowered.registers), start);
  const auto at = [&](int i) -> X& { return registers[std::size_t(i)]; };
  for (std::size_t step = 0; step < lowered.steps.size(); ++step)
    for (const detail::StepPass& pass : lowered.steps[step]) {
      X sum = 0.0 * start;
      if (pass.input >= 0) {
        const Denoised<X> found = denoise(at(pass.input), pass.level);
        if (pass.x0 >= 0) at(pass.x0) = found.x0;
        if (pass.eps >= 0) at(pass.eps) = found.eps;
        if (pass.to >= 0) sum = pass.of_x0 * found.x0;
        if (pass.adds_eps) sum = sum + pass.of_eps * found.eps;
      }
      if (pass.to < 0) continue;
      for (std::size_t i = 0; i < pass.terms.size(); ++i) sum = sum + pass.coefficients[i] * at(pass.terms[i]);
      for (std::size_t i = 0; i < pass.draws.size(); ++i)
        sum = sum + pass.coefficients[pass.terms.size() + i] * draw(int(step) + pass.draws_later, pass.draws[i]);
      at(pass.to) = std::move(sum);
    }
  return at(lowered.result);
}
template <class X, class D, class N>
X run(const Plan& plan, const X& start, D&& denoise, N&& draw) {
  return run(detail::lower(plan), start, denoise, draw);
}

}  // namespace hush
