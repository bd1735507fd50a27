#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/data/in_epoch.hpp>
#include <hush/examples.hpp>
#include <hush/io/checksum.hpp>

namespace hush::data {
namespace detail {

/// The pictures of another set, and `Of` with each. It refers to the other set, which must outlive it.
template <class Set, class Of>
class WithEach {
 public:
  std::int64_t size() const { return pictures_.size(); }
  /// The set whose pictures these are.
  const Set& pictures() const { return pictures_; }
  void prefetch(std::span<const std::int64_t> items) const requires ReadsAhead<Set> { pictures_.prefetch(items); }
  /// The file of an item, where the pictures are from files.
  auto path(std::int64_t item) const requires NamesFiles<Set> { return pictures_.path(item); }

 protected:
  WithEach(const char* who, const char* what, const Set& pictures, std::vector<Of> of_items)
      : pictures_(pictures), of_items_(std::move(of_items)) {
    check(std::int64_t(of_items_.size()) == pictures.size(), who, of_items_.size(), ' ', what, " for ", pictures.size(),
          " pictures");
  }
  const std::vector<Of>& of_items() const { return of_items_; }
  /// Those of some items.
  std::vector<Of> of(std::span<const std::int64_t> items) const {
    std::vector<Of> some;
    for (const std::int64_t item : items) some.push_back(of_items_[std::size_t(item)]);
    return some;
  }

 private:
  const Set& pictures_;
  std::vector<Of> of_items_;
};

}  // namespace detail

/// A data set for a process with labels: the pictures of another set, and the labels of each. It refers to the other
/// set, which must outlive it.
template <class Set>
class WithLabels : public detail::WithEach<Set, std::vector<std::int32_t>> {
 public:
  /// Throws std::invalid_argument unless there is a set of labels for each picture, and none is empty.
  WithLabels(const Set& pictures, std::vector<std::vector<std::int32_t>> labels)
      : Base("WithLabels", "sets of labels", pictures, std::move(labels)) {
    for (std::size_t i = 0; i < this->labels().size(); ++i)
      check(!this->labels()[i].empty(), "WithLabels", "item ", i, " has no label");
  }
  WithLabels(const Set&&, std::vector<std::vector<std::int32_t>>) = delete;  // it would be gone before it is read

  const std::vector<std::vector<std::int32_t>>& labels() const { return this->of_items(); }
  /// The pictures with these numbers, [n, H, W, C] in [-1, 1], and their labels.
  Examples<LabelSets> batch(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    return {batch_of(this->pictures(), items, epoch), {this->of(items)}};
  }
  /// A checksum of all labels, by which a run knows its data.
  std::string fingerprint() const {
    io::Crc32 sum;
    for (const std::vector<std::int32_t>& one : labels()) {
      const auto count = std::uint64_t(one.size());
      sum.add(std::as_bytes(std::span(&count, 1)));
      sum.add(std::as_bytes(std::span(one)));
    }
    return "labels " + io::hexadecimal(sum.value);
  }

 private:
  using Base = detail::WithEach<Set, std::vector<std::int32_t>>;
};
template <class Set>
WithLabels(const Set&, std::vector<std::vector<std::int32_t>>) -> WithLabels<Set>;

/// A data set for a process with ClassLabel: the pictures of another set, and the class of each. It refers to the other
/// set, which must outlive it.
template <class Set>
class WithClasses : public detail::WithEach<Set, std::int32_t> {
 public:
  /// Throws std::invalid_argument unless there is a class for each picture.
  WithClasses(const Set& pictures, std::vector<std::int32_t> classes)
      : detail::WithEach<Set, std::int32_t>("WithClasses", "classes", pictures, std::move(classes)) {}
  WithClasses(const Set&&, std::vector<std::int32_t>) = delete;  // it would be gone before it is read

  const std::vector<std::int32_t>& classes() const { return this->of_items(); }
  /// The pictures with these numbers, [n, H, W, C] in [-1, 1], and their classes.
  Examples<std::vector<std::int32_t>> batch(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    return {batch_of(this->pictures(), items, epoch), this->of(items)};
  }
  /// A checksum of all classes, by which a run knows its data.
  std::string fingerprint() const {
    return "classes " + io::hexadecimal(io::crc32(std::as_bytes(std::span(classes()))));
  }
};

}  // namespace hush::data
