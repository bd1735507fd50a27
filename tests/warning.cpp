#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <hush/warning.hpp>

TEST_CASE("warning: said once, to whom the program chose") {
  const auto before = hush::warning_sink();
  std::vector<std::string> heard;
  int made = 0;
  const auto say = [&](const char* kind, double number) {
    hush::warn_once(kind, number, [&] { return ++made, std::string(kind) + (number == 1 ? "" : " again"); });
  };
  hush::warning_sink() = [&](std::string_view words) { heard.emplace_back(words); };
  say("one", 1);
  say("two", 1), say("one", 2);
  say("one", 1);
  CHECK(heard == std::vector<std::string>{"one", "two", "one again"});
  hush::warning_sink() = nullptr;
  say("three", 1);   // heard by nobody, and harmless
  CHECK(made == 3);  // words that nobody hears are not made
  hush::warning_sink() = before;
}

TEST_CASE("warning: kernels that the compiler did not optimise are told of once, with the cure") {
  const auto before = hush::warning_sink();
  std::vector<std::string> heard;
  hush::warning_sink() = [&](std::string_view words) { heard.emplace_back(words); };
  hush::warn_of_slow_kernels(true);
  CHECK(heard.empty());
  hush::warn_of_slow_kernels(false);
  hush::warn_of_slow_kernels(false);
  hush::warning_sink() = before;
  REQUIRE(heard.size() <= 1);  // it may have been said before: this program was not optimised either
  if (HUSH_OPTIMISED) REQUIRE(heard.size() == 1);
  if (!heard.empty()) CHECK(heard[0].find("compile with -O3") != std::string::npos);
}
