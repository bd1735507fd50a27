#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/data/image_set.hpp>
#include <hush/data/pixels.hpp>
#include <hush/data/scene.hpp>
#include <hush/images.hpp>
#include <hush/random/philox.hpp>

namespace hush::data {

/// The 24 kinds of objects of iCLEVR, in the order of its objects.json: 8 colours of each of cube, sphere, cylinder.
inline constexpr std::int32_t shape_labels = 24;

namespace detail {

struct NamedColour {
  std::string_view name;
  std::array<std::uint8_t, 3> rgb;
};
/// CLEVR's colours (Johnson et al. 2017, its table of properties).
inline constexpr std::array<NamedColour, 8> clevr_colours{{{"gray", {87, 87, 87}},
                                                           {"red", {173, 35, 35}},
                                                           {"blue", {42, 75, 215}},
                                                           {"green", {29, 105, 20}},
                                                           {"brown", {129, 74, 25}},
                                                           {"purple", {129, 38, 192}},
                                                           {"cyan", {41, 208, 208}},
                                                           {"yellow", {255, 238, 51}}}};
inline constexpr std::array<std::string_view, 3> clevr_shapes{"cube", "sphere", "cylinder"};

inline void check_label(const char* who, std::int32_t label) {
  check(label >= 0 && label < shape_labels, who, "label ", label, " is not one of 0 to ", shape_labels - 1);
}

}  // namespace detail

/// The name of a label: 0 is "gray cube", 23 "yellow cylinder". Throws std::invalid_argument for another label.
inline std::string shape_name(std::int32_t label) {
  detail::check_label("shape_name", label);
  return to_text(detail::clevr_colours[std::size_t(label % 8)].name, ' ', detail::clevr_shapes[std::size_t(label / 8)]);
}

/// All 24 names, in the order of the labels.
inline std::vector<std::string> shape_names() {
  std::vector<std::string> names;
  for (std::int32_t label = 0; label < shape_labels; ++label) names.push_back(shape_name(label));
  return names;
}

/// Places objects of these labels on the floor of a scene, without overlap and each at least half visible: a function
/// of labels, seed, number and epoch, the same on every machine to rounding. Throws std::invalid_argument for an
/// unknown label, and for more than 5 objects.
inline std::vector<SceneObject> place_shapes(std::span<const std::int32_t> labels, std::uint64_t seed,
                                             std::uint32_t number, std::uint32_t epoch = 0) {
  check(labels.size() <= 5, "place_shapes", labels.size(), " objects do not fit into a scene, 5 do");
  for (const std::int32_t label : labels) detail::check_label("place_shapes", label);
  Uniform uniform{Stream{seed, number, epoch, purpose("scene")}};
  const auto between = [&](double low, double high) { return low + (high - low) * uniform(); };
  const auto one = [&](std::int32_t label) {
    SceneObject object{SceneShape(label / 8), detail::clevr_colours[std::size_t(label % 8)].rgb};
    object.radius = between(.5, .75);
    object.x = between(-1.9, 1.9);
    object.y = between(-1.5, 1.5);
    const double slope = between(-1, 1);  // of a cube's side; a turn of a right angle changes nothing
    object.cosine = 1 / std::sqrt(1 + slope * slope);
    object.sine = slope * object.cosine;
    return object;
  };
  std::vector<SceneObject> scene;
  for (;;) {
    scene.clear();
    for (const std::int32_t label : labels) scene.push_back(one(label));
    bool apart = true;
    for (std::size_t i = 0; i < scene.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        const double x = scene[i].x - scene[j].x, y = scene[i].y - scene[j].y;
        const double least = scene[i].radius + scene[j].radius + .1;
        apart &= x * x + y * y > least * least;
      }
    if (apart && std::ranges::all_of(visible_parts(scene), [](double part) { return part >= .5; })) return scene;
  }
}

/// A set of 1 to `most` labels, each at most once, in rising order, for a scene to show: a function of seed, number and
/// epoch. Throws std::invalid_argument unless `most` is 1 to 5.
inline std::vector<std::int32_t> random_label_set(std::uint64_t seed, std::uint32_t number, std::uint32_t epoch = 0,
                                                  int most = 3) {
  check(most >= 1 && most <= 5, "random_label_set", "cannot make a set of up to ", most, " labels");
  Uniform uniform{Stream{seed, number, epoch, purpose("labels")}};
  std::vector<std::int32_t> set;
  for (auto left = 1 + uniform.below(std::uint32_t(most)); left > 0;) {
    const auto label = std::int32_t(uniform.below(shape_labels));
    if (std::ranges::find(set, label) != set.end()) continue;
    set.push_back(label);
    --left;
  }
  std::ranges::sort(set);
  return set;
}

/// `count` such sets, those of the numbers from 0 on.
inline std::vector<std::vector<std::int32_t>> random_label_sets(std::int64_t count, std::uint64_t seed, int most = 3) {
  check(count >= 0, "random_label_sets", "cannot make ", count, " sets");
  std::vector<std::vector<std::int32_t>> sets;
  for (std::int64_t i = 0; i < count; ++i) sets.push_back(random_label_set(seed, std::uint32_t(i), 0, most));
  return sets;
}

/// A data set of drawn scenes like the pictures of iCLEVR, [H, W, 3]: item i shows the objects of its label set, placed
/// anew for each item. Needs no download; a picture of 64 x 64 takes about 5 ms, so keep those that are read often
/// (data::in_memory). `RandomShapes` draws others in each epoch.
class Shapes {
 public:
  /// Throws std::invalid_argument for an unknown label, and for a set of no or of more than 5 labels.
  explicit Shapes(std::vector<std::vector<std::int32_t>> labels, std::int64_t height = 64, std::int64_t width = 64,
                  std::uint64_t seed = 0)
      : labels_(std::move(labels)), height_(height), width_(width), seed_(seed) {
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      check(!labels_[i].empty() && labels_[i].size() <= 5, "Shapes", "item ", i, " has ", labels_[i].size(),
            " labels, wanted are 1 to 5");
      for (const std::int32_t label : labels_[i]) detail::check_label("Shapes", label);
    }
  }

  std::int64_t size() const { return std::int64_t(labels_.size()); }
  const std::vector<std::vector<std::int32_t>>& labels() const { return labels_; }
  std::vector<SceneObject> scene(std::int64_t item) const {
    check(item >= 0 && item < size(), "Shapes", "item ", item, " of ", size());
    return place_shapes(labels_[std::size_t(item)], seed_, std::uint32_t(item));
  }
  /// The pictures of some items, [n, H, W, 3], as bytes, or in [-1, 1].
  Images<std::uint8_t> bytes(std::span<const std::int64_t> items) const {
    Images<std::uint8_t> pictures(std::int64_t(items.size()), height_, width_, 3);
    for (std::size_t i = 0; i < items.size(); ++i)
      std::ranges::copy(render(scene(items[i]), height_, width_).pixels, pictures[std::int64_t(i)].begin());
    return pictures;
  }
  Images<float> batch(std::span<const std::int64_t> items) const { return to_floats(bytes(items)); }

 private:
  std::vector<std::vector<std::int32_t>> labels_;
  std::int64_t height_, width_;
  std::uint64_t seed_;
};

}  // namespace hush::data
