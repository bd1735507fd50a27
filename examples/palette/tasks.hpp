#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <hush/conditionings/concat_image.hpp>
#include <hush/conditionings/mask.hpp>
#include <hush/data/image_folder.hpp>

#include "files.hpp"

// What the four tasks differ in: what the network sees and makes, the pairs that it learns from, and how its images
// become pictures again. Their functions are values, so that what is compiled for a task is compiled for one of two
// kinds: with holes, or with a picture beside.
namespace palette {

using namespace hush;
using Bytes = Images<std::uint8_t>;

/// The names of the masks.
inline const std::vector<std::string> mask_names{"centre", "frame", "corners", "left",      "right",     "top",
                                                 "bottom", "box",   "pixels",  "irregular", "free-form", "hybrid"};

/// What a network learns from, whatever set it comes of.
template <class Given>
struct Pairs {
  std::int64_t count = 0;
  std::function<Examples<Given>(std::span<const std::int64_t> items, std::int64_t epoch)> examples;
  std::function<void(std::span<const std::int64_t> items)> read_ahead;
  std::function<std::filesystem::path(std::int64_t item)> file;

  std::int64_t size() const { return count; }
  Examples<Given> batch(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    return examples(items, epoch);
  }
  void prefetch(std::span<const std::int64_t> items) const {
    if (read_ahead) read_ahead(items);
  }
  std::filesystem::path path(std::int64_t item) const { return file(item); }
};

/// A task whose network makes images of so many channels. `pairs` refers to the set, which must outlive it; with `flip`
/// pictures are mirrored by chance, before masks and conditions are made of them.
template <class Condition>
struct Task {
  using Given = typename Condition::Given;
  std::string mask;  // of a task that has one: a name, or a file whose white is the hole
  std::int64_t channels = 3;
  Condition condition;
  std::function<Pairs<Given>(const data::ImageFolder& set, std::uint64_t seed, bool flip)> pairs;
  /// What one picture is restored from.
  std::function<Given(const Bytes& picture, std::uint64_t seed, std::uint32_t item)> given;
  /// The images of a network, as pictures.
  std::function<Bytes(const Given& given, const Images<float>& made)> pictures;
  /// What was given, as pictures.
  std::function<Bytes(const Given& given)> shown;
};
using AnyTask = std::variant<Task<Mask>, Task<ConcatImage>>;

/// A hole to restore in a picture, and how what is made is laid into it: `alpha` [1, H, W, 1] is its share in each
/// pixel, in the size that is worked at or, where a mask file has it, that of the picture itself.
struct Hole {
  Images<float> alpha;
  MaskedImages given;
};
/// What --mask, --soft-mask and --feather say of a picture, which is `seen` in the size worked at. Throws FileError.
Hole hole_in(const RestoreArguments& arguments, const std::string& mask, const Bytes& picture, const Bytes& seen,
             std::uint32_t item);
/// What was made of `seen`, blended into it or into the picture itself.
Bytes laid_into(const Hole& hole, const Bytes& picture, const Bytes& seen, const Bytes& made);

/// The task of a name: inpainting restores what is missing in a hole inside, uncropping all around, colorization makes
/// the colours of a grey picture, jpeg takes the traces of strong compression out. `mask` is that of the two that want
/// one, empty for its usual one. Throws std::invalid_argument for another name or mask.
AnyTask task_of(const std::string& name, const std::string& mask);
inline const std::vector<std::string> task_names{"inpainting", "uncropping", "colorization", "jpeg"};

/// f(task) for the task of a name.
template <class F>
int with_task(const std::string& name, const std::string& mask, const F& f) {
  return std::visit(f, task_of(name, mask));
}

}  // namespace palette
