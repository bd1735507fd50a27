#pragma once
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <hush/io/atomic_file.hpp>
#include <hush/io/file_ending.hpp>

namespace hush::io {

/// The files that a program will read and write, each with its name for messages (the option): `check` finds before the
/// work what would be overwritten or fail at its end. Resolves links, `./` and other spellings of one path. Empty paths
/// (options not given) are ignored.
class FilePlan {
 public:
  /// A file that is read.
  void reads(const std::string& name, const std::filesystem::path& file) { tell(Use::reads, name, file); }
  /// A folder that is read with all that is in it, whatever its name.
  void reads_folder(const std::string& name, const std::filesystem::path& folder) {
    tell(Use::reads_folder, name, folder);
  }
  /// A file that is written; `ending` is the extension of its format (".png"). A name with another ending is refused.
  void writes(const std::string& name, const std::filesystem::path& file, const std::string& ending = {}) {
    const std::string its = ending_of(file);
    if (!ending.empty() && !its.empty() && its != ending)
      throw FileError(file, to_text("what is written here is a ", ending.substr(1), " file: give it a name in ", ending,
                                    " (", name, ")"));
    tell(Use::writes, name, file);
  }
  /// A file that is read if it is there, and written: a cache. It may lie in a folder that is read.
  void keeps(const std::string& name, const std::filesystem::path& file) { tell(Use::keeps, name, file); }
  /// A folder in which files are written under names that the program gives.
  void writes_folder(const std::string& name, const std::filesystem::path& folder) {
    tell(Use::writes_folder, name, folder);
  }

  /// Throws FileError, naming both, where an output is an input or another output, lies in a folder that is read, or is
  /// a folder that an input lies in; where an input is not there; and where an output cannot be written: it is a folder
  /// or no regular file, its folder cannot be made, takes no new file, or has no room. Leaves nothing behind.
  void check(const Disk& disk = {}) const {
    for (const Told& one : told_)
      if (one.use == Use::reads || one.use == Use::reads_folder) exists(one);
    for (const Told& one : told_)
      if (writing(one)) of_its_kind(one);
    for (const Told& one : told_)
      if (writing(one)) compare(one);
    std::set<std::filesystem::path> probed;
    for (const Told& one : told_)
      if (writing(one)) writable(one, disk, probed);
  }

 private:
  enum class Use { reads, reads_folder, writes, keeps, writes_folder };
  struct Told {
    Use use;
    std::string name;
    std::filesystem::path path, place;  // as given, and resolved
  };

  void tell(Use use, const std::string& name, const std::filesystem::path& path) {
    if (path.empty()) return;
    told_.push_back({use, name, path, place_of(path)});
    at_.emplace(told_.back().place, told_.size() - 1);
    struct stat about;  // a folder mounted twice, a case-insensitive file system
    if (::stat(path.c_str(), &about) == 0)
      same_.emplace(std::pair(std::uint64_t(about.st_dev), std::uint64_t(about.st_ino)), told_.size() - 1);
    if (use != Use::reads) return;
    const auto in = told_.back().place.parent_path(), named_in = place_of(folder_of(path));
    inputs_in_.emplace(in, told_.size() - 1);
    if (named_in != in) inputs_in_.emplace(named_in, told_.size() - 1);  // a link to elsewhere
  }
  static bool writing(const Told& one) { return one.use != Use::reads && one.use != Use::reads_folder; }

  static void exists(const Told& one) {
    std::error_code ignored;
    const auto status = std::filesystem::status(one.path, ignored);
    const bool folder = std::filesystem::is_directory(status), wanted = one.use == Use::reads_folder;
    if (!std::filesystem::exists(status))
      throw FileError(one.path, to_text("there is no such ", wanted ? "folder (" : "file (", one.name, ")"));
    if (folder != wanted)
      throw FileError(
          one.path,
          to_text(wanted ? "must be a folder, but it is a file (" : "is a folder, a file is wanted (", one.name, ")"));
  }

