#pragma once
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/described.hpp>
#include <hush/errors.hpp>
#include <hush/fields.hpp>
#include <hush/io/json.hpp>
#include <hush/io/number.hpp>

namespace hush::io {

/// A description as JSON: numbers, truth values, texts and lists as such, an object as its fields in their order behind
/// its "type", infinity, NaN and names as texts. Throws std::invalid_argument for a text that is not valid UTF-8.
inline std::string json_of(const Description& it) {
  using Kind = Description::Kind;
  const auto quoted = [](const std::string& text) {
    try {
      return Json(text).dump();
    } catch (const Json::exception&) {
      throw std::invalid_argument(to_text("[json_of] a text is not valid UTF-8: ", in_quotes(text)));
    }
  };
  if (it.kind == Kind::number && !it.text.ends_with("inf") && !it.text.ends_with("nan")) return it.text;
  if (it.kind != Kind::list && it.kind != Kind::object) return quoted(it.text);
  const bool list = it.kind == Kind::list;
  std::string out, comma;
  if (!list && !it.text.empty()) {
    out = "\"type\":" + quoted(it.text);
    comma = ",";
  }
  for (const Description::Field& field : it.fields) {
    out += comma + (list ? "" : quoted(field.name) + ':') + json_of(field.value);
    comma = ",";
  }
  return list ? '[' + out + ']' : '{' + out + '}';
}

namespace detail {

/// The present name of a field or type that earlier versions wrote into files.
inline std::string_view name_of_today(std::string_view name) {
  if (name == "sees") return "c_noise";
  return name == "Beside" ? "ConcatImage" : name;
}

/// Builds a Description from the events of the JSON parser, which keep the order of the fields.
class DescriptionReader {
 public:
  Description made;
  std::string wrong = {};  // why valid JSON is no description

  bool null() { return put({}); }
  bool boolean(bool value) { return put(describe(value)); }
  bool number_integer(std::int64_t value) { return put(describe(value)); }
  bool number_unsigned(std::uint64_t value) { return put(describe(value)); }
  bool number_float(double value, const std::string&) { return put(describe(value)); }
  bool binary(const Json::binary_t&) { return false; }
  bool string(const std::string& text) {
    using Kind = Description::Kind;
    if (!open_.empty() && open_.back()->kind == Kind::object && name_ == "type") {
      if (!is_name(text)) return refuse("calls a type ", text);
      open_.back()->text = name_of_today(text);
      return true;
    }
    if (text == "inf" || text == "-inf" || text == "nan" || text == "-nan") return put({Kind::number, text});
    const bool name = text == "none" || text == "unnamed" || text.find("::") != text.npos;
    return put({name && is_name(text) ? Kind::name : Kind::text, text});
  }
  bool start_object(std::size_t) { return start(Description::Kind::object); }
  bool start_array(std::size_t) { return start(Description::Kind::list); }
  bool end_object() { return end_array(); }
  bool end_array() {
    open_.pop_back();
    return true;
  }
  bool key(const std::string& name) {
    if (!is_name(name)) return refuse("calls a field ", name);
    name_ = name_of_today(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) { return false; }

 private:
  /// Whether a text may be a name: no control characters, and not too long for messages.
  static bool is_name(std::string_view text) {
    return text.size() <= 256 && std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 127; });
  }
  bool refuse(const char* what, const std::string& name) {
    wrong = what + in_quotes(name);
    return false;
  }
  bool put(Description value) {
    if (open_.empty())
      made = std::move(value);
    else
      open_.back()->fields.push_back({open_.back()->kind == Description::Kind::list ? "" : name_, std::move(value)});
    return true;
  }
  bool start(Description::Kind kind) {
    put({kind, ""});
    open_.push_back(open_.empty() ? &made : &open_.back()->fields.back().value);
    return true;
  }
  std::vector<Description*> open_;  // a stack; each is the last field of the one before
  std::string name_;
};

}  // namespace detail

/// The description in a JSON text of a file. Throws FileError; `where` names the text's place in the file, for
/// messages.
inline Description description_of(const std::string& json, const std::filesystem::path& file,
                                  const std::string& where) {
  try {
    parse_json(json, file, {.bytes = 1'000'000, .depth = 32});
  } catch (const FileError& error) { throw FileError(file, to_text(where, ' ', error.rule)); }
  const detail::PlainNumbers plain;
  detail::DescriptionReader reader;
  Json::sax_parse(json, &reader);
  if (!reader.wrong.empty()) throw FileError(file, to_text(where, ' ', reader.wrong));
  return reader.made;
}

