#include <hush/collectives/check_same.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <hush/fields.hpp>

#include "../communicators/threads.hpp"

using namespace hush;

namespace {

struct Inner {
  double decay = .5;
  static constexpr void fields(auto& self, auto&& f) { f("decay", self.decay); }
};
struct Settings {
  std::int64_t batch = 8;
  Inner ema{};
  std::vector<int> widths{4, 8};
  std::string name = "one";
  int workers = 1;
  static constexpr void fields(auto& self, auto&& f) {
    f("batch", self.batch), f("ema", self.ema), f("widths", self.widths), f("name", self.name),
        f("workers", self.workers);
  }
  static constexpr std::array<std::string_view, 1> aside{"workers"};
};

std::string said(const Settings& odd) {
  const auto ended = ranks_of_threads::run(
      2, [&](const AnyCommunicator& here) { check_same(here, describe(here.rank() == 1 ? odd : Settings{})); });
  CHECK(ended.words[0] == ended.words[1]);
  return ended.words[0];
}

}  // namespace

TEST_CASE("check_same: the first difference is named, with both values") {
  const std::string start = "rank 1 of 2: [ranks] was started with ";
  CHECK(said({}) == "");
  CHECK(said({.workers = 7}) == "");  // changes no result
  CHECK(said({.batch = 16, .name = "two"}) == start + "batch = 16, and rank 0 with batch = 8");
  CHECK(said({.ema = {.75}}) == start + "ema.decay = 0.75, and rank 0 with ema.decay = 0.5");
  CHECK(said({.widths = {4, 9}}) == start + "widths[1] = 9, and rank 0 with widths[1] = 8");
  CHECK(said({.widths = {4}}) == start + "name = \"one\", and rank 0 with widths[1] = 8");
  CHECK(said({.name = "two\nbatch = 1"}) == start + "name = \"two\\nbatch = 1\", and rank 0 with name = \"one\"");
}

TEST_CASE("check_same: a description that ends early is told from a longer one") {
  const auto ended = ranks_of_threads::run(2, [](const AnyCommunicator& here) {
    Description made{Description::Kind::object, ""};
    made.fields.push_back({"a", describe(1)});
    if (here.rank() == 0) made.fields.push_back({"b", describe(2)});
    check_same(here, made);
  });
  CHECK(ended.words[0] == "rank 1 of 2: [ranks] was started with nothing more, and rank 0 with b = 2");
}