  [[noreturn]] static void refuse(const Told& one, const std::string& what, const Told& other) {
    throw FileError(one.path, to_text(one.name, " ", what, " (", other.name, " ", other.path.string(),
                                      "). Choose another place for ", one.name));
  }
  void against(const Told& one, const Told& other) const {
    if (&one == &other) return;
    if (!writing(other)) refuse(one, "would replace what is read", other);
    refuse(one, "and another output are the same", other);
  }
  /// Compares one output with everything else.
  void compare(const Told& one) const {
    const auto each = [](const auto& map, const auto& key, const auto& f) {
      for (auto [at, end] = map.equal_range(key); at != end; ++at) f(at->second);
    };
    each(at_, one.place, [&](std::size_t other) { against(one, told_[other]); });
    struct stat about;
    if (::stat(one.path.c_str(), &about) == 0)
      each(same_, std::pair(std::uint64_t(about.st_dev), std::uint64_t(about.st_ino)),
           [&](std::size_t other) { against(one, told_[other]); });
    if (one.use == Use::writes_folder)
      each(inputs_in_, one.place,
           [&](std::size_t other) { refuse(one, "is where an input lies, which it might replace", told_[other]); });
    for (auto above = one.place.parent_path(); above != above.root_path(); above = above.parent_path())
      each(at_, above, [&](std::size_t other) {
        if (told_[other].use == Use::reads_folder && one.use != Use::keeps)
          refuse(one, "lies in a folder that is read", told_[other]);
        if (told_[other].use == Use::writes || told_[other].use == Use::keeps)
          refuse(one, "lies below an output that is a file", told_[other]);
      });
  }

  static void of_its_kind(const Told& one) {
    std::error_code ignored;
    const std::string of = to_text(" (", one.name, ")");
    const auto status = std::filesystem::status(one.path, ignored);
    if (std::filesystem::is_symlink(one.place, ignored))
      throw FileError(one.path, "is a link in a circle of links" + of);
    if (one.use != Use::writes_folder) {
      if (!one.path.has_filename() || std::filesystem::is_directory(status))
        throw FileError(one.path, "is a folder, a file is wanted" + of);
      if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
        throw FileError(one.path, "is not a regular file and will not be replaced" + of);
    } else if (std::filesystem::exists(status) && !std::filesystem::is_directory(status)) {
      throw FileError(one.path, "must be a folder, but a file has that name" + of);
    }
  }

  static void writable(const Told& one, const Disk& disk, std::set<std::filesystem::path>& probed) {
    std::error_code ignored;
    const std::string of = to_text(" (", one.name, ")");
    auto folder = one.use != Use::writes_folder ? one.place.parent_path() : one.place;
    long longest = std::filesystem::is_directory(folder, ignored) ? 0 : long(one.place.filename().string().size());
    while (!std::filesystem::exists(std::filesystem::symlink_status(folder, ignored)) && folder.has_relative_path()) {
      longest = std::max(longest, long(folder.filename().string().size()));
      folder = folder.parent_path();
    }
    if (!std::filesystem::is_directory(folder, ignored))
      throw FileError(
          folder,
          to_text("must be a folder, but ",
                  std::filesystem::is_symlink(folder, ignored) ? "is a link to nowhere" : "a file has that name", of));
    if (one.use != Use::writes_folder) longest = std::max(longest, long(one.place.filename().string().size()));
    const long most = ::pathconf(folder.c_str(), _PC_NAME_MAX) - long(growing("").string().size());
    if (most > 0 && longest > most)
      throw FileError(one.path,
                      to_text("a name of ", longest, " bytes is longer than the ", most, " possible here", of));
    if (!probed.insert(folder).second) return;
    const auto probe = growing(folder / "probe");
    try {
      OpenFile file = open_growing(probe, disk);
      file.write(std::vector<std::byte>(4096));
      file.sync();
      file.close();
    } catch (const FileError& error) {
      discard(probe, disk);
      throw FileError(one.path, to_text("cannot be written: ", error.what(), of));
    }
    discard(probe, disk);
  }

  std::vector<Told> told_;
  std::multimap<std::filesystem::path, std::size_t> at_, inputs_in_;
  std::multimap<std::pair<std::uint64_t, std::uint64_t>, std::size_t> same_;
};

}  // namespace hush::io
