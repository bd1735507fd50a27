#pragma once
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <hush/errors.hpp>

namespace hush::io {

namespace detail {

/// What the system says of an errno, in English under every locale of the program.
inline std::string system_words(int error) {
  const ::locale_t plain = ::newlocale(LC_ALL_MASK, "C", ::locale_t{});
  if (plain == ::locale_t{}) return std::generic_category().message(error);
  const std::string words = ::strerror_l(error, plain);
  ::freelocale(plain);
  return words;
}

}  // namespace detail

/// The system calls by which `io` changes a disk.
enum class Call { open, lock, write, truncate, sync, close, rename, remove, make_folder };

/// The injected outcome of a call, for tests: with `error` (an errno) it fails and is not made; one write moves at most
/// `most` bytes.
struct Verdict {
  int error = 0;
  std::size_t most = std::numeric_limits<std::size_t>::max();
};

/// All calls of hush that change a file go through a Disk. `before` is empty in use; tests set it to fail the n-th call
/// with ENOSPC or EIO, to shorten a write, or to end the process there.
struct Disk {
  std::function<Verdict(Call, const std::filesystem::path&)> before;

  [[noreturn]] static void fail(const std::filesystem::path& file, const std::string& wanted, int error,
                                std::uint64_t at = 0) {
    throw FileError(file, to_text(wanted, ": ", detail::system_words(error)), at);
  }

  /// Makes a call, repeated if interrupted (EINTR), and returns its result; -1 with errno set if it failed.
  template <class Make>
  long attempt(Call call, const std::filesystem::path& file, Make make) const {
    while (true) {
      const Verdict verdict = before ? before(call, file) : Verdict{};
      errno = verdict.error;
      const long result = verdict.error ? -1 : long(make(verdict.most));
      if (result >= 0 || errno != EINTR) return result;
    }
  }

  void rename(const std::filesystem::path& from, const std::filesystem::path& to) const {
    if (attempt(Call::rename, to, [&](std::size_t) { return ::rename(from.c_str(), to.c_str()); }) < 0)
      fail(to, to_text("cannot rename ", from.filename().string(), " to it"), errno);
  }

  /// Removes a file or an empty folder; a missing one is no failure.
  void remove(const std::filesystem::path& file) const {
    if (attempt(Call::remove, file, [&](std::size_t) { return ::remove(file.c_str()); }) < 0 && errno != ENOENT)
      fail(file, "cannot remove it", errno);
  }

  /// Removes a file, or a folder and what is in it; links are removed, never followed.
  void remove_all(const std::filesystem::path& file) const {
    std::error_code ignored;
    if (std::filesystem::symlink_status(file, ignored).type() == std::filesystem::file_type::directory) {
      std::vector<std::filesystem::path> inside;
      for (const auto& entry : std::filesystem::directory_iterator(file, ignored)) inside.push_back(entry.path());
      for (const auto& entry : inside) remove_all(entry);
    }
    remove(file);
  }

