#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <hush/cuda/cudnn/choices.hpp>
#include <hush/cuda/cudnn/engine_cache.hpp>
#include <string>

#include "cuda/cudnn/device.hpp"

using hush::Conv2dKey, hush::Conv2dEngine, hush::Conv2dEngineCache;

namespace {

/// An empty folder that is gone afterwards.
struct Folder {
  std::filesystem::path path;
  explicit Folder(const char* name) : path(std::filesystem::temp_directory_path() / name) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file() const { return (path / "choices.txt").string(); }
};

}  // namespace

TEST_CASE("cudnn choices: the fastest candidate is kept in a file and used from then on") {
  const Folder folder("hush_cudnn_choices");
  const std::string file = folder.file();
  const Conv2dKey key{.sizes = hush::conv2d_sizes(16, 32, 32, 64, 64, 3, 3, 1, {1, 1, 1, 1}), .bias = true};

  int timed = 0;
  Conv2dEngineCache tuned(described_h200(), {.autotune = true, .candidates = 5, .choices = file});
  const hush::CudnnEngine third =
      tuned.find(key, [&](const Conv2dEngine&) { return ++timed == 3 ? 0.5f : 1.f; })->cudnn_engine();
  CHECK(timed == 5);
  tuned.find(key, [&](const Conv2dEngine&) { return float(++timed); });
  CHECK(timed == 5);
  const auto candidates = hush::conv2d_engines(tuned.device(), key, std::int64_t(256) << 20, 5);
  CHECK(third == candidates[2].cudnn_engine());
  CHECK(third != candidates[0].cudnn_engine());

  Conv2dEngineCache later(described_h200(), {.choices = file});
  CHECK(later.engine(key).cudnn_engine() == third);
  CHECK(later.engine(key).workspace() == candidates[2].workspace());
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);  // nothing half-written is left

  std::string line;
  std::getline(std::ifstream(file) >> std::ws, line);
  CHECK(line == hush::to_text(tuned.device().version(), "\tNVIDIA H200\t", key.text(), "\t", third.text()));
  const auto put = [&](const std::string& engine) {
    std::ofstream(file) << "nonsense\n\n" << line.substr(0, line.rfind('\t') + 1) << engine << '\n';
  };
  for (const char* broken : {"99999", "1 2=999999", "x", "-3", "4 5", "4 5=", "4 5=6 y"}) {
    INFO(broken);
    put(broken);
    CHECK(Conv2dEngineCache(described_h200(), {.choices = file}).engine(key).cudnn_engine() ==
          candidates[0].cudnn_engine());
  }
}

TEST_CASE("cudnn choices: two that tune keep each other's choices; a file that cannot be written is said in words") {
  const Folder folder("hush_cudnn_two");
  const std::string file = folder.file();
  hush::CudnnChoices one(file), two(file);
  one.keep("a", {.index = 1, .knobs = {{2, 3}}});
  two.keep("b", {.index = 4, .knobs = {}});
  const hush::CudnnChoices both(file);
  CHECK(both.find("a") == hush::CudnnEngine{.index = 1, .knobs = {{2, 3}}});
  CHECK(both.find("b") == hush::CudnnEngine{.index = 4, .knobs = {}});
  CHECK(!both.find("c"));
  std::filesystem::remove_all(folder.path);
  CHECK_THROWS_AS(one.keep("d", {}), hush::FileError);
}
