#pragma once
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include <hush/images.hpp>
#include <hush/io/appended_file.hpp>
#include <hush/io/event.hpp>
#include <hush/io/pixels.hpp>
#include <hush/io/png.hpp>
#include <hush/io/tile.hpp>

namespace hush::io {

/// Options of an EventFile: the step that a run resumes from (-1: none), the host name (empty: the machine's), and a
/// clock in seconds since 1970 (empty: the system's).
struct EventFileOptions {
  std::int64_t resumed_from = -1;
  std::string host = {};
  std::function<double()> clock = {};
  Disk disk = {};
};

/// A TensorBoard event file, `events.out.tfevents.<seconds>.<host>` in a run's folder. Each record is written at once,
/// so the file of a killed run is readable up to its last record. A run that resumes starts a second file, newer by
/// name, from whose first step on TensorBoard discards the older file: no step is shown twice. The steps of one tag
/// must increase. Throws FileError.
class EventFile {
 public:
  explicit EventFile(const std::filesystem::path& folder, EventFileOptions chosen = {})
      : options(started(folder, std::move(chosen))),
        opened(options.clock()),
        name(folder / file_name(folder, opened, options.host)),
        file(name, options.disk) {
    try {
      file.append(event_record(version_event(opened)) + event_record(start_event(opened, options.resumed_from + 1)));
    } catch (...) {
      discard(name, options.disk);
      throw;
    }
  }

  /// Writes the numbers of one step. Throws std::invalid_argument for a tag that is empty or not printable ASCII.
  void scalars(std::int64_t step, const EventScalars& values) {
    file.append(event_record(scalars_event(options.clock(), step, values)));
  }
  void scalar(std::int64_t step, const std::string& tag, double value) { scalars(step, {{tag, value}}); }

  /// Writes one picture, grey or RGB; throws as `scalars` does.
  void picture(std::int64_t step, const std::string& tag, const Images<std::uint8_t>& one) {
    picture(step, tag, {one.height, one.width, one.channels, encode_png(one)});
  }
  void picture(std::int64_t step, const std::string& tag, const EventPicture& encoded) {
    file.append(event_record(picture_event(options.clock(), step, tag, encoded)));
  }
  /// Writes images in [-1, 1] side by side on white, as `write_grid` does.
  void grid(std::int64_t step, const std::string& tag, const Images<float>& images, const Tiling& tiling = {}) {
    picture(step, tag, tile(to_bytes(images), tiling, std::uint8_t(255)));
  }

  const std::filesystem::path& path() const { return name; }
  /// Waits until all data is on the disk (fsync).
  void sync() { file.sync(); }

 private:
  static constexpr std::string_view head = "events.out.tfevents.";

  static EventFileOptions started(const std::filesystem::path& folder, EventFileOptions options) {
    check(options.resumed_from >= -1, "EventFile", "there is no step ", options.resumed_from, " to resume from");
    options.disk.make_folders(folder);
    if (!options.clock)
      options.clock = [] {
        return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
      };
    if (options.host.empty()) {
      char own[256] = {};
      options.host = ::gethostname(own, sizeof own - 1) == 0 && own[0] ? own : "localhost";
    }
    std::replace_if(
        options.host.begin(), options.host.end(),
        [](char c) {
          const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), digit = c >= '0' && c <= '9';
          return !letter && !digit && c != '-' && c != '_' && c != '.';
        },
        '-');
    return options;
  }

  /// TensorBoard reads the files of a folder in the order of their names, and none that is older than one it has read:
  /// the name is newer than all there are, whatever the clock says.
  static std::string file_name(const std::filesystem::path& folder, double now, const std::string& host) {
    auto seconds = std::max<std::int64_t>(0, std::int64_t(now));
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string other = entry.path().filename().string();
      std::int64_t theirs = 0;
      if (other.starts_with(head) &&
          std::from_chars(other.data() + head.size(), other.data() + other.size(), theirs).ec == std::errc{})
        seconds = std::max(seconds, theirs + 1);
    }
    char digits[24];
    std::snprintf(digits, sizeof digits, "%010lld", static_cast<long long>(seconds));
    return to_text(head, digits, '.', host);
  }

  EventFileOptions options;
  double opened;
  std::filesystem::path name;
  AppendedFile file;
};

}  // namespace hush::io
