#include <doctest/doctest.h>

#include <limits>
#include <span>
#include <string>
#include <vector>

#include <hush/io/key_map.hpp>

#include "io/scratch.hpp"

using namespace hush;
using namespace hush::io;

namespace {

Array numbers(std::vector<std::int64_t> shape, std::vector<float> values) {
  return array_of<float>(std::move(shape), values);
}

std::vector<float> values(const Arrays& arrays, const std::string& name) { return values_of(arrays.items.at(name)); }

/// Two parameters whose rows lie in one array, by two groups; a matrix that lies transposed; a line's convolution.
const KeyMap map{{{.stored = "joint", .native = {"a", "b"}, .groups = 2},
                  {.stored = "turned", .native = {"c"}, .transposed = true},
                  {.stored = "line", .native = {"d"}, .one_behind = true},
                  {.stored = "plain", .native = {"e"}}}};
const Extents network{{"a", {2, 2}}, {"b", {4, 2}}, {"c", {2, 3}}, {"d", {2, 1}}, {"e", {1, 2, 1, 1}}};

Arrays native() {
  Arrays arrays;
  arrays.items["a"] = numbers({2, 2}, {1, 2, 3, 4});
  arrays.items["b"] = numbers({4, 2}, {5, 6, 7, 8, 9, 10, 11, 12});
  arrays.items["c"] = numbers({2, 3}, {1, 2, 3, 4, 5, 6});
  arrays.items["d"] = numbers({2, 1}, {1, 2});
  arrays.items["e"] = numbers({1, 2, 1, 1}, {1, 2});
  arrays.metadata["format"] = "pt";
  return arrays;
}

}  // namespace

TEST_CASE("key map: rows meet group by group, matrices are turned, and back again all is as it was") {
  const Arrays stored = to_stored(map, native());
  CHECK(values(stored, "joint") == std::vector<float>{1, 2, 5, 6, 7, 8, 3, 4, 9, 10, 11, 12});
  CHECK(stored.items.at("joint").shape == std::vector<std::int64_t>{6, 2});
  CHECK(values(stored, "turned") == std::vector<float>{1, 4, 2, 5, 3, 6});
  CHECK(stored.items.at("turned").shape == std::vector<std::int64_t>{3, 2});
  CHECK(stored.items.at("line").shape == std::vector<std::int64_t>{2, 1, 1});
  CHECK(stored.items.at("plain") == native().items.at("e"));
  CHECK(to_native(map, network, stored) == native());
  const Extents extents = stored_extents(map, network);
  CHECK(extents.size() == stored.items.size());
  for (const auto& [name, array] : stored.items) CHECK(array.shape == extents.at(name));
}

TEST_CASE("key map: elements of any width are moved") {
  const std::vector<double> six{1, 2, 3, 4, 5, 6};
  const KeyMap turned{{{.stored = "t", .native = {"c"}, .transposed = true}}};
  Arrays arrays;
  arrays.items["c"] = array_of<double>({2, 3}, six);
  CHECK(values_of<double>(to_stored(turned, arrays).items.at("t")) == std::vector<double>{1, 4, 2, 5, 3, 6});
  arrays.items["c"] = array_of<std::uint8_t>({2, 3}, std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6});
  CHECK(values_of<double>(to_stored(turned, arrays).items.at("t")) == std::vector<double>{1, 4, 2, 5, 3, 6});
}

