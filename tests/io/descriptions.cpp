#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <hush/core.hpp>
#include <hush/io/descriptions.hpp>

#include "../thrown.hpp"

using namespace hush;

namespace {

struct Everything {
  double number = .1;
  float single = .1f;
  std::int64_t whole = 3;
  bool yes = false;
  std::string text = "", other = "";
  Decay decay = Decay::times_rate;
  std::vector<double> list = {};
  std::vector<ImageSize> sizes = {};
  Betas betas{{.5}};
  std::array<int, 2> pair = {};
  std::optional<double> maybe = {}, never = 3;
  static constexpr void fields(auto& self, auto&& f) {
    f("number", self.number), f("single", self.single), f("whole", self.whole), f("yes", self.yes),
        f("text", self.text), f("other", self.other), f("decay", self.decay), f("list", self.list),
        f("sizes", self.sizes), f("betas", self.betas), f("pair", self.pair), f("maybe", self.maybe),
        f("never", self.never);
  }
  bool operator==(const Everything&) const = default;
};

const Everything full{.number = 1. / 3,
                      .single = 1.f / 3,
                      .whole = -(std::int64_t(1) << 62),
                      .yes = true,
                      .text = "a \"quote\", a \\, \xC3\xA9 and \n",
                      .other = "nothing",
                      .decay = Decay::absolute,
                      .list = {0, -0., 1, 1e5, 1e-7, 5e-324, 1.7976931348623157e308, INFINITY, -INFINITY},
                      .sizes = {{1, 2, 3}, {4, 5, 6}},
                      .betas = {{.1, .2}},
                      .pair = {1, -2},
                      .maybe = .5,
                      .never = {}};

std::string refused(const std::string& json) {
  Everything read;
  return thrown::message([&] { io::read_description(read, io::description_of(json, "f", "entry:"), "it", "f"); });
}

}  // namespace

TEST_CASE("descriptions: as JSON, an object is its fields in their order behind its type") {
  CHECK(io::json_of(describe(OneBased{LinearBeta{.first = 1e-4, .last = .02, .steps = 500}})) ==
        R"({"type":"OneBased","zero_based":{"type":"LinearBeta","first":0.0001,"last":0.02,"steps":500,"points":0}})");
  CHECK(io::json_of(describe(PredictScore<LogSigma>{.divided = true})) ==
        R"({"type":"PredictScore<LogSigma>","divided":true})");
  CHECK(io::json_of(describe(MinSnr{INFINITY})) == R"({"type":"MinSnr","gamma":"inf"})");
  CHECK(io::json_of(describe(Betas{{.5, 1}})) == R"({"type":"Betas","values":[0.5,1]})");
  CHECK(thrown::message([] { io::json_of(describe(std::string("\xC3"))); }).find("UTF-8") != std::string::npos);
}

TEST_CASE("descriptions: from JSON they are the same, and what they describe is made again bit for bit") {
  const Description about = describe(full), read = io::description_of(io::json_of(about), "f", "entry:");
  CHECK(code_of(read) == code_of(about));
  CHECK(differences(read, about).empty());
  Everything made;
  io::read_description(made, read, "it", "f");
  CHECK(made == full);
  CHECK(std::signbit(made.list[1]));
}

TEST_CASE("descriptions: fields that a file does not name keep their value") {
  Everything made{.whole = 8};
  io::read_description(made, io::description_of(R"({"type":"Everything","number":2})", "f", ""), "it", "f");
  CHECK(made == Everything{.number = 2, .whole = 8});
}

TEST_CASE("descriptions: values of other kinds, unknown fields and other types are refused by their path") {
  CHECK(refused(R"({"number":"x"})") == "f: describes it.number as \"x\", wanted is a number");
  CHECK(refused(R"({"whole":1.5})") == "f: describes it.whole as 1.5, wanted is a whole number");
  CHECK(refused(R"({"whole":1e30})").ends_with("wanted is a whole number"));
  CHECK(refused(R"({"yes":1})") == "f: describes it.yes as 1, wanted is true or false");
  CHECK(refused(R"({"text":{"type":"Jsd"}})") == "f: describes it.text as Jsd{}, wanted is a text");
  CHECK(refused(R"({"decay":"Decay::never"})") == "f: describes it.decay as Decay::never, wanted is a Decay");
  CHECK(refused(R"({"list":3})") == "f: describes it.list as 3, wanted is a list");
  CHECK(refused(R"({"pair":[1]})") == "f: describes it.pair as {1}, wanted is a list of 2");
  CHECK(refused(R"({"sizes":[{"width":[]}]})") == "f: describes it.sizes[0].width as {}, wanted is a whole number");
  CHECK(refused(R"({"betas":{"type":"Jsd"}})") == "f: describes it.betas as a Jsd, wanted is a Betas");
  CHECK(refused(R"({"later":3})") == "f: describes it with a field later, which a Everything lacks");
}

TEST_CASE("descriptions: names of a file cannot write to a terminal or fill it, and texts are shown escaped") {
  CHECK(refused("{\"\\u001b[31m\":3}") == "f: entry: calls a field \"\\x1b[31m\"");
  CHECK(refused("{\"type\":\"a\\nb\"}") == "f: entry: calls a type \"a\\x0ab\"");
  CHECK(refused("{\"" + std::string(5000, 'x') + "\":3}").size() < 120);
  CHECK(refused("{\"decay\":\"\\u001b::\"}") == "f: describes it.decay as \"\\033::\", wanted is a Decay");
  CHECK(refused("{\"decay\":\"Gr\xc3\xb6\xc3\x9f"
                "e::no\"}")
            .find("Gr\xc3\xb6\xc3\x9f"
                  "e::no,") != std::string::npos);
}

TEST_CASE("descriptions: a text that reads like a number that JSON has not is one") {
  Everything made;
  for (const char* text : {"inf", "-nan", "none", "a::b"}) {
    CAPTURE(text);
    const Everything said{.text = text};
    io::read_description(made, io::description_of(io::json_of(describe(said)), "f", ""), "it", "f");
    CHECK(made.text == text);
  }
}

TEST_CASE("descriptions: what is no JSON, or more of it than any description, throws a FileError that says where") {
  const auto error = [](const std::string& json) {
    return thrown::message([&] { io::description_of(json, "f", "the entry \"hush\":"); });
  };
  CHECK(error("{") == "f: the entry \"hush\": is not valid JSON");
  CHECK(error("") == "f: the entry \"hush\": is not valid JSON");
  CHECK(error(R"({"a":1,"a":2})") == "f: the entry \"hush\": JSON repeats the name \"a\"");
  CHECK(error(std::string(100, '[')).find("nested deeper") != std::string::npos);
  CHECK(error(std::string(1'000'001, ' ')).find("longer than") != std::string::npos);
}

TEST_CASE("descriptions: early files call c_noise `sees` and ConcatImage `Beside`") {
  const auto read = [](const std::string& json) { return code_of(io::description_of(json, "f", "entry:")); };
  CHECK(read(R"({"type":"Process","parameterization":{"type":"PredictNoise","sees":"Gamma::"}})") ==
        read(R"({"type":"Process","parameterization":{"type":"PredictNoise","c_noise":"Gamma::"}})"));
  CHECK(read(R"({"type":"Beside","channels":1})") == read(R"({"type":"ConcatImage","channels":1})"));
}
