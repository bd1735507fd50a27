#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include <hush/io/arrays.hpp>
#include <hush/io/safetensors.hpp>

#include "io/scratch.hpp"

using namespace hush;
using io::Dtype;

namespace {

std::string file_of(const std::string& header, std::size_t data) {
  const std::uint64_t length = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + header + std::string(data, '\1');
}

io::Arrays parsed(const std::string& file, const io::SafetensorsLimits& limits = {}) {
  // Exactly as long as the file, so that the address sanitizer sees a read beyond its end.
  const std::vector<char> exact(file.begin(), file.end());
  return io::parse_safetensors(std::as_bytes(std::span(exact)), "file", limits);
}

std::string refused(const std::string& file, const io::SafetensorsLimits& limits = {}) {
  const auto message = refusal([&] { parsed(file, limits); });
  CHECK(message.size() < 2048);
  return message;
}
std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}
/// A file with one array.
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets, std::size_t data) {
  return file_of(R"({"a":)" + entry(dtype, shape, offsets) + "}", data);
}

template <class T>
io::Array array(std::vector<std::int64_t> shape, std::vector<T> values) {
  return io::array_of<T>(std::move(shape), std::span<const T>(values));
}

io::Arrays mixed() {
  io::Arrays arrays;
  arrays.items["b.weight"] = array<float>({2, 3}, {0, 1, 2, 3, 4, 5});
  arrays.items["a.step"] = array<std::int64_t>({}, {7});
  arrays.items["c"] = {Dtype::BOOL, {3}, {std::byte(1), std::byte(0), std::byte(1)}};
  arrays.items["a\xC3\xA9\n"] = {Dtype::F16, {2}, {std::byte(0), std::byte(0x3E), std::byte(0), std::byte(0xC0)}};
  arrays.items["e"] = array<float>({0, 4}, {});
  arrays.items["u"] = array<std::uint8_t>({3}, {1, 2, 255});
  arrays.metadata["format"] = "pt";
  return arrays;
}

std::string written(const io::Arrays& arrays) {
  std::string head, file;
  for (const auto& piece : io::safetensors_pieces(arrays, head))
    file.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  return file;
}

}  // namespace

TEST_CASE("safetensors: writes byte for byte what the reference implementation writes") {
  // safetensors.numpy.save of the same arrays with metadata {"format": "pt"}, safetensors 0.4 and later
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a.step":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
      R"("b.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},"e":{"dtype":"F32","shape":[0,4],)"
      R"("data_offsets":[32,32]},)"
      "\"a\xC3\xA9\\n\""
      R"(:{"dtype":"F16","shape":[2],"data_offsets":[32,36]},"u":{"dtype":"U8","shape":[3],"data_offsets":[36,39]},)"
      R"("c":{"dtype":"BOOL","shape":[3],"data_offsets":[39,42]}}      )";
  const std::string data("\7\0\0\0\0\0\0\0\0\0\0\0\0\0\x80?\0\0\0@\0\0@@\0\0\x80@\0\0\xa0@\0>\0\xc0\1\2\xff\1\0\1", 42);
  const std::string golden = std::string("\x80\1\0\0\0\0\0\0", 8) + header + data;
  CHECK(written(mixed()) == golden);
  CHECK(parsed(golden) == mixed());
}

TEST_CASE("safetensors: what is written is read back, from a file too, and twice the same bytes") {
  const Scratch scratch("safetensors");
  auto arrays = mixed();
  arrays.metadata = {{"format", "pt"}, {"config", "{\"channels\": 64, \"\xC3\xA9\": \"\\\"\"}"}, {"a", ""}};
  io::write_safetensors(scratch / "x.safetensors", arrays);
  CHECK(io::read_safetensors(scratch / "x.safetensors") == arrays);
  CHECK(get(scratch / "x.safetensors") == written(arrays));
  const auto bytes = written(arrays);
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  CHECK(length % 8 == 0);
  arrays.items.clear();
  CHECK(parsed(written(arrays)) == arrays);
}