TEST_CASE("key map: a norm over [C, H, W] and a layer behind a flatten of [C, H, W] are those of [H, W, C]") {
  constexpr int O = 2, H = 2, W = 3, C = 4, all = H * W * C;
  const KeyMap turned{
      {{.stored = "norm", .native = {"n"}, .rearranged = {.view = {H, W, C}, .order = {2, 0, 1}}},
       {.stored = "flat", .native = {"f"}, .rearranged = {.view = {H, W, C}, .order = {2, 0, 1}, .shape = {all}}},
       {.stored = "fc",
        .native = {"l"},
        .rearranged = {.view = {O, H, W, C}, .order = {0, 3, 1, 2}, .shape = {O, C * H * W}}}}};
  const Extents wanted{{"n", {H, W, C}}, {"f", {all}}, {"l", {O, all}}};
  // What stands at (o, c, h, w) is 1000 o + 100 c + 10 h + w, wherever it lies.
  std::vector<float> channels_last, channels_first, rows_last, rows_first;
  for (int o = 0; o < O; ++o) {
    for (int h = 0; h < H; ++h)
      for (int w = 0; w < W; ++w)
        for (int c = 0; c < C; ++c) rows_last.push_back(float(1000 * o + 100 * c + 10 * h + w));
    for (int c = 0; c < C; ++c)
      for (int h = 0; h < H; ++h)
        for (int w = 0; w < W; ++w) rows_first.push_back(float(1000 * o + 100 * c + 10 * h + w));
    if (o == 0) channels_last = rows_last, channels_first = rows_first;
  }
  Arrays ours;
  ours.items["n"] = numbers({H, W, C}, channels_last), ours.items["f"] = numbers({all}, channels_last);
  ours.items["l"] = numbers({O, all}, rows_last);
  const Arrays stored = to_stored(turned, ours);
  CHECK(stored.items.at("norm") == numbers({C, H, W}, channels_first));
  CHECK(stored.items.at("flat") == numbers({all}, channels_first));
  CHECK(stored.items.at("fc") == numbers({O, all}, rows_first));
  CHECK(to_native(turned, wanted, stored) == ours);
  for (const auto& [name, extents] : stored_extents(turned, wanted)) CHECK(stored.items.at(name).shape == extents);
}

TEST_CASE("key map: a view that does not hold the array, or axes that are not each named once, are refused") {
  const auto refused = [](Rearranged how) {
    try {
      stored_extents(KeyMap{{{.stored = "s", .native = {"a"}, .rearranged = std::move(how)}}}, {{"a", {2, 6}}});
    } catch (const std::invalid_argument& error) { return std::string(error.what()); }
    return std::string();
  };
  CHECK(refused({.view = {2, 3, 2}, .order = {0, 2, 1}}) == "");
  CHECK(refused({.view = {2, 3, 3}, .order = {0, 2, 1}}) ==
        "[KeyMap] the view of [2, 3, 3] for s has another number of elements than [2, 6]");
  CHECK(refused({.view = {2, 3, 2}, .order = {0, 2, 1}, .shape = {13}}) ==
        "[KeyMap] the shape of [13] for s has another number of elements than [2, 6]");
  CHECK(refused({.view = {2, 3, 2}, .order = {0, 1, 1}}) ==
        "[KeyMap] order must name each axis of view once, from 0 on");
  CHECK(refused({.view = {2, 3, 2}, .order = {0, 1}}) == "[KeyMap] order has 2 axes, view 3");
}

TEST_CASE("key map: one of another network is refused") {
  Extents other = network;
  other.erase("c");
  CHECK_THROWS_WITH_AS(stored_extents(map, other), "[KeyMap] is of another network: this one has no c",
                       std::invalid_argument);
  other = network, other["f"] = {1};
  CHECK_THROWS_WITH_AS(stored_extents(map, other), "[KeyMap] is of another network: it knows 5 of the 6 parameters",
                       std::invalid_argument);
  other = network, other["a"] = {3, 2};
  CHECK_THROWS_WITH_AS(stored_extents(map, other), "[KeyMap] the rows of a do not fall into 2 groups",
                       std::invalid_argument);
}

TEST_CASE("key map: constants are compared and dropped, and written again") {
  KeyMap with = map;
  with.constants = {{"gammas", {0.5, 0.25, 0}}, {"other", {1}}};
  Arrays stored = to_stored(with, native());
  CHECK(values(stored, "gammas") == std::vector<float>{0.5, 0.25, 0});
  Arrays taken = stored;
  take_constants(with, taken, "file");
  CHECK(taken == to_stored(map, native()));
  take_constants(with, taken, "file");  // they may be missing
  const auto rule = [&](std::vector<float> gammas) {
    Arrays arrays = stored;
    arrays.items["gammas"] = numbers({std::int64_t(gammas.size())}, gammas);
    return refusal([&] { take_constants(with, arrays, "file"); });
  };
  CHECK(rule({0.5f, 0.250001f, 0}) == "");
  CHECK(rule({0.5f, 0.26f, 0}) == "file: is of another schedule: gammas[1] is 0.26, this one has 0.25");
  CHECK(rule({0.5f, 0.25f, 1e-9f}) == "file: is of another schedule: gammas[2] is 1e-09, this one has 0");
  CHECK(rule({0.5f, std::numeric_limits<float>::quiet_NaN(), 0}) ==
        "file: is of another schedule: gammas[1] is nan, this one has 0.25");
  CHECK(rule({0.5f, 0.25f}) == "file: gammas has 2 numbers, this schedule has 3");
}
