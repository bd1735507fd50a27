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

// The four tasks: their conditions and images, training pairs, and the conversion of images back to pictures. Their
// functions are values, so that code is compiled for two kinds of task only: with holes, or with a condition image.
namespace palette {

using namespace hush;
using Bytes = Images<std::uint8_t>;

/// The names of the masks.
inline const std::vector<std::string> mask_names{"centre", "frame", "corners", "left",      "right",     "top",
                                                 "bottom", "box",   "pixels",  "irregular", "free-form", "hybrid"};

/// Training pairs of any data set behind one type.
template <class Given>
struct Pairs {
  std::int64_t count = 0;
  std::function<Examples<Given>(std::span<const std::int64_t> items, std::int64_t epoch)> examples;
  std::function<void(std::span<const std::int64_t> items)> read_ahead;
  std::function<std::filesystem::path(std::int64_t item)> file;
  std::string all = {};  // the fingerprint of the set

  std::int64_t size() const { return count; }
  Examples<Given> batch(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    return examples(items, epoch);
  }
  void prefetch(std::span<const std::int64_t> items) const {
    if (read_ahead) read_ahead(items);
  }
  std::filesystem::path path(std::int64_t item) const { return file(item); }
  std::string fingerprint() const { return all; }
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

/// A hole to restore in a picture, and its blending: `alpha` [1, H, W, 1] is the share of the generated pixels, at the
/// working size, or at the picture's own if a mask file has that.
struct Hole {
  Images<float> alpha;
  MaskedImages given;
};
/// The hole of a picture by --mask, --soft-mask and --feather; `seen` is the picture at the working size. Throws
/// FileError.
Hole hole_in(const RestoreArguments& arguments, const std::string& mask, const Bytes& picture, const Bytes& seen,
             std::uint32_t item);
/// The generated pixels blended into `seen`, or into the picture at its own size.
Bytes laid_into(const Hole& hole, const Bytes& picture, const Bytes& seen, const Bytes& made);

/// The task of a name: inpainting restores what is missing in a hole inside, uncropping all around, colorization makes
/// the colours of a grey picture, jpeg removes artifacts of strong compression. `mask` is that of the two that want
/// one, empty for its usual one. Throws std::invalid_argument for another name or mask.
AnyTask task_of(const std::string& name, const std::string& mask);
inline const std::vector<std::string> task_names{"inpainting", "uncropping", "colorization", "jpeg"};

/// f(task) for the task of a name.
template <class F>
int with_task(const std::string& name, const std::string& mask, const F& f) {
  return std::visit(f, task_of(name, mask));
}

}  // namespace palette
