#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>

#include <hush/io/file_plan.hpp>

#include "io/scratch.hpp"

using namespace hush;
namespace fs = std::filesystem;

namespace {

/// A folder `pics` with a.png, a mask and weights beside it, `link` that leads to `pics`.
struct Place : Scratch {
  Place() : Scratch("file-plan") {
    fs::create_directories(folder / "pics/below");
    for (const char* name : {"pics/a.png", "pics/below/b.png", "mask.png", "w.safetensors"}) put(folder / name, name);
    fs::create_directory_symlink(folder / "pics", folder / "link");
    fs::create_symlink(folder / "mask.png", folder / "mask-link.png");
  }
  /// What `check` says of a plan, "" if nothing.
  std::string said(const std::function<void(io::FilePlan&)>& tell, const io::Disk& disk = {}) const {
    io::FilePlan plan;
    plan.reads("--mask", folder / "mask.png");
    plan.reads("--weights", folder / "w.safetensors");
    plan.reads_folder("--data", folder / "pics");
    plan.reads("--data", folder / "pics/a.png");
    tell(plan);
    return refusal([&] { plan.check(disk); });
  }
};
bool holds(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("file plan: links to a file that is not there yet are that file, and a circle of links is none") {
  const Place at;
  fs::create_symlink("new.png", at / "first.png");
  fs::create_symlink(at / "first.png", at / "second.png");
  CHECK(holds(at.said([&](auto& plan) {
    plan.writes("--out", at / "first.png");
    plan.writes("--film", at / "second.png");
  }),
              "and another output are the same"));
  CHECK(holds(at.said([&](auto& plan) {
    plan.writes("--out", at / "new.png");
    plan.writes("--film", at / "second.png");
  }),
              "and another output are the same"));
  CHECK(at.said([&](auto& plan) { plan.writes("--out", at / "second.png"); }).empty());
  fs::create_symlink("pics/below/new.png", at / "inside.png");
  CHECK(holds(at.said([&](auto& plan) { plan.writes("--out", at / "inside.png"); }), "lies in a folder that is read"));
  fs::create_symlink("one", at / "two");
  fs::create_symlink("two", at / "one");
  CHECK(
      holds(at.said([&](auto& plan) { plan.writes("--out", at / "one"); }), "is a link in a circle of links (--out)"));
}

TEST_CASE("file plan: an output that is an input is refused, both named, however it is spelt") {
  const Place at;
  const fs::path before = fs::current_path();
  fs::current_path(at.folder);
  for (const fs::path& out :
       {at / "mask.png", at / "pics/../mask.png", at / "./pics/.././mask.png", at / "mask-link.png",
        at / "link/../mask.png", fs::path("mask.png"), fs::path("./mask.png")}) {
    CAPTURE(out);
    const std::string text = at.said([&](auto& plan) { plan.writes("--out", out); });
    CHECK(holds(text, "--out would replace what is read (--mask " + (at / "mask.png").string()));
  }
  fs::current_path(before);
  CHECK(holds(at.said([&](auto& plan) { plan.writes("--out", at / "link/a.png"); }),
              "--out would replace what is read (--data " + (at / "pics/a.png").string()));
  fs::create_hard_link(at / "w.safetensors", at / "hard");
  CHECK(holds(at.said([&](auto& plan) { plan.writes("--out", at / "hard"); }), "--weights"));
  CHECK(at.said([&](auto& plan) { plan.writes("--out", at / "other.png"); }).empty());
}

TEST_CASE("file plan: nothing is written into a folder that is read, or where an input lies under any name") {
  const Place at;
  for (const char* out : {"pics/new.png", "link/new.png", "pics/below/deeper/new.png", "link/../pics/x"})
    CHECK(holds(at.said([&](auto& plan) { plan.writes("--out", at / out); }),
                "--out lies in a folder that is read (--data"));
  for (const char* run : {"pics/run", "link/run", "pics/below"})
    CHECK(holds(at.said([&](auto& plan) { plan.writes_folder("--run", at / run); }),
                "--run lies in a folder that is read"));
  for (const char* run : {"pics", "link", "pics/", "link/./"})
    CHECK(
        holds(at.said([&](auto& plan) { plan.writes_folder("--run", at / run); }), "--run would replace what is read"));
  CHECK(holds(at.said([&](auto& plan) { plan.writes_folder("--run", at.folder); }), "--run is where an input lies"));
  CHECK(at.said([&](auto& plan) { plan.writes_folder("--run", at / "picsrun"); }).empty());
  fs::create_directory(at / "run");
  fs::create_symlink(at / "mask.png", at / "run/mask.png");
  CHECK(holds(at.said([&](auto& plan) {
    plan.reads("--hole", at / "run/mask.png");
    plan.writes_folder("--run", at / "run");
  }),
              "--run is where an input lies"));
}

TEST_CASE("file plan: two outputs are two") {
  const Place at;
  const auto both = [&](const char* one, const char* two) {
    return at.said([&](auto& plan) { plan.writes("--out", at / one), plan.writes("--path", at / two); });
  };
  CHECK(holds(both("x.png", "./x.png"), "--out and another output are the same (--path"));
  CHECK(holds(both("new/x.png", "new/./deep/../x.png"), "are the same"));
  CHECK(holds(both("x.png", "x.png/y.png"), "--path lies below an output that is a file (--out"));
  CHECK(both("x.png", "y.png").empty());
  CHECK(at.said([&](auto& plan) { plan.writes("--out", at / "x.png"), plan.writes("--path", ""); }).empty());
}

TEST_CASE("file plan: a cache may lie among what is read, but is no other input or output") {
  const Place at;
  const auto cache = [&](const char* name) { return at.said([&](auto& plan) { plan.keeps("--cache", at / name); }); };
  CHECK(cache("pics/pack").empty());
  CHECK(cache("new/pack").empty());
  CHECK(holds(cache("pics/a.png"), "--cache would replace what is read"));
  CHECK(holds(cache("pics/below"), "is a folder, a file is wanted (--cache)"));
  CHECK(
      holds(at.said([&](auto& plan) { plan.keeps("--cache", at / "x"), plan.writes("--out", at / "x"); }), "the same"));
}

TEST_CASE("file plan: a name says what is written") {
  const Place at;
  const auto named = [&](const char* name) {
    return refusal([&] { at.said([&](auto& plan) { plan.writes("--out", at / name, ".png"); }); });
  };
  CHECK(holds(named("x.jpg"), "x.jpg: what is written here is a png file: give it a name in .png (--out)"));
  CHECK(holds(named("x.png.gif"), "give it a name in .png"));
  for (const char* fine : {"x.png", "x.PNG", "x", "x.jpg.png", ""}) CHECK(named(fine).empty());
}

TEST_CASE("file plan: inputs are there, and are what they are to be") {
  const Place at;
  const auto refused = [&](auto&& tell) { return at.said([&](auto& plan) { tell(plan); }); };
  CHECK(holds(refused([&](auto& plan) { plan.reads("--from", at / "no"); }), "no: there is no such file (--from)"));
  CHECK(holds(refused([&](auto& plan) { plan.reads("--from", at / "pics"); }), "pics: is a folder, a file is wanted"));
  CHECK(holds(refused([&](auto& plan) { plan.reads_folder("--more", at / "no"); }),
              "no: there is no such folder (--more)"));
  CHECK(holds(refused([&](auto& plan) { plan.reads_folder("--more", at / "mask.png"); }), "must be a folder"));
}

TEST_CASE("file plan: what cannot be written is found before the work, and nothing is left behind") {
  const Place at;
  put(at / "file", "a file");
  fs::create_directory(at / "folder");
  fs::create_symlink(at / "nowhere/x", at / "dangling");
  REQUIRE(::mkfifo((at / "fifo").c_str(), 0600) == 0);
  const int there = entries(at.folder);
  const auto file = [&](const std::string& name) {
    return at.said([&](auto& plan) { plan.writes("--out", at / name); });
  };
  const auto folder = [&](const std::string& name) {
    return at.said([&](auto& plan) { plan.writes_folder("--run", at / name); });
  };
  CHECK(holds(file("folder"), "folder: is a folder, a file is wanted (--out)"));
  CHECK(holds(file("new/"), "is a folder, a file is wanted (--out)"));
  CHECK(holds(file("fifo"), "is not a regular file"));
  CHECK(holds(file("file/x.png"), "file: must be a folder, but a file has that name (--out)"));
  CHECK(holds(file("file/deep/er/x.png"), "file: must be a folder"));
  CHECK(holds(file("dangling/x.png"), "dangling: must be a folder, but is a link to nowhere (--out)"));
  CHECK(holds(file(std::string(250, 'x')), "a name of 250 bytes is longer than the 245 possible here"));
  CHECK(holds(file("new/" + std::string(250, 'x') + "/y.png"), "a name of 250 bytes"));
  CHECK(holds(folder("file"), "must be a folder, but a file has that name (--run)"));
  CHECK(holds(folder("file/run"), "must be a folder"));
  CHECK(file("new/deep/er/x.png").empty());
  CHECK(folder("new/deep/er").empty());
  CHECK(file("file").empty());
  CHECK(holds(refusal([] {
                io::FilePlan plan;
                plan.writes("--out", "/proc/hush/x.png");
                plan.check();
              }),
              "(--out)"));
  CHECK(entries(at.folder) == there);
  CHECK(get(at / "file") == "a file");
}

TEST_CASE("file plan: a disk that is full or refuses says so, and nothing is left behind") {
  const Place at;
  const int there = entries(at.folder);
  for (const int error : {ENOSPC, EACCES, EROFS})
    for (int call = 0; call < 4; ++call) {
      CAPTURE(call);
      Failing failing{.at = call, .error = error};
      const std::string text = at.said([&](auto& plan) { plan.writes("--out", at / "new/x.png"); }, failing.disk());
      CHECK(holds(text, "x.png: cannot be written: "));
      CHECK(holds(text, std::strerror(error)));
      CHECK(entries(at.folder) == there);
    }
}