TEST_CASE("safetensors: every rule of the format is enforced") {
  // S1, S2, S3: the length
  CHECK(refused("").ends_with("is empty"));
  CHECK(refused(std::string(7, '\0')).find("is shorter than the 8 bytes") != std::string::npos);
  // what is none, by what it is
  CHECK(refused("version https://git-lfs.github.com/spec/v1\noid sha256:0\n").find("`git lfs pull`") !=
        std::string::npos);
  CHECK(refused("<!doctype html><html></html>").find("is a web page (HTML)") != std::string::npos);
  CHECK(refused(std::string("GGUF\3\0\0\0\0\0\0\0", 12))
            .ends_with("is a GGUF file; weights are read from safetensors files"));
  CHECK(refused("\x89HDF\r\n\x1a\n........").find("is a HDF5 file") != std::string::npos);
  CHECK(refused(std::string("\1\xE1\xF5\5\0\0\0\0", 8)).find("100000001 bytes") != std::string::npos);
  CHECK(refused(std::string(8, '\xFF')) != "");
  CHECK(refused(std::string(7, '\0') + "\1{}") != "");  // big-endian
  CHECK(refused(std::string("\3\0\0\0\0\0\0\0{}", 10)).find("ends within its header") != std::string::npos);
  CHECK(refused(one("U8", "[1]", "[0,1]", 1), {.header = 20}) != "");
  CHECK(refused(one("U8", "[1]", "[0,1]", 1)) == "");
  // S4, S5, S6: one JSON object in UTF-8, white space around it
  CHECK(refused(file_of("{\"\xFF\":1}", 0)) != "");
  CHECK(refused(file_of("", 0)) != "");
  CHECK(refused(file_of("[]", 0)).find("must be a JSON object") != std::string::npos);
  CHECK(refused(file_of("{}{}", 0)) != "");
  CHECK(refused(file_of("{}", 0)) == "");
  CHECK(refused(file_of(" \n{}\t\r\n  ", 0)) == "");
  // S7, S8, S9: NUL, byte-order mark, repeated names at every level
  CHECK(refused(file_of(std::string("{}\0", 3), 0)).find("NUL") != std::string::npos);
  CHECK(refused(file_of("\xEF\xBB\xBF{}", 0)).find("byte-order") != std::string::npos);
  const auto a = entry("U8", "[1]", "[0,1]");
  CHECK(refused(file_of("{\"a\":" + a + ",\"a\":" + a + "}", 1)).find("repeats") != std::string::npos);
  CHECK(refused(file_of(R"({"__metadata__":{"x":"1","x":"2"}})", 0)).find("repeats") != std::string::npos);
  CHECK(refused(file_of(R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1)) != "");
  // S10: metadata of strings, not too long
  CHECK(refused(file_of(R"({"__metadata__":{"x":"1"}})", 0)) == "");
  CHECK(refused(file_of(R"({"__metadata__":{"x":1}})", 0)) != "");
  CHECK(refused(file_of(R"({"__metadata__":[]})", 0)) != "");
  CHECK(refused(file_of(R"({"__metadata__":{"x":{}}})", 0)) != "");
  CHECK(refused(file_of(R"({"__metadata__":{"x":"12345"}})", 0), {.metadata = 5}) != "");
  // S11: exactly three members
  CHECK(refused(file_of(R"({"a":{"dtype":"U8","shape":[1]}})", 1)) != "");
  CHECK(refused(file_of(R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1)) != "");
  CHECK(refused(file_of(R"({"a":{"shape":[1],"data_offsets":[0,1]}})", 1)) != "");
  CHECK(refused(file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":0}})", 1)) != "");
  CHECK(refused(file_of(R"({"a":[]})", 0)) != "");
  CHECK(refused(file_of(R"({"a":3})", 0)) != "");
  CHECK(refused(file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":{"0":0,"1":1}}})", 1)) != "");
  // S12: the dtypes
  CHECK(refused(one("F31", "[1]", "[0,4]", 4)).find("unknown dtype \"F31\"") != std::string::npos);
  CHECK(refused(one("f32", "[1]", "[0,4]", 4)) != "");
  CHECK(refused(file_of(R"({"a":{"dtype":4,"shape":[1],"data_offsets":[0,4]}})", 4)) != "");
  for (const auto& facts : io::dtype_facts)
    CHECK(refused(one(facts.name, "[8]", to_text("[0,", facts.bits, "]"), facts.bits)) == "");
  // S13, S14: the shape
  CHECK(refused(one("U8", "[]", "[0,1]", 1)) == "");
  CHECK(refused(one("U8", "[3,0]", "[0,0]", 0)) == "");
  for (const char* shape : {"[-1]", "[1.0]", "[1e0]", "[-0]", "[null]", "[\"1\"]", "1", "{}", "[[1]]", "null"})
    CHECK(refused(one("U8", shape, "[0,1]", 1)) != "");
  CHECK(refused(one("U8", "[1,1,1,1,1,1,1,1]", "[0,1]", 1)) == "");
  CHECK(refused(one("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]", 1)).find("axes") != std::string::npos);
  CHECK(refused(one("U8", "[9223372036854775808,4,0]", "[0,0]", 0)) != "");
  CHECK(refused(one("U8", "[4294967296,4294967296]", "[0,0]", 0)).find("more elements") != std::string::npos);
  CHECK(refused(one("U8", "[18446744073709551616]", "[0,0]", 0)) != "");
  // S15: bits that overflow or end within a byte
  CHECK(refused(one("F64", "[4611686018427387904]", "[0,0]", 0)).find("more bits") != std::string::npos);
  CHECK(refused(one("F4", "[3]", "[0,1]", 1)).find("end on a byte") != std::string::npos);
  CHECK(refused(one("F4", "[4]", "[0,2]", 2)) == "");
  // S16, S17: offsets
  for (const char* offsets :
       {"[1,0]", "[0]", "[0,1,2]", "[0,1.0]", "[-1,0]", "[0,\"1\"]", "0", "[0,1e0]", "[-0,1]", "[0,-1]"})
    CHECK(refused(one("U8", "[1]", offsets, 1)) != "");
  CHECK(refused(one("F32", "[2]", "[0,4]", 4)).find("its dtype and shape want 8") != std::string::npos);
  CHECK(refused(one("F32", "[1]", "[0,8]", 8)) != "");
  CHECK(refused(one("U8", "[0]", "[18446744073709551615,18446744073709551615]", 0)) != "");
  // S18, S19: the arrays fill the file
  const auto two = [](const std::string& first, const std::string& second, std::size_t data) {
    return refused(file_of("{\"a\":" + entry("U8", "[2]", first) + ",\"b\":" + entry("U8", "[2]", second) + "}", data));
  };
  CHECK(two("[0,2]", "[2,4]", 4) == "");
  CHECK(two("[2,4]", "[0,2]", 4) == "");  // S21: any order
  CHECK(two("[0,2]", "[1,3]", 3).find("no gaps or overlaps") != std::string::npos);
  CHECK(two("[0,2]", "[0,2]", 2) != "");
  CHECK(two("[0,2]", "[3,5]", 5) != "");
  CHECK(two("[1,3]", "[3,5]", 5) != "");
  CHECK(two("[0,2]", "[2,4]", 5).find("holds 5 bytes of data, its arrays want 4") != std::string::npos);
  CHECK(two("[0,2]", "[2,4]", 3) != "");
  CHECK(refused(file_of("{}", 1)) != "");
  // S20: values are free
  CHECK(std::isnan(io::values_of(
      parsed(file_of("{\"a\":" + entry("F32", "[1]", "[0,4]") + "}", 0) + "\xFF\xFF\xFF\xFF").items.at("a"))[0]));
}

