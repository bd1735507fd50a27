#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/data/in_epoch.hpp>
#include <hush/data/pixels.hpp>
#include <hush/images.hpp>
#include <hush/io/checksum.hpp>

namespace hush::data {

/// A data set of pictures in memory as bytes, a quarter of what they take as floats. `in_memory(set)` makes one of a
/// set whose pictures are made or read anew each time.
class InMemory {
 public:
  explicit InMemory(Images<std::uint8_t> pictures) : pictures_(std::move(pictures)) {}

  std::int64_t size() const { return pictures_.count; }
  const Images<std::uint8_t>& pictures() const { return pictures_; }
  /// The pictures with these numbers, [n, H, W, C], as bytes, or in [-1, 1]; throws std::invalid_argument for one that
  /// is not there.
  Images<std::uint8_t> bytes(std::span<const std::int64_t> items) const {
    Images<std::uint8_t> out(std::int64_t(items.size()), pictures_.height, pictures_.width, pictures_.channels);
    for (std::size_t i = 0; i < items.size(); ++i) {
      check(items[i] >= 0 && items[i] < size(), "InMemory", "item ", items[i], " of ", size());
      std::ranges::copy(pictures_[items[i]], out[std::int64_t(i)].begin());
    }
    return out;
  }
  Images<float> batch(std::span<const std::int64_t> items) const { return to_floats(bytes(items)); }
  /// A checksum of all pictures, by which a run knows its data.
  std::string fingerprint() const {
    return to_text(size(), " pictures ", io::hexadecimal(io::crc32(std::as_bytes(std::span(pictures_.pixels)))));
  }

 private:
  Images<std::uint8_t> pictures_;
};

/// All pictures of a set that gives them as `bytes(items)`, read once.
template <class Set>
InMemory in_memory(const Set& set) {
  std::vector<std::int64_t> all(std::size_t(set.size()));
  std::iota(all.begin(), all.end(), std::int64_t(0));
  return InMemory(bytes_in(set, all, 0));
}

}  // namespace hush::data
