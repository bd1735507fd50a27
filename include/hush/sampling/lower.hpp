#pragma once
#include <algorithm>
#include <cstddef>
#include <set>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <hush/sampling/plan.hpp>

namespace hush::detail {

/// One pass over the memory of a batch: a network call with what follows it, a sum, noise from the host, or known
/// pixels. What makes two passes the same kernels is in the registers; the numbers are read from a table.
struct StepPass {
  int input = -1, x0 = -1, eps = -1;  // registers of a network call and of its estimates; -1: none
  int to = -1;                        // register of a sum: of_x0 x0 + of_eps eps + terms + draws
  bool adds_eps = false, ends_step = false, from_host = false;
  std::vector<int> terms = {}, draws = {};  // registers; ordinals
  int draws_later = 0;                      // the draws are those of so many steps later
  int picture = -1;                         // known pixels of this register are put into `to`
  int variant = 0;                          // of the network's computations (variant_of)

  Level level{};                          // of the network call
  double of_x0 = 0, of_eps = 0;           // coefficients
  std::vector<double> coefficients = {};  // of the terms, then of the draws
};

/// Whether two passes differ in numbers only.
inline bool same_kernels(const StepPass& a, const StepPass& b) {
  const auto registers = [](const StepPass& p) {
    return std::tie(p.input, p.x0, p.eps, p.to, p.adds_eps, p.ends_step, p.from_host, p.terms, p.draws, p.draws_later,
                    p.picture, p.variant);
  };
  return registers(a) == registers(b);
}

/// A plan as passes over few registers, step by step.
struct LoweredPlan {
  std::vector<std::vector<StepPass>> steps;
  int registers = 1, result = 0, picture = -1;
};

/// What a machine asks of `lower`.
struct Lowering {
  bool fuse = true;                             // a sum of estimates is made in the pass that makes them
  bool noise_from_host = false;                 // draws come from the host, so each needs a register
  std::size_t most_terms = 16, most_draws = 8;  // of one pass
};

/// Makes passes of rows, over the plan's own registers.
class Lowerer {
 public:
  Lowerer(const Plan& plan, const Lowering& rules) : plan_(plan), rules_(rules), next_(plan.registers) {
    draw_of_.resize(std::size_t(plan.registers), nullptr);
    for (const Plan::Row& row : plan.rows)
      if (const auto* draw = std::get_if<Plan::Draw>(&row)) draw_of_[std::size_t(draw->to)] = draw;
    find_kept();
  }

  std::vector<std::vector<StepPass>> steps() {
    std::vector<std::vector<StepPass>> steps(std::size_t(plan_.steps));
    for (const Plan::Row& row : plan_.rows)
      std::visit([&](const auto& r) { append(r, steps[std::size_t(r.step)]); }, row);
    return steps;
  }
  int registers() const { return next_; }

 private:
  const Plan::Draw* draw_of(int a_register) const { return draw_of_[std::size_t(a_register)]; }
  /// Whether a sum can make a draw itself: on this machine, in the draw's own step.
  bool is_made_by(const Plan::Sum& sum, const Plan::Draw& draw) const {
    return !rules_.noise_from_host && draw.step == sum.step;
  }
  /// Draws that a later step or a network call reads are kept in a register.
  void find_kept() {
    const auto keep = [&](int a_register) {
      if (draw_of(a_register)) kept_.insert(a_register);
    };
    for (const Plan::Row& row : plan_.rows) {
      if (const auto* call = std::get_if<Plan::NetworkCall>(&row)) keep(call->from);
      if (const auto* sum = std::get_if<Plan::Sum>(&row))
        for (const Plan::Term& term : sum->terms)
          if (const auto* draw = draw_of(term.from); draw && !is_made_by(*sum, *draw)) keep(term.from);
    }
  }

  void append(const Plan::NetworkCall& row, std::vector<StepPass>& step) {
    step.push_back({.input = row.from, .x0 = row.x0, .eps = row.eps, .level = row.level});
  }
  void append(const Plan::Draw& row, std::vector<StepPass>& step) {
    if (!kept_.contains(row.to)) return;
    // Before a network call that it follows, so that the sum of the estimates is next to that.
    const bool after_call = !step.empty() && step.back().input >= 0 && step.back().to < 0;
    step.insert(step.end() - after_call, {.to = row.to,
                                          .from_host = rules_.noise_from_host,
                                          .draws = {row.ordinal},
                                          .draws_later = row.later,
                                          .coefficients = {1}});
  }
  void append(const Plan::PutBack& row, std::vector<StepPass>& step) {
    step.push_back({.to = row.to, .picture = row.from});
  }
  /// A sum: images first, then kept draws, then draws that it makes itself; what one pass cannot hold goes on with the
  /// sum so far.
  void append(const Plan::Sum& row, std::vector<StepPass>& step) {
    std::vector<Plan::Term> images, kept, made;
    for (const Plan::Term& term : row.terms) {
      const Plan::Draw* draw = draw_of(term.from);
      (!draw ? images : is_made_by(row, *draw) ? made : kept).push_back(term);
    }
    StepPass pass = begun(images, step);
    images.insert(images.end(), kept.begin(), kept.end());
    const auto close = [&](int to) {
      pass.to = to;
      step.push_back(std::exchange(pass, StepPass{}));
    };
    const auto go_on = [&] {
      const int sum = next_++;
      close(sum);
      pass.terms = {sum};
      pass.coefficients = {1};
    };
    for (const Plan::Term& term : images) {
      if (pass.terms.size() == rules_.most_terms) go_on();
      pass.terms.push_back(term.from);
      pass.coefficients.push_back(term.coefficient);
    }
    for (const Plan::Term& term : made) {
      if (pass.draws.size() == rules_.most_draws) go_on();
      pass.draws.push_back(draw_of(term.from)->ordinal);
      pass.draws_later = draw_of(term.from)->later;
      pass.coefficients.push_back(term.coefficient);
    }
    pass.ends_step = row.ends_step;
    close(row.to);
  }
  /// The pass that a sum begins in: the network call before it, whose estimates leave the terms, or one of its own.
  StepPass begun(std::vector<Plan::Term>& terms, std::vector<StepPass>& step) const {
    if (!rules_.fuse || step.empty() || step.back().input < 0 || step.back().to >= 0) return {};
    StepPass call = step.back();
    const auto take = [&](int estimate, double& coefficient) {
      const auto at = std::ranges::find(terms, estimate, &Plan::Term::from);
      if (at == terms.end()) return false;
      coefficient = at->coefficient;
      terms.erase(at);
      return true;
    };
    const bool adds_x0 = take(call.x0, call.of_x0);
    call.adds_eps = take(call.eps, call.of_eps);
    if (!adds_x0 && !call.adds_eps) return {};
    step.pop_back();
    return call;
  }

