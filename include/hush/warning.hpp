#pragma once
#include <functional>
#include <iostream>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

#include <hush/host_device.hpp>

namespace hush {

/// The sink of warnings, which are about input that is allowed but seldom meant. The default prints a line on standard
/// error; a program may replace it, or set it empty for silence, before it starts threads.
inline std::function<void(std::string_view)>& warning_sink() {
  static std::function<void(std::string_view)> sink = [](std::string_view words) {
    std::cerr << "warning: " << words << std::endl;
  };
  return sink;
}

/// Warns with the text `words()` once in the life of a program for each `kind` (a string literal) and `number`; the
/// text is built only then.
template <class Words>
void warn_once(std::string_view kind, double number, const Words& words) {
  static std::mutex mutex;
  static std::set<std::pair<std::string_view, double>> shown;
  const std::lock_guard lock(mutex);
  if (shown.insert({kind, number}).second && warning_sink()) warning_sink()(words());
}

/// Warns once in the life of a program if the CPU kernels were compiled without optimisation.
inline void warn_of_slow_kernels(bool optimised = HUSH_OPTIMISED) {
  if (optimised) return;
  warn_once("not optimised", 0, [] {
    return "hush was compiled without optimisation, which makes it about 100 times slower: compile with -O3 "
           "-march=native (CMake: -DCMAKE_BUILD_TYPE=Release)";
  });
}

}  // namespace hush
