#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <hush/examples.hpp>
#include <hush/images.hpp>
#include <hush/training/loader.hpp>

namespace hush {

/// What training reads: `size()` items, and the images of any of them, [n, H, W, C] in [-1, 1]; for a process with a
/// condition, `Examples` of images and what the process is given with them. A set whose
/// items change from epoch to epoch (random masks) takes the epoch's number, from 0, behind the items.
template <class D>
concept Dataset = requires(const D& data, std::span<const std::int64_t> items, std::int64_t epoch) {
  { data.size() } -> std::convertible_to<std::int64_t>;
  requires std::same_as<std::remove_cvref_t<decltype(batch_of(data, items, epoch))>, Images<float>> ||
      std::same_as<std::remove_cvref_t<decltype(batch_of(data, items, epoch))>, Examples<GivenOf<D>>>;
};

/// A data set that somebody else keeps, or none: made of the set, or of its address.
template <class Data>
class KeptElsewhere {
 public:
  constexpr KeptElsewhere(std::nullptr_t = nullptr) {}
  constexpr KeptElsewhere(const Data* set) : set_(set) {}
  constexpr KeptElsewhere(const Data& set) : set_(&set) {}
  template <std::same_as<Data> T>
  constexpr KeptElsewhere(T&&) {
    static_assert(!std::same_as<T, Data>,
                  "train: the validation set would be gone before it is read. Keep it in a variable, and give that");
  }
  explicit operator bool() const { return set_ != nullptr; }
  const Data& operator*() const { return *set_; }
  const Data* operator->() const { return set_; }

 private:
  const Data* set_ = nullptr;
};

}  // namespace hush
