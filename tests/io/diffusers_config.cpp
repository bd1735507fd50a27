#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <hush/io/diffusers_config.hpp>

#include "io/scratch.hpp"

using namespace hush;
using io::DiffusersConfig;

namespace {

struct File {
  Scratch scratch{"diffusers_config"};
  DiffusersConfig operator()(const std::string& members) const {
    put(scratch / "config.json", "{\"_class_name\": \"It\"" + members + "}");
    return DiffusersConfig(scratch / "config.json");
  }
  std::string refused(const std::string& members, auto&& read) const {
    const std::string said = refusal([&] {
      DiffusersConfig config = (*this)(members);
      read(config);
    });
    return said.starts_with((scratch / "config.json").string()) ? said.substr((scratch / "config.json").string().size())
                                                                : said;
  }
};

}  // namespace

TEST_CASE("diffusers config: a value is the file's, or that of the class where the file has none or null") {
  const File file;
  DiffusersConfig config = file(R"(, "a": 3, "b": 0.5, "c": true, "d": "x", "e": [1, 2], "f": ["p"], "g": null)");
  CHECK(config.class_name() == "It");
  CHECK(config.whole("a", 1) == 3);
  CHECK(config.number("a", 1) == 3);
  CHECK(config.number("b", 1) == 0.5);
  CHECK(config.flag("c", false));
  CHECK(config.text("d", "y") == "x");
  CHECK(config.list<std::int64_t>("e", {}) == std::vector<std::int64_t>{1, 2});
  CHECK(config.list<std::string>("f", {}) == std::vector<std::string>{"p"});
  CHECK(config.whole("g", 7) == 7);
  CHECK(config.text("h", "y") == "y");
  CHECK(config.is_null("g"));
  CHECK(config.has("g"));
  CHECK(!config.has("h"));
}

TEST_CASE("diffusers config: options that nobody asked for are named, but not those that are off") {
  const File file;
  DiffusersConfig config = file(R"(, "a": 3, "b": 1, "off": false, "none": null, "_diffusers_version": "1", "c": 2)");
  config.whole("a", 1), config.ignore({"c"});
  CHECK(config.unknown() == std::vector<std::string>{"b"});
}

TEST_CASE("diffusers config: Python's infinities and NaN outside of words are those numbers") {
  const File file;
  DiffusersConfig config =
      file(R"(, "a": -Infinity, "b": Infinity, "c": "-Infinity \" Infinity NaN", "d": [-Infinity, 1], "n": NaN)");
  CHECK(config.is_least("a"));
  CHECK(!config.is_least("b"));
  CHECK(config["b"].get<double>() == std::numeric_limits<double>::infinity());
  CHECK(std::isnan(config["n"].get<double>()));
  CHECK(config.text("c", "") == "-Infinity \" Infinity NaN");
  CHECK(config["d"][0].get<double>() == -std::numeric_limits<double>::infinity());
}

TEST_CASE("diffusers config: where a number is wanted, what is not finite is refused by its name") {
  const File file;
  const std::string all = R"(, "a": -Infinity, "b": Infinity, "n": NaN, "d": [0.5, NaN, Infinity])";
  CHECK(file.refused(all, [](auto& c) { c.number("a", 1); }) == ": a is -Infinity: must be finite");
  CHECK(file.refused(all, [](auto& c) { c.number("b", 1); }) == ": b is Infinity: must be finite");
  CHECK(file.refused(all, [](auto& c) { c.number("n", 1); }) == ": n is NaN: must be finite");
  CHECK(file.refused(all, [](auto& c) { c.whole("n", 1); }) == ": n is NaN: wants a whole number");
  CHECK(file.refused(all, [](auto& c) { c.flag("b", true); }) == ": b is Infinity: wants true or false");
  CHECK(file.refused(all, [](auto& c) { c.template list<double>("d", {}); }) ==
        ": d is [0.5,NaN,Infinity]: wants a list of finite numbers");
  DiffusersConfig unread = file(all);
  CHECK(unread.unknown() == std::vector<std::string>{"a", "b", "d", "n"});
  // the place of a later error is that of the file
  const std::string before = "{\"_class_name\": \"It\"", members = R"(, "a": -Infinity, "b": NaN, "b": 1)";
  CHECK(file.refused(members, [](auto&) {}).find(std::to_string((before + members).find("\"b\": 1") + 3)) !=
        std::string::npos);
}

TEST_CASE("diffusers config: null is false where a flag is written, and its default where it is not") {
  const File file;
  DiffusersConfig config = file(R"(, "a": null)");
  CHECK(!config.flag("a", true));
  CHECK(config.flag("b", true));
}

TEST_CASE("diffusers config: a value of another kind is refused by its name") {
  const File file;
  const std::string all = R"(, "a": 0.5, "b": "x", "c": 1, "d": [1, "p"], "e": {})";
  CHECK(file.refused(all, [](auto& c) { c.whole("a", 1); }) == ": a is 0.5: wants a whole number");
  CHECK(file.refused(all, [](auto& c) { c.number("b", 1); }) == ": b is \"x\": wants a number");
  CHECK(file.refused(all, [](auto& c) { c.flag("c", true); }) == ": c is 1: wants true or false");
  CHECK(file.refused(all, [](auto& c) { c.text("c", ""); }) == ": c is 1: wants a word");
  CHECK(file.refused(all, [](auto& c) { c.template list<std::int64_t>("d", {}); }) ==
        ": d is [1,\"p\"]: wants a list of whole numbers");
  const std::string large = R"(, "a": 18446744073709551615, "d": [9223372036854775808])";
  CHECK(file.refused(large, [](auto& c) { c.whole("a", 1); }) == ": a is 18446744073709551615: wants a whole number");
  CHECK(file.refused(large, [](auto& c) { c.template list<std::int64_t>("d", {}); }) ==
        ": d is [9223372036854775808]: wants a list of whole numbers");
  CHECK(file.refused(all, [](auto& c) { c.template list<std::string>("e", {}); }) == ": e is {}: wants a list");
  put(file.scratch / "config.json", "[]");
  CHECK_THROWS_AS(DiffusersConfig(file.scratch / "config.json"), FileError);
  put(file.scratch / "config.json", "{}");
  CHECK(refusal([&] { DiffusersConfig(file.scratch / "config.json"); }).find("lacks the member \"_class_name\"") !=
        std::string::npos);
}
