#pragma once

namespace hush {

/// While it lives, what is queued on a backend belongs to a named range of the profiler's time line, where the backend
/// has a profiler (NVTX on a GPU) and says so (`profiled`); elsewhere it does nothing. `name` must outlive it.
template <class B>
class NamedRange {
 public:
  NamedRange([[maybe_unused]] const B& on, [[maybe_unused]] const char* name) {
    if constexpr (has_profiler) begin_range(on, name);
  }
  NamedRange(const NamedRange&) = delete;
  NamedRange& operator=(const NamedRange&) = delete;
  ~NamedRange() {
    if constexpr (has_profiler) end_range(B{});
  }

 private:
  static constexpr bool has_profiler = requires { requires B::profiled; };
};

}  // namespace hush
