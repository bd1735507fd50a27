#pragma once
#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

#include <hush/sampling/plan.hpp>

namespace hush {

/// One instruction of a step of a plan without its numbers: a DenoiseRow (registers from, x0, eps) or a CombineRow
/// (registers to, terms and looked_at, ordinals of draws).
struct FormRow {
  bool denoise = false, ends_step = false;
  int from = -1, x0 = -1, eps = -1, to = -1, looked_at = -1;
  std::vector<int> terms, draws;
  bool operator==(const FormRow&) const = default;
};
using StepForm = std::vector<FormRow>;

/// The steps of a plan by their forms: steps of one form differ in their numbers only, and can be run by one recording
/// that reads those from a table.
struct PlanForms {
  using Rows = std::vector<const std::variant<DenoiseRow, CombineRow>*>;
  std::vector<StepForm> forms;
  std::vector<int> form_of;  // of each step
  std::vector<Rows> rows;    // of each step, in the plan

  explicit PlanForms(const Plan& plan) : rows(std::size_t(plan.steps)) {
    for (const auto& row : plan.rows)
      rows[std::size_t(std::visit([](const auto& r) { return r.step; }, row))].push_back(&row);
    for (const Rows& step : rows) form_of.push_back(number(form(step)));
  }

  int steps() const { return int(form_of.size()); }
  const StepForm& of(int step) const { return forms[std::size_t(form_of[std::size_t(step)])]; }

  /// How often the round of steps that begins at `first` and is `period` long comes again before `end`, itself counted.
  int rounds(int first, int period, int end) const {
    int alike = first + period;
    if (alike > end) return 0;
    while (alike < end && form_of[std::size_t(alike)] == form_of[std::size_t(alike - period)]) ++alike;
    return (alike - first) / period;
  }

 private:
  static StepForm form(const Rows& step) {
    StepForm found;
    for (const auto* row : step) {
      FormRow r;
      if (const auto* look = std::get_if<DenoiseRow>(row)) {
        r.denoise = true, r.from = look->from, r.x0 = look->x0, r.eps = look->eps;
      } else {
        const auto& sum = std::get<CombineRow>(*row);
        r.to = sum.to, r.ends_step = sum.ends_step, r.looked_at = sum.looked_at;
        for (const PlanTerm& term : sum.terms) r.terms.push_back(term.slot);
        for (const PlanDraw& draw : sum.draws) r.draws.push_back(draw.ordinal);
      }
      found.push_back(std::move(r));
    }
    return found;
  }
  int number(StepForm form) {
    const auto like = std::find(forms.begin(), forms.end(), form);
    if (like != forms.end()) return int(like - forms.begin());
    forms.push_back(std::move(form));
    return int(forms.size()) - 1;
  }
};

}  // namespace hush
