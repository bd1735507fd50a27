#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <hush/warning.hpp>

TEST_CASE("warning: said once, to whom the program chose") {
  const auto before = hush::warning_sink();
  std::vector<std::string> heard;
  hush::warning_sink() = [&](std::string_view words) { heard.emplace_back(words); };
  hush::warn_once("tests/warning: one");
  hush::warn_once("tests/warning: two");
  hush::warn_once("tests/warning: one");
  CHECK(heard == std::vector<std::string>{"tests/warning: one", "tests/warning: two"});
  hush::warning_sink() = nullptr;
  hush::warn_once("tests/warning: three");  // heard by nobody, and harmless
  hush::warning_sink() = before;
}
