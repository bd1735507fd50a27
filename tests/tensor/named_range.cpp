#include <hush/tensor/named_range.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

std::string told;
struct Profiled {
  static constexpr bool profiled = true;
};
void begin_range(const Profiled&, const char* name) { told += std::string("<") + name; }
void end_range(const Profiled&) { told += ">"; }
struct Plain {};

}  // namespace

TEST_CASE("named_range: begins and ends where the backend has a profiler, nested too") {
  {
    const hush::NamedRange outer(Profiled{}, "step");
    const hush::NamedRange silent(Plain{}, "nothing");
    const hush::NamedRange inner(Profiled{}, "backward");
  }
  CHECK(told == "<step<backward>>");
}