TEST_CASE("safetensors: a pickle is refused with the way to convert it, and a header as long as one looks is read") {
  const std::string hint =
      "file: is a pickle of PyTorch's (.pth, .pt, .bin), which may run any program when it is read, and no safetensors "
      "file. Convert it once, in Python:\n"
      "  import torch, safetensors.torch\n"
      "  weights = torch.load(\"model.pth\", map_location=\"cpu\", weights_only=True)\n"
      "  safetensors.torch.save_file({k: v.clone().contiguous() for k, v in weights.items()}, \"model.safetensors\")";
  CHECK(refused(std::string("PK\3\4\0\0\x8\x8\0\0", 10) + "archive/data.pkl") == hint);
  for (const char protocol : {'\2', '\3', '\4', '\5'})
    CHECK(refused(std::string("\x80") + protocol + "\x8a\nl\xfc\x9c\x46\xf9 j") == hint);
  CHECK(refused(std::string("\x80\x6\x8a\nl\xfc\x9c\x46\xf9 j")) != hint);
  const std::string header = R"({"a":)" + entry("U8", "[1]", "[0,1]") + "}";
  const std::string longer = header + std::string(0x280 - header.size(), ' ');
  CHECK(parsed(file_of(longer, 1)).items.size() == 1);  // 640 bytes: it begins 80 02
  CHECK(refused(file_of(longer, 1).substr(0, 8)).find("ends within its header") != std::string::npos);
}

TEST_CASE("safetensors: arrays at odd addresses are read") {  // S22
  const std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F64","shape":[1],)"
                             R"("data_offsets":[1,9]}})";
  CHECK(io::values_of<double>(parsed(file_of(header, 9)).items.at("b"))[0] ==
        std::bit_cast<double>(std::uint64_t(0x0101010101010101)));
}

TEST_CASE(
    "safetensors: cut at every byte, the file is refused; one bit wrong anywhere, it is refused or of the right "
    "shape") {
  const auto file = written(mixed());
  for (std::size_t length = 0; length < file.size(); ++length) {
    CAPTURE(length);
    CHECK_THROWS_AS(parsed(file.substr(0, length)), FileError);
  }
  int refusals = 0;
  for (std::size_t at = 0; at < file.size(); ++at)
    for (const int flip : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
      auto damaged = file;
      damaged[at] = char(damaged[at] ^ flip);
      try {
        for (const auto& [name, array] : parsed(damaged).items)
          CHECK(array.bytes.size() * 8 == array.size() * io::facts(array.dtype).bits);
      } catch (const FileError&) { ++refusals; }
    }
  CHECK(refusals > 2000);
}

