#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <hush/data/packed_images.hpp>

#include "io/scratch.hpp"
#include "thrown.hpp"

using namespace hush;

namespace {

using Picture = std::vector<std::uint8_t>;
const std::vector<Picture> pictures{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};

/// Sources 0, 2 and 3 gave pictures, 1 and 4 none.
void write(const std::filesystem::path& file, const std::string& recipe, const io::Disk& disk = {}) {
  data::PackWriter writer(file, disk);
  writer.add(pictures[0]);
  writer.skip();
  writer.add(pictures[1]);
  writer.add(pictures[2]);
  writer.skip();
  writer.commit(recipe);
}

Picture picture(const data::PackedImages& pack, std::int64_t source) {
  Picture out(3);
  pack.read(source, out);
  return out;
}

/// Opens a pack and reads all that is in it.
void read_all(const std::filesystem::path& file) {
  const auto pack = data::PackedImages::open(file, "recipe", 3);
  for (std::int64_t i = 0; pack && i < pack->sources(); ++i)
    if (pack->holds(i)) picture(*pack, i);
}

}  // namespace

TEST_CASE("packed images: what was packed comes back, in any order, again and again") {
  const Scratch scratch("pack");
  write(scratch / "deep/pack", "recipe");
  CHECK(entries(scratch / "deep") == 1);
  const auto pack = data::PackedImages::open(scratch / "deep/pack", "recipe", 3);
  REQUIRE(pack);
  CHECK(pack->sources() == 5);
  CHECK(pack->holds(0));
  CHECK(!pack->holds(1));
  CHECK(pack->holds(3));
  CHECK(!pack->holds(4));
  for (int round = 0; round < 2; ++round) {
    CHECK(picture(*pack, 3) == pictures[2]);
    CHECK(picture(*pack, 0) == pictures[0]);
    CHECK(picture(*pack, 2) == pictures[1]);
  }
}

TEST_CASE("packed images: another recipe, or no file, is no pack; a new one takes its place") {
  const Scratch scratch("pack-stale");
  CHECK(!data::PackedImages::open(scratch / "pack", "recipe", 3));
  write(scratch / "pack", "old recipe");
  CHECK(!data::PackedImages::open(scratch / "pack", "recipe", 3));
  write(scratch / "pack", "recipe");
  CHECK(data::PackedImages::open(scratch / "pack", "recipe", 3));
  const auto open = data::PackedImages::open(scratch / "pack", "recipe", 3);
  write(scratch / "pack", "newer recipe");
  CHECK(picture(*open, 0) == pictures[0]);  // who has the old one open keeps it
}

TEST_CASE("packed images: one byte wrong anywhere, or cut anywhere, the pack is refused") {
  const Scratch scratch("pack-damage");
  write(scratch / "pack", "recipe");
  const auto good = get(scratch / "pack");
  CHECK(refusal([&] { read_all(scratch / "pack"); }) == "");
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const int flip : {1, 128, 255}) {
      CAPTURE(at);
      auto bad = good;
      bad[at] = char(bad[at] ^ flip);
      put(scratch / "pack", bad);
      CHECK(refusal([&] { read_all(scratch / "pack"); }) != "");
    }
  for (std::size_t length = 0; length < good.size(); ++length) {
    CAPTURE(length);
    put(scratch / "pack", good.substr(0, length));
    CHECK(refusal([&] { read_all(scratch / "pack"); }) != "");
  }
}

TEST_CASE("packed images: the refusals say what is to be done") {
  const Scratch scratch("pack-words");
  const auto file = scratch / "pack";
  const auto message = [&](const std::string& bytes) {
    put(file, bytes);
    return refusal([&] { read_all(file); });
  };
  write(file, "recipe");
  const auto good = get(file);
  const std::string remedy = " of the pack is damaged; remove the file, and it is made anew";
  CHECK(message("my notes") == to_text(file.string(), ": is no pack of pictures, and will not be replaced by one"));
  CHECK(message("") == to_text(file.string(), ": is no pack of pictures, and will not be replaced by one"));
  CHECK(message(good.substr(0, 30)) == to_text(file.string(), ": the end", remedy, " (at byte 30)"));
  CHECK(message(good + "x").find(to_text("the end", remedy)) != std::string::npos);
  auto bad = good;
  bad[8 + 4] ^= 1;
  CHECK(message(bad) == to_text(file.string(), ": picture 2", remedy, " (at byte 11)"));
  bad = good;
  bad[8 + 9] ^= 1;
  CHECK(message(bad) == to_text(file.string(), ": the directory", remedy, " (at byte 17)"));
  put(file, good);
  CHECK(refusal([&] { data::PackedImages::open(file, "recipe", 4); }) ==
        to_text(file.string(), ": the length", remedy, " (at byte 17)"));
  CHECK(refusal([&] { data::PackedImages::open(scratch.folder, "recipe", 4); }).find("is not a regular file") !=
        std::string::npos);
}

TEST_CASE("packed images: whichever call to the disk fails, the old pack or the new one stands there") {
  const Scratch scratch("pack-disk");
  Failing counted;
  write(scratch / "pack", "old", counted.disk());
  REQUIRE(counted.calls > 8);
  for (int at = 0; at < counted.calls; ++at) {
    Failing failing{.at = at, .error = ENOSPC};
    CHECK_THROWS_AS(write(scratch / "pack", "new", failing.disk()), FileError);
    CHECK(entries(scratch.folder) == 1);
    const bool old = data::PackedImages::open(scratch / "pack", "old", 3).has_value();
    const bool made = data::PackedImages::open(scratch / "pack", "new", 3).has_value();
    CHECK(old != made);
    if (made) write(scratch / "pack", "old");
  }
  {
    data::PackWriter writer(scratch / "pack");
    writer.add(pictures[0]);
  }  // nobody commits it
  CHECK(entries(scratch.folder) == 1);
  CHECK(data::PackedImages::open(scratch / "pack", "old", 3));
}
