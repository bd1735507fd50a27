#pragma once
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <hush/errors.hpp>
#include <hush/io/disk.hpp>
#include <hush/io/file_ending.hpp>
#include <hush/warning.hpp>

namespace hush::data {

/// A picture file: its path below the folder, and the size and time that show whether it was replaced.
struct PictureFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::int64_t modified = 0;  // nanoseconds since 1970
};

/// Counts of what a folder holds but is not read: pictures of other kinds by extension, and links to folders. Other
/// files and hidden names are not counted.
using PassedOver = std::map<std::string, std::int64_t>;

namespace detail {

/// File extensions of pictures that are not read.
inline constexpr std::array other_pictures{".avif", ".bmp", ".dng", ".gif",  ".heic", ".heif", ".jfif", ".jp2",
                                           ".jpe",  ".jxl", ".pgm", ".ppm",  ".psd",  ".svg",  ".tga",  ".tif",
                                           ".tiff", ".pnm", ".qoi", ".webp", ".ico",  ".pbm",  ".exr",  ".hdr"};

/// "3 .bmp, 1 .webp (only .jpg, ... are read), 1 linked folder (...)".
inline std::string words_of(const PassedOver& passed) {
  std::string pictures, folders;
  for (const auto& [kind, count] : passed)
    if (kind.starts_with('.'))
      pictures += to_text(pictures.empty() ? "" : ", ", count, ' ', kind);
    else
      folders = to_text(count, ' ', kind, count == 1 ? "" : "s", " (give the folder itself, or link its files)");
  if (!pictures.empty()) pictures += " (only .jpg, .jpeg and .png are read: convert or rename them)";
  return pictures + (pictures.empty() || folders.empty() ? "" : ", ") + folders;
}

/// Name, size and time of a picture of a folder; a dangling link is reported when it is read.
inline PictureFile picture_file(const std::filesystem::path& path, const std::filesystem::path& folder) {
  PictureFile file{path.lexically_relative(folder).generic_string()};
  struct stat about;
  if (::stat(path.c_str(), &about) != 0) return file;
  file.bytes = std::uint64_t(about.st_size);
  file.modified = std::int64_t(about.st_mtim.tv_sec) * 1'000'000'000 + about.st_mtim.tv_nsec;
  return file;
}

/// The pictures below a folder as it lists them; what is passed over is counted in `others`.
inline std::vector<PictureFile> listed_pictures(const std::filesystem::path& folder, PassedOver& others) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<PictureFile> files;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const auto& path = at->path();
    if (path.filename().string().starts_with('.')) {
      at.disable_recursion_pending();
      continue;
    }
    std::error_code ignored;
    if (at->is_directory(ignored)) {
      if (at->is_symlink(ignored)) ++others["linked folder"];
      continue;
    }
    const std::string ending = io::ending_of(path);
    if (std::ranges::find(other_pictures, ending) != other_pictures.end()) ++others[ending];
    if (ending != ".jpg" && ending != ".jpeg" && ending != ".png") continue;
    files.push_back(picture_file(path, folder));
  }
  if (error) throw FileError(folder, to_text("cannot list it: ", io::detail::system_words(error.value())));
  return files;
}

}  // namespace detail

/// The files below a folder, at any depth, with the extension .jpg, .jpeg or .png in any case, sorted by path (as
/// bytes, as Python sorts them). Hidden names are skipped, and links to folders are not followed; pictures of other
/// kinds and such links are counted in `passed`, or else in a warning. Throws FileError if there is no such folder, or
/// no picture in it.
inline std::vector<PictureFile> picture_files(const std::filesystem::path& folder, PassedOver* passed = nullptr) {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto status = fs::status(folder, error);
  if (!fs::exists(status)) throw FileError(folder, "there is no such folder");
  if (!fs::is_directory(status)) throw FileError(folder, "must be a folder, but it is a file");
  PassedOver others;
  std::vector<PictureFile> files = detail::listed_pictures(folder, others);
  const std::string left = others.empty() ? "" : to_text("; passed over: ", detail::words_of(others));
  if (files.empty()) throw FileError(folder, "holds no pictures (.jpg, .jpeg or .png)" + left);
  if (passed)
    *passed = std::move(others);
  else if (!left.empty())
    warn_once("passed over", double(std::hash<std::string>{}(folder.string() + left)),
              [&] { return to_text(folder.string(), ": ", files.size(), " pictures are read", left); });
  std::ranges::sort(files, {}, &PictureFile::name);
  return files;
}

}  // namespace hush::data
