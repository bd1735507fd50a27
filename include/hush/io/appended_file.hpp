#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include <hush/io/atomic_file.hpp>

namespace hush::io {

/// A file that is appended to by whole rows or records: each is one write, which other processes see at once; a failed
/// write is undone. Throws FileError.
class AppendedFile {
 public:
  /// Opens `target` and replaces its content by `kept`.
  AppendedFile(const std::filesystem::path& target, std::string_view kept, const Disk& disk)
      : file(start(target, kept, disk)), size(kept.size()) {}
  /// Creates `target` as an empty file; throws if it exists.
  AppendedFile(const std::filesystem::path& target, const Disk& disk)
      : file(disk, target, O_WRONLY | O_CREAT | O_EXCL | O_APPEND) {}

  void append(std::string_view piece) {
    try {
      file.write(std::as_bytes(std::span(piece)));
    } catch (const FileError&) {
      file.truncate(size);
      throw;
    }
    size += piece.size();
  }
  /// Waits until all data is on the disk (fsync).
  void sync() { file.sync(); }

 private:
  static OpenFile start(const std::filesystem::path& target, std::string_view kept, const Disk& disk) {
    write_file(target, kept, disk);
    return OpenFile(disk, target, O_WRONLY | O_APPEND);
  }
  OpenFile file;
  std::uint64_t size = 0;
};

}  // namespace hush::io
