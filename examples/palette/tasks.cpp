#include "tasks.hpp"

#include <algorithm>
#include <hush/data/blend.hpp>
#include <hush/data/horizontal_flip.hpp>
#include <hush/data/in_epoch.hpp>
#include <hush/data/jpeg_pairs.hpp>
#include <hush/data/lab_pairs.hpp>
#include <hush/data/mask_file.hpp>
#include <hush/data/masks.hpp>
#include <hush/data/pil_resize.hpp>
#include <hush/data/resize.hpp>
#include <hush/data/stroke_masks.hpp>
#include <hush/data/with_holes.hpp>
#include <hush/training/loader.hpp>
#include <memory>
#include <utility>

namespace palette {

namespace {

/// The mask of a name, or of a file. Throws std::invalid_argument for another name.
data::MaskRule mask_rule(const std::string& name) {
  using namespace data::masks;
  if (is_mask_file(name))
    return [name](std::int64_t height, std::int64_t width, const NoiseKey&) {
      return data::read_mask(name, height, width);
    };
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
  throw std::invalid_argument(to_text("[mask] there is no mask called ", name, ": take ", list,
                                      "or a PNG or JPEG file, whose name has an ending"));
}

template <class Set>
Pairs<GivenOf<Set>> pairs_of(Set set, const std::shared_ptr<void>& stands_on = nullptr) {
  Pairs<GivenOf<Set>> pairs{set.size(), {}, {}, {}, data::fingerprint_of(set)};
  if constexpr (data::ReadsAhead<Set>) pairs.read_ahead = [set](auto items) { set.prefetch(items); };
  pairs.file = [set](std::int64_t item) { return set.path(item); };
  pairs.examples = [set = std::move(set), stands_on](auto items, std::int64_t epoch) {
    return examples_of(set, items, epoch);
  };
  return pairs;
}

/// The pairs that `make` makes of the pictures, or of those mirrored by chance.
auto pairs_of(const data::ImageFolder& set, std::uint64_t seed, bool flip, const auto& make) {
  if (!flip) return pairs_of(make(set));
  const auto flipped = std::make_shared<data::HorizontalFlip<data::ImageFolder>>(set, seed);
  return pairs_of(make(*flipped), flipped);
}

Task<Mask> inpainting(const std::string& mask) {
  const data::MaskRule rule = mask_rule(mask);
  Task<Mask> task;
  task.mask = mask, task.channels = 3, task.condition = {.channels = 3};
  task.pairs = [rule](const data::ImageFolder& set, std::uint64_t seed, bool flip) {
    return pairs_of(set, seed, flip, [&](const auto& pictures) { return data::WithHoles(pictures, rule, seed); });
  };
  task.given = [rule](const Bytes& picture, std::uint64_t seed, std::uint32_t item) {
    return MaskedImages{data::to_floats(picture), rule(picture.height, picture.width, {seed, item, 0})};
  };
  task.pictures = [](const MaskedImages&, const Images<float>& made) { return data::to_bytes(made); };
  task.shown = [](const MaskedImages& given) {  // the hole is grey
    Bytes pictures = data::to_bytes(given.picture);
    for (std::int64_t i = 0; i < pictures.count; ++i) {
      const auto hole = given.hole[given.hole.count == 1 ? 0 : i];
      for (std::size_t p = 0; p < hole.size(); ++p)
        if (hole[p] == 1) std::fill_n(&pictures[i][3 * p], 3, std::uint8_t(128));
    }
    return pictures;
  };
  return task;
}

/// The condition image is the lightness.
Task<ConcatImage> colorization() {
  Task<ConcatImage> task;
  task.channels = 2, task.condition = {.channels = 1};
  task.pairs = [](const data::ImageFolder& set, std::uint64_t seed, bool flip) {
    return pairs_of(set, seed, flip, [](const auto& pictures) { return data::LabPairs(pictures); });
  };
  task.given = [](const Bytes& picture, std::uint64_t, std::uint32_t) { return data::split_lab(picture).lightness; };
  task.pictures = [](const Images<float>& lightness, const Images<float>& made) {
    return data::merge_lab({lightness, made});
  };
  task.shown = [](const Images<float>& lightness) {
    const Images<float> neutral(lightness.count, lightness.height, lightness.width, 2,
                                std::vector<float>(2 * lightness.pixels.size(), float(1. / 255)));
    return data::merge_lab({lightness, neutral});
  };
  return task;
}

Task<ConcatImage> jpeg_restoration() {
  Task<ConcatImage> task;
  task.channels = 3, task.condition = {.channels = 3};
  task.pairs = [](const data::ImageFolder& set, std::uint64_t seed, bool flip) {
    return pairs_of(set, seed, flip, [&](const auto& pictures) {
      return data::JpegPairs(pictures, {5, 10, 20, 30}, seed);
    });
  };
  task.given = [](const Bytes& picture, std::uint64_t, std::uint32_t) { return data::to_floats(picture); };
  task.pictures = [](const Images<float>&, const Images<float>& made) { return data::to_bytes(made); };
  task.shown = [](const Images<float>& given) { return data::to_bytes(given); };
  return task;
}

}  // namespace

Hole hole_in(const RestoreArguments& a, const std::string& mask, const Bytes& picture, const Bytes& seen,
             std::uint32_t item) {
  Images<float> alpha;
  if (is_mask_file(mask)) {
    alpha = data::read_mask(mask, {.soft = a.soft_mask});
    const auto is_of = [&](const Bytes& size) { return alpha.height == size.height && alpha.width == size.width; };
    if (!is_of(seen) && !is_of(picture))
      throw FileError(mask, to_text("is a mask of ", alpha.height, " x ", alpha.width, " pixels, wanted is one of ",
                                    picture.height, " x ", picture.width, ", as the picture",
                                    a.side ? to_text(", or of --size, ", seen.height, " x ", seen.width) : ""));
  } else {
    check(!a.soft_mask, "mask", "--soft-mask wants a --mask that is a file, not ", mask);
    alpha = mask_rule(mask)(seen.height, seen.width, {a.how.seed, item, 0});
  }
  const auto any = [](const Images<float>& of) { return std::ranges::find(of.pixels, 1.f) != of.pixels.end(); };
  if (!any(data::hole_of(alpha)))
    throw FileError(mask, "has no hole: what is white in it would be made, and nothing is");
  if (a.feather) alpha = data::feathered(data::hole_of(alpha), a.feather);
  Hole hole{std::move(alpha), {data::to_floats(seen), {}}};
  hole.given.hole = data::resize_nearest(data::hole_of(hole.alpha), seen.height, seen.width);
  if (!any(hole.given.hole))
    throw FileError(mask, to_text("has no hole left at --size ", a.side, ": what is white is too thin"));
  return hole;
}

Bytes laid_into(const Hole& hole, const Bytes& picture, const Bytes& seen, const Bytes& made) {
  if (hole.alpha.height == seen.height && hole.alpha.width == seen.width) return data::blend(seen, made, hole.alpha);
  return data::blend(picture, data::pil_resize(made, picture.height, picture.width, data::Filter::bicubic), hole.alpha);
}

AnyTask task_of(const std::string& name, const std::string& mask) {
  if (name == "inpainting") return inpainting(mask.empty() ? "centre" : mask);
  if (name == "uncropping") return inpainting(mask.empty() ? "frame" : mask);
  check(name == "colorization" || name == "jpeg", "task", "there is no task called ", name);
  check(mask.empty(), "mask", name, " has no mask");
  return name == "colorization" ? AnyTask(colorization()) : jpeg_restoration();
}

}  // namespace palette
