#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/errors.hpp>
#include <hush/io/atomic_file.hpp>
#include <hush/io/checksum.hpp>
#include <hush/io/disk.hpp>

namespace hush::data {

static_assert(std::endian::native == std::endian::little, "packed images are little-endian, and so must we be");

namespace detail {

inline constexpr std::array<char, 8> pack_mark{'h', 'u', 's', 'h', 'p', 'a', 'c', 'k'};

/// The trailer of a pack. The file is: mark, bytes of all pictures, recipe, one entry per source (0: no picture; else 1
/// << 32 plus the CRC-32 of its picture), trailer.
struct PackEnd {
  std::uint64_t recipe = 0, sources = 0, checksum = 0;  // lengths; CRC-32 of recipe, entries and both lengths
  std::array<char, 8> mark = pack_mark;
};
constexpr std::uint64_t pack_present = std::uint64_t(1) << 32;

inline std::uint64_t pack_checksum(std::span<const std::byte> recipe, std::span<const std::uint64_t> entries) {
  io::Crc32 sum;
  const std::uint64_t lengths[]{recipe.size(), entries.size()};
  sum.add(recipe);
  sum.add(std::as_bytes(entries));
  sum.add(std::as_bytes(std::span(lengths)));
  return sum.value;
}

}  // namespace detail

/// Writes pictures of one size into one file, whole or not at all: `add` or `skip` each source in its order, then
/// `commit`. The recipe is a text that identifies how the content was made. Throws FileError.
class PackWriter {
 public:
  PackWriter(const PackWriter&) = delete;
  explicit PackWriter(const std::filesystem::path& target, const io::Disk& through = {})
      : disk_(through),
        final_(io::writable_target(target, disk_)),
        temporary_(io::growing(final_)),
        file_(io::open_growing(temporary_, disk_)),
        unless_committed_{temporary_, disk_} {
    file_.write(std::as_bytes(std::span(detail::pack_mark)));
  }

  void add(std::span<const std::uint8_t> picture) {
    file_.write(std::as_bytes(picture));
    entries_.push_back(detail::pack_present | io::crc32(std::as_bytes(picture)));
  }
  void skip() { entries_.push_back(0); }

  void commit(std::string_view recipe) {
    const auto text = std::as_bytes(std::span(recipe));
    const detail::PackEnd end{recipe.size(), entries_.size(), detail::pack_checksum(text, entries_)};
    file_.write(text);
    file_.write(std::as_bytes(std::span(entries_)));
    file_.write(std::as_bytes(std::span(&end, 1)));
    file_.sync();
    disk_.rename(temporary_, final_);
    unless_committed_.done = true;
    file_.close();
    io::sync_folder(io::folder_of(final_), disk_);
  }

 private:
  struct Discarded {
    const std::filesystem::path& temporary;
    const io::Disk& disk;
    bool done = false;
    ~Discarded() {
      if (!done) io::discard(temporary, disk);
    }
  };

  io::Disk disk_;
  std::filesystem::path final_, temporary_;
  io::OpenFile file_;
  Discarded unless_committed_;
  std::vector<std::uint64_t> entries_;
};

/// Random access to the pictures of such a file, thread safe. Lengths and directory are checked when it is opened, each
/// picture's checksum when it is first read.
class PackedImages {
 public:
  /// The pack in `file`, of pictures of `stride` bytes; nothing if there is no file, or one of another recipe. Throws
  /// FileError for a file that is damaged or no pack.
  static std::optional<PackedImages> open(const std::filesystem::path& file, std::string_view recipe,
                                          std::int64_t stride) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return std::nullopt;
    PackedImages pack(file, stride);
    std::array<char, 8> mark{};
    const auto size = pack.size();
    if (size >= mark.size()) pack.fetch(0, std::as_writable_bytes(std::span(mark)));
    if (mark != detail::pack_mark) throw FileError(file, "is no pack of pictures, and will not be replaced by one");
    if (!pack.read_directory(size, recipe)) return std::nullopt;
    return pack;
  }