  const Plan& plan_;
  const Lowering& rules_;
  int next_;
  std::vector<const Plan::Draw*> draw_of_;  // of each register, nullptr: an image
  std::set<int> kept_;
};

/// Register allocation by a linear scan over live ranges (Poletto and Sarkar 1999), which a straight line makes exact:
/// a register is free again after the last pass that reads it, whose own result may take its place; the least free
/// one is taken, so that steps of one kind use the same registers.
class LinearScan {
 public:
  LinearScan(std::vector<std::vector<StepPass>>& steps, int registers, const std::vector<int>& inputs, int result)
      : last_use_(std::size_t(registers), -1), place_(std::size_t(registers), -1) {
    int now = 0;
    for (const auto& step : steps)
      for (const StepPass& pass : step) {
        for (const int used : uses(pass)) last_use_[std::size_t(used)] = now;
        ++now;
      }
    last_use_[std::size_t(result)] = now;
    for (const int input : inputs) place_[std::size_t(input)] = registers_++;
    for (std::size_t i = 1; i < inputs.size(); ++i) last_use_[std::size_t(inputs[i])] = now;  // of every batch
    now = 0;
    for (auto& step : steps)
      for (StepPass& pass : step) allocate(pass, now++);
  }

  int place(int value) const { return place_[std::size_t(value)]; }
  int registers() const { return registers_; }

 private:
  static std::vector<int> uses(const StepPass& pass) {
    std::vector<int> found = pass.terms;
    for (const int one : {pass.input, pass.picture, pass.picture >= 0 ? pass.to : -1})
      if (one >= 0) found.push_back(one);
    return found;
  }
  void allocate(StepPass& pass, int now) {
    const std::vector<int> read = uses(pass);
    const auto release = [&] {
      for (const int value : read)
        if (last_use_[std::size_t(value)] == now) free_.insert(place(value));
    };
    const int put_back = pass.picture >= 0 ? place(pass.to) : -1;
    const int input = pass.input, to = pass.to;
    if (pass.input >= 0) pass.input = place(input);
    if (pass.picture >= 0) pass.picture = place(pass.picture);
    for (int& term : pass.terms) term = place(term);
    // Estimates that go on into a sum must not overwrite its terms, so they are placed while all of those are alive.
    if (to < 0) release();
    pass.x0 = taken(pass.x0, now);
    pass.eps = taken(pass.eps, now);
    if (to < 0) return;
    release();
    pass.to = put_back >= 0 ? put_back : taken(to, now, true);
  }
  /// A place for a value that is written now; -1: nobody reads it.
  int taken(int value, int now, bool always = false) {
    if (value < 0 || (last_use_[std::size_t(value)] < 0 && !always)) return -1;
    if (free_.empty()) free_.insert(registers_++);
    const int least = *free_.begin();
    if (last_use_[std::size_t(value)] > now) free_.erase(free_.begin());
    return place_[std::size_t(value)] = least;
  }

  std::vector<int> last_use_, place_;
  std::set<int> free_;
  int registers_ = 0;
};

/// The passes of a plan: sums of estimates fused with the network call before them, draws made where they are added,
/// and as few registers as a linear scan finds.
inline LoweredPlan lower(const Plan& plan, const Lowering& rules = {}) {
  Lowerer lowerer(plan, rules);
  LoweredPlan lowered{.steps = lowerer.steps()};
  std::vector<int> inputs{0};
  if (plan.picture >= 0) inputs.push_back(plan.picture);
  const LinearScan scan(lowered.steps, lowerer.registers(), inputs, plan.result);
  lowered.registers = scan.registers();
  lowered.result = scan.place(plan.result);
  lowered.picture = plan.picture < 0 ? -1 : scan.place(plan.picture);
  return lowered;
}

}  // namespace hush::detail
