#pragma once
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/io/appended_file.hpp>
#include <hush/io/number.hpp>

namespace hush::io {

namespace detail {

/// The complete lines of a log whose step, as `step_of` reads it, is at most `through`.
template <class StepOf>
std::string lines_through(const std::filesystem::path& target, std::int64_t through, StepOf step_of) {
  std::string kept;
  if (through < 0 || !std::filesystem::exists(target)) return kept;
  const auto bytes = read_file(target);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != text.npos; at = end + 1) {
    const auto line = text.substr(at, end - at);
    if (const std::int64_t step = step_of(line); step >= 0 && step <= through) kept += text.substr(at, end + 1 - at);
  }
  return kept;
}

inline std::int64_t leading_step(std::string_view text) {
  std::int64_t step = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), step);
  return error == std::errc{} && end != text.data() + text.size() && (*end == ',' || *end == '}') ? step : -1;
}

inline void check_names(const std::vector<std::string>& names, const char* where) {
  for (const auto& name : names)
    check(!name.empty() && name.find_first_of("\",\\\n\r") == name.npos, where, "a column cannot be called \"", name,
          '"');
}

}  // namespace detail

/// A loss curve as CSV: the column `step`, then the named ones; each row reaches the file at once. `resumed_from` is
/// the step at which a run resumes: later rows and an incomplete last one are cut off, so that no step occurs twice; -1
/// starts a new file. Throws FileError, also for a file with other columns.
class CsvLog {
 public:
  CsvLog(const std::filesystem::path& file, const std::vector<std::string>& columns, std::int64_t resumed_from = -1,
         const Disk& disk = {})
      : width(columns.size()), lines(file, kept(file, columns, resumed_from), disk) {}

  void row(std::int64_t step, const std::vector<double>& values) {
    check(values.size() == width, "CsvLog", "the log has ", width, " columns, the row ", values.size());
    std::string line = std::to_string(step);
    for (const double value : values) line += ',' + number(value);
    lines.append(line + '\n');
  }
  void sync() { lines.sync(); }

 private:
  static std::string kept(const std::filesystem::path& file, const std::vector<std::string>& columns,
                          std::int64_t resumed_from) {
    detail::check_names(columns, "CsvLog");
    std::string head = "step";
    for (const auto& column : columns) head += ',' + column;
    if (resumed_from >= 0 && std::filesystem::exists(file)) {
      const auto bytes = read_file(file);
      const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      if (!text.starts_with(head + '\n'))
        throw FileError(file, to_text("is a log with other columns than ", head, ": it will not be continued"));
    }
    return head + '\n' + detail::lines_through(file, resumed_from, detail::leading_step);
  }
  std::size_t width;
  AppendedFile lines;
};

/// A loss curve as JSON lines, one object a row: {"step":1,"loss":0.5}; resumes as CsvLog does. Values that are not
/// finite become null. Members may differ from row to row.
class JsonLinesLog {
 public:
  explicit JsonLinesLog(const std::filesystem::path& file, std::int64_t resumed_from = -1, const Disk& disk = {})
      : lines(file, detail::lines_through(file, resumed_from, step_of), disk) {}

  void row(std::int64_t step, const std::vector<std::pair<std::string, double>>& values) {
    std::string line = "{\"step\":" + std::to_string(step);
    for (const auto& [name, value] : values) {
      detail::check_names({name}, "JsonLinesLog");
      line += to_text(",\"", name, "\":", std::isfinite(value) ? number(value) : "null");
    }
    lines.append(line + "}\n");
  }
  void sync() { lines.sync(); }

 private:
  static std::int64_t step_of(std::string_view line) {
    constexpr std::string_view head = "{\"step\":";
    return line.starts_with(head) && line.ends_with('}') ? detail::leading_step(line.substr(head.size())) : -1;
  }
  AppendedFile lines;
};

}  // namespace hush::io
