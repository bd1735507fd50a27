#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <hush/data/gzip.hpp>
#include <hush/data/label_names.hpp>
#include <hush/errors.hpp>
#include <hush/io/disk.hpp>
#include <hush/io/json.hpp>

namespace hush::data {

/// A picture's file and its labels.
struct LabelledFile {
  std::string file;
  std::vector<std::int32_t> labels;
  bool operator==(const LabelledFile&) const = default;
};

namespace detail {

/// The text of a file, plain or gzip. Throws FileError, for one of more than 64 MiB too.
inline std::string text_in(const std::filesystem::path& file) {
  constexpr std::size_t most = io::JsonLimits{}.bytes;
  const auto bytes = io::read_file(file, most);
  Unpacked unpacked(bytes, file);
  std::string text;
  for (std::vector<std::uint8_t> part(1 << 16); const std::size_t count = unpacked.read(part);) {
    text.append(part.begin(), part.begin() + std::ptrdiff_t(count));
    if (text.size() > most) throw FileError(file, to_text("is longer than ", most, " bytes"));
  }
  return text;
}

/// The names of an object's members in the order of its text, which parse_json has found to be strict JSON.
class MemberOrder {
 public:
  std::vector<std::string> names;

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(std::int64_t) { return true; }
  bool number_unsigned(std::uint64_t) { return true; }
  bool number_float(double, const std::string&) { return true; }
  bool string(const std::string&) { return true; }
  bool binary(const io::Json::binary_t&) { return true; }
  bool start_object(std::size_t) { return ++depth_ > 0; }
  bool end_object() { return --depth_ >= 0; }
  bool start_array(std::size_t) { return ++depth_ > 0; }
  bool end_array() { return --depth_ >= 0; }
  bool key(const std::string& name) {
    if (depth_ == 1) names.push_back(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const io::Json::exception&) { return false; }

 private:
  int depth_ = 0;
};

/// Labels from a list of their names; `what` is the list's name in messages.
inline std::vector<std::int32_t> labels_of(const std::vector<std::string>& list, const LabelNames& names,
                                           const std::string& what, const std::filesystem::path& file) {
  if (list.empty()) throw FileError(file, to_text(what, " is empty: an image has at least one label"));
  std::vector<std::int32_t> labels;
  for (const std::string& name : list) {
    if (!names.has(name)) throw FileError(file, to_text(what, ": ", names.refusal(name)));
    labels.push_back(names(name));
    if (std::ranges::count(labels, labels.back()) > 1)
      throw FileError(file, to_text(what, " names \"", name, "\" twice"));
  }
  return labels;
}
inline std::vector<std::int32_t> labels_of(const io::Json& list, const LabelNames& names, const std::string& what,
                                           const std::filesystem::path& file) {
  if (!list.is_array()) throw FileError(file, to_text(what, " is no list of names"));
  std::vector<std::string> words;
  for (const auto& one : list) {
    if (!one.is_string()) throw FileError(file, to_text(what, " holds something else than names"));
    words.push_back(one.get<std::string>());
  }
  return labels_of(words, names, what, file);
}

/// Throws FileError for the name of a picture's file that leads out of its folder.
inline void check_in_folder(const std::string& name, const std::filesystem::path& file) {
  const std::filesystem::path path(name);
  const bool plain = !name.empty() && path.is_relative() && std::ranges::find(path, "..") == path.end();
  if (!plain) throw FileError(file, to_text("names the file ", io::in_quotes(name), ", which is not in the folder"));
}

/// The rows of a text of comma-separated values (RFC 4180): fields may stand in quotes, in which a quote stands twice.
/// Empty lines are left out. Throws FileError for a quote in the wrong place.
inline std::vector<std::vector<std::string>> rows_of_csv(const std::string& text, const std::filesystem::path& file) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; i < text.size();) {
    std::vector<std::string> row(1);
    for (bool ends = false; !ends;) {
      const std::size_t began = i;
      if (i < text.size() && text[i] == '"') {
        for (++i; i < text.size() && (text[i] != '"' || (i + 1 < text.size() && text[i + 1] == '"')); ++i)
          row.back() += text[i] == '"' ? text[i++] : text[i];
        if (i++ >= text.size()) throw FileError(file, "has a quote that nothing ends", began);
      } else {
        for (; i < text.size() && text[i] != ',' && text[i] != '\n' && text[i] != '\r'; ++i) row.back() += text[i];
      }
      ends = i >= text.size() || text[i] == '\n' || text[i] == '\r';
      if (!ends && text[i] != ',') throw FileError(file, "has something behind the quote that ends a field", i);
      if (!ends) row.emplace_back();
      ++i;
    }
    if (row.size() > 1 || !row[0].empty()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace detail

/// Names and numbers of labels from JSON, plain or gzip, {"gray cube": 0, ...}: iCLEVR's objects.json. Throws FileError
/// unless the numbers are those from 0 on, each once.
inline LabelNames read_label_names(const std::filesystem::path& file) {
  const io::Json json = io::parse_json(detail::text_in(file), file);
  if (!json.is_object() || json.empty()) throw FileError(file, "wants an object of names and their numbers");
  std::vector<std::string> names(json.size());
  for (const auto& [name, value] : json.items()) {
    const auto number = io::whole_number(value, "a label's number", file);
    if (name.empty()) throw FileError(file, to_text("label ", number, " has no name"));
    if (number >= names.size())
      throw FileError(file, to_text("\"", name, "\" has the number ", number, " of ", names.size(), " labels"));
    if (!names[number].empty())
      throw FileError(file, to_text("\"", name, "\" and \"", names[number], "\" have the same number, ", number));
    names[number] = name;
  }
  return LabelNames(std::move(names));
}

/// Pictures and their labels from CSV, plain or gzip: a row a picture, `a.png,red cube,blue sphere`, under a row of
/// names whose first is file_name (so is metadata.csv of Hugging Face); empty fields are no label. Throws FileError as
/// `read_labelled_files`.
inline std::vector<LabelledFile> read_labelled_csv(const std::filesystem::path& file, const LabelNames& names) {
  auto rows = detail::rows_of_csv(detail::text_in(file), file);
  if (rows.empty() || rows[0][0] != "file_name")
    throw FileError(file, "wants a first row of names, the first of which is file_name: file_name,label");
  std::vector<LabelledFile> found;
  std::set<std::string> seen;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    auto& row = rows[i];
    const std::string name = row[0], what = "the row of " + io::in_quotes(name);
    detail::check_in_folder(name, file);
    if (!seen.insert(name).second) throw FileError(file, to_text("has two rows of ", io::in_quotes(name)));
    row.erase(row.begin());
    std::erase(row, "");
    found.push_back({name, detail::labels_of(row, names, what, file)});
  }
  return found;
}

/// Pictures and their labels from JSON, {"a.png": ["red cube", "blue sphere"], ...}, in the file's own order: iCLEVR's
/// train.json. Throws FileError for names of files that lead out of their folder, labels that are not there (with the
/// nearest that are), empty lists and repeated names.
inline std::vector<LabelledFile> read_labelled_files(const std::filesystem::path& file, const LabelNames& names) {
  const std::string text = detail::text_in(file);
  const io::Json json = io::parse_json(text, file);
  if (!json.is_object()) throw FileError(file, "wants an object of files and lists of labels");
  detail::MemberOrder order;
  io::Json::sax_parse(text, &order);
  std::vector<LabelledFile> found;
  for (const std::string& name : order.names) {
    detail::check_in_folder(name, file);
    found.push_back({name, detail::labels_of(json[name], names, "the list of " + io::in_quotes(name), file)});
  }
  return found;
}

/// Lists of labels from JSON, [["gray cube"], ["red cube", "blue sphere"], ...]: iCLEVR's test.json. Throws FileError
/// as `read_labelled_files`.
inline std::vector<std::vector<std::int32_t>> read_label_lists(const std::filesystem::path& file,
                                                               const LabelNames& names) {
  const io::Json json = io::parse_json(detail::text_in(file), file);
  if (!json.is_array()) throw FileError(file, "wants a list of lists of labels");
  std::vector<std::vector<std::int32_t>> found;
  for (std::size_t i = 0; i < json.size(); ++i)
    found.push_back(detail::labels_of(json[i], names, to_text("list ", i), file));
  return found;
}

/// The number of iCLEVR's training pictures: nine tenths of its scenes, whose three pictures each stay together; the
/// rest is for validation. 16,206 of 18,009.
inline std::size_t iclevr_training_count(std::size_t pictures) { return std::size_t(double(pictures) / 3 * .9) * 3; }

}  // namespace hush::data
