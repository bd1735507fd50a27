#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <hush/conditionings/beside.hpp>
#include <hush/conditionings/lightness.hpp>
#include <hush/conditionings/mask.hpp>
#include <hush/data/image_folder.hpp>
#include <hush/data/jpeg_pairs.hpp>
#include <hush/data/lab_pairs.hpp>
#include <hush/data/mask_file.hpp>
#include <hush/data/masks.hpp>
#include <hush/data/stroke_masks.hpp>
#include <hush/data/with_holes.hpp>

#include "files.hpp"

// What the four tasks differ in: what the network sees and makes, the pairs that it learns from, and how its images
// become pictures again. Uncropping is inpainting of the outer frame.
namespace palette {

using namespace hush;
using Bytes = Images<std::uint8_t>;

/// The names of the masks, and the mask of a name. Throws std::invalid_argument for another.
inline const std::vector<std::string> mask_names{"centre", "frame", "corners", "left",      "right",     "top",
                                                 "bottom", "box",   "pixels",  "irregular", "free-form", "hybrid"};
inline data::MaskRule mask_rule(const std::string& name) {
  using namespace data::masks;
  if (name == "centre") return Centre{};
  if (name == "frame") return OuterFrame{};
  if (name == "corners") return Corners{};
  if (name == "left") return Half{data::Side::left};
  if (name == "right") return Half{data::Side::right};
  if (name == "top") return Half{data::Side::top};
  if (name == "bottom") return Half{data::Side::bottom};
  if (name == "box") return RandomBox{};
  if (name == "pixels") return RandomPixels{};
  if (name == "irregular") return Irregular{};
  if (name == "free-form") return FreeForm{};
  if (name == "hybrid") return Hybrid{};
  std::string list;
  for (const std::string& one : mask_names) list += one + ", ";
  throw std::invalid_argument(
      words("[mask] there is no mask called ", name, ": take ", list, "or a PNG file, whose name has an ending"));
}

/// Restores what is missing: in a hole inside (inpainting) or all around (uncropping).
struct Inpainting {
  std::string mask = "centre";  // a name, or a PNG file whose white is the hole

  static constexpr std::int64_t channels = 3;
  bool is_file() const { return is_mask_file(mask); }
  Mask condition() const { return {.channels = 3}; }
  auto pairs(const data::ImageFolder& set, std::uint64_t seed) const {
    if (!is_file()) return data::WithHoles(set, mask_rule(mask), seed);
    const auto file = [mask = mask](std::int64_t height, std::int64_t width, const data::MaskItem&) {
      return data::read_mask(mask, height, width);
    };
    return data::WithHoles(set, file, seed);
  }
  /// What one picture is restored from.
  Holed given(const Bytes& picture, std::uint64_t seed, std::uint32_t item) const {
    return {data::to_floats(picture), is_file() ? data::read_mask(mask, picture.height, picture.width)
                                                : mask_rule(mask)(picture.height, picture.width, {seed, item, 0})};
  }
  /// The images of a network, as pictures.
  Bytes pictures(const Holed&, const Images<float>& made) const { return data::to_bytes(made); }
  /// What was given, as pictures: the hole is grey.
  Bytes shown(const Holed& given) const {
    Bytes pictures = data::to_bytes(given.picture);
    for (std::int64_t i = 0; i < pictures.count; ++i) {
      const auto hole = given.hole[given.hole.count == 1 ? 0 : i];
      for (std::size_t p = 0; p < hole.size(); ++p)
        if (hole[p] == 1) std::fill_n(&pictures[i][3 * p], 3, std::uint8_t(128));
    }
    return pictures;
  }
};

/// Makes the colours of a grey picture.
struct Colorization {
  static constexpr std::int64_t channels = 2;
  Lightness condition() const { return {}; }
  auto pairs(const data::ImageFolder& set, std::uint64_t) const { return data::LabPairs(set); }
  Images<float> given(const Bytes& picture, std::uint64_t, std::uint32_t) const {
    return data::split_lab(picture).lightness;
  }
  Bytes pictures(const Images<float>& lightness, const Images<float>& made) const {
    return data::merge_lab({lightness, made});
  }
  Bytes shown(const Images<float>& lightness) const {
    const Images<float> neutral(lightness.count, lightness.height, lightness.width, 2,
                                std::vector<float>(2 * lightness.pixels.size(), float(1. / 255)));
    return data::merge_lab({lightness, neutral});
  }
};

/// Takes the traces of strong compression out of a picture.
struct JpegRestoration {
  std::vector<int> qualities{5, 10, 20, 30};

  static constexpr std::int64_t channels = 3;
  Beside condition() const { return {.channels = 3}; }
  auto pairs(const data::ImageFolder& set, std::uint64_t seed) const { return data::JpegPairs(set, qualities, seed); }
  Images<float> given(const Bytes& picture, std::uint64_t, std::uint32_t) const { return data::to_floats(picture); }
  Bytes pictures(const Images<float>&, const Images<float>& made) const { return data::to_bytes(made); }
  Bytes shown(const Images<float>& given) const { return data::to_bytes(given); }
};

/// f(task) for a task of this name; `mask` is that of the two that want one, empty for its usual one. Throws
/// std::invalid_argument for another name.
inline const std::vector<std::string> task_names{"inpainting", "uncropping", "colorization", "jpeg"};
template <class F>
int with_task(const std::string& name, const std::string& mask, const F& f) {
  const auto masked = [&](const char* usual) {
    const Inpainting task{mask.empty() ? usual : mask};
    if (!task.is_file()) mask_rule(task.mask);  // a name that is none is refused before anything is read
    return task;
  };
  if (name == "inpainting") return f(masked("centre"));
  if (name == "uncropping") return f(masked("frame"));
  check(mask.empty(), "mask", name, " has no mask");
  if (name == "colorization") return f(Colorization{});
  check(name == "jpeg", "task", "there is no task called ", name);
  return f(JpegRestoration{});
}

}  // namespace palette
