#include <doctest/doctest.h>

#include <hush/io/checksum.hpp>
#include <hush/io/json.hpp>

#include "locales.hpp"

using namespace hush;

namespace {
std::string refused(const std::string& text, const io::JsonLimits& limits = {}) {
  return refusal([&] { io::parse_json(text, "file.json", limits); });
}
}  // namespace

TEST_CASE("json: what the parser would let pass is refused, with the byte") {
  CHECK(refused(R"({"a":1,"a":2})").find("repeats the name \"a\" (at byte 10)") != std::string::npos);
  CHECK(refused(R"([{"x":{"b":1,"b":2}}])").find("repeats") != std::string::npos);
  CHECK(refused(std::string("{\"a\":1}\0garbage", 15)).find("NUL byte (at byte 7)") != std::string::npos);
  CHECK(refused("\xEF\xBB\xBF{}").find("byte-order mark") != std::string::npos);
  CHECK(refused("{\"a\":\"\xff\"}").find("is not valid JSON (at byte 6)") != std::string::npos);
  for (const char* text :
       {"", " ", "{", "[1,]", "{} {}", "01", "0x10", "NaN", "1e400", "// c\n1", "{'a':1}", "[1 2]", "\"a"})
    CHECK(refused(text) != "");
}

TEST_CASE("json: same names in different objects, and all ordinary values, are fine") {
  const auto value =
      io::parse_json(R"( {"a":{"b":1},"c":{"b":[1,-2,3.5,true,null,"\u00e9"]},"b":18446744073709551615} )", "f");
  CHECK(value["c"]["b"].size() == 6);
  CHECK(io::whole_number(value["b"], "b", "f") == 18446744073709551615u);
}

TEST_CASE("json: depth, size and number of values are bounded") {
  CHECK(refused("[[[[1]]]]", {.depth = 3}).find("nested deeper than 3") != std::string::npos);
  CHECK(refused("[[[1]]]", {.depth = 3}) == "");
  CHECK(refused(std::string(5'000'000, '[')).find("nested deeper") != std::string::npos);
  CHECK(refused("[1,2,3]", {.bytes = 6}).find("longer than 6") != std::string::npos);
  CHECK(refused("[1,2,3]", {.values = 3}).find("more than 3 values") != std::string::npos);
  CHECK(refused("[1,2,3]", {.values = 4}) == "");
}

TEST_CASE("json: only an integer is an integer") {
  for (const char* text : {"-1", "3.7", "16.0", "1e2", "-0", "18446744073709551616", "\"1\"", "null", "[1]"})
    CHECK_THROWS_AS(io::whole_number(io::parse_json(text, "f"), "it", "f"), FileError);
  CHECK_THROWS_AS(io::text_of(io::parse_json("1", "f"), "it", "f"), FileError);
  CHECK_THROWS_AS(io::member(io::parse_json("{}", "f"), "x", "f"), FileError);
  CHECK_THROWS_AS(io::member(io::parse_json("[]", "f"), "x", "f"), FileError);
}

TEST_CASE("json: foreign text stands in a message short and printable") {
  CHECK(io::in_quotes("a\n\xC3\xA9") == "\"a\\x0a\\xc3\\xa9\"");
  CHECK(io::in_quotes(std::string(5000, 'x')).size() < 80);
  const auto message = refused("{\"" + std::string(100'000, 'k') + "\":1,\"" + std::string(100'000, 'k') + "\":1}");
  CHECK(message.find("repeats") != std::string::npos);
  CHECK(message.size() < 300);
}

TEST_CASE("checksum: the published check value, in pieces as in one") {
  const std::string text = "123456789";
  const auto bytes = std::as_bytes(std::span(text));
  CHECK(io::hexadecimal(io::crc32(bytes)) == "cbf43926");
  io::Crc32 sum;
  sum.add(bytes.first(4));
  sum.add({});
  sum.add(bytes.subspan(4));
  CHECK(sum.value == io::crc32(bytes));
}

TEST_CASE("json: fractions are read alike where the C library has another decimal point") {
  for (const char* point : {",", "\xd9\xab"}) {  // a comma, and Persian's of two bytes
    const OtherNumbers other(point);
    if (!other.reached_c) MESSAGE("this C library takes no locale of the test's");
    const auto read = io::parse_json("[0.5,12345.678]", "f");
    CHECK(read[0].get<double>() == 0.5);
    CHECK(read[1].get<double>() == 12345.678);
    CHECK(
        (!other.reached_c || std::localeconv()->decimal_point == std::string(point)));  // what the program chose stays
  }
}