using hush::describe_network;

/// Sets a value from its description in a file: the fields that it names; the others stay. Throws FileError, with the
/// field's path, for a value of another kind or type and for an unknown field.
template <class T>
void read_description(T& value, const Description& from, const std::string& path, const std::filesystem::path& file) {
  using Kind = Description::Kind;
  const auto refuse = [&](const auto&... wanted) {
    throw FileError(file,
                    to_text("describes ", path, " as ", hush::detail::short_code(from), ", wanted is ", wanted...));
  };
  const bool plain = from.kind != Kind::list && from.kind != Kind::object;
  if constexpr (std::is_same_v<T, bool>) {
    if (from.kind != Kind::number || (from.text != "true" && from.text != "false")) refuse("true or false");
    value = from.text == "true";
  } else if constexpr (std::is_floating_point_v<T>) {
    const std::optional<double> number = read_number(from.text);
    if (from.kind != Kind::number || !number) refuse("a number");
    value = T(*number);
  } else if constexpr (std::is_integral_v<T>) {
    const char* const end = from.text.data() + from.text.size();
    T number = 0;
    const auto [ptr, error] = std::from_chars(from.text.data(), end, number);
    if (from.kind != Kind::number || error != std::errc{} || ptr != end) refuse("a whole number");
    value = number;
  } else if constexpr (std::is_enum_v<T>) {
    const auto names = names_of(value);
    for (std::size_t i = 0; i < names.size(); ++i)
      if (from.text == to_text(hush::detail::type_name<T>(), "::", names[i])) return void(value = T(i));
    refuse("a ", hush::detail::type_name<T>());
  } else if constexpr (std::is_same_v<T, std::string>) {
    const bool looks_like_number = from.text.ends_with("inf") || from.text.ends_with("nan");  // a text in JSON too
    if (!plain || (from.kind == Kind::number && !looks_like_number)) refuse("a text");
    value = from.text;
  } else if constexpr (hush::detail::is_optional<T>) {
    if (from == Description()) return void(value = {});
    read_description(value ? *value : value.emplace(), from, path, file);
  } else if constexpr (hush::detail::is_list<T>) {
    if (from.kind != Kind::list) refuse("a list");
    if constexpr (requires { value.resize(1); }) value.resize(from.fields.size());
    if (value.size() != from.fields.size()) refuse("a list of ", value.size());
    for (std::size_t i = 0; i < value.size(); ++i)
      read_description(value[i], from.fields[i].value, to_text(path, '[', i, ']'), file);
  } else if constexpr (Listed<T>) {
    const Description mine = describe(value);
    if (from.kind == Kind::object && !from.text.empty() && from.text != mine.text)
      throw FileError(file, to_text("describes ", path, " as a ", from.text, ", wanted is a ", mine.text));
    if (from.kind != Kind::object) refuse("a ", mine.text);
    for (const Description::Field& field : from.fields)
      if (!mine.find(field.name))
        throw FileError(file,
                        to_text("describes ", path, " with a field ", field.name, ", which a ", mine.text, " lacks"));
    T::fields(value, [&]<class Field>(const char* name, Field&& field) {
      if constexpr (!hush::detail::is_type<Field>)
        if (const Description* found = from.find(name)) read_description(field, *found, to_text(path, '.', name), file);
    });
  } else if constexpr (std::is_constructible_v<T, int> && std::is_convertible_v<const T&, int>) {  // Steps
    int number = value;
    read_description(number, from, path, file);
    value = T(number);
  } else {
    if (from != describe(value)) refuse(code_of(describe(value)));
  }
}

namespace detail {

/// Throws FileError, which names the first fields that differ and both values behind `what`, unless a file's
/// description is the present one but for what may differ.
inline void check_same(const std::filesystem::path& file, const char* what, const Description& theirs,
                       const Description& mine, const std::vector<std::string>& may_differ = {}) {
  constexpr std::size_t most = 6;
  const auto found = hush::differences(theirs, mine, may_differ);
  if (found.empty()) return;
  std::string text = what;
  for (std::size_t i = 0; i < found.size() && i < most; ++i)
    text += to_text(i ? "; " : ": ", found[i].path, " is ", found[i].theirs, " in the file, ", found[i].mine, " here");
  throw FileError(file, found.size() > most ? text + "; ..." : text);
}

}  // namespace detail

}  // namespace hush::io
