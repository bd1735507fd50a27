#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <hush/data/image_folder.hpp>
#include <hush/grids/leading.hpp>
#include <hush/io/png.hpp>
#include <hush/io/progress.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>

#include "recipe.hpp"
#include "tasks.hpp"

// How the three commands make images of what is given.
namespace palette {

inline const std::vector<std::string> sampler_names{"ddim", "ddpm"};

/// Samples for `count` given conditions, [count, H, W, channels] in [-1, 1]: the mean of so many samples, each with a
/// seed of its own. Image i has the number `first` + i.
template <class Proc, class Net, class... Observers>
Images<float> restored(const Proc& process, const Net& net, const typename Proc::Given& given, std::int64_t count,
                       const SampleArguments& how, std::int64_t first = 0, Observers&&... observers) {
  using B = typename Net::backend;
  SampleOptions<B> options{.steps = how.steps, .count = count, .batch = how.batch, .first_image = first};
  // Leading is what the figures of docs/image-to-image.md were made with; with few steps it begins far from noise.
  if (how.steps >= 5) options.grid = Leading{};
  Images<float> mean;
  for (std::int64_t k = 0; k < how.samples; ++k) {
    options.seed = how.seed + std::uint64_t(k);
    const Images<float> one = how.sampler == "ddpm"
                                  ? sample(process, net, Ddpm{}, given, options, observers...)
                                  : sample(process, net, Ddim{.eta = how.eta}, given, options, observers...);
    if (k == 0) {
      mean = one;
      continue;
    }
    for (std::size_t i = 0; i < mean.pixels.size(); ++i)
      mean.pixels[i] += (one.pixels[i] - mean.pixels[i]) / float(k + 1);
  }
  return mean;
}

/// A folder's pictures; skipped files are named on standard error, and counted at the end.
inline data::ImageFolder pictures_of(const std::filesystem::path& folder, data::ImageFolderOptions options) {
  options.on_corrupt = [](const FileError& error) { std::cerr << "skipped: " << error.what() << std::endl; };
  const data::ImageFolder set = data::image_folder(folder, std::move(options));
  if (const std::size_t skipped = set.corrupt().size())
    std::cerr << skipped << " of " << skipped + std::size_t(set.size()) << " pictures were skipped" << std::endl;
  return set;
}

/// The training and validation pictures of a folder, --validate of the latter. Throws std::invalid_argument if there
/// are fewer.
inline std::pair<data::ImageFolder, data::ImageFolder> parts_of(const data::ImageFolder& set, std::int64_t validate,
                                                                const SplitBy& split) {
  check(validate <= set.size(), "split", "--validate ", validate, " is more than the ", set.size(),
        " there are: give a smaller number, or more pictures");
  return data::split(
      set,
      {.count = validate, .held = split.how == "last" ? data::Held::last : data::Held::random, .seed = split.seed});
}

/// The steps that are asked for, or those that a preset's weights want.
inline SampleArguments with_steps(SampleArguments how, const std::string& preset) {
  if (how.steps == 0) how.steps = preset == "paper" ? 20 : 50;
  return how;
}

/// Counts the steps of a run.
inline auto counting(io::Progress& bar) {
  return [&bar](const auto& step) {
    if (step.step > 0) bar.update(1);
  };
}

/// Pictures side by side on white, small ones enlarged.
inline void write_side_by_side(const std::filesystem::path& file, const Bytes& pictures, std::int64_t columns) {
  io::write_grid(file, pictures, {.columns = columns, .scale = pictures.height < 64 ? 2 : 1});
}

/// A grid of the first 32 pictures: condition | result | truth, four in a row.
inline void write_triptychs(const std::filesystem::path& file, const Bytes& given, const Bytes& made,
                            const Bytes& truth) {
  Bytes panels(0, truth.height, truth.width, 3);
  for (std::int64_t i = 0; i < std::min<std::int64_t>(truth.count, 32); ++i)
    for (const Bytes* column : {&given, &made, &truth}) {
      panels.pixels.insert(panels.pixels.end(), (*column)[i].begin(), (*column)[i].end());
      ++panels.count;
    }
  write_side_by_side(file, panels, 12);
}

}  // namespace palette
