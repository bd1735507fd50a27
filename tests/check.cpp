#include <doctest/doctest.h>
#include <hush/check.hpp>

namespace {

// Counts how often it is printed.
struct Counted {
  int* prints;
  friend std::ostream& operator<<(std::ostream& out, const Counted& it) { return out << ++*it.prints; }
};

}  // namespace

TEST_CASE("check: a broken rule is the place in brackets and the parts, one after the other") {
  CHECK_THROWS_WITH_AS(hush::check(false, "conv2d", "input has ", 3, " channels, weight wants ", 4.5),
                       "[conv2d] input has 3 channels, weight wants 4.5", std::invalid_argument);
}

TEST_CASE("check: what holds is silent, and its message is never put together") {
  int prints = 0;
  CHECK_NOTHROW(hush::check(true, "here", Counted{&prints}));
  CHECK(prints == 0);
  CHECK_THROWS_AS(hush::check(false, "here", Counted{&prints}), std::invalid_argument);
  CHECK(prints == 1);
}

TEST_CASE("check: words puts together anything that prints") { CHECK(hush::to_text("a", 1, 'b', 2.5) == "a1b2.5"); }
