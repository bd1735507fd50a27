#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <hush/check.hpp>
#include <hush/data/pixels.hpp>
#include <hush/data/scene.hpp>
#include <hush/data/shapes.hpp>
#include <hush/data/workers.hpp>
#include <hush/examples.hpp>
#include <hush/images.hpp>

namespace hush::data {

/// Drawn scenes like those of `Shapes`, [H, W, 3], that are others in each epoch, with their labels: nothing can be
/// learned by heart. Item i of an epoch has 1 to 3 labels (`most` at most); its picture and labels are a function of
/// seed, item and epoch, and in epoch 0 those of `Shapes(random_label_sets(scenes, seed), H, W, seed)`. A batch is
/// drawn by `threads` threads (0: one a core), which change no pixel.
class RandomShapes {
 public:
  /// Throws std::invalid_argument for no scenes or sides below 1, for `most` outside 1 to 5, and
  /// for threads as Workers does.
  explicit RandomShapes(std::int64_t scenes, std::int64_t height = 64, std::int64_t width = 64, std::uint64_t seed = 0,
                        int threads = 0, int most = 3)
      : scenes_(scenes), height_(height), width_(width), seed_(seed), most_(most) {
    check(scenes >= 1 && height >= 1 && width >= 1, "RandomShapes", "cannot draw ", scenes, " scenes of ", height,
          " x ", width);
    random_label_set(seed, 0, 0, most);
    workers_ = std::make_shared<Workers>(threads);
  }

  std::int64_t size() const { return scenes_; }
  /// The labels of an item in an epoch, in rising order.
  std::vector<std::int32_t> labels(std::int64_t item, std::int64_t epoch = 0) const {
    check(item >= 0 && item < size(), "RandomShapes", "item ", item, " of ", size());
    return random_label_set(seed_, std::uint32_t(item), std::uint32_t(epoch), most_);
  }
  /// The pictures of some items in an epoch, [n, H, W, 3] in [-1, 1], and their labels.
  Examples<LabelSets> batch(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    Examples<LabelSets> examples;
    for (const std::int64_t item : items) examples.given.sets.push_back(labels(item, epoch));
    Images<std::uint8_t> pictures(std::int64_t(items.size()), height_, width_, 3);
    workers_->run(pictures.count, [&](std::int64_t i, int) {
      const auto& set = examples.given.sets[std::size_t(i)];
      const auto scene = place_shapes(set, seed_, std::uint32_t(items[std::size_t(i)]), std::uint32_t(epoch));
      std::ranges::copy(render(scene, height_, width_).pixels, pictures[i].begin());
    });
    examples.images = to_floats(pictures);
    return examples;
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("scenes", self.scenes_), f("height", self.height_), f("width", self.width_), f("seed", self.seed_);
    f("most", self.most_);
  }

 private:
  std::int64_t scenes_, height_, width_;
  std::uint64_t seed_;
  int most_;
  std::shared_ptr<Workers> workers_;
};

}  // namespace hush::data
