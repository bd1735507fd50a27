#pragma once

namespace hush {

/// Marks the work queued on a backend during its lifetime as a named range on the profiler's time line, if the backend
/// is `profiled` (NVTX on a GPU); elsewhere it does nothing. `name` must outlive it.
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