  std::int64_t sources() const { return std::int64_t(places_.size()); }
  /// Whether this source gave a picture.
  bool holds(std::int64_t source) const { return places_[std::size_t(source)].at != 0; }

  /// Copies the picture of a source that gave one into `to`, of `stride` bytes.
  void read(std::int64_t source, std::span<std::uint8_t> to) const {
    const auto& place = places_[std::size_t(source)];
    fetch(place.at, std::as_writable_bytes(to));
    auto& believed = believed_[std::size_t(source)];
    if (believed.load(std::memory_order_relaxed)) return;
    if (io::crc32(std::as_bytes(to)) != place.checksum) damaged(to_text("picture ", source), place.at);
    believed.store(true, std::memory_order_relaxed);
  }

 private:
  struct Place {
    std::uint64_t at = 0;
    std::uint32_t checksum = 0;
  };
  struct Handle {
    int number = -1;
    explicit Handle(int opened) : number(opened) {}
    Handle(Handle&& other) noexcept : number(std::exchange(other.number, -1)) {}
    Handle& operator=(Handle&& other) noexcept {
      std::swap(number, other.number);
      return *this;
    }
    ~Handle() {
      if (number >= 0) ::close(number);
    }
  };

  PackedImages(const std::filesystem::path& file, std::int64_t stride)
      : path_(file), stride_(std::uint64_t(stride)), handle_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (handle_.number < 0) io::Disk::fail(path_, "cannot open it", errno);
  }
  [[noreturn]] void damaged(const std::string& what, std::uint64_t at) const {
    throw FileError(path_, to_text(what, " of the pack is damaged; remove the file, and it is made anew"), at);
  }
  std::uint64_t size() const {
    struct stat about;
    if (::fstat(handle_.number, &about) < 0) io::Disk::fail(path_, "cannot ask for its size", errno);
    if (!S_ISREG(about.st_mode)) throw FileError(path_, "is not a regular file");
    return std::uint64_t(about.st_size);
  }
  void fetch(std::uint64_t at, std::span<std::byte> to) const {
    while (!to.empty()) {
      const auto moved = ::pread(handle_.number, to.data(), to.size(), off_t(at));
      if (moved < 0 && errno == EINTR) continue;
      if (moved < 0) io::Disk::fail(path_, "cannot read", errno, at);
      if (moved == 0) throw FileError(path_, "became shorter while it was read", at);
      to = to.subspan(std::size_t(moved));
      at += std::uint64_t(moved);
    }
  }
  /// Fills `places_`; false if the pack was made by another recipe.
  bool read_directory(std::uint64_t size, std::string_view recipe) {
    detail::PackEnd end;
    constexpr std::uint64_t least = sizeof end + sizeof detail::pack_mark;
    if (size < least) damaged("the end", size);
    fetch(size - sizeof end, std::as_writable_bytes(std::span(&end, 1)));
    const std::uint64_t room = size - least;
    if (end.mark != detail::pack_mark || end.recipe > room || end.sources > (room - end.recipe) / 8)
      damaged("the end", size - sizeof end);
    const std::uint64_t directory = end.recipe + 8 * end.sources, begin = size - sizeof end - directory;
    std::string text(end.recipe, '\0');
    std::vector<std::uint64_t> entries(end.sources);
    fetch(begin, std::as_writable_bytes(std::span(text)));
    fetch(begin + end.recipe, std::as_writable_bytes(std::span(entries)));
    if (detail::pack_checksum(std::as_bytes(std::span(text)), entries) != end.checksum) damaged("the directory", begin);
    if (text != recipe) return false;
    std::uint64_t at = sizeof detail::pack_mark;
    for (const auto entry : entries) {
      places_.push_back(entry ? Place{at, std::uint32_t(entry)} : Place{});
      if (entry) at += stride_;
    }
    if (at != begin) damaged("the length", begin);
    believed_ = std::make_unique<std::atomic<bool>[]>(entries.size());
    return true;
  }

  std::filesystem::path path_;
  std::uint64_t stride_;
  Handle handle_;
  std::vector<Place> places_;
  std::unique_ptr<std::atomic<bool>[]> believed_;
};

}  // namespace hush::data
