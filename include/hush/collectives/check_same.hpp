#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <hush/collectives/agreement.hpp>
#include <hush/description.hpp>

namespace hush {

namespace detail {

/// A description as lines `path = value`, one for each plain value or type, without the fields that change no result.
inline void add_lines(const Description& it, const std::string& path, std::string& lines) {
  using Kind = Description::Kind;
  if (it.kind != Kind::list && it.kind != Kind::object) {
    lines += path + " = " + code_of(it) + '\n';
    return;
  }
  if (!it.text.empty() || it.fields.empty()) lines += path + " = " + it.text + "{}\n";
  std::size_t i = 0;
  for (const Description::Field& field : it.fields) {
    const std::string name = it.kind == Kind::list ? '[' + std::to_string(i++) + ']' : field.name;
    const bool joined = path.empty() || it.kind == Kind::list;
    if (!field.aside) add_lines(field.value, joined ? path + name : path + '.' + name, lines);
  }
}

/// The first line at or behind `at` of a text, without its end.
inline std::string_view line_at(std::string_view text, std::size_t at) {
  return at < text.size() ? text.substr(at, text.find('\n', at) - at) : "nothing more";
}

}  // namespace detail

/// Throws RankFailure on all ranks unless they were all started with what rank 0 was; it names the first difference.
inline void check_same(const AnyCommunicator& ranks, const Description& mine) {
  if (ranks.size() == 1) return;
  std::string lines;
  detail::add_lines(mine, "", lines);
  const std::string first = broadcast_text(ranks, 0, lines);
  on_all_ranks(ranks, [&] {
    std::size_t at = 0;
    while (at < lines.size() && detail::line_at(lines, at) == detail::line_at(first, at))
      at += detail::line_at(lines, at).size() + 1;
    check(lines == first, "ranks", "was started with ", detail::line_at(lines, at), ", and rank 0 with ",
          detail::line_at(first, at));
  });
}

}  // namespace hush
