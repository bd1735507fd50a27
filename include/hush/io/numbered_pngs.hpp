#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include <hush/images.hpp>
#include <hush/io/file_ending.hpp>
#include <hush/io/png.hpp>

namespace hush::io {

namespace detail {

/// The file name of picture `number` of a set, such as 007.png, with as many digits as the last number has.
inline std::string numbered_png(std::int64_t number, std::int64_t count) {
  const std::size_t digits = std::to_string(std::max<std::int64_t>(count, 1) - 1).size();
  std::string name = std::to_string(number);
  return name.insert(0, digits - name.size(), '0') + ".png";
}

}  // namespace detail

/// The pictures in a folder of an earlier set of `write_pngs` (0.png, 1.png, ... without a gap) that a set of `count`
/// pictures will not overwrite. Throws FileError if the folder holds other pictures, which readers of the folder would
/// take for members of the set.
inline std::vector<std::filesystem::path> left_of_earlier_pngs(const std::filesystem::path& folder,
                                                               std::int64_t count) {
  std::vector<std::filesystem::path> left;
  std::map<std::size_t, std::set<std::string>> numbered;  // by how many digits they have, in the order of their numbers
  const auto refuse = [&](const std::string& name) {
    throw FileError(folder,
                    to_text("holds ", name, ", a picture of no set that was written here; choose an empty folder"));
  };
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string(), stem = at->path().stem().string();
    const std::string ending = ending_of(at->path());
    std::error_code ignored;
    if (name.starts_with('.') || at->is_directory(ignored)) continue;
    if (name == stem + ".png" && std::ranges::all_of(stem, [](char c) { return c >= '0' && c <= '9'; }))
      numbered[stem.size()].insert(name);
    else if (ending == ".png" || ending == ".jpg" || ending == ".jpeg")
      refuse(name);
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw FileError(folder, to_text("cannot list it: ", detail::system_words(error.value())));
  const std::size_t digits = detail::numbered_png(0, count).size() - 4;
  for (const auto& [size, names] : numbered) {
    std::int64_t next = 0;
    for (const auto& name : names) {
      const std::string plain = std::to_string(next);
      if (plain.size() > size || name != std::string(size - plain.size(), '0') + plain + ".png") refuse(name);
      if (size != digits || next >= count) left.push_back(folder / name);
      ++next;
    }
  }
  return left;
}

/// Writes every image, grey or RGB, as a PNG of its own into a folder, which is made if it is missing: 00.png, 01.png,
/// ..., with as many digits as the last number has. Pictures of an earlier set that was written there are removed
/// first; a folder that holds others is refused, see `left_of_earlier_pngs`. Throws FileError, std::invalid_argument.
inline void write_pngs(const std::filesystem::path& folder, const Images<std::uint8_t>& images, const Disk& disk = {}) {
  check_filled("write_pngs", images);
  check(images.count == 0 || (images.stride() > 0 && (images.channels == 1 || images.channels == 3)), "write_pngs",
        "wants images with 1 or 3 channels, got ", images.count, " of ",
        ImageSize{images.height, images.width, images.channels});
  disk.make_folders(folder);
  for (const auto& file : left_of_earlier_pngs(folder, images.count)) disk.remove(file);
  for (std::int64_t i = 0; i < images.count; ++i)
    write_png(folder / detail::numbered_png(i, images.count),
              {1, images.height, images.width, images.channels, {images[i].begin(), images[i].end()}}, {}, disk);
}

}  // namespace hush::io
