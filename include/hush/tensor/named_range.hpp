#pragma once

namespace hush {

/// While it lives, what is queued on a backend belongs to a named range of the profiler's time line, where the backend
/// has a profiler (NVTX on a GPU); elsewhere it does nothing. `name` must outlive it.
template <class B>
class NamedRange {
 public:
  NamedRange([[maybe_unused]] const B& on, [[maybe_unused]] const char* name) {
    if constexpr (requires { begin_range(on, name); }) begin_range(on, name);
  }
  NamedRange(const NamedRange&) = delete;
  NamedRange& operator=(const NamedRange&) = delete;
  ~NamedRange() {
    if constexpr (requires { end_range(B{}); }) end_range(B{});
  }
};

}  // namespace hush
