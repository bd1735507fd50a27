#include <hush/observer.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace hush;

namespace {

struct Run {};
struct Report {
  int step;
};

/// Ends a run at a step; asks for every second one.
struct Until {
  int last, every = 2;
  std::string told = "";
  bool step(const Run&, const Report& report) {
    told += to_text(report.step, ' ');
    return report.step < last;
  }
  void epoch(const Run&, int number) { told += to_text('e', number); }
};
struct OnlyEnd {
  int& ends;
  void finish(const Run&) { ++ends; }
};

}  // namespace

TEST_CASE("observer: what asks for steps is told of them, and an answer that is false ends the run") {
  using detail::tell_step, detail::watches_steps;
  const Run run;
  Until until{3};
  CHECK(tell_step(until, run, Report{2}));
  CHECK_FALSE(tell_step(until, run, Report{3}));
  CHECK(until.told == "2 3 ");
  int calls = 0;
  auto silent = [&](const Report&) { ++calls; };
  auto whole = [&](const Run&, const Report& report) { return report.step; };
  CHECK(tell_step(silent, run, Report{0}));
  CHECK(tell_step(silent, Report{0}));
  CHECK(calls == 2);
  CHECK(tell_step(whole, run, Report{1}));
  CHECK_FALSE(tell_step(whole, run, Report{0}));
  int ends = 0;
  OnlyEnd end{ends};
  CHECK(tell_step(end, run, Report{0}));
  static_assert(watches_steps<Until, Run, Report> && !watches_steps<Until, Report>);
  static_assert(watches_steps<decltype(silent), Run, Report> && watches_steps<decltype(silent), Report>);
  static_assert(watches_steps<decltype(whole), Run, Report> && !watches_steps<OnlyEnd, Run, Report>);
  static_assert(detail::observes<OnlyEnd, Run, Run, Report> && !detail::observes<std::string, Run, Run, Report>);
}

TEST_CASE("observer: how often it is told is its own number or that of Every, which passes the rest on") {
  Until until{9};
  int ends = 0;
  CHECK(detail::interval_of("x", until) == 2);
  CHECK(detail::interval_of("x", OnlyEnd{ends}) == 1);
  CHECK(detail::interval_of("x", Every{7, until}) == 7);
  until.every = 0;
  CHECK_THROWS_WITH_AS(detail::interval_of("train", until), "[train] every must be at least 1, is 0",
                       std::invalid_argument);
  const Run run;
  Every every{7, until};
  CHECK_FALSE(detail::tell_step(every, run, Report{9}));
  every.epoch(run, 4);
  CHECK(every.observer.told == "9 e4");
  Every end{7, OnlyEnd{ends}};
  end.start(run);
  end.finish(run);
  CHECK(ends == 1);
  static_assert(!detail::watches_steps<decltype(end), Run, Report>);
}
