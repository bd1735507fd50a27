#include <doctest/doctest.h>
#include <sys/wait.h>

#include <limits>

#include <hush/io/checkpoint_files.hpp>

#include "io/scratch.hpp"

using namespace hush;

namespace {

io::Checkpoint checkpoint(std::int64_t step) {
  const std::vector<float> weights{float(step), 2, 3};
  io::Checkpoint made{step, {}, {{"seed", 18446744073709551615u}, {"rate", 0.1}, {"best", {1, 2.5, nullptr}}}};
  made.files["network"].items["w"] = io::array_of<float>({3}, weights);
  made.files["network"].metadata["format"] = "pt";
  made.files["ema"].items["w"] = io::array_of<float>({1, 3}, weights);
  made.files["ema"].metadata["format"] = "pt";
  return made;
}

bool same(const io::Checkpoint& a, const io::Checkpoint& b) {
  return a.step == b.step && a.files == b.files && a.state == b.state;
}

void flip(const std::filesystem::path& file, std::size_t at, int bits) {
  auto bytes = get(file);
  bytes[at] = char(bytes[at] ^ bits);
  put(file, bytes);
}

}  // namespace

TEST_CASE("checkpoints: what is saved is found again, and the last two stay") {
  const Scratch scratch("ckpt");
  const auto run = scratch / "runs/a";
  CHECK(!io::find_checkpoint(run).checkpoint);
  for (const int step : {0, 5, 10, 123456789}) {
    io::save_checkpoint(run, checkpoint(step));
    const auto found = io::find_checkpoint(run);
    CHECK(same(*found.checkpoint, checkpoint(step)));
    CHECK(found.notes.empty());
  }
  CHECK(entries(run) == 3);
  CHECK(std::filesystem::exists(run / "ckpt-00000010/network.safetensors"));
  CHECK(std::filesystem::exists(run / "ckpt-123456789/state.json"));
  CHECK(get(run / "latest") == "ckpt-123456789\n");
  CHECK(same(io::load_checkpoint(run / "ckpt-00000010"), checkpoint(10)));
  io::save_checkpoint(run, checkpoint(123456790), {.last = 3});
  CHECK(entries(run) == 4);
}

TEST_CASE("checkpoints: saving the same again changes nothing, something else is refused, a damaged one is replaced") {
  const Scratch scratch("ckpt-again");
  io::save_checkpoint(scratch.folder, checkpoint(1));
  io::save_checkpoint(scratch.folder, checkpoint(1));
  auto other = checkpoint(1);
  other.state["rate"] = 0.2;
  const auto message = refusal([&] { io::save_checkpoint(scratch.folder, other); });
  CHECK(message.find("will not be overwritten") != message.npos);
  CHECK(same(*io::find_checkpoint(scratch.folder).checkpoint, checkpoint(1)));
  flip(scratch / "ckpt-00000001/ema.safetensors", 40, 1);
  io::save_checkpoint(scratch.folder, other);
  CHECK(same(*io::find_checkpoint(scratch.folder).checkpoint, other));
  CHECK(entries(scratch.folder) == 2);
}

