#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hush/data/folder_pictures.hpp>
#include <hush/data/split.hpp>
#include <hush/errors.hpp>
#include <hush/images.hpp>
#include <hush/io/checksum.hpp>
#include <hush/random/philox.hpp>

namespace hush::data {

/// The pictures of a folder as a data set for `train`, from files, from a cache or from memory. Copies and parts share
/// the files, the cache and the threads. A corrupt file throws its FileError when its batch is loaded; with a cache, in
/// memory or with skipping, all files are read once when the set is opened.
class ImageFolder {
 public:
  ImageFolder(const std::filesystem::path& folder, ImageFolderOptions options)
      : pictures_(std::make_shared<detail::FolderPictures>(folder, std::move(options))) {
    for (std::size_t i = 0; i < pictures_->good.size(); ++i) items_.push_back(std::int64_t(i));
  }

  std::int64_t size() const { return std::int64_t(items_.size()); }

  /// The pictures with these positions, in this order, [n, H, W, C] in [-1, 1]. Throws std::invalid_argument for a
  /// position outside the set, FileError for a file that cannot be read.
  Images<float> batch(std::span<const std::int64_t> items) const {
    auto wanted = numbers(items);
    detail::FolderPictures::Ahead made;
    {
      const std::lock_guard lock(pictures_->mutex);
      if (pictures_->ahead.task && pictures_->ahead.items == wanted) made = std::exchange(pictures_->ahead, {});
    }
    if (!made.task) made = begin(std::move(wanted));
    pictures_->finish(*made.task);
    return std::move(*made.out);
  }
  /// Prefetches pictures in the background for the next `batch` of exactly these items. A later call replaces an
  /// earlier one.
  void prefetch(std::span<const std::int64_t> items) const {
    auto made = begin(numbers(items));
    const std::lock_guard lock(pictures_->mutex);
    std::swap(pictures_->ahead, made);
    if (made.task) Workers::abandon(*made.task);
  }
  /// The same pictures as bytes, [n, H, W, C].
  Images<std::uint8_t> bytes(std::span<const std::int64_t> items) const {
    const auto out = std::make_shared<Images<std::uint8_t>>(pictures_->room<std::uint8_t>(items.size()));
    pictures_->finish(*pictures_->begin(numbers(items), out));
    return std::move(*out);
  }

  /// The file of a picture.
  std::filesystem::path path(std::int64_t item) const { return pictures_->root / name(item); }
  /// Its path below the folder, with slashes.
  const std::string& name(std::int64_t item) const {
    const auto number = numbers({&item, 1}).front();
    return pictures_->files[std::size_t(pictures_->good[std::size_t(number)])].name;
  }
  /// Number of its pictures, and a checksum of their names and sizes in their order, by which a run knows its data.
  std::string fingerprint() const {
    std::string all;
    for (const std::int64_t item : items_) {
      const auto& file = pictures_->files[std::size_t(pictures_->good[std::size_t(item)])];
      all += to_text(file.name, ' ', file.bytes, '\n');
    }
    return to_text(items_.size(), " files ", io::hexadecimal(io::crc32(std::as_bytes(std::span(all)))));
  }
  /// The errors of the skipped files, in order.
  const std::vector<FileError>& corrupt() const { return pictures_->corrupt; }

  /// The subset of the items `begin` to `end` - 1. Throws std::invalid_argument for a range outside the set.
  ImageFolder part(std::int64_t begin, std::int64_t end) const {
    check(0 <= begin && begin <= end && end <= size(), "ImageFolder::part", "items ", begin, " to ", end, " of ",
          size());
    auto out = *this;
    out.items_ = {items_.begin() + begin, items_.begin() + end};
    return out;
  }
  /// The subset of these items, in this order. Throws std::invalid_argument for a position outside the set.
  ImageFolder part(std::span<const std::int64_t> items) const {
    auto out = *this;
    out.items_ = numbers(items);
    return out;
  }

 private:
  std::vector<std::int64_t> numbers(std::span<const std::int64_t> items) const {
    std::vector<std::int64_t> out;
    for (const std::int64_t item : items) {
      check(item >= 0 && item < size(), "ImageFolder", "item ", item, " of ", size());
      out.push_back(items_[std::size_t(item)]);
    }
    return out;
  }
  detail::FolderPictures::Ahead begin(std::vector<std::int64_t> numbers) const {
    const auto out = std::make_shared<Images<float>>(pictures_->room<float>(numbers.size()));
    const auto task = pictures_->begin(numbers, out);
    return {std::move(numbers), out, task};
  }

  std::shared_ptr<detail::FolderPictures> pictures_;
  std::vector<std::int64_t> items_;  // numbers of pictures
};

/// The JPEG and PNG files below a folder as a data set; see ImageFolder and its options. Throws FileError for a folder
/// that is missing, empty or a file, std::invalid_argument for options that cannot be.
inline ImageFolder image_folder(const std::filesystem::path& folder, ImageFolderOptions options) {
  return {folder, std::move(options)};
}

/// Splits a set into training and validation pictures, at random or the last ones; see Validation. A random split
/// depends on the paths below the folder, not on the folder's place. Throws std::invalid_argument if more are to
/// validate than there are, and for a part that holds a picture twice, which could train and validate.
inline std::pair<ImageFolder, ImageFolder> split(const ImageFolder& set, const Validation& validation) {
  std::set<std::string> names;
  for (std::int64_t item = 0; item < set.size(); ++item)
    check(names.insert(set.name(item)).second, "split", set.name(item),
          " is in the set twice, and could train and validate; split first, then repeat pictures of the training part");
  const auto [training, held] =
      split_items(set.size(), validation, [&](std::int64_t item) { return purpose(set.name(item)); });
  return {set.part(training), set.part(held)};
}

}  // namespace hush::data
