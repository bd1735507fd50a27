#pragma once
#include <concepts>
#include <tuple>
#include <type_traits>

#include <hush/check.hpp>

namespace hush {
namespace detail {

template <class Observer, class... Told>
concept HasStep = requires(Observer& observer, const Told&... told) {
  observer.step(told...);
};

/// Whether a run goes on after an observer's answer: where it gives none, or one that is true.
template <class Call>
bool goes_on(const Call& call) {
  if constexpr (std::same_as<decltype(call()), void>) {
    call();
    return true;
  } else {
    return bool(call());
  }
}

/// Whether an observer is a function of what it would be told: of all of it, or of the last of two.
template <class Observer, class... Told>
constexpr bool is_function_of = std::is_invocable_v<Observer&, const Told&...>;
template <class Observer, class Run, class Report>
constexpr bool is_function_of<Observer, Run, Report> =
    std::is_invocable_v<Observer&, const Run&, const Report&> || std::is_invocable_v<Observer&, const Report&>;

/// Whether an observer asks for steps: by a member `step`, or as a function.
template <class Observer, class... Told>
constexpr bool watches_steps = HasStep<Observer, Told...> || is_function_of<Observer, Told...>;

/// Tells an observer of a step, if it asks for them: whether the run goes on.
template <class Observer, class... Told>
bool tell_step(Observer& observer, const Told&... told) {
  if constexpr (HasStep<Observer, Told...>)
    return goes_on([&]() -> decltype(auto) { return observer.step(told...); });
  else if constexpr (std::is_invocable_v<Observer&, const Told&...>)
    return goes_on([&]() -> decltype(auto) { return observer(told...); });
  else if constexpr (is_function_of<Observer, Told...>)
    return goes_on([&]() -> decltype(auto) { return observer(std::get<sizeof...(Told) - 1>(std::tie(told...))); });
  else
    return true;
}

/// The steps between two calls of an observer, 1 where it does not say. Throws std::invalid_argument below 1.
template <class Observer>
int interval_of(const char* who, const Observer& observer) {
  int every = 1;
  if constexpr (requires { observer.every; }) every = int(observer.every);
  check(every >= 1, who, "every must be at least 1, is ", every);
  return every;
}

}  // namespace detail

/// Whether an observer of `train` is told on every rank: it says `static constexpr bool on_every_rank = true`. The
/// others are told on rank 0 alone.
template <class Observer>
constexpr bool on_every_rank = requires {
  requires std::remove_cvref_t<Observer>::on_every_rank;
};

/// An observer of `sample` or `train` that is told of a step after every so many, and of the last one:
/// `sample(..., Every{10, [](const auto& step) { ... }})`. It is told the rest as if it stood alone.
template <class Observer>
struct Every {
  static constexpr bool on_every_rank = hush::on_every_rank<Observer>;
  int every;
  Observer observer;

  void start(auto& run) {
    if constexpr (requires { observer.start(run); }) observer.start(run);
  }
  bool step(const auto&... told) requires(detail::watches_steps<Observer, std::remove_cvref_t<decltype(told)>...>) {
    return detail::tell_step(observer, told...);
  }
  void epoch(const auto& training, const auto& report) {
    if constexpr (requires { observer.epoch(training, report); }) observer.epoch(training, report);
  }
  void finish(const auto& run) {
    if constexpr (requires { observer.finish(run); }) observer.finish(run);
  }
};
template <class Observer>
Every(int, Observer) -> Every<Observer>;

namespace detail {

/// Whether an observer asks for anything of a run: for its start or end, an epoch or its steps.
template <class Observer, class Run, class... Told>
constexpr bool observes = watches_steps<Observer, Told...> || requires(Observer& observer, Run& run) {
  observer.start(run);
}
|| requires(Observer& observer, Run& run) { observer.finish(run); };

}  // namespace detail

}  // namespace hush
