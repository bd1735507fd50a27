#pragma once
#include <utility>
#include <variant>
#include <vector>

#include <hush/level.hpp>
#include <hush/random/philox.hpp>

namespace hush {

/// A whole sampling run as a straight line of rows over registers, each of which is written once: the start is in
/// register 0, the image in `result`. `trace` writes it, `lower` makes passes over memory of it.
struct Plan {
  struct Term {
    int from;  // a register
    double coefficient;
    friend bool operator==(const Term&, const Term&) = default;
  };
  /// Row: the network is called on register `from` at `level`; its estimates go to the registers x0 and eps.
  struct NetworkCall {
    int from, x0, eps, step;
    Level level;
  };
  /// Row: `to` becomes the sum of the terms. `ends_step`: this is the image that the step arrives at.
  struct Sum {
    int to, step;
    std::vector<Term> terms;
    bool ends_step;
  };
  /// Row: `to` becomes fresh noise N(0, 1), the `ordinal`-th draw of step + later.
  struct Draw {
    int to, step, ordinal, later = 0;
  };
  /// Row: the known pixels of the picture in `from` are put into `to`, in place.
  struct PutBack {
    int to, from, step;
  };
  using Row = std::variant<NetworkCall, Sum, Draw, PutBack>;

  std::vector<Row> rows;
  int registers = 1, result = 0, steps = 0;
  int picture = -1;  // register of the picture of which pixels are known, -1: none are
};

namespace detail {

/// The same plan with the known pixels put back after each step: as they are in the picture, or `noisy`, as noisy as
/// the image is at levels[step + 1], where the step went down (a step up has noised them already).
inline Plan with_known_pixels(Plan plan, const std::vector<Level>& levels, bool noisy) {
  std::vector<Plan::Row> rows;
  plan.picture = plan.registers++;
  for (Plan::Row& row : plan.rows) {
    rows.push_back(std::move(row));
    const auto* sum = std::get_if<Plan::Sum>(&rows.back());
    if (!sum || !sum->ends_step) continue;
    const int image = sum->to, step = sum->step;
    int known = plan.picture;
    if (noisy) {
      const Level from = levels[std::size_t(step)], to = levels[std::size_t(step) + 1];
      if (sigma_of(to) > sigma_of(from)) continue;
      Plan::Sum noised{plan.registers++, step, {{plan.picture, to.signal}}, false};
      if (to.noise > 0) {
        noised.terms.push_back({plan.registers++, to.noise});
        rows.push_back(Plan::Draw{noised.terms.back().from, step, known_draw, 1});
      }
      known = noised.to;
      rows.push_back(std::move(noised));
    }
    rows.push_back(Plan::PutBack{image, known, step});
  }
  plan.rows = std::move(rows);
  return plan;
}

}  // namespace detail
}  // namespace hush
