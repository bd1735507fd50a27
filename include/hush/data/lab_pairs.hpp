#pragma once
#include <cstdint>
#include <span>
#include <utility>

#include <hush/data/in_epoch.hpp>
#include <hush/data/lab_planes.hpp>
#include <hush/examples.hpp>

namespace hush::data {

/// A data set for colourisation (`Lightness`): the RGB pictures of another set, which gives them as `bytes(items)`, in
/// OpenCV's 8-bit Lab: a and b are generated, L is the condition. It refers to the other set, which must outlive it.
template <class Set>
class LabPairs {
 public:
  explicit LabPairs(const Set& pictures) : pictures_(pictures) {}
  LabPairs(const Set&&) = delete;  // it would be gone before it is read

  std::int64_t size() const { return pictures_.size(); }
  /// a and b [n, H, W, 2] of the pictures with these numbers, and their lightness [n, H, W, 1], both in [-1, 1].
  Examples<Images<float>> batch(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    LabPlanes planes = split_lab(bytes_in(pictures_, items, epoch));
    return {std::move(planes.ab), std::move(planes.lightness)};
  }
  /// The file of an item, where the pictures are from files.
  const Set& pictures() const { return pictures_; }
  auto path(std::int64_t item) const requires NamesFiles<Set> { return pictures_.path(item); }

 private:
  const Set& pictures_;
};

}  // namespace hush::data