TEST_CASE("checkpoints: every flipped byte of every file is caught, and the one before is taken") {
  const Scratch scratch("ckpt-flip");
  io::save_checkpoint(scratch.folder, checkpoint(1));
  io::save_checkpoint(scratch.folder, checkpoint(2));
  for (const char* name :
       {"ckpt-00000002/network.safetensors", "ckpt-00000002/ema.safetensors", "ckpt-00000002/state.json"}) {
    const auto good = get(scratch / name);
    for (std::size_t at = 0; at < good.size(); ++at)
      for (const int bits : {1, 32, 255}) {
        CAPTURE(name);
        CAPTURE(at);
        flip(scratch / name, at, bits);
        const auto found = io::find_checkpoint(scratch.folder);
        REQUIRE(found.checkpoint);
        CHECK(same(*found.checkpoint, checkpoint(1)));
        CHECK(found.notes.size() == 2);
        CHECK(found.notes[0].find("passed over ckpt-00000002") == 0);
        put(scratch / name, good);
      }
    for (std::size_t length = 0; length < good.size(); length += 7) {
      put(scratch / name, good.substr(0, length));
      CHECK(io::find_checkpoint(scratch.folder).checkpoint->step == 1);
      put(scratch / name, good);
    }
    std::filesystem::remove(scratch / name);
    CHECK(io::find_checkpoint(scratch.folder).checkpoint->step == 1);
    put(scratch / name, good);
  }
  const auto latest = get(scratch / "latest");
  for (std::size_t at = 0; at < latest.size(); ++at) {
    flip(scratch / "latest", at, 1);
    const auto found = io::find_checkpoint(scratch.folder);
    CHECK(found.checkpoint->step == 2);
    CHECK(found.notes.size() == 1);
    put(scratch / "latest", latest);
  }
  CHECK(io::find_checkpoint(scratch.folder).notes.empty());
}

TEST_CASE("checkpoints: if all are damaged that is said, and nothing starts anew in silence") {
  const Scratch scratch("ckpt-none");
  io::save_checkpoint(scratch.folder, checkpoint(1));
  io::save_checkpoint(scratch.folder, checkpoint(2));
  flip(scratch / "ckpt-00000001/ema.safetensors", 100, 1);
  flip(scratch / "ckpt-00000002/state.json", 100, 1);
  const auto message = refusal([&] { io::find_checkpoint(scratch.folder); });
  CHECK(message.find("none of its checkpoints can be trusted") != message.npos);
  CHECK(message.find("ckpt-00000001/ema.safetensors: its checksum is wrong") != message.npos);
  CHECK(message.find("ckpt-00000002/state.json: its checksum is wrong") != message.npos);
}

TEST_CASE("checkpoints: a folder under another name is not taken for that step") {
  const Scratch scratch("ckpt-name");
  io::save_checkpoint(scratch.folder, checkpoint(1));
  std::filesystem::copy(scratch / "ckpt-00000001", scratch / "ckpt-00000007", std::filesystem::copy_options::recursive);
  const auto found = io::find_checkpoint(scratch.folder);
  CHECK(found.checkpoint->step == 1);
  CHECK(found.notes.size() == 1);
  std::filesystem::rename(scratch / "ckpt-00000001", scratch / "ckpt-1");
  CHECK_THROWS_AS(io::find_checkpoint(scratch.folder), FileError);
}

TEST_CASE("checkpoints: a state that names files elsewhere is refused") {
  const Scratch scratch("ckpt-path");
  io::save_checkpoint(scratch / "run", checkpoint(1));
  put(scratch / "x.safetensors", get(scratch / "run/ckpt-00000001/ema.safetensors"));
  for (const char* name : {"../../x.safetensors", "/etc/passwd", ".x.safetensors", "x", ""}) {
    const io::Json files{{name, {{"bytes", 1}, {"crc32", "00000000"}}}};
    put(scratch / "run/ckpt-00000001/state.json",
        io::detail::sealed({{"format", 1}, {"step", 1}, {"files", files}, {"state", {}}}));
    CHECK(refusal([&] { io::load_checkpoint(scratch / "run/ckpt-00000001"); }).find("that no checkpoint has") !=
          std::string::npos);
  }
  put(scratch / "run/ckpt-00000001/state.json",
      io::detail::sealed({{"format", 2}, {"step", 1}, {"files", {}}, {"state", {}}}));
  CHECK(refusal([&] { io::load_checkpoint(scratch / "run/ckpt-00000001"); }).find("has format 2") != std::string::npos);
}

