#include <doctest/doctest.h>
#include <libintl.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include <hush/io/atomic_file.hpp>
#include <hush/io/disk.hpp>

#include "io/locales.hpp"
#include "io/scratch.hpp"

using namespace hush;
using io::Call;

TEST_CASE("atomic file: writes, replaces, and syncs before it renames") {
  const Scratch scratch("atomic");
  Failing disk;
  io::write_file(scratch / "a/b/x", "first", disk.disk());
  CHECK(get(scratch / "a/b/x") == "first");
  CHECK(entries(scratch / "a/b") == 1);
  const std::vector<Call> wanted{Call::make_folder, Call::make_folder, Call::open, Call::lock,
                                 Call::truncate,    Call::write,       Call::sync, Call::rename,
                                 Call::close,       Call::open,        Call::sync, Call::close};
  CHECK(disk.made == wanted);
  io::write_file(scratch / "a/b/x", "second");
  CHECK(get(scratch / "a/b/x") == "second");
  io::write_file(scratch / "empty", "");
  CHECK(std::filesystem::file_size(scratch / "empty") == 0);
}

TEST_CASE("atomic file: a call that fails leaves the old file or the new one, and nothing beside it") {
  const Scratch scratch("atomic-fail");
  for (const int error : {ENOSPC, EIO}) {
    for (int at = 0;; ++at) {
      put(scratch / "x", "old");
      Failing failing{.at = at, .error = error};
      const auto message = refusal([&] { io::write_file(scratch / "x", "brand new", failing.disk()); });
      const auto now = get(scratch / "x");
      const bool whole = now == "old" || now == "brand new";
      CHECK(whole);
      if (at >= failing.calls) {
        CHECK(message.empty());
        CHECK(at == 10);
        break;
      }
      CAPTURE(at);
      CHECK(message.find(std::strerror(error)) != message.npos);
      CHECK(entries(scratch.folder) == 1);
    }
  }
}

TEST_CASE("atomic file: a disk that stays full keeps the old file, and the next writer takes the leftover over") {
  const Scratch scratch("atomic-full");
  for (int at = 0; at < 6; ++at) {
    put(scratch / "x", "old");
    Failing failing{.at = at, .error = ENOSPC, .stays = true};
    CHECK_THROWS_AS(io::write_file(scratch / "x", "brand new", failing.disk()), FileError);
    CHECK(get(scratch / "x") == "old");
    io::remove_leftovers(scratch.folder);
    CHECK(entries(scratch.folder) == 1);
  }
  put(scratch / ".x.hush-tmp", "what a killed process left, which is longer");
  io::write_file(scratch / "x", "new");
  CHECK(get(scratch / "x") == "new");
  CHECK(entries(scratch.folder) == 1);
}

TEST_CASE("atomic file: short and interrupted writes are carried on") {
  const Scratch scratch("atomic-short");
  int calls = 0;
  const io::Disk slow{[&](Call call, const std::filesystem::path&) {
    return io::Verdict{.error = calls++ % 3 == 0 && call != Call::close ? EINTR : 0, .most = 3};
  }};
  io::write_file(scratch / "x", "abcdefghijklmnopqrstuvwxyz", slow);
  CHECK(get(scratch / "x") == "abcdefghijklmnopqrstuvwxyz");
  CHECK(calls > 18);
}

