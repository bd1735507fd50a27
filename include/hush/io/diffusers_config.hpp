#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/io/json.hpp>

namespace hush::io {

/// Reads the config.json of a diffusers class: missing values take the class's defaults, and options that hush does not
/// have are refused by key and value. Records which keys were read, so that unknown ones can be refused at the end.
/// Throws FileError.
class DiffusersConfig {
 public:
  /// Python writes NaN, Infinity and -Infinity into these files, which is no JSON: they are read as those numbers.
  explicit DiffusersConfig(std::filesystem::path file) : file_(std::move(file)) {
    const auto bytes = read_file(file_, JsonLimits{}.bytes);
    std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    hide_not_finite(text);
    values_ = parse_json(text, file_);
    show_not_finite(values_);
    name_ = text_of(member(values_, "_class_name", file_), "_class_name", file_);
  }

  /// What a file of this name would hold.
  DiffusersConfig(std::filesystem::path file, Json values) : file_(std::move(file)), values_(std::move(values)) {
    name_ = text_of(member(values_, "_class_name", file_), "_class_name", file_);
  }

  const std::filesystem::path& file() const { return file_; }
  const std::string& class_name() const { return name_; }

  /// The value of a key; null where the file has null or nothing.
  const Json& operator[](const char* key) {
    static const Json none;
    known_.insert(key);
    const auto found = values_.find(key);
    return found == values_.end() ? none : *found;
  }
  bool has(const char* key) const { return values_.contains(key); }
  bool is_null(const char* key) { return (*this)[key].is_null(); }
  /// Whether a key is -Infinity, the lower limit of what has none.
  bool is_least(const char* key) { return (*this)[key] == Json(-std::numeric_limits<double>::infinity()); }

  std::int64_t whole(const char* key, std::int64_t otherwise) {
    const Json& value = (*this)[key];
    if (value.is_null()) return otherwise;
    if (!is_whole(value)) refuse(key, "wants a whole number");
    return value.get<std::int64_t>();
  }
  /// Infinity and NaN are refused.
  double number(const char* key, double otherwise) {
    const Json& value = (*this)[key];
    if (value.is_null()) return otherwise;
    if (!value.is_number()) refuse(key, "wants a number");
    if (!is_finite(value)) refuse(key, "must be finite");
    return value.get<double>();
  }
  bool flag(const char* key, bool otherwise) {
    const Json& value = (*this)[key];
    if (value.is_null()) return otherwise && !has(key);  // Python's None is false
    if (!value.is_boolean()) refuse(key, "wants true or false");
    return value.get<bool>();
  }
  std::string text(const char* key, std::string_view otherwise) {
    const Json& value = (*this)[key];
    if (value.is_null()) return std::string(otherwise);
    if (!value.is_string()) refuse(key, "wants a word");
    return value.get<std::string>();
  }
  /// A list of numbers (T a number) or of words (T a string).
  template <class T>
  std::vector<T> list(const char* key, std::vector<T> otherwise) {
    const Json& value = (*this)[key];
    if (value.is_null()) return otherwise;
    std::vector<T> all;
    const auto fits = [](const Json& one) {
      if constexpr (std::is_same_v<T, std::string>) return one.is_string();
      if constexpr (std::is_same_v<T, double>) return one.is_number() && is_finite(one);
      return is_whole(one);
    };
    const char* const words = std::is_same_v<T, std::string> ? "words"
                              : std::is_same_v<T, double>    ? "finite numbers"
                                                             : "whole numbers";
    if (!value.is_array()) refuse(key, "wants a list");
    for (const Json& one : value) {
      if (!fits(one)) refuse(key, "wants a list of ", words);
      all.push_back(one.get<T>());
    }
    return all;
  }