TEST_CASE("checkpoints: a state that JSON cannot hold is refused before anything is written") {
  const Scratch scratch("ckpt-state");
  auto bad = checkpoint(1);
  bad.state["loss"] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(io::save_checkpoint(scratch.folder, bad), std::invalid_argument);
  bad.state["loss"] = "\xFF";
  CHECK_THROWS_AS(io::save_checkpoint(scratch.folder, bad), std::invalid_argument);
  CHECK_THROWS_AS(io::save_checkpoint(scratch.folder, checkpoint(-1)), std::invalid_argument);
  CHECK_THROWS_AS(io::save_checkpoint(scratch.folder, checkpoint(1), {.last = 1}), std::invalid_argument);
  bad = checkpoint(1);
  bad.files["../escape"] = {};
  CHECK_THROWS_AS(io::save_checkpoint(scratch.folder, bad), std::invalid_argument);
  CHECK(entries(scratch.folder) == 0);
}

TEST_CASE("checkpoints: whichever call fails, the older ones load, and the next start is clean") {
  const Scratch scratch("ckpt-fail");
  const auto prepared = scratch / "prepared";
  for (const int step : {1, 2}) io::save_checkpoint(prepared, checkpoint(step));
  for (const bool stays : {false, true})
    for (const int error : stays ? std::vector{ENOSPC} : std::vector{ENOSPC, EIO}) {
      for (int at = 0;; ++at) {
        CAPTURE(at);
        const auto run = scratch / "run";
        std::filesystem::remove_all(run);
        std::filesystem::copy(prepared, run, std::filesystem::copy_options::recursive);
        Failing failing{.at = at, .error = error, .stays = stays};
        const auto message = refusal([&] { io::save_checkpoint(run, checkpoint(3), {.disk = failing.disk()}); });
        if (at >= failing.calls) {
          CHECK(message.empty());
          CHECK(at > 30);
          break;
        }
        CHECK(same(io::load_checkpoint(run / "ckpt-00000002"), checkpoint(2)));
        const auto found = io::find_checkpoint(run);
        REQUIRE(found.checkpoint);
        CHECK(same(*found.checkpoint, checkpoint(found.checkpoint->step)));
        CHECK(found.checkpoint->step >= 2);
        for (const auto& entry : std::filesystem::directory_iterator(run))
          CHECK(entry.path().extension() != ".hush-tmp");
        io::save_checkpoint(run, checkpoint(3));  // the disk is well again
        CHECK(io::find_checkpoint(run).checkpoint->step == 3);
        CHECK(entries(run) == 3);
      }
    }
}

TEST_CASE("checkpoints: a process killed at any call loses at most the step it was saving") {
  const Scratch scratch("ckpt-kill");
  const auto run = scratch / "run", prepared = scratch / "prepared";
  for (const int step : {1, 2}) io::save_checkpoint(prepared, checkpoint(step));
  bool finished = false;
  int kills = 0;
  for (int at = 0; !finished; ++at) {
    REQUIRE(at < 200);
    std::filesystem::remove_all(run);
    std::filesystem::copy(prepared, run, std::filesystem::copy_options::recursive);
    const pid_t child = ::fork();
    if (child == 0) {
      int calls = 0;
      io::save_checkpoint(run, checkpoint(3), {.disk = {[&](io::Call, const std::filesystem::path&) {
                                                 if (calls++ == at) ::_exit(9);
                                                 return io::Verdict{};
                                               }}});
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    finished = WEXITSTATUS(status) == 0;
    kills += !finished;
    const auto found = io::find_checkpoint(run);
    REQUIRE(found.checkpoint);
    CHECK(found.checkpoint->step >= 2);
    CHECK(same(*found.checkpoint, checkpoint(found.checkpoint->step)));
    io::save_checkpoint(run, checkpoint(3));
    CHECK(same(*io::find_checkpoint(run).checkpoint, checkpoint(3)));
    CHECK(entries(run) == 3);
  }
  CHECK(kills > 30);
}

TEST_CASE("checkpoints: a run folder below a regular file is refused") {
  const Scratch scratch("ckpt-below");
  put(scratch / "file", "x");
  CHECK_THROWS_AS(io::save_checkpoint(scratch / "file/run", checkpoint(1)), FileError);
  CHECK(get(scratch / "file") == "x");
}