TEST_CASE("atomic file: a process killed at any call leaves one whole file") {
  const Scratch scratch("atomic-kill");
  bool finished = false;
  for (int at = 0; !finished; ++at) {
    REQUIRE(at < 50);
    put(scratch / "x", "old");
    const pid_t child = ::fork();
    if (child == 0) {
      int calls = 0;
      io::write_file(scratch / "x", "brand new", {[&](Call, const std::filesystem::path&) {
                       if (calls++ == at) ::_exit(9);
                       return io::Verdict{};
                     }});
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    finished = WEXITSTATUS(status) == 0;
    const bool whole = get(scratch / "x") == "old" || get(scratch / "x") == "brand new";
    CHECK(whole);
    io::remove_leftovers(scratch.folder);
    CHECK(entries(scratch.folder) == 1);
  }
  CHECK(get(scratch / "x") == "brand new");
}

TEST_CASE("atomic file: what a living process is writing is no leftover") {
  const Scratch scratch("atomic-alive");
  put(scratch / ".dead.hush-tmp", "x");
  std::filesystem::create_directories(scratch / ".deadfolder.hush-tmp/inside");
  put(scratch / "mine.hush-tmp", "not ours: it is not hidden");
  {
    io::NewFolder growing(scratch / "alive");
    growing.write("x", {});
    CHECK(io::remove_leftovers(scratch.folder) == 2);
    CHECK(entries(scratch.folder) == 2);
    growing.commit();
  }
  CHECK(std::filesystem::exists(scratch / "alive/x"));
  { io::NewFolder dropped(scratch / "dropped"); }
  CHECK(entries(scratch.folder) == 2);
}

TEST_CASE("atomic file: bad targets are refused in words and stay as they are") {
  const Scratch scratch("atomic-target");
  put(scratch / "file", "x");
  const auto below = refusal([&] { io::write_file(scratch / "file/below/this", "y"); });
  CHECK(below.find("must be a folder, but a file has that name") != below.npos);
  CHECK(below.find("file") != below.npos);
  CHECK(refusal([&] { io::write_file(scratch.folder, "y"); }).find("is a folder") != std::string::npos);
  CHECK(refusal([&] { io::write_file("/dev/null", "y"); }).find("not a regular file") != std::string::npos);
  CHECK_THROWS_AS(io::write_file("", "y"), FileError);
  CHECK_THROWS_AS(io::write_file(scratch / std::string(300, 'n'), "y"), FileError);
  CHECK(get(scratch / "file") == "x");
  CHECK(entries(scratch.folder) == 1);

  std::filesystem::create_symlink("file", scratch / "link");
  io::write_file(scratch / "link", "through");
  CHECK(std::filesystem::is_symlink(scratch / "link"));
  CHECK(get(scratch / "file") == "through");
}

TEST_CASE("atomic file: a folder that is replaced by a link while it is thrown away takes nothing along") {
  const Scratch scratch("atomic-link");
  std::filesystem::create_directories(scratch / "precious");
  put(scratch / "precious/x", "keep");
  std::filesystem::create_directory_symlink("precious", scratch / ".old.hush-tmp");
  CHECK(io::remove_leftovers(scratch.folder) == 1);
  CHECK(get(scratch / "precious/x") == "keep");
}

TEST_CASE("atomic file: a link to a file that is not there yet is followed, one in a circle is refused") {
  const Scratch scratch("atomic-nowhere");
  std::filesystem::create_directories(scratch / "links");
  std::filesystem::create_symlink("second", scratch / "links/first");  // relative to where the link lies
  std::filesystem::create_symlink(scratch / "there", scratch / "links/second");
  io::write_file(scratch / "links/first", "text");
  CHECK(std::filesystem::is_symlink(scratch / "links/first"));
  CHECK(std::filesystem::is_symlink(scratch / "links/second"));
  CHECK(get(scratch / "there") == "text");
  std::filesystem::create_symlink("one", scratch / "two");
  std::filesystem::create_symlink("two", scratch / "one");
  CHECK(refusal([&] { io::write_file(scratch / "one", "text"); }).ends_with("one: is a link in a circle of links"));
  CHECK(std::filesystem::is_symlink(scratch / "one"));
  CHECK(io::place_of("").empty());
}

TEST_CASE("disk: reading refuses folders, devices, missing and too large files") {
  const Scratch scratch("read");
  put(scratch / "x", std::string(100, 'a'));
  CHECK(io::read_file(scratch / "x").size() == 100);
  CHECK(io::read_file(scratch / "x", 100).size() == 100);
  CHECK(refusal([&] { io::read_file(scratch / "x", 99); }).find("more than the 99 allowed") != std::string::npos);
  CHECK(refusal([&] { io::read_file(scratch / "y"); }).find("No such file") != std::string::npos);
  CHECK(refusal([&] { io::read_file(scratch.folder); }).find("is a folder") != std::string::npos);
  CHECK(refusal([&] { io::read_file("/dev/zero"); }).find("not a regular file") != std::string::npos);
}

TEST_CASE("disk: what the system says of a file is English, whatever language the program's messages have") {
  const Scratch scratch("languages");
  {
    const OtherLanguage other(scratch.folder);
    if (!other.reached) MESSAGE("this C library takes no messages of the test's");
    CHECK((!other.reached || std::generic_category().message(ENOENT) == "Gibt es nicht"));
    CHECK(refusal([&] { io::read_file(scratch / "y"); }) ==
          (scratch / "y").string() + ": cannot open it: No such file or directory");
    const io::Disk full{.before = [](Call, const std::filesystem::path&) { return io::Verdict{.error = ENOENT}; }};
    CHECK(refusal([&] { io::write_file(scratch / "x", "text", full); }).ends_with("No such file or directory"));
  }
  CHECK(std::generic_category().message(ENOENT) == "No such file or directory");
}
