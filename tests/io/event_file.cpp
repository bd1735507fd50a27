#include <doctest/doctest.h>

#include <cerrno>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include <hush/io/appended_file.hpp>
#include <hush/io/crc32c.hpp>
#include <hush/io/event.hpp>
#include <hush/io/event_file.hpp>

#include "io/event_reader.hpp"
#include "io/scratch.hpp"
#include "thrown.hpp"

using namespace hush;

namespace {

/// A clock that starts at 1,700,000,000 and goes on by a quarter of a second with every look.
auto ticking() {
  return [now = 1'700'000'000 - 0.25]() mutable { return now += 0.25; };
}

io::EventFile plain(const Scratch& scratch, io::Disk disk = {}) {
  return io::EventFile(scratch.folder, {.host = "here", .clock = ticking(), .disk = std::move(disk)});
}

const Images<std::uint8_t> dots{
    1, 2, 3, 3, {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 170}};

}  // namespace

TEST_CASE("event file: Castagnoli's CRC gives the published answers, and its mask turns and shifts it") {
  CHECK(io::crc32c("") == 0);
  CHECK(io::crc32c("123456789") == 0xE3069283);
  // RFC 3720, appendix B.4, its bytes read as a little-endian number
  std::string counting(32, '\0'), back = counting;
  std::iota(counting.begin(), counting.end(), '\0');
  std::copy(counting.rbegin(), counting.rend(), back.begin());
  CHECK(io::crc32c(std::string(32, '\0')) == 0x8A9136AA);
  CHECK(io::crc32c(std::string(32, '\xff')) == 0x62A8AB43);
  CHECK(io::crc32c(counting) == 0x46DD794E);
  CHECK(io::crc32c(back) == 0x113FDB5C);
  CHECK(io::masked(0) == 0xA282EAD8);
  CHECK(io::masked(0x00008000) == 0xA282EAD9);
  CHECK(io::masked(1) == 0xA284EAD8);
}

TEST_CASE("event file: the same bytes as TensorBoard's own writer") {
  const auto golden = get(HUSH_ROOT "/tests/goldens/events.out.tfevents.1700000000.golden");
  REQUIRE(golden.size() == 367);
  const auto png = golden.substr(golden.find("\x89PNG"), 88);
  const Scratch scratch("events-golden");
  io::EventFile file(scratch.folder, {.resumed_from = 40, .host = "golden", .clock = ticking()});
  CHECK(file.path() == scratch / "events.out.tfevents.1700000000.golden");
  file.scalars(41, {{"step/loss", 0.5}, {"step/rate", 1e-4}});
  file.scalar(0, "zero", 0);
  file.scalar(300, "step/loss", -1. / 3);
  file.picture(std::int64_t(1) << 40, "samples", {2, 3, 3, png});
  CHECK(get(file.path()) == golden);
  put(scratch / "dots.png", png);
  CHECK(io::read_png(scratch / "dots.png") == dots);
}

TEST_CASE("event file: every record is in the file at once, and a torn one takes none before it away") {
  const Scratch scratch("events-read");
  auto file = plain(scratch);
  file.scalar(1, "loss", 0.1);
  auto read = events::read(file.path());
  REQUIRE(read.size() == 3);
  CHECK(read[0].version == "brain.Event:2");
  CHECK(read[1].starts);
  CHECK(read[1].step == 0);
  CHECK(read[2].time == 1'700'000'000.25);
  CHECK(read[2].step == 1);
  REQUIRE(read[2].values.size() == 1);
  CHECK(read[2].values[0].tag == "loss");
  CHECK(read[2].values[0].number == 0.1f);

  file.scalars(2, {{"a", std::nan("")}, {"b", std::numeric_limits<double>::infinity()}});
  read = events::read(file.path());
  REQUIRE(read.size() == 4);
  CHECK(std::isnan(read[3].values[0].number));
  CHECK(std::isinf(read[3].values[1].number));

  const auto whole = get(file.path());
  const auto before = whole.size();
  file.picture(3, "dots", dots);
  const auto more = get(file.path());
  CHECK(events::read(file.path()).size() == 5);
  for (std::size_t size = before; size < more.size(); ++size) {
    put(file.path(), more.substr(0, size));
    REQUIRE(events::read(file.path()).size() == 4);
  }
}

TEST_CASE("event file: pictures are PNG files with their size") {
  const Scratch scratch("events-pictures");
  auto file = plain(scratch);
  file.picture(5, "dots", dots);
  file.grid(6, "many", Images<float>(3, 4, 5, 1, std::vector<float>(60, 0.f)), {.columns = 3, .gap = 1, .scale = 2});
  const auto read = events::read(file.path());
  REQUIRE(read.size() == 4);
  const auto& one = read[2].values.at(0);
  CHECK(one.height == 2);
  CHECK(one.width == 3);
  CHECK(one.channels == 3);
  CHECK(one.png == io::encode_png(dots));
  const auto& many = read[3].values.at(0);
  CHECK(read[3].step == 6);
  CHECK(many.height == 8);
  CHECK(many.width == 32);
  CHECK(many.channels == 1);
  put(scratch / "many.png", many.png);
  const auto grid = io::read_png(scratch / "many.png");
  CHECK(grid.pixels[0] == 128);
  CHECK(grid.pixels[10] == 255);
}

TEST_CASE("event file: a folder's files are read in the order in which they were started, whatever the clock says") {
  const Scratch scratch("events-names");
  const auto start = [&](double now, const std::string& host = "b") {
    return io::EventFile(scratch / "run", {.host = host, .clock = [=] { return now; }}).path().filename().string();
  };
  CHECK(start(1'700'000'000.9) == "events.out.tfevents.1700000000.b");
  CHECK(start(1'700'000'000.9, "a") == "events.out.tfevents.1700000001.a");
  CHECK(start(5) == "events.out.tfevents.1700000002.b");
  CHECK(start(1'800'000'000) == "events.out.tfevents.1800000000.b");
  put(scratch / "run/events.out.tfevents.1900000000.other.123.0.v2", "");
  put(scratch / "run/loss.csv", "");
  CHECK(start(1'800'000'000) == "events.out.tfevents.1900000001.b");
  const Scratch odd("events-odd");
  const auto named = [&](const std::string& host) {
    const Scratch folder("events-host");
    return io::EventFile(folder.folder, {.host = host, .clock = [] { return -3.; }}).path().filename().string();
  };
  CHECK(named("a/b c\n.d_1-2") == "events.out.tfevents.0000000000.a-b-c-.d_1-2");
  const auto own = named("");
  CHECK(own.starts_with("events.out.tfevents.0000000000."));
  CHECK(own.size() > 31);
}

TEST_CASE("event file: the system's clock and name stand in for none") {
  const Scratch scratch("events-now");
  const io::EventFile file(scratch.folder);
  const auto time = events::read(file.path())[0].time;
  CHECK(time > 1.7e9);
  CHECK(time < 1e10);
}

TEST_CASE("event file: a run that resumes voids the steps after the one it resumes from, each is shown once") {
  const Scratch scratch("events-resume");
  {
    auto file = plain(scratch);
    for (int step = 1; step <= 9; ++step) file.scalar(step, "loss", step);
    put(file.path(), get(file.path()) + "torn");
  }
  {
    io::EventFile file(scratch.folder, {.resumed_from = 6});
    for (int step = 7; step <= 10; ++step) file.scalar(step, "loss", 10 * step);
  }
  CHECK(entries(scratch.folder) == 2);
  auto loss = events::shown(scratch.folder)["loss"];
  REQUIRE(loss.size() == 10);
  for (int step = 1; step <= 10; ++step) {
    CHECK(loss[std::size_t(step) - 1].first == step);
    CHECK(loss[std::size_t(step) - 1].second.number == float(step > 6 ? 10 * step : step));
  }
  {
    io::EventFile file(scratch.folder);  // anew
    file.scalar(1, "loss", 5);
  }
  loss = events::shown(scratch.folder)["loss"];
  REQUIRE(loss.size() == 1);
  CHECK(loss[0].second.number == 5);
}

TEST_CASE("event file: what does not fit on the disk is taken back whole") {
  const Scratch scratch("events-full");
  int bytes_left = 100000;
  const io::Disk filling{[&](io::Call call, const std::filesystem::path&) {
    if (call != io::Call::write) return io::Verdict{};
    if (bytes_left <= 0) return io::Verdict{.error = ENOSPC};
    const io::Verdict verdict{.most = std::size_t(std::min(bytes_left, 7))};
    bytes_left -= 7;
    return verdict;
  }};
  auto file = plain(scratch, filling);
  file.scalar(1, "loss", 1);
  const auto before = get(file.path());
  bytes_left = 20;
  CHECK_THROWS_AS(file.scalar(2, "loss", 2), FileError);
  CHECK(get(file.path()) == before);
  bytes_left = 100000;
  file.scalar(2, "loss", 2);
  CHECK(events::read(file.path()).size() == 4);

  bytes_left = 30;
  const Scratch other("events-full-start");
  CHECK_THROWS_AS(plain(other, filling), FileError);
  CHECK(entries(other.folder) == 0);
}

TEST_CASE("event file: bad input is refused in words and leaves no trace") {
  const Scratch scratch("events-bad");
  auto file = plain(scratch);
  const auto before = get(file.path());
  CHECK_THROWS_WITH_AS(file.scalar(-1, "loss", 0), "[event] there is no step -1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(file.scalar(1, "", 0), "[event] a tag needs printable ASCII characters, \"\" has others or none",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(file.scalar(1, "a\tb", 0),
                       "[event] a tag needs printable ASCII characters, \"a\tb\" has others or none",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(file.picture(1, "a", io::EventPicture{1, 1, 2, "png"}),
                       "[event] a picture has 1, 3 or 4 channels, not 2", std::invalid_argument);
  CHECK_THROWS_WITH_AS(file.picture(1, "a", Images<std::uint8_t>(2, 1, 1, 3)),
                       "[write_png] wants one image with 1 or 3 channels, got 2 with 3", std::invalid_argument);
  CHECK_THROWS_WITH_AS(io::EventFile(scratch.folder, {.resumed_from = -2}),
                       "[EventFile] there is no step -2 to resume from", std::invalid_argument);
  CHECK(get(file.path()) == before);
  CHECK(entries(scratch.folder) == 1);
  put(scratch / "file", "");
  CHECK(refusal([&] { io::EventFile(scratch / "file"); }) ==
        (scratch / "file").string() + ": must be a folder, but a file has that name");
}

TEST_CASE("appended file: starts with what is kept, or new") {
  const Scratch scratch("appended");
  put(scratch / "old", "old");
  io::AppendedFile kept(scratch / "old", "kept,", {}), made(scratch / "new", {});
  kept.append("more"), made.append("made");
  kept.sync();
  CHECK(get(scratch / "old") == "kept,more");
  CHECK(get(scratch / "new") == "made");
  CHECK(refusal([&] { io::AppendedFile(scratch / "old", {}); }).find("cannot open it for writing") !=
        std::string::npos);
}
