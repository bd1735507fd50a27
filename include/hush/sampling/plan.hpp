#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>

namespace hush {

/// A register times a coefficient; or an estimate that the row before has just made and nobody keeps.
struct PlanTerm {
  static constexpr int fresh_x0 = -2, fresh_eps = -3;
  int slot;
  double coefficient;
  friend bool operator==(const PlanTerm&, const PlanTerm&) = default;
};

/// A draw N(0, 1) times a coefficient, named by its step and its place among the draws of that step: the same name is
/// the same noise.
struct PlanDraw {
  int step, ordinal;
  double coefficient;
  friend bool operator==(const PlanDraw&, const PlanDraw&) = default;
};

/// Row: the network looks at register `from`, and its two estimates go to registers `x0` and `eps` (-1: nobody asks).
struct DenoiseRow {
  int from, x0, eps, step;
  Level level;
};

/// Row: register `to` becomes the sum of terms and draws, of which it may itself be one. `ends_step`: this is the image
/// that the step arrives at. `looked_at`: the register that the network looked at in the row before, if there are terms
/// of its fresh estimates, so that one pass over both makes the estimates and the sum; else -1.
struct CombineRow {
  int to, step;
  std::vector<PlanTerm> terms;
  std::vector<PlanDraw> draws;
  bool ends_step;
  int looked_at = -1;
};

/// A whole sampling run as a straight line of two instructions over `slots` registers; the start is in register 0, the
/// image is in register `result`.
struct Plan {
  std::vector<std::variant<DenoiseRow, CombineRow>> rows;
  int slots = 1, result = 0, steps = 0;
};

namespace tracing {

struct Tracer;

/// What a sampler sees in place of an image while it is traced: a linear combination of registers and draws.
struct Form {
  std::vector<PlanTerm> terms;
  std::vector<PlanDraw> draws;

  friend Form operator*(double s, Form x) {
    for (PlanTerm& term : x.terms) term.coefficient *= s;
    for (PlanDraw& draw : x.draws) draw.coefficient *= s;
    return x;
  }
  friend Form operator+(Form a, const Form& b) {
    merge(a.terms, b.terms, [](const PlanTerm& p, const PlanTerm& q) { return p.slot == q.slot; });
    merge(a.draws, b.draws,
          [](const PlanDraw& p, const PlanDraw& q) { return p.step == q.step && p.ordinal == q.ordinal; });
    return a;
  }
  friend Form operator-(Form a, const Form& b) { return std::move(a) + -1.0 * b; }

 private:
  template <class T, class Same>
  static void merge(std::vector<T>& into, const std::vector<T>& from, Same same) {
    for (const T& item : from) {
      const auto at = std::find_if(into.begin(), into.end(), [&](const T& other) { return same(item, other); });
      if (at == into.end())
        into.push_back(item);
      else
        at->coefficient += item.coefficient;
    }
  }
};

/// Writes down what a sampler does. Each row makes registers of its own here; `recycled` brings them down to few.
struct Tracer {
  Plan plan;
  int step = 0, draws = 0;

  Form noise() { return {{}, {{step, draws++, 1}}}; }
  Denoised<Form> denoise(const Form& x, Level level) {
    const bool plain = x.draws.empty() && x.terms.size() == 1 && x.terms[0].coefficient == 1;
    const int from = plain ? x.terms[0].slot : combine(x, false);
    const int x0 = plan.slots++, eps = plan.slots++;
    plan.rows.push_back(DenoiseRow{from, x0, eps, step, level});
    return {slot(x0), slot(eps)};
  }
  int combine(const Form& x, bool ends_step) {
    CombineRow row{plan.slots++, step, {}, {}, ends_step};
    for (const PlanTerm& term : x.terms)
      if (term.coefficient != 0) row.terms.push_back(finite(term));
    for (const PlanDraw& draw : x.draws)
      if (draw.coefficient != 0) row.draws.push_back(finite(draw));
    plan.rows.push_back(row);
    return row.to;
  }
  static Form slot(int i) { return {{{i, 1}}, {}}; }

