#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include <hush/io/atomic_file.hpp>

namespace hush::io {

/// A file that grows by whole pieces, a row or a record: each is one write, which other processes see at once, and one
/// that fails is taken back. Throws FileError.
class AppendedFile {
 public:
  /// Opens `target` with exactly `kept` in it.
  AppendedFile(const std::filesystem::path& target, std::string_view kept, const Disk& disk)
      : file(start(target, kept, disk)), size(kept.size()) {}
  /// Makes `target` as an empty file; throws if it is there.
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
  /// Waits until all of it is on the medium.
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