  /// Makes a folder and its parents; each may exist already.
  void make_folders(const std::filesystem::path& folder) const {
    std::error_code ignored;
    const auto status = std::filesystem::status(folder, ignored);
    if (folder.empty() || std::filesystem::is_directory(status)) return;
    if (std::filesystem::exists(status)) throw FileError(folder, "must be a folder, but a file has that name");
    if (folder.has_parent_path() && folder.parent_path() != folder) make_folders(folder.parent_path());
    if (attempt(Call::make_folder, folder, [&](std::size_t) { return ::mkdir(folder.c_str(), 0777); }) < 0) {
      const int error = errno;
      if (error != EEXIST || !std::filesystem::is_directory(folder, ignored)) fail(folder, "cannot make it", error);
    }
  }
};

/// Owner of the descriptor of a file or folder that is open for writing. Every call that fails throws FileError.
class OpenFile {
 public:
  OpenFile(const Disk& through, std::filesystem::path file, int flags) : disk(through), path(std::move(file)) {
    handle =
        int(disk.attempt(Call::open, path, [&](std::size_t) { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); }));
    if (handle < 0) Disk::fail(path, "cannot open it for writing", errno);
  }
  OpenFile(OpenFile&& other) noexcept
      : disk(std::move(other.disk)),
        path(std::move(other.path)),
        handle(std::exchange(other.handle, -1)),
        written(other.written) {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile() {
    if (handle >= 0) ::close(handle);
  }

  /// Waits for the exclusive lock (flock) of a living writer; the system drops it when its process ends. No lock where
  /// the file system has none.
  void lock() {
    if (disk.attempt(Call::lock, path, [&](std::size_t) { return ::flock(handle, LOCK_EX); }) < 0 &&
        errno != EOPNOTSUPP && errno != ENOLCK && errno != ENOSYS)
      Disk::fail(path, "cannot lock it", errno);
  }

  /// Whether the name still belongs to the open file.
  bool still_named() const {
    struct stat mine, named;
    return ::fstat(handle, &mine) == 0 && ::stat(path.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
           mine.st_dev == named.st_dev;
  }

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const long moved = disk.attempt(Call::write, path, [&](std::size_t most) {
        return ::write(handle, bytes.data(), std::min({bytes.size(), most, std::size_t(1) << 30}));
      });
      if (moved <= 0) Disk::fail(path, "cannot write", moved < 0 ? errno : EIO, written);
      written += std::uint64_t(moved);
      bytes = bytes.subspan(std::size_t(moved));
    }
  }

  void truncate(std::uint64_t size) {
    if (disk.attempt(Call::truncate, path, [&](std::size_t) { return ::ftruncate(handle, off_t(size)); }) < 0)
      Disk::fail(path, "cannot shorten it", errno, size);
  }

  /// Waits until the bytes (of a folder: its names) are on the disk (fsync). A file system that cannot sync a folder is
  /// no failure.
  void sync() {
    if (disk.attempt(Call::sync, path, [&](std::size_t) { return ::fsync(handle); }) < 0 && errno != EINVAL &&
        errno != EROFS)
      Disk::fail(path, "cannot bring it to the disk", errno, written);
  }

  void close() {
    const Verdict verdict = disk.before ? disk.before(Call::close, path) : Verdict{};
    const int failed = ::close(std::exchange(handle, -1)) < 0 ? errno : verdict.error;
    if (failed != 0 && failed != EINTR) Disk::fail(path, "cannot close it", failed, written);
  }

 private:
  Disk disk;
  std::filesystem::path path;
  int handle = -1;
  std::uint64_t written = 0;
};

/// All bytes of a regular file of at most `most` bytes. Throws FileError.
inline std::vector<std::byte> read_file(const std::filesystem::path& file,
                                        std::uint64_t most = std::numeric_limits<std::int64_t>::max()) {
  struct Closing {
    int handle;
    ~Closing() {
      if (handle >= 0) ::close(handle);
    }
  };
  const Closing open{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (open.handle < 0) Disk::fail(file, "cannot open it", errno);
  struct stat about;
  if (::fstat(open.handle, &about) < 0) Disk::fail(file, "cannot ask for its size", errno);
  if (S_ISDIR(about.st_mode)) throw FileError(file, "is a folder, a file is wanted");
  if (!S_ISREG(about.st_mode)) throw FileError(file, "is not a regular file");
  const auto size = std::uint64_t(about.st_size);
  if (size > most) throw FileError(file, to_text("is ", size, " bytes long, more than the ", most, " allowed"), most);
  std::vector<std::byte> bytes(size);
  for (std::size_t at = 0; at < bytes.size();) {
    const auto moved =
        ::pread(open.handle, bytes.data() + at, std::min(bytes.size() - at, std::size_t(1) << 30), ::off_t(at));
    if (moved < 0 && errno == EINTR) continue;
    if (moved < 0) Disk::fail(file, "cannot read", errno, at);
    if (moved == 0) throw FileError(file, "became shorter while it was read", at);
    at += std::size_t(moved);
  }
  return bytes;
}

}  // namespace hush::io
