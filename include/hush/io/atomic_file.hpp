#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <hush/errors.hpp>
#include <hush/io/disk.hpp>

namespace hush::io {

/// The bytes of a file in the order in which they are written.
using Pieces = std::vector<std::span<const std::byte>>;

/// The temporary file of `target`, a hidden sibling. Its name is fixed, so that the next writer takes over what a
/// killed process left; a lock keeps living writers apart.
inline std::filesystem::path growing(const std::filesystem::path& target) {
  return target.parent_path() / to_text(".", target.filename().string(), ".hush-tmp");
}

inline std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

/// The place that a path leads to: absolute, all links followed, also a link to a file that is not there yet, and no
/// `.` and `..` left. A circle of links stays as it is.
inline std::filesystem::path place_of(const std::filesystem::path& path) {
  std::error_code error;
  const auto whole = std::filesystem::absolute(path, error);
  if (path.empty() || error) return path;  // also where the folder in which the program runs is gone
  auto place = whole.lexically_normal();
  for (int links = 0; links < 40; ++links) {
    auto next = std::filesystem::weakly_canonical(links == 0 ? whole : place, error);
    if (error) break;
    place = std::move(next);
    if (!std::filesystem::is_symlink(place, error)) break;
    place = place.parent_path() / std::filesystem::read_symlink(place, error);  // to what is not there
  }
  return place.has_filename() || !place.has_relative_path() ? place : place.parent_path();
}

/// Waits until the names in a folder are on the disk (fsync).
inline void sync_folder(const std::filesystem::path& folder, const Disk& disk) {
  OpenFile names(disk, folder, O_RDONLY | O_DIRECTORY);
  names.sync();
  names.close();
}

/// Removes a temporary file or folder. Never throws, as it runs while another failure is reported; remove_leftovers
/// will find what it cannot remove.
inline void discard(const std::filesystem::path& temporary, const Disk& disk) noexcept {
  try {
    disk.remove_all(temporary);
  } catch (...) {}
}

/// Opens, locks and empties the temporary file.
inline OpenFile open_growing(const std::filesystem::path& temporary, const Disk& disk) {
  while (true) {
    OpenFile file(disk, temporary, O_WRONLY | O_CREAT | O_NOFOLLOW);
    try {
      file.lock();
      if (!file.still_named()) continue;  // its last owner has just renamed or removed it
      file.truncate(0);
    } catch (...) {
      discard(temporary, disk);
      throw;
    }
    return file;
  }
}

/// The file that a write to `target` replaces: links are followed, missing folders made. A folder, a device or a path
/// below a regular file is refused.
inline std::filesystem::path writable_target(const std::filesystem::path& target, const Disk& disk) {
  std::error_code ignored;
  auto file = target;
  if (std::filesystem::is_symlink(file, ignored)) file = place_of(file);
  if (std::filesystem::is_symlink(file, ignored)) throw FileError(target, "is a link in a circle of links");
  if (!file.has_filename()) throw FileError(target, "names no file to write");
  disk.make_folders(folder_of(file));
  const auto status = std::filesystem::status(file, ignored);
  if (std::filesystem::is_directory(status)) throw FileError(target, "is a folder, a file is wanted");
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw FileError(target, "is not a regular file and will not be replaced");
  return file;
}

/// Writes a file whole or not at all: into a hidden sibling, synced, renamed, and the folder synced. After any failure,
/// or a killed process, `target` is the old file or the new one. Throws FileError.
inline void write_file(const std::filesystem::path& target, const Pieces& pieces, const Disk& disk = {}) {
  const auto final = writable_target(target, disk);
  const auto temporary = growing(final);
  OpenFile file = open_growing(temporary, disk);
  try {
    for (const auto& piece : pieces) file.write(piece);
    file.sync();
    disk.rename(temporary, final);
  } catch (...) {
    discard(temporary, disk);
    throw;
  }
  file.close();
  sync_folder(folder_of(final), disk);
}
inline void write_file(const std::filesystem::path& target, std::string_view text, const Disk& disk = {}) {
  write_file(target, Pieces{std::as_bytes(std::span(text))}, disk);
}

/// A folder of files that appears whole or not at all: `write` its files, then `commit`. Until then it has a hidden
/// name; without `commit` it is removed.
class NewFolder {
 public:
  explicit NewFolder(std::filesystem::path target, const Disk& through = {})
      : disk(through), final(std::move(target)), temporary(growing(final)), held(claim(temporary, disk)) {}
  NewFolder(const NewFolder&) = delete;
  ~NewFolder() {
    if (!committed) discard(temporary, disk);
  }

  void write(const std::string& name, const Pieces& pieces) {
    OpenFile file(disk, temporary / name, O_WRONLY | O_CREAT | O_EXCL);
    for (const auto& piece : pieces) file.write(piece);
    file.sync();
    file.close();
  }

  /// Renames the folder to `target`, which must not exist, or be an empty folder.
  void commit() {
    held.sync();
    disk.rename(temporary, final);
    committed = true;
    sync_folder(folder_of(final), disk);
  }

 private:
  static OpenFile claim(const std::filesystem::path& temporary, const Disk& disk) {
    while (true) {
      disk.make_folders(temporary);
      try {
        OpenFile folder(disk, temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        folder.lock();
        if (!folder.still_named()) continue;
        std::vector<std::filesystem::path> stale;
        for (const auto& entry : std::filesystem::directory_iterator(temporary)) stale.push_back(entry.path());
        for (const auto& entry : stale) disk.remove_all(entry);
        return folder;
      } catch (...) {
        discard(temporary, disk);
        throw;
      }
    }
  }

  Disk disk;
  std::filesystem::path final, temporary;
  OpenFile held;
  bool committed = false;
};

/// Removes the temporary files of dead processes from a folder; those that a living one has locked stay. Returns how
/// many were removed. Called at the start of a run.
inline int remove_leftovers(const std::filesystem::path& folder, const Disk& disk = {}) {
  std::error_code ignored;
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const auto name = entry.path().filename().string();
    if (name.size() > 10 && name.front() == '.' && name.ends_with(".hush-tmp")) found.push_back(entry.path());
  }
  int removed = 0;
  for (const auto& path : found) {
    const int handle = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const bool alive = handle >= 0 && ::flock(handle, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    if (!alive) discard(path, disk);
    removed += !alive && !std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
    if (handle >= 0) ::close(handle);
  }
  return removed;
}

}  // namespace hush::io
