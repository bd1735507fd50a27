#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <hush/data/image_folder.hpp>
#include <hush/data/pil_resize.hpp>
#include <hush/io/jpeg.hpp>
#include <hush/random/shuffle.hpp>

// Epochs over a folder of pictures in batches of 64, the next batch read ahead; items are pictures. HUSH_BENCH_PICTURES
// names the folder (else one is drawn), HUSH_BENCH_SIZE is the height and width that they are resized to ("64 64").
// bench/peers/image_folder.py sets both and measures torch beside it.

namespace {

using namespace hush;
namespace fs = std::filesystem;

/// The temporary files of the benchmarks, removed when they end.
struct Scratch {
  fs::path folder = fs::temp_directory_path() / to_text("hush-bench-", ::getpid());
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
};

const Scratch& scratch() {
  static const Scratch made;
  return made;
}

Images<std::uint8_t> drawn(std::int64_t height, std::int64_t width, std::int64_t seed) {
  Images<std::uint8_t> image(1, height, width, 3);
  for (std::int64_t i = 0; i < image.stride(); ++i)
    image.pixels[std::size_t(i)] = std::uint8_t(i / 3 % width * 2 + i / (3 * width) + i % 3 * 50 + i * seed % 29);
  return image;
}

fs::path pictures() {
  if (const char* named = std::getenv("HUSH_BENCH_PICTURES")) return named;
  const auto folder = scratch().folder / "pictures";
  if (fs::exists(folder)) return folder;
  fs::create_directories(folder);
  for (std::int64_t i = 0; i < 256; ++i) {
    const auto file = io::jpeg_bytes(drawn(109, 89, i), 85);
    std::ofstream(folder / to_text(i, ".jpg"), std::ios::binary)
        .write(reinterpret_cast<const char*>(file.data()), std::streamsize(file.size()));
  }
  return folder;
}

data::ImageFolderOptions options() {
  data::ImageFolderOptions wanted{.size = {64, 64}};
  if (const char* size = std::getenv("HUSH_BENCH_SIZE"))
    std::istringstream(size) >> wanted.size.height >> wanted.size.width;
  return wanted;
}

enum class From { files, cache, memory };

void epochs(benchmark::State& state, From from) {
  constexpr std::int64_t batch = 64;
  auto wanted = options();
  wanted.threads = int(state.range(0)), wanted.in_memory = from == From::memory;
  if (from == From::cache) wanted.cache = scratch().folder / "pack";
  const auto set = data::image_folder(pictures(), wanted);
  std::int64_t epoch = 0;
  for (auto _ : state) {
    const auto order = shuffle(set.size(), 1, epoch++);
    const auto items = [&](std::int64_t first) {
      return std::span(order).subspan(std::size_t(first), std::size_t(std::min(batch, set.size() - first)));
    };
    for (std::int64_t first = 0; first < set.size(); first += batch) {
      benchmark::DoNotOptimize(set.batch(items(first)).pixels.data());
      if (first + batch < set.size()) set.prefetch(items(first + batch));
    }
  }
  state.SetItemsProcessed(state.iterations() * set.size());
}
BENCHMARK_CAPTURE(epochs, image_folder_files, From::files)
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(epochs, image_folder_cache, From::cache)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(epochs, image_folder_memory, From::memory)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void pil_resize(benchmark::State& state, data::Filter filter) {
  const auto picture = drawn(state.range(0), state.range(1), 1);
  data::PilResize resize(state.range(2), state.range(3), filter);
  Images<std::uint8_t> out(1, state.range(2), state.range(3), 3);
  for (auto _ : state) {
    resize(picture[0], picture.height, picture.width, 3, out[0]);
    benchmark::DoNotOptimize(out.pixels.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(pil_resize, bilinear, data::Filter::bilinear)->Args({109, 89, 64, 64})->Args({218, 178, 256, 256});
BENCHMARK_CAPTURE(pil_resize, bicubic, data::Filter::bicubic)->Args({109, 89, 64, 64});

}  // namespace