  /// The value as a message shows it.
  std::string shown(const char* key) {
    const std::string text = text_of_value((*this)[key]);
    return text.size() > 80 ? text.substr(0, 80) + "..." : text;
  }
  template <class... Why>
  [[noreturn]] void refuse(const char* key, const Why&... why) {
    throw FileError(file_, to_text(key, " is ", shown(key), ": ", why...));
  }
  /// Refuses a key unless it holds this.
  template <class... Why>
  void demand(bool holds, const char* key, const Why&... why) {
    if (!holds) refuse(key, why...);
  }
  /// Puts defaults in the place of missing keys. Refuses null where the default is another value, unless these keys
  /// may be null.
  void complete(const Json& defaults, const std::set<std::string_view>& may_be_null = {}) {
    for (const auto& [key, value] : defaults.items()) {
      const auto place = values_.emplace(key, value).first;
      demand(!place->is_null() || value.is_null() || may_be_null.count(key), key.c_str(), "wants a value, ",
             value.dump(), " for instance");
    }
  }
  /// Refuses other values of these keys than their defaults.
  void only(const Json& defaults, std::initializer_list<const char*> keys) {
    for (const char* key : keys)
      demand((*this)[key] == defaults.at(key), key, "must be ", defaults.at(key).dump(), ", hush has no other");
  }
  /// Marks keys as known that have no meaning here.
  void ignore(std::initializer_list<const char*> keys) { known_.insert(keys.begin(), keys.end()); }
  /// Keys that were not read and are neither null nor false: options that hush does not know.
  std::vector<std::string> unknown() const {
    std::vector<std::string> all;
    for (const auto& [key, value] : values_.items())
      if (!key.starts_with('_') && !known_.count(key) && !value.is_null() && value != Json(false)) all.push_back(key);
    return all;
  }

 private:
  /// A whole number of 64 bits with a sign.
  static bool is_whole(const Json& value) {
    return value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX);
  }
  /// What stands for a number that JSON has not while a file is parsed: a text as long, so that places of errors are
  /// those of the file.
  struct NotFinite {
    std::string_view word, text;
    double value;
  };
  static constexpr std::array<NotFinite, 3> not_finite{
      {{"-Infinity", "\"\x7f-inf__\"", -std::numeric_limits<double>::infinity()},
       {"Infinity", "\"\x7f+inf_\"", std::numeric_limits<double>::infinity()},
       {"NaN", "\"\x7f\"", std::numeric_limits<double>::quiet_NaN()}}};

  static bool is_finite(const Json& number) { return std::isfinite(number.get<double>()); }
  static void hide_not_finite(std::string& text) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '"') quoted = !quoted;
      if (quoted && text[i] == '\\') ++i;
      if (quoted) continue;
      for (const auto& [word, stands_in, value] : not_finite)
        if (std::string_view(text).substr(i).starts_with(word)) {
          text.replace(i, word.size(), stands_in);
          i += word.size() - 1;
          break;
        }
    }
  }
  static void show_not_finite(Json& value) {
    if (value.is_structured())
      for (Json& one : value) show_not_finite(one);
    if (!value.is_string()) return;
    const std::string text = '"' + value.get<std::string>() + '"';
    for (const NotFinite& one : not_finite)
      if (text == one.text) value = one.value;
  }
  /// A value as Python writes it, in ASCII.
  static std::string text_of_value(const Json& value) {
    if (value.is_number_float() && !is_finite(value)) {
      const double number = value.get<double>();
      return std::isnan(number) ? "NaN" : number < 0 ? "-Infinity" : "Infinity";
    }
    if (!value.is_array()) return value.dump(-1, ' ', true, Json::error_handler_t::replace);
    std::string list;
    for (const Json& one : value) list += (list.empty() ? "" : ",") + text_of_value(one);
    return '[' + list + ']';
  }

  std::filesystem::path file_;
  Json values_;
  std::string name_;
  std::set<std::string> known_;
};

/// Height and width of the images of a network of diffusers. Zeros: as its config.json says.
struct SampleSize {
  std::int64_t height = 0, width = 0;
};

namespace detail {

/// The size that is given, or else that of the file's sample_size; `place` is where a user gives it.
inline SampleSize sample_size_of(DiffusersConfig& file, const SampleSize& given, const char* place) {
  const bool is_given = given.height != 0 || given.width != 0;
  check(!is_given || (given.height > 0 && given.width > 0), "SampleSize", "wants a height and a width, got ",
        given.height, " and ", given.width);
  file.ignore({"sample_size"});
  if (is_given) return given;
  file.demand(!file.is_null("sample_size"), "sample_size", "the file leaves the size of the images open; say it ",
              place, ": {height, width}");
  if (!file["sample_size"].is_array()) {
    const std::int64_t side = file.whole("sample_size", 0);
    return {side, side};
  }
  const auto sides = file.list<std::int64_t>("sample_size", {});
  file.demand(sides.size() == 2, "sample_size", "wants one number or height and width");
  return {sides[0], sides[1]};
}

}  // namespace detail

}  // namespace hush::io
