#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hush {

/// The type and fields of a policy or config, for messages, files and comparisons; `describe` makes it from the list of
/// fields. It prints as the C++ expression of the same value: LinearBeta{.first = 0.0001, .last = 0.02, .steps = 1000}.
struct Description {
  enum class Kind {
    number,  // `text` is a number or a truth value, as C++ and JSON write it
    text,    // `text` is one
    name,    // `text` is an enumerator, `none` where there is nothing, `unnamed` for a lambda
    list,    // `fields` are its items, without names
    object,  // `text` is its type (empty: that of its place), `fields` what it holds
  };
  struct Field;
  Kind kind;
  std::string text;
  std::vector<Field> fields;

  Description(Kind of = Kind::name, std::string what = "none");
  Description(Kind of, std::string what, std::vector<Field> held);
  /// The field of this name; null if there is none.
  const Description* find(std::string_view name) const;
  friend bool operator==(const Description& a, const Description& b);
};

/// A field of a description. `usual`: it has its default value, so that a description written before the field existed
/// means the same. `aside`: it changes no result and is not compared.
struct Description::Field {
  std::string name;
  Description value;
  bool usual = false, aside = false;
};

inline Description::Description(Kind of, std::string what) : Description(of, std::move(what), {}) {}
inline Description::Description(Kind of, std::string what, std::vector<Field> held)
    : kind(of), text(std::move(what)), fields(std::move(held)) {}
inline const Description* Description::find(std::string_view name) const {
  const auto found = std::ranges::find(fields, name, &Field::name);
  return found == fields.end() ? nullptr : &found->value;
}
inline bool operator==(const Description& a, const Description& b) {
  const auto same = [](const Description::Field& x, const Description::Field& y) {
    return x.name == y.name && x.value == y.value;
  };
  return a.kind == b.kind && a.text == b.text && std::ranges::equal(a.fields, b.fields, same);
}

/// A difference of two descriptions: the field's path from the top (`schedule.last`), and both values.
struct Difference {
  std::string path, theirs, mine;
};

namespace detail {

inline std::string quoted_code(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if ((c >= 0 && c < ' ' && c != '\n') || c == 127) {  // three digits, so that what follows cannot belong to them
      out += {'\\', char('0' + (c >> 6)), char('0' + ((c >> 3) & 7)), char('0' + (c & 7))};
      continue;
    }
    if (c == '"' || c == '\\' || c == '\n') out += '\\';
    out += c == '\n' ? 'n' : c;
  }
  return out + '"';
}

}  // namespace detail

/// A description as C++. A type that holds others of types it does not fix (a wrapper) names no fields, so that theirs
/// are deduced: OneBased{LinearBeta{...}}.
inline std::string code_of(const Description& it) {
  using Kind = Description::Kind;
  if (it.kind == Kind::text) return detail::quoted_code(it.text);
  if (it.kind == Kind::number && it.text.ends_with("inf")) return it.text.starts_with('-') ? "-INFINITY" : "INFINITY";
  if (it.kind == Kind::number && it.text.ends_with("nan")) return "NAN";
  if (it.kind == Kind::number || it.kind == Kind::name) return it.text;
  const bool wraps = std::ranges::any_of(it.fields, [](const Description::Field& field) {
    return field.value.kind == Kind::object && !field.value.text.empty();
  });
  std::string out = it.text + '{';
  for (const Description::Field& field : it.fields) {
    if (&field != &it.fields.front()) out += ", ";
    if (it.kind == Kind::object && !wraps) out += '.' + field.name + " = ";
    out += code_of(field.value);
  }
  return out + '}';
}

namespace detail {

/// `code_of` for a message: long parts are shortened.
inline std::string short_code(const Description& it) {
  constexpr std::size_t most = 400;
  const std::string code = code_of(it);
  return code.size() > most ? code.substr(0, most) + "..." : code;
}

inline void add_differences(const Description& theirs, const Description& mine, const std::string& path,
                            std::vector<Difference>& found) {
  using Kind = Description::Kind;
  const auto differ = [&](const std::string& at, const std::string& a, const std::string& b) {
    found.push_back({at, a, b});
  };
  const bool alike = theirs.kind == mine.kind && theirs.text == mine.text;
  if (mine.kind == Kind::list && alike && theirs.fields.size() == mine.fields.size()) {
    for (std::size_t i = 0; i < mine.fields.size(); ++i)
      add_differences(theirs.fields[i].value, mine.fields[i].value, path + '[' + std::to_string(i) + ']', found);
  } else if (mine.kind == Kind::object && alike) {
    const auto below = [&](const std::string& name) { return path.empty() ? name : path + '.' + name; };
    for (const Description::Field& field : mine.fields) {
      if (field.aside) continue;
      if (const Description* other = theirs.find(field.name))
        add_differences(*other, field.value, below(field.name), found);
      else if (!field.usual)
        differ(below(field.name), "nothing", short_code(field.value));
    }
    for (const Description::Field& field : theirs.fields)
      if (!mine.find(field.name)) differ(below(field.name), short_code(field.value), "nothing");
  } else {
    const auto is_plain = [](Kind kind) { return kind != Kind::list && kind != Kind::object; };
    const bool plain = is_plain(theirs.kind) && is_plain(mine.kind);
    if (!(plain && theirs.text == mine.text)) differ(path, short_code(theirs), short_code(mine));
  }
}

}  // namespace detail

/// The differences between a file's description and the present one, in the order of the fields, without those that may
/// differ: fields by their paths, each with all fields below it.
inline std::vector<Difference> differences(const Description& theirs, const Description& mine,
                                           const std::vector<std::string>& may_differ = {}) {
  std::vector<Difference> found;
  detail::add_differences(theirs, mine, "", found);
  std::erase_if(found, [&](const Difference& one) {
    return std::ranges::any_of(may_differ, [&](const std::string& path) {
      return one.path.starts_with(path) &&
             (one.path.size() == path.size() || one.path[path.size()] == '.' || one.path[path.size()] == '[');
    });
  });
  return found;
}

}  // namespace hush