TEST_CASE("safetensors: a writer refuses what no file can hold") {
  io::Arrays arrays;
  arrays.items["a"] = {Dtype::F32, {2}, std::vector<std::byte>(4)};
  CHECK_THROWS_AS(written(arrays), std::invalid_argument);
  arrays.items = {{"__metadata__", array<float>({1}, {1})}};
  CHECK_THROWS_AS(written(arrays), std::invalid_argument);
  arrays.items = {{"\xFF", array<float>({1}, {1})}};
  CHECK_THROWS_AS(written(arrays), std::invalid_argument);
  arrays.items.clear();
  arrays.metadata["x"] = "\xC3";
  CHECK_THROWS_AS(written(arrays), std::invalid_argument);
  // what the format allows and our reader does not
  arrays.metadata = {{"x", std::string(999'992, 'y')}};  // with "format": "pt" one byte too many
  CHECK_THROWS_WITH_AS(written(arrays),
                       "[write_safetensors] the metadata is 1000001 bytes long, more than the 1000000 that are read",
                       std::invalid_argument);
  arrays.metadata.clear();
  arrays.items = {{"a", array<float>({1, 1, 1, 1, 1, 1, 1, 1, 1}, {1})}};
  CHECK_THROWS_WITH_AS(written(arrays), "[write_safetensors] array \"a\" has 9 axes, more than the 8 that are read",
                       std::invalid_argument);
}

TEST_CASE("safetensors: a failing disk leaves the old file") {
  const Scratch scratch("safetensors-fail");
  io::write_safetensors(scratch / "x", mixed());
  const auto old = get(scratch / "x");
  auto next = mixed();
  next.items["b.weight"] = array<float>({1}, {9});
  for (int at = 0; at < 10; ++at) {
    Failing failing{.at = at, .error = ENOSPC};
    CHECK_THROWS_AS(io::write_safetensors(scratch / "x", next, failing.disk()), FileError);
    if (get(scratch / "x") == old) CHECK(entries(scratch.folder) == 1);
    const bool whole = io::read_safetensors(scratch / "x") == mixed() || io::read_safetensors(scratch / "x") == next;
    CHECK(whole);
  }
}

TEST_CASE("arrays: numbers of every convertible type become floats") {
  const auto bytes = [](auto... values) { return std::vector<std::byte>{std::byte(values)...}; };
  const auto first = [](const io::Array& array) { return io::values_of(array).at(0); };
  CHECK(first({Dtype::BF16, {1}, bytes(0x80, 0x3F)}) == 1.0f);
  CHECK(first({Dtype::I8, {1}, bytes(0xFE)}) == -2.0f);
  CHECK(first({Dtype::U16, {1}, bytes(0xFF, 0xFF)}) == 65535.0f);
  CHECK(first({Dtype::I16, {1}, bytes(0xFF, 0xFF)}) == -1.0f);
  CHECK(first({Dtype::BOOL, {1}, bytes(1)}) == 1.0f);
  CHECK(first(array<double>({1}, {0.1})) == 0.1f);
  CHECK(first(array<std::int32_t>({1}, {-5})) == -5.0f);
  CHECK(io::values_of<double>(array<double>({1}, {0.1}))[0] == 0.1);
  CHECK_THROWS_AS(first({Dtype::F8_E4M3, {1}, bytes(1)}), std::invalid_argument);
  CHECK_THROWS_AS(first({Dtype::F32, {1}, bytes(1)}), std::invalid_argument);
  CHECK_THROWS_AS(array<float>({2}, {1}), std::invalid_argument);
}

TEST_CASE("arrays: binary16 is exact for every finite bit pattern") {
  CHECK(io::float_of_half(0x3C00) == 1.0f);
  CHECK(io::float_of_half(0xC000) == -2.0f);
  CHECK(io::float_of_half(0x7BFF) == 65504.0f);
  CHECK(io::float_of_half(0x0001) == std::ldexp(1.0f, -24));
  CHECK(io::float_of_half(0x8001) == -std::ldexp(1.0f, -24));
  CHECK(std::signbit(io::float_of_half(0x8000)));
  CHECK(std::isinf(io::float_of_half(0x7C00)));
  CHECK(std::isnan(io::float_of_half(0x7E01)));
  for (int bits = 0; bits < 0x7BFF; ++bits)  // strictly increasing steps, none skipped
    CHECK(io::float_of_half(std::uint16_t(bits)) < io::float_of_half(std::uint16_t(bits + 1)));
}

TEST_CASE("arrays: the first number that is not finite is found") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  CHECK(!io::first_non_finite(array<float>({3}, {0, 1, 2})));
  CHECK(io::first_non_finite(array<float>({3}, {0, nan, inf})) == std::optional<std::size_t>(1));
  CHECK(!io::first_non_finite(array<std::int32_t>({1}, {0x7F800000})));
}
