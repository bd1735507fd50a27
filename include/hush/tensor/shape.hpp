#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>

#include <hush/check.hpp>

namespace hush {

/// Extents of a tensor, rank 0 (one number) to 4, the last one contiguous. Images are [N, H, W, C], convolution weights
/// [O, kH, kW, I], linear weights [out, in]. Throws std::invalid_argument for a negative extent or a rank above 4.
class Shape {
 public:
  static constexpr int max_rank = 4;
  constexpr Shape() = default;
  constexpr Shape(std::initializer_list<std::int64_t> extents) : rank_(int(extents.size())) {
    if (rank_ > max_rank) check(false, "Shape", "rank ", rank_, " is above ", max_rank);
    int i = 0;
    for (const std::int64_t extent : extents) {
      if (extent < 0) check(false, "Shape", "extent ", extent, " is negative");
      extents_[std::size_t(i++)] = extent;
    }
  }

  constexpr int rank() const { return rank_; }
  constexpr std::int64_t operator[](int i) const { return extents_[std::size_t(i)]; }
  /// Number of elements: the product of the extents, 1 for rank 0.
  constexpr std::int64_t size() const {
    std::int64_t n = 1;
    for (int i = 0; i < rank_; ++i) n *= extents_[std::size_t(i)];
    return n;
  }
  /// The last extent (channels), 1 for rank 0.
  constexpr std::int64_t back() const { return rank_ == 0 ? 1 : extents_[std::size_t(rank_ - 1)]; }
  /// The same shape with another first extent, or another last one.
  constexpr Shape with_front(std::int64_t n) const { return with(0, n); }
  constexpr Shape with_back(std::int64_t n) const { return with(rank_ - 1, n); }
  constexpr bool operator==(const Shape&) const = default;

 private:
  constexpr Shape with(int i, std::int64_t n) const {
    Shape s = *this;
    s.extents_[std::size_t(i)] = n;
    return s;
  }
  std::array<std::int64_t, max_rank> extents_{};
  int rank_ = 0;
};

/// Prints a shape as [2, 32, 32, 1].
inline std::ostream& operator<<(std::ostream& out, const Shape& s) {
  out << '[';
  for (int i = 0; i < s.rank(); ++i) out << (i ? ", " : "") << s[i];
  return out << ']';
}

}  // namespace hush
