#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include <hush/io/numbered_pngs.hpp>

#include "io/scratch.hpp"

using namespace hush;
namespace fs = std::filesystem;

namespace {

Images<std::uint8_t> numbered(std::int64_t count, std::uint8_t first = 0) {
  Images<std::uint8_t> images(count, 2, 3, 1);
  for (std::int64_t i = 0; i < count; ++i) std::ranges::fill(images[i], std::uint8_t(first + i));
  return images;
}

/// The names in a folder that are not hidden, in their order.
std::vector<std::string> names(const fs::path& folder) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(folder)) out.push_back(entry.path().filename().string());
  std::ranges::sort(out);
  return out;
}

}  // namespace

TEST_CASE("numbered pngs: a file for each image, whose names sort as the images do") {
  const Scratch scratch("pngs");
  io::write_pngs(scratch / "many", numbered(11));
  CHECK(names(scratch / "many").size() == 11);
  for (const std::int64_t i : {0, 9, 10}) {
    const Images<std::uint8_t> one = io::read_png(scratch / "many" / to_text(i < 10 ? "0" : "", i, ".png"));
    CHECK(std::ranges::equal(one.pixels, numbered(11)[i]));
  }
  io::write_pngs(scratch / "one", numbered(1));
  CHECK(names(scratch / "one") == std::vector<std::string>{"0.png"});
  io::write_pngs(scratch / "none", numbered(0));
  CHECK(names(scratch / "none").empty());
  CHECK_THROWS_AS(io::write_pngs(scratch / "bad", Images<std::uint8_t>(1, 2, 2, 2)), std::invalid_argument);
}

TEST_CASE("numbered pngs: a folder that cannot be listed is refused, as pictures in it would stay unseen") {
  const Scratch scratch("unlisted");
  put(scratch / "file", "no folder");
  CHECK(refusal([&] {
          io::left_of_earlier_pngs(scratch / "file", 3);
        }).ends_with("file: cannot list it: Not a directory"));
  CHECK(io::left_of_earlier_pngs(scratch / "none", 3).empty());
}

TEST_CASE("numbered pngs: a set that cannot be written leaves the earlier one as it was") {
  const Scratch scratch("kept");
  io::write_pngs(scratch / "set", numbered(12));
  const auto before = names(scratch / "set");
  CHECK_THROWS_WITH_AS(io::write_pngs(scratch / "set", Images<std::uint8_t>(3, 2, 2, 2)),
                       "[write_pngs] wants images with 1 or 3 channels, got 3 of 2x2x2", std::invalid_argument);
  CHECK_THROWS_AS(io::write_pngs(scratch / "set", Images<std::uint8_t>(3, 0, 2, 1)), std::invalid_argument);
  Images<std::uint8_t> torn = numbered(3);
  torn.pixels.pop_back();
  CHECK_THROWS_WITH_AS(io::write_pngs(scratch / "set", torn), "[write_pngs] 3 images of 2x3x1 cannot have 17 values",
                       std::invalid_argument);
  CHECK(names(scratch / "set") == before);
}

TEST_CASE("numbered pngs: of an earlier set nothing stays among those of a new one, larger or smaller") {
  const Scratch scratch("earlier");
  const auto folder = scratch / "set";
  for (const std::int64_t count : {120, 11, 20, 10, 100, 3, 0, 5}) {
    CAPTURE(count);
    io::write_pngs(folder, numbered(count, 7));
    std::vector<std::string> wanted;
    for (std::int64_t i = 0; i < count; ++i) wanted.push_back(io::detail::numbered_png(i, count));
    CHECK(names(folder) == wanted);
  }
  put(folder / "notes.txt", "mine");
  fs::create_directory(folder / "sub.png");
  io::write_pngs(folder, numbered(2));
  CHECK(names(folder) == std::vector<std::string>{"0.png", "1.png", "notes.txt", "sub.png"});
  for (const int i : {2, 3}) put(folder / to_text(i, ".png"), "of a run that was killed");
  io::write_pngs(folder, numbered(2));
  CHECK(names(folder).size() == 4);
}

TEST_CASE("numbered pngs: a folder that holds pictures of somebody's is refused, and nothing is changed") {
  const Scratch scratch("mine");
  const auto refused = [&](const std::string& holds) {
    const auto folder = scratch / "set";
    fs::remove_all(folder);
    io::write_pngs(folder, numbered(3));
    put(folder / holds, "mine");
    const auto before = names(folder);
    const auto message = refusal([&] { io::write_pngs(folder, numbered(2)); });
    CHECK(names(folder) == before);
    CHECK(message == to_text(folder.string(), ": holds ", holds,
                             ", a picture of no set that was written here; choose an empty folder"));
  };
  for (const auto* name : {"cat.png", "1.jpg", "b.JPEG", "7.png", "0001.png", "2.PNG", "1a.png", "-1.png"})
    refused(name);
  CHECK(io::left_of_earlier_pngs(scratch / "no-such-folder", 3).empty());
}