  template <class Part>
  const Part& finite(const Part& part) const {
    check(std::isfinite(part.coefficient), "trace", "step ", step, " has the coefficient ", part.coefficient,
          "; does it start from a level without noise or without signal?");
    return part;
  }
};

/// The registers a row reads, each once.
inline std::vector<int> reads(const std::variant<DenoiseRow, CombineRow>& row) {
  if (const auto* denoise = std::get_if<DenoiseRow>(&row)) return {denoise->from};
  const auto& combine = std::get<CombineRow>(row);
  std::vector<int> slots;
  for (const PlanTerm& term : combine.terms)
    if (term.slot >= 0) slots.push_back(term.slot);
  if (combine.looked_at >= 0 && std::find(slots.begin(), slots.end(), combine.looked_at) == slots.end())
    slots.push_back(combine.looked_at);  // once: it must not be freed twice
  return slots;
}

/// The same plan with sums of estimates that the row before made reading them fresh.
inline Plan fused(Plan plan) {
  for (std::size_t i = 0; i + 1 < plan.rows.size(); ++i) {
    const auto* look = std::get_if<DenoiseRow>(&plan.rows[i]);
    auto* combine = std::get_if<CombineRow>(&plan.rows[i + 1]);
    if (!look || !combine) continue;
    for (PlanTerm& term : combine->terms) {
      if (term.slot != look->x0 && term.slot != look->eps) continue;
      term.slot = term.slot == look->x0 ? PlanTerm::fresh_x0 : PlanTerm::fresh_eps;
      combine->looked_at = look->from;
    }
  }
  return plan;
}

/// The same plan on as few registers as a left-to-right pass finds: a register is free again after its last reader,
/// whose own result may take its place. Estimates that nobody reads get none.
inline Plan recycled(Plan plan) {
  std::vector<int> last(std::size_t(plan.slots), -1), home(std::size_t(plan.slots), -1), free;
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    for (const int slot : reads(plan.rows[i])) last[std::size_t(slot)] = int(i);
    if (const auto* combine = std::get_if<CombineRow>(&plan.rows[i])) last[std::size_t(combine->to)] = int(i);
  }
  last[std::size_t(plan.result)] = int(plan.rows.size());
  home[0] = 0;
  int used = 1;
  const auto place = [&](int& slot) {
    if (last[std::size_t(slot)] < 0) {
      slot = -1;
      return;
    }
    if (free.empty()) free.push_back(used++);
    const auto least = std::min_element(free.begin(), free.end());  // so that steps of one kind use the same registers
    home[std::size_t(slot)] = *least;
    slot = *least;
    free.erase(least);
  };
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    std::vector<int> dying;
    for (const int slot : reads(plan.rows[i]))
      if (last[std::size_t(slot)] == int(i)) dying.push_back(home[std::size_t(slot)]);
    if (auto* denoise = std::get_if<DenoiseRow>(&plan.rows[i])) {
      denoise->from = home[std::size_t(denoise->from)];
      free.insert(free.end(), dying.begin(), dying.end());
      place(denoise->x0), place(denoise->eps);
    } else {
      auto& combine = std::get<CombineRow>(plan.rows[i]);
      for (PlanTerm& term : combine.terms)
        if (term.slot >= 0) term.slot = home[std::size_t(term.slot)];
      if (combine.looked_at >= 0) combine.looked_at = home[std::size_t(combine.looked_at)];
      free.insert(free.end(), dying.begin(), dying.end());
      place(combine.to);
    }
  }
  plan.result = home[std::size_t(plan.result)];
  plan.slots = used;
  return plan;
}

}  // namespace tracing

/// Runs a linear sampler once over the levels of a trajectory on linear forms, and writes down what it does. Throws
/// std::invalid_argument for fewer than two levels and for coefficients that are not finite, and what the sampler
/// throws.
template <Sampler S>
Plan trace(const S& sampler, Trajectory trajectory) {
  static_assert(is_linear<S>, "trace: this sampler is not linear (it says so itself); run it eagerly");
  check(trajectory.levels.size() >= 2, "trace", "wants two levels or more, got ", trajectory.levels.size());
  tracing::Tracer tracer;
  tracing::Form x = tracing::Tracer::slot(0);
  MemoryOf<S, tracing::Form> memory{};
  for (trajectory.step = 0; trajectory.step < trajectory.steps(); ++trajectory.step) {
    tracer.step = trajectory.step, tracer.draws = 0;
    x = advance(
        sampler, [&](const tracing::Form& at, Level level) { return tracer.denoise(at, level); }, x, trajectory,
        [&] { return tracer.noise(); }, memory);
    x = tracing::Tracer::slot(tracer.combine(x, true));
  }
  tracer.plan.result = x.terms[0].slot;
  tracer.plan.steps = trajectory.steps();
  return tracing::recycled(tracing::fused(std::move(tracer.plan)));
}

/// The same for a sampler that goes straight down the levels and asks for no others.
template <Sampler S>
Plan trace(const S& sampler, const std::vector<Level>& levels) {
  return trace(sampler, Trajectory{route_of(sampler, levels)});
}

/// Executes a plan on any X with double * X and X + X: `denoise(x, level)` gives Denoised<X>, `draw(step, ordinal)` an
/// X. `sample` has an executor of its own for tensors.
template <class X, class D, class N>
X run(const Plan& plan, const X& start, D&& denoise, N&& draw) {
  std::vector<X> registers(std::size_t(plan.slots), start);
  Denoised<X> fresh{start, start};
  const auto source = [&](int slot) -> const X& {
    return slot == PlanTerm::fresh_x0    ? fresh.x0
           : slot == PlanTerm::fresh_eps ? fresh.eps
                                         : registers[std::size_t(slot)];
  };
  for (const auto& row : plan.rows) {
    if (const auto* look = std::get_if<DenoiseRow>(&row)) {
      fresh = denoise(registers[std::size_t(look->from)], look->level);
      if (look->x0 >= 0) registers[std::size_t(look->x0)] = fresh.x0;
      if (look->eps >= 0) registers[std::size_t(look->eps)] = fresh.eps;
      continue;
    }
    const auto& combine = std::get<CombineRow>(row);
    X sum = 0.0 * start;
    for (const PlanTerm& term : combine.terms) sum = sum + term.coefficient * source(term.slot);
    for (const PlanDraw& noise : combine.draws) sum = sum + noise.coefficient * draw(noise.step, noise.ordinal);
    registers[std::size_t(combine.to)] = std::move(sum);
  }
  return registers[std::size_t(plan.result)];
}

}  // namespace hush
