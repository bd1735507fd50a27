#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include <hush/examples.hpp>

#include "recipe.hpp"

// The pictures that `train` reads: scenes that are drawn, or a folder with a list of labels.
namespace iclevr {

/// Pictures and their labels behind one type, whether they are drawn or from files.
struct LabelledPictures {
  std::int64_t count = 0;
  std::function<Examples<LabelSets>(std::span<const std::int64_t> items, std::int64_t epoch)> examples;
  std::string all = {};  // the fingerprint of the set

  std::int64_t size() const { return count; }
  Examples<LabelSets> batch(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    return examples(items, epoch);
  }
  std::string fingerprint() const { return all; }
};

/// The training and the validation pictures of a command line, at a size. Throws FileError.
std::pair<LabelledPictures, LabelledPictures> pictures_of(const TrainArguments& arguments, std::int64_t scenes,
                                                          const ImageSize& size);

}  // namespace iclevr
