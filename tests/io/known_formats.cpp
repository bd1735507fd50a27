#include <hush/io/known_formats.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include <hush/io/json.hpp>

#include "io/scratch.hpp"
#include "thrown.hpp"

using namespace hush;
using namespace std::literals;

TEST_CASE("known formats: what stands in the place of a file is named with the cure, another format as what it is") {
  const std::string lfs = "is a pointer of Git LFS in the place of the file: fetch the file with `git lfs pull`";
  const std::string page = "is a web page (HTML) in the place of the file: download the file itself";
  CHECK(io::other_format("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n", "") == lfs);
  for (const auto start : {"<!DOCTYPE html>"sv, "<html lang=en>"sv, " \r\n\t<!doctype HTML>"sv})
    CHECK(io::other_format(start, "") == page);
  CHECK(io::other_format("\x93NUMPY", "X is wanted") == "is a NumPy file; X is wanted");
  CHECK(io::other_format("RIFF\x10\0\0\0WEBPVP8 "sv, "X") == "is a WebP file; X");
  for (const auto unknown : {""sv, "<"sv, "<htm"sv, "{}"sv, "RIFF\0\0\0\0WAVE"sv, "   "sv, "version 2"sv})
    CHECK(io::other_format(unknown, "X").empty());
}

TEST_CASE("known formats: JSON files that are something else, or empty, are called that") {
  const Scratch scratch("known-formats");
  const auto said = [&](const std::string& bytes) {
    put(scratch / "a.json", bytes);
    const std::string words = thrown::message([&] { io::read_json(scratch / "a.json"); });
    if (words.find(": ") == words.npos) return words;
    return words.substr(words.find(": ") + 2);
  };
  CHECK(said("") == "is empty");
  CHECK(said("<html>").starts_with("is a web page (HTML)"));
  CHECK(said("\x1f\x8b...") == "is a gzip file; a JSON file is wanted");
  CHECK(said("{}") == "nothing was thrown");
  CHECK(said("{") == "is not valid JSON (at byte 1)");
}
