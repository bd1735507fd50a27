#pragma once
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <hush/errors.hpp>

namespace hush::data {

/// A picture in a folder: its path below the folder, and what changes when somebody replaces it.
struct PictureFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::int64_t modified = 0;  // nanoseconds since 1970
};

/// The files below a folder, at any depth, that end in .jpg, .jpeg or .png, large or small letters, sorted by path (as
/// bytes, as Python sorts them). Hidden names are passed over, and links to folders are not followed. Throws FileError
/// where there is no such folder, or no picture in it.
inline std::vector<PictureFile> picture_files(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto status = fs::status(folder, error);
  if (!fs::exists(status)) throw FileError(folder, "there is no such folder");
  if (!fs::is_directory(status)) throw FileError(folder, "must be a folder, but it is a file");
  std::vector<PictureFile> files;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const auto& path = at->path();
    if (path.filename().string().starts_with('.')) {
      at.disable_recursion_pending();
      continue;
    }
    std::string ending = path.extension().string();
    for (char& letter : ending)
      if (letter >= 'A' && letter <= 'Z') letter = char(letter - 'A' + 'a');
    std::error_code ignored;
    if ((ending != ".jpg" && ending != ".jpeg" && ending != ".png") || at->is_directory(ignored)) continue;
    PictureFile file{path.lexically_relative(folder).generic_string()};
    struct stat about;
    if (::stat(path.c_str(), &about) == 0) {  // a link to nowhere is told of when it is read
      file.bytes = std::uint64_t(about.st_size);
      file.modified = std::int64_t(about.st_mtim.tv_sec) * 1'000'000'000 + about.st_mtim.tv_nsec;
    }
    files.push_back(std::move(file));
  }
  if (error) throw FileError(folder, words("cannot list it: ", error.message()));
  if (files.empty()) throw FileError(folder, "holds no pictures (.jpg, .jpeg or .png)");
  std::ranges::sort(files, {}, &PictureFile::name);
  return files;
}

}  // namespace hush::data
