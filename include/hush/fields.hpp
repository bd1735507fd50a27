#pragma once
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <hush/description.hpp>

namespace hush {

namespace detail {

struct AnyVisitor {
  constexpr void operator()(const char*, const auto&) const {}
};
/// Converts to any field type.
struct Anything {
  template <class T>
  operator T() const;
};
template <std::size_t>
using AnyField = Anything;
/// Room for a T that is never made: its fields can be named in a constant expression, not read.
template <class T>
union Unmade {
  char none;
  T value;
  constexpr Unmade() : none() {}
  constexpr ~Unmade() {}
};
template <class T>
inline constexpr bool is_type = false;
template <class T>
inline constexpr bool is_type<std::type_identity<T>> = true;
template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;
template <class T, std::size_t N>
inline constexpr bool is_list<std::array<T, N>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

}  // namespace detail

/// A policy or config that lists its fields, in the order of their declaration:
///   static constexpr void fields(auto& self, auto&& f) { f("first", self.first), f("last", self.last); }
/// A type parameter without a field of that type is listed as f("c_noise", std::type_identity<CNoise>{}). Printing,
/// differences and model files follow from the list. Empty types need none. A template that is written by an alias says
/// so: static constexpr std::string_view alias = "DpmSolver".
template <class T>
concept Listed = std::is_class_v<T> && requires(const T& it, detail::AnyVisitor f) {
  T::fields(it, f);
};

namespace detail {

/// How many fields an aggregate has.
template <class T, std::size_t N = 0>
consteval std::size_t count_fields() {
  constexpr bool more = []<std::size_t... I>(std::index_sequence<I...>) {
    return requires { T{AnyField<I>{}...}; };
  }
  (std::make_index_sequence<N + 1>{});
  if constexpr (more && N < 64)
    return count_fields<T, N + 1>();
  else
    return N;
}
/// How many fields its list names.
template <Listed T>
consteval std::size_t count_listed() {
  const Unmade<T> unmade;
  std::size_t count = 0;
  T::fields(unmade.value, [&count]<class Field>(const char*, const Field&) { count += !is_type<Field>; });
  return count;
}
/// Whether the names in its list are unique, and none is "type", the name of the type in model files.
template <Listed T>
consteval bool names_are_distinct() {
  const Unmade<T> unmade;
  std::array<std::string_view, count_listed<T>() + 1> names{"type"};
  std::size_t count = 1;
  bool distinct = true;
  T::fields(unmade.value, [&]<class Field>([[maybe_unused]] const char* name, const Field&) {
    if constexpr (!is_type<Field>) {
      for (std::size_t i = 0; i < count; ++i) distinct = distinct && names[i] != name;
      names[count++] = name;
    }
  });
  return distinct;
}

}  // namespace detail

/// Whether the list is complete; true for types that are no aggregates and for fields that convert from anything
/// (std::any), which cannot be counted.
template <class T>
inline constexpr bool lists_all_fields = [] {
  if constexpr (!std::is_aggregate_v<T>)
    return true;
  else if constexpr (Listed<T>)
    return detail::count_fields<T>() <= detail::count_listed<T>();
  else
    return std::is_empty_v<T>;
}();

namespace detail {

/// Whether a type can be described completely: numbers, texts, types without fields, and lists of fields, recursively.
template <class T>
consteval bool is_described_wholly() {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_convertible_v<const T&, std::string_view>) {
    return true;
  } else if constexpr (is_optional<T> || is_list<T>) {
    return is_described_wholly<typename T::value_type>();
  } else if constexpr (Listed<T>) {
    const Unmade<T> unmade;
    bool wholly = lists_all_fields<T>;
    T::fields(unmade.value, [&wholly]<class Field>(const char*, const Field&) {
      if constexpr (!is_type<Field>) wholly = wholly && is_described_wholly<Field>();
    });
    return wholly;
  } else {
    return std::is_empty_v<T> || std::is_convertible_v<const T&, int>;  // Steps
  }
}

template <class T>
constexpr auto compilers_name() {
  const std::string_view text = __PRETTY_FUNCTION__;  // g++ [with T = hush::OneBased<...>], clang [T = ...], nvcc T=
  const std::size_t begin = text.find_first_not_of(' ', text.find('=') + 1);
  return text.substr(begin, text.rfind(']') - begin);
}
/// The name without its trailing template arguments.
constexpr std::string_view without_arguments(std::string_view name) {
  if (!name.ends_with('>')) return name;
  int depth = 0;
  for (std::size_t i = name.size(); i-- > 0;) {
    depth += name[i] == '>' ? 1 : name[i] == '<' ? -1 : 0;
    if (depth == 0) return name.substr(0, i);
  }
  return name;
}
template <class T>
inline constexpr bool is_template = compilers_name<T>().ends_with('>');

/// A type's name as one writes it under `using namespace hush`, without template arguments; empty for lambdas and
/// other types without a name, and for those of the standard library.
template <class T>
constexpr std::string_view type_name() {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
  };
  std::string_view name = without_arguments(compilers_name<std::remove_cvref_t<T>>());
  std::size_t begin = name.size();
  while (begin > 0 && is_word(name[begin - 1])) --begin;
  name = name.substr(begin);
  while (name.starts_with(':')) name.remove_prefix(1);
  if (const auto nameless = name.find("_GLOBAL__N_"); nameless != name.npos)  // nvcc's unnamed namespace
    name = name.substr(name.find("::", nameless) + 2);
  if (name.starts_with("hush::")) name.remove_prefix(6);
  return name.starts_with("std::") ? std::string_view() : name;
}

