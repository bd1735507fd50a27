#pragma once
#include <functional>
#include <iostream>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace hush {

/// Where warnings go: what is allowed but seldom meant. By default a line on standard error; a program may put a
/// function of its own here, or an empty one for silence, before it starts threads.
inline std::function<void(std::string_view)>& warning_sink() {
  static std::function<void(std::string_view)> sink = [](std::string_view words) {
    std::cerr << "warning: " << words << std::endl;
  };
  return sink;
}

/// Says something once in the life of a program, however often it is asked to.
inline void warn_once(const std::string& words) {
  static std::mutex mutex;
  static std::set<std::string> said;
  const std::lock_guard lock(mutex);
  if (said.insert(words).second && warning_sink()) warning_sink()(words);
}

}  // namespace hush
