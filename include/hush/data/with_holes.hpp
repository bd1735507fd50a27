#pragma once
#include <cstdint>
#include <span>
#include <utility>

#include <hush/data/in_epoch.hpp>
#include <hush/data/masks.hpp>
#include <hush/examples.hpp>
#include <hush/images.hpp>

namespace hush::data {

/// A data set for inpainting (`Mask`): the pictures of another set, each with a hole drawn by a rule; random rules draw
/// another one in each epoch. It refers to the other set, which must outlive it.
template <class Set>
class WithHoles {
 public:
  WithHoles(const Set& pictures, MaskRule rule, std::uint64_t seed = 0)
      : pictures_(pictures), rule_(std::move(rule)), seed_(seed) {
    check(bool(rule_), "WithHoles", "wants a rule for the masks, one of data::masks");
  }
  WithHoles(const Set&&, MaskRule, std::uint64_t = 0) = delete;  // it would be gone before it is read

  std::int64_t size() const { return pictures_.size(); }
  /// The pictures with these numbers, whole, and with their holes.
  Examples<MaskedImages> batch(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    Images<float> whole = batch_of(pictures_, items, epoch);
    Images<float> holes = draw_masks(rule_, whole.height, whole.width, items, seed_, std::uint32_t(epoch));
    Images<float> shown = whole;
    return {std::move(whole), {std::move(shown), std::move(holes)}};
  }
  /// The set whose pictures these are.
  const Set& pictures() const { return pictures_; }
  static constexpr void fields(auto& self, auto&& f) { f("rule", self.rule_), f("seed", self.seed_); }
  void prefetch(std::span<const std::int64_t> items) const requires ReadsAhead<Set> { pictures_.prefetch(items); }
  /// The file of an item, where the pictures are from files.
  auto path(std::int64_t item) const requires NamesFiles<Set> { return pictures_.path(item); }

 private:
  const Set& pictures_;
  MaskRule rule_;
  std::uint64_t seed_;
};

}  // namespace hush::data
