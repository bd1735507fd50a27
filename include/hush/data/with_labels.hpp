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

/// A data set for a process with labels: the pictures of another set, and the labels of each. It refers to the other
/// set, which must outlive it.
template <class Set>
class WithLabels {
 public:
  /// Throws std::invalid_argument unless there is a set of labels for each picture, and none is empty.
  WithLabels(const Set& pictures, std::vector<std::vector<std::int32_t>> labels)
      : pictures_(pictures), labels_(std::move(labels)) {
    check(std::int64_t(labels_.size()) == pictures.size(), "WithLabels", labels_.size(), " sets of labels for ",
          pictures.size(), " pictures");
    for (std::size_t i = 0; i < labels_.size(); ++i)
      check(!labels_[i].empty(), "WithLabels", "item ", i, " has no label");
  }
  WithLabels(const Set&&, std::vector<std::vector<std::int32_t>>) = delete;  // it would be gone before it is read

  std::int64_t size() const { return pictures_.size(); }
  const std::vector<std::vector<std::int32_t>>& labels() const { return labels_; }
  /// The pictures with these numbers, [n, H, W, C] in [-1, 1], and their labels.
  Examples<LabelSets> batch(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    Examples<LabelSets> examples{batch_of(pictures_, items, epoch), {}};
    for (const std::int64_t item : items) examples.given.sets.push_back(labels_[std::size_t(item)]);
    return examples;
  }
  /// The set whose pictures these are.
  const Set& pictures() const { return pictures_; }
  /// A checksum of all labels, by which a run knows its data.
  std::string fingerprint() const {
    io::Crc32 sum;
    for (const std::vector<std::int32_t>& labels : labels_) {
      const auto count = std::uint64_t(labels.size());
      sum.add(std::as_bytes(std::span(&count, 1)));
      sum.add(std::as_bytes(std::span(labels)));
    }
    return "labels " + io::hexadecimal(sum.value);
  }
  void prefetch(std::span<const std::int64_t> items) const requires ReadsAhead<Set> { pictures_.prefetch(items); }
  /// The file of an item, where the pictures are from files.
  auto path(std::int64_t item) const requires NamesFiles<Set> { return pictures_.path(item); }

 private:
  const Set& pictures_;
  std::vector<std::vector<std::int32_t>> labels_;
};

/// A data set for a process with ClassLabel: the pictures of another set, and the class of each. It refers to the other
/// set, which must outlive it.
template <class Set>
class WithClasses {
 public:
  /// Throws std::invalid_argument unless there is a class for each picture.
  WithClasses(const Set& pictures, std::vector<std::int32_t> classes)
      : pictures_(pictures), classes_(std::move(classes)) {
    check(std::int64_t(classes_.size()) == pictures.size(), "WithClasses", classes_.size(), " classes for ",
          pictures.size(), " pictures");
  }
  WithClasses(const Set&&, std::vector<std::int32_t>) = delete;  // it would be gone before it is read

  std::int64_t size() const { return pictures_.size(); }
  const std::vector<std::int32_t>& classes() const { return classes_; }
  /// The pictures with these numbers, [n, H, W, C] in [-1, 1], and their classes.
  Examples<std::vector<std::int32_t>> batch(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    Examples<std::vector<std::int32_t>> examples{batch_of(pictures_, items, epoch), {}};
    for (const std::int64_t item : items) examples.given.push_back(classes_[std::size_t(item)]);
    return examples;
  }
  void prefetch(std::span<const std::int64_t> items) const requires ReadsAhead<Set> { pictures_.prefetch(items); }
  /// The file of an item, where the pictures are from files.
  auto path(std::int64_t item) const requires NamesFiles<Set> { return pictures_.path(item); }

 private:
  const Set& pictures_;
  std::vector<std::int32_t> classes_;
};

}  // namespace hush::data
