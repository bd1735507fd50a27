#pragma once
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/io/atomic_file.hpp>
#include <hush/io/checksum.hpp>
#include <hush/io/json.hpp>
#include <hush/io/safetensors.hpp>

namespace hush::io {

/// The state from which a run resumes at `step`: arrays by file ("ema" is stored as ema.safetensors), and other state
/// as JSON.
struct Checkpoint {
  std::int64_t step = 0;
  std::map<std::string, Arrays> files;
  Json state = Json::object();
};

/// The newest valid checkpoint, if there is one, and a note on each newer one that is damaged.
struct Found {
  std::optional<Checkpoint> checkpoint;
  std::vector<std::string> notes;
};

/// How many checkpoints are kept (at least 2), and the disk.
struct Keeping {
  int last = 2;
  Disk disk = {};
};

namespace detail {

constexpr int checkpoint_format = 1;
constexpr std::string_view state_head = "{\"crc32\":\"", state_file = "state.json";

inline std::string checkpoint_name(std::int64_t step) {
  const auto digits = std::to_string(step);
  return "ckpt-" + std::string(8 - std::min<std::size_t>(8, digits.size()), '0') + digits;
}

/// The checkpoints in a folder by name only, newest first.
inline std::vector<std::pair<std::int64_t, std::filesystem::path>> checkpoint_folders(
    const std::filesystem::path& run) {
  std::vector<std::pair<std::int64_t, std::filesystem::path>> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(run, ignored)) {
    const auto name = entry.path().filename().string();
    std::int64_t step = -1;
    if (name.starts_with("ckpt-")) std::from_chars(name.data() + 5, name.data() + name.size(), step);
    if (step >= 0 && name == checkpoint_name(step)) found.emplace_back(step, entry.path());
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

/// The text of state.json: its first member is the checksum of the text itself, computed with zeros for its eight
/// digits.
inline std::string sealed(const Json& content) {
  std::string text;
  try {
    text = to_text(state_head, "00000000\",", content.dump(1).substr(1), '\n');
  } catch (const Json::exception&) {
    check(false, "save_checkpoint", "the state holds a text that is not valid UTF-8");
  }
  Json back = parse_json(text, state_file, {.depth = 64});
  back.erase("crc32");
  check(back == content, "save_checkpoint", "the state holds a number that JSON cannot (NaN or infinity)");
  const auto sum = hexadecimal(crc32(std::as_bytes(std::span(text))));
  return text.replace(state_head.size(), 8, sum);
}

inline Json unsealed(std::string text, const std::filesystem::path& file) {
  if (!text.starts_with(state_head) || text.size() < state_head.size() + 8)
    throw FileError(file, "does not start with its checksum");
  const auto written = text.substr(state_head.size(), 8);
  text.replace(state_head.size(), 8, "00000000");
  if (hexadecimal(crc32(std::as_bytes(std::span(text)))) != written)
    throw FileError(file, "its checksum is wrong: the file is damaged", state_head.size());
  return parse_json(text, file, {.depth = 64});
}

inline bool plain_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.size() < 200 &&
         name.find_first_of(std::string_view("/\\\0", 3)) == name.npos;
}

/// The text of a checkpoint's state.json: its state, and size and checksum of each of its files.
inline std::string checkpoint_state(const Checkpoint& checkpoint, const std::map<std::string, Pieces>& payloads) {
  Json files = Json::object();
  for (const auto& [name, pieces] : payloads) {
    Crc32 sum;
    std::uint64_t size = 0;
    for (const auto& piece : pieces) {
      sum.add(piece);
      size += piece.size();
    }
    files[name] = {{"bytes", size}, {"crc32", hexadecimal(sum.value)}};
  }
  return sealed(
      {{"format", checkpoint_format}, {"step", checkpoint.step}, {"files", files}, {"state", checkpoint.state}});
}

inline std::string text_file(const std::filesystem::path& file) {
  const auto bytes = read_file(file, std::uint64_t(64) << 20);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace detail

/// Reads one checkpoint folder and checks every byte of its files against their checksums. Throws FileError.
inline Checkpoint load_checkpoint(const std::filesystem::path& folder) {
  const auto state_path = folder / detail::state_file;
  const Json content = detail::unsealed(detail::text_file(state_path), state_path);
  const auto format = whole_number(member(content, "format", state_path), "format", state_path);
  if (format != detail::checkpoint_format)
    throw FileError(state_path,
                    to_text("has format ", format, ", this version of hush reads ", detail::checkpoint_format));
  Checkpoint checkpoint;
  checkpoint.step = std::int64_t(whole_number(member(content, "step", state_path), "step", state_path));
  checkpoint.state = member(content, "state", state_path);
  for (const auto& [name, about] : member(content, "files", state_path).items()) {
    if (!detail::plain_name(name) || !name.ends_with(".safetensors"))
      throw FileError(state_path, to_text("lists a file ", in_quotes(name), " that no checkpoint has"));
    const auto path = folder / name;
    const auto size = whole_number(member(about, "bytes", state_path), "bytes", state_path);
    const auto bytes = read_file(path);
    if (bytes.size() != size)
      throw FileError(path, to_text("has ", bytes.size(), " bytes instead of ", size), bytes.size());
    if (hexadecimal(crc32(bytes)) != text_of(member(about, "crc32", state_path), "crc32", state_path))
      throw FileError(path, "its checksum is wrong: the file is damaged");
    checkpoint.files.emplace(name.substr(0, name.size() - 12), parse_safetensors(bytes, path));
  }
  return checkpoint;
}

/// The newest checkpoint of a run folder whose checksums all hold; notes say which newer ones are damaged, and how. A
/// folder without checkpoints gives none; one in which all are damaged throws FileError with the reasons, so that no
/// run restarts by accident. Removes the temporary files of killed processes.
inline Found find_checkpoint(const std::filesystem::path& run, const Disk& disk = {}) {
  Found found;
  remove_leftovers(run, disk);
  std::string reasons;
  for (const auto& [step, folder] : detail::checkpoint_folders(run)) {
    try {
      found.checkpoint = load_checkpoint(folder);
      if (found.checkpoint->step != step)
        throw FileError(folder, to_text("is named for another step than its state says: ", found.checkpoint->step));
      break;
    } catch (const FileError& error) {
      found.checkpoint.reset();
      found.notes.push_back(to_text("passed over ", folder.filename().string(), ": ", error.what()));
      reasons += to_text("\n  ", error.what());
    }
  }
  if (!found.checkpoint && !reasons.empty())
    throw FileError(run, to_text("none of its checkpoints can be trusted:", reasons));
  std::string latest;
  try {
    latest = detail::text_file(run / "latest");
  } catch (const FileError&) {}
  if (found.checkpoint && latest != detail::checkpoint_name(found.checkpoint->step) + "\n")
    found.notes.push_back(to_text("the file \"latest\" does not name the newest good checkpoint, ",
                                  detail::checkpoint_name(found.checkpoint->step)));
  return found;
}

namespace detail {

/// Whether `folder` already holds this checkpoint, as after a repeated save. Throws FileError for a different valid
/// one; moves a damaged one out of the way.
inline bool already_saved(const std::filesystem::path& folder, const std::string& state, const Disk& disk) {
  if (!std::filesystem::exists(std::filesystem::symlink_status(folder))) return false;
  try {
    load_checkpoint(folder);
  } catch (const FileError&) {
    const auto aside = folder.parent_path() / to_text(".damaged-", folder.filename().string(), ".hush-tmp");
    disk.remove_all(aside);
    disk.rename(folder, aside);
    disk.remove_all(aside);
    return false;
  }
  if (text_file(folder / state_file) != state)
    throw FileError(folder, "is there already, is good and differs: it will not be overwritten");
  return true;
}

inline void check_space(const std::filesystem::path& run, const std::map<std::string, Pieces>& payloads) {
  std::uint64_t wanted = 1 << 16;
  for (const auto& [name, pieces] : payloads)
    for (const auto& piece : pieces) wanted += piece.size() + piece.size() / 10;
  std::error_code unknown;
  const auto space = std::filesystem::space(run, unknown);
  if (!unknown && space.available < wanted)
    throw FileError(run, to_text("a checkpoint wants ", wanted >> 20, " MiB, the disk has ", space.available >> 20));
}

/// Removes all but the newest `last` of the checkpoints up to `step`. Each is renamed first, so that no reader sees one
/// half removed. Checkpoints after `step` belong to another run and stay.
inline void prune(const std::filesystem::path& run, std::int64_t step, int last, const Disk& disk) {
  for (const auto& [at, folder] : checkpoint_folders(run)) {
    if (at > step || --last >= 0) continue;
    const auto aside = run / to_text(".old-", folder.filename().string(), ".hush-tmp");
    disk.remove_all(aside);
    disk.rename(folder, aside);
    disk.remove_all(aside);
  }
}

}  // namespace detail

/// Saves run/ckpt-<step>/: the arrays, then state.json with their sizes and checksums, all on the disk before the
/// folder is renamed; then updates run/latest and removes older checkpoints. If it throws FileError or the process
/// dies, the checkpoints saved before can still be loaded.
inline void save_checkpoint(const std::filesystem::path& run, const Checkpoint& checkpoint,
                            const Keeping& keeping = {}) {
  check(keeping.last >= 2, "save_checkpoint", "the last ", keeping.last, " are to be kept, at least 2 must be");
  check(checkpoint.step >= 0, "save_checkpoint", "step ", checkpoint.step, " is negative");
  std::map<std::string, std::string> heads;
  std::map<std::string, Pieces> payloads;
  for (const auto& [name, arrays] : checkpoint.files) {
    check(detail::plain_name(name), "save_checkpoint", "a file cannot be called ", in_quotes(name));
    payloads[name + ".safetensors"] = safetensors_pieces(arrays, heads[name]);
  }
  const auto state = detail::checkpoint_state(checkpoint, payloads);
  const auto name = detail::checkpoint_name(checkpoint.step);
  keeping.disk.make_folders(run);
  if (!detail::already_saved(run / name, state, keeping.disk)) {
    detail::check_space(run, payloads);
    NewFolder folder(run / name, keeping.disk);
    for (const auto& [file, pieces] : payloads) folder.write(file, pieces);
    folder.write(std::string(detail::state_file), {std::as_bytes(std::span(state))});
    folder.commit();
  }
  write_file(run / "latest", std::string_view(name + "\n"), keeping.disk);
  detail::prune(run, checkpoint.step, keeping.last, keeping.disk);
}

}  // namespace hush::io
