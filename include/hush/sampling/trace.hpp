#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/sampling/plan.hpp>

namespace hush {
namespace detail {

/// What a sampler is given in place of an image while it is traced: a linear combination of registers.
struct LinearForm {
  std::vector<Plan::Term> terms;

  friend LinearForm operator*(double s, LinearForm x) {
    for (Plan::Term& term : x.terms) term.coefficient *= s;
    return x;
  }
  friend LinearForm operator+(LinearForm a, const LinearForm& b) {
    for (const Plan::Term& term : b.terms) {
      const auto same = [&](const Plan::Term& other) { return other.from == term.from; };
      const auto at = std::find_if(a.terms.begin(), a.terms.end(), same);
      if (at == a.terms.end())
        a.terms.push_back(term);
      else
        at->coefficient += term.coefficient;
    }
    return a;
  }
  friend LinearForm operator-(LinearForm a, const LinearForm& b) { return std::move(a) + -1.0 * b; }
};

/// Writes down what a sampler does.
struct Tracer {
  Plan plan;
  int step = 0, draws = 0;

  static LinearForm form_of(int a_register) { return {{{a_register, 1}}}; }
  LinearForm draw() {
    plan.rows.push_back(Plan::Draw{plan.registers++, step, draws++});
    return form_of(plan.registers - 1);
  }
  Denoised<LinearForm> denoise(const LinearForm& x, Level level) {
    const bool is_register = x.terms.size() == 1 && x.terms[0].coefficient == 1;
    const int from = is_register ? x.terms[0].from : sum(x, false);
    const int x0 = plan.registers++, eps = plan.registers++;
    plan.rows.push_back(Plan::NetworkCall{from, x0, eps, step, level});
    return {form_of(x0), form_of(eps)};
  }
  int sum(const LinearForm& x, bool ends_step) {
    Plan::Sum row{plan.registers++, step, {}, ends_step};
    for (const Plan::Term& term : x.terms) {
      check(std::isfinite(term.coefficient), "trace", "step ", step, " has the coefficient ", term.coefficient,
            "; does it start from a level without noise or without signal?");
      if (term.coefficient != 0) row.terms.push_back(term);
    }
    plan.rows.push_back(row);
    return row.to;
  }
};

}  // namespace detail

/// Runs a linear sampler once over the levels of a trajectory on linear forms, and writes down what it does. Throws
/// std::invalid_argument for fewer than two levels and for coefficients that are not finite, and what the sampler
/// throws.
template <Sampler S>
Plan trace(const S& sampler, Trajectory trajectory) {
  static_assert(is_linear<S>, "trace: this sampler is not linear (it says so itself); run it eagerly");
  check(trajectory.levels.size() >= 2, "trace", "wants two levels or more, got ", trajectory.levels.size());
  using detail::LinearForm;
  detail::Tracer tracer;
  LinearForm x = detail::Tracer::form_of(0);
  MemoryOf<S, LinearForm> memory{};
  const auto denoise = [&](const LinearForm& at, Level level) { return tracer.denoise(at, level); };
  const auto noise = [&] { return tracer.draw(); };
  for (int& step = trajectory.step = 0; step < trajectory.steps(); ++step) {
    tracer.step = step;
    tracer.draws = 0;
    x = advance(sampler, denoise, x, trajectory, noise, memory);
    x = detail::Tracer::form_of(tracer.sum(x, true));
  }
  tracer.plan.result = x.terms[0].from;
  tracer.plan.steps = trajectory.steps();
  return std::move(tracer.plan);
}

/// The same for a sampler that goes straight down the levels and asks for no others.
template <Sampler S>
Plan trace(const S& sampler, const std::vector<Level>& levels) {
  return trace(sampler, Trajectory{route_of(sampler, levels)});
}

}  // namespace hush