template <class T>
std::string number_text(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else {
    char text[32];
    if constexpr (std::is_floating_point_v<T>) {
      if (value == 0) return std::signbit(value) ? "-0.0" : "0";  // "-0" would come back as a whole number
      return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general).ptr};
    } else {
      return {text, std::to_chars(text, text + sizeof text, value).ptr};
    }
  }
}

}  // namespace detail

template <class T>
Description describe(const T& it);

namespace detail {

/// Whether a type names a field among those that change no result: static constexpr std::array aside{...}.
template <class T>
bool is_aside(std::string_view name) {
  if constexpr (requires { T::aside; })
    return std::find(T::aside.begin(), T::aside.end(), name) != T::aside.end();
  else
    return false;
}

template <Listed T>
Description described_fields(const T& it) {
  using Kind = Description::Kind;
  if constexpr (requires { typename std::bool_constant<Unmade<T>().none == 0>; }) {  // clang 14: not of every T
    static_assert(lists_all_fields<T>, "fields(self, f) does not list every field of this type");
    static_assert(names_are_distinct<T>(), "fields(self, f) gives two fields one name, or one the type's: \"type\"");
  }
  Description made{Kind::object, std::string(type_name<T>())};
  std::string arguments;
  T::fields(it, [&]<class Field>(const char* name, const Field& value) {
    if constexpr (is_type<Field>) {
      arguments += (arguments.empty() ? "" : ", ") + std::string(type_name<typename Field::type>());
    } else {
      Description about = describe(value);
      // the type of a field of a non-template is known from its place
      if (!is_template<T> && about.kind == Kind::object && Listed<Field>) about.text.clear();
      made.fields.push_back({name, std::move(about), false, is_aside<T>(name)});
    }
  });
  if constexpr (requires { T::alias; }) made.text = T::alias;
  if (!arguments.empty()) made.text += '<' + arguments + '>';
  return made;
}

}  // namespace detail

/// The description of a value: numbers, texts, enumerators (`names_of(Enumeration)` gives their names, in order),
/// lists, policies and configs by their fields, optionals and variants by what they hold, or `none`, which an empty
/// function is too. A type without a list of fields has its name only, a lambda none.
template <class T>
Description describe(const T& it) {
  using Kind = Description::Kind;
  if constexpr (std::is_same_v<T, Description>) {
    return it;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return {Kind::number, detail::number_text(it)};
  } else if constexpr (std::is_enum_v<T>) {
    if constexpr (requires { names_of(it); })
      return {Kind::name, std::string(detail::type_name<T>()) + "::" + names_of(it).at(std::size_t(it))};
    else
      return {Kind::number, detail::number_text(std::underlying_type_t<T>(it))};
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return {Kind::text, std::string(std::string_view(it))};
  } else if constexpr (detail::is_optional<T>) {
    return it ? describe(*it) : Description();
  } else if constexpr (detail::is_variant<T>) {
    return std::visit([](const auto& one) { return describe(one); }, it);
  } else if constexpr (detail::is_list<T>) {
    Description made{Kind::list, ""};
    for (const auto& item : it) made.fields.push_back({"", describe(item)});
    return made;
  } else if constexpr (requires { Description(it.description()); }) {
    return it.description();  // a `Described`
  } else if constexpr (Listed<T>) {
    Description made = detail::described_fields(it);
    if constexpr (!detail::is_template<T> && std::is_default_constructible_v<T>) {
      const Description usual = detail::described_fields(T{});
      for (std::size_t i = 0; i < made.fields.size(); ++i)
        made.fields[i].usual = made.fields[i].value == usual.fields[i].value;
    }
    return made;
  } else if constexpr (std::is_convertible_v<const T&, int>) {
    return {Kind::number, detail::number_text(int(it))};  // Steps
  } else {
    if constexpr (std::is_constructible_v<T, std::nullptr_t> && std::is_class_v<T>)
      if (!it) return {};  // a function
    const std::string_view name = detail::type_name<T>();
    return name.empty() ? Description{Kind::name, "unnamed"} : Description{Kind::object, std::string(name)};
  }
}

/// Prints a value that lists its fields as the C++ expression of it.
template <Listed T>
std::ostream& operator<<(std::ostream& out, const T& it) {
  return out << code_of(describe(it));
}
// found beside the types of these namespaces too
namespace learning_rates {
using hush::operator<<;
}
namespace data {
using hush::operator<<;
namespace masks {
using hush::operator<<;
}
}  // namespace data

}  // namespace hush
